"""The cards of this machine as rows to pick: named as the catalogue names them, with the memory they are judged by."""

from collections.abc import Sequence

from core.catalogue.gpus import find_reported
from core.machine import MachineCard, Reading
from core.memory import Gpu
from core.memory.units import MIB


class MachineCards:
    """What was read last, and whether cards are judged by what is free now or whole."""

    def __init__(self, catalogue: Sequence[Gpu]) -> None:
        self._catalogue = catalogue
        self.reading: Reading | None = None
        self.free_only = True

    def gpus(self) -> tuple[Gpu, ...]:
        """One for each card, in the driver's order."""
        cards = self.reading.cards if self.reading is not None else ()
        return tuple(self._gpu(card, number) for number, card in enumerate(cards))

    def _gpu(self, card: MachineCard, number: int) -> Gpu:
        known = find_reported(self._catalogue, card.name, card.total_bytes)
        usable = card.free_bytes if self.free_only else card.usable_bytes
        return Gpu(
            name=f"{known.name if known is not None else card.name} #{number}",
            vendor=card.vendor,
            memory_bytes=card.total_bytes,
            usable_bytes=max(MIB, usable // MIB * MIB),  # what flickers below a MiB is no news
            bandwidth_bytes_per_second=known.bandwidth_bytes_per_second if known is not None else None,
            launch_year=known.launch_year if known is not None else None,
            source="driver",
            usable_source="driver",
        )
