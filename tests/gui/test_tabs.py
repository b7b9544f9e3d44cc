"""The tabs on the same scenario: what each shows is what the estimate says, and follows every change."""

import re
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QLabel, QListWidget, QPushButton, QTableWidget, QTextBrowser, QToolButton

from core.memory import Component, FitStatus, Task, estimate, judge, max_context_length, room_on
from core.memory.explain import explain
from core.sweep import Axis
from core.throughput import speed_on
from gui import assets
from gui.own_overheads import OwnOverheads
from gui.pages.page import Page
from gui.session import Preferences

TABS = ("breakdown", "film", "curve", "map", "table", "compare", "explain", "evidence")


def open_tab(room: Any, name: str) -> Page:
    explorer = room.window.explorer
    page = getattr(explorer, name)
    explorer.tabs.setCurrentIndex(explorer.pages.index(page))
    if name != "evidence":  # which reads runs for some seconds
        room.settle()
    return page


@pytest.mark.parametrize("name", TABS)
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"gpu": ""},
        {"task": Task.TRAINING},
        {"task": Task.TRAINING, "method": "qlora", "weights": "int4"},
        {"runtime": "vllm"},
        {"estimator": "rule-of-thumb"},
        {"batch_size": 4096, "context_length": 10 * 1024**2},
    ],
)
def test_every_tab_shows_every_kind_of_run(room: Any, name: str, fields: dict[str, Any]) -> None:
    page = open_tab(room, name)
    if fields:
        room.set(**fields)
    if name != "evidence":
        room.settle()
    assert not page.grab().isNull()  # painted, without a warning


def test_only_the_open_tab_is_in_sight(room: Any) -> None:
    for name in TABS:
        page = open_tab(room, name)
        assert [other for other in room.window.explorer.pages if other.isVisible()] == [page]


def test_the_open_tab_survives_another_theme_and_language(room: Any) -> None:
    open_tab(room, "curve")
    room.press_key(Qt.Key.Key_L)
    room.press_key(Qt.Key.Key_T)
    assert room.window.explorer.page is room.window.explorer.curve


