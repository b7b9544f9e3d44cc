"""Numbers that remember how they were made.

A :class:`Symbolic` is an int that carries the polynomial it was computed as. The formulas of this package, run on a scenario whose
sizes are symbolic, so write themselves down: what is explained is what was computed, by construction. Choices between cases
(``if``, ``max``) go by the value, so the text shows the case that holds.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import prod
from typing import NamedTuple, Self, SupportsIndex


class Atom(NamedTuple):
    """A factor: a symbol, or a rounded quotient as a whole."""

    text: str
    numbers: str
    """The same with the values in it."""
    symbols: frozenset[str]
    """The symbols that occur in it."""
    shape: int = 0
    """Which of several shapes of layers it is a size of; 0: of none, or of all."""
    value: int = 0
    """Of a size of a shape."""


Factor = int | Fraction
"""Nearly all are whole, and those are reckoned with sooner."""
Monomial = tuple[Atom, ...]
"""Factors in order of their text; empty for a constant."""


class Symbolic(int):
    """An int with its polynomial; immutable. Mixed with plain ints it behaves as one of them."""

    terms: Mapping[Monomial, Factor]

    def __new__(cls, value: int, terms: Mapping[Monomial, Factor]) -> Self:
        self = super().__new__(cls, value)
        self.terms = terms
        return self

    @classmethod
    def symbol(cls, text: str, value: int, shape: int = 0) -> Self:
        """``text`` for ``value``; where layers differ, that of one of their shapes."""
        return cls(value, {(Atom(text, f"{value:,}", frozenset({text}), shape, value if shape else 0),): 1})

    def __add__(self, other: int) -> "Symbolic":
        return Symbolic(int(self) + int(other), _sum(self.terms, terms_of(other)))

    def __sub__(self, other: int) -> "Symbolic":
        return self + -1 * other

    def __rsub__(self, other: int) -> "Symbolic":
        return -self + other

    def __neg__(self) -> "Symbolic":
        return self * -1

    def __mul__(self, other: int) -> "Symbolic":
        value = int(self) * int(other)
        return Symbolic(value, _product(self.terms, terms_of(other))) if value else Symbolic(0, {})

    def __floordiv__(self, other: int) -> "Symbolic":
        value, rest = divmod(int(self), int(other))
        divisor = terms_of(other)
        if not rest and divisor.keys() == {()}:
            return Symbolic(value, {monomial: _divided(factor, divisor[()]) for monomial, factor in self.terms.items()})
        if value < 0:  # as in -(-x // y): the quotient rounded up
            return -Symbolic(-value, {(_quotient("⌈⌉", -self, other),): 1})
        return Symbolic(value, {(_quotient("⌊⌋", self, other),): 1})

    def __rfloordiv__(self, other: int) -> "Symbolic":
        return Symbolic(int(other), terms_of(other)) // self

    def __pow__(self, exponent: SupportsIndex, modulus: None = None) -> "Symbolic":  # type: ignore[override]
        result = Symbolic(1, {(): 1})
        for _ in range(exponent.__index__()):
            result = result * self
        return result

    __radd__ = __add__
    __rmul__ = __mul__


def _divided(factor: Factor, divisor: Factor) -> Factor:
    quotient = Fraction(factor) / divisor
    return quotient.numerator if quotient.denominator == 1 else quotient


def terms_of(value: int) -> Mapping[Monomial, Factor]:
    """The polynomial of any int: a plain one is a constant."""
    if isinstance(value, Symbolic):
        return value.terms
    return {(): int(value)} if value else {}


def _sum(left: Mapping[Monomial, Factor], right: Mapping[Monomial, Factor]) -> dict[Monomial, Factor]:
    total = dict(left)
    for monomial, factor in right.items():
        both = total.get(monomial, 0) + factor
        if both:
            total[monomial] = both
        else:
            del total[monomial]
    return total


def _product(left: Mapping[Monomial, Factor], right: Mapping[Monomial, Factor]) -> dict[Monomial, Factor]:
    total: dict[Monomial, Factor] = {}
    for one, factor in left.items():
        for other, times in right.items():
            monomial = tuple(sorted(one + other))
            total[monomial] = total.get(monomial, 0) + factor * times
    return {monomial: factor for monomial, factor in total.items() if factor}


def _quotient(brackets: str, dividend: Symbolic, divisor: int) -> Atom:
    above, below = written(dividend), written(divisor)
    first, last = brackets[0], brackets[1]
    text, numbers = (f"{first}{_grouped(top)} / {_grouped(under, ' ·')}{last}" for top, under in zip(above, below, strict=True))
    return Atom(text, numbers, used(dividend.terms) | used(terms_of(divisor)))


def _grouped(text: str, joints: str = " ") -> str:
    return f"({text})" if any(joint in text for joint in joints) else text


def used(terms: Iterable[Monomial]) -> frozenset[str]:
    """The symbols in ``terms``."""
    return frozenset().union(*(atom.symbols for monomial in terms for atom in monomial))


#: How many layers there are.
_LAYERS = "L"
#: What a formula is grouped by: how often something is there.
_COUNTS = ("L", "M", "B", "S", "q", "T", "N", "P")


def written(value: int) -> tuple[str, str]:
    """``value`` as a formula: in symbols, and with the numbers in it. Sums that are there equally often stand together in brackets."""
    groups: dict[Monomial, list[tuple[Monomial, Factor]]] = {}
    for monomial, factor in _over_layers(terms_of(value)):
        often = tuple(atom for atom in monomial if atom.text in _COUNTS)
        groups.setdefault(often, []).append((tuple(atom for atom in monomial if atom.text not in _COUNTS), factor))
    ordered = sorted(groups.items(), key=lambda group: (-len(group[0]), [_COUNTS.index(atom.text) for atom in group[0]]))
    texts, numbers = (_joined(ordered, place) for place in (0, 1))
    return texts, numbers


def _over_layers(terms: Mapping[Monomial, Factor]) -> Iterable[tuple[Monomial, Factor]]:
    """``terms`` with those put together that are alike but for the shape of layers that they are of, as often as there are such: L·a·h of
    every shape is h times the sum of a over all layers.
    """
    sums: dict[tuple[Monomial, tuple[str, ...], Factor], tuple[int, frozenset[str]]] = {}
    for monomial, factor in terms.items():
        of_layers = tuple(atom for atom in monomial if atom.shape)
        if not any(atom.text == _LAYERS for atom in of_layers):
            yield monomial, factor
            continue
        texts = tuple(atom.text for atom in of_layers if atom.text != _LAYERS)
        key = tuple(atom for atom in monomial if not atom.shape), texts, factor
        before, symbols = sums.get(key, (0, frozenset()))
        sums[key] = before + prod([atom.value for atom in of_layers]), symbols.union(*(atom.symbols for atom in of_layers))
    for (rest, texts, factor), (total, symbols) in sums.items():
        inner = "·".join(_powers(list(texts)))
        text = f"Σ({inner})" if "·" in inner else f"Σ{inner or _LAYERS}"
        yield tuple(sorted((*rest, Atom(text, f"{total:,}", symbols)))), factor


def _joined(groups: list[tuple[Monomial, list[tuple[Monomial, Factor]]]], place: int) -> str:
    parts = []
    for often, terms in groups:
        count = _powers([str(atom[place]) for atom in sorted(often, key=lambda atom: _COUNTS.index(atom.text))])
        inner = _chain([_term(factor, [str(atom[place]) for atom in rest]) for rest, factor in terms])
        if not often:
            parts.append(inner)
        elif inner == "1":
            parts.append("·".join(count))
        else:
            parts.append("·".join([*count, _grouped(inner)]))
    return _chain(parts) or "0"


def _chain(parts: list[str]) -> str:
    return " + ".join(parts).replace("+ −", "− ")


def _powers(atoms: list[str]) -> list[str]:
    """h·h as h²; atoms come in order."""
    return [f"{atom}{'' if times == 1 else _exponent(times)}" for atom, times in Counter(atoms).items()]


def _exponent(times: int) -> str:
    return str(times).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _term(factor: Factor, atoms: list[str]) -> str:
    """3/2·h as 1.5·h; a third of h as h/3."""
    sign = "−" if factor < 0 else ""
    above, below = abs(factor.numerator), factor.denominator
    if below & (below - 1) == 0 and below <= 16:
        number, divided = f"{above / below:,.4f}".rstrip("0").rstrip(".") if below > 1 else f"{above:,}", ""
    else:
        number, divided = f"{above:,}", f"/{below:,}"
    if not atoms:
        return f"{sign}{number}{divided}"
    return sign + "·".join(([] if number == "1" else [number]) + _powers(atoms)) + divided
