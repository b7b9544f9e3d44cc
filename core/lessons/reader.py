"""Reading a lesson's file: its shape, then whether it can be played."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from core.catalogue.bounded_yaml import Marked, YamlError, parse_marked
from core.catalogue.texts import Text
from core.lessons.condition import checks_of, met
from core.lessons.lesson import Lesson, Step
from core.lessons.problems import LessonError, LessonProblem, PartError
from core.lessons.stage import Stage
from core.lessons.template import NOW, START, parse
from core.memory import Scenario

_STEPS = re.compile(rb"^steps:", re.MULTILINE)


class Heading(NamedTuple):
    """What a list of lessons shows of one."""

    id: str
    title: Text
    about: Text


class _Head(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    title: Text
    about: Text


def read_heading(data: bytes, place: str) -> Heading:
    """Of a lesson that is not read whole yet, since a list of many should not take long. Raises LessonError."""
    steps = _STEPS.search(data)
    marked = _marked(data[: steps.start()] if steps else data, place)
    try:
        head = _Head.model_validate(marked.value)
    except ValidationError as error:
        raise _complaint(error, marked, place) from error
    return Heading(head.id, head.title, head.about)


def read_lesson(data: bytes, place: str, stage: Stage) -> Lesson:
    """The lesson in ``data``, which came from ``place``: every figure known, every scene a run that can be, every answer right. Raises
    LessonError.
    """
    marked = _marked(data, place)
    try:
        lesson = Lesson.model_validate(marked.value)
    except ValidationError as error:
        raise _complaint(error, marked, place) from error
    scenario = stage.example
    for number, step in enumerate(lesson.steps):
        scenario = _Proof(marked, place, stage, ("steps", number)).play(step, scenario)
    return lesson


class _Proof:
    """Plays one step, and tells where it cannot be played."""

    def __init__(self, marked: Marked, place: str, stage: Stage, step: tuple[str | int, ...]) -> None:
        self._marked, self._place, self._stage, self._step = marked, place, stage, step

    def play(self, step: Step, scenario: Scenario) -> Scenario:
        """What is on the screen after ``step``, which found ``scenario`` there."""
        stage = self._stage
        if step.scene is not None:
            with self._at("scene"):
                scenario = stage.scene(step.scene)
        for name, changes in step.others.items():
            with self._at("others", name):
                other(stage, scenario, changes)
        self._prove_texts(step)
        if step.predict is not None:
            with self._at("predict", "reveal"):
                return stage.changed(scenario, step.predict.reveal)
        if step.done is None or step.answer is None:
            return scenario
        with self._at("done"):
            checks = checks_of(step.done)
        with self._at("answer"):
            after = stage.changed(scenario, step.answer)
        start = stage.view(scenario)
        if met(checks, {NOW: start, START: start}):
            raise self._error(LessonProblem.DONE_AT_START, "", "done")
        if not met(checks, {NOW: stage.view(after), START: start}):
            raise self._error(LessonProblem.ANSWER_FAILS, "", "answer")
        return after

    def _prove_texts(self, step: Step) -> None:
        known = frozenset({NOW, START, *step.others})
        texts: dict[tuple[str, ...], Text | None] = {("title",): step.title, ("text",): step.text, ("do",): step.do, ("then",): step.then}
        if step.predict is not None:
            texts["predict", "question"] = step.predict.question
        for place, text in texts.items():
            for language, words in text.root.items() if text is not None else ():
                with self._at(*place, language):
                    parse(words, known)

    @contextmanager
    def _at(self, *part: str) -> Iterator[None]:
        try:
            yield
        except PartError as error:
            raise self._error(error.problem, error.detail, *part) from error

    def _error(self, problem: LessonProblem, detail: str, *part: str) -> LessonError:
        return LessonError(self._place, self._marked.line_of(*self._step, *part), problem, detail)


def other(stage: Stage, scenario: Scenario, changes: Mapping[str, Any]) -> tuple[Scenario, int | None]:
    """A further scenario that a text speaks of, and the usable bytes of its card where it names them. Raises PartError."""
    fields = dict(changes)
    usable = fields.pop("usable_bytes", None)
    if usable is not None and (isinstance(usable, bool) or not isinstance(usable, int) or usable <= 0):
        raise PartError(LessonProblem.WRONG_VALUE, "usable_bytes: a whole number")
    if fields.pop("scene", False):
        return stage.scene(fields), usable
    return stage.changed(scenario, fields), usable


def _marked(data: bytes, place: str) -> Marked:
    try:
        return parse_marked(data)
    except YamlError as error:
        raise LessonError(place, error.line, LessonProblem.NOT_YAML, error.why) from error


def _complaint(error: ValidationError, marked: Marked, place: str) -> LessonError:
    """The one complaint that comes first in the file; a list that lacks what was refused is no complaint of its own."""
    complaints = error.errors(include_url=False, include_input=False, include_context=False)
    innermost = [complaint for complaint in complaints if complaint["type"] != "too_short"]
    first = min(innermost or complaints, key=lambda complaint: marked.line_of(*complaint["loc"]))
    where = first["loc"]
    line = marked.line_of(*where)
    key = str(where[-1])[:60] if where else ""
    match first["type"]:
        case "extra_forbidden":
            return LessonError(place, line, LessonProblem.UNKNOWN_KEY, key)
        case "missing":
            return LessonError(place, line, LessonProblem.MISSING_KEY, key)
        case _:
            named = next((str(part) for part in reversed(where) if isinstance(part, str)), "")
            return LessonError(place, line, LessonProblem.WRONG_VALUE, f"{named[:60]}: {first['msg'].removeprefix('Value error, ')}"[:300])
