"""Tab *Over time*: the run as a film, memory against its moments, whose peak it is, and the three readings."""

from collections.abc import Iterator
from itertools import accumulate

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from core.memory import Component, FitStatus, Moment
from gui.frame import Frame
from gui.pages.page import Page
from gui.pages.speed import SpeedPanel
from gui.prices import Prices
from gui.theme import FontSize, Theme, font, readable_on
from gui.words import component_name, moment_name

_PAD = 6.0
#: From one level to the next, as a share of a moment's width: memory rises and falls within moments, not between them.
_SLOPE = 0.16


class FilmPage(Page):
    """One picture, painted at once: areas of components over the moments, stacked. Emits ``picked`` with one that is clicked, or None."""

    picked = Signal(object)

    def __init__(self, prices: Prices, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        self.speed = SpeedPanel(prices, theme, self)
        self.film = _Film(theme, self)
        self.film.pointed.connect(self.pointed)
        self.film.picked.connect(self.picked)
        layout.addWidget(self.speed)
        layout.addWidget(self.film, 1)

    def show_frame(self, frame: Frame) -> None:
        self.film.show_frame(frame)

    def follow(self, frame: Frame) -> Iterator[object]:
        self.speed.show_frame(frame)  # sentences that wrap cost the layout a measurement
        yield None

    def show_pointed(self, component: Component | None) -> None:
        self.film.show_pointed(component)

    def show_without(self, hidden: frozenset[Component]) -> None:
        self.film.show_without(hidden)


class _Film(QWidget):
    pointed = Signal(object)
    picked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._areas: list[tuple[Component, QPolygonF]] = []
        self._pointed: Component | None = None
        self._hidden: frozenset[Component] = frozenset()
        self.setMouseTracking(True)
        self.setObjectName("film")
        self.setAccessibleName(self.tr("Memory over time"))
        self._theme = theme
        self._frame: Frame | None = None
        self._top = 0.0
        self._small, self._strong = font(FontSize.SMALL), font(FontSize.SMALL, bold=True)

    def show_frame(self, frame: Frame) -> None:
        self._frame = frame
        needed = 1.15 * max(frame.estimate.total_bytes, frame.gpu.usable_bytes if frame.gpu is not None else 0)
        if needed > self._top or not frame.dragging:
            self._top = needed
        moments = frame.estimate.moments
        self.setAccessibleDescription(
            "; ".join(f"{moment_name(moment.name)} {frame.numbers.bytes(moment.total_bytes)}" for moment in moments)
        )
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        frame = self._frame
        if frame is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        small = QFontMetricsF(self._small)
        view = QRectF(self.rect()).adjusted(3.4 * small.height(), small.height(), -_PAD, -2.2 * small.height())
        self._paint_axis(painter, view, frame)
        moments = frame.estimate.moments
        step = view.width() / len(moments)
        self._areas = []
        lower = [0.0] * len(moments)
        for place, component in enumerate(Component):
            if component in self._hidden:
                continue
            upper = [below + moment.stack[place] for below, moment in zip(lower, moments, strict=True)]
            if upper != lower:
                outline = QPolygonF([*self._steps(upper, view, step), *reversed(self._steps(lower, view, step))])
                painter.setPen(QPen(QColor(self._theme.window), 1))
                painter.setBrush(self._theme.component(component))
                painter.drawPolygon(outline)
                self._areas.append((component, outline))
            lower = upper
        if not self._hidden:  # totals are of all of them
            self._paint_readings(painter, view, step, moments)
        self._paint_pointed(painter)
        self._paint_capacity(painter, view, frame)
        if not self._hidden:
            self._paint_owner(painter, view, step, frame)
        painter.setFont(self._small)
        painter.setPen(QColor(self._theme.dim_text))
        for number, moment in enumerate(moments):
            under = QRectF(view.left() + number * step, view.bottom() + 4, step, small.height())
            strong = moment is frame.estimate.peak
            painter.setFont(self._strong if strong else self._small)
            text = small.elidedText(moment_name(moment.name), Qt.TextElideMode.ElideRight, step)
            painter.drawText(under, Qt.AlignmentFlag.AlignHCenter, text)
        painter.end()

    def show_pointed(self, component: Component | None) -> None:
        if component is not self._pointed:
            self._pointed = component
            self.update()

    def show_without(self, hidden: frozenset[Component]) -> None:
        if hidden != self._hidden:
            self._hidden = hidden
            self.update()

    def _paint_pointed(self, painter: QPainter) -> None:
        painter.setPen(QPen(QColor(self._theme.text), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for component, outline in self._areas:
            if component is self._pointed:
                painter.drawPolygon(outline)

    def _component_at(self, place: QPointF) -> Component | None:
        fill = Qt.FillRule.OddEvenFill
        return next((component for component, outline in self._areas if outline.containsPoint(place, fill)), None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        component = self._component_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if component is not None else Qt.CursorShape.ArrowCursor)
        self.pointed.emit(component)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.picked.emit(self._component_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(None)
        super().leaveEvent(event)

    def _y(self, view: QRectF, size: float) -> float:
        return view.bottom() - view.height() * size / self._top

    def _steps(self, sizes: list[float], view: QRectF, step: float) -> list[QPointF]:
        points = []
        for number, size in enumerate(sizes):
            left = view.left() + number * step + (_SLOPE * step / 2 if number else 0)
            right = view.left() + (number + 1) * step - (_SLOPE * step / 2 if number < len(sizes) - 1 else 0)
            y = self._y(view, size)
            points += [QPointF(left, y), QPointF(right, y)]
        return points

    def _paint_axis(self, painter: QPainter, view: QRectF, frame: Frame) -> None:
        name, divisor = frame.numbers.unit_for(self._top)
        metrics = QFontMetricsF(self._small)
        least = 2.2 * metrics.height() / view.height() * self._top / divisor if view.height() > 0 else 1.0
        step = next(value for value in (factor * 10.0**power for power in range(-3, 9) for factor in (1, 2, 5)) if value >= least)
        painter.setFont(self._small)
        amounts = list(accumulate([step] * 40, initial=0.0))
        for amount in amounts:
            y = self._y(view, amount * divisor)
            if y < view.top():
                break
            painter.setPen(QColor(self._theme.hairline))
            painter.drawLine(QPointF(view.left(), y), QPointF(view.right(), y))
            painter.setPen(QColor(self._theme.dim_text))
            label = frame.numbers.axis(amount, step)
            painter.drawText(QRectF(0, y - metrics.height() / 2, view.left() - _PAD, metrics.height()), Qt.AlignmentFlag.AlignRight, label)
        painter.drawText(QRectF(0, 0, view.left() - _PAD, metrics.height()), Qt.AlignmentFlag.AlignRight, name)

    def _paint_readings(self, painter: QPainter, view: QRectF, step: float, moments: tuple[Moment, ...]) -> None:
        """Allocated and reserved as lines over the areas; what the process takes is their upper edge."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        names = (self.tr("allocated"), self.tr("reserved"), self.tr("process"))
        styles = (Qt.PenStyle.DotLine, Qt.PenStyle.DashLine, Qt.PenStyle.SolidLine)
        for which, style in enumerate(styles):
            sizes = [float(moment.stack.readings[which]) for moment in moments]
            painter.setPen(QPen(QColor(self._theme.text), 1.6, style))
            painter.drawPolyline(QPolygonF(self._steps(sizes, view, step)))
        metrics = QFontMetricsF(self._small)
        painter.setFont(self._small)
        x = view.left() + _PAD
        for name, style in zip(reversed(names), reversed(styles), strict=True):
            y = view.top() + metrics.height() / 2
            painter.setPen(QPen(QColor(self._theme.text), 1.6, style))
            painter.drawLine(QPointF(x, y), QPointF(x + 24, y))
            painter.drawText(QPointF(x + 30, y + metrics.ascent() / 2), name)
            x += 30 + metrics.horizontalAdvance(name) + 3 * _PAD

    def _paint_capacity(self, painter: QPainter, view: QRectF, frame: Frame) -> None:
        if frame.gpu is None:
            return
        y = self._y(view, frame.gpu.usable_bytes)
        color = QColor(self._theme.text)
        if frame.fit is not None and frame.fit.status is FitStatus.OOM:
            color = self._theme.status_color(FitStatus.OOM)
        painter.setPen(QPen(color, 2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(view.left(), y), QPointF(view.right(), y))
        text = self.tr("{gpu}: {usable} usable").format(gpu=frame.gpu.name, usable=frame.numbers.bytes(frame.gpu.usable_bytes))
        self._tag(painter, view, QPointF(view.right(), y - _PAD), text, color)

    def _paint_owner(self, painter: QPainter, view: QRectF, step: float, frame: Frame) -> None:
        """Which component is the largest at the peak, in its own area."""
        peak, moments = frame.estimate.peak, frame.estimate.moments
        number = next(number for number, moment in enumerate(moments) if moment is peak)
        stack = list(peak.stack)
        largest = max(range(len(stack)), key=stack.__getitem__)
        owner, below = list(Component)[largest], sum(stack[:largest])
        top, bottom = self._y(view, below + stack[largest]), self._y(view, below)
        metrics = QFontMetricsF(self._strong)
        cell = QRectF(view.left() + number * step + _PAD, top, step - 2 * _PAD, bottom - top)
        text = f"{component_name(owner)} {frame.numbers.bytes(stack[largest])}"
        painter.setFont(self._strong)
        if cell.height() > metrics.height() and cell.width() > metrics.horizontalAdvance(text):
            painter.setPen(readable_on(self._theme.component(owner)))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, text)
        total = self.tr("peak {amount}").format(amount=frame.numbers.bytes(frame.estimate.total_bytes))
        middle = view.left() + (number + 0.5) * step + metrics.horizontalAdvance(total) / 2
        self._tag(painter, view, QPointF(middle, self._y(view, sum(stack)) - _PAD), total, QColor(self._theme.text))

    def _tag(self, painter: QPainter, view: QRectF, end: QPointF, text: str, color: QColor) -> None:
        """``text`` that ends at ``end``, on a ground of its own, within the picture."""
        metrics = QFontMetricsF(self._strong)
        width = metrics.horizontalAdvance(text)
        x = max(view.left(), min(end.x(), view.right()) - width - _PAD)
        painter.setFont(self._strong)
        ground = QRectF(x - 3, end.y() - metrics.ascent() - 1, width + 6, metrics.height() + 1)
        background = QColor(self._theme.window)
        background.setAlphaF(0.85)
        painter.fillRect(ground, background)
        painter.setPen(color)
        painter.drawText(QPointF(x, end.y()), text)
