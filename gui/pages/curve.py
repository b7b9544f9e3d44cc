"""Tab *Curve*: memory against context, batch or parameters, a line for each precision, method or pin, and where cards run out."""

import math
from collections.abc import Callable, Iterator

from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from core.memory import FitStatus, Task, peak_bytes
from core.sweep import RANGES, Axis, moved
from gui.frame import Frame
from gui.marked_cards import MarkedCards
from gui.pages.curve_lines import USUAL, Crossing, Lines, follow_lines
from gui.pages.log_plot import LogPlot, Painted, faint, powers_of_two, round_numbers
from gui.pages.page import Page
from gui.pages.placed_texts import PlacedTexts, around
from gui.quantities import Numbers
from gui.theme import FontSize, Theme, font

_DASHES = (Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_PAD = 6.0
_DOT = 5.0


class CurvePage(Page):
    """Emits ``picked`` with the scenario there when a place on the picture is clicked or dragged to."""

    picked = Signal(object)
    gesture_started = Signal()
    gesture_finished = Signal()

    def __init__(self, marked: MarkedCards, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._marked = marked
        self._frame: Frame | None = None
        self._drawn: Lines | None = None
        self._reach: dict[Axis, tuple[int, int]] = dict(USUAL)
        self.axis_box = QComboBox(self)
        self.axis_box.setObjectName("curve_axis")
        self.axis_box.setAccessibleName(self.tr("Memory against"))
        for axis in Axis:
            self.axis_box.addItem(self._axis_name(axis), axis)
        self.axis_box.currentIndexChanged.connect(self._on_axis)
        self.lines_box = QComboBox(self)
        self.lines_box.setObjectName("curve_lines")
        self.lines_box.setAccessibleName(self.tr("A line for each"))
        self.lines_box.addItems([self.tr("each precision"), self.tr("pinned scenarios")])
        self.lines_box.currentIndexChanged.connect(self._on_axis)
        self.cards_button = QToolButton(self)
        self.cards_button.setObjectName("curve_cards")
        self.cards_button.setText(self.tr("Cards"))
        self.cards_button.setToolTip(self.tr("Cards beside the chosen one: Ctrl+click marks them in the list"))
        self.cards_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.cards_button.setMenu(QMenu(self.cards_button))
        self.cards_button.menu().aboutToShow.connect(self._fill_cards)
        self.readout = QLabel(self)
        self.readout.setObjectName("curve_readout")
        self.readout.setTextFormat(Qt.TextFormat.PlainText)
        self.readout.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.plot = LogPlot(theme, self)
        self.plot.setAccessibleName(self.tr("Memory curve"))
        self._picture = Painted(self.plot, self._paint, above=True)
        self._small, self._strong = font(FontSize.SMALL), font(FontSize.SMALL, bold=True)
        self.plot.picked.connect(self._on_picked)
        self.plot.pointed.connect(self._on_pointed)
        self.plot.gestureStarted.connect(self.gesture_started)
        self.plot.gestureFinished.connect(self.gesture_finished)
        top = QHBoxLayout()
        self._head = QLabel(self.tr("Memory against"), self)
        top.addWidget(self._head)
        top.addWidget(self.axis_box)
        top.addWidget(self.lines_box)
        top.addWidget(self.cards_button)
        top.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.readout)
        layout.addWidget(self.plot, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._head.setVisible(self.width() >= 34 * self.fontMetrics().height())

    @property
    def axis(self) -> Axis:
        return Axis(self.axis_box.currentData())

    wants_frame = Signal()
    """Another axis was chosen: what is shown has to be worked out again."""

    def copy_view(self, other: "CurvePage") -> None:
        """Draw against what ``other`` does, and the same kind of lines."""
        for mine, its in ((self.axis_box, other.axis_box), (self.lines_box, other.lines_box)):
            with QSignalBlocker(mine):
                mine.setCurrentIndex(its.currentIndex())

    def show_frame(self, frame: Frame) -> None:
        self._frame = frame
        if not frame.dragging:
            self._reach = dict(USUAL)
        each = self.tr("each method") if frame.scenario.task is Task.TRAINING else self.tr("each precision")
        if each != self.lines_box.itemText(0):
            self.lines_box.setItemText(0, each)

    def follow(self, frame: Frame) -> Iterator[object]:
        axis = self.axis
        drawn = yield from follow_lines(frame, axis, self._reach[axis], pinned=self.lines_box.currentIndex() == 1)
        self._reach[axis] = drawn.reach
        self._drawn = drawn
        self._set_axes(axis, *drawn.reach, frame.numbers)
        to_text = _value_text(axis, frame.numbers)
        crossing = drawn.crossing
        self.plot.setAccessibleDescription(self._up_to(crossing, to_text) if crossing is not None else "")
        self._picture.repaint_all()

    def _up_to(self, crossing: Crossing, to_text: Callable[[int], str]) -> str:
        return self.tr("fits up to {value}").format(value=to_text(crossing.value))

    def _set_axes(self, axis: Axis, low: int, high: int, numbers: Numbers) -> None:
        drawn = self._drawn
        assert drawn is not None
        sizes = [size for line in drawn.lines for size in line.sizes]
        unit = numbers.unit.divisor
        smallest = min(sizes) / unit / 1.6
        largest = max(max(sizes), *(size for _, size in drawn.capacities), 0) / unit * 1.6
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
        texts = PlacedTexts(view, faint(QColor(theme.window), 0.85))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        levels = [place(1.0, size / unit).y() for _, size in drawn.capacities]
        self._paint_capacities(painter, view, levels)
        dashes = iter(_DASHES * 3)
        ends = []
        for line in sorted(drawn.lines, key=lambda line: line.current):
            points = [place(value, size / unit) for value, size in zip(line.values, line.sizes, strict=True)]
            color = QColor(theme.accent if line.current else theme.dim_text)
            painter.setPen(QPen(color, 3 if line.current else 1.5, Qt.PenStyle.SolidLine if line.current else next(dashes)))
            painter.drawPolyline(QPolygonF(points))
            ends.append((line, points, color))
        here = place(drawn.here[0], drawn.here[1] / unit)
        self._paint_here(painter, view, here)
        texts.keep_free(QRectF(here.x() - 8, here.y() - 8, 16, 16))
        to_text = _value_text(self.axis, frame.numbers)
        at = [(crossing, place(crossing.value, crossing.capacity_bytes / unit)) for crossing in drawn.crossings]
        at.sort(key=lambda each: not each[0].current)
        for crossing, dot in at:
            self._paint_dot(painter, dot, strong=crossing.current)
            texts.keep_free(QRectF(dot.x() - _DOT, dot.y() - _DOT, 2 * _DOT, 2 * _DOT))
        for crossing, dot in at[:1]:  # what matters is written before what may be left out
            if crossing.current:
                texts.write(painter, self._up_to(crossing, to_text), self._strong, QColor(theme.text), around(dot, _PAD))
        texts.write(painter, frame.numbers.bytes(drawn.here[1]), self._strong, QColor(theme.accent), around(here, 1.5 * _PAD))
        self._paint_names(painter, view, levels, texts, frame.numbers)
        for line, points, color in reversed(ends):
            corners = [(point + QPointF(2, -3), False, True) for point in points[: len(points) // 2 : 6]]
            texts.write(painter, line.label, self._strong if line.current else self._small, color, corners)
        for crossing, dot in at:
            if not crossing.current:
                texts.write(painter, to_text(crossing.value), self._small, QColor(theme.dim_text), around(dot, _DOT))

    def _paint_capacities(self, painter: QPainter, view: QRectF, levels: list[float]) -> None:
        """A line for each card; above that of the chosen one, which is the first, nothing fits."""
        chosen = self._frame is not None and self._frame.gpu is not None
        for number, y in enumerate(levels):
            if chosen and number == 0:
                ground = faint(self._theme.status_color(FitStatus.OOM), 0.08)
                painter.fillRect(QRectF(view.topLeft(), QPointF(view.right(), y)), ground)
                painter.setPen(QPen(QColor(self._theme.text), 2, Qt.PenStyle.DashLine))
            else:
                painter.setPen(QPen(QColor(self._theme.dim_text), 1.2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(view.left(), y), QPointF(view.right(), y))

    def _paint_names(self, painter: QPainter, view: QRectF, levels: list[float], texts: PlacedTexts, numbers: Numbers) -> None:
        """Whose memory a line is: at its end, or wherever on it there is room."""
        assert self._drawn is not None
        for number, ((name, usable_bytes), y) in enumerate(zip(self._drawn.capacities, levels, strict=True)):
            label = self.tr("{gpu}: {usable} usable").format(gpu=name, usable=numbers.bytes(usable_bytes))
            ends = [view.right() - share * view.width() for share in (0.005, 0.3, 0.6)]
            corners = [(QPointF(x, y + (-2 if above else 2)), True, above) for x in ends for above in (True, False)]
            corners += [(QPointF(view.left() + 2, y + (-2 if above else 2)), False, above) for above in (True, False)]
            color = QColor(self._theme.dim_text if number else self._theme.text)
            for text in (label, name):
                if texts.write(painter, text, self._small if number else self._strong, color, corners):
                    break

    def _paint_here(self, painter: QPainter, view: QRectF, here: QPointF) -> None:
        painter.setPen(QPen(QColor(self._theme.dim_text), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(here.x(), here.y()), QPointF(here.x(), view.bottom()))
        painter.setPen(QPen(QColor(self._theme.window), 2))
        painter.setBrush(QColor(self._theme.accent))
        painter.drawEllipse(here, 7, 7)

    def _paint_dot(self, painter: QPainter, at: QPointF, *, strong: bool) -> None:
        painter.setPen(QPen(QColor(self._theme.text if strong else self._theme.dim_text), 2 if strong else 1.5))
        painter.setBrush(QColor(self._theme.window))
        radius = _DOT if strong else 0.7 * _DOT
        painter.drawEllipse(at, radius, radius)

    # -- what the user does

    def _fill_cards(self) -> None:
        menu = self.cards_button.menu()
        menu.clear()
        for name in self._marked.names:
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(True)
            action.triggered.connect(lambda _checked=False, name=name: self._marked.toggle(name))
        if not self._marked.names:
            menu.addAction(self.tr("Ctrl+click cards in the list to have them here")).setEnabled(False)

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
        amount = peak_bytes(moved(self.axis, frame.scenario, value)) + frame.extra_bytes(frame.scenario)
        text = _value_text(self.axis, frame.numbers)(value)
        self.readout.setText(self.tr("at {value}: {amount}").format(value=text, amount=frame.numbers.bytes(amount)))


def _amount(amount: float, numbers: Numbers) -> str:
    return numbers.axis(amount, 10.0 ** math.floor(math.log10(amount))) if amount < 1 else numbers.count(round(amount))


def _value_text(axis: Axis, numbers: Numbers) -> Callable[[int], str]:
    return numbers.parameters if axis is Axis.PARAMETERS else numbers.count
