"""The chart: its bars are the estimate, to the byte; what it writes and paints is what a user is told."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget

from core.memory import Component, Estimator, FitStatus, Format, Method, Recipe, Task, architecture_from_parameter_count, estimate, max_batch_size
from gui.chart import MemoryChart, SteadyAxis
from gui.quantities import ByteUnit, Numbers
from gui.theme import DARK, LIGHT, contrast
from gui.words import moment_name

Texts = Callable[[QWidget], list[str]]


def plot(chart: MemoryChart) -> pg.PlotItem:
    return chart.findChild(pg.PlotWidget).getPlotItem()


def bars(chart: MemoryChart) -> list[pg.BarGraphItem]:
    return [item for item in plot(chart).items if isinstance(item, pg.BarGraphItem)]


def axis_end(chart: MemoryChart) -> float:
    (left, right), _ = plot(chart).getViewBox().viewRange()
    assert left == 0
    return right


def usable(room: Any) -> int:
    return next(gpu.usable_bytes for gpu in room.window.gpu_picker.table._gpus if gpu.name == room.scenario.gpu)


SCENARIOS: list[dict[str, Any]] = [
    {"batch_size": 3, "context_length": 777},
    {"weights": Format.INT4, "kv_cache": Format.FP8, "batch_size": 17},
    {"task": Task.TRAINING, "recipe": Recipe.MIXED},
    {"task": Task.TRAINING, "gradient_checkpointing": True, "batch_size": 64},
    {"task": Task.TRAINING, "method": Method.QLORA, "weights": Format.INT4},
    {"architecture": architecture_from_parameter_count(10**7), "context_length": 128},
    {"architecture": architecture_from_parameter_count(10**13), "batch_size": 4096, "context_length": 10_000_000},
]


@pytest.mark.parametrize("unit", ByteUnit)
@pytest.mark.parametrize("changes", SCENARIOS)
def test_bars_are_the_estimate(room: Any, changes: dict[str, Any], unit: ByteUnit) -> None:
    """One bar item a component; in each the peak first, then every moment, laid end to end."""
    room.set(**changes)
    room.window.show_unit(unit)
    stacks = np.array([room.estimate.peak.stack, *(moment.stack for moment in room.estimate.moments)], dtype=float)
    shown = bars(room.window.chart)
    assert len(shown) == len(Component)
    widths = np.array([bar.opts["width"] for bar in shown]).T
    starts = np.array([bar.opts["x0"] for bar in shown]).T
    np.testing.assert_allclose(widths * unit.divisor, stacks, rtol=1e-12)
    np.testing.assert_allclose(starts * unit.divisor, np.cumsum(stacks, axis=1) - stacks, rtol=1e-12, atol=1)


def test_each_component_keeps_its_colour(room: Any) -> None:
    shown = bars(room.window.chart)
    assert [QColor(bar.opts["brush"]).name() for bar in shown] == [LIGHT.components[component] for component in Component]


def test_nothing_is_made_anew_by_a_change(room: Any) -> None:
    chart = room.window.chart
    before = [id(item) for item in plot(chart).scene().items()]
    count = len(plot(chart).scene().items())
    ticks = {id(item) for item in plot(chart).items}
    for batch_size in range(2, 102):
        room.set(batch_size=batch_size)
    assert {id(item) for item in plot(chart).items} == ticks
    assert len(plot(chart).scene().items()) == count
    assert len(before) == count


def test_rows_are_named_after_the_moments_and_the_peak_is_marked(room: Any, painted_texts: Texts) -> None:
    for changes in ({"task": Task.INFERENCE}, {"task": Task.TRAINING}):
        room.store.dispatch(**changes)
        room.set(batch_size=room.scenario.batch_size + 1)
        texts = painted_texts(room.window.chart)
        for moment in room.estimate.moments:
            assert moment_name(moment.name) in texts
            label = Numbers(ByteUnit.GIB).bytes(moment.total_bytes)
            assert (f"{label} ◂ peak" if moment is room.estimate.peak else label) in texts
        assert sum("peak" in text for text in texts) == 2  # the row "at the peak", and the moment that is it
        assert "at the peak" in texts


def test_large_segments_carry_name_and_figure(room: Any, painted_texts: Texts) -> None:
    texts = painted_texts(room.window.chart)
    weights = Numbers(ByteUnit.GIB).bytes(room.estimate.peak.stack.weights)
    assert texts[texts.index("Weights") + 1] == weights


def test_free_space_is_drawn_and_labelled(room: Any, painted_texts: Texts) -> None:
    texts = painted_texts(room.window.chart)
    numbers = Numbers(ByteUnit.GIB)
    free = usable(room) - room.estimate.total_bytes
    assert f"{numbers.bytes(free)} free" in texts
    assert f"RTX 4090: {numbers.bytes(usable(room))} usable" in texts
    assert not [text for text in texts if text.startswith("+")]
    assert not colors(room.window.chart.grab().toImage(), LIGHT.status[FitStatus.OOM])


def test_overflow_is_hatched_and_labelled(room: Any, painted_texts: Texts) -> None:
    room.set(batch_size=16)
    texts = painted_texts(room.window.chart)
    over = room.estimate.total_bytes - usable(room)
    assert "+" + Numbers(ByteUnit.GIB).bytes(over) in texts
    assert not [text for text in texts if text.endswith("free")]
    picture = room.window.chart.grab().toImage()
    reds = colors(picture, LIGHT.status[FitStatus.OOM])
    # The frame of the part that runs over starts at the card's line and ends with the bar.
    (left, right), _ = plot(room.window.chart).getViewBox().viewRange()
    view = plot(room.window.chart).getViewBox().sceneBoundingRect()
    at = [view.left() + amount / 2**30 / (right - left) * view.width() for amount in (usable(room), room.estimate.total_bytes)]
    assert min(reds) == pytest.approx(at[0], abs=3)
    assert max(reds) == pytest.approx(at[1], abs=3)


def test_with_no_card_chosen_there_is_no_line(room: Any, painted_texts: Texts) -> None:
    room.set(gpu="")
    texts = painted_texts(room.window.chart)
    assert not [text for text in texts if "usable" in text or "free" in text or text.startswith("+")]


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"batch_size": 2}, "rule of thumb"),
        ({"task": Task.TRAINING}, "rule of thumb"),
        ({"task": Task.TRAINING, "method": Method.LORA}, "rule of thumb, full"),
    ],
)
def test_the_ghost_is_the_rule_of_thumb(room: Any, painted_texts: Texts, changes: dict[str, Any], label: str) -> None:
    room.set(**changes)
    texts = painted_texts(room.window.chart)
    ghost = estimate(room.scenario.evolve(estimator=Estimator.RULE_OF_THUMB)).total_bytes
    assert label in texts
    assert texts[-1] == Numbers(ByteUnit.GIB).bytes(ghost)


def runs(picture: QImage, y: int) -> list[tuple[str, int]]:
    """The colours of a row of pixels, each with how often it follows itself."""
    row = [picture.pixelColor(x, y).name() for x in range(picture.width())]
    return [(color, len(list(same))) for color, same in groupby(row)]


def colors(picture: QImage, color: str) -> list[int]:
    """The columns that show ``color`` in a row through the peak's bar."""
    y = peak_y(picture)
    return [x for x in range(picture.width()) if picture.pixelColor(x, y).name() == color]


