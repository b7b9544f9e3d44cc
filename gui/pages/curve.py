"""Tab *Curve*: memory against context, batch or parameters, a line for each precision or method, and where the chosen card runs out."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.memory import FitStatus, Scenario, Task, max_batch_size, max_context_length, max_parameters, peak_bytes
from core.sweep import RANGES, Axis, curve, moved, spaced, value_on, variants
from gui.frame import Frame
from gui.pages.log_plot import LogPlot, Painted, faint, powers_of_two, round_numbers
from gui.pages.page import Page
from gui.quantities import Numbers
from gui.theme import FontSize, Theme, font
from gui.words import format_name, run_name

_POINTS = 48
#: How far each axis reaches where nothing asks for more.
_USUAL = {Axis.CONTEXT: (128, 131_072), Axis.BATCH: (1, 256), Axis.PARAMETERS: (10**8, 10**12)}
_SOLVE = {Axis.CONTEXT: max_context_length, Axis.BATCH: max_batch_size, Axis.PARAMETERS: max_parameters}
_DASHES = (Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_PAD = 6.0


@dataclass(frozen=True, slots=True)
class _Line:
    label: str
    values: Sequence[int]
    sizes: Sequence[int]
    current: bool


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Everything on the picture, in values and bytes."""

    lines: tuple[_Line, ...]
    here: tuple[int, int]
    here_label: str
    capacity: int | None
    capacity_label: str
    crossing: int
    """The largest value that fits; 0 where none or all of them do."""
    crossing_label: str


