"""Watches the machine's cards from a thread of its own: a driver may take its time, and no frame waits for it."""

from typing import Protocol

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from core.machine import Reading

EVERY_MS = 1000
#: Where there is no card, or its driver fails.
SELDOM_MS = 15_000


class Readable(Protocol):
    """What is asked: core.machine.Machine, or another in tests."""

    def read(self) -> Reading:
        """All cards now."""
        ...


class _Worker(QObject):
    read = Signal(object)

    def __init__(self, machine: Readable) -> None:
        super().__init__()
        self._machine = machine
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.ask)

    @Slot()
    def ask(self) -> None:
        reading = self._machine.read()
        self.read.emit(reading)
        self._timer.start(EVERY_MS if reading.cards else SELDOM_MS)


class MachineWatch(QObject):
    """Emits ``read`` with a Reading about once a second, in the thread of the window."""

    read = Signal(object)
    _started = Signal()

    def __init__(self, machine: Readable, parent: QObject) -> None:
        super().__init__(parent)
        self._thread = QThread(self)
        self._worker = _Worker(machine)
        self._worker.moveToThread(self._thread)
        self._worker.read.connect(self.read)
        self._started.connect(self._worker.ask)
        self._thread.finished.connect(self._worker.deleteLater)

    def start(self) -> None:
        self._thread.start()
        self._started.emit()

    def stop(self) -> None:
        """End the thread. A driver that hangs is left behind after two seconds: the process ends all the same."""
        if self._thread.isRunning():
            self._thread.quit()
            if not self._thread.wait(2000):
                self._thread.setParent(None)
