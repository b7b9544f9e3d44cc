"""Tab *Evidence*: predicted against measured, run by run; and the log of one's own run beside the estimate."""

from collections.abc import Callable, Iterator
from math import hypot, log2
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.memory.calibration import kind_of_run
from core.run_log import Said
from gui import assets
from gui.after_frame import SHOWN
from gui.frame import Frame
from gui.own_cards import OwnCards
from gui.pages.log_panel import LogPanel
from gui.pages.log_plot import LogPlot, Painted, faint, round_numbers
from gui.pages.page import Page
from gui.theme import Theme

if TYPE_CHECKING:
    from core.evidence.score import Row

#: Runs whose total was published; the others were tracked tensor by tensor, and lie on the line.
_FILES = ("inference.jsonl", "training.jsonl")
#: The pointer names the run that is so near.
_NEAR_PX = 12.0
_LEAST_GB, _MOST_GB = 0.25, 256.0


class EvidencePage(Page):
    """A table of the log, where there is one; below the published runs, those of the scenario's kind in colour."""

    def __init__(self, cards: OwnCards, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._frame: Frame | None = None
        self._runs: list[Row] = []
        self._unread: Iterator[Row] | None = None
        self._pointed: Row | None = None

        self.log = LogPanel(cards, self)
        self.readout = QLabel(self)
        self.readout.setObjectName("evidence_readout")
        self.readout.setTextFormat(Qt.TextFormat.PlainText)
        self.readout.setWordWrap(True)
        self.plot = LogPlot(theme, self)
        self.plot.setAccessibleName(self.tr("Predicted against measured"))
        self._picture = Painted(self.plot, self._paint, above=True)
        self.plot.pointed.connect(self._on_pointed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addWidget(self.log)
        layout.addWidget(self.readout)
        layout.addWidget(self.plot, 1)

    def show_log(self, said: tuple[Said, ...]) -> None:
        """Lay what a log says beside the estimate; nothing for none."""
        self.log.show_log(said)

    def copy_state(self, other: "EvidencePage") -> None:
        """The log and the runs that ``other`` has read already."""
        self._runs, self._unread = other._runs, other._unread
        self.show_log(other.log.said)

    def show_frame(self, frame: Frame) -> None:
        self._frame = frame
        self.log.show_frame(frame)

    def follow(self, frame: Frame) -> Iterator[object]:
        if self._unread is None:
            from core.evidence.score import score_each  # not at the start of a window that may never show it

            self._unread = score_each([assets.EVIDENCE / name for name in _FILES])
        read = 0
        while (row := self._next()) is not None:
            if row.supported and row.run is not None:
                self._runs.append(row)
            read += 1
            if read % 100 == 0:
                self._draw(frame)
            yield SHOWN  # of the scenario, which only marks some of the runs
        self._draw(frame)

    def _next(self) -> "Row | None":
        """The next run; None after the last, and where the measurements are not there: a picture without them is no error."""
        from core.evidence import EvidenceFileError

        try:
            return next(self._unread, None) if self._unread is not None else None
        except EvidenceFileError:
            return None

    def _draw(self, frame: Frame) -> None:
        unit = frame.numbers.unit.value
        ticks = round_numbers(_LEAST_GB, _MOST_GB)
        numbers = frame.numbers

        def text(amount: float) -> str:
            return numbers.count(round(amount)) if amount >= 1 else numbers.axis(amount, 0.1)

        self.plot.set_axis("bottom", self.tr("measured, {unit}").format(unit=unit), _LEAST_GB, _MOST_GB, ticks, text)
        self.plot.set_axis("left", self.tr("predicted, {unit}").format(unit=unit), _LEAST_GB, _MOST_GB, ticks, text)
        self._render_readout()
        self._picture.repaint_all()

    # -- the picture

    def _paint(self, painter: QPainter, _view: QRectF, place: Callable[[float, float], QPointF]) -> None:
        frame = self._frame
        if frame is None:
            return
        theme, unit = self._theme, frame.numbers.unit.divisor
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.text), 1.5))
        painter.drawLine(place(_LEAST_GB, _LEAST_GB), place(_MOST_GB, _MOST_GB))
        band = frame.calibration.band(frame.scenario) if frame.calibration is not None else None
        if band is not None:  # measured over predicted
            painter.setPen(QPen(QColor(theme.dim_text), 1.2, Qt.PenStyle.DashLine))
            for factor in (band.low, band.high):
                painter.drawLine(place(_LEAST_GB * factor, _LEAST_GB), place(_MOST_GB * factor, _MOST_GB))
        kind = kind_of_run(frame.scenario)
        for of_kind in (False, True):
            painter.setPen(QPen(QColor(theme.window), 1))
            painter.setBrush(QColor(theme.accent) if of_kind else faint(QColor(theme.dim_text), 0.45))
            for run in self._runs:
                if (run.run == kind) is of_kind:
                    size = 4.0 if of_kind else 2.5
                    painter.drawEllipse(self._at(run, unit, place), size, size)
        if self._pointed is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.text), 2))
            painter.drawEllipse(self._at(self._pointed, unit, place), 7, 7)

    def _at(self, run: "Row", unit: int, place: Callable[[float, float], QPointF]) -> QPointF:
        return place(max(run.measured_bytes or 1, 1) / unit, max(run.predicted_bytes or 1, 1) / unit)

    def _on_pointed(self, values: tuple[float, float] | None) -> None:
        frame = self._frame
        nearest = None
        if values is not None and frame is not None and self._runs:
            unit, octave = frame.numbers.unit.divisor, self.plot.octave_px()
            far = [(self._away(run, values, unit, octave), number) for number, run in enumerate(self._runs)]
            distance, number = min(far)
            nearest = self._runs[number] if distance <= _NEAR_PX else None
        if nearest is not self._pointed:
            self._pointed = nearest
            self._render_readout()
            self._picture.repaint_all()

    def _away(self, run: "Row", values: tuple[float, float], unit: int, octave_px: tuple[float, float]) -> float:
        x = log2(max(run.measured_bytes or 1, 1) / unit) - log2(values[0])
        y = log2(max(run.predicted_bytes or 1, 1) / unit) - log2(values[1])
        return hypot(x * octave_px[0], y * octave_px[1])

    def _render_readout(self) -> None:
        frame, run = self._frame, self._pointed
        if frame is None:
            return
        numbers = frame.numbers
        if run is not None:
            text = self.tr("{run}: predicted {predicted}, measured {measured} ({error} %)")
            self.readout.setText(
                text.format(
                    run=run.id,
                    predicted=numbers.bytes(run.predicted_bytes or 0),
                    measured=numbers.bytes(run.measured_bytes or 0),
                    error=f"{run.error_pct or 0:+.1f}".replace("-", "\u2212"),
                )
            )
            return
        kind = kind_of_run(frame.scenario)
        alike = sum(run.run == kind for run in self._runs)
        text = self.tr("{alike} published runs like this one, {all} in all. Dashed: nine of ten lie between. Point at a run to name it.")
        self.readout.setText(text.format(alike=alike, all=len(self._runs)))
