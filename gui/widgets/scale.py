"""Where the values of a logarithmic slider lie: whole-number ticks, the value at each, and its place on the track."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise


class LogScale:
    """A strictly increasing table of whole numbers from ``low`` to ``high``, about ``ticks_per_octave`` for every doubling.

    ``low``, ``high`` and every one of ``stops`` have a tick of their own. Between them the values are spaced evenly in the
    logarithm and rounded to the few significant digits that tell neighbours apart, so that a dragged slider shows short numbers.
    Where ticks would be denser than whole numbers, every whole number gets one tick: nothing is skipped and nothing doubled.
    ``positions`` keeps those few ticks at their logarithmic place (0 at ``low``, 1 at ``high``) instead of squeezing them together.

    Raises ValueError unless ``1 <= low < high``, ``ticks_per_octave >= 1`` and every stop lies within ``low..high``.
    """

    def __init__(self, low: int, high: int, *, ticks_per_octave: int, stops: Iterable[int] = ()) -> None:
        exact = sorted({low, high, *stops})
        if not 1 <= low < high or ticks_per_octave < 1 or exact[0] < low or exact[-1] > high:
            raise ValueError(f"no logarithmic scale from {low} to {high} with {ticks_per_octave} ticks per octave and stops {exact}")
        values = [low]
        for start, end in pairwise(exact):
            values += _between(start, end, ticks_per_octave)
        octaves = math.log2(high / low)
        self.low = low
        self.high = high
        self.values: tuple[int, ...] = tuple(values)
        self.positions: tuple[float, ...] = (0.0, *(math.log2(value / low) / octaves for value in values[1:-1]), 1.0)
        self.octave = 1 / octaves
        """The share of the track that one doubling takes."""
        self.stop_ticks: tuple[int, ...] = tuple(bisect_left(values, stop) for stop in sorted(set(stops)))

    @property
    def last_tick(self) -> int:
        """The tick of ``high``; the first tick is 0."""
        return len(self.values) - 1

    def to_value(self, tick: int) -> int:
        """The exact value at ``tick``; ticks off the scale count as its nearer end."""
        return self.values[min(max(tick, 0), self.last_tick)]

    def to_tick(self, value: int) -> int:
        """The tick whose value is nearest in the logarithm; values off the scale count as its nearer end."""
        above = bisect_left(self.values, value)
        if above == 0:
            return 0
        if above > self.last_tick:
            return self.last_tick
        # Nearer to the lower neighbour exactly when below the geometric mean of the two.
        return above - 1 if value * value < self.values[above - 1] * self.values[above] else above

    def tick_at_most(self, value: int) -> int:
        """The last tick whose value does not exceed ``value``; -1 when even ``low`` does."""
        return bisect_right(self.values, value) - 1


def _between(start: int, end: int, ticks_per_octave: int) -> Sequence[int]:
    """The values after ``start`` up to and including ``end``, strictly increasing."""
    octaves = math.log2(end / start)
    count = min(end - start, max(1, round(octaves * ticks_per_octave)))
    # A tick multiplies by 2 ** (octaves / count); as many digits as keep the rounding error under half of that.
    digits = 1 + math.ceil(-math.log10((2 ** (octaves / count) - 1) / 2)) if count > 1 else 1
    values: list[int] = []
    previous = start
    for step in range(1, count):
        ideal = _rounded(start * 2 ** (octaves * step / count), max(digits, 2))
        # Leave a whole number for each tick still to come.
        previous = min(max(ideal, previous + 1), end - (count - step))
        values.append(previous)
    return [*values, end]


def _rounded(number: float, digits: int) -> int:
    """``number`` to ``digits`` significant digits, but never coarser than whole numbers need."""
    unit: int = 10 ** max(0, math.floor(math.log10(number)) + 1 - digits)
    return round(number / unit) * unit
