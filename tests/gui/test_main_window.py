"""Controls move, the window answers: every change goes round by the store and comes back to every part."""

import re
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QStandardItemModel
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QToolButton, QWidget

from core.memory import (
    Attention,
    Estimator,
    Format,
    Optimizer,
    Reason,
    Recipe,
    Task,
    parameter_count,
    refusal,
    refusal_of_weights,
)
from core.memory.formats import PRECISIONS
from core.memory.scenario import QUERY_VALUE
from gui.problem_words import refusal_reason
from gui.widgets.caption import Caption

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
RUNS = ["run_inference_full", "run_training_full", "run_training_lora", "run_training_qlora"]


def start(room: Any, name: str) -> None:
    """Switch to another kind of run with the mouse."""
    with room.change():
        room.bot.mouseClick(room.find(QPushButton, name), Qt.MouseButton.LeftButton)


def shown(room: Any, name: str) -> bool:
    return room.find(QWidget, name).isVisibleTo(room.window)


def recipe_shown(room: Any) -> str:
    return room.find(QComboBox, "recipe").currentText()


def precision_shown(room: Any) -> str:
    return room.find(QComboBox, "precision.box").currentText()


# The sliders


@pytest.mark.parametrize(
    ("name", "text", "field", "value", "then"),
    [
        ("batch", "16", "batch_size", 16, "16"),
        ("context", "8k", "context_length", 8192, "8192"),
        ("context", "21,504", "context_length", 21_504, "21504"),
        ("context", "１２８", "context_length", 128, "128"),
        ("context", "10 000 000", "context_length", 10_000_000, "10000000"),
    ],
)
def test_typed_values_are_taken_exactly(room: Any, name: str, text: str, field: str, value: int, then: str) -> None:
    with room.change():
        room.enter(name, text)
    assert getattr(room.scenario, field) == value
    assert room.box_text(name) == then


@pytest.mark.parametrize(
    ("text", "value"), [("8b", 8 * 10**9), ("1.5T", 15 * 10**11), ("494M", 494 * 10**6), ("6.7B", 67 * 10**8), ("70亿", 7 * 10**9)]
)
def test_typed_sizes_are_the_nominal_ones(room: Any, text: str, value: int) -> None:
    with room.change():
        room.enter("parameters", text)
    assert room.scenario.architecture.nominal_parameters == value
    assert room.scenario.architecture.name == ""
    assert abs(parameter_count(room.scenario.architecture) / value - 1) < 0.01


def test_a_drag_changes_everything_live_and_is_one_undo(room: Any) -> None:
    before, track = room.scenario, room.track("context")
    room.press_handle("context")
    seen = set()
    for tick in range(track.value() + 20, track.maximum(), 20):
        with room.change():
            room.drag_to("context", tick)
        assert room.box_text("context") == str(room.scenario.context_length)
        assert f"{room.scenario.context_length:,}" in room.text("assumptions")
        seen.add((room.verdict, room.text("peak_figure"), room.window.legend.text()))
    room.release("context")
    assert len(seen) > 10
    assert room.verdict.startswith("Out of memory")
    with room.change():
        room.press_key(Qt.Key.Key_Z)
    assert room.scenario == before
    assert room.verdict.startswith("Fits")
    with room.change():
        room.press_key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert room.scenario.context_length > 1_000_000
    assert room.verdict.startswith("Out of memory")


def test_keys_move_a_slider_too(room: Any) -> None:
    track = room.track("batch")
    track.setFocus()
    for key, batch_size in ((Qt.Key.Key_PageUp, 2), (Qt.Key.Key_Right, 3), (Qt.Key.Key_End, 4096), (Qt.Key.Key_Home, 1)):
        with room.change():
            room.bot.keyClick(track, key)
        assert room.scenario.batch_size == batch_size
        assert room.box_text("batch") == str(batch_size)


# Undo


