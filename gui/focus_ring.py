"""Where the keys go, to be seen in every theme and style: Fusion marks buttons and lists too faintly, or not at all."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from gui.lessons.outline import Outline
from gui.theme import Theme
from gui.widgets.track import TrackSlider

_BY_SHORTCUT = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier


class FocusRing(Outline):
    """A line around the part of ``body`` that got the focus by a key; by the pointer, whoever points knows."""

    def __init__(self, theme: Theme, body: QWidget) -> None:
        super().__init__(QColor(theme.text), body)
        self._around = body
        self.setObjectName("focus_ring")
        self.tabbing = False
        """Set while Tab moves the focus."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_focus)

    def _on_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        by_key = self.tabbing or bool(QGuiApplication.keyboardModifiers() & _BY_SHORTCUT)
        marks_itself = isinstance(new, TrackSlider)  # a ring around the handle
        self.show_around([new] if new is not None and by_key and not marks_itself and self._around.isAncestorOf(new) else [])
