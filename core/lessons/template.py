"""Texts with figures in braces: ``{total_bytes}``, ``{training.total_bytes / total_bytes}``, ``{weights_bytes:GB}``.

In braces stands a figure, or two with `` / `` or `` - `` between them; a figure may be of another view (``start.total_bytes``); behind a
colon the unit it is told in, and behind a point the decimals (``:GiB.3``).
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from core.lessons.figures import FIGURES, Kind, Value, View
from core.lessons.problems import LessonProblem, PartError

#: The scenario on the screen, and as it was when the step began.
NOW, START = "now", "start"

_BRACES = re.compile(r"\{([^{}]{1,120})\}")
_OPERAND = r"(?:(?P<view{n}>[a-z_0-9]+)\.)?(?P<figure{n}>[a-z_0-9]+)"
_EXPRESSION = re.compile(
    _OPERAND.format(n=1)
    + r"(?: (?P<operator>[/-]) "
    + _OPERAND.format(n=2)
    + r")?"
    + r"(?::(?P<unit>GB|GiB|MB|%)?(?:\.(?P<decimals>[0-4]))?)?"
)


class Amount(NamedTuple):
    """A figure to be written: ``value`` None where there is none now."""

    kind: Kind
    value: Value | None
    unit: str = ""
    """GB, GiB, MB or %; empty for what the window tells it in."""
    decimals: int | None = None


class _Expression(NamedTuple):
    first: tuple[str, str]
    operator: str
    second: tuple[str, str]
    unit: str
    decimals: int | None

    @property
    def kind(self) -> Kind:
        first = FIGURES[self.first[1]].kind
        if self.operator != "/":
            return first
        return Kind.BYTES if first is Kind.BYTES and FIGURES[self.second[1]].kind is Kind.COUNT else Kind.RATIO


def parse(text: str, views: frozenset[str]) -> list[str | _Expression]:
    """Words and figures of ``text`` in turn; ``views`` are those it may speak of. Raises PartError."""
    if re.sub(_BRACES, "", text).strip("{}") != re.sub(_BRACES, "", text) or set("{}") & set(re.sub(_BRACES, "", text)):
        raise PartError(LessonProblem.WRONG_VALUE, "a brace { or } without its other")
    parts: list[str | _Expression] = []
    end = 0
    for found in _BRACES.finditer(text):
        parts += [text[end : found.start()], _expression(found[1], views)]
        end = found.end()
    return [*parts, text[end:]]


def _expression(text: str, views: frozenset[str]) -> _Expression:
    match = _EXPRESSION.fullmatch(text.strip())
    if match is None:
        raise PartError(LessonProblem.UNKNOWN_FIGURE, "{" + text + "}")
    operands = [(match[f"view{n}"] or NOW, match[f"figure{n}"] or match["figure1"]) for n in (1, 2)]
    if any(figure not in FIGURES or view not in views for view, figure in operands):
        raise PartError(LessonProblem.UNKNOWN_FIGURE, "{" + text + "}")
    kinds = [FIGURES[figure].kind for _, figure in operands]
    operator = match["operator"] or ""
    if operator and (Kind.NAME in kinds or (operator == "-" and kinds[0] is not kinds[1])):
        raise PartError(LessonProblem.WRONG_VALUE, "{" + text + "}: these two cannot be reckoned with")
    decimals = match["decimals"]
    return _Expression(operands[0], operator, operands[1], match["unit"] or "", int(decimals) if decimals else None)


def filled(text: str, views: Mapping[str, View]) -> list[str | Amount]:
    """``text`` with the figures of ``views`` as they are now, to be written in the reader's numbers. Raises PartError."""
    parts = parse(text, frozenset(views))
    return [part if isinstance(part, str) else _amount(part, views) for part in parts]


def _amount(expression: _Expression, views: Mapping[str, View]) -> Amount:
    first, second = (views[view].value(figure) for view, figure in (expression.first, expression.second))
    value: Value | None = first
    if expression.operator:
        if not isinstance(first, int | float) or not isinstance(second, int | float):
            value = None
        elif expression.operator == "-":
            value = first - second
        else:
            value = None if not second else first / second
    return Amount(expression.kind, value, expression.unit, expression.decimals)
