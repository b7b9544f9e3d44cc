"""Reading files of measurements, one JSON record a line. They are data from anywhere: bounded, and an odd line is one odd record."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

MAX_FILE_BYTES = 64 * 2**20
MAX_LINE_BYTES = 2**20


class EvidenceFileError(ValueError):
    """A file that cannot be read at all, and why, in one line of English."""


class UnsupportedError(ValueError):
    """A record that cannot be scored, and why."""


class Line(NamedTuple):
    """One record, or None and what is wrong with the line."""

    number: int
    record: dict[str, Any] | None
    problem: str


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of ``path`` that are not blank, from 1. Raises EvidenceFileError."""
    try:
        if path.exists() and not path.is_file():
            raise EvidenceFileError(f"{path}: not a regular file")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise EvidenceFileError(f"{path}: larger than {MAX_FILE_BYTES // 2**20} MiB")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, EvidenceFileError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise EvidenceFileError(f"{path}: cannot be read: {reason}") from error
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if line.strip():
            yield _read(number, line)


def _read(number: int, line: bytes) -> Line:
    if len(line) > MAX_LINE_BYTES:
        return Line(number, None, "longer than 1 MiB")
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return Line(number, None, "not JSON")
    if not isinstance(record, dict):
        return Line(number, None, "not a JSON object")
    return Line(number, record, "")
