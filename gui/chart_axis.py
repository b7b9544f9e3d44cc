"""The axis of bytes under the bars: round steps in the unit on screen, and an end that keeps still in a drag."""

import math

import pyqtgraph as pg
from PySide6.QtGui import QFontMetricsF

from gui.quantities import ByteUnit, Numbers
from gui.theme import FontSize, font

#: Ticks with a label stand at least so far apart, and their labels keep a gap.
_LEAST_TICK_PX, _TICK_GAP_PX = 48, 16


class SteadyAxis:
    """The end of the axis: grows as soon as something would not fit, shrinks only when no drag is going on.

    If it followed every tick of a drag nothing would appear to grow.
    """

    GROW_ABOVE = 0.96
    SHRINK_BELOW = 0.70
    MARGIN = 1.26

    def __init__(self) -> None:
        self.end = 1.0

    def follow(self, needed: float, *, may_shrink: bool) -> float:
        """The end for bars up to ``needed``."""
        if needed > self.end * self.GROW_ABOVE or (may_shrink and needed < self.end * self.SHRINK_BELOW):
            self.end = max(needed * self.MARGIN, 1e-3)
        return self.end


class ByteAxis(pg.AxisItem):  # type: ignore[misc]
    """Ticks in the words of the locale, in the unit on screen or, where that would take five digits, a larger one."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self._numbers = Numbers(ByteUnit.GIB)
        self._unit_name = ""
        self.labelled = True
        self._metrics = QFontMetricsF(font(FontSize.SMALL))
        self.setStyle(maxTextLevel=0)

    def follow(self, end: float, numbers: Numbers) -> None:
        """Tell an axis that goes to ``end`` of the unit on screen."""
        name, divisor = numbers.unit_for(end * numbers.unit.divisor)
        self._numbers = numbers
        if name != self._unit_name:
            self._unit_name = name
            self.setScale(numbers.unit.divisor / divisor)
            self.setLabel(name if self.labelled else None)

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [self._numbers.axis(value * scale, spacing) for value in values]

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """A round step between labels, never so small that they touch, and a fifth of it between marks."""
        if high <= low or size <= 0:
            return []
        label_px = self._metrics.horizontalAdvance(self._numbers.axis(high, (high - low) / size))
        step = _round_up(max(_LEAST_TICK_PX, label_px + _TICK_GAP_PX) * (high - low) / size)
        return [(step, 0), (step / 5, 0)]


def _round_up(least: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50, ..."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
