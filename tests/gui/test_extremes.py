"""Nothing touches and nothing is unreadable at the ends of every range, in the smallest window, in either language."""

from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Any

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QCoreApplication, QRectF, QSettings, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QLineEdit, QStyleOptionGraphicsItem, QWidget

from core.memory import MAX_BATCH_SIZE, MAX_CONTEXT_LENGTH, Format, Task, architecture_from_parameter_count
from gui.chart_overlay import ChartOverlay
from gui.gpu_table import NUMERIC, Column
from gui.quantities import ByteUnit, Numbers
from gui.theme import LIGHT, FontSize, font

HUGE = {"architecture": architecture_from_parameter_count(10**12), "batch_size": MAX_BATCH_SIZE, "context_length": 131_072}
SCENARIOS: dict[str, dict[str, Any]] = {
    "usual": {"batch_size": 2},
    "just too large": {"batch_size": 2, "gpu": "RTX 4070"},
    "huge": HUGE,
    "huge, int4": {**HUGE, "weights": Format.INT4},
    "largest training": {**HUGE, "task": Task.TRAINING, "context_length": MAX_CONTEXT_LENGTH},
    "smallest": {"architecture": architecture_from_parameter_count(10**7), "context_length": 128, "gpu": ""},
}

scenarios = pytest.mark.parametrize("scenario", SCENARIOS)
languages = pytest.mark.parametrize("language", ["en", "zh_CN"])
sizes = pytest.mark.parametrize("size", [(1, 1), (1280, 720)], ids=["smallest", "usual"])


@pytest.fixture
def extreme_room(open_room: Callable[[], Any], settings: QSettings, language: str, size: tuple[int, int], scenario: str) -> Any:
    settings.setValue("language", language)
    room = open_room()
    room.set(**SCENARIOS[scenario])
    room.window.resize(*size)
    for _ in range(3):
        QCoreApplication.processEvents()
    return room


@languages
@sizes
@scenarios
def test_cells_of_the_gpu_list_keep_apart(extreme_room: Any) -> None:
    """The chosen row is bold: what fits there fits in all."""
    view, table = extreme_room.window.gpu_picker.list_view, extreme_room.window.gpu_picker.table
    metrics = QFontMetricsF(font(bold=True))
    for unit in ByteUnit:
        extreme_room.window.show_unit(unit)
        for row in range(table.rowCount()):
            for column in {*NUMERIC, Column.STATUS}:
                text, _, _ = table.cell(row, column)
                assert view.isColumnHidden(column) or metrics.horizontalAdvance(text) + 6 <= view.columnWidth(column), text


@languages
@sizes
@scenarios
def test_ticks_keep_apart_and_have_few_digits(extreme_room: Any) -> None:
    view_box, axis = plot(extreme_room).getViewBox(), plot(extreme_room).getAxis("bottom")
    low, high = view_box.viewRange()[0]
    step, places = axis.tickValues(low, high, view_box.width())[0]
    labels = axis.tickStrings(places, axis.scale, step)
    advance = QFontMetricsF(font(FontSize.SMALL)).horizontalAdvance
    pixels = [place * view_box.width() / (high - low) for place in places]
    assert len(labels) >= 3
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 5
    for (x, label), (next_x, next_label) in pairwise(zip(pixels, labels, strict=True)):
        assert x + advance(label) / 2 + 8 <= next_x - advance(next_label) / 2


def test_the_axis_names_the_unit_of_its_ticks(room: Any, painted_texts: Callable[[QWidget], list[str]]) -> None:
    room.set(**HUGE)
    before_rows = "".join(painted_texts(room.window.chart)).split("at the peak")[0]
    assert "TiB" in before_rows
    assert "GiB" not in before_rows
    room.set(architecture=architecture_from_parameter_count(10**9), batch_size=1)
    assert "GiB" in "".join(painted_texts(room.window.chart)).split("at the peak")[0]


class Recorder(QPainter):
    """Remembers where texts are written."""

    def __init__(self, picture: QImage) -> None:
        super().__init__(picture)
        self._picture = picture  # a painter does not keep what it paints on
        self.written: list[tuple[str, QRectF]] = []

    def drawText(self, box: QRectF, flags: Qt.AlignmentFlag, text: str) -> None:
        if text:
            self.written.append((text, self.boundingRect(box, int(flags), text)))
        super().drawText(box, flags, text)


@languages
@sizes
@scenarios
def test_labels_of_the_chart_keep_apart(extreme_room: Any) -> None:
    (overlay,) = (item for item in plot(extreme_room).scene().items() if isinstance(item, ChartOverlay))
    picture = QImage(extreme_room.window.chart.size(), QImage.Format.Format_RGB32)
    painter = Recorder(picture)
    overlay.paint(painter, QStyleOptionGraphicsItem())
    painter.end()
    assert len(painter.written) >= 4
    view = overlay.boundingRect().adjusted(-1, -1, 1, 1)
    for text, box in painter.written:
        assert view.contains(box), text
    for (text, box), (other, other_box) in combinations(painter.written, 2):
        assert not box.adjusted(1, 1, -1, -1).intersects(other_box), (text, other)


@languages
def test_a_total_never_hides_the_end_of_its_bar(open_room: Callable[[], Any], settings: QSettings, language: str) -> None:
    """Where a drag has left no room behind a bar, the figure stands before its end."""
    settings.setValue("language", language)
    room = open_room()
    room.window.resize(1, 1)
    room.store.begin_gesture()
    for context in range(5120, 40_000, 1024):
        room.set(context_length=context)
        room.window.chart.grab()
        (overlay,) = (item for item in plot(room).scene().items() if isinstance(item, ChartOverlay))
        painter = Recorder(QImage(room.window.chart.size(), QImage.Format.Format_RGB32))
        overlay.paint(painter, QStyleOptionGraphicsItem())
        painter.end()
        total = Numbers(ByteUnit.GIB).bytes(room.estimate.total_bytes)
        boxes = [box for text, box in painter.written if text.startswith(total)]
        view, (_, right) = overlay.boundingRect(), plot(room).getViewBox().viewRange()[0]
        end = view.left() + view.width() * room.estimate.total_bytes / 2**30 / right
        assert boxes
        assert [box for box in boxes if box.left() < end < box.right()] == []
    room.store.end_gesture()


def test_the_place_of_the_keys_in_the_list_is_seen_before_it_is_picked(room: Any) -> None:
    box, view = room.find(QLineEdit, "gpu_filter"), room.window.gpu_picker.list_view
    box.setText("a6000")
    box.setFocus()
    accent = QColor(LIGHT.accent).name()
    assert accent not in first_row_of_pixels(view)
    while not view.hasFocus():
        room.bot.keyClick(room.window.focusWidget(), Qt.Key.Key_Tab)
    assert room.scenario.gpu == "RTX 4090"
    assert accent in first_row_of_pixels(view)


def first_row_of_pixels(view: QWidget) -> set[str]:
    picture = view.viewport().grab().toImage()
    return {picture.pixelColor(x, 0).name() for x in range(picture.width())}


def plot(room: Any) -> pg.PlotItem:
    return room.window.chart.findChild(pg.PlotWidget).getPlotItem()
