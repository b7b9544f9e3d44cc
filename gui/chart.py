"""The chart: one stacked bar of the peak, a thin bar for every moment, the rule of thumb as a ghost, the card's capacity.

pyqtgraph behind one class. One BarGraphItem a component, made once and updated in place; recreating items is the only way to be
slow. Rows lie at whole levels growing downwards, lengths are in the unit on screen.
"""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from core.memory import Component, Estimate, Fit, Method, Moment, Scenario, Stack, Task
from gui.chart_axis import ByteAxis, SteadyAxis
from gui.chart_overlay import ChartOverlay, Row, Scene, Segment
from gui.frame import Frame
from gui.glide import Glide, Picture
from gui.limits import rest_of_pool
from gui.pins import Pin
from gui.quantities import Numbers
from gui.theme import FontSize, Theme, font
from gui.words import component_name, moment_name

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]

#: Levels of the rows: the peak's bar is thick, those of the moments thin, the ghost between.
_PEAK_Y, _PEAK_HEIGHT = 0.0, 1.0
_FIRST_MOMENT_Y, _MOMENT_STEP, _MOMENT_HEIGHT = 1.05, 0.46, 0.3
_TOP = -0.92
_BOTTOM_MARGIN = 0.3


class _Bars(pg.BarGraphItem):  # type: ignore[misc]
    """One component's bars, laid out by what the chart already knows.

    pyqtgraph's own way takes any arrays, and works the bounds out anew whenever anything asks: half of a frame with eleven of them.
    Here the bounds are the whole picture, and the overlay, which covers it, is repainted with every change.
    """

    bounds = QRectF()

    def __init__(self, color: str, gap: QPen) -> None:
        super().__init__(x0=[], width=[], y=[], height=[], brush=color, pen=gap)
        self._brush, self._gap = QBrush(QColor(color)), gap
        self.rects: list[QRectF] = []

    def lay(self, x0: Floats, width: Floats, rows: list[tuple[float, float]]) -> None:
        """A bar from ``x0``, ``width`` long, in each of ``rows`` (upper edge, height); hidden where there is none."""
        self.opts.update(x0=x0, width=width)
        lengths = zip(x0.tolist(), width.tolist(), rows, strict=True)
        self.show_rects([QRectF(start, top, length, height) for start, length, (top, height) in lengths if length])

    def make_gaps(self, gap: float) -> None:
        """Leave ``gap`` of the axis between bars, instead of painting one with a pen, whose width no scaling keeps in every file format."""
        self._gap = QPen(Qt.PenStyle.NoPen)
        self.rects = [rect.adjusted(gap / 2, 0, -gap / 2, 0) for rect in self.rects if rect.width() > gap]

    def show_rects(self, rects: list[QRectF]) -> None:
        self.rects = rects
        if bool(self.rects) != self.isVisible():
            self.setVisible(bool(self.rects))

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.setPen(self._gap)
        painter.setBrush(self._brush)
        painter.drawRects(self.rects)

    def boundingRect(self) -> QRectF:
        return self.bounds

    def claim(self, bounds: QRectF) -> None:
        self.prepareGeometryChange()
        self.bounds = bounds


