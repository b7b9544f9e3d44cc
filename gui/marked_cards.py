"""Cards that are marked in the list, to be lines on the curve and the map beside the chosen one. Kept in the preferences."""

from PySide6.QtCore import QObject, Signal

from gui.session import Preferences

#: More lines than that say nothing any more.
MAX_MARKED = 4


class MarkedCards(QObject):
    """Names, in the order they were marked in."""

    changed = Signal()

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._names = tuple(preferences.marked_cards[:MAX_MARKED])

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    def toggle(self, name: str) -> None:
        """Mark ``name``, or no longer; beyond the fourth the one marked first goes."""
        names = [other for other in self._names if other != name]
        if name not in self._names:
            names = [*names, name][-MAX_MARKED:]
        self._names = tuple(names)
        self._preferences.marked_cards = names
        self.changed.emit()
