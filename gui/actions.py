"""What the window can do by button and key."""

from collections.abc import Callable, Mapping

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

Keys = QKeySequence.StandardKey | str


class Actions:
    """Made once, named anew in each language."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._made: dict[str, QAction] = {}

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    def add(self, name: str, slot: Callable[..., object], *shortcuts: Keys) -> None:
        action = QAction(self._window)
        action.setObjectName(name)
        action.triggered.connect(slot)
        action.setShortcuts([QKeySequence(shortcut) for shortcut in shortcuts])
        self._window.addAction(action)
        self._made[name] = action

    def name(self, texts: Mapping[str, tuple[str, str]]) -> None:
        """Give actions their text and tip, with the first of their keys."""
        for name, (text, tip) in texts.items():
            action = self._made[name]
            action.setText(text)
            action.setIconText(text)
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{tip} ({keys})" if keys else tip)
