"""Manners of stock editors inside the window: the wheel scrolls the panel, and undo is the window's unless something was typed."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QSpinBox, QWidget


class WindowUndo(QObject):
    """An event filter for a line edit: with nothing typed to take back, Ctrl+Z goes on to the window."""

    def __init__(self, edit: QLineEdit) -> None:
        super().__init__(edit)
        self._edit = edit
        edit.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undo, redo = event.matches(QKeySequence.StandardKey.Undo), event.matches(QKeySequence.StandardKey.Redo)
            if (undo and not self._edit.isUndoAvailable()) or (redo and not self._edit.isRedoAvailable()):
                event.ignore()
                return True
        return False


class CalmSpinBox(QSpinBox):
    """A spin box that the wheel turns only when it has the focus."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        WindowUndo(self.lineEdit())

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
