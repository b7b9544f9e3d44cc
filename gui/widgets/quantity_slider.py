"""A number on a logarithmic slider, bound to a box that shows it exactly and takes any value typed."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from core.quantity import Kind, QuantityError
from gui.widgets.caption import Caption
from gui.widgets.note import note_label
from gui.widgets.quantity_box import QuantityBox
from gui.widgets.scale import LogScale
from gui.widgets.spoken import say
from gui.widgets.track import TrackSlider


class QuantitySlider(QWidget):
    """Caption and box on one line, the track below; a line with the reason when what was typed is refused.

    It never changes its own value: it says what the user wants (``edited``) and shows what ``render_value`` is told.
    """

    edited = Signal(object)
    """The int the user asks for. (``Signal(int)`` would cut it to 32 bits.)"""
    gestureStarted = Signal()
    """A drag begins: what follows up to ``gestureFinished`` is one change."""
    gestureFinished = Signal()
    resetRequested = Signal()

    def __init__(
        self,
        *,
        object_name: str,
        caption: str,
        scale: LogScale,
        kind: Kind,
        low: int,
        high: int,
        to_text: Callable[[int], str],
        explain: Callable[[QuantityError], str],
        parent: QWidget | None = None,
    ) -> None:
        """``caption`` is translated and may carry a mnemonic; ``to_text`` writes a value and ``explain`` says why a text is refused.

        ``low`` and ``high`` bound what may be typed, in the unit of ``scale``.
        """
        super().__init__(parent)
        self._scale, self._low, self._high, self._to_text = scale, low, high, to_text
        self._current: int | None = None  # what was last rendered
        self._longest_text_px = 0

        self._track = TrackSlider(scale.positions, page=scale.octave, stops=scale.stop_ticks, parent=self)
        self._box = QuantityBox(kind=kind, low=low, high=high, to_text=to_text, explain=explain, parent=self)
        self._caption = Caption(caption, self._track, self)
        self._hint = QLabel(self)
        self._hint.hide()
        self._hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)

        self.setObjectName(object_name)
        self._note = note_label(self)
        for part, name in (
            (self._caption, "caption"),
            (self._track, "track"),
            (self._box, "box"),
            (self._hint, "hint"),
            (self._note, "note"),
            (self._box.message, "message"),
        ):
            part.setObjectName(f"{object_name}.{name}")
        self._limit_words = ""
        self._lay_out()

        self._track.userMoved.connect(self._on_moved)
        self._track.dragStarted.connect(self.gestureStarted)
        self._track.dragFinished.connect(self.gestureFinished)
        self._box.edited.connect(self.edited)
        self._caption.resetRequested.connect(self.resetRequested)
        self._describe()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        grid.addWidget(self._caption, 0, 0)
        end = QHBoxLayout()
        end.setSpacing(6)
        end.addWidget(self._box)
        end.addWidget(self._hint)
        grid.addLayout(end, 0, 1)
        grid.addWidget(self._track, 1, 0, 1, 2)
        grid.addWidget(self._note, 2, 0, 1, 2)
        grid.addWidget(self._box.message, 3, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        self.setMinimumWidth(220)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setFocusProxy(self._track)
        self.setTabOrder(self._track, self._box)
        self._measure_texts()

    def _measure_texts(self) -> None:
        metrics = self._box.fontMetrics()
        texts = {self._to_text(value) for value in self._scale.values}
        self._longest_text_px = max(map(metrics.horizontalAdvance, texts))
        self._fit_box()

    def _fit_box(self) -> None:
        """As wide as the longest text of any tick, so that it keeps still in a drag; wider only for a longer exact value."""
        metrics = self._box.fontMetrics()
        shown = "" if self._current is None else self._to_text(self._current)
        text_px = max(self._longest_text_px, metrics.horizontalAdvance(shown))
        self._box.setFixedWidth(text_px + 2 * metrics.averageCharWidth() + 10)

    @property
    def stops(self) -> tuple[QWidget, QWidget]:
        """Where Tab stops, in order."""
        return self._track, self._box

    # What the window says

    def render_value(self, value: int) -> None:
        """Show ``value``: exactly in the box, at the nearest tick on the track. Emits nothing; idempotent.

        A text being typed stays, unless the value has changed meanwhile.
        """
        changed = value != self._current
        self._current = value
        self._track.show_tick(self._scale.to_tick(value))
        self._box.render_value(value)
        if changed:
            self._fit_box()
            self._describe()
            if self._track.hasFocus() and not self._track.isSliderDown():
                say(self._track, self._to_text(value))  # the tick that it stands on says nothing; in a drag it would be too much

    def setHint(self, text: str) -> None:
        """A small dim text right of the box, such as a unit; empty for none."""
        if text != self._hint.text():
            self._hint.setText(text)
            self._hint.setVisible(bool(text))
            self._describe()

    def setCaption(self, caption: str) -> None:
        """The translated caption, which may carry a mnemonic."""
        if caption != self._caption.text():
            self._caption.setText(caption)
            self._describe()

    def setLimit(self, value: int | None, color: QColor | None = None, words: str = "") -> None:
        """Hatch the track beyond ``value``, the largest that fits; all of it when that is below the scale, nothing for None. ``words``
        say the same, for the pointer and for screen readers.
        """
        self._track.setLimitTick(None if value is None else self._scale.tick_at_most(value), color)
        if words != self._limit_words:
            self._limit_words = words
            self._track.setToolTip(words)
            self._describe()

    def showLess(self) -> None:
        """A large handle, and no note."""
        self._track.setHandleScale(1.2)
        self._note.hide()

    def setNote(self, text: str) -> None:
        """A small dim line under the track."""
        if text != self._note.text():
            self._note.setText(text)

    def setRefusedColor(self, color: QColor | None) -> None:
        """The colour around a refused text; the text's own for None."""
        self._box.setRefusedColor(color)

    # What the user does

    def _on_moved(self, tick: int) -> None:
        value = self._scale.to_value(tick)
        if value != self._current:
            self.edited.emit(value)

    # Words

    def _describe(self) -> None:
        """What a screen reader says: the caption as the name; value, unit and range as the description."""
        name = self._caption.plain_text()
        bounds = self.tr("From {low} to {high}.").format(low=self._to_text(self._low), high=self._to_text(self._high))
        unit = self._hint.text()
        now = "" if self._current is None else " ".join(filter(None, (self._to_text(self._current), unit))) + ". "
        self._track.setAccessibleName(name)
        self._track.setAccessibleDescription(" ".join(filter(None, (now + bounds, self._limit_words))))
        self._box.describe(name, " ".join(filter(None, (unit, bounds))))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._describe()
        elif event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure_texts()
