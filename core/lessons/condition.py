"""What a step asks for, as data: fields of the scenario and figures, each with what it has to be.

``weights: int4`` · ``weights: [int4, int8]`` · ``total_bytes: {at_most: 8 GiB}`` · ``total_bytes: {at_most: 0.5 of start}``
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from core.lessons.figures import FIGURES, Kind, View
from core.lessons.problems import LessonProblem, PartError
from core.lessons.template import NOW, START
from core.memory import Scenario
from core.memory.parallel import PARALLEL_FIELDS

_FIELDS = frozenset(field.name for field in fields(Scenario)) - {"format", "version", "name", "architecture", "parallel"}
_UNITS = {"GiB": 2**30, "MiB": 2**20, "GB": 10**9, "MB": 10**6}
_BOUND = re.compile(r"(?P<number>\d{1,15}(?:\.\d{1,6})?)(?: ?(?P<unit>GiB|MiB|GB|MB)| (?P<start>of start))?")


class _Bound(NamedTuple):
    number: float
    of_start: bool

    def against(self, start: object) -> float | None:
        if not self.of_start:
            return self.number
        return self.number * start if isinstance(start, int | float) else None


class Check(NamedTuple):
    """One quantity, and what it has to be: one of ``values``, or between the bounds."""

    name: str
    values: tuple[Any, ...] = ()
    at_least: _Bound | None = None
    at_most: _Bound | None = None

    def holds(self, views: Mapping[str, View]) -> bool:
        now = _value(views[NOW], self.name)
        if self.values:
            return now in self.values
        start = _value(views[START], self.name)
        if not isinstance(now, int | float):
            return False
        low = self.at_least.against(start) if self.at_least else None
        high = self.at_most.against(start) if self.at_most else None
        return (low is None or now >= low) and (high is None or now <= high)


def checks_of(condition: Mapping[str, Any]) -> tuple[Check, ...]:
    """What ``condition`` asks for; all of it has to be so. Raises PartError."""
    return tuple(_check(name, wanted) for name, wanted in condition.items())


def met(checks: tuple[Check, ...], views: Mapping[str, View]) -> bool:
    """Whether what is asked for is so now."""
    return all(check.holds(views) for check in checks)


def _check(name: str, wanted: Any) -> Check:
    if name not in _FIELDS | PARALLEL_FIELDS and name not in FIGURES:
        raise PartError(LessonProblem.UNKNOWN_FIGURE, name)
    if isinstance(wanted, dict):
        if not wanted or not wanted.keys() <= {"at_least", "at_most"}:
            raise PartError(LessonProblem.WRONG_VALUE, f"{name}: at_least, at_most or both")
        if name in FIGURES and FIGURES[name].kind is Kind.NAME:
            raise PartError(LessonProblem.WRONG_VALUE, f"{name} is a name: it can only be one of some")
        return Check(name, at_least=_bound(name, wanted.get("at_least")), at_most=_bound(name, wanted.get("at_most")))
    values = wanted if isinstance(wanted, list) else [wanted]
    if not values or any(isinstance(value, dict | list) or value is None for value in values):
        raise PartError(LessonProblem.WRONG_VALUE, f"{name}: a value, or a list of values")
    return Check(name, tuple(values))


def _bound(name: str, text: Any) -> _Bound | None:
    if text is None:
        return None
    match = None if isinstance(text, bool) else _BOUND.fullmatch(str(text))
    if match is None:
        raise PartError(LessonProblem.WRONG_VALUE, f"{name}: a number, a size such as 8 GiB, or 0.5 of start")
    number = float(match["number"]) * _UNITS.get(match["unit"] or "", 1)
    return _Bound(number, bool(match["start"]))


def _value(view: View, name: str) -> Any:
    if name in FIGURES:
        return view.value(name)
    return getattr(view.scenario.parallel if name in PARALLEL_FIELDS else view.scenario, name)
