"""Tab *Map*: which contexts and batches the chosen card holds; click to go there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.memory import FitStatus, Scenario, estimate, peak_bytes
from core.memory.units import GIB
from core.sweep import RANGES, Axis, Holds, boundary, spaced
from gui.after_frame import SHOWN
from gui.frame import Frame
from gui.icons import paint_status
from gui.pages.log_plot import LogPlot, Painted, faint, powers_of_two
from gui.pages.page import Page
from gui.theme import FontSize, Theme, font
from gui.words import status_word

#: The boundary at once, then finer.
_COLUMNS = (28, 112)
_USUAL_CONTEXT, _USUAL_BATCH = (128, 131_072), (1, 256)
#: Memories that cards have, for lines of their own.
_SIZES_GIB = (8, 12, 16, 24, 32, 48, 80, 96, 141, 192, 288)
_PAD = 6.0
#: Up to here the boundary is drawn as stairs; above, they are too small to be seen.
_STAIRS = 16


@dataclass(frozen=True, slots=True)
class _Drawn:
    contexts: Sequence[int]
    surely: Sequence[int]
    """The largest batch of each context that surely fits."""
    maybe: Sequence[int]
    """The largest that may."""
    lines: tuple[tuple[str, Sequence[int], Sequence[int]], ...]
    """Label, contexts, and largest batches of other cards."""
    here: tuple[int, int]


class MapPage(Page):
    """Emits ``picked`` with the scenario there when a place is clicked or dragged to."""

    picked = Signal(object)
    gesture_started = Signal()
    gesture_finished = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._frame: Frame | None = None
        self._drawn: _Drawn | None = None
        self._reach = _USUAL_CONTEXT[1], _USUAL_BATCH[1]
        self._small, self._strong = font(FontSize.SMALL), font(bold=True)
        self.readout = QLabel(self)
        self.readout.setObjectName("map_readout")
        self.readout.setTextFormat(Qt.TextFormat.PlainText)
        self.readout.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self.plot = LogPlot(theme, self)
        self.plot.setAccessibleName(self.tr("Map of contexts and batches"))
        self._ground = Painted(self.plot, self._paint, above=True)
        self.plot.picked.connect(self._on_picked)
        self.plot.pointed.connect(self._on_pointed)
        self.plot.gestureStarted.connect(self.gesture_started)
        self.plot.gestureFinished.connect(self.gesture_finished)
        top = QHBoxLayout()
        top.addWidget(self.readout, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.plot, 1)
        self._say_what_to_do()

    def _say_what_to_do(self) -> None:
        self.readout.setText(self.tr("Click or drag to go there."))

    def show_frame(self, frame: Frame) -> None:
        self._frame = frame
        if not frame.dragging:
            self._reach = _USUAL_CONTEXT[1], _USUAL_BATCH[1]

    def follow(self, frame: Frame) -> Iterator[object]:
        scenario = frame.scenario
        most_context = max(self._reach[0], min(RANGES[Axis.CONTEXT][1], 4 * scenario.context_length))
        most_batch = max(self._reach[1], min(RANGES[Axis.BATCH][1], 4 * scenario.batch_size))
        self._reach = most_context, most_batch
        here = (scenario.context_length, scenario.batch_size)
        lines: list[tuple[str, Sequence[int], Sequence[int]]] = []
        for columns in _COLUMNS if frame.gpu is not None else ():
            contexts = spaced(RANGES[Axis.CONTEXT][0], most_context, columns)
            found: list[list[int]] = [[], []]
            for batches, holds in zip(found, self._holds(frame), strict=True):
                for batch in boundary(scenario, contexts, holds):
                    batches.append(batch)
                    yield None
            self._draw(_Drawn(contexts, found[0], found[1], tuple(lines), here), frame)
            yield SHOWN
            if not lines:
                for label, holds in self._others(frame):
                    coarse = spaced(RANGES[Axis.CONTEXT][0], most_context, _COLUMNS[0])
                    batches = []
                    for batch in boundary(scenario, coarse, holds):
                        batches.append(batch)
                        yield None
                    lines.append((label, coarse, batches))
                self._draw(_Drawn(contexts, found[0], found[1], tuple(lines), here), frame)
        if frame.gpu is None:
            self._draw(_Drawn((), (), (), (), here), frame)

    def _holds(self, frame: Frame) -> tuple[Holds, Holds]:
        """Surely, and perhaps."""

        def status(scenario: Scenario) -> FitStatus | None:
            return frame.status_of(estimate(scenario, frame.calibration))

        return lambda scenario: status(scenario) is FitStatus.FITS, lambda scenario: status(scenario) is not FitStatus.OOM

    def _others(self, frame: Frame) -> Iterator[tuple[str, Holds]]:
        """The marked cards; without any, sizes with less and with more memory than the chosen one. By what the estimate alone says."""
        assert frame.gpu is not None
        others = [gpu for gpu in frame.marked if gpu.name != frame.gpu.name]
        yield from ((gpu.name, _within(frame.room(gpu), frame)) for gpu in others)
        if others:
            return
        usable = frame.gpu.usable_bytes
        smaller = [size for size in _SIZES_GIB if size * GIB < 0.9 * usable][-1:]
        larger = [size for size in _SIZES_GIB if size * GIB > 1.25 * usable][:2]
        for size in smaller + larger:
            most = size * GIB
            yield frame.numbers.bytes(most), _within(most, frame)

    def _draw(self, drawn: _Drawn, frame: Frame) -> None:
        self._drawn = drawn
        low, high = RANGES[Axis.CONTEXT][0], self._reach[0]
        count = frame.numbers.count
        self.plot.set_axis("bottom", self.tr("context length"), low, high, powers_of_two(low, high), lambda value: count(round(value)))
        most = self._reach[1]
        self.plot.set_axis("left", self.tr("batch size"), 0.8, 1.2 * most, powers_of_two(1, most), lambda value: count(round(value)))
        self._ground.repaint_all()

    # -- painting

    def _paint(self, painter: QPainter, view: QRectF, place: Callable[[float, float], QPointF]) -> None:
        drawn, theme = self._drawn, self._theme
        if drawn is None:
            return
        if drawn.contexts:
            surely = _below(drawn.contexts, drawn.surely, view, place)
            maybe = _below(drawn.contexts, drawn.maybe, view, place)
            whole = QPainterPath()
            whole.addRect(view)
            areas = {
                FitStatus.FITS: surely,
                FitStatus.TIGHT: maybe.subtracted(surely),
                FitStatus.OOM: whole.subtracted(maybe).subtracted(surely),
            }
            for status, area in areas.items():
                color = theme.status_color(status)
                painter.fillPath(area, faint(color, 0.22 if status is not FitStatus.OOM else 0.10))
                if status is FitStatus.OOM:
                    painter.fillPath(area, QBrush(faint(color, 0.55), Qt.BrushStyle.BDiagPattern))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)  # not of the areas, whose edges are drawn over: it takes 10 ms
            for edge, style in ((drawn.surely, Qt.PenStyle.SolidLine), (drawn.maybe, Qt.PenStyle.DashLine)):
                painter.setPen(QPen(QColor(theme.text), 2, style))
                painter.drawPath(_edge(drawn.contexts, edge, view, place))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._small)
        for label, contexts, batches in drawn.lines:
            path = _edge(contexts, batches, view, place)
            painter.setPen(QPen(QColor(theme.dim_text), 1.2, Qt.PenStyle.DotLine))
            painter.drawPath(path)
            self._label_line(painter, view, path, label)
        self._paint_words(painter, view, place)
        self._paint_here(painter, place(*drawn.here))

    def _label_line(self, painter: QPainter, view: QRectF, path: QPainterPath, label: str) -> None:
        if path.isEmpty():
            return
        metrics = QFontMetricsF(self._small)
        at = path.pointAtPercent(0.5)
        ground = QRectF(at.x() - 2, at.y() - metrics.height() / 2, metrics.horizontalAdvance(label) + 4, metrics.height())
        if view.contains(ground):
            painter.fillRect(ground, faint(QColor(self._theme.window), 0.85))
            painter.setPen(QColor(self._theme.dim_text))
            painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, label)

    def _paint_words(self, painter: QPainter, view: QRectF, place: Callable[[float, float], QPointF]) -> None:
        """Fit by word and mark, where its area has room: at the lower left and the upper right."""
        drawn = self._drawn
        if drawn is None or not drawn.contexts:
            return
        painter.setFont(self._strong)
        metrics = QFontMetricsF(self._strong)
        side = metrics.height()
        lowest = place(drawn.contexts[0], max(1, drawn.surely[0])).y()
        if drawn.surely[0] and view.bottom() - lowest > 3 * side:
            self._word(painter, QPointF(view.left() + 2 * _PAD, view.bottom() - 2 * side), FitStatus.FITS, side)
        if drawn.maybe[-1] < self._reach[1] // 4:
            width = side + _PAD + metrics.horizontalAdvance(status_word(FitStatus.OOM))
            self._word(painter, QPointF(view.right() - width - 2 * _PAD, view.top() + side), FitStatus.OOM, side)

    def _word(self, painter: QPainter, at: QPointF, status: FitStatus, side: float) -> None:
        word, metrics = status_word(status), QFontMetricsF(self._strong)
        ground = QRectF(at.x() - _PAD, at.y() - 2, side + 3 * _PAD + metrics.horizontalAdvance(word), side + 4)
        painter.fillRect(ground, faint(QColor(self._theme.window), 0.85))
        color = self._theme.status_color(status)
        paint_status(painter, QRectF(at.x(), at.y(), side, side), status, color)
        painter.setPen(color)
        painter.drawText(QPointF(at.x() + side + _PAD, at.y() + metrics.ascent()), word)

    def _paint_here(self, painter: QPainter, here: QPointF) -> None:
        painter.setPen(QPen(QColor(self._theme.window), 2))
        painter.setBrush(QColor(self._theme.accent))
        painter.drawEllipse(here, 8, 8)
        painter.setBrush(QColor(self._theme.base))
        painter.drawEllipse(here, 3, 3)

    # -- what the user does

    def _values(self, values: tuple[float, float]) -> tuple[int, int]:
        (low, high), (least, most) = RANGES[Axis.CONTEXT], RANGES[Axis.BATCH]
        return min(high, max(low, round(values[0]))), min(most, max(least, round(values[1])))

    def _on_picked(self, values: tuple[float, float]) -> None:
        if self._frame is not None:
            context, batch = self._values(values)
            self.picked.emit(self._frame.scenario.evolve(context_length=context, batch_size=batch))

    def _on_pointed(self, values: tuple[float, float] | None) -> None:
        frame = self._frame
        if values is None or frame is None:
            self._say_what_to_do()
            return
        context, batch = self._values(values)
        found = estimate(frame.scenario.evolve(context_length=context, batch_size=batch), frame.calibration)
        status = frame.status_of(found)
        word = status_word(status) if status is not None else ""
        numbers = frame.numbers
        text = self.tr("{batch} × {context} tokens: {amount}").format(
            batch=numbers.count(batch), context=numbers.count(context), amount=numbers.bytes(found.total_bytes)
        )
        self.readout.setText(" · ".join(filter(None, (text, word))))


def _within(most_bytes: int, frame: Frame) -> Holds:
    return lambda scenario: peak_bytes(scenario) + frame.extra_bytes(scenario) <= most_bytes


def _edge(contexts: Sequence[int], batches: Sequence[int], view: QRectF, place: Callable[[float, float], QPointF]) -> QPainterPath:
    """The line above which nothing fits; it ends at the last context that anything fits."""
    path = QPainterPath()
    for context, batch in zip(contexts, batches, strict=True):
        if not batch:
            break
        at = place(context, batch)
        if path.elementCount() == 0:
            path.moveTo(QPointF(view.left(), at.y()))
        elif batch <= _STAIRS:  # whole numbers: the step down is where it happens
            path.lineTo(QPointF(path.currentPosition().x(), at.y()))
        path.lineTo(at)
    if path.elementCount():
        path.lineTo(QPointF(path.currentPosition().x(), view.bottom()) if 0 in batches else path.currentPosition())
    return path


def _below(contexts: Sequence[int], batches: Sequence[int], view: QRectF, place: Callable[[float, float], QPointF]) -> QPainterPath:
    """The area under that line."""
    path = _edge(contexts, batches, view, place)
    if path.elementCount():
        path.lineTo(QPointF(path.currentPosition().x(), view.bottom()))
        path.lineTo(view.bottomLeft())
        path.closeSubpath()
    return path
