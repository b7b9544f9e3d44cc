"""How far somebody has come, kept between starts. Whatever stands in the settings is read with suspicion, and forgotten if it is broken."""

from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, MaxLen

from core.memory.edge import from_json, to_json

_MAX_LESSONS = 500


@dataclass(kw_only=True)
class Progress:
    """By a lesson's id."""

    step: Annotated[dict[str, Annotated[int, Ge(0)]], MaxLen(_MAX_LESSONS)] = field(default_factory=dict)
    """The number of the step where it was left."""
    finished: Annotated[set[str], MaxLen(_MAX_LESSONS)] = field(default_factory=set)
    before: Annotated[str, MaxLen(100_000)] = ""
    """The scenario from before the lesson that is open, as a short text; empty when none is."""
    open: Annotated[str, MaxLen(10_000)] = ""
    """The path of that lesson."""
    greeted: bool = False


def read_progress(text: str) -> Progress:
    try:
        return from_json(Progress, text)
    except ValueError:  # pydantic's is one, too
        return Progress()


def progress_text(progress: Progress) -> str:
    return to_json(progress).decode()