def test_undo_and_redo_are_possible_only_when_there_is_something(room: Any) -> None:
    undo, redo = (room.window.findChild(QAction, name) for name in ("undo", "redo"))
    assert (undo.isEnabled(), redo.isEnabled()) == (False, False)
    room.set(batch_size=2)
    assert (undo.isEnabled(), redo.isEnabled()) == (True, False)
    with room.change():
        undo.trigger()
    assert (undo.isEnabled(), redo.isEnabled()) == (False, True)
    with room.change():
        room.press_key(Qt.Key.Key_Y)
    assert room.scenario.batch_size == 2


def test_undo_takes_back_what_is_being_typed_first_and_the_last_change_after(room: Any) -> None:
    room.set(context_length=8192)
    box = room.find(QLineEdit, "batch.box")
    box.setFocus()
    room.bot.keyClicks(box, "99")
    while box.text() != "1":
        room.bot.keyClick(box, Qt.Key.Key_Z, CTRL)
    assert room.scenario.context_length == 8192
    with room.change():
        room.bot.keyClick(box, Qt.Key.Key_Z, CTRL)
    assert room.scenario.context_length == 4096


# Kinds of run


@pytest.mark.parametrize("name", RUNS)
def test_kinds_of_run_have_keys(room: Any, name: str) -> None:
    start(room, "run_training_lora")
    if name != "run_training_lora":
        with room.change():
            room.press_key(Qt.Key(Qt.Key.Key_1 + RUNS.index(name)))
    assert [button for button in RUNS if room.find(QPushButton, button).isChecked()] == [name]
    _, task, method = name.split("_")
    assert room.scenario.task == task
    if task == "training":
        assert room.scenario.method == method


def test_each_kind_of_run_shows_what_it_asks_and_no_more(room: Any) -> None:
    room.bot.mouseClick(room.find(QToolButton, "more"), Qt.MouseButton.LeftButton)
    asked = {}
    names = [
        "recipe",
        "lora_r.box",
        "lora_target_modules",
        "optimizer",
        "gradient_checkpointing",
        "bytes_per_parameter",
        "kv_cache",
        "attention",
    ]
    for run in ["run_training_full", "run_training_lora", "run_training_qlora", "run_inference_full"]:
        start(room, run)
        asked[run] = {name for name in names if shown(room, name)}
    assert asked["run_inference_full"] == {"kv_cache", "attention"}
    assert asked["run_training_full"] == {"recipe", "optimizer", "gradient_checkpointing", "bytes_per_parameter", "attention"}
    assert (
        asked["run_training_lora"]
        == asked["run_training_qlora"]
        == asked["run_training_full"] - {"recipe"} | {"lora_r.box", "lora_target_modules"}
    )


@pytest.mark.parametrize("weights", PRECISIONS)
@pytest.mark.parametrize("run", RUNS[1:])
def test_a_switch_of_run_finds_a_precision_that_can_be_run(room: Any, run: str, weights: Format) -> None:
    room.store.dispatch(weights=weights)
    start(room, run)
    assert refusal(room.scenario) is None
    assert precision_shown(room) == room.scenario.weights.value
    kept = refusal_of_weights(room.scenario, weights) is None
    assert (room.scenario.weights is weights) == kept
    with room.change():
        room.press_key(Qt.Key.Key_Z)
    assert room.scenario.weights is weights
    assert room.scenario.task is Task.INFERENCE


# Precisions that no real run has


@pytest.mark.parametrize("recipe", Recipe)
@pytest.mark.parametrize("run", RUNS)
def test_exactly_what_is_refused_is_locked_and_says_why(room: Any, run: str, recipe: Recipe) -> None:
    if run != "run_inference_full":
        start(room, run)
    if run == "run_training_full" and recipe is not room.scenario.recipe:
        with room.change():
            room.find(QComboBox, "recipe").setCurrentIndex(list(Recipe).index(recipe))
    items = room.find(QComboBox, "precision.box").model()
    assert isinstance(items, QStandardItemModel)
    for row, fmt in enumerate(PRECISIONS):
        refused = refusal_of_weights(room.scenario, fmt)
        assert items.item(row).isEnabled() == (refused is None), fmt
        assert bool(items.item(row).toolTip()) == (refused is not None), fmt


