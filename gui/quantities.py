"""Numbers as people read them: bytes with their unit, counts, shares. The unit is always part of what is returned."""

import math
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QLocale


class ByteUnit(StrEnum):
    """GPUs count in GiB (2**30); files, tables and the article in GB (10**9)."""

    GIB = "GiB"
    GB = "GB"

    @property
    def divisor(self) -> int:
        return 2**30 if self is ByteUnit.GIB else 10**9


_SMALLER = {ByteUnit.GIB: ("MiB", "KiB"), ByteUnit.GB: ("MB", "kB")}
_LARGER = {ByteUnit.GIB: ("TiB", "PiB", "EiB", "ZiB"), ByteUnit.GB: ("TB", "PB", "EB", "ZB")}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and its unit, apart, so that the unit can be set smaller."""

    number: str
    unit: str

    def __str__(self) -> str:
        return f"{self.number}\u00a0{self.unit}"


class Numbers:
    """Formats in one unit and one locale; cheap to make, immutable."""

    def __init__(self, unit: ByteUnit, locale: QLocale | None = None) -> None:
        self.unit = unit
        self._locale = locale if locale is not None else QLocale()

    def unit_for(self, value_bytes: float) -> tuple[str, int]:
        """Name and bytes of the unit that such an amount is told in: the one on screen up to 10,000 of it, then a larger one."""
        name, divisor = self.unit.value, self.unit.divisor
        step = 1024 if self.unit is ByteUnit.GIB else 1000
        for larger in _LARGER[self.unit]:
            if abs(value_bytes) < 10_000 * divisor:
                break
            name, divisor = larger, divisor * step
        return name, divisor

    def figure(self, value_bytes: int, *, signed: bool = False) -> Figure:
        """Three significant figures: 0.05, 0.73, 15.3, 142, 1,420; larger units above 10,000."""
        name, divisor = self.unit_for(value_bytes)
        amount = value_bytes / divisor
        magnitude = abs(amount)
        decimals = 2 if magnitude < 1 else 1 if magnitude < 100 else 0
        sign = "\u2212" if amount < 0 else "+" if signed and amount else ""
        if 0 < magnitude < 0.005:
            return Figure(f"{sign}<{self._locale.toString(0.01, 'f', 2)}", name)
        return Figure(sign + self._locale.toString(magnitude, "f", decimals if amount else 0), name)

    def bytes(self, value_bytes: int, *, signed: bool = False) -> str:
        return str(self.figure(value_bytes, signed=signed))

    def fine_bytes(self, value_bytes: float) -> str:
        """Of what may be far below the unit on screen: 402 GiB, 2.9 MiB, 12.5 KiB."""
        divisor: float = self.unit.divisor
        step = 1024 if self.unit is ByteUnit.GIB else 1000
        if value_bytes >= 0.1 * divisor:
            return self.bytes(round(value_bytes))
        for name in _SMALLER[self.unit]:
            divisor /= step
            if value_bytes >= divisor or name == _SMALLER[self.unit][-1]:
                break
        return f"{self.decimal(value_bytes / divisor, 1 if value_bytes < 100 * divisor else 0)}\u00a0{name}"

    def pair(self, first_bytes: int, second_bytes: int) -> tuple[str, str]:
        """Two amounts of one kind, to stand in one phrase: the unit is said once where both have it."""
        first, second = self.figure(first_bytes), self.figure(second_bytes)
        return first.number if first.unit == second.unit else str(first), str(second)

    def capacity(self, value_bytes: int) -> str:
        """The size of a card, as printed on it: 24, not 24.0."""
        amount = value_bytes / self.unit.divisor
        return self._locale.toString(amount, "f", 0 if amount == int(amount) or amount >= 100 else 1)

    def axis(self, amount: float, step: float) -> str:
        """A tick of an axis whose ticks are ``step`` apart, already in its unit: as many decimals as tell them apart."""
        return self._locale.toString(float(amount), "f", max(0, -math.floor(math.log10(step))))

    def count(self, value: int) -> str:
        """Grouped digits."""
        return self._locale.toString(value) if -(2**63) <= value < 2**63 else f"{value:,}"

    def share(self, fraction: float) -> str:
        """A percentage without decimals; huge ones are capped."""
        percent = round(100 * fraction)
        sign = "\u2212" if percent < 0 else ""
        magnitude = abs(percent)
        return f"{sign}>999%" if magnitude > 999 else f"{sign}{magnitude}%"

    def parameters(self, value: int) -> str:
        """A parameter count at four significant figures: 494 M, 6.738 B, 1.5 T."""
        for suffix, divisor in (("T", 10**12), ("B", 10**9), ("M", 10**6)):
            if value >= divisor:
                return f"{value / divisor:.4g}".replace(".", self._locale.decimalPoint()) + f"\u00a0{suffix}"
        return self.count(value)

    def decimal(self, value: float, decimals: int) -> str:
        """Grouped digits, with as many decimals."""
        sign = "\u2212" if value < 0 else ""
        return sign + self._locale.toString(abs(float(value)), "f", decimals)

    def small_bytes(self, value: float) -> str:
        """Of a single parameter or so: 2 B, 0.5 B."""
        return f"{self.ratio(value)}\u00a0B"

    def ratio(self, value: float) -> str:
        """A small number with at most two decimals: bytes per parameter."""
        text = f"{value:.2f}".rstrip("0").rstrip(".")
        return text.replace(".", self._locale.decimalPoint())
