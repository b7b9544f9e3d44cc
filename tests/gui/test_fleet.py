"""Many GPUs in the window: the number beside the filter, the tab, strategies that fit."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPushButton, QTableView

from core.catalogue.models import find_model, load_models
from core.memory import Runtime, Sharding, Task
from gui import assets
from gui.device_bars import DeviceBars
from gui.form_panel import FieldBox


@pytest.fixture
def fleet(room):
    """The tab is open; a 7B model is trained on an A100."""
    room.set(task=Task.TRAINING, gradient_checkpointing=True, gpu="A100 80GB")
    explorer = room.window.explorer
    explorer.tabs.setCurrentIndex(explorer.pages.index(explorer.fleet))
    room.settle()
    return room


def type_into(room, name, text):
    box = room.find(QLineEdit, name)
    box.setFocus()
    box.selectAll()
    room.bot.keyClicks(box, text)
    room.bot.keyClick(box, Qt.Key.Key_Return)


def test_eight_cards_by_the_box_beside_the_filter(fleet):
    alone = fleet.estimate.total_bytes
    with fleet.change():
        type_into(fleet, "gpu_count.box", "8")
    assert (fleet.scenario.parallel.world_size, fleet.scenario.parallel.sharding) == (8, Sharding.FSDP2)
    assert fleet.estimate.total_bytes < alone / 3
    assert "8 × A100 80GB" in fleet.verdict
    assert "FSDP2 · DP\u00a08" in fleet.text("fleet_summary")
    assert "FSDP2" in fleet.text("peak_moment")
    assert "machine" not in fleet.text("fleet_summary")
    with fleet.change():
        fleet.press_key(Qt.Key.Key_Z)
    assert fleet.scenario.parallel.world_size == 1
    fleet.set(data_parallel_size=16, sharding="fsdp2")
    assert fleet.text("fleet_summary").startswith("2 machines · 16 × A100 80GB")


def test_a_size_is_typed_and_replicas_make_up_for_it(fleet):
    with fleet.change():
        type_into(fleet, "world_size.box", "8")
    with fleet.change():
        type_into(fleet, "tensor_parallel_size.box", "4")
    assert (fleet.scenario.parallel.tensor_parallel_size, fleet.scenario.parallel.data_parallel_size) == (4, 2)
    assert fleet.find(QLineEdit, "world_size.box").text() == "8"


def test_what_no_framework_runs_is_said_and_put_back(fleet):
    with fleet.change():
        type_into(fleet, "world_size.box", "8")
    type_into(fleet, "tensor_parallel_size.box", "7")
    assert "heads" in fleet.message
    assert fleet.find(QLineEdit, "tensor_parallel_size.box").text() == "1"


def test_stages_are_bars_of_their_own_and_the_tightest_is_named(fleet):
    fleet.set(pipeline_parallel_size=4, num_microbatches=8)
    fleet.settle()
    bars = fleet.find(DeviceBars, "device_bars")
    assert bars.accessibleDescription().count("stage") == len(fleet.estimate.devices) > 1
    assert "tightest: stage" in fleet.text("fleet_summary")
    assert 0 < bars.tightest_row() <= bars.height()


def test_what_is_offloaded_is_a_bar_of_the_host(fleet):
    fleet.set(data_parallel_size=2, sharding="zero3")
    bars = fleet.find(DeviceBars, "device_bars")
    assert "host" not in bars.text()
    with fleet.change():
        fleet.choose("offload_optimizer", "on the host")
    assert "host" in bars.text()
    assert fleet.estimate.host_bytes.optimizer > 0


def test_a_strategy_is_suggested_and_taken(fleet):
    with fleet.change():
        type_into(fleet, "world_size.box", "4")
    suggestions = fleet.window.explorer.fleet.suggestions
    fleet.bot.mouseClick(fleet.find(QPushButton, "suggest"), Qt.MouseButton.LeftButton)
    fleet.bot.waitUntil(lambda: not suggestions.busy)
    table = fleet.find(QTableView, "strategies").model()
    assert table.rowCount() > 3
    second = table.strategies[1].scenario
    fleet.find(QTableView, "strategies").selectRow(1)
    with fleet.change():
        fleet.bot.mouseClick(fleet.find(QPushButton, "use_strategy"), Qt.MouseButton.LeftButton)
    assert fleet.scenario == second
    assert "Fits" in fleet.verdict
    assert table.rowCount() > 3  # still the answer to the same question


def test_the_order_of_strategies_is_said_and_shown(fleet):
    fleet.set(data_parallel_size=8, sharding="fsdp2", gpu="RTX 4090")
    suggestions = fleet.window.explorer.fleet.suggestions
    suggestions.suggest()
    fleet.bot.waitUntil(lambda: not suggestions.busy)
    assert "printed link speeds: NVLink 450, network 50, host 25 GB/s" in fleet.text("suggest_progress")
    view = fleet.find(QTableView, "strategies")
    columns = [view.model().headerData(column, Qt.Orientation.Horizontal) for column in range(view.model().columnCount())]
    assert columns == ["Strategy", "Per GPU", "Free", "Host", "Sent a step", "Waiting"]
    rows = [[view.model().index(row, column).data() for column in range(len(columns))] for row in range(view.model().rowCount())]
    assert not view.isColumnHidden(3)
    sure = [not row[0].startswith("≈") for row in rows]
    assert sure == sorted(sure, reverse=True)
    assert all(row[5].endswith("%") for row in rows)


def test_every_stage_is_seen_without_scrolling_among_the_bars(fleet):
    fleet.set(pipeline_parallel_size=4, num_microbatches=8)
    fleet.settle()
    bars = fleet.find(DeviceBars, "device_bars")
    assert bars.visibleRegion().boundingRect().height() >= bars.height_of(4)


def test_what_the_same_gpus_would_do_otherwise_is_offered(fleet):
    """A mixture of experts whose first layers have theirs on the host: the last card has all the rest."""
    model = find_model(load_models(assets.MODELS), "Qwen3-235B-A22B")
    fleet.set(task=Task.INFERENCE, runtime=Runtime.LLAMA_CPP, weights="q4_k_m", architecture=model.architecture)
    fleet.set(gpu="RTX 4090", pipeline_parallel_size=4, n_cpu_moe=60)
    fleet.settle()
    (offer,) = [text for text in fleet.window.verdict.advice.texts() if text.startswith("PP")]
    assert "/" in offer


def test_a_change_of_the_run_takes_old_strategies_away(fleet):
    suggestions = fleet.window.explorer.fleet.suggestions
    suggestions.suggest()
    fleet.bot.waitUntil(lambda: not suggestions.busy)
    fleet.set(context_length=8192)
    assert suggestions.model.rowCount() == 0
    assert fleet.text("suggest_progress") == ""


@pytest.mark.parametrize("checkpointing", [False, True])
def test_where_none_fits_it_says_what_to_try(fleet, checkpointing):
    model = find_model(load_models(assets.MODELS), "Llama-3.1-70B")
    fleet.set(task=Task.TRAINING, architecture=model.architecture, gradient_checkpointing=checkpointing, gpu="RTX 4090")
    suggestions = fleet.window.explorer.fleet.suggestions
    suggestions.suggest()
    fleet.bot.waitUntil(lambda: not suggestions.busy)
    assert fleet.text("suggest_progress").startswith("No strategy fits on so many; try ")
    assert ("gradient checkpointing" in fleet.text("suggest_progress")) is not checkpointing


def test_a_search_can_be_stopped(fleet):
    fleet.set(data_parallel_size=64, sharding="fsdp2")
    suggestions = fleet.window.explorer.fleet.suggestions
    suggestions.suggest()
    assert suggestions.busy
    suggestions.stop()
    fleet.bot.waitUntil(lambda: not suggestions.busy)
    assert fleet.find(QPushButton, "suggest").isEnabled()


def test_the_fewest_gpus_are_found(fleet):
    fleet.set(gpu="RTX 4090")
    suggestions = fleet.window.explorer.fleet.suggestions
    suggestions.find_fewest()
    fleet.bot.waitUntil(lambda: not suggestions.busy, timeout=20_000)
    assert fleet.text("suggest_progress").startswith("Fewest that work: ")
    assert "RTX 4090" in fleet.text("suggest_progress")
    table = fleet.find(QTableView, "strategies").model()
    assert table.rowCount() == len(suggestions.model.strategies) > 0
    assert " × · " in table.index(0, 0).data()


def test_without_a_card_there_is_nothing_to_fit(fleet):
    fleet.set(gpu="")
    assert not fleet.find(QPushButton, "suggest").isEnabled()
    assert "Pick a GPU" in fleet.text("suggest_progress")


def test_different_cards_are_typed_by_name_and_judged_one_by_one(fleet):
    fleet.set(task=Task.INFERENCE, runtime=Runtime.LLAMA_CPP, weights="q4_k_m")
    fleet.set(pipeline_parallel_size=2)
    with fleet.change():
        type_into(fleet, "cards.box", "RTX 3090, RTX 4060 Ti 16GB")
    assert fleet.scenario.parallel.gpus == ("RTX 3090", "RTX 4060 Ti 16GB")
    assert "RTX 3090, RTX 4060 Ti 16GB" in fleet.verdict
    assert "RTX 4060 Ti 16GB" in fleet.find(DeviceBars, "device_bars").text()
    type_into(fleet, "cards.box", "RTX 9999")
    assert "RTX 9999" in fleet.message
    with fleet.change():
        fleet.window.gpu_picker.picked.emit("RTX 4090")
    assert (fleet.scenario.parallel.gpus, fleet.scenario.gpu) == ((), "RTX 4090")


def test_another_task_spreads_over_as_many_gpus_in_its_own_way(fleet):
    with fleet.change():
        type_into(fleet, "world_size.box", "4")
    with fleet.change():
        fleet.press_key(Qt.Key.Key_1)
    assert fleet.scenario.task is Task.INFERENCE
    assert fleet.scenario.parallel.pipeline_parallel_size == 4
    with fleet.change():
        fleet.press_key(Qt.Key.Key_3)
    assert (fleet.scenario.parallel.data_parallel_size, fleet.scenario.parallel.sharding) == (4, Sharding.NONE)


def test_sizes_that_say_nothing_are_not_shown(fleet):
    def shown(name):
        return fleet.find(QLineEdit, f"{name}.box").isVisibleTo(fleet.window)

    assert not shown("expert_parallel_size")
    assert not shown("tensor_parallel_size")  # of one GPU
    fleet.set(data_parallel_size=8)
    assert shown("tensor_parallel_size")
    assert not shown("expert_parallel_size")
    fleet.set(task=Task.INFERENCE, runtime=Runtime.LLAMA_CPP, weights="q8_0", pipeline_parallel_size=2, data_parallel_size=1)
    assert shown("tensor_parallel_size")
    fleet.set(task=Task.TRAINING, runtime=Runtime.TRANSFORMERS, weights="bf16")
    mixtral = find_model(load_models(assets.MODELS), "Mixtral-8x7B-v0.1")
    fleet.set(architecture=mixtral.architecture)
    assert shown("expert_parallel_size")
    fleet.set(task=Task.INFERENCE, runtime=Runtime.LLAMA_CPP, weights="q8_0")
    assert not shown("expert_parallel_size")
    assert not shown("tensor_parallel_size")
    fleet.set(runtime=Runtime.VLLM, weights="bf16")
    assert shown("expert_parallel_size")


@pytest.mark.parametrize("text", ["frogs", "-1", "0", "1e99", "9" * 300, "1.5", "70000000"])
@pytest.mark.parametrize("name", ["world_size", "tensor_parallel_size", "num_microbatches", "gpus_per_node", "gpu_count"])
def test_nonsense_is_refused_in_place(fleet, name, text):
    fleet.set(data_parallel_size=2)
    before = fleet.scenario
    type_into(fleet, f"{name}.box", text)
    label = fleet.find(QLabel, f"{name}.message")
    assert label.isVisibleTo(fleet.window)
    assert label.text()
    assert fleet.scenario is before
    fleet.bot.keyClick(fleet.find(QLineEdit, f"{name}.box"), Qt.Key.Key_Escape)
    assert not label.isVisibleTo(fleet.window)


def test_the_pool_of_an_engine_is_what_each_gpus_part_leaves(fleet):
    fleet.set(task=Task.INFERENCE, runtime=Runtime.VLLM, gpu="RTX 4090")
    model = find_model(load_models(assets.MODELS), "Qwen2.5-32B")
    fleet.set(architecture=model.architecture, tensor_parallel_size=4)
    fleet.settle()
    assert "Fits" in fleet.verdict
    limits = fleet.text("verdict_limits")
    assert "on each," in limits
    assert " 0 sequences" not in limits


def test_sizes_that_the_smallest_models_cannot_be_spread_by(fleet):
    fleet.set(pipeline_parallel_size=16, tensor_parallel_size=8, num_microbatches=64)
    fleet.bot.waitUntil(lambda: not fleet.window.after_frame.busy, timeout=20_000)
    assert "batch —" not in fleet.text("verdict_limits")


def test_of_different_cards_the_smaller_one_limits_what_is_offered(fleet):
    """Another one as small changes nothing more."""
    fleet.set(task=Task.INFERENCE, runtime=Runtime.LLAMA_CPP, weights="q4_k_m", pipeline_parallel_size=2, gpu="RTX 4090")
    small = "RTX 3060 (12GB)"
    limits = []
    for cards in (("RTX 4090", "RTX 4090"), (small, "RTX 4090"), (small, small)):
        fleet.set(gpus=cards)
        fleet.settle()
        limits.append(fleet.text("verdict_limits"))
    assert limits[0] != limits[1]
    assert limits[1].split(" · ")[:2] == limits[2].split(" · ")[:2]


def test_products_in_fp8_are_offered_with_megatrons_optimizer(fleet):
    box = fleet.find(QCheckBox, "fp8_linears")
    assert not box.isVisibleTo(fleet.window)
    fleet.set(sharding=Sharding.MEGATRON, gradient_checkpointing=False, tensor_parallel_size=2)
    assert box.isVisibleTo(fleet.window)
    before = fleet.estimate.total_bytes
    with fleet.change():
        box.click()
    assert fleet.scenario.parallel.fp8_linears
    assert fleet.estimate.total_bytes < before
    choice = fleet.find(FieldBox, "sharding")
    with fleet.change():
        choice.setCurrentIndex(list(Sharding).index(Sharding.FSDP2))
    assert (fleet.scenario.parallel.sharding, fleet.scenario.parallel.fp8_linears) == (Sharding.FSDP2, False)
    assert not box.isVisibleTo(fleet.window)
