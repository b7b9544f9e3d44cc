"""Work that follows a frame: done in slices, so that no click, key or frame waits for it, and dropped when the next change comes."""

from collections.abc import Iterator
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal

#: A frame at 120 Hz is 8.3 ms; more than half of it is left for the last step of a slice, and for what may come in.
SLICE_SECONDS = 0.003
#: The frame itself is painted first.
_PAINT_FIRST_MS = 10


class AfterFrame(QObject):
    """Runs one generator at a time; each ``yield`` is a place where it can be left."""

    done = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._work: Iterator[object] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._slice)

    @property
    def busy(self) -> bool:
        return self._work is not None

    def start(self, work: Iterator[object]) -> None:
        """Begin ``work``, and forget what is left of the one before."""
        self._work = work
        self._timer.start(_PAINT_FIRST_MS)

    def _slice(self) -> None:
        work, end = self._work, perf_counter() + SLICE_SECONDS
        if work is None:
            return
        for _ in work:
            if self._work is not work:  # started anew meanwhile
                return
            if perf_counter() >= end:
                self._timer.start(0)
                return
        self._work = None
        self.done.emit()
