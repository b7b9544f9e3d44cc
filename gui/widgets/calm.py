"""Manners of stock line edits inside the window: undo is the window's unless something was typed."""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit


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