def test_full_training_refuses_int4_by_mouse_and_says_what_to_pick(room: Any) -> None:
    start(room, "run_training_full")
    before = room.scenario
    track = room.track("precision")
    room.press_handle("precision")
    room.drag_to("precision", PRECISIONS.index(Format.INT4))
    assert room.message == refusal_reason(Reason.FULL_TRAINING_NEEDS_16_BIT)
    assert "QLoRA" in room.message
    with room.change():
        room.release("precision")
    assert room.message == refusal_reason(Reason.FULL_TRAINING_NEEDS_16_BIT), "the reason stays when the button is let go"
    assert refusal(room.scenario) is None
    assert precision_shown(room) == room.scenario.weights.value
    assert track.value() == PRECISIONS.index(room.scenario.weights)
    assert room.scenario.recipe is before.recipe
    with room.change():
        room.enter("batch", "2")
    assert room.message == "", "until the next change"


def test_full_training_refuses_int4_by_keys_and_says_what_to_pick(room: Any) -> None:
    start(room, "run_training_full")
    track = room.track("precision")
    track.setFocus()
    for _ in PRECISIONS:
        room.bot.keyClick(track, Qt.Key.Key_Left)
    assert room.message
    assert refusal(room.scenario) is None


def test_recipe_and_precision_never_contradict_each_other(room: Any) -> None:
    """fp32 and AMP store fp32 weights, the other two 16-bit ones: whichever is changed takes the other with it."""
    start(room, "run_training_full")

    def agree() -> bool:
        wide = room.scenario.recipe in (Recipe.FP32, Recipe.AMP)
        return wide == (room.scenario.weights is Format.FP32) and precision_shown(room) == room.scenario.weights.value

    def recipe(wanted: Recipe) -> None:
        with room.change():
            room.find(QComboBox, "recipe").setCurrentIndex(list(Recipe).index(wanted))
        assert room.scenario.recipe is wanted
        assert agree()

    def precision(wanted: Format) -> None:
        with room.change():
            room.find(QComboBox, "precision.box").setCurrentText(wanted.value)
        assert room.scenario.weights is wanted
        assert agree()

    assert agree()
    for wanted in (Recipe.FP32, Recipe.MIXED, Recipe.AMP, Recipe.PURE16, Recipe.FP32, Recipe.AMP):
        recipe(wanted)
    precision(Format.FP16)
    recipe(Recipe.FP32)
    precision(Format.BF16)
    recipe(Recipe.AMP)
    start(room, "run_inference_full")
    with room.change():
        room.find(QComboBox, "precision.box").setCurrentText("bf16")
    start(room, "run_training_full")
    assert agree(), "after a detour by another kind of run"
    with room.change():
        room.double_click_caption("Precision of weights")
    assert agree(), "after a reset of the precision"
    recipe(Recipe.FP32)
    with room.change():
        room.double_click_caption("Recipe")
    assert agree(), "after a reset of the recipe"


def test_the_rule_of_thumb_knows_precisions_that_no_real_run_has(room: Any) -> None:
    """The article trains in int8; going back to the detailed estimate finds a precision that can be run."""
    start(room, "run_training_full")
    with room.change():
        room.choose("estimator", "rule of thumb")
    with room.change():
        room.choose("precision.box", "int8")
    assert room.scenario.weights is Format.INT8
    assert "rule of thumb" in room.text("peak_moment")
    with room.change():
        room.choose("estimator", "detailed")
    assert room.scenario.estimator is Estimator.DETAILED
    assert refusal(room.scenario) is None


# What training asks


@pytest.mark.parametrize(
    ("name", "index", "field", "value"),
    [
        ("optimizer", list(Optimizer).index(Optimizer.SGD), "optimizer", Optimizer.SGD),
        ("recipe", list(Recipe).index(Recipe.PURE16), "recipe", Recipe.PURE16),
        ("attention", list(Attention).index(Attention.EAGER), "attention", Attention.EAGER),
    ],
)
def test_drop_downs_of_training(room: Any, name: str, index: int, field: str, value: object) -> None:
    start(room, "run_training_full")
    before = room.text("peak_figure")
    with room.change():
        room.find(QComboBox, name).setCurrentIndex(index)
    assert getattr(room.scenario, field) is value
    assert room.text("peak_figure") != before


