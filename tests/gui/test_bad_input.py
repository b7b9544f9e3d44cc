"""Nonsense typed into a box is refused in place, with a reason; nothing else changes."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QToolButton, QWidget

from core.memory import Method, Runtime, Task
from gui.defaults import default_scenario
from gui.widgets.quantity_box import QuantityBox

NONSENSE = ["frogs", "", "-1", "0", "1e99", "9" * 300, "1.5.5", "7 parsecs", "٣x", "NaN", "inf", "0x10", "½", "--"]
BOXES = ["parameters", "batch", "context", "lora_r", "training_tokens", "shared_prefix_length"]
#: Tested where they are in sight: test_fleet.py, test_runtime_and_format.py.
OF_GPUS = [
    *("world_size", "gpus_per_node", "num_microbatches", "gpu_count", "n_gpu_layers", "n_cpu_moe"),
    *("speculative_tokens", "mtp_num_layers"),
    *("tensor_parallel_size", "pipeline_parallel_size", "context_parallel_size", "expert_parallel_size"),
]


@pytest.fixture
def room(open_room: Any, models: Any, gpus: Any, request: pytest.FixtureRequest) -> Any:
    """A window with every box there is: in training, unless the test is about one of an engine's."""
    callspec = getattr(request.node, "callspec", None)
    serving = callspec is not None and callspec.params.get("name") == "shared_prefix_length"
    run = {"runtime": Runtime.VLLM} if serving else {"task": Task.TRAINING, "method": Method.LORA}
    room = open_room(default_scenario(models, gpus).evolve(**run))
    room.find(QToolButton, "more").click()
    explorer = room.window.explorer
    explorer.tabs.setCurrentIndex(explorer.pages.index(explorer.film))
    room.settle()
    return room


def reason(room: Any, name: str) -> str:
    label = room.find(QLabel, f"{name}.message")
    return label.text() if label.isVisibleTo(room.window) else ""


@pytest.mark.parametrize("text", NONSENSE)
@pytest.mark.parametrize("name", BOXES)
def test_nonsense_is_refused_in_place(room: Any, name: str, text: str) -> None:
    if (name, text) == ("shared_prefix_length", "0"):
        pytest.skip("no prefix is no nonsense")
    before, verdict, shown = room.scenario, room.verdict, room.box_text(name)
    box = room.find(QuantityBox, f"{name}.box")
    if text:
        room.enter(name, text)
    else:
        box.setFocus()
        box.selectAll()
        room.bot.keyClick(box, Qt.Key.Key_Delete)
        room.bot.keyClick(box, Qt.Key.Key_Return)
    assert reason(room, name)
    assert "{" not in reason(room, name)
    assert box.isRefused()
    assert box.text() == text, "what was typed stays, to be mended"
    assert reason(room, name) in box.accessibleDescription()
    assert room.scenario is before
    assert room.verdict == verdict
    assert not room.store.can_undo
    for other in BOXES:
        assert (other == name) == bool(reason(room, other))
    room.bot.keyClick(box, Qt.Key.Key_Escape)
    assert box.text() == shown
    assert not box.isRefused()
    assert reason(room, name) == ""


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("batch", "0", "1"),
        ("batch", "4097", "4096"),
        ("context", "127", "128"),
        ("context", "11M", "10"),
        ("context", "1.5", "hole"),
        ("parameters", "9M", "10"),
        ("parameters", "11T", "10"),
        ("batch", "12 frogs", "frogs"),
        ("lora_r", "0", "1"),
        ("lora_r", "65537", "65536"),
        ("lora_r", "16.5", "hole"),
        ("shared_prefix_length", "11M", "10"),
    ],
)
def test_the_reason_says_what_would_be_right(room: Any, name: str, text: str, part: str) -> None:
    room.enter(name, text)
    assert part in reason(room, name)


def test_the_reason_goes_when_the_text_is_mended(room: Any) -> None:
    room.enter("batch", "frogs")
    assert reason(room, "batch")
    with room.change():
        room.enter("batch", "8")
    assert reason(room, "batch") == ""
    assert room.scenario.batch_size == 8


def test_a_change_from_elsewhere_replaces_the_refused_text(room: Any) -> None:
    room.enter("batch", "frogs")
    room.set(batch_size=8)
    assert room.box_text("batch") == "8"
    assert reason(room, "batch") == ""


def test_leaving_a_box_of_nonsense_gives_the_true_value_back(room: Any) -> None:
    box = room.find(QLineEdit, "context.box")
    room.enter("context", "frogs")
    room.bot.keyClick(box, Qt.Key.Key_Tab)
    assert box.text() == "4096"
    assert reason(room, "context") == ""


def test_the_reason_is_not_cut_off(room: Any) -> None:
    room.enter("context", "frogs")
    label = room.find(QLabel, "context.message")
    room.bot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()))
    assert label.mapTo(room.window, label.rect().bottomRight()).x() <= room.window.controls.geometry().right()


def test_the_reason_goes_with_its_box(room: Any) -> None:
    room.enter("lora_r", "frogs")
    with room.change():
        room.press_key(Qt.Key.Key_2)
    assert reason(room, "lora_r") == ""
    with room.change():
        room.press_key(Qt.Key.Key_3)
    assert (reason(room, "lora_r"), room.box_text("lora_r")) == ("", "16")


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("batch", "4096", "batch_size", 4096),
        ("context", "128", "context_length", 128),
        ("context", "10M", "context_length", 10 * 1024**2),
        ("lora_r", "1", "lora_r", 1),
        ("lora_r", "65536", "lora_r", 65_536),
        ("lora_r", "8k", "lora_r", 8000),
        ("lora_r", "３２", "lora_r", 32),
        ("shared_prefix_length", "1k", "shared_prefix_length", 1024),
        ("shared_prefix_length", "10M", "shared_prefix_length", 10 * 1024**2),
    ],
)
def test_the_ends_of_the_range_are_in_it(room: Any, name: str, text: str, field: str, value: int) -> None:
    with room.change():
        room.enter(name, text)
    assert getattr(room.scenario, field) == value


def test_every_box_that_is_typed_into_is_tested_here(room: Any) -> None:
    boxes = {box.objectName() for box in room.window.findChildren(QuantityBox)}
    assert boxes == {f"{name}.box" for name in BOXES + OF_GPUS}
    others = {
        edit.objectName() or edit.parentWidget().objectName()
        for edit in room.window.findChildren(QLineEdit)
        if not isinstance(edit, QuantityBox)
    }
    # test_model_box.py, test_gpu_picker.py, test_speed.py, test_fleet.py
    assert others == {"model", "gpu_filter", "price", "cards.box"}
    assert isinstance(room.window, QWidget)
