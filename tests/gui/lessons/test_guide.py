"""Taking a lesson: by hand, on another day, wrongly, or not at all."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lesson_room import LESSONS, Pupil
from lesson_text import LESSON
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QAccessible, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QApplication, QLabel, QLineEdit, QPushButton, QWidget

from core.memory import Format
from gui.lessons.page import Asked
from gui.lessons.panel import LessonPanel
from gui.lessons.progress import Progress, progress_text, read_progress

Open = Callable[..., Any]


@pytest.fixture
def half(tmp_path: Path) -> Path:
    path = tmp_path / "half.yaml"
    path.write_text(LESSON, encoding="utf-8")
    return path


def drag_to_int8(pupil: Pupil) -> None:
    room = pupil.room
    room.press_handle("precision")
    room.drag_to("precision", 1)


def test_the_learner_drags_the_real_slider(pupil: Pupil, half: Path) -> None:
    pupil.open(half)
    room = pupil.room
    assert pupil.asked is Asked.ACTION
    drag_to_int8(pupil)
    room.bot.waitUntil(lambda: room.scenario.weights is Format.INT8)
    room.settle()
    assert pupil.asked is Asked.ACTION, "amid the drag nothing is judged"
    with room.change():
        room.release("precision")
    room.bot.waitUntil(lambda: pupil.asked is Asked.DONE)
    assert "52%" in room.find(QLabel, "lesson_then").text()


def test_a_wrong_move_is_no_answer_and_the_text_follows_it(pupil: Pupil, half: Path) -> None:
    pupil.open(half)
    pupil.room.set(weights=Format.FP32)
    pupil.settle()
    assert pupil.asked is Asked.ACTION
    assert "25.1" in pupil.room.find(QLabel, "lesson_text").text()


def test_what_was_done_stays_done(pupil: Pupil, half: Path) -> None:
    pupil.open(half)
    pupil.answer()
    pupil.room.set(weights=Format.BF16)
    pupil.settle()
    assert pupil.asked is Asked.DONE
    assert "100%" in pupil.room.find(QLabel, "lesson_then").text()
    pupil.press("lesson_again")
    pupil.room.bot.waitUntil(lambda: pupil.guide.page is not None and pupil.asked is Asked.ACTION)


def test_setting_the_scene_is_undone_like_any_change(pupil: Pupil, half: Path) -> None:
    room = pupil.room
    room.set(weights=Format.INT4, batch_size=7)
    mine = room.scenario
    pupil.open(half)
    assert room.scenario != mine
    with room.change():
        room.press_key(Qt.Key.Key_Z)
    assert room.scenario == mine


def test_leaving_puts_ones_own_scenario_back(pupil: Pupil, half: Path) -> None:
    room = pupil.room
    room.set(weights=Format.INT4, batch_size=7)
    mine = room.scenario
    pupil.open(half)
    pupil.answer()
    pupil.press("lesson_close")
    assert room.scenario == mine
    assert pupil.panel.isHidden()
    assert not room.window.tour._outline.isVisible()


def test_steps_are_skipped_repeated_and_gone_back_to(pupil: Pupil) -> None:
    pupil.open(LESSONS[0])
    pupil.press("lesson_next")
    pupil.room.bot.waitUntil(lambda: pupil.guide.page is not None and pupil.guide.page.number == 1)
    assert pupil.asked is Asked.ACTION
    assert pupil.room.find(QPushButton, "lesson_next").text() == "Skip"
    pupil.press("lesson_show_me")
    pupil.room.bot.waitUntil(lambda: pupil.asked is Asked.DONE)
    assert pupil.room.find(QPushButton, "lesson_next").text() == "Next"
    pupil.press("lesson_back")
    pupil.room.bot.waitUntil(lambda: pupil.guide.page is not None and pupil.guide.page.number == 0)


def test_it_goes_on_where_it_was_left(pupil: Pupil) -> None:
    pupil.open(LESSONS[0])
    pupil.next()
    pupil.next()
    pupil.press("lesson_contents")
    assert "step 3" in pupil.room.find(QPushButton, "lesson_what-a-parameter-weighs").text()
    pupil.press("lesson_what-a-parameter-weighs")
    assert pupil.guide.page.number == 2


def test_a_window_closed_amid_a_lesson_opens_amid_it(open_room: Open, first_lesson: Path) -> None:
    room = open_room()
    room.set(batch_size=7)
    mine = room.scenario
    pupil = Pupil(room)
    pupil.open(first_lesson)
    pupil.next()
    room.window.close()
    again = Pupil(open_room())
    again.settle()
    assert again.guide.page.number == 1
    again.press("lesson_close")
    assert again.room.scenario == mine


def test_a_lesson_that_is_gone_at_the_next_start_gives_the_scenario_back(open_room: Open, half: Path) -> None:
    room = open_room()
    room.set(batch_size=7)
    mine = room.scenario
    Pupil(room).open(half)
    room.window.close()
    half.unlink()
    again = open_room()
    assert again.window.tour.guide.step is None
    assert again.scenario == mine


@pytest.mark.parametrize("text", ["", "{", "[]", '{"step": {"a": -1}}', '{"greeted": "perhaps"}', "null", '{"before": 7}'])
def test_broken_progress_is_forgotten(text: str) -> None:
    assert read_progress(text) == Progress()


def test_progress_survives_a_start() -> None:
    progress = Progress(step={"a": 3}, finished={"b"}, before="x", open="/y", greeted=True)
    assert read_progress(progress_text(progress)) == progress


# ---- By whatever means


def test_a_lesson_is_dropped_on_the_window(pupil: Pupil, half: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(half))])
    place, buttons, keys = QPoint(9, 9), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    over = QDragEnterEvent(place, Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(pupil.room.window, over)
    assert over.isAccepted()
    dropped = QDropEvent(QPointF(place), Qt.DropAction.CopyAction, data, buttons, keys, QEvent.Type.Drop)
    QApplication.sendEvent(pupil.room.window, dropped)
    pupil.settle()
    assert pupil.room.find(QLabel, "lesson_title").text() == "Narrower"


def test_a_broken_lesson_is_told_by_its_line_with_what_to_do(pupil: Pupil, half: Path) -> None:
    half.write_text(LESSON.replace("control: precision", "control: [precision"), encoding="utf-8")
    pupil.room.window.opener.open(half)
    assert pupil.room.message.startswith("half.yaml, line 10: this is no YAML")
    half.write_text(LESSON.replace("weights: bf16}", "weights: int8, task: training}"), encoding="utf-8")
    pupil.room.window.opener.open(half)
    assert pupil.room.message.startswith("half.yaml, line 10: no real run is like this. No real framework fully trains")
    assert pupil.guide.step is None


def test_another_language_and_theme_in_the_midst_of_a_step(pupil: Pupil, half: Path) -> None:
    pupil.open(half)
    pupil.answer()
    pupil.room.press_key(Qt.Key.Key_L)
    pupil.settle()
    assert pupil.room.find(QLabel, "lesson_title").text() == "更窄"
    assert pupil.asked is Asked.DONE
    pupil.room.bot.waitUntil(pupil.room.window.tour._outline.isVisible)


def test_a_guess_is_typed_and_revealed(pupil: Pupil) -> None:
    pupil.open(LESSONS[0])
    while pupil.guide.step.predict is None:
        pupil.next()
    room = pupil.room
    assert pupil.asked is Asked.GUESS
    before = room.scenario
    box = room.find(QLineEdit, "guess.box")
    box.selectAll()
    room.bot.keyClicks(box, "140\r")
    assert room.scenario == before, "nothing is given away"
    room.find(QAbstractButton, "lesson_reveal").click()
    room.bot.waitUntil(lambda: pupil.asked is Asked.DONE)
    pupil.settle()
    assert "140" in room.find(QLabel, "lesson_then").text()
    assert "131" in room.find(QLabel, "lesson_then").text()


def test_ctrl_return_is_the_next_step(pupil: Pupil) -> None:
    pupil.open(LESSONS[0])
    pupil.room.press_key(Qt.Key.Key_Return)
    pupil.room.bot.waitUntil(lambda: pupil.guide.page is not None and pupil.guide.page.number == 1)


# ---- The first start


def test_a_newcomer_is_greeted_once_beside_a_living_example(open_room: Open, settings: QSettings) -> None:
    settings.remove("lessons")
    room = open_room()
    panel = room.window.findChild(LessonPanel)
    assert panel.isVisible()
    assert room.find(QLabel, "lesson_title").text() == "New here?"
    assert room.verdict.startswith("Fits")
    assert len([button for button in panel.findChildren(QPushButton) if button.isVisibleTo(panel)]) == len(LESSONS)
    room.window.close()
    assert not open_room().window.findChild(LessonPanel).isVisible()


def test_a_lesson_is_an_argument_of_the_command(half: Path, tmp_path: Path) -> None:
    picture = tmp_path / "window.png"
    command = [sys.executable, "-m", "gui", str(half), "--smoke-test", str(picture)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).resolve().parents[3], timeout=60)
    assert (done.returncode, done.stderr.replace("This plugin does not support propagateSizeHints()\n", "")) == (0, "")
    assert picture.stat().st_size > 10_000


def test_a_lesson_as_text_says_what_to_do(pupil: Pupil) -> None:
    QGuiApplication.clipboard().setText(LESSON)
    pupil.room.window.opener.paste()
    assert "save it as a .yaml file" in pupil.room.message


# ---- Without a mouse, and without eyes


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_panel_is_used_by_keys_and_heard(open_room: Open, settings: QSettings, language: str) -> None:
    settings.setValue("language", language)
    pupil = Pupil(open_room())
    pupil.open(LESSONS[0])
    while pupil.guide.step.predict is None:
        pupil.next()
    panel, room = pupil.panel, pupil.room
    kinds = (QAbstractButton, QAbstractSlider, QLineEdit)
    controls = {part for kind in kinds for part in panel.findChildren(kind) if part.isVisibleTo(panel) and part.isEnabled()}
    assert len(controls) >= 8
    spoken = {part: QAccessible.queryAccessibleInterface(part).text(QAccessible.Text.Name) for part in controls}
    assert [part.objectName() for part, name in spoken.items() if not name.strip() or name in "☰✕"] == []
    first = room.find(QAbstractButton, "lesson_contents")
    first.setFocus()
    passed: set[QWidget] = set()
    while (here := QApplication.focusWidget()) is not None and panel.isAncestorOf(here) and here not in passed:
        passed.add(here)
        room.bot.keyClick(here, Qt.Key.Key_Tab)
    assert controls <= passed


def test_a_step_is_announced_when_it_begins_and_when_it_is_done(pupil: Pupil, half: Path) -> None:
    said: list[str] = []
    pupil.guide.announced.connect(said.append)
    pupil.open(half)
    pupil.answer()
    assert said == ["Narrower They take 12.6 GiB. Drag to int8.", "52% of it."]


def test_nothing_takes_the_focus_from_the_slider(pupil: Pupil, half: Path) -> None:
    track = pupil.room.track("precision")
    track.setFocus()
    pupil.open(half)
    for _ in range(2):  # by fp16 to fp8
        with pupil.room.change():
            pupil.room.bot.keyClick(track, Qt.Key.Key_Left)
    pupil.room.bot.waitUntil(lambda: pupil.asked is Asked.DONE)
    assert QApplication.focusWidget() is track


def test_where_the_list_of_cards_is_folded_the_lesson_is_above_the_verdict(pupil: Pupil, half: Path) -> None:
    room = pupil.room
    room.window.resize(1280, 720)
    pupil.open(half)
    for _ in range(4):
        room.press_key(Qt.Key.Key_Plus)
    pupil.settle()
    panel, verdict = pupil.panel, room.window.verdict
    assert room.window.gpu_picker.isHidden()
    assert panel.isVisible()
    room.bot.waitUntil(lambda: panel.mapTo(room.window, panel.rect().bottomLeft()).y() <= verdict.mapTo(room.window, QPoint()).y())
    assert panel.width() > room.window.width() - 20
    room.press_key(Qt.Key.Key_0)
    pupil.settle()
    assert pupil.panel.width() < room.window.width() / 2


def test_a_lesson_goes_on_before_an_audience_and_afterwards(pupil: Pupil, half: Path) -> None:
    pupil.open(half)
    for _there_and_back in range(2):
        pupil.room.press_key(Qt.Key.Key_F11, Qt.KeyboardModifier.NoModifier)
        pupil.settle()
        pupil.room.bot.waitUntil(pupil.panel.isVisible)
        pupil.room.bot.waitUntil(pupil.room.window.tour._outline.isVisible)
