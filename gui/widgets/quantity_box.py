"""A box for a number: shows it exactly, takes what people type for it, and says in place why a text is none."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from core.quantity import Kind, QuantityError, parse_quantity
from gui.widgets.track import mixed


class QuantityBox(QLineEdit):
    """A line edit that shows a quantity exactly, takes any text that stands for one, and refuses all other in place.

    It never changes its own value: it says what the user wants (``edited``) and shows what ``render_value`` is told. Enter, or
    going on to another control, applies a typed value; Escape gives the true one back, and so does leaving it with nonsense in it.
    """

    edited = Signal(object)
    """The int the user asks for. (``Signal(int)`` would cut it to 32 bits.)"""

    def __init__(
        self,
        *,
        kind: Kind,
        low: int,
        high: int,
        to_text: Callable[[int], str],
        explain: Callable[[QuantityError], str],
        parent: QWidget,
    ) -> None:
        """``low`` and ``high`` bound what may be typed; ``to_text`` writes a value and ``explain`` says why a text is refused."""
        super().__init__(parent)
        self._kind, self._low, self._high = kind, low, high
        self._to_text, self._explain = to_text, explain
        self._current: int | None = None  # what was last rendered
        self.message = QLabel(parent)
        """Why the text is refused; hidden else. Whoever lays out the box lays it out as well."""
        self.message.setWordWrap(True)
        self.message.hide()
        self._description = ""
        self._shown = ""
        self._refused = False
        self._refused_color: QColor | None = None
        self._select_on_release = False
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.textEdited.connect(self._clear_message)

    # What the window says

    def render_value(self, value: int) -> None:
        """Show ``value``. Emits nothing; idempotent. A text being typed stays, unless the value has changed meanwhile."""
        changed = value != self._current
        self._current = value
        if changed or not self.is_being_typed():
            self._show_text(self._to_text(value))

    def describe(self, name: str, description: str) -> None:
        """What a screen reader says of it; a refusal comes before the description."""
        self._description = description
        self.setAccessibleName(name)
        if not self._refused:
            self.setAccessibleDescription(description)

    def is_being_typed(self) -> bool:
        """Whether the text is the user's and not yet applied."""
        return self.isModified() and self.text() != self._shown

    def isRefused(self) -> bool:
        """Whether the text is marked as no valid value."""
        return self._refused

    def setRefusedColor(self, color: QColor | None) -> None:
        """The colour of the outline around a refused text; the text's own without one."""
        self._refused_color = color
        self.update()

    def _show_text(self, text: str) -> None:
        """Show ``text`` in place of whatever is there, typed or refused."""
        self._clear_message()
        if text != self._shown or text != self.text() or self.isModified():
            self._shown = text
            self.setText(text)
            if self.hasFocus():
                self.selectAll()

    def _restore(self) -> None:
        """Show the true text again."""
        self._show_text(self._shown)

    # What the user does

    def _apply(self) -> None:
        """The typed text should be applied: Enter, or the focus goes on to another control."""
        if not self.is_being_typed():
            self._restore()  # also drops the selection's leftovers of a text typed and taken back
            return
        try:
            value = parse_quantity(self.text(), self._kind, self._low, self._high)
        except QuantityError as error:
            if self.hasFocus():
                self._refuse(self._explain(error))
            else:
                self._restore()
            return
        self.setModified(False)  # no longer the user's: the next render writes it as it should be
        self._clear_message()
        if value == self._current:
            self._restore()
        else:
            self.edited.emit(value)

    def _refuse(self, reason: str) -> None:
        self._refused = True
        self.setToolTip(reason)
        self.setAccessibleDescription(reason)
        self.selectAll()
        self.message.setText(reason)
        self.message.show()
        self.update()

    def _clear_message(self) -> None:
        if not self._refused:
            return
        self._refused = False
        self.setToolTip("")
        self.setAccessibleDescription(self._description)
        self.message.hide()
        self.message.clear()
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
            self._apply()
        elif event.key() == Qt.Key.Key_Escape and self.is_being_typed():
            event.accept()
            self._restore()
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
            self._apply()

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
