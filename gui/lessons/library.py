"""The lessons there are: those that are shipped, in order, and those that somebody opened."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from core.lessons.lesson import Lesson
from core.lessons.problems import LessonError, LessonProblem
from core.lessons.reader import Heading, read_heading, read_lesson
from core.lessons.stage import Stage
from core.small_file import SmallFileError, read_small_file


class Shelved(NamedTuple):
    """One of the list: its file, and what the list says of it."""

    path: Path
    heading: Heading


class Library:
    """Reads lessons from ``folder``, when they are asked for."""

    def __init__(self, folder: Path, stage: Stage) -> None:
        self._folder, self._stage = folder, stage
        self._shelf: list[Shelved] | None = None

    @property
    def shelf(self) -> list[Shelved]:
        """In the order of the files' names; a shipped file that cannot be read is left out, and its test fails."""
        if self._shelf is None:
            self._shelf = list(self._found())
        return self._shelf

    def _found(self) -> Iterator[Shelved]:
        for path in sorted(self._folder.glob("*.yaml")):
            try:
                yield Shelved(path, read_heading(_data(path), str(path)))
            except LessonError:
                continue

    def read(self, path: Path) -> Lesson:
        """Raises LessonError. A lesson of somebody's own is on the list from then on, until the window closes."""
        lesson = read_lesson(_data(path), str(path), self._stage)
        if path not in [shelved.path for shelved in self.shelf]:
            self.shelf.append(Shelved(path, Heading(lesson.id, lesson.title, lesson.about)))
        return lesson

    def path_of(self, lesson_id: str) -> Path | None:
        return next((shelved.path for shelved in self.shelf if shelved.heading.id == lesson_id), None)


def _data(path: Path) -> bytes:
    try:
        return read_small_file(path)
    except SmallFileError as error:
        raise LessonError(str(path), 1, LessonProblem.NOT_YAML, str(error)) from error
