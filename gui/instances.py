"""Several windows at once, each a process of its own: each keeps its scenario in a file of its own, so that none overwrites another's."""

from pathlib import Path

from PySide6.QtCore import QLockFile

_AT_ONCE = 20


class Place:
    """The file of one window's scenario, and the lock that says it is in use. The lock goes with the object, or with the process."""

    def __init__(self, path: Path, lock: QLockFile | None) -> None:
        self.path = path
        self._lock = lock

    def give_back(self) -> None:
        if self._lock is not None:
            self._lock.unlock()


def claim_place(first: Path) -> Place:
    """``first`` (last.fitroom.json) for the first window, last-2.fitroom.json for a second one, and so on. Where nothing can be locked,
    such as in a folder that is read-only, ``first`` itself: nothing can be written there either.
    """
    try:
        first.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Place(first, None)
    stem, dot, rest = first.name.partition(".")
    for number in range(1, _AT_ONCE + 1):
        path = first if number == 1 else first.with_name(f"{stem}-{number}{dot}{rest}")
        lock = QLockFile(str(path.with_name(f".{path.name}.lock")))
        lock.setStaleLockTime(0)  # stale only when its process is gone
        if lock.tryLock(0):
            return Place(path, lock)
        if lock.error() is not QLockFile.LockError.LockFailedError:
            return Place(first, None)
    return Place(first, None)
