"""A number on a logarithmic slider, bound to a box that shows it exactly and takes any value typed."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from core.quantity import Kind, QuantityError, parse_quantity
from gui.widgets.caption import Caption
from gui.widgets.scale import LogScale
from gui.widgets.track import TrackSlider, mixed


class QuantityBox(QLineEdit):
    """A line edit that knows the text it should show from the text being typed, and can refuse the latter in place."""

    entered = Signal()
    """The typed text should be applied: Enter, or the focus goes on to another control."""
    typed = Signal()
    """The text was changed by hand."""
    restored = Signal()
    """Escape gave the shown text back."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._shown = ""
        self._refused = False
        self._refused_color: QColor | None = None
        self._select_on_release = False
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.textEdited.connect(self.typed)

    def show_text(self, text: str) -> None:
        """Show ``text`` in place of whatever is there, typed or refused."""
        self.setRefused(False)
        if text != self._shown or text != self.text() or self.isModified():
            self._shown = text
            self.setText(text)
            if self.hasFocus():
                self.selectAll()

    def restore(self) -> None:
        """Show the true text again."""
        self.show_text(self._shown)

    def is_being_typed(self) -> bool:
        """Whether the text is the user's and not yet applied."""
        return self.isModified() and self.text() != self._shown

    def isRefused(self) -> bool:
        """Whether the text is marked as no valid value."""
        return self._refused

    def setRefused(self, refused: bool) -> None:
        """Mark the text as no valid value, or take the mark away."""
        if refused != self._refused:
            self._refused = refused
            self.update()

    def setRefusedColor(self, color: QColor | None) -> None:
        """The colour of the outline around a refused text; the text's own without one."""
        self._refused_color = color
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape and self.is_being_typed():
                event.accept()  # restores the text before any Escape of the window
                return True
            if not self.is_being_typed() and (event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)):
                event.ignore()  # nothing typed to undo: the window's undo is meant
                return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Escape and self.is_being_typed():
            event.accept()
            self.restore()
            self.restored.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.is_being_typed():
            return  # back from another window, amid typing
        self.selectAll()
        # The press that brought the focus places the cursor next, which would undo the selection.
        self._select_on_release = event.reason() == Qt.FocusReason.MouseFocusReason

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        elsewhere = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason, Qt.FocusReason.MenuBarFocusReason)
        if event.reason() not in elsewhere:
            self.entered.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if self._select_on_release and not self.hasSelectedText():
            self.selectAll()
        self._select_on_release = False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._refused:
            pen = QPen(self._refused_color or self.palette().text().color(), 2)
        elif not self.hasFocus():
            # The style's own frame all but vanishes on a dark ground.
            pen = QPen(mixed(self.palette().window().color(), self.palette().windowText().color(), 0.5), 1)
        else:
            return
        inset = pen.widthF() / 2
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 2, 2)
        painter.end()


class QuantitySlider(QWidget):
    """Caption and box on one line, the track below; a line with the reason when what was typed is refused.

    It never changes its own value: it says what the user wants (``edited``) and shows what ``render_value`` is told.
    Enter, or going on to another control, applies a typed value; Escape gives the true one back, and so does leaving
    the box with nonsense in it.
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
        self._scale, self._kind, self._low, self._high = scale, kind, low, high
        self._to_text, self._explain = to_text, explain
        self._current: int | None = None  # what was last rendered
        self._longest_text_px = 0

        self._track = TrackSlider(scale.positions, page=scale.octave, stops=scale.stop_ticks, parent=self)
        self._box = QuantityBox(self)
        self._caption = Caption(caption, self._track, self)
        self._hint = QLabel(self)
        self._message = QLabel(self)
        self._message.setWordWrap(True)
        self._message.hide()
        self._hint.hide()
        self._hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)

        self.setObjectName(object_name)
        for part, name in (
            (self._caption, "caption"),
            (self._track, "track"),
            (self._box, "box"),
            (self._hint, "hint"),
            (self._message, "message"),
        ):
            part.setObjectName(f"{object_name}.{name}")
        self._lay_out()

        self._track.userMoved.connect(self._on_moved)
        self._track.dragStarted.connect(self.gestureStarted)
        self._track.dragFinished.connect(self.gestureFinished)
        self._box.entered.connect(self._on_entered)
        self._box.typed.connect(self._clear_message)
        self._box.restored.connect(self._clear_message)
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
        grid.addWidget(self._message, 2, 0, 1, 2)
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

    # What the window says

    def render_value(self, value: int) -> None:
        """Show ``value``: exactly in the box, at the nearest tick on the track. Emits nothing; idempotent.

        A text being typed stays, unless the value has changed meanwhile.
        """
        changed = value != self._current
        self._current = value
        self._track.show_tick(self._scale.to_tick(value))
        if changed or not self._box.is_being_typed():
            self._box.show_text(self._to_text(value))
            self._clear_message()
        if changed:
            self._fit_box()
            self._describe()

    def setHint(self, text: str) -> None:
        """A small dim text right of the box, such as a unit; empty for none."""
        if text != self._hint.text():
            self._hint.setText(text)
            self._hint.setVisible(bool(text))
            self._describe()

    def setCaption(self, caption: str) -> None:
        """The translated caption, which may carry a mnemonic."""
        self._caption.setText(caption)
        self._describe()

    def setLimit(self, value: int | None, color: QColor | None = None) -> None:
        """Hatch the track beyond ``value``, the largest that fits; all of it when that is below the scale, nothing for None."""
        self._track.setLimitTick(None if value is None else self._scale.tick_at_most(value), color)

    def setRefusedColor(self, color: QColor | None) -> None:
        """The colour around a refused text; the text's own for None."""
        self._box.setRefusedColor(color)

    # What the user does

    def _on_moved(self, tick: int) -> None:
        self._ask_for(self._scale.to_value(tick))

    def _on_entered(self) -> None:
        if not self._box.is_being_typed():
            self._box.restore()  # also drops the selection's leftovers of a text typed and taken back
            return
        try:
            value = parse_quantity(self._box.text(), self._kind, self._low, self._high)
        except QuantityError as error:
            if self._box.hasFocus():
                self._refuse(self._explain(error))
            else:
                self._box.restore()
                self._clear_message()
            return
        self._box.setModified(False)  # no longer the user's: the next render writes it as it should be
        self._clear_message()
        if value == self._current:
            self._box.restore()
        else:
            self._ask_for(value)

    def _ask_for(self, value: int) -> None:
        if value != self._current:
            self.edited.emit(value)

    # Words

    def _refuse(self, reason: str) -> None:
        self._box.setRefused(True)
        self._box.setToolTip(reason)
        self._box.setAccessibleDescription(reason)
        self._box.selectAll()
        self._message.setText(reason)
        self._message.show()

    def _clear_message(self) -> None:
        if self._message.isHidden():
            return
        self._box.setRefused(False)
        self._box.setToolTip("")
        self._message.hide()
        self._message.clear()
        self._describe()

    def _describe(self) -> None:
        """What a screen reader says: the caption as the name; value, unit and range as the description."""
        name = self._caption.plain_text()
        bounds = self.tr("From {low} to {high}.").format(low=self._to_text(self._low), high=self._to_text(self._high))
        unit = self._hint.text()
        now = "" if self._current is None else " ".join(filter(None, (self._to_text(self._current), unit))) + ". "
        self._track.setAccessibleName(name)
        self._track.setAccessibleDescription(now + bounds)
        self._box.setAccessibleName(name)
        if not self._box.isRefused():
            self._box.setAccessibleDescription(" ".join(filter(None, (unit, bounds))))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._describe()
        elif event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure_texts()