class TestCurve:
    def test_the_crossing_is_the_longest_context_that_fits(self, room: Any) -> None:
        page = open_tab(room, "curve")
        usable = room.window.gpu_picker.table.gpu_named(room.scenario.gpu).usable_bytes
        most = max_context_length(room.scenario, usable)
        assert page.plot.accessibleDescription() == f"fits up to {most:,}"
        room.set(batch_size=2)
        room.settle()
        assert page.plot.accessibleDescription() == f"fits up to {max_context_length(room.scenario, usable):,}"

    def test_a_click_goes_there_and_a_drag_is_one_step_of_undo(self, room: Any) -> None:
        page = open_tab(room, "curve")
        before = room.scenario
        viewport = page.plot.canvas
        middle = viewport.rect().center()
        room.bot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=middle)
        room.bot.mouseMove(viewport, middle + QPoint(40, 0))
        room.bot.mouseMove(viewport, middle + QPoint(80, 0))
        with room.change():
            room.bot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=middle + QPoint(80, 0))
        assert room.scenario.context_length > before.context_length
        room.store.undo()
        assert room.scenario == before

    def test_the_pointer_asks_what_it_would_take(self, room: Any) -> None:
        page = open_tab(room, "curve")
        page.plot.pointed.emit((8192.0, 1.0))
        found = room.text("curve_readout").replace("\u00a0", " ")
        amount = estimate(room.scenario.evolve(context_length=8192)).total_bytes / 2**30
        assert found == f"at 8,192: {amount:.1f} GiB"
        page.plot.pointed.emit(None)
        assert room.text("curve_readout") == ""

    @pytest.mark.parametrize("axis", Axis)
    def test_it_can_be_drawn_against_each_quantity(self, room: Any, axis: Axis) -> None:
        page = open_tab(room, "curve")
        box = room.find(QComboBox, "curve_axis")
        box.setCurrentIndex(box.findData(axis))
        room.settle()
        assert page.axis is axis
        assert page.plot.accessibleDescription().startswith("fits up to ")

    def test_other_precisions_cross_the_card_where_they_would_run_out(self, room: Any) -> None:
        page = open_tab(room, "curve")
        usable = room.window.gpu_picker.table.gpu_named(room.scenario.gpu).usable_bytes
        crossings = {crossing.label: crossing.value for crossing in page._drawn.crossings}
        assert crossings["int8"] == max_context_length(room.scenario.evolve(weights="int8"), usable)
        assert "fp32" not in crossings, "which is beyond the card from the start"

    def test_a_marked_card_is_a_line_with_its_crossing(self, room: Any) -> None:
        page = open_tab(room, "curve")
        table = room.window.gpu_picker.table
        ctrl_click(room, "A100 80GB")
        room.settle()
        assert room.scenario.gpu == "RTX 4090"
        assert table.cell(table.row_of("A100 80GB"), 0)[0] == "A100 80GB ◆"
        usable = table.gpu_named("A100 80GB").usable_bytes
        assert ("A100 80GB", usable) in page._drawn.capacities
        most = max_context_length(room.scenario, room_on(table.gpu_named("A100 80GB"), room.scenario))
        assert [crossing.value for crossing in page._drawn.crossings if crossing.capacity_bytes == usable] == [most]
        assert not page.grab().isNull()
        menu = room.find(QToolButton, "curve_cards").menu()
        menu.aboutToShow.emit()
        menu.actions()[0].trigger()
        room.settle()
        assert len(page._drawn.capacities) == 1
        assert table.cell(table.row_of("A100 80GB"), 0)[0] == "A100 80GB"

    def test_four_cards_are_marked_at_most_and_stay_marked(self, room: Any, open_room: Any) -> None:
        for name in ("A100 80GB", "RTX 3090", "RTX A6000", "L40S", "A10"):
            ctrl_click(room, name)
        again = open_room()
        marked = [gpu.name for gpu in again.window._cards.marked_gpus()]
        assert marked == ["RTX 3090", "RTX A6000", "L40S", "A10"]
        page = open_tab(again, "map")
        assert [line[0] for line in page._drawn.lines] == marked

    def test_pinned_scenarios_are_lines(self, room: Any) -> None:
        room.window._on_pin()
        room.set(batch_size=4, name="four")
        room.window._on_pin()
        room.set(weights="int8")
        page = open_tab(room, "curve")
        room.find(QComboBox, "curve_lines").setCurrentIndex(1)
        room.settle()
        assert [line.label for line in page._drawn.lines] == ["A bf16", "B four", "int8"]
        assert [line.current for line in page._drawn.lines] == [False, False, True]
        room.press_key(Qt.Key.Key_L)
        room.settle()
        assert len(room.window.explorer.curve._drawn.lines) == 3


def ctrl_click(room: Any, name: str) -> None:
    """On the row of a card in the list."""
    view, table = room.window.gpu_picker.list_view, room.window.gpu_picker.table
    index = table.index(table.row_of(name), 0)
    view.scrollTo(index)
    place = view.visualRect(index).center()
    room.bot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, place)


class TestOverTime:
    def test_how_fast_is_a_bound_and_a_share_of_it(self, room: Any) -> None:
        open_tab(room, "film")
        speed = speed_on(room.scenario, room.window.gpu_picker.table.gpu_named("RTX 4090"))
        text = room.text("speed")
        assert f"at most {speed.decode_tokens_per_second:.3g} tokens a second" in text
        assert f"published runs reach {speed.share.low:.0%} to {speed.share.high:.0%} of that" in text
        room.set(task=Task.TRAINING)
        room.settle()
        assert "prompt" not in room.text("speed")
        assert "at most 3," in room.text("speed")
        room.set(estimator="rule-of-thumb")
        room.settle()
        assert room.text("speed") == ""

    def test_what_nobody_says_is_not_guessed(self, room: Any, gpus: Any) -> None:
        open_tab(room, "film")
        silent = next(gpu for gpu in gpus if gpu.dense_flops_per_second is None)
        room.set(gpu=silent.name)
        room.settle()
        assert "prompt" not in room.text("speed")
        room.set(task=Task.TRAINING)
        room.settle()
        assert "does not say" in room.text("speed")

    def test_the_moments_are_told(self, room: Any) -> None:
        page = open_tab(room, "film")
        assert page.film.accessibleDescription().replace("\u00a0", " ") == "load 12.9 GiB; prefill 15.4 GiB; decode 15.0 GiB"


