"""The lessons that are shipped: whole in both languages, and each can be played."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from shipped_resources import RESOURCES

from core.catalogue.texts import Text
from core.lessons.lesson import Lesson
from core.lessons.reader import read_heading, read_lesson
from core.lessons.stage import Stage

LESSONS = sorted((RESOURCES / "lessons").glob("*.yaml"))


def texts(part: Any) -> Iterator[Text]:
    if isinstance(part, Text):
        yield part
    elif isinstance(part, BaseModel):
        for _, value in part:
            yield from texts(value)
    elif isinstance(part, tuple):
        for value in part:
            yield from texts(value)


@pytest.fixture(scope="session")
def shipped(stage: Stage) -> dict[str, Lesson]:
    return {path.name: read_lesson(path.read_bytes(), path.name, stage) for path in LESSONS}


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_string_is_in_both_languages(shipped: dict[str, Lesson], path: Path):
    found = list(texts(shipped[path.name]))
    assert len(found) > 10
    assert [text.root for text in found if text.languages != {"en", "zh"}] == []
    for text in found:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text.root["zh"]) or text.root["zh"] == text.root["en"]
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in text.root["en"])


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_both_languages_tell_the_same_figures(shipped: dict[str, Lesson], path: Path):
    import re

    for text in texts(shipped[path.name]):
        english, chinese = (sorted(re.findall(r"\{[^}]*\}|\]\([a-z0-9_]+\)", text.root[language])) for language in ("en", "zh"))
        assert english == chinese, text.root["en"]


def test_ids_are_told_apart_and_headings_agree(shipped: dict[str, Lesson]):
    ids = [lesson.id for lesson in shipped.values()]
    assert len(set(ids)) == len(ids) >= 9
    for path in LESSONS:
        assert read_heading(path.read_bytes(), path.name).id == shipped[path.name].id


def test_every_lesson_has_something_to_do_and_most_a_guess(shipped: dict[str, Lesson]):
    assert all(any(step.do or step.predict for step in lesson.steps) for lesson in shipped.values())
    assert sum(any(step.predict for step in lesson.steps) for lesson in shipped.values()) >= 5


def test_the_example_in_the_manual_is_a_lesson(stage: Stage):
    manual = (RESOURCES.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    start = manual.index("    format: fitting-room lesson")
    block = manual[start : manual.index("\n\n", start)]
    lesson = read_lesson("\n".join(line[4:] for line in block.split("\n")).encode(), "CONTRIBUTING.md", stage)
    assert lesson.id == "half-the-bits"
