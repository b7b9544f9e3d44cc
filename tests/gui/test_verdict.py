"""What the window says about the chosen card: the verdict, its cause, the limits, and the figures around it."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QPoint
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtWidgets import QLabel, QToolTip, QWidget

from core.memory import (
    MAX_CONTEXT_LENGTH,
    Attention,
    Component,
    Estimator,
    FitStatus,
    Format,
    Gpu,
    Method,
    Optimizer,
    Task,
    architecture_from_parameter_count,
    estimate,
    max_batch_size,
    max_context_length,
    max_parameters,
    widest_format,
)
from gui.quantities import ByteUnit, Numbers
from gui.theme import LIGHT
from gui.verdict import Verdict
from gui.words import component_meaning

NUMBERS = Numbers(ByteUnit.GIB, QLocale("en"))


def usable(gpus: tuple[Gpu, ...], name: str) -> int:
    return next(gpu.usable_bytes for gpu in gpus if gpu.name == name)


def seen_colour(room: Any) -> FitStatus:
    """Which of the three the verdict is written and marked in."""
    sentence = room.find(QLabel, "verdict_sentence")
    ink = sentence.palette().color(sentence.foregroundRole()).name()
    status = next(status for status, color in LIGHT.status.items() if color == ink)
    picture = room.find(Verdict, "verdict").grab().toImage()
    shown = {picture.pixelColor(x, y).name() for x in range(60) for y in range(picture.height())}
    assert ink in shown
    assert not (shown & set(LIGHT.status.values())) - {ink}
    return status


def test_it_fits(room: Any, gpus: tuple[Gpu, ...]) -> None:
    free = usable(gpus, "RTX 4090") - room.estimate.total_bytes
    share = NUMBERS.share(free / usable(gpus, "RTX 4090"))
    assert room.verdict == f"Fits on RTX 4090 with {NUMBERS.bytes(free)} to spare ({share})."
    assert seen_colour(room) is FitStatus.FITS


def test_it_is_tight(room: Any, gpus: tuple[Gpu, ...]) -> None:
    room.set(context_length=max_context_length(room.scenario, usable(gpus, "RTX 4090")))
    room_left = NUMBERS.bytes(usable(gpus, "RTX 4090") - room.estimate.total_bytes)
    assert room.verdict.startswith(f"Tight on RTX 4090: {room_left} to spare")
    assert NUMBERS.bytes(room.estimate.upper_bytes) in room.verdict
    assert seen_colour(room) is FitStatus.TIGHT


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"gpu": "RTX 4070"}, "the weights alone do not fit"),
        ({"gpu": "RTX A6000", "task": Task.TRAINING}, "gradients and optimizer on top do not"),
        ({"gpu": "RTX 4090", "context_length": MAX_CONTEXT_LENGTH}, "what grows with batch and context does not"),
        ({"gpu": "RTX 4090", "batch_size": 4096}, "what grows with batch and context does not"),
    ],
)
def test_it_runs_out_and_why(room: Any, gpus: tuple[Gpu, ...], changes: dict[str, Any], cause: str) -> None:
    room.set(**changes)
    over = room.estimate.total_bytes - usable(gpus, room.scenario.gpu)
    assert room.verdict.startswith(f"Out of memory on {room.scenario.gpu} by {NUMBERS.bytes(over)}: ")
    assert cause in room.verdict
    assert seen_colour(room) is FitStatus.OOM


def test_past_the_limit_it_may_not_fit_and_past_the_error_it_does_not(room: Any, gpus: tuple[Gpu, ...]) -> None:
    longest = max_context_length(room.scenario, usable(gpus, "RTX 4090"))
    room.set(context_length=longest)
    assert room.verdict.startswith("Tight on RTX 4090")
    room.set(context_length=longest + 1)
    assert room.verdict.startswith("May not fit on RTX 4090")
    assert seen_colour(room) is FitStatus.TIGHT
    room.set(context_length=8 * longest)
    assert room.verdict.startswith("Out of memory")


def test_the_rule_of_thumb_has_no_error_that_was_measured(room: Any) -> None:
    room.set(estimator=Estimator.RULE_OF_THUMB, gpu="RTX 4070")
    assert room.verdict.startswith("Out of memory on RTX 4070")


def test_with_no_card_it_asks_for_one(room: Any) -> None:
    room.set(gpu="")
    assert "Pick a GPU" in room.verdict
    room.bot.waitUntil(lambda: room.text("verdict_limits") == "")
    with room.change():
        room.click_gpu("RTX 4090")
    assert room.verdict.startswith("Fits on RTX 4090")
    assert seen_colour(room) is FitStatus.FITS


def test_a_card_that_is_in_no_list_is_no_card(room: Any) -> None:
    """A scenario from elsewhere may name one."""
    room.set(gpu="Voodoo 2")
    assert "Pick a GPU" in room.verdict
    room.bot.waitUntil(lambda: room.text("verdict_limits") == "")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"gpu": "RTX A6000", "weights": Format.INT4, "kv_cache": Format.FP8},
        {"gpu": "RTX A6000", "task": Task.TRAINING, "method": Method.QLORA, "weights": Format.INT4},
        {"gpu": "RTX A6000", "task": Task.TRAINING},
        {"gpu": "RTX 4070", "estimator": Estimator.RULE_OF_THUMB},
    ],
)
def test_limits_of_the_card_follow_a_frame_later(room: Any, gpus: tuple[Gpu, ...], changes: dict[str, Any]) -> None:
    room.set(batch_size=2, **changes)
    scenario, room_bytes = room.scenario, usable(gpus, room.scenario.gpu)
    batch, context, size = (solve(scenario, room_bytes) for solve in (max_batch_size, max_context_length, max_parameters))
    widest = widest_format(scenario, room_bytes)
    expected = (
        f"batch {NUMBERS.count(batch) if batch else '—'} · context {NUMBERS.count(context) if context else '—'} · "
        f"{NUMBERS.parameters(size) if size else '—'} parameters · widest weights {widest.value if widest else '—'}"
    )
    room.bot.waitUntil(lambda: expected in room.text("verdict_limits"))
    assert f"At most on {scenario.gpu}" in room.text("verdict_limits")


def test_screen_readers_are_told_the_same(room: Any) -> None:
    room.set(batch_size=64)
    verdict = room.find(Verdict, "verdict")
    assert verdict.accessibleName()
    assert verdict.accessibleDescription() == room.verdict
    assert room.verdict in room.window.chart.accessibleDescription()
    assert "Weights" in room.window.chart.accessibleDescription()


# The legend


def test_legend_tells_each_part_of_the_peak(room: Any, painted_texts: Callable[[QWidget], list[str]]) -> None:
    room.set(task=Task.TRAINING)
    peak = room.estimate.peak.stack
    said = room.window.legend.text().split("; ")
    alive = [component for component, amount in zip(Component, peak, strict=True) if amount]
    assert len(said) == len(alive)
    for text, component in zip(said, alive, strict=True):
        amount = getattr(peak, component.value)
        assert NUMBERS.bytes(amount) in text
        assert (NUMBERS.share(amount / sum(peak)) if amount / sum(peak) >= 0.005 else "<1%") in text
    painted = painted_texts(room.window.legend)
    for text in said:
        name, figures = text.split(" ", 1)
        assert any(shown.startswith(name) for shown in painted)
        assert figures.split(" (")[0].split(" ")[-1] in " ".join(painted)


def test_legend_has_the_colours_of_the_bars(room: Any) -> None:
    picture = room.window.legend.grab().toImage()
    shown = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(0, picture.height(), 3)}
    alive = {component for component, amount in zip(Component, room.estimate.peak.stack, strict=True) if amount}
    assert {component for component in Component if QColor(LIGHT.components[component]).name() in shown} == alive


@pytest.mark.qt_log_ignore(r"^This plugin does not support raise\(\)$")  # the offscreen platform, of the tip
def test_legend_explains_what_the_pointer_rests_on(room: Any) -> None:
    legend = room.window.legend

    def rest_at(place: QPoint) -> str:
        QCoreApplication.sendEvent(legend, QHelpEvent(QEvent.Type.ToolTip, place, legend.mapToGlobal(place)))
        return QToolTip.text()

    first = rest_at(QPoint(5, 5))
    assert component_meaning(Component.WEIGHTS) in first
    assert NUMBERS.bytes(room.estimate.peak.stack.weights) in first
    assert component_meaning(Component.KV_CACHE) in rest_at(QPoint(legend.width() // 2, 5))
    rest_at(QPoint(legend.width() - 3, legend.height() - 3))  # an empty cell: the tip goes
    room.bot.waitUntil(lambda: not QToolTip.isVisible())


# The headline


@pytest.mark.parametrize("unit", ByteUnit)
def test_headline_is_the_peak_in_both_units(room: Any, unit: ByteUnit) -> None:
    room.window.show_unit(unit)
    numbers, other = Numbers(unit), Numbers(next(one for one in ByteUnit if one is not unit))
    result = room.estimate
    assert room.text("peak_figure") == numbers.figure(result.total_bytes).number
    assert room.text("readings").startswith(f"= {other.bytes(result.total_bytes)} · ")
    assert " to ".join(numbers.pair(result.low_bytes, result.high_bytes)) in room.text("readings")
    reserved, allocated = numbers.pair(result.readings.reserved_bytes, result.readings.allocated_bytes)
    assert f"reserved {reserved} · allocated {allocated}" in room.text("readings")


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"context_length": 12_345}, ["12,345", "12,344", "KV cache bf16", "SDPA"]),
        ({"batch_size": 7, "kv_cache": Format.INT8, "attention": Attention.EAGER}, ["7 ×", "KV cache int8", "eager"]),
        ({"task": Task.TRAINING, "context_length": 2048, "optimizer": Optimizer.SGD}, ["2,048", "SGD"]),
        ({"estimator": Estimator.RULE_OF_THUMB, "context_length": 2048}, ["2,048", "7\u00a0B"]),
    ],
)
def test_what_is_assumed_is_always_in_sight(room: Any, changes: dict[str, Any], parts: list[str]) -> None:
    room.set(**changes)
    label = room.find(QLabel, "assumptions")
    assert label.isVisible()
    for part in parts:
        assert part in label.text()


def test_peak_moment_is_named(room: Any) -> None:
    assert "prefill" in room.text("peak_moment")
    assert "Inference" in room.text("peak_moment")
    room.set(task=Task.TRAINING)
    assert "Training" in room.text("peak_moment")
    assert estimate(room.scenario).peak.name.value.replace("_", " ") in room.text("peak_moment")


def test_a_size_beyond_every_card_reads_well(room: Any) -> None:
    room.set(architecture=architecture_from_parameter_count(10**13), batch_size=4096, context_length=MAX_CONTEXT_LENGTH)
    assert NUMBERS.bytes(room.estimate.total_bytes - room.window.gpu_picker.table.fit_of("RTX 4090").usable_bytes) in room.verdict
    assert ">999%" in str(room.window.gpu_picker.table.index(0, 4).data())
    room.bot.waitUntil(lambda: "batch — · context — · " in room.text("verdict_limits"))