def test_bytes_per_parameter_stand_beside_the_recipe(room: Any) -> None:
    start(room, "run_training_full")
    assert room.scenario.recipe is Recipe.MIXED
    assert room.text("bytes_per_parameter").startswith("16 bytes per parameter")
    with room.change():
        room.find(QComboBox, "recipe").setCurrentIndex(list(Recipe).index(Recipe.PURE16))
    assert room.text("bytes_per_parameter").startswith("8 bytes per parameter")


def test_bytes_per_parameter_are_of_one_gpu_where_there_are_several(room: Any) -> None:
    start(room, "run_training_full")
    room.set(data_parallel_size=16, sharding="fsdp2")
    assert room.text("bytes_per_parameter") == "1 B per parameter on a GPU"


def test_checkpointing_and_lora_fields(room: Any) -> None:
    start(room, "run_training_lora")
    with room.change():
        room.find(QCheckBox, "gradient_checkpointing").click()
    assert room.scenario.gradient_checkpointing
    with room.change():
        room.find(QComboBox, "lora_target_modules").setCurrentIndex(2)
    assert room.scenario.lora_target_modules == QUERY_VALUE
    with room.change():
        room.enter("lora_r", "64")
    assert room.scenario.lora_r == 64


def test_folded_controls_show_their_values(room: Any) -> None:
    assert not shown(room, "kv_cache")
    assert shown(room, "more_summary")
    room.set(kv_cache=Format.FP8)
    assert "fp8" in room.text("more_summary")
    more = room.find(QToolButton, "more")
    more.setFocus()
    room.bot.keyClick(more, Qt.Key.Key_Space)
    assert shown(room, "kv_cache")
    with room.change():
        room.choose("kv_cache", "int4")
    assert room.scenario.kv_cache is Format.INT4
    assert "int4" in room.text("assumptions")
    room.bot.keyClick(more, Qt.Key.Key_Space)
    assert "int4" in room.text("more_summary")


# Reset


@pytest.mark.parametrize(
    ("caption", "run", "changes"),
    [
        ("Batch size", "", {"batch_size": 99}),
        ("Context length", "", {"context_length": 99_999}),
        ("Precision of weights", "", {"weights": Format.INT4}),
        ("KV cache", "", {"kv_cache": Format.INT4}),
        ("Attention", "", {"attention": Attention.EAGER}),
        ("Estimate", "", {"estimator": Estimator.RULE_OF_THUMB}),
        ("Optimizer", "run_training_full", {"optimizer": Optimizer.SGD}),
        ("Recipe", "run_training_full", {"recipe": Recipe.PURE16}),
        ("LoRA rank", "run_training_lora", {"lora_r": 8}),
        ("LoRA targets", "run_training_lora", {"lora_target_modules": QUERY_VALUE}),
        ("Gradient checkpointing", "run_training_full", {"gradient_checkpointing": True}),
    ],
)
@pytest.mark.parametrize("way", ["double click", "key"])
def test_its_name_and_a_key_reset_a_control_alone(room: Any, caption: str, run: str, changes: dict[str, Any], way: str) -> None:
    if run:
        start(room, run)
    if caption in ("KV cache", "Attention", "Estimate"):
        room.find(QToolButton, "more").click()
    before = room.scenario
    other = {"batch_size": 3} if "batch_size" not in changes else {"context_length": 333}
    room.set(**changes, **other)
    with room.change():
        if way == "key":
            room.caption(caption).buddy().setFocus()
            room.press_key(Qt.Key.Key_R, CTRL | SHIFT)
        else:
            room.double_click_caption(caption)
    assert room.scenario == before.evolve(**other)
    with room.change():
        room.press_key(Qt.Key.Key_Z)
    assert room.scenario == before.evolve(**changes, **other)


@pytest.mark.parametrize("part", ["batch.box", "batch.track"])
def test_the_key_resets_from_any_part_of_a_control(room: Any, part: str) -> None:
    room.set(batch_size=99)
    room.find(QWidget, part).setFocus()
    with room.change():
        room.press_key(Qt.Key.Key_R, CTRL | SHIFT)
    assert room.scenario.batch_size == 1
    assert room.find(QWidget, part).hasFocus()


