"""The edge: where mappings and JSON become the plain frozen classes of the ground floor, validated by pydantic.

Inside, nothing is validated twice. Importing pydantic takes longer than all else together, so it waits until something first
crosses the edge.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from core.memory.contradiction import ContradictionError

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


@cache
def _adapter(cls: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(cls)


def validated(cls: Callable[..., T], **fields: Any) -> T:
    """A ``cls`` with ``fields``. Raises pydantic.ValidationError."""
    value: T = _adapter(cls).validate_python(fields)
    return value


def from_json(cls: Callable[..., T], data: bytes | str) -> T:
    """A ``cls`` from JSON text. Raises pydantic.ValidationError."""
    value: T = _adapter(cls).validate_json(data)
    return value


def to_json(value: object, indent: int | None = None) -> bytes:
    """``value``, an instance of a dataclass of the ground floor, as JSON text that :func:`from_json` reads back."""
    cls: Callable[..., Any] = type(value)
    return _adapter(cls).dump_json(value, indent=indent)


def contradiction_in(error: "ValidationError") -> ContradictionError | None:
    """Which sizes contradict each other; None where it is about something else."""
    causes = [complaint.get("ctx", {}).get("error") for complaint in error.errors(include_url=False, include_input=False)]
    return next((cause for cause in causes if isinstance(cause, ContradictionError)), None)
