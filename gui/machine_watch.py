"""Watches the machine's cards from a thread of its own: a driver may take its time, and no frame waits for it."""

import contextlib
import threading
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from core.machine import Reading

EVERY_SECONDS = 1.0
#: Where there is no card, or its driver fails.
SELDOM_SECONDS = 15.0


class Readable(Protocol):
    """What is asked: core.machine.Machine, or another in tests."""

    def read(self) -> Reading:
        """All cards now."""
        ...


class MachineWatch(QObject):
    """Emits ``read`` with a Reading about once a second, in the thread of the window.

    A daemon of Python, not a QThread: a driver that hangs would abort a process that ends before it.
    """

    read = Signal(object)

    def __init__(self, machine: Readable, parent: QObject) -> None:
        super().__init__(parent)
        self._machine = machine
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread; one that hangs in its driver is left behind after a second."""
        self._stopped.set()
        self._thread.join(1.0)

    @property
    def is_watching(self) -> bool:
        return self._thread.is_alive()

    def _watch(self) -> None:
        while not self._stopped.is_set():
            reading = self._machine.read()
            if self._stopped.is_set():
                return
            with contextlib.suppress(RuntimeError):  # the window is gone
                self.read.emit(reading)
            self._stopped.wait(EVERY_SECONDS if reading.cards else SELDOM_SECONDS)
