"""The verdict: one sentence that can be read from four metres, its cause, and what the card would hold at most."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from core.memory import Fit, FitStatus, Scenario
from gui.advice import Advice
from gui.icons import status_pixmap
from gui.limits import Limits
from gui.quantities import Numbers
from gui.theme import FontSize, Theme, font
from gui.widgets.spoken import say
from gui.words import fit_cause, runtime_name, status_word

#: Its height in lines of text: where there is room for a sentence and a note on a line each, where they take two, and for an audience.
_LINES, _LINES_NARROW, _LINES_LESS = 6.2, 8.7, 5.45
_WIDE = 80


class Verdict(QWidget):
    """Word, icon and figures; announces itself through its accessible description."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("verdict")
        self.setAccessibleName(self.tr("Verdict"))
        self._theme = theme
        self._status: FitStatus | None = None
        self._full = True
        self._announced: FitStatus | None = None
        self._side = round(2.4 * self.fontMetrics().height())

        self.icon = QLabel(self)
        self.icon.setFixedSize(QSize(self._side, self._side))
        self.sentence = QLabel(self)
        self.sentence.setObjectName("verdict_sentence")
        self.sentence.setFont(font(FontSize.TITLE, bold=True))
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setWordWrap(True)
        self.note = QLabel(self)
        self.note.setObjectName("verdict_limits")
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setForegroundRole(self.note.palette().ColorRole.PlaceholderText)
        self.advice = Advice(self)
        self.message = QLabel(self)
        self.message.setObjectName("message")
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setFont(font(bold=True))
        self.message.hide()

        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.message)
        words.addWidget(self.sentence)
        words.addWidget(self.note)
        words.addWidget(self.advice)
        words.addStretch(1)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(12)
        row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._lines = 0.0
        self._keep_height(_LINES)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _WIDE * self.fontMetrics().height()
        self._keep_height((_LINES if wide else _LINES_NARROW) if self._full else _LINES_LESS)

    def _keep_height(self, lines: float) -> None:
        """Whatever it says: nothing jumps as long as the window keeps its size."""
        if lines != self._lines:
            self._lines = lines
            self.setFixedHeight(round(lines * self.fontMetrics().height()))

    def show_less(self) -> None:
        """As much as an audience needs."""
        self._full = False
        self.note.hide()
        self._row.setContentsMargins(12, 5, 12, 3)
        self._keep_height(_LINES_LESS)

    def render_fit(self, fit: Fit | None, gpu_name: str, numbers: Numbers, upper_bytes: int | None = None) -> None:
        """Say whether it fits ``gpu_name``; ``fit`` None when no card is chosen. ``upper_bytes``: what a real run may need at most."""
        if fit is None:
            self._show_status(None)
            ask = self.tr("Pick a GPU to see whether it fits.")
            gone = self.tr("{gpu} is not in the list now.").format(gpu=gpu_name) if gpu_name else ""
            self._show_sentence(" ".join(filter(None, (gone, ask))))
            return
        self._show_status(fit.status)
        room, share = numbers.bytes(abs(fit.headroom_bytes)), numbers.share(abs(fit.headroom_fraction))
        upper = "" if upper_bytes is None else numbers.bytes(upper_bytes)
        match fit.status:
            case FitStatus.FITS:
                text = self.tr("Fits on {gpu} with {room} to spare ({share}).")
            case FitStatus.TIGHT if upper_bytes is None:
                text = self.tr("Tight on {gpu}: only {room} to spare ({share}); a real run may need that.")
            case FitStatus.TIGHT if fit.headroom_bytes < 0:
                text = self.tr("May not fit on {gpu}: {room} short by the estimate, but runs like this differ by more.")
            case FitStatus.TIGHT:
                text = self.tr("Tight on {gpu}: {room} to spare ({share}), but a run like this may need up to {upper}.")
            case FitStatus.OOM:
                text = self.tr("Out of memory on {gpu} by {room}: {cause}")
        self._show_sentence(text.format(gpu=gpu_name, room=room, share=share, cause=fit_cause(fit.cause), upper=upper))

    def announce(self, fit: Fit | None) -> None:
        """Tell screen readers when it has turned; not at every tick of a drag."""
        if fit is not None and fit.status is not self._announced:
            self._announced = fit.status
            say(self, self.sentence.text())

    def render_limits(self, limits: Limits | None, scenario: Scenario, numbers: Numbers) -> None:
        """What the card would hold; None while it is being worked out (the old text stays, dimmed as it is)."""
        if limits is None:
            self.note.setText("")
            return
        none = "—"
        text = self.tr(
            "At most on {gpu}, all else equal: batch {batch} · context {context} · {parameters} parameters · "
            "widest weights {widest} (the article’s ladder for a 7B: {ladder})"
        ).format(
            gpu=scenario.gpu,
            batch=numbers.count(limits.batch_size) if limits.batch_size else none,
            context=numbers.count(limits.context_length) if limits.context_length else none,
            parameters=numbers.parameters(limits.parameters) if limits.parameters else none,
            widest=limits.widest_format.value if limits.widest_format is not None else none,
            ladder=limits.ladder_format.value,
        )
        if limits.pool_bytes is not None:
            pool = self.tr("{runtime}’s pool there: {pool}, %Ln sequence(s) of {context} tokens at once. {limits}", "", limits.concurrency)
            size = numbers.bytes(limits.pool_bytes)
            if scenario.parallel.world_size > 1:
                size = self.tr("{pool} on each").format(pool=size)
            text = pool.format(
                runtime=runtime_name(scenario.runtime),
                pool=size,
                context=numbers.count(scenario.context_length),
                limits=text,
            )
        self.note.setText(text)

    def show_message(self, text: str) -> None:
        """A refusal or a notice, above the verdict; empty takes it away."""
        if text != self.message.text():
            self.message.setText(text)
            self.message.setVisible(bool(text))
            self.note.setVisible(self._full and not text)

    def _show_status(self, status: FitStatus | None) -> None:
        if status is self._status:
            return
        self._status = status
        if status is None:
            self.icon.clear()
            self.sentence.setPalette(self.palette())
            return
        self.icon.setPixmap(status_pixmap(status, self._theme, self._side, self.devicePixelRatioF()))
        self.icon.setAccessibleName(status_word(status))
        palette = self.sentence.palette()
        palette.setColor(palette.ColorRole.WindowText, self._theme.status_color(status))
        self.sentence.setPalette(palette)

    def _show_sentence(self, text: str) -> None:
        if text != self.sentence.text():
            self.sentence.setText(text)
            self.setAccessibleDescription(text)
