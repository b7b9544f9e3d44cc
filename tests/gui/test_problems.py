"""What nobody foresaw: said calmly once, written down, and the scenario kept."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from gui.problems import MAX_LOG_BYTES, ProblemLog, Problems


@pytest.fixture
def log(tmp_path: Path) -> ProblemLog:
    return ProblemLog(tmp_path / "state")


@pytest.fixture
def problems(room: Any, log: ProblemLog) -> Iterator[Problems]:
    """Of the real window, given what is wrong by hand: sys.excepthook belongs to pytest-qt here."""
    problems = Problems(room.window, log, room.controller.save, room.window.show_message)
    yield problems
    if problems.dialog is not None:
        problems.dialog.reject()


def go_wrong(problems: Problems, what: str = "a figure is none") -> None:
    try:
        raise ValueError(what)
    except ValueError:
        problems.take(*sys.exc_info())  # type: ignore[arg-type]


def test_it_is_said_written_and_the_scenario_kept(problems: Problems, log: ProblemLog, room: Any, state: Path) -> None:
    room.set(batch_size=7)
    assert not state.exists()
    go_wrong(problems)
    assert '"batch_size": 7' in state.read_text() or '"batch_size":7' in state.read_text()
    dialog = problems.dialog
    assert dialog is not None
    assert dialog.isVisible()
    assert "Your scenario is kept" in dialog.findChild(QLabel, "problem_said").text()
    details = dialog.findChild(QPlainTextEdit, "problem_details").toPlainText()
    assert details.startswith("fitting-room ")
    assert details.endswith("ValueError: a figure is none\n")
    assert details in log.path.read_text(encoding="utf-8")
    room.bot.mouseClick(dialog.findChild(QPushButton, "problem_copy"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == details
    dialog.accept()
    assert problems.dialog is None
    room.set(batch_size=8)  # the window goes on


def test_what_comes_back_is_not_told_at_length_again(problems: Problems, log: ProblemLog, room: Any) -> None:
    for _ in range(3):
        go_wrong(problems)
    assert problems.dialog is not None
    problems.dialog.accept()
    size = log.path.stat().st_size
    go_wrong(problems)
    assert problems.dialog is None
    assert str(log.path) in room.message
    assert log.path.stat().st_size == size


def test_a_flood_is_bounded(problems: Problems, log: ProblemLog) -> None:
    for number in range(100):
        go_wrong(problems, f"{number}")
    assert log.path.read_text(encoding="utf-8").count("ValueError: ") == 20


def test_from_another_thread(problems: Problems, qtbot: QtBot) -> None:
    thread = threading.Thread(target=go_wrong, args=(problems,))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: problems.dialog is not None)


def test_what_keeps_the_scenario_may_be_what_is_broken(room: Any, log: ProblemLog) -> None:
    def broken() -> None:
        raise OSError("no disk")

    problems = Problems(room.window, log, broken, room.window.show_message)
    go_wrong(problems)
    assert problems.dialog is not None
    problems.dialog.reject()


def test_the_log_is_bounded(log: ProblemLog) -> None:
    for _ in range(40):
        assert log.write("x" * (MAX_LOG_BYTES // 10) + "\udcff")  # half a character, too
    sizes = [path.stat().st_size for path in log.path.parent.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= MAX_LOG_BYTES


def test_a_log_that_cannot_be_written(tmp_path: Path, room: Any) -> None:
    (tmp_path / "file").touch()
    log = ProblemLog(tmp_path / "file" / "state")
    assert not log.write("x")
    problems = Problems(room.window, log, room.controller.save, room.window.show_message)
    go_wrong(problems)
    assert problems.dialog is not None
    assert str(log.path) not in " ".join(label.text() for label in problems.dialog.findChildren(QLabel))
    problems.dialog.reject()


class Button(QObject):
    pressed = Signal()


def test_slots_events_and_threads_are_watched(
    problems: Problems, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As run_window sets it up."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr("gui.problems.faulthandler", SimpleNamespace(enable=lambda file: file.close()))  # pytest has its own
    problems.watch()

    def slot() -> None:
        raise RuntimeError("in a slot")

    button = Button()
    button.pressed.connect(slot)
    QTimer.singleShot(0, button.pressed.emit)
    qtbot.waitUntil(lambda: problems.dialog is not None)
    assert "RuntimeError: in a slot" in capsys.readouterr().err


def test_ctrl_c_is_no_problem(problems: Problems, monkeypatch: pytest.MonkeyPatch) -> None:
    quits: list[Callable[[], None]] = []
    monkeypatch.setattr("gui.problems.QGuiApplication.quit", lambda: quits.append(go_wrong))
    problems.take(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert quits
    assert problems.dialog is None
