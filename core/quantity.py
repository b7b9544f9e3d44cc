"""Quantities as people type them: ``8k``, ``7b``, ``1.5T``, ``7e9``, ``21,504``, ``70亿``, full-width digits; and back to text.

Arithmetic is exact (rationals), and nothing typed can make it slow: length and exponent are bounded before any power is taken.
What is wrong with a text is reported as data; the words belong to whoever shows it.
"""

import re
import unicodedata
from enum import StrEnum
from fractions import Fraction

#: Characters looked at, blanks around them not counted.
MAX_LENGTH = 64
#: With at most 64 digits before it, an exponent beyond this is out of every range or not whole.
_MAX_EXPONENT = 200


class Kind(StrEnum):
    """What is counted. ``k`` and ``M`` are 1024 and 1024**2 for tokens, powers of 1000 for everything else."""

    TOKENS = "tokens"
    PARAMETERS = "parameters"
    COUNT = "count"


class Problem(StrEnum):
    """Why a text is no quantity."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NOT_A_NUMBER = "not_a_number"
    UNKNOWN_SUFFIX = "unknown_suffix"
    NOT_WHOLE = "not_whole"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"


class QuantityError(ValueError):
    """A text that is no quantity: the ``problem``, the range asked for, and the suffix that is not known (else empty)."""

    def __init__(self, problem: Problem, low: int, high: int, suffix: str = "") -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.low = low
        self.high = high
        self.suffix = suffix


_LETTERS = {
    Kind.TOKENS: {"k": 1024, "m": 1024**2},
    Kind.PARAMETERS: {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12},
    Kind.COUNT: {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12},
}
#: 十 to 千万亿. 兆 is left out: it means 10**6 to some and 10**12 to others.
_CHINESE = {
    few + many: few_value * many_value
    for few, few_value in (("", 1), ("十", 10), ("百", 100), ("千", 1000))
    for many, many_value in (("", 1), ("万", 10**4), ("萬", 10**4), ("亿", 10**8), ("億", 10**8), ("万亿", 10**12))
}

_NUMBER = re.compile(
    r"""
    (?P<sign> [+-]?)
    (?P<whole> [0-9]{1,3} (?: ,[0-9]{3})+ | [0-9]{1,3} (?: [ ][0-9]{3})+ | [0-9]+ (?: _[0-9]+)* | (?= \.))
    (?! [,_]? [0-9])
    (?: \. (?P<fraction> [0-9]+))?
    (?: [eE] (?P<exponent> [+-]?[0-9]+))?
    [ ]?
    (?P<suffix> .*)
    """,
    re.VERBOSE,
)


def _plain(character: str) -> str:
    """Full-width digits, letters and marks as ASCII, every blank a space. Not all of NFKC: it would read 10² as 102."""
    if character.isspace():
        return " "
    if unicodedata.decomposition(character).startswith("<wide>"):
        return unicodedata.normalize("NFKC", character)
    return "-" if character == "−" else character


def parse_quantity(text: str, kind: Kind, low: int, high: int) -> int:
    """The whole number that ``text`` stands for, within ``low``..``high``. Raises QuantityError.

    Separators are taken only where they group thousands: ``1,5`` is refused, since it may have been meant as 1.5.
    """
    stripped = text.strip()
    if not stripped:
        raise QuantityError(Problem.EMPTY, low, high)
    if len(stripped) > MAX_LENGTH:
        raise QuantityError(Problem.TOO_LONG, low, high)
    match = _NUMBER.fullmatch("".join(map(_plain, stripped)))
    if match is None:
        raise QuantityError(Problem.NOT_A_NUMBER, low, high)
    suffix = match["suffix"]
    factor = (_LETTERS[kind] | _CHINESE).get(suffix.lower())
    if factor is None:
        problem = Problem.UNKNOWN_SUFFIX if suffix.isalpha() else Problem.NOT_A_NUMBER
        raise QuantityError(problem, low, high, suffix if suffix.isalpha() else "")

    digits = re.sub("[ ,_]", "", match["whole"])
    fraction = match["fraction"] or ""
    mantissa = int(digits + fraction) * factor * (-1 if match["sign"] == "-" else 1)
    exponent = int(match["exponent"] or "0") - len(fraction)
    if mantissa and exponent > _MAX_EXPONENT:
        raise QuantityError(Problem.TOO_LARGE if mantissa > 0 else Problem.TOO_SMALL, low, high)
    if mantissa and exponent < -_MAX_EXPONENT:
        raise QuantityError(Problem.NOT_WHOLE, low, high)
    value = mantissa * Fraction(10) ** exponent if mantissa else Fraction(0)
    if value.denominator != 1:
        raise QuantityError(Problem.NOT_WHOLE, low, high)
    if value < low or value < 0:
        raise QuantityError(Problem.TOO_SMALL, low, high)
    if value > high:
        raise QuantityError(Problem.TOO_LARGE, low, high)
    return int(value)


#: Below this, tokens are written out: 4096 is read faster than 4k.
_WRITTEN_OUT_TOKENS = 8192
_SIGNIFICANT_DIGITS = 4


def format_quantity(value: int, kind: Kind) -> str:
    """Text that ``parse_quantity`` reads as exactly ``value``: short where that is exact, else all digits.

    Tokens in whole ``k`` or ``M``; parameters with at most four significant digits (``7B``, ``1.5T``); other counts are written out.
    """
    plain = str(value)
    if kind is Kind.TOKENS and value >= _WRITTEN_OUT_TOKENS:
        for suffix, unit in (("M", 1024**2), ("k", 1024)):
            if value % unit == 0:
                return f"{value // unit}{suffix}"
    if kind is Kind.PARAMETERS and value >= 1000 and len(plain.rstrip("0")) <= _SIGNIFICANT_DIGITS:
        suffix, unit = next((suffix, unit) for suffix, unit in (("T", 10**12), ("B", 10**9), ("M", 10**6), ("k", 10**3)) if value >= unit)
        whole, rest = divmod(value, unit)
        fraction = str(unit + rest)[1:].rstrip("0")
        return min(plain, f"{whole}.{fraction}{suffix}" if fraction else f"{whole}{suffix}", key=len)
    return plain
