"""The chart: its bars are the estimate, to the byte; what it writes and paints is what a user is told."""

from collections.abc import Callable
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from core.memory import (
    Component,
    Estimator,
    FitStatus,
    Format,
    Method,
    Recipe,
    Task,
    architecture_from_parameter_count,
    estimate,
    max_batch_size,
)
from gui.chart import MemoryChart, SteadyAxis
from gui.quantities import ByteUnit, Numbers
from gui.theme import DARK, LIGHT, Theme
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
    return room.window.gpu_picker.table.fit_of(room.scenario.gpu).usable_bytes


def frame(chart: MemoryChart) -> tuple[float, float, float, float]:
    """Where the axis begins in pixels, pixels a unit, and the same downwards."""
    (left, right), (top, bottom) = plot(chart).getViewBox().viewRange()
    view = plot(chart).getViewBox().sceneBoundingRect()
    x_scale, y_scale = view.width() / (right - left), view.height() / (bottom - top)
    return view.left() - left * x_scale, x_scale, view.top() - top * y_scale, y_scale


def peak_row(chart: MemoryChart) -> list[str]:
    """The colours of a row of pixels through the bar of the peak, near its top, where no label is."""
    picture = chart.grab().toImage()
    _, _, y_zero, y_scale = frame(chart)
    y = round(y_zero - 0.42 * y_scale)
    return [picture.pixelColor(x, y).name() for x in range(picture.width())]


def columns(chart: MemoryChart, color: str) -> list[int]:
    """Where the bar of the peak shows ``color``."""
    return [x for x, shown in enumerate(peak_row(chart)) if shown == color]


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
    starts = np.cumsum(stacks, axis=1) - stacks
    shown = bars(room.window.chart)
    assert len(shown) == len(Component)
    for column, bar in enumerate(shown):
        assert bar.isVisible() == stacks[:, column].any()
        if bar.isVisible():
            np.testing.assert_allclose(bar.opts["width"] * unit.divisor, stacks[:, column], rtol=1e-12)
            np.testing.assert_allclose(bar.opts["x0"] * unit.divisor, starts[:, column], rtol=1e-12, atol=1)


def test_each_component_keeps_its_colour(room: Any) -> None:
    shown = bars(room.window.chart)
    assert [QColor(bar.opts["brush"]).name() for bar in shown] == [LIGHT.components[component] for component in Component]


def test_nothing_is_made_anew_by_a_change(room: Any) -> None:
    chart = room.window.chart
    items, everything = plot(chart).items[:], plot(chart).scene().items()
    for batch_size in range(2, 102):
        room.set(batch_size=batch_size)
    assert [id(item) for item in plot(chart).items] == [id(item) for item in items]
    assert {id(item) for item in plot(chart).scene().items()} == {id(item) for item in everything}


def test_rows_are_named_after_the_moments_and_the_peak_is_marked(room: Any, painted_texts: Texts) -> None:
    for changes in ({"task": Task.INFERENCE}, {"task": Task.TRAINING}):
        room.store.dispatch(**changes)
        room.set(batch_size=room.scenario.batch_size + 1)
        texts, film = painted_texts(room.window.chart), room.estimate
        for moment in film.moments:
            assert moment_name(moment.name) in texts
            label = Numbers(ByteUnit.GIB).bytes(moment.total_bytes)
            assert (f"{label} ◂ peak" if moment is film.peak else label) in texts
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
    assert not columns(room.window.chart, LIGHT.status[FitStatus.OOM])


def test_overflow_is_hatched_and_labelled(room: Any, painted_texts: Texts) -> None:
    room.set(batch_size=16)
    texts = painted_texts(room.window.chart)
    over = room.estimate.total_bytes - usable(room)
    assert "+" + Numbers(ByteUnit.GIB).bytes(over) in texts
    assert not [text for text in texts if text.endswith("free")]
    # The frame of the part that runs over starts at the card's line and ends with the bar.
    x_zero, x_scale, _, _ = frame(room.window.chart)
    reds = columns(room.window.chart, LIGHT.status[FitStatus.OOM])
    assert min(reds) == pytest.approx(x_zero + usable(room) / 2**30 * x_scale, abs=3)
    assert max(reds) == pytest.approx(x_zero + room.estimate.total_bytes / 2**30 * x_scale, abs=3)


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


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_neighbours_have_a_gap_of_two_pixels(open_room: Callable[[], Any], settings: QSettings, theme: Theme) -> None:
    settings.setValue("theme", theme.name)
    room = open_room()
    room.set(batch_size=8, gpu="")
    runs = [(color, len(list(same))) for color, same in groupby(peak_row(room.window.chart))]
    places = [place for place, (color, _) in enumerate(runs) if color in theme.components.values()]
    assert len(places) >= 4
    order = list(theme.components.values())
    assert [runs[place][0] for place in places] == sorted((runs[place][0] for place in places), key=order.index)
    for one, other in pairwise(places):
        gap = runs[one + 1 : other]
        assert [color for color, _ in gap] == [theme.window]
        assert gap[0][1] >= 2


def test_the_axis_keeps_still_in_a_drag_and_shrinks_after_it(room: Any) -> None:
    chart, track = room.window.chart, room.track("context")
    at_first = axis_end(chart)
    room.press_handle("context")
    with room.change():
        room.drag_to("context", track.maximum())
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
    assert room.estimate.total_bytes > 2**53
    end = axis_end(room.window.chart)
    assert np.isfinite(end)
    assert end * 2**30 > room.estimate.total_bytes
    assert columns(room.window.chart, LIGHT.status[FitStatus.OOM])


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
