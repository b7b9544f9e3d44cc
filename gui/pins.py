"""Scenarios that are kept to compare others with."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from core.memory import Estimate, Scenario, estimate
from core.memory.calibration import Calibration
from core.scenario_file import MAX_PINNED

LETTERS = "ABCDEFGHI"


@dataclass(frozen=True, slots=True)
class Pin:
    """One of them, and what it takes."""

    letter: str
    scenario: Scenario
    estimate: Estimate


class Pins(QObject):
    """Up to nine, called A to I by their place."""

    changed = Signal()

    def __init__(self, calibration: Calibration | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._calibration = calibration
        self._pins: tuple[Pin, ...] = ()

    @property
    def pins(self) -> tuple[Pin, ...]:
        return self._pins

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        return tuple(pin.scenario for pin in self._pins)

    @property
    def full(self) -> bool:
        return len(self._pins) == MAX_PINNED

    def replace(self, scenarios: Sequence[Scenario]) -> None:
        """Have these and no others; beyond the ninth they are left out."""
        before = {pin.scenario: pin.estimate for pin in self._pins}
        found = (before.get(scenario) or estimate(scenario, self._calibration) for scenario in scenarios[:MAX_PINNED])
        self._pins = tuple(Pin(*each) for each in zip(LETTERS, scenarios, found, strict=False))
        self.changed.emit()

    def calibrate(self, calibration: Calibration | None) -> None:
        """Estimate them anew, by another calibration."""
        self._calibration, scenarios = calibration, self.scenarios
        self._pins = ()
        self.replace(scenarios)

    def add(self, scenario: Scenario) -> bool:
        """Pin ``scenario``; False where nine are pinned already."""
        if self.full:
            return False
        self.replace([*self.scenarios, scenario])
        return True

    def remove(self, place: int) -> None:
        self.replace([scenario for number, scenario in enumerate(self.scenarios) if number != place])

    def put(self, place: int, scenario: Scenario) -> None:
        """Have ``scenario`` at ``place`` instead of what is there."""
        scenarios = list(self.scenarios)
        scenarios[place] = scenario
        self.replace(scenarios)