def test_the_key_resets_the_model_from_its_text(room: Any) -> None:
    before = room.scenario
    with room.change():
        room.enter("parameters", "70b")
    room.find(QComboBox, "model").setFocus()
    with room.change():
        room.press_key(Qt.Key.Key_R, CTRL | SHIFT)
    assert room.scenario == before


def test_the_key_says_so_where_there_is_nothing_to_reset(room: Any) -> None:
    room.set(batch_size=99)
    room.find(QLineEdit, "gpu_filter").setFocus()
    room.press_key(Qt.Key.Key_R, CTRL | SHIFT)
    assert "Ctrl+Shift+R" in room.message
    assert room.scenario.batch_size == 99


def test_every_name_tells_how_to_reset(room: Any) -> None:
    captions = room.window.findChildren(Caption)
    assert len(captions) >= 12
    told = "Double-click, or Ctrl+Shift+R in the control: back to the example’s value"
    assert [caption.text() for caption in captions if told not in caption.toolTip().split("\n")] == []
    assert "Ctrl+Shift+R" in room.window.findChild(QAction, "reset").toolTip()


def test_the_size_is_reset_with_its_model(room: Any) -> None:
    before = room.scenario
    with room.change():
        room.enter("parameters", "70b")
    with room.change():
        room.double_click_caption("Parameters")
    assert room.scenario == before


def test_one_key_resets_everything_and_undo_brings_it_back(room: Any) -> None:
    example = room.scenario
    start(room, "run_training_qlora")
    room.set(batch_size=9, gpu="RTX 4070", lora_r=3)
    changed = room.scenario
    with room.change():
        room.press_key(Qt.Key.Key_R)
    assert room.scenario == example
    assert room.verdict.startswith("Fits on RTX 4090")
    with room.change():
        room.press_key(Qt.Key.Key_Z)
    assert room.scenario == changed


# Messages and units


def test_an_invalid_change_leaves_all_as_it_was_and_says_so(room: Any) -> None:
    before = room.scenario
    assert not room.store.dispatch(batch_size=-5)
    assert room.message
    assert room.scenario is before
    room.set(batch_size=2)
    assert room.message == ""
    room.bot.waitUntil(room.find(QLabel, "verdict_limits").isVisible)


def test_the_unit_switch_changes_every_number(room: Any) -> None:
    """GiB or GB, stated beside every number; the headline alone gives the other one too."""

    def texts() -> dict[str, str]:
        window = room.window
        table = window.gpu_picker.table
        headings = " ".join(str(table.headerData(column, Qt.Orientation.Horizontal)) for column in range(table.columnCount()))
        tips = " ".join(str(table.index(row, 0).data(Qt.ItemDataRole.ToolTipRole)) for row in range(table.rowCount()))
        return {
            "verdict": room.verdict,
            "legend": window.legend.text(),
            "headings": headings,
            "tips": tips,
            "unit": window.findChild(QAction, "unit").text(),
            "readings": room.text("readings").partition("·")[2],
            "chart": window.chart.accessibleDescription(),
        }

    binary = texts()
    assert all("GiB" in text for text in binary.values())
    with room.bot.waitSignal(room.window.unit_toggled):
        room.press_key(Qt.Key.Key_U)
    decimal = texts()
    for name, text in decimal.items():
        assert "GiB" not in text, name
        assert re.search(r"\bGB\b", text), name
        assert text != binary[name], name
    room.press_key(Qt.Key.Key_U)
    assert texts() == binary


def test_a_method_that_the_model_cannot_have_is_refused_with_the_reason(room: Any, models: Any) -> None:
    room.set(architecture=next(model.architecture for model in models if model.name == "tiiuae/falcon-mamba-7b"))
    before = room.scenario
    room.find(QPushButton, "run_training_lora").click()
    assert room.message == refusal_reason(Reason.ADAPTERS_ON_PIECES)
    assert room.scenario is before
    assert room.find(QPushButton, "run_inference_full").isChecked()
