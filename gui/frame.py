"""What one pass of rendering shows, handed down to every part as plain values."""

from collections.abc import Callable
from dataclasses import dataclass

from core.means import Fits
from core.memory import Device, Estimate, Estimator, Fit, FitStatus, Gpu, Scenario, judge, judge_device, room_on
from core.memory.calibration import Calibration
from core.memory.solve import Usable
from core.remedies import fits_on
from gui.pins import Pin
from gui.quantities import Numbers


@dataclass(frozen=True, slots=True)
class Frame:
    """A scenario, its estimate, and how it stands to the chosen card; ``gpu`` and ``fit`` None when no card is chosen."""

    scenario: Scenario
    estimate: Estimate
    gpu: Gpu | None
    fit: Fit | None
    numbers: Numbers
    calibration: Calibration | None
    dragging: bool
    """Axes stay still meanwhile."""
    marked: tuple[Gpu, ...] = ()
    """Cards that are shown beside the chosen one."""
    pins: tuple[Pin, ...] = ()
    card_named: Callable[[str], Gpu | None] = lambda _name: None
    """Where cards differ, each is looked up by its name."""

    def card_of(self, device: Device) -> Gpu | None:
        """The card that ``device`` is judged on."""
        return self.card_named(device.gpu) if device.gpu else self.gpu

    def fit_of(self, device: Device) -> Fit | None:
        """How ``device`` stands to its card; None when none is chosen."""
        card = self.card_of(device)
        return judge_device(device, self.room(card), self.estimate) if card is not None else None

    def pressure(self, device: Device) -> float:
        """By which the tightest GPU is the largest: what it needs of its card; of no card, what it needs."""
        card = self.card_of(device)
        return device.total_bytes / self.room(card) if card is not None else device.total_bytes

    def room(self, gpu: Gpu) -> int:
        """What this run can have of ``gpu``, whichever card it was estimated on."""
        return room_on(gpu, self.scenario)

    def extra_bytes(self, scenario: Scenario) -> int:
        """What ``scenario`` takes on this machine beyond what solving backwards knows of."""
        detailed = scenario.estimator is Estimator.DETAILED
        return self.calibration.extra_bytes(scenario) if self.calibration is not None and detailed else 0

    def usable(self, gpu: Gpu, extra_bytes: int = 0) -> Usable:
        """What ``gpu`` has, or where the run names cards one by one what each of those has; less ``extra_bytes``."""
        named = {name: card for name in dict.fromkeys(self.scenario.parallel.gpus) if (card := self.card_named(name)) is not None}
        if not named:
            return self.room(gpu) - extra_bytes
        return {name: self.room(card) - extra_bytes for name, card in (named | {"": gpu}).items()}

    def status_of(self, found: Estimate, of: Scenario | None = None) -> FitStatus | None:
        """How ``found``, of another scenario (``of``, where that may be of another card), stands to the chosen card, or where its cards
        differ to the one that it fits least; None when none is chosen.
        """
        scenario = of or self.scenario
        if self.gpu is None:
            return None
        if not any(device.gpu for device in found.devices):
            return judge(found.total_bytes, room_on(self.gpu, scenario), found.peak.stack, found.sure_bytes).status
        cards = [(device, self.card_of(device) or self.gpu) for device in found.devices]
        worst = {judge_device(device, room_on(card, scenario), found).status for device, card in cards}
        return next(status for status in (FitStatus.OOM, FitStatus.TIGHT, FitStatus.FITS) if status in worst)

    def fits(self, gpu: Gpu) -> Fits:
        """Whether another scenario would surely fit ``gpu``, or the cards that the run names, as the verdict has it."""
        return fits_on(self.usable(gpu), self.calibration)
