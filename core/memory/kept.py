"""What follows from a shape alone, computed once for each: an estimate asks for it more than once, and so does the next."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from core.memory.architecture import Architecture

_T = TypeVar("_T")


def kept(of: Callable[[Architecture], _T]) -> Callable[[Architecture], _T]:
    """``of``, whose result stays with the architecture, which never changes; copies that are made of it by its fields have none."""
    name = f"_{of.__module__}.{of.__name__}"

    @wraps(of)
    def found_or_made(arch: Architecture) -> _T:
        found: _T | None = arch.__dict__.get(name)
        if found is None:
            found = arch.__dict__[name] = of(arch)
        return found

    return found_or_made