class MemoryChart(QWidget):
    """Draws a frame, by ``render_frame``; it knows no store. Emits ``pointed`` with the component
    under the pointer, or None, and ``picked`` with one that is clicked, or None.
    """

    pointed = Signal(object)
    picked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("memory_chart")
        self.setAccessibleName(self.tr("Memory chart"))
        self._theme = theme
        self._axis = SteadyAxis()
        self._unit_shown = ""
        self._labels_shown: list[tuple[float, str]] = []
        self._pointed: Component | None = None
        self._hidden: frozenset[Component] = frozenset()
        self._rendered: tuple[Frame, int, Sequence[Pin]] | None = None
        self._range = (0.0, 0.0)
        self._range_shown = (0.0, 0.0, 0.0)
        self._glide = Glide(self._show_picture, self)
        self._glide_ms = 0
        self._least_lines = 12

        self._bottom = ByteAxis()
        self._plot = pg.PlotWidget(self, background=theme.window, axisItems={"bottom": self._bottom})
        self._plot.setFrameShape(pg.QtWidgets.QFrame.Shape.NoFrame)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.setMenuEnabled(False)
        self._plot.hideButtons()
        self._plot.setFocusPolicy(pg.QtCore.Qt.FocusPolicy.NoFocus)
        self._view_box = self._plot.getViewBox()
        self._view_box.invertY(True)
        self._view_box.setDefaultPadding(0)
        self._style_axes()

        gap = pg.mkPen(theme.window, width=2)
        self._bars: list[_Bars] = []
        for component in Component:
            bar = _Bars(theme.components[component], gap)
            self._plot.addItem(bar, ignoreBounds=True)  # the range is ours to set
            bar.hide()
            self._bars.append(bar)
        small, base = font(FontSize.SMALL), font(FontSize.BASE)
        self._overlay = ChartOverlay(self._view_box, theme, small, base)
        self._plot.scene().addItem(self._overlay)
        self._view_box.sigResized.connect(self._on_view_resized)

        self._plot.viewport().setMouseTracking(True)
        self._plot.viewport().installEventFilter(self)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_pointed(self, component: Component | None) -> None:
        """Outline ``component`` wherever it is."""
        self._pointed = component
        self._outline()

    def _outline(self) -> None:
        bars = () if self._pointed is None else tuple(self._bars[list(Component).index(self._pointed)].rects)
        self._overlay.show_pointed(bars)

    def show_without(self, hidden: frozenset[Component]) -> None:
        """Leave ``hidden`` out of the bars, so that the others can be compared; totals and the verdict stay what they are."""
        if hidden != self._hidden:
            self._hidden = hidden
            if self._rendered is not None:
                self.render_frame(*self._rendered)

    def _shown_bytes(self, stack: Stack) -> int:
        return sum(size for component, size in zip(Component, stack, strict=True) if component not in self._hidden)

    def _component_at(self, place: QPointF) -> Component | None:
        at = self._view_box.mapSceneToView(self._plot.mapToScene(place.toPoint()))
        for component, bar in zip(Component, self._bars, strict=True):
            if any(rect.contains(at) for rect in bar.rects):
                return component
        return None

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The pointer over the plot, which has no use for it itself."""
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(None)
        elif isinstance(event, QMouseEvent):
            component = self._component_at(event.position())
            self.setCursor(Qt.CursorShape.PointingHandCursor if component is not None else Qt.CursorShape.ArrowCursor)
            if event.type() == QEvent.Type.MouseMove:
                self.pointed.emit(component)
            elif event.type() == QEvent.Type.MouseButtonRelease:
                self.picked.emit(component)
        return False

    def minimumSizeHint(self) -> QSize:
        line = self.fontMetrics().height()
        return QSize(20 * line, self._least_lines * line)

    def show_less(self) -> None:
        """As much as an audience needs: the figures say the unit."""
        self._least_lines = 9
        self._bottom.labelled = False
        self._bottom.setHeight(round(1.4 * self.fontMetrics().height()))
        self.updateGeometry()

    def make_gaps(self) -> None:
        """For a picture that is kept: what is shown now, to scale in every part."""
        per_pixel, _ = self._view_box.viewPixelSize()
        for bar in self._bars:
            bar.make_gaps(2 * per_pixel)

    # -- moving to the next frame

    def glide(self, ms: int) -> None:
        """Let the bars move to where the next frame has them, within ``ms``; 0 for a jump."""
        self._glide_ms = ms

    def _picture(self) -> Picture:
        return Picture(tuple({rect.top(): rect for rect in bar.rects} for bar in self._bars), *self._range)

    def _show_picture(self, picture: Picture, share: float) -> None:
        """Bars and axes of ``picture``; what is written on them comes in meanwhile."""
        for bar, rects in zip(self._bars, picture.bars, strict=True):
            bar.show_rects(list(rects.values()))
        self._range = (picture.end, picture.bottom)
        self._apply_range()
        self._overlay.setOpacity(share)

    def _style_axes(self) -> None:
        theme = self._theme
        for name in ("left", "bottom"):
            axis = self._plot.getAxis(name)
            axis.setPen(pg.mkPen(theme.hairline))
            axis.setTextPen(pg.mkPen(theme.dim_text))
            axis.setStyle(tickFont=font(FontSize.SMALL), tickLength=-4 if name == "bottom" else 0)
        self._plot.getAxis("left").setWidth(round(8.4 * self.fontMetrics().height()))
        self._plot.getAxis("bottom").setHeight(round(2.6 * self.fontMetrics().height()))
        self._plot.getAxis("bottom").enableAutoSIPrefix(False)

    def render_frame(self, frame: Frame, ghost_bytes: int, pins: Sequence[Pin] = ()) -> None:
        """Show a frame, the rule of thumb's answer to it, and below the peaks of ``pins``."""
        self._glide.stop()
        self._overlay.setOpacity(1.0)
        glide_ms, self._glide_ms = (self._glide_ms if self._rendered is not None and not frame.dragging else 0), 0
        before = self._picture()
        self._rendered = frame, ghost_bytes, pins
        estimate, fit, numbers = frame.estimate, frame.fit, frame.numbers
        unit = numbers.unit.divisor
        total = estimate.total_bytes / unit
        capacity = fit.usable_bytes / unit if fit is not None else None
        ghost = ghost_bytes / unit
        moments = estimate.moments
        low, high = estimate.low_bytes, estimate.high_bytes
        rest = rest_of_pool(frame.scenario, estimate, fit.usable_bytes) if fit is not None else None

        levels = [_FIRST_MOMENT_Y + _MOMENT_STEP * row for row in range(len(moments))]
        ghost_y = levels[-1] + _MOMENT_STEP
        pinned = [ghost_y + _MOMENT_STEP * (row + 1) for row in range(len(pins))]
        rows = [(_PEAK_Y - _PEAK_HEIGHT / 2, _PEAK_HEIGHT), *((level - _MOMENT_HEIGHT / 2, _MOMENT_HEIGHT) for level in levels + pinned)]
        stacks = [estimate.peak.stack, *(moment.stack for moment in moments), *(pin.estimate.peak.stack for pin in pins)]
        widths = np.array(stacks, dtype=float) / unit
        widths[:, [list(Component).index(component) for component in self._hidden]] = 0.0
        starts = np.cumsum(widths, axis=1) - widths
        for bar, x0, width in zip(self._bars, starts.T, widths.T, strict=True):
            bar.lay(x0, width, rows)
        self._outline()

        longest = max([total, (high or 0) / unit, *(pin.estimate.total_bytes / unit for pin in pins)])
        self._show_range(longest, capacity, ghost, pinned[-1] if pinned else ghost_y, numbers, dragging=frame.dragging)
        labels = [
            (_PEAK_Y, self.tr("at the peak")),
            *zip(levels, map(_moment_label, moments), strict=True),
            (ghost_y, self._ghost_label(frame.scenario)),
        ]
        labels += [(level, self._pin_label(pin)) for level, pin in zip(pinned, pins, strict=True)]
        if labels != self._labels_shown:
            self._labels_shown = labels
            self._plot.getAxis("left").setTicks([labels])

        self._overlay.show_scene(
            Scene(
                peak_y=_PEAK_Y,
                peak_height=_PEAK_HEIGHT,
                total=float(widths[0].sum()),
                whole=not self._hidden,
                segments=self._segments(estimate, unit, numbers),
                rows=(
                    *self._moment_rows(estimate, levels, unit, numbers),
                    Row(ghost_y, ghost, (numbers.bytes(ghost_bytes),)),
                    *(self._pin_row(level, pin, estimate, numbers) for level, pin in zip(pinned, pins, strict=True)),
                ),
                capacity=capacity,
                capacity_label=self._capacity_label(frame),
                overflow_label=numbers.bytes(-fit.headroom_bytes, signed=True) if fit is not None else "",
                free_labels=self._free_labels(fit, numbers) if fit is not None else (),
                ghost_y=ghost_y,
                ghost_height=_MOMENT_HEIGHT,
                ghost_end=ghost,
                pool_end=None if rest is None else total + rest / unit,
                pool_labels=() if rest is None else self._pool_labels(rest, numbers),
                band=None if low is None or high is None or self._hidden else (low / unit, high / unit),
            )
        )
        if glide_ms:
            self._glide.go(before, self._picture(), glide_ms)

    def _show_range(self, total: float, capacity: float | None, ghost: float, last_y: float, numbers: Numbers, *, dragging: bool) -> None:
        # A ghost far longer than everything else runs out of the picture, with its figure at the edge.
        needed = max(total, capacity or 0.0)
        needed = max(needed, min(ghost, 1.5 * needed))
        if numbers.unit.value != self._unit_shown:
            self._unit_shown = numbers.unit.value
            self._axis.end = 0.0
        end = self._axis.follow(needed, may_shrink=not dragging)
        self._bottom.follow(end, numbers)
        self._range = (end, last_y + _BOTTOM_MARGIN)
        self._apply_range()

    def _apply_range(self) -> None:
        end, bottom = self._range
        top = self._top(bottom)
        if (end, top, bottom) != self._range_shown:
            self._range_shown = (end, top, bottom)
            self._plot.setRange(xRange=(0, end), yRange=(top, bottom), padding=0)
            for bar in self._bars:
                bar.claim(QRectF(0.0, top, end, bottom - top))

    def _top(self, bottom: float) -> float:
        """Where the picture begins, so that the card's name and the overflow's figure each have a line above the peak."""
        height = float(self._view_box.height())
        lines = self._overlay.lines_above_px
        peak = _PEAK_Y - _PEAK_HEIGHT / 2
        if height <= 2 * lines:
            return _TOP
        return min(_TOP, (peak * height - lines * bottom) / (height - lines))

    def _on_view_resized(self) -> None:
        if self._range[0]:
            self._apply_range()

    def _segments(self, estimate: Estimate, unit: int, numbers: Numbers) -> tuple[Segment, ...]:
        segments: list[Segment] = []
        start = 0.0
        for component, value_bytes in zip(Component, estimate.peak.stack, strict=True):
            if not value_bytes or component in self._hidden:
                continue
            length = value_bytes / unit
            name, figure = component_name(component), numbers.figure(value_bytes)
            labels = (f"{name}\n{figure}", f"{name}\n{figure.number}", figure.number)
            segments.append(Segment(start, length, self._theme.components[component], labels))
            start += length
        return tuple(segments)

    def _moment_rows(self, estimate: Estimate, levels: list[float], unit: int, numbers: Numbers) -> list[Row]:
        rows = []
        for level, moment in zip(levels, estimate.moments, strict=True):
            total_bytes = moment.total_bytes
            amount = numbers.bytes(total_bytes)
            is_peak = moment is estimate.peak
            labels = (self.tr("{amount} ◂ peak").format(amount=amount), amount) if is_peak else (amount,)
            rows.append(Row(level, self._shown_bytes(moment.stack) / unit, labels, is_peak))
        return rows

    def _ghost_label(self, scenario: Scenario) -> str:
        if scenario.task is Task.TRAINING and scenario.method is not Method.FULL:
            return self.tr("rule of thumb, full")
        return self.tr("rule of thumb")

    def _capacity_label(self, frame: Frame) -> str:
        if frame.gpu is None:
            return ""
        return self.tr("{gpu}: {usable} usable").format(gpu=frame.gpu.name, usable=frame.numbers.bytes(frame.gpu.usable_bytes))

    def _pin_label(self, pin: Pin) -> str:
        name = pin.scenario.name or pin.scenario.architecture.name or self.tr("pinned")
        width = self._plot.getAxis("left").width() - 12
        return str(QFontMetricsF(font(FontSize.SMALL)).elidedText(f"{pin.letter} {name}", Qt.TextElideMode.ElideRight, width))

    def _pin_row(self, level: float, pin: Pin, now: Estimate, numbers: Numbers) -> Row:
        """What it takes, the difference to what is on screen, and in its segments that of each component."""
        stack, unit = pin.estimate.peak.stack, numbers.unit.divisor
        total_bytes = pin.estimate.total_bytes
        amount, difference = numbers.bytes(total_bytes), numbers.figure(total_bytes - now.total_bytes, signed=True)
        parts, start = [], 0.0
        for component, size, before in zip(Component, stack, now.peak.stack, strict=True):
            if size and component not in self._hidden:
                label = numbers.figure(size - before, signed=True).number if size != before else "="
                parts.append(Segment(start, size / unit, self._theme.components[component], (label,)))
                start += size / unit
        labels = (f"{amount} ({difference})", f"{amount} ({difference.number})", amount)
        return Row(level, start, labels, parts=tuple(parts), height=_MOMENT_HEIGHT)

    def _pool_labels(self, rest_bytes: int, numbers: Numbers) -> tuple[str, ...]:
        amount = numbers.bytes(rest_bytes)
        return self.tr("rest of the pool\n{amount}").format(amount=amount), amount

    def _free_labels(self, fit: Fit, numbers: Numbers) -> tuple[str, ...]:
        amount = numbers.bytes(fit.headroom_bytes)
        return self.tr("{amount} free").format(amount=amount), amount


def _moment_label(moment: Moment) -> str:
    return moment_name(moment.name)
