"""What the chart says on top of its bars: labels in segments, the card's capacity, free space, overflow, totals.

One graphics item that paints in pixels over a pyqtgraph view. Text and hatching have sizes of their own, so nothing of it scales with
the axis; and one item repaints in a fraction of what a dozen text items take.
"""

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from core.memory import Component, FitStatus
from gui.theme import Theme, readable_on

_PADDING = 6.0
_WHISKER = 6.0


@dataclass(frozen=True, slots=True)
class Pixels:
    """Where axis units lie in pixels: ``y`` grows downwards, like the rows."""

    view: QRectF
    left: float
    top: float
    x_scale: float
    y_scale: float

    def x_of(self, amount: float) -> float:
        """Pixel of ``amount``; what lies far outside stays near, since painters know no astronomic numbers."""
        return min(self.view.left() + (amount - self.left) * self.x_scale, self.view.right() + 200.0)

    def y_of(self, level: float) -> float:
        return self.view.top() + (level - self.top) * self.y_scale

    def bar(self, start: float, end: float, y: float, height: float) -> QRectF:
        """The rectangle of a bar whose middle is at ``y``."""
        x = self.x_of(start)
        return QRectF(x, self.y_of(y - height / 2), self.x_of(end) - x, height * self.y_scale)


@dataclass(frozen=True, slots=True)
class Segment:
    """A labelled part of the peak bar, in units of the axis."""

    start: float
    width: float
    color: str
    labels: tuple[str, ...]
    """From the most to the least telling; the first that fits is shown."""