class CurvePage(Page):
    """Emits ``picked`` with the scenario there when a place on the picture is clicked or dragged to."""

    picked = Signal(object)
    gesture_started = Signal()
    gesture_finished = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._frame: Frame | None = None
        self._drawn: _Drawn | None = None
        self._reach: dict[Axis, tuple[int, int]] = dict(_USUAL)
        self.axis_box = QComboBox(self)
        self.axis_box.setObjectName("curve_axis")
        self.axis_box.setAccessibleName(self.tr("Memory against"))
        for axis in Axis:
            self.axis_box.addItem(self._axis_name(axis), axis)
        self.axis_box.currentIndexChanged.connect(self._on_axis)
        self.readout = QLabel(self)
        self.readout.setObjectName("curve_readout")
        self.readout.setTextFormat(Qt.TextFormat.PlainText)
        self.readout.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self.plot = LogPlot(theme, self)
        self.plot.setAccessibleName(self.tr("Memory curve"))
        self._picture = Painted(self.plot, self._paint, above=True)
        self._small, self._strong = font(FontSize.SMALL), font(FontSize.SMALL, bold=True)
        self.plot.picked.connect(self._on_picked)
        self.plot.pointed.connect(self._on_pointed)
        self.plot.gestureStarted.connect(self.gesture_started)
        self.plot.gestureFinished.connect(self.gesture_finished)
        top = QHBoxLayout()
        top.addWidget(QLabel(self.tr("Memory against"), self))
        top.addWidget(self.axis_box)
        top.addSpacing(12)
        top.addWidget(self.readout, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.plot, 1)

    @property
    def axis(self) -> Axis:
        return Axis(self.axis_box.currentData())

    wants_frame = Signal()
    """Another axis was chosen: what is shown has to be worked out again."""

    def show_frame(self, frame: Frame) -> None:
        self._frame = frame
        if not frame.dragging:
            self._reach = dict(_USUAL)

    def follow(self, frame: Frame) -> Iterator[object]:
        axis, scenario, numbers = self.axis, frame.scenario, frame.numbers
        solve = _SOLVE[axis]
        capacity = frame.gpu.usable_bytes if frame.gpu is not None else None
        crossing = solve(scenario, capacity) if capacity is not None else 0
        yield None
        low, high = self._range(axis, value_on(axis, scenario), crossing)
        values = spaced(low, high, _POINTS)
        lines = []
        for variant in variants(scenario):
            sizes = []
            for size in curve(variant, axis, values):
                sizes.append(size)
                yield None
            lines.append(_Line(_variant_name(variant), values, sizes, variant == scenario))
        if not any(line.current for line in lines):
            lines.append(_Line(_variant_name(scenario), values, list(curve(scenario, axis, values)), True))
        to_text = _value_text(axis, numbers)
        self._drawn = _Drawn(
            lines=tuple(lines),
            here=(value_on(axis, scenario), frame.estimate.total_bytes),
            here_label=numbers.bytes(frame.estimate.total_bytes),
            capacity=capacity,
            capacity_label=self._capacity_label(frame),
            crossing=crossing if crossing < RANGES[axis][1] else 0,
            crossing_label=self.tr("fits up to {value}").format(value=to_text(crossing)),
        )
        self._set_axes(axis, low, high, numbers)
        self.plot.setAccessibleDescription(self._drawn.crossing_label if self._drawn.crossing else "")
        self._picture.repaint_all()

    def _capacity_label(self, frame: Frame) -> str:
        if frame.gpu is None:
            return ""
        return self.tr("{gpu}: {usable} usable").format(gpu=frame.gpu.name, usable=frame.numbers.bytes(frame.gpu.usable_bytes))

    def _range(self, axis: Axis, here: int, crossing: int) -> tuple[int, int]:
        """From end to end; it grows at once and shrinks when no drag goes on, so that nothing runs away under the pointer."""
        low, high = self._reach[axis]
        least, most = RANGES[axis]
        far = max(here, crossing if crossing < most else 0)
        high = max(high, min(most, 4 * far))
        low = min(low, max(least, here // 4))
        self._reach[axis] = low, high
        return low, high

    def _set_axes(self, axis: Axis, low: int, high: int, numbers: Numbers) -> None:
        drawn = self._drawn
        assert drawn is not None
        sizes = [size for line in drawn.lines for size in line.sizes]
        unit = numbers.unit.divisor
        smallest = min(sizes) / unit / 1.6
        largest = max(max(sizes) / unit, (drawn.capacity or 0) / unit) * 1.6
        ticks = round_numbers(low, high) if axis is Axis.PARAMETERS else powers_of_two(low, high)
        to_text = _value_text(axis, numbers)
        self.plot.set_axis("bottom", self._axis_name(axis), low, high, ticks, lambda value: to_text(round(value)))
        amounts = round_numbers(smallest, largest)
        self.plot.set_axis("left", numbers.unit.value, smallest, largest, amounts, lambda amount: _amount(amount, numbers))

    def _axis_name(self, axis: Axis) -> str:
        match axis:
            case Axis.CONTEXT:
                return self.tr("context length")
            case Axis.BATCH:
                return self.tr("batch size")
            case Axis.PARAMETERS:
                return self.tr("parameters")

    # -- painting

    def _paint(self, painter: QPainter, view: QRectF, place: Callable[[float, float], QPointF]) -> None:
        drawn, theme, frame = self._drawn, self._theme, self._frame
        if drawn is None or frame is None:
            return
        unit = frame.numbers.unit.divisor
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if drawn.capacity is not None:
            y = place(drawn.here[0], drawn.capacity / unit).y()
            painter.fillRect(QRectF(view.topLeft(), QPointF(view.right(), y)), faint(theme.status_color(FitStatus.OOM), 0.08))
            painter.setPen(QPen(QColor(theme.text), 2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(view.left(), y), QPointF(view.right(), y))
        dashes = iter(_DASHES * 2)
        for line in sorted(drawn.lines, key=lambda line: line.current):
            points = [place(value, size / unit) for value, size in zip(line.values, line.sizes, strict=True)]
            color = QColor(theme.accent if line.current else theme.dim_text)
            painter.setPen(QPen(color, 3 if line.current else 1.5, Qt.PenStyle.SolidLine if line.current else next(dashes)))
            painter.drawPolyline(QPolygonF(points))
            painter.setFont(self._strong if line.current else self._small)
            painter.drawText(points[0] + QPointF(_PAD, -_PAD), line.label)
        if drawn.capacity is not None:
            painter.setFont(self._strong)
            width = QFontMetricsF(self._strong).horizontalAdvance(drawn.capacity_label)
            y = place(drawn.here[0], drawn.capacity / unit).y()
            self._label(painter, view, QPointF(view.right() - width - _PAD, y - _PAD), drawn.capacity_label, QColor(theme.text))
        self._paint_here(painter, view, place(drawn.here[0], drawn.here[1] / unit), drawn.here_label)
        if drawn.crossing and drawn.capacity is not None:
            self._paint_crossing(painter, view, place(drawn.crossing, drawn.capacity / unit), drawn.crossing_label)

    def _paint_here(self, painter: QPainter, view: QRectF, here: QPointF, label: str) -> None:
        painter.setPen(QPen(QColor(self._theme.dim_text), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(here.x(), here.y()), QPointF(here.x(), view.bottom()))
        painter.setPen(QPen(QColor(self._theme.window), 2))
        painter.setBrush(QColor(self._theme.accent))
        painter.drawEllipse(here, 7, 7)
        painter.setFont(self._strong)
        self._label(painter, view, here + QPointF(2 * _PAD, 3 * _PAD), label, QColor(self._theme.accent))

    def _paint_crossing(self, painter: QPainter, view: QRectF, at: QPointF, label: str) -> None:
        painter.setPen(QPen(QColor(self._theme.text), 2))
        painter.setBrush(QColor(self._theme.window))
        painter.drawEllipse(at, 5, 5)
        painter.setFont(self._strong)
        self._label(painter, view, at + QPointF(2 * _PAD, 3 * _PAD), label, QColor(self._theme.text))

    def _label(self, painter: QPainter, view: QRectF, at: QPointF, text: str, color: QColor) -> None:
        """``text`` from ``at``, or before it where it would leave the view, on a ground of its own."""
        metrics = QFontMetricsF(painter.font())
        width = metrics.horizontalAdvance(text)
        if at.x() + width > view.right():
            at = QPointF(at.x() - width - 4 * _PAD, at.y())
        at.setY(min(at.y(), view.bottom() - _PAD))
        ground = QRectF(at.x() - 2, at.y() - metrics.ascent(), width + 4, metrics.height())
        painter.fillRect(ground, faint(QColor(self._theme.window), 0.85))
        painter.setPen(color)
        painter.drawText(at, text)

    # -- what the user does

    def _on_axis(self) -> None:
        self.wants_frame.emit()

    def _on_picked(self, values: tuple[float, float]) -> None:
        low, high = RANGES[self.axis]
        if self._frame is not None:
            self.picked.emit(moved(self.axis, self._frame.scenario, min(high, max(low, round(values[0])))))

    def _on_pointed(self, values: tuple[float, float] | None) -> None:
        frame = self._frame
        if values is None or frame is None:
            self.readout.clear()
            return
        low, high = RANGES[self.axis]
        value = min(high, max(low, round(values[0])))
        amount = peak_bytes(moved(self.axis, frame.scenario, value))
        text = _value_text(self.axis, frame.numbers)(value)
        self.readout.setText(self.tr("at {value}: {amount}").format(value=text, amount=frame.numbers.bytes(amount)))


def _amount(amount: float, numbers: Numbers) -> str:
    return numbers.axis(amount, 10.0 ** math.floor(math.log10(amount))) if amount < 1 else numbers.count(round(amount))


def _value_text(axis: Axis, numbers: Numbers) -> Callable[[int], str]:
    return numbers.parameters if axis is Axis.PARAMETERS else numbers.count


def _variant_name(scenario: Scenario) -> str:
    if scenario.task is Task.TRAINING:
        return run_name(scenario.task, scenario.method)
    return format_name(scenario.weights)
