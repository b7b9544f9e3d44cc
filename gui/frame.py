"""What one pass of rendering shows, handed down to every part as plain values."""

from dataclasses import dataclass

from core.means import Fits
from core.memory import Estimate, Estimator, Fit, Gpu, Scenario
from core.memory.calibration import Calibration
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

    def extra_bytes(self, scenario: Scenario) -> int:
        """What ``scenario`` takes on this machine beyond what solving backwards knows of."""
        detailed = scenario.estimator is Estimator.DETAILED
        return self.calibration.extra_bytes(scenario) if self.calibration is not None and detailed else 0

    def fits(self, gpu: Gpu) -> Fits:
        """Whether another scenario would surely fit ``gpu``, as the verdict has it."""
        return fits_on(gpu.usable_bytes, self.calibration)