@dataclass(frozen=True, slots=True)
class Row:
    """What stands behind the end of a bar: its total, and whether it is the peak."""

    y: float
    end: float
    labels: tuple[str, ...]
    """From the most to the least telling; the first that fits is shown."""
    strong: bool = False
    parts: tuple[Segment, ...] = ()
    """What is written into its own segments, where it fits."""
    height: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything the overlay paints. Lengths in units of the axis; ``capacity`` None when no card is chosen."""

    peak_y: float
    peak_height: float
    total: float
    whole: bool
    """Nothing is left out of the bars; else what is free and what runs over would be told at the wrong place."""
    segments: tuple[Segment, ...]
    rows: tuple[Row, ...]
    capacity: float | None
    capacity_label: str
    overflow_label: str
    free_labels: tuple[str, ...]
    ghost_y: float
    ghost_height: float
    ghost_end: float | None
    pool_end: float | None = None
    """Where what an engine reserves for its cache ends: it takes that, whether the scenario needs it or not."""
    pool_labels: tuple[str, ...] = ()
    band: tuple[float, float] | None = None
    """What nine of ten real runs lie between."""


class ChartOverlay(QGraphicsItem):
    """Paints a :class:`Scene` over ``view_box``; lives in its scene, in pixel coordinates."""

    def __init__(self, view_box: pg.ViewBox, theme: Theme, small: QFont, base: QFont) -> None:
        super().__init__()
        self._view_box = view_box
        self._theme = theme
        self._small = small
        self._base = base
        self._strong = QFont(small)
        self._strong.setBold(True)
        self._shown: Scene | None = None
        self._pointed: tuple[QRectF, ...] = ()
        self._base_metrics = QFontMetricsF(base)
        self._small_metrics = QFontMetricsF(small)
        self._strong_metrics = QFontMetricsF(self._strong)
        self._inks = {name: readable_on(QColor(name)) for name in theme.components.values()}
        self.setZValue(1000)

    @property
    def lines_above_px(self) -> float:
        """Pixels above the peak bar that the card's name and the overflow's figure take."""
        return float(2 * self._strong_metrics.height() + 10)

    def show_scene(self, shown: Scene) -> None:
        self._shown = shown
        self.update()

    def show_pointed(self, rects: tuple[QRectF, ...]) -> None:
        """Outline ``rects``, in units of the axes."""
        if rects != self._pointed:
            self._pointed = rects
            self.update()

    def boundingRect(self) -> QRectF:
        view: QRectF = self._view_box.sceneBoundingRect()
        return view

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        shown = self._shown
        view: QRectF = self._view_box.sceneBoundingRect()
        (left, right), (top, bottom) = self._view_box.viewRange()
        if shown is None or right <= left or bottom <= top:
            return
        frame = Pixels(view, left, top, view.width() / (right - left), view.height() / (bottom - top))
        painter.setClipRect(view)
        if shown.ghost_end is not None:
            self._paint_ghost(painter, shown, shown.ghost_end, frame)
        if shown.capacity is not None:
            self._paint_capacity(painter, shown, shown.capacity, frame)
        self._paint_segments(painter, shown, frame)
        self._paint_rows(painter, shown, frame)
        if shown.band is not None:
            self._paint_band(painter, *shown.band, shown, frame)
        painter.setPen(QPen(QColor(self._theme.text), 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for rect in self._pointed:
            top, bottom = frame.y_of(rect.top()), frame.y_of(rect.bottom())
            painter.drawRect(QRectF(frame.x_of(rect.left()), top, frame.x_of(rect.right()) - frame.x_of(rect.left()), bottom - top))

    def _paint_band(self, painter: QPainter, low: float, high: float, shown: Scene, frame: Pixels) -> None:
        """An error bar under the peak, where the next bar is not yet."""
        y = frame.y_of(shown.peak_y + shown.peak_height / 2) + _WHISKER
        left, right = frame.x_of(low), frame.x_of(high)
        painter.setPen(QPen(QColor(self._theme.text), 2.0))
        painter.drawLines(
            [
                QLineF(left, y, right, y),
                *(QLineF(x, y - _WHISKER / 2, x, y + _WHISKER / 2) for x in (left, right)),
            ]
        )

    def _paint_segments(self, painter: QPainter, shown: Scene, frame: Pixels) -> None:
        painter.setFont(self._base)
        for segment in shown.segments:
            bar = frame.bar(segment.start, segment.start + segment.width, shown.peak_y, shown.peak_height)
            bar = bar.intersected(frame.view)
            room = bar.width() - 2 * _PADDING
            label = _first_that_fits(segment.labels, self._base_metrics, room)
            if label:
                self._paint_label(painter, label, segment.color, bar)

    def _paint_label(self, painter: QPainter, label: str, color: str, bar: QRectF) -> None:
        """On a plate of the segment's own colour: seen only where the bar is hatched."""
        plate = self._base_metrics.boundingRect(bar, int(Qt.AlignmentFlag.AlignCenter), label)
        painter.fillRect(plate.adjusted(-3, -1, 3, 1), QColor(color))
        painter.setPen(self._inks[color])
        painter.drawText(bar, Qt.AlignmentFlag.AlignCenter, label)

    def _paint_ghost(self, painter: QPainter, shown: Scene, end: float, frame: Pixels) -> None:
        """The rule of thumb: an outline, hatched, never mistaken for the estimate."""
        ghost = QColor(self._theme.ghost)
        bar = frame.bar(0.0, end, shown.ghost_y, shown.ghost_height)
        painter.fillRect(bar.intersected(frame.view), QBrush(ghost, Qt.BrushStyle.BDiagPattern))
        painter.setPen(QPen(ghost, 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        bar.setRight(min(bar.right(), frame.view.right() + 2))  # not every file format that is painted to knows clipping
        painter.drawRect(bar)

    def _paint_capacity(self, painter: QPainter, shown: Scene, capacity: float, frame: Pixels) -> None:
        bar = frame.bar(0.0, shown.total, shown.peak_y, shown.peak_height)
        limit = frame.x_of(capacity)
        text = QColor(self._theme.text)
        if not shown.whole:
            pass
        elif shown.total > capacity:
            over = QRectF(bar)
            over.setLeft(limit)
            over = over.intersected(frame.view)
            oom = QColor(self._theme.status[FitStatus.OOM])
            painter.fillRect(over, QBrush(QColor(self._theme.window), Qt.BrushStyle.BDiagPattern))
            painter.setPen(QPen(oom, 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(over.adjusted(1, 1, -1, -1))
            self._badge(painter, shown.overflow_label, over, oom, frame.view)
        else:
            free = QRectF(bar.right(), bar.top(), limit - bar.right(), bar.height()).adjusted(2, 1, -1, -1)
            painter.setPen(QPen(QColor(self._theme.dim_text), 1.0, Qt.PenStyle.DotLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(free)
            free = self._paint_pool(painter, shown, free, frame)
            painter.setFont(self._base)
            label = _first_that_fits(shown.free_labels, self._base_metrics, free.width() - 2 * _PADDING)
            painter.setPen(QColor(self._theme.dim_text))
            painter.drawText(free, Qt.AlignmentFlag.AlignCenter, label)
        painter.setPen(QPen(text, 2.0, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(limit, frame.view.top()), QPointF(limit, frame.view.bottom()))
        self._paint_capacity_label(painter, shown.capacity_label, limit, frame.view)

    def _paint_pool(self, painter: QPainter, shown: Scene, free: QRectF, frame: Pixels) -> QRectF:
        """The rest of the pool, hatched, at the beginning of what is free; what is free beyond it."""
        if shown.pool_end is None:
            return free
        pool = QRectF(free)
        pool.setRight(min(frame.x_of(shown.pool_end), free.right()))
        if pool.width() <= 0:
            return free
        painter.fillRect(pool, QBrush(QColor(self._theme.components[Component.KV_CACHE]), Qt.BrushStyle.BDiagPattern))
        label = _first_that_fits(shown.pool_labels, self._small_metrics, pool.width() - 2 * _PADDING)
        if label:
            painter.setFont(self._small)
            plate = self._small_metrics.boundingRect(pool, int(Qt.AlignmentFlag.AlignCenter), label)
            painter.fillRect(plate.adjusted(-3, -1, 3, 1), QColor(self._theme.window))
            painter.setPen(QColor(self._theme.text))
            painter.drawText(pool, Qt.AlignmentFlag.AlignCenter, label)
        return free.adjusted(pool.width(), 0, 0, 0)

    def _paint_capacity_label(self, painter: QPainter, label: str, limit: float, view: QRectF) -> None:
        """At the upper end of the line, on the side that has room, else on top of it; the overflow's figure has the line below."""
        painter.setFont(self._strong)
        label = self._strong_metrics.elidedText(label, Qt.TextElideMode.ElideRight, view.width() - 2)
        advance = self._strong_metrics.horizontalAdvance(label) + 1
        box = QRectF(limit + _PADDING, view.top() + 1, advance, self._strong_metrics.height())
        if box.right() > view.right():
            box.moveRight(max(limit - _PADDING, view.left() + advance))
            painter.fillRect(box.adjusted(0, -1, 0, 0), QColor(self._theme.window))
        painter.setPen(QColor(self._theme.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)

    def _badge(self, painter: QPainter, label: str, over: QRectF, color: QColor, view: QRectF) -> None:
        """How far it runs over, on a plate above the overflowing part."""
        painter.setFont(self._strong)
        plate = QRectF(0, 0, self._strong_metrics.horizontalAdvance(label) + 2 * _PADDING, self._strong_metrics.height() + 2)
        plate.moveBottom(over.top() - 3)
        plate.moveLeft(min(max(over.left() + 2, over.center().x() - plate.width() / 2), view.right() - plate.width()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(plate, 3, 3)
        painter.setPen(readable_on(color))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, label)

    def _paint_rows(self, painter: QPainter, shown: Scene, frame: Pixels) -> None:
        """Totals behind the thin bars, or before their ends where there is no room behind.

        On a plate of the window's colour, since the capacity line or the bar may run through them.
        """
        for row in shown.rows:
            metrics = self._strong_metrics if row.strong else self._small_metrics
            end = min(frame.x_of(row.end), frame.view.right())
            label = _first_that_fits(row.labels, metrics, frame.view.right() - end - 2 * _PADDING) or row.labels[-1]
            box = QRectF(end + _PADDING, 0, metrics.horizontalAdvance(label) + 2, metrics.height())
            box.moveTop(frame.y_of(row.y) - box.height() / 2)
            if box.right() > frame.view.right():
                box.moveRight(end - _PADDING)
            painter.fillRect(box.adjusted(-2, 0, 2, 0), QColor(self._theme.window))
            painter.setFont(self._strong if row.strong else self._small)
            painter.setPen(QColor(self._theme.text if row.strong else self._theme.dim_text))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)
            painter.setFont(self._small)
            for part in row.parts:
                bar = frame.bar(part.start, part.start + part.width, row.y, row.height).intersected(frame.view)
                if bar.height() >= self._small_metrics.height() - 2:
                    painter.setPen(self._inks[part.color])
                    painter.drawText(bar, Qt.AlignmentFlag.AlignCenter, _first_that_fits(part.labels, self._small_metrics, bar.width() - 4))


def _first_that_fits(labels: tuple[str, ...], metrics: QFontMetricsF, room: float) -> str:
    """The most telling of ``labels``, which may have several lines, that is no wider than ``room``; empty where none is."""
    for label in labels:
        if max(map(metrics.horizontalAdvance, label.split("\n"))) <= room:
            return label
    return ""
