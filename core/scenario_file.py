"""Reading and writing scenarios that someone saved or was sent. A file is data: it may be huge, broken or hostile, and is never more than
read. Beside a scenario it may hold those that are pinned to compare it with.
"""

import base64
import binascii
import json
import zlib
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import MaxLen
from pydantic import ValidationError

from core.memory import Architecture, Scenario
from core.memory.contradiction import ContradictionError
from core.memory.edge import contradiction_in, from_json, to_json
from core.small_file import MAX_FILE_BYTES, SmallFileError, read_small_file

#: Scenarios that are compared with the one on screen, or prepared for a talk, at most: A to I, a key each from 1 to 9.
MAX_PINNED = 9


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A scenario, and those it is compared with, in order."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- read by pydantic, at the edge

    format: Literal["fitting-room comparison"] = "fitting-room comparison"
    version: Literal[1] = 1
    current: Scenario
    pinned: Annotated[tuple[Scenario, ...], MaxLen(MAX_PINNED)] = ()


class FileProblem(StrEnum):
    """Why it cannot be read."""

    UNREADABLE = "unreadable"
    """There is no file, or no way into it; the detail is the system's."""
    NO_JSON = "no_json"
    NEWER = "newer"
    """The detail is its version."""
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    IMPOSSIBLE_VALUE = "impossible_value"
    """The detail is ``field: value``."""
    CONTRADICTION = "contradiction"
    """Sizes that cannot go together."""
    CUT = "cut"
    """A shared text that lost something on its way."""


class ScenarioFileError(ValueError):
    """A file that is no scenario this version can read, and why, in one line of English; and the same as data, for whoever has other
    words: where it came from, the ``problem`` and its ``detail``.
    """

    def __init__(
        self,
        place: str,
        message: str,
        problem: FileProblem = FileProblem.UNREADABLE,
        detail: str = "",
        contradiction: ContradictionError | None = None,
    ) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place
        self.contradiction = contradiction
        self.problem = problem
        self.detail = detail or message


def read_scenario(path: Path) -> Scenario:
    """The scenario in ``path``, without what it is compared with. Raises ScenarioFileError."""
    return read_comparison(path).current


def read_comparison(path: Path) -> Comparison:
    """What is in ``path``. Raises ScenarioFileError."""
    try:
        data = read_small_file(path)
    except SmallFileError as error:
        raise ScenarioFileError(str(path), str(error)) from error
    return comparison_of_json(data, str(path))


def comparison_of_json(data: bytes, place: str) -> Comparison:
    """What is in ``data``, which came from ``place``: a scenario alone is compared with nothing. Raises ScenarioFileError."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        if _format(data) == Comparison.format:
            return from_json(Comparison, data)
        return Comparison(current=from_json(Scenario, data))
    except ValidationError as error:
        raise ScenarioFileError(place, *_complaint(error), contradiction=contradiction_in(error)) from error


def comparison_text(comparison: Comparison) -> bytes:
    """JSON to read again; of a scenario alone, it is that of the scenario."""
    return to_json(comparison if comparison.pinned else comparison.current, indent=2)


def _format(data: bytes) -> object:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found.get("format") if isinstance(found, dict) else None


def _complaint(error: ValidationError) -> tuple[str, FileProblem, str]:
    """The one complaint that explains the others: a newer version has fields that this one does not know."""
    complaints = error.errors(include_url=False, include_context=False)
    for complaint in complaints:
        if complaint["loc"][-1:] == ("version",) and type(complaint["input"]) is int and complaint["input"] > 1:
            version = str(complaint["input"])[:20]
            message = f"made by a newer version of Fitting Room (scenario version {version}; this one reads version 1)"
            return message, FileProblem.NEWER, version
    first = complaints[0]
    place = ".".join(str(part) for part in first["loc"])
    if contradiction_in(error) is not None:
        return f"sizes contradict each other: {contradiction_in(error)}", FileProblem.CONTRADICTION, ""
    if first["type"] == "unexpected_keyword_argument":
        return f"unknown field {place!r}", FileProblem.UNKNOWN_FIELD, place
    if first["type"] == "json_invalid":
        return first["msg"], FileProblem.NO_JSON, ""
    message = f"{place}: {first['msg']}" if place else first["msg"]
    if first["type"] == "missing":
        return message, FileProblem.MISSING_FIELD, place
    return message, FileProblem.IMPOSSIBLE_VALUE, f"{place}: {first['input']!r}"[:120] if place else first["msg"]


# ---- A short text, to paste into a chat

_MARK = "fitroom1:"
_DAMAGED = "this text was cut or changed on its way"


def share_text(scenario: Scenario) -> str:
    """``scenario`` as one short word: what differs from the defaults, packed."""
    data = json.dumps(_unusual(scenario), separators=(",", ":"), ensure_ascii=False).encode()
    return _MARK + base64.urlsafe_b64encode(zlib.compress(data, 9)).decode().rstrip("=")


def is_share_text(text: str) -> bool:
    return text.strip().startswith(_MARK)


def scenario_of_share_text(text: str, place: str) -> Scenario:
    """The scenario in ``text``, however often it was wrapped on its way. Raises ScenarioFileError."""
    packed = "".join(text.split()).removeprefix(_MARK)
    unpacking = zlib.decompressobj()
    try:
        unpacked = unpacking.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)), MAX_FILE_BYTES)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ScenarioFileError(place, _DAMAGED, FileProblem.CUT) from error
    if not unpacking.eof:  # its end, with the checksum, is missing
        raise ScenarioFileError(place, _DAMAGED, FileProblem.CUT)
    return comparison_of_json(unpacked, place).current


def _unusual(value: Scenario | Architecture) -> dict[str, Any]:
    """Fields of ``value`` that are not what they are where nothing is said, as JSON has them."""
    whole = json.loads(to_json(value))
    found: dict[str, Any] = {}
    for field in fields(value):
        now = getattr(value, field.name)
        if isinstance(now, Architecture):
            found[field.name] = _unusual(now)
        elif now != field.default:
            found[field.name] = whole[field.name]
    return found
