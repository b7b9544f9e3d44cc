"""One state, one way round: intents come in, a validated new Scenario goes out, once per turn of the event loop."""

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, QTimer, Signal

from core.memory import Reason, Scenario, refusal
from core.memory.edge import contradiction_in

#: Steps that undo remembers.
MAX_UNDO = 200


class Store(QObject):
    """Holds the scenario. ``dispatch`` is the only way to change it.

    A gesture (one drag) is one step of undo: the state before its first change is remembered, the rest is not. A change that
    no real run allows leaves the state as it was and is announced by ``refused``.
    """

    changed = Signal(object)
    """The new Scenario, coalesced: however many changes in one turn, one signal."""
    refused = Signal(object)
    """A Reason, a ContradictionError, or a str with what was invalid."""
    history_changed = Signal()

    def __init__(self, scenario: Scenario, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._scenario = scenario
        self._undo: list[Scenario] = []
        self._redo: list[Scenario] = []
        self._in_gesture = False
        self._gesture_remembered = False
        self._flush = QTimer(self)
        self._flush.setSingleShot(True)
        self._flush.setInterval(0)
        self._flush.timeout.connect(self._emit)

    @property
    def scenario(self) -> Scenario:
        return self._scenario

    @property
    def in_gesture(self) -> bool:
        """Whether a drag is going on: axes stay still meanwhile."""
        return self._in_gesture

    @property
    def due(self) -> bool:
        """Whether ``changed`` is about to come."""
        return self._flush.isActive()

    def dispatch(self, **changes: Any) -> bool:
        """Change fields of the scenario; False, and ``refused``, when that cannot be."""
        try:
            new = self._scenario.evolve(**changes)
        except ValidationError as error:
            self.refused.emit(contradiction_in(error) or str(error.errors()[0]["msg"]))
            return False
        return self.replace(new)

    def replace(self, new: Scenario) -> bool:
        """Change the whole scenario; False, and ``refused``, when no real run is like it."""
        refused = refusal(new)
        if refused is not None:
            self.refused.emit(Reason(refused.reason))
            return False
        if new == self._scenario:
            return True
        self._remember()
        self._set(new)
        return True

    def begin_gesture(self) -> None:
        self._in_gesture = True
        self._gesture_remembered = False

    def end_gesture(self) -> None:
        """After it, ``changed`` comes once more: what waits for the end of a drag (axes, announcements) happens then."""
        if self._in_gesture:
            self._in_gesture = False
            self._flush.start()

    @property
    def can_undo(self) -> bool:
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        return bool(self._redo)

    def undo(self) -> None:
        if self._undo:
            self._gesture_remembered = False  # amid a drag: what is dragged from here on is another step
            self._redo.append(self._scenario)
            self._set(self._undo.pop())

    def redo(self) -> None:
        if self._redo:
            self._gesture_remembered = False
            self._undo.append(self._scenario)
            self._set(self._redo.pop())

    def _remember(self) -> None:
        if self._in_gesture and self._gesture_remembered:
            return
        self._gesture_remembered = self._in_gesture
        self._undo.append(self._scenario)
        del self._undo[:-MAX_UNDO]
        self._redo.clear()

    def _set(self, new: Scenario) -> None:
        self._scenario = new
        self._flush.start()
        self.history_changed.emit()

    def _emit(self) -> None:
        self.changed.emit(self._scenario)
