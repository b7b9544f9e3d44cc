"""The models that stand first in the list: favourites, then those used last."""

from PySide6.QtCore import QObject, Signal

from gui.session import Preferences

MAX_RECENT = 6


class ModelShelf(QObject):
    """Kept in the preferences, by short name."""

    changed = Signal()

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences

    def first(self) -> list[str]:
        """Favourites, then recent ones, each once."""
        return list(dict.fromkeys([*self._preferences.favourite_models, *self._preferences.recent_models]))

    def is_favourite(self, name: str) -> bool:
        return name in self._preferences.favourite_models

    def set_favourite(self, name: str, favourite: bool) -> None:
        names = [other for other in self._preferences.favourite_models if other != name]
        self._preferences.favourite_models = [name, *names] if favourite else names
        self.changed.emit()

    def use(self, name: str) -> None:
        """``name`` was picked."""
        names = [other for other in self._preferences.recent_models if other != name]
        self._preferences.recent_models = [name, *names][:MAX_RECENT]
        self.changed.emit()
