"""A plane with two logarithmic axes, for curves and maps; pyqtgraph behind one class.

pyqtgraph's own logarithmic mode knows powers of ten alone. Here everything lies in the logarithms to base 2 of its values, and the axes
have the ticks that people know: 128, 1,024, 8,192 tokens; 1, 2, 5, 10 GiB.
"""

import math
from collections.abc import Callable, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QVBoxLayout, QWidget

from gui.theme import FontSize, Theme, font

_TICK_GAP_PX = 18


def powers_of_two(low: float, high: float) -> list[int]:
    """Ticks for what is counted in powers of two."""
    return [2**power for power in range(math.ceil(math.log2(low)), math.floor(math.log2(high)) + 1)]


def round_numbers(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, ... between ``low`` and ``high``."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [factor * 10.0**decade for decade in decades for factor in (1, 2, 5) if low <= factor * 10.0**decade <= high]


class LogPlot(QWidget):
    """Emits ``picked`` with the values under a click or a drag of the pointer, and ``pointed`` with those it hovers over."""

    picked = Signal(object)
    pointed = Signal(object)
    gestureStarted = Signal()
    gestureFinished = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._held = False
        self._plot = pg.PlotWidget(self, background=theme.window)
        self._plot.setFrameShape(pg.QtWidgets.QFrame.Shape.NoFrame)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view_box = self._plot.getViewBox()
        self.view_box.setDefaultPadding(0)
        self.canvas: QWidget = self._plot.viewport()
        """What the pointer is over."""
        self._small = font(FontSize.SMALL)
        self._metrics = QFontMetricsF(self._small)
        self._axes: dict[str, tuple[Sequence[float], Callable[[float], str]]] = {}
        for name in ("left", "bottom"):
            axis = self._plot.getAxis(name)
            axis.setPen(pg.mkPen(theme.hairline))
            axis.setTextPen(pg.mkPen(theme.dim_text))
            axis.setStyle(tickFont=self._small, tickLength=-4)
            axis.enableAutoSIPrefix(False)
        line = self._metrics.height()
        self._plot.getAxis("left").setWidth(round(4.6 * line))
        self._plot.getAxis("bottom").setHeight(round(3.4 * line))
        self.view_box.sigResized.connect(self._label)
        self.canvas.setMouseTracking(True)
        self.canvas.installEventFilter(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)

    def set_axis(self, name: str, title: str, low: float, high: float, ticks: Sequence[float], to_text: Callable[[float], str]) -> None:
        """From ``low`` to ``high``, labelled at as many of ``ticks`` as have room."""
        self._axes[name] = (ticks, to_text)
        self._plot.getAxis(name).setLabel(title)
        if name == "bottom":
            self._plot.setXRange(math.log2(low), math.log2(high), padding=0)
        else:
            self._plot.setYRange(math.log2(low), math.log2(high), padding=0)
        self._label()

    def _label(self) -> None:
        box = self.view_box
        (left, right), (bottom, top) = box.viewRange()
        for name, (ticks, to_text) in self._axes.items():
            span_px, span = (box.width(), right - left) if name == "bottom" else (box.height(), top - bottom)
            if span_px <= 0 or span <= 0 or not ticks:
                continue
            texts = [to_text(tick) for tick in ticks]
            widest = max(map(self._metrics.horizontalAdvance, texts)) if name == "bottom" else self._metrics.height()
            apart = span_px / span * (math.log2(ticks[1]) - math.log2(ticks[0]) if len(ticks) > 1 else 1)
            every = max(1, math.ceil((widest + _TICK_GAP_PX) / apart)) if apart > 0 else 1
            places = [math.log2(tick) for tick in ticks]
            # half of a label would stand out of the picture
            last = (right if name == "bottom" else top) - widest / 2 * span / span_px
            labels = [label for label in zip(places, texts, strict=True) if label[0] <= last]
            self._plot.getAxis(name).setTicks([labels[::every], [(place, "") for place in places]])

    def octave_px(self) -> tuple[float, float]:
        """How wide and how high a factor of two is."""
        (left, right), (bottom, top) = self.view_box.viewRange()
        return self.view_box.width() / max(right - left, 1e-9), self.view_box.height() / max(top - bottom, 1e-9)

    def _values(self, place: QPointF) -> tuple[float, float]:
        box = self.view_box
        at = box.mapSceneToView(self._plot.mapToScene(place.toPoint()))
        (left, right), (bottom, top) = box.viewRange()
        x, y = min(max(at.x(), left), right), min(max(at.y(), bottom), top)
        return 2.0**x, 2.0**y

    def _inside(self, place: QPointF) -> bool:
        return bool(self.view_box.sceneBoundingRect().contains(self._plot.mapToScene(place.toPoint())))

    def add(self, item: QGraphicsItem) -> None:
        """Put ``item`` on the plane, in pixels."""
        self._plot.scene().addItem(item)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The pointer over the plane."""
        match event.type():
            case QEvent.Type.MouseButtonPress if isinstance(event, QMouseEvent) and event.button() == Qt.MouseButton.LeftButton:
                if self._inside(event.position()):
                    self._held = True
                    self.gestureStarted.emit()
                    self.picked.emit(self._values(event.position()))
                return True
            case QEvent.Type.MouseMove if isinstance(event, QMouseEvent):
                place = self._values(event.position())
                if self._held:
                    self.picked.emit(place)
                else:
                    self.pointed.emit(place if self._inside(event.position()) else None)
                return True
            case QEvent.Type.MouseButtonRelease if self._held:
                self._held = False
                self.gestureFinished.emit()
                return True
            case QEvent.Type.Leave:
                self.pointed.emit(None)
        return False


class Painted(QGraphicsItem):
    """Something a page paints over its plot in pixels: text and hatching have sizes of their own."""

    def __init__(self, plot: LogPlot, paint: Callable[[QPainter, QRectF, Callable[[float, float], QPointF]], None], *, above: bool) -> None:
        """``paint`` is handed the painter, the view in pixels, and a way from values to pixels."""
        super().__init__()
        self._box = plot.view_box
        self._paint = paint
        self.setZValue(1000 if above else -1000)
        plot.add(self)

    def boundingRect(self) -> QRectF:
        return QRectF(self._box.sceneBoundingRect())

    def repaint_all(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        view = QRectF(self._box.sceneBoundingRect())
        (left, right), (bottom, top) = self._box.viewRange()
        if right <= left or top <= bottom or view.isEmpty():
            return
        x_scale, y_scale = view.width() / (right - left), view.height() / (top - bottom)

        def place(x: float, y: float) -> QPointF:
            return QPointF(view.left() + (math.log2(x) - left) * x_scale, view.bottom() - (math.log2(y) - bottom) * y_scale)

        painter.save()
        painter.setClipRect(view)
        self._paint(painter, view, place)
        painter.restore()


def faint(color: QColor, share: float) -> QColor:
    """``color`` let through to ``share``."""
    result = QColor(color)
    result.setAlphaF(share)
    return result
