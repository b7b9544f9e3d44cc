"""Reading a scenario someone saved or was sent. It is data: it may be huge, broken or hostile, and is never more than read."""

from pathlib import Path

from pydantic import ValidationError

from core.memory import Scenario
from core.memory.edge import from_json
from core.small_file import SmallFileError, read_small_file


class ScenarioFileError(ValueError):
    """A file that is no scenario this version can read, and why, in one line of English."""


def read_scenario(path: Path) -> Scenario:
    """The scenario in ``path``. Raises ScenarioFileError."""
    try:
        data = read_small_file(path)
    except SmallFileError as error:
        raise ScenarioFileError(f"{path}: {error}") from error
    return scenario_of_json(data, str(path))


def scenario_of_json(data: bytes, place: str) -> Scenario:
    """The scenario in ``data``, which came from ``place``. Raises ScenarioFileError."""
    try:
        return from_json(Scenario, data.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        raise ScenarioFileError(f"{place}: {_complaint(error)}") from error


def _complaint(error: ValidationError) -> str:
    """The one complaint that explains the others: a newer version has fields that this one does not know."""
    complaints = error.errors(include_url=False, include_context=False)
    for complaint in complaints:
        if complaint["loc"] == ("version",) and type(complaint["input"]) is int and complaint["input"] > 1:
            return f"made by a newer version of Fitting Room (scenario version {complaint['input']}; this one reads version 1)"
    first = complaints[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "unexpected_keyword_argument":
        return f"unknown field {place!r}"
    return f"{place}: {first['msg']}" if place else first["msg"]
