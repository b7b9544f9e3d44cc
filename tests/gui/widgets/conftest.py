"""What several widget tests need: a hand on a track, and the proof that a widget is gone."""

import gc
import weakref
from collections.abc import Callable

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.track import TrackSlider


class Hand:
    """Presses, moves and releases the mouse on a track, and turns the wheel over it."""

    def __init__(self, track: TrackSlider) -> None:
        self.track = track

    def _send(self, kind: QEvent.Type, x: float, held: Qt.KeyboardModifier) -> None:
        at = QPointF(x, self.track.height() / 2)
        button = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else Qt.MouseButton.LeftButton
        buttons = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else Qt.MouseButton.LeftButton
        QApplication.sendEvent(self.track, QMouseEvent(kind, at, self.track.mapToGlobal(at), button, buttons, held))

    def press(self, x: float) -> None:
        self._send(QEvent.Type.MouseButtonPress, x, Qt.KeyboardModifier.NoModifier)

    def move(self, x: float, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self._send(QEvent.Type.MouseMove, x, held)

    def release(self) -> None:
        self._send(QEvent.Type.MouseButtonRelease, self.track.tick_x(self.track.value()), Qt.KeyboardModifier.NoModifier)

    def drag(self, *ticks: int) -> None:
        """From the handle over the places of ``ticks``."""
        self.press(self.track.tick_x(self.track.value()))
        for tick in ticks:
            self.move(self.track.tick_x(tick))
        self.release()

    def wheel(self, eighths: int) -> bool:
        """Turn the wheel; whether the track took it."""
        at = QPointF(self.track.rect().center())
        modifiers, buttons = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.NoButton
        phase = Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(at, self.track.mapToGlobal(at), QPoint(), QPoint(0, eighths), buttons, modifiers, phase, False)
        event.accept()
        QApplication.sendEvent(self.track, event)
        return event.isAccepted()


@pytest.fixture
def hand_on() -> Callable[[TrackSlider], Hand]:
    return Hand


@pytest.fixture
def shown(qtbot: QtBot) -> Callable[[QWidget], None]:
    """Puts a widget on the screen, in the active window, 300 px wide."""

    def show(widget: QWidget) -> None:
        qtbot.addWidget(widget)
        widget.resize(300, widget.sizeHint().height())
        with qtbot.waitActive(widget):
            widget.show()
            widget.activateWindow()

    return show


@pytest.fixture
def freed(qapp: QApplication) -> Callable[[Callable[[], QWidget]], bool]:
    """Whether the widget that ``build`` makes is gone, with its children, after ``deleteLater``."""

    def is_freed(build: Callable[[], QWidget]) -> bool:
        widget = build()
        references = [weakref.ref(part) for part in (widget, *widget.findChildren(QWidget))]
        widget.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        del widget
        gc.collect()
        return all(reference() is None for reference in references)

    return is_freed