def peak_y(picture: QImage) -> int:
    """A row of pixels through the bar of the peak, above its labels."""
    weights = {LIGHT.components[Component.WEIGHTS], DARK.components[Component.WEIGHTS]}
    top = next(y for y in range(picture.height()) if any(picture.pixelColor(x, y).name() in weights for x in range(picture.width())))
    return top + 12


@pytest.mark.parametrize("dark", [False, True])
def test_neighbours_have_a_gap_of_two_pixels(room: Any, dark: bool) -> None:
    theme = DARK if dark else LIGHT
    room.window.rebuild(theme)
    room.set(batch_size=8)
    picture = room.window.chart.grab().toImage()
    of_components = {color: component for component, color in theme.components.items()}
    row = runs(picture, peak_y(picture))
    places = [place for place, (color, _) in enumerate(row) if color in of_components]
    seen = [of_components[row[place][0]] for place in places]
    assert len(seen) >= 4
    assert seen == sorted(seen, key=list(Component).index)
    for one, other in zip(places, places[1:], strict=False):
        between = row[one + 1 : other]
        assert sum(length for _, length in between) >= 2, (row[one], row[other])
        for color, _ in between:
            assert contrast(QColor(color), QColor(theme.window)) < 1.2, "the gap is of the window's colour"


def test_the_axis_keeps_still_in_a_drag_and_shrinks_after_it(room: Any) -> None:
    chart, track = room.window.chart, room.track("context")
    at_first = axis_end(chart)
    room.press_handle("context")
    with room.change():
        room.drag_to("context", track.maximum() // 2)
    grown = axis_end(chart)
    assert grown > 2 * at_first
    with room.change():
        room.drag_to("context", 0)
    assert axis_end(chart) == grown
    with room.change():
        room.release("context")
    assert axis_end(chart) < grown / 2


def test_everything_is_within_the_axis(room: Any) -> None:
    for changes in SCENARIOS:
        room.set(**{"task": Task.INFERENCE, "method": Method.FULL, "weights": Format.BF16} | changes)
        assert axis_end(room.window.chart) * 2**30 > max(room.estimate.total_bytes, usable(room))


def test_ticks_are_in_the_unit_on_screen(room: Any, painted_texts: Texts) -> None:
    assert "GiB" in "".join(painted_texts(room.window.chart)).split("at the peak")[0]
    room.window.show_unit(ByteUnit.GB)
    ticks = "".join(painted_texts(room.window.chart)).split("at the peak")[0]
    assert "GB" in ticks
    assert "GiB" not in ticks


@pytest.mark.parametrize("task", Task)
def test_the_largest_values_of_all_are_drawn(room: Any, painted_texts: Texts, task: Task) -> None:
    """10 T parameters, a batch of 4096, 10 M tokens: no overflow, no warning, and a picture that still tells."""
    room.store.dispatch(task=task)
    for name, text in (("parameters", "10T"), ("batch", "4096"), ("context", "10000000")):
        with room.change():
            room.enter(name, text)
    texts = painted_texts(room.window.chart)
    total = Numbers(ByteUnit.GIB).bytes(room.estimate.total_bytes)
    assert f"{total} ◂ peak" in texts
    assert room.estimate.total_bytes > 2**63
    end = axis_end(room.window.chart)
    assert np.isfinite(end)
    assert end * 2**30 > room.estimate.total_bytes
    assert colors(room.window.chart.grab().toImage(), LIGHT.status[FitStatus.OOM])


def test_the_smallest_values_of_all_are_drawn(room: Any, painted_texts: Texts) -> None:
    for name, text in (("parameters", "10M"), ("context", "128")):
        with room.change():
            room.enter(name, text)
    room.set(gpu="")
    texts = painted_texts(room.window.chart)
    assert any("peak" in text and "GiB" in text for text in texts)
    assert axis_end(room.window.chart) * 2**30 > room.estimate.total_bytes


def test_rendering_again_changes_nothing(room: Any) -> None:
    room.set(batch_size=max_batch_size(room.scenario, usable(room)))
    once = room.window.chart.grab().toImage()
    room.window.show_unit(ByteUnit.GIB)
    assert room.window.chart.grab().toImage() == once


@pytest.mark.parametrize("may_shrink", [True, False])
def test_steady_axis_always_holds_what_it_must(may_shrink: bool) -> None:
    axis = SteadyAxis()
    for needed in (0.0, 1e-9, 5.0, 5.1, 5.2, 300.0, 1e11, 299.0, 0.5):
        assert axis.follow(needed, may_shrink=may_shrink) >= needed
        assert axis.end > 0
