"""The cards of this machine as rows to pick: named as the catalogue names them, with the memory they are judged by."""

from collections.abc import Sequence
from dataclasses import replace

from core.catalogue.gpus import find_reported, numbered
from core.machine import MachineCard, Reading
from core.memory import Gpu
from core.memory.units import MIB

_SOURCE = "driver"


class MachineCards:
    """What was read last, and whether cards are judged by what is free now or whole."""

    def __init__(self, catalogue: Sequence[Gpu]) -> None:
        self._catalogue = catalogue
        self._known: dict[tuple[str, int], Gpu] = {}  # looked up once: a name that none is called by takes a frame
        self.reading: Reading | None = None
        self.free_only = True

    def gpus(self) -> tuple[Gpu, ...]:
        """One for each card, in the driver's order."""
        cards = self.reading.cards if self.reading is not None else ()
        return tuple(self._gpu(card, number) for number, card in enumerate(cards))

    def _gpu(self, card: MachineCard, number: int) -> Gpu:
        key = card.name, card.total_bytes
        if key not in self._known:
            self._known[key] = find_reported(self._catalogue, *key) or _unknown(card)
        usable = card.free_bytes if self.free_only else card.usable_bytes
        return replace(
            self._known[key],
            name=numbered(self._known[key].name, number),
            memory_bytes=card.total_bytes,
            usable_bytes=max(MIB, usable // MIB * MIB),  # what flickers below a MiB is no news
            usable_source=_SOURCE,
        )


def _unknown(card: MachineCard) -> Gpu:
    name = card.name or card.vendor
    return Gpu(
        name=name, vendor=card.vendor, memory_bytes=card.total_bytes, usable_bytes=card.total_bytes, source=_SOURCE, usable_source=_SOURCE
    )
