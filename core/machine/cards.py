"""What is known of the cards in a machine at one moment."""

from enum import StrEnum
from typing import NamedTuple


class Process(NamedTuple):
    """One that holds memory of a card."""

    pid: int
    name: str
    """Of its program, without the folder; empty where the driver does not say."""
    used_bytes: int | None
    """None where the driver does not say, as on Windows."""


class MachineCard(NamedTuple):
    """One card."""

    name: str
    """As its driver calls it."""
    vendor: str
    total_bytes: int
    usable_bytes: int
    """What one process could have if no other held any."""
    used_bytes: int | None
    """Held now, by whomever; None where nobody says."""
    processes: tuple[Process, ...] = ()

    @property
    def free_bytes(self) -> int:
        """What a process that starts now could have."""
        return self.usable_bytes if self.used_bytes is None else max(1, self.usable_bytes - self.used_bytes)


class MachineProblem(StrEnum):
    """Why a card or all cards of a vendor are not there."""

    NO_DRIVER = "no_driver"
    DRIVER_FAILS = "driver_fails"
    CARD_LOST = "card_lost"


class Reading(NamedTuple):
    """All cards at one moment."""

    cards: tuple[MachineCard, ...]
    problems: tuple[tuple[MachineProblem, str], ...] = ()
    """With what the driver says."""
