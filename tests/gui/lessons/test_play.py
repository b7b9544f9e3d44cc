"""Every shipped lesson, played from its first step to its last in the real window."""

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lesson_room import LESSONS, Pupil
from PySide6.QtCore import QPoint, QRect, QSettings
from PySide6.QtWidgets import QLabel, QWidget

from gui.lessons.page import Asked
from gui.lessons.tour import _PARTS

Open = Callable[..., Any]


def plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text)).replace("\u00a0", " ")


def in_window(room: Any, widget: QWidget) -> QRect:
    return QRect(widget.mapTo(room.window, QPoint()), widget.size())


def check_step(pupil: Pupil) -> None:
    """Nothing is cut, covered or left open."""
    room, panel, page = pupil.room, pupil.panel, pupil.guide.page
    place = (page.lesson, page.number, page.asked)
    scroll = panel._scroll
    room.bot.waitUntil(lambda: scroll.widget().height() <= scroll.viewport().height())  # nothing is scrolled away
    shown = [label for label in panel.findChildren(QLabel) if label.isVisibleTo(panel) and label.wordWrap()]
    assert all(label.height() >= label.heightForWidth(label.width()) for label in shown), place
    parts = [room.window.chart, room.window.verdict, room.window.headline]
    outline = room.window.tour._outline
    control = pupil.guide.step.control
    assert outline.isVisible() == (control is not None), place
    if control is not None:
        found = [part for name in _PARTS[control] for part in room.window.findChildren(QWidget, name) if part.isVisibleTo(room.window)]
        assert found, place
        ring = outline.geometry()
        assert any(ring.contains(in_window(room, part).center()) for part in found), place
        parts += [part for part in found if not panel.isAncestorOf(part)]
    assert not [part for part in parts if in_window(room, part).intersects(in_window(room, panel)) and part.isVisibleTo(room.window)], place
    for text in (page.text, page.request, page.then):
        assert "—" not in plain(text) or page.lesson == "", (place, text)
        assert not re.search(r"[{}]|\*\*|\]\(", plain(text)), (place, text)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_played_to_its_end(open_room: Open, settings: QSettings, path: Path, language: str) -> None:
    settings.setValue("language", language)
    room = open_room()
    room.window.resize(1280, 720)
    mine = room.scenario.evolve(batch_size=3)
    room.set(batch_size=3)
    pupil = Pupil(room)
    pupil.open(path)
    asked = 0
    while True:
        check_step(pupil)
        if pupil.asked in (Asked.ACTION, Asked.GUESS):
            asked += 1
            pupil.answer()
            assert plain(pupil.guide.page.then)
            check_step(pupil)
        if pupil.guide.page.last:
            break
        pupil.next()
    assert asked >= 1
    pupil.guide.next()
    contents = pupil.guide.contents
    assert contents is not None
    assert [entry.finished for entry in contents.entries].count(True) == 1
    assert room.scenario == mine, "what was on the screen before comes back"


#: What the article says, and in which lesson it is told; each is a figure that the product computed.
OF_THE_ARTICLE = {
    "01": ["3.725 GiB", "26.077 GiB"],
    "02": ["35.0 GB"],
    "06": ["6.5 GiB", "77 GB"],
    "07": ["7 GB", "14 GB", "990 MB", "4,096 + 11,008", "0.99 GB", "77.5 GB", "52", "79.5 GB", "80.5 GB"],
}


@pytest.mark.parametrize("number", OF_THE_ARTICLE)
def test_figures_of_the_article_are_computed(pupil: Pupil, number: str) -> None:
    pupil.open(next(path for path in LESSONS if path.name.startswith(number)))
    told = ""
    while pupil.guide.step is not None:
        if pupil.asked in (Asked.ACTION, Asked.GUESS):
            told += plain(pupil.guide.page.text)
            pupil.answer()
        told += plain(pupil.guide.page.text + pupil.guide.page.then)
        if pupil.guide.page.last:
            break
        pupil.next()
    assert [figure for figure in OF_THE_ARTICLE[number] if figure not in told] == []
    source = next(path for path in LESSONS if path.name.startswith(number)).read_text()
    assert [figure for figure in ("3.725", "26.077", "77.5", "6.5 GiB", "990", "0.99") if figure in source] == [], "written by hand"