class TestMap:
    def test_a_click_goes_there(self, room: Any) -> None:
        page = open_tab(room, "map")
        viewport = page.plot.canvas
        with room.change():
            room.bot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=viewport.rect().center())
        assert (room.scenario.batch_size, room.scenario.context_length) != (1, 4096)
        assert room.box_text("context") == str(room.scenario.context_length)

    @pytest.mark.parametrize(("context", "batch"), [(1024, 1), (4096, 4), (65536, 64)])
    def test_the_pointer_asks_whether_it_would_fit(self, room: Any, context: int, batch: int) -> None:
        page = open_tab(room, "map")
        page.plot.pointed.emit((float(context), float(batch)))
        there = estimate(room.scenario.evolve(context_length=context, batch_size=batch), room.calibration)
        usable = room.window.gpu_picker.table.gpu_named(room.scenario.gpu).usable_bytes
        status = judge(there.total_bytes, usable, there.peak.stack, there.sure_bytes).status
        word = {FitStatus.FITS: "Fits", FitStatus.TIGHT: "Tight", FitStatus.OOM: "OOM"}[status]
        assert room.text("map_readout").endswith(word)
        page.plot.pointed.emit(None)
        assert room.text("map_readout") == "Click or drag to go there."


class TestTable:
    def test_it_copies_what_the_chart_shows_to_the_byte(self, room: Any) -> None:
        page = open_tab(room, "table")
        page.view.setFocus()
        room.bot.keyClick(page.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
        QGuiApplication.clipboard().clear()
        found = room.estimate
        assert lines[0] == ["", "load", "prefill (peak)", "decode"]
        table = {line[0]: [int(cell) for cell in line[1:]] for line in lines[1:]}
        assert table["Weights"] == [moment.stack.weights for moment in found.moments]
        assert table["Process (nvidia-smi)"] == [moment.total_bytes for moment in found.moments]
        parts = [cells for name, cells in table.items() if name not in ("Allocated", "Reserved", "Process (nvidia-smi)")]
        assert [sum(column) for column in zip(*parts, strict=True)] == table["Process (nvidia-smi)"]

    def test_a_part_of_it_can_be_copied(self, room: Any) -> None:
        page = open_tab(room, "table")
        page.view.selectRow(0)
        page.copy()
        assert QGuiApplication.clipboard().text().count("\n") == 2
        QGuiApplication.clipboard().clear()


class TestExplain:
    def text(self, room: Any) -> str:
        return room.find(QTextBrowser, "explanation").toPlainText().replace("\u200b", "").replace("\u00a0", " ")

    def test_every_component_of_every_moment_shows_formula_numbers_and_source(self, room: Any) -> None:
        room.set(task=Task.TRAINING)
        open_tab(room, "explain")
        box, components = room.find(QComboBox, "explain_moment"), room.find(QListWidget, "explain_components")
        for place, (moment, parts) in enumerate(explain(room.scenario).items()):
            box.setCurrentIndex(place)
            assert box.currentData() == moment
            assert components.count() == len(parts)
            for row, part in enumerate(parts.values()):
                components.setCurrentRow(row)
                text = self.text(room)
                assert part.formula in text
                assert part.source in text
                assert f"{part.value_bytes:,}" in text

    def test_it_follows_the_scenario(self, room: Any) -> None:
        open_tab(room, "explain")
        assert "12.6 GiB" in self.text(room)
        room.set(weights="int8")
        room.settle()
        assert "12.6 GiB" not in self.text(room)

    def test_layers_of_each_gpu_are_told(self, room: Any) -> None:
        open_tab(room, "explain")
        room.set(pipeline_parallel_size=2, layers_per_stage=())
        room.settle()
        assert '16, 16: where device_map="auto" puts them' in self.text(room)
        room.set(layers_per_stage=(20, 12))
        room.settle()
        assert "20, 12: by a device_map that names" in self.text(room)
        room.set(pipeline_parallel_size=32, layers_per_stage=())
        room.settle()
        assert ", …: where" in self.text(room)

    def test_measured_errors_are_told(self, room: Any) -> None:
        open_tab(room, "explain")
        assert re.search(r"The total, in \d+ published runs of \d+ models of this kind: off by [\d.]+ %", self.text(room))

    def test_a_click_on_the_bar_explains_that_component(self, room: Any) -> None:
        chart = room.window.chart
        cache = chart._bars[list(Component).index(Component.KV_CACHE)].rects[0]
        scene = chart._view_box.mapViewToScene(cache.center())
        viewport = chart._plot.viewport()
        place = chart._plot.mapFromScene(QPointF(scene))
        room.bot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
        room.settle()
        assert room.window.explorer.page is room.window.explorer.explain
        assert self.text(room).startswith("KV cache")

    def test_a_click_on_the_legend_does_too(self, room: Any) -> None:
        legend = room.window.legend
        room.bot.mouseClick(legend, Qt.MouseButton.LeftButton, pos=legend._cell(2).center().toPoint())
        room.settle()
        assert self.text(room).startswith("Activations")

    def test_the_rule_of_thumb_needs_no_formula(self, room: Any) -> None:
        open_tab(room, "explain")
        room.set(estimator="rule-of-thumb")
        room.settle()
        assert "rule of thumb" in self.text(room)
        assert room.find(QListWidget, "explain_components").count() == 0


def test_bar_and_legend_point_at_the_same(room: Any) -> None:
    legend, chart = room.window.legend, room.window.chart
    legend.pointed.emit(Component.KV_CACHE)
    assert legend._pointed is Component.KV_CACHE
    assert len(chart._overlay._pointed) == 3  # the peak, prefill and decode
    legend.pointed.emit(None)
    assert legend._pointed is None
    assert chart._overlay._pointed == ()


class TestLinks:
    """What is pointed at or chosen in one place is set off in the others."""

    def test_the_legend_stands_under_every_tab(self, room: Any) -> None:
        for name in TABS:
            open_tab(room, name)
            assert room.window.legend.isVisible()

    def test_the_table_points_at_the_legend_and_back(self, room: Any) -> None:
        page, legend = open_tab(room, "table"), room.window.legend
        row = next(row for row in range(page.model.rowCount()) if page.model.component(row) is Component.KV_CACHE)
        page.view.entered.emit(page.model.index(row, 0))
        assert legend._pointed is Component.KV_CACHE
        role = Qt.ItemDataRole.BackgroundRole
        assert [page.model.index(each, 1).data(role) is not None for each in range(page.model.rowCount())].index(True) == row
        QCoreApplication.sendEvent(page.view.viewport(), QEvent(QEvent.Type.Leave))
        assert legend._pointed is None
        legend.pointed.emit(Component.WEIGHTS)
        assert page.model.index(0, 0).data(role) is not None

    def test_a_row_that_is_chosen_stays_set_off_and_is_explained(self, room: Any) -> None:
        page, legend = open_tab(room, "table"), room.window.legend
        row = next(row for row in range(page.model.rowCount()) if page.model.component(row) is Component.KV_CACHE)
        place = page.view.visualRect(page.model.index(row, 0)).center()
        room.bot.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert legend._pointed is Component.KV_CACHE
        open_tab(room, "breakdown")
        assert len(room.window.chart._overlay._pointed) == 3
        room.set(context_length=8192)
        assert room.window.chart._overlay._pointed == tuple(room.window.chart._bars[list(Component).index(Component.KV_CACHE)].rects)
        open_tab(room, "explain")
        assert room.find(QTextBrowser, "explanation").toPlainText().startswith("KV cache")
        legend.picked.emit(None)  # a click on nothing
        assert legend._pointed is None

    def test_what_is_chosen_in_the_explanation_is_set_off(self, room: Any) -> None:
        open_tab(room, "explain")
        components = room.find(QListWidget, "explain_components")
        components.setCurrentRow(1)
        assert room.window.legend._pointed is Component.KV_CACHE
        assert components.item(1).font().bold()
        components.itemEntered.emit(components.item(0))
        assert room.window.legend._pointed is Component.WEIGHTS
        QCoreApplication.sendEvent(components.viewport(), QEvent(QEvent.Type.Leave))
        assert room.window.legend._pointed is Component.KV_CACHE

    def test_the_film_points_and_leaves_out(self, room: Any) -> None:
        film = open_tab(room, "film").film
        film.grab()
        component, outline = film._areas[0]
        inside = outline.boundingRect().center()
        room.bot.mouseMove(film, inside.toPoint())
        assert room.window.legend._pointed is component is Component.WEIGHTS
        room.window.explorer.toggle(Component.WEIGHTS)
        film.grab()
        assert Component.WEIGHTS not in dict(film._areas)
        room.press_key(Qt.Key.Key_L)
        film = room.window.explorer.film.film
        film.grab()
        assert Component.WEIGHTS not in dict(film._areas)
        room.bot.mouseClick(film, Qt.MouseButton.LeftButton, pos=film._areas[0][1].boundingRect().center().toPoint())
        assert room.window.explorer.page is room.window.explorer.explain


def test_the_square_in_the_legend_leaves_its_component_out_of_the_bars(room: Any) -> None:
    legend, chart = room.window.legend, room.window.chart
    weights = chart._bars[0]
    assert weights.rects
    swatch = (legend._cell(0).topLeft() + QPointF(4, legend._row_height / 2)).toPoint()
    room.bot.mouseClick(legend, Qt.MouseButton.LeftButton, pos=swatch)
    assert not weights.rects
    found = room.estimate.peak
    shown = chart._overlay._shown
    assert shown.total == pytest.approx((found.total_bytes - found.stack.weights) / 2**30)
    assert not shown.whole
    assert shown.rows[1].labels[-1].startswith("15.4")  # the total stays what it is
    assert room.window.explorer.page is room.window.explorer.breakdown
    room.set(batch_size=2)
    assert not weights.rects
    assert not chart.grab().isNull()
    room.bot.mouseClick(legend, Qt.MouseButton.LeftButton, pos=swatch)
    assert weights.rects
    assert chart._overlay._shown.whole


def test_what_follows_a_frame_is_dropped_when_the_next_comes(room: Any) -> None:
    page = open_tab(room, "map")
    for context in (1024, 2048, 8192):
        room.set(context_length=context)
    room.settle()
    assert page._drawn.here == (8192, 1)
    assert room.find(QLabel, "map_readout").isVisible()


class TestEvidence:
    LOG = (
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.65 GiB of which 1 GiB is "
        "free. Including non-PyTorch memory, this process has 22.50 GiB memory in use. Of the allocated memory 21.00 GiB is allocated by "
        "PyTorch, and 1.00 GiB is reserved by PyTorch but unallocated."
    )

    def table(self, room: Any) -> dict[str, list[str]]:
        table = room.find(QTableWidget, "log_table")
        rows = [[table.item(row, column).text().replace("\u00a0", " ") for column in range(4)] for row in range(table.rowCount())]
        return {row[0]: row[1:] for row in rows} if table.isVisible() else {}

    def paste(self, room: Any, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        room.press_key(Qt.Key.Key_V)
        QGuiApplication.clipboard().clear()

    def test_every_published_run_of_the_kind_is_drawn(self, room: Any) -> None:
        page = open_tab(room, "evidence")
        room.bot.waitUntil(lambda: not room.window.after_frame.busy, timeout=30_000)
        runs = [run for run in page._runs if run.run == "inference transformers"]
        assert len(runs) == room.calibration.bands["inference transformers"].runs
        assert f"{len(runs)} published runs like this one" in room.text("evidence_readout")
        run = runs[0]
        page.plot.pointed.emit((run.measured_bytes / 2**30, run.predicted_bytes / 2**30))
        assert str(page._pointed.id) in room.text("evidence_readout")
        page.plot.pointed.emit(None)
        assert "published runs" in room.text("evidence_readout")

    def test_a_log_that_is_pasted_stands_beside_the_estimate(self, room: Any) -> None:
        self.paste(room, self.LOG)
        assert room.window.explorer.page is room.window.explorer.evidence
        table = self.table(room)
        readings = room.estimate.readings
        assert table["allocated by PyTorch"] == ["21.0 GiB", f"{readings.allocated_bytes / 2**30:.1f} GiB", "\u22126.1 GiB"]
        assert table["could not be allocated"] == ["2.0 GiB", "–", ""]
        assert table["CUDA context, libraries"][0] == "0.50 GiB"
        room.set(batch_size=4)
        assert self.table(room)["allocated by PyTorch"] != table["allocated by PyTorch"]

    def test_it_stays_in_another_language_until_it_is_forgotten(self, room: Any) -> None:
        self.paste(room, self.LOG)
        room.press_key(Qt.Key.Key_L)
        assert len(self.table(room)) == 6
        room.find(QPushButton, "forget_log").click()
        assert self.table(room) == {}

    def test_on_request_this_machine_is_reckoned_with_as_the_log_has_it(self, room: Any, open_room: Any) -> None:
        self.paste(room, self.LOG)
        shipped = room.estimate
        measured = 2**29  # 22.5 GiB in use, 22 of them PyTorch's
        extra = measured - shipped.peak.stack.runtime
        room.find(QPushButton, "measure_overhead").click()
        assert not room.find(QPushButton, "measure_overhead").isVisible()
        assert room.text("peak_figure") == f"{(shipped.total_bytes + extra) / 2**30:.1f}"
        assert self.table(room)["CUDA context, libraries"] == ["0.50 GiB", "0.50 GiB", "="]
        said = room.text("own_overheads").replace("\u00a0", " ")
        assert said.startswith("On this machine PyTorch’s processes take 0.50 GiB beside their tensors, not 0.38 GiB")
        again = open_room()
        assert again.window._estimate.total_bytes == shipped.total_bytes + extra
        assert again.calibration.own_context == {}, "what ships stays"
        page = open_tab(again, "curve")
        usable = again.window.gpu_picker.table.gpu_named("RTX 4090").usable_bytes
        assert page._drawn.crossing.value == max_context_length(again.scenario, usable - extra)
        open_tab(again, "evidence")
        again.find(QPushButton, "remove_overheads").click()
        assert again.window._estimate == shipped
        assert again.text("own_overheads") == ""

    def test_and_so_is_the_card(self, room: Any) -> None:
        button = room.find(QPushButton, "measure_card")
        self.paste(room, self.LOG)
        assert not button.isVisible(), "the catalogue knows as much"
        self.paste(room, self.LOG.replace("23.65", "23.25"))
        assert button.text().replace("\u00a0", " ") == "RTX 4090: 23.3 GiB usable"
        button.click()
        assert room.window.gpu_picker.table.gpu_named("RTX 4090").usable_bytes == int(23.25 * 2**30)
        assert not button.isVisible()
        assert room.window._cards.is_own("RTX 4090")

    def test_a_pin_is_reckoned_with_it_too(self, room: Any) -> None:
        room.window._on_pin()
        before = room.window._pins.pins[0].estimate.total_bytes
        room.window._cards.overheads.measure("torch", 2**30, 2**29)
        assert room.window._pins.pins[0].estimate.total_bytes == before + 2**29
        room.window._cards.overheads.forget("torch")
        assert room.window._pins.pins[0].estimate.total_bytes == before

    @pytest.mark.parametrize("stored", ["{", "[1]", '[{"kind": "torch", "measured_bytes": -1, "estimated_bytes": 0, "day": ""}]'])
    def test_settings_that_hold_something_else_are_no_overheads(self, settings: Any, stored: str) -> None:
        settings.setValue("own_overheads", stored)
        assert OwnOverheads(Preferences(settings)).all == ()

    def test_absurd_overheads_are_not_kept(self, room: Any) -> None:
        room.window._cards.overheads.measure("torch", 2**50, 0)
        assert room.window._cards.overheads.all == ()

    def test_a_log_file_opens(self, room: Any, tmp_path: Path) -> None:
        path = tmp_path / "run.log"
        path.write_text("step 1\n" + self.LOG)
        room.window.opener.open(path)
        assert "allocated by PyTorch" in self.table(room)

    def test_a_log_without_memory_and_one_that_is_missing_are_told(self, room: Any, tmp_path: Path) -> None:
        path = tmp_path / "run.log"
        path.write_text("nothing of interest")
        room.window.opener.open(path)
        assert room.message.startswith("This log says nothing of memory")
        room.window.opener.open(tmp_path / "missing.log")
        assert "cannot be read" in room.message

    def test_without_measurements_the_picture_is_empty_and_nothing_else(
        self, room: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(assets, "EVIDENCE", tmp_path)
        page = open_tab(room, "evidence")
        assert page._runs == []
