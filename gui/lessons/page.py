"""What the lesson panel shows, as plain values."""

from dataclasses import dataclass
from enum import Enum, auto

from core.lessons.lesson import Picture
from core.memory import Format


class Asked(Enum):
    """What a step wants next."""

    NOTHING = auto()
    ACTION = auto()
    GUESS = auto()
    DONE = auto()
    """It was done, or guessed."""


@dataclass(frozen=True, slots=True)
class Page:
    """One step of a lesson, its texts as rich text."""

    lesson: str
    number: int
    count: int
    title: str
    text: str
    picture: Picture | None
    weights: Format
    """For the picture: what the weights are stored in now."""
    asked: Asked
    request: str
    """What to do, or the question."""
    then: str
    guess_bounds: tuple[int, int]
    """In GiB."""

    @property
    def last(self) -> bool:
        return self.number + 1 == self.count


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list of lessons."""

    id: str
    title: str
    about: str
    finished: bool
    step: int
    """Where it was left; 0 when it was never begun."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The list of lessons; ``greeting`` for who sees the window for the first time."""

    greeting: bool
    entries: tuple[Entry, ...]
