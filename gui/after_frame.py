"""Work that follows a frame: done in slices, so that no click, key or frame waits for it, and dropped when the next change comes.

Amid a drag the next change comes before most work is done. There, what has begun is brought to where it shows something whole, and the
latest change comes after it: what is shown lags by one such piece of work instead of standing still.
"""

from collections.abc import Callable, Iterator
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal

#: A frame at 120 Hz is 8.3 ms; more than half of it is left for the last step of a slice, and for what may come in.
SLICE_SECONDS = 0.003
#: The frame itself is painted first.
_PAINT_FIRST_MS = 10
#: And so is each that comes meanwhile: a timer that is due now would fire before the picture is painted.
_PAINT_NEXT_MS = 1
#: What work yields once all that it is about is shown, and the rest only refines it.
SHOWN = object()


class AfterFrame(QObject):
    """Runs one generator at a time; each ``yield`` is a place where it can be left. Where ``frame_due`` says that a frame is about to be
    rendered, that goes first.
    """

    done = Signal()

    def __init__(self, parent: QObject, frame_due: Callable[[], bool] = lambda: False) -> None:
        super().__init__(parent)
        self._frame_due = frame_due
        self._work: Iterator[object] | None = None
        self._next: Iterator[object] | None = None
        self._shown = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._slice)

    @property
    def busy(self) -> bool:
        return self._work is not None

    @property
    def shown(self) -> bool:
        """Whether all that the work is about is shown; the rest refines it."""
        return self._shown

    def start(self, work: Iterator[object], *, in_turn: bool = False) -> None:
        """Begin ``work``, and forget what is left of the one before; ``in_turn``, as soon as that one has shown something whole."""
        if in_turn and self._work is not None and not self._shown:
            self._next = work
            self._timer.start(_PAINT_NEXT_MS)
        else:
            self._begin(work, _PAINT_FIRST_MS)

    def drop(self) -> None:
        """Forget what is left: what it would be shown on is gone."""
        self._work = self._next = None
        self._timer.stop()

    def _begin(self, work: Iterator[object], after_ms: int) -> None:
        self._work, self._next, self._shown = work, None, False
        self._timer.start(after_ms)

    def _slice(self) -> None:
        work, end = self._work, perf_counter() + SLICE_SECONDS
        if work is None:
            return
        if self._frame_due():
            self._timer.start(0)
            return
        for step in work:
            if self._work is not work:  # started anew meanwhile
                return
            self._shown = self._shown or step is SHOWN
            if self._shown and self._next is not None:
                break
            if perf_counter() >= end:
                self._timer.start(0)
                return
        if self._next is not None:
            self._begin(self._next, 0)
            return
        self._work = None
        self.done.emit()
