"""Cards that the user has entered, or whose usable memory the user knows better, and what else is the user's own about cards: marks,
prices, and the overheads of this machine. Kept in the preferences.
"""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import TypeAdapter, ValidationError
from PySide6.QtCore import QObject, Signal

from core.memory import Gpu
from gui.marked_cards import MarkedCards
from gui.own_overheads import OwnOverheads
from gui.prices import Prices
from gui.session import Preferences

MAX_CARDS = 50
_CARDS = TypeAdapter(tuple[Gpu, ...])
SOURCE = "user"


class OwnCards(QObject):
    """The catalogue's cards with the user's own: one of the same name takes the place of the catalogue's."""

    changed = Signal()

    def __init__(self, catalogue: Sequence[Gpu], preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._catalogue = tuple(catalogue)
        self._preferences = preferences
        self.marked = MarkedCards(preferences, self)
        self.prices = Prices(preferences, self)
        self.overheads = OwnOverheads(preferences, self)
        try:
            self._own = _CARDS.validate_json(preferences.own_cards or "[]")[:MAX_CARDS]
        except ValidationError:
            self._own = ()  # somebody else's settings: the catalogue is there all the same

    def gpus(self) -> tuple[Gpu, ...]:
        """Own cards, then those of the catalogue that none of them replaces."""
        names = {gpu.name for gpu in self._own}
        return (*self._own, *(gpu for gpu in self._catalogue if gpu.name not in names))

    def marked_gpus(self) -> tuple[Gpu, ...]:
        """Those that are marked and still there, in the order of their names' marks."""
        known = {gpu.name: gpu for gpu in self.gpus()} if self.marked.names else {}
        return tuple(known[name] for name in self.marked.names if name in known)

    def is_own(self, name: str) -> bool:
        return any(gpu.name == name for gpu in self._own)

    def enter(self, name: str, memory_bytes: int, usable_bytes: int) -> None:
        """Add or replace the card ``name``; what the catalogue knows of it besides stays."""
        known = next((gpu for gpu in self._catalogue if gpu.name == name), None)
        if known is None:
            known = Gpu(name=name, vendor="?", memory_bytes=1, usable_bytes=1, source=SOURCE, usable_source=SOURCE)
        card = replace(known, memory_bytes=memory_bytes, usable_bytes=usable_bytes, usable_source=SOURCE)
        self._keep((card, *(gpu for gpu in self._own if gpu.name != name)))

    def remove(self, name: str) -> None:
        """Forget it; the catalogue's card of that name, if there is one, is back."""
        self._keep(tuple(gpu for gpu in self._own if gpu.name != name))

    def _keep(self, own: tuple[Gpu, ...]) -> None:
        self._own = own[:MAX_CARDS]
        self._preferences.own_cards = _CARDS.dump_json(self._own).decode()
        self.changed.emit()
