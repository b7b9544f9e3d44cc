"""What follows a frame: in slices, dropped for the next change, and never starved by a drag."""

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from core.memory import Component
from gui.after_frame import SHOWN, AfterFrame


@pytest.fixture
def after(qtbot: QtBot) -> Iterator[AfterFrame]:
    parent = QObject()
    yield AfterFrame(parent)
    parent.deleteLater()


def work(log: list[str], name: str, steps: int, shown: int | None = None) -> Iterator[object]:
    for step in range(steps):
        log.append(f"{name}{step}")
        yield SHOWN if step == shown else None


def test_the_next_change_drops_what_is_left(after: AfterFrame, qtbot: QtBot) -> None:
    log: list[str] = []
    after.start(work(log, "a", 1000))
    after.start(work(log, "b", 3))
    with qtbot.waitSignal(after.done):
        assert after.busy
    assert log == ["b0", "b1", "b2"]
    assert not after.busy


def test_amid_a_drag_what_has_begun_is_finished_and_the_latest_follows(after: AfterFrame, qtbot: QtBot) -> None:
    log: list[str] = []
    after.start(work(log, "a", 3), in_turn=True)
    after.start(work(log, "b", 3), in_turn=True)
    after.start(work(log, "c", 3), in_turn=True)
    with qtbot.waitSignal(after.done):
        pass
    assert log == ["a0", "a1", "a2", "c0", "c1", "c2"]


def test_what_only_refines_is_left_out_for_the_latest(after: AfterFrame, qtbot: QtBot) -> None:
    log: list[str] = []
    after.start(work(log, "a", 1000, shown=1), in_turn=True)
    after.start(work(log, "b", 2), in_turn=True)
    with qtbot.waitSignal(after.done):
        pass
    assert log == ["a0", "a1", "b0", "b1"]


def test_the_end_of_a_drag_waits_for_nothing(after: AfterFrame, qtbot: QtBot) -> None:
    log: list[str] = []
    after.start(work(log, "a", 1000), in_turn=True)
    after.start(work(log, "b", 1000), in_turn=True)
    after.start(work(log, "c", 1))
    with qtbot.waitSignal(after.done):
        pass
    assert log == ["c0"]


def test_a_frame_that_is_due_goes_first(qtbot: QtBot) -> None:
    parent, log = QObject(), []
    waits = iter([True, True, False])
    after = AfterFrame(parent, lambda: next(waits, False))
    after.start(work(log, "a", 1))
    with qtbot.waitSignal(after.done):
        pass
    assert log == ["a0"]
    assert next(waits, None) is None, "it was asked before each slice"
    parent.deleteLater()


def test_what_is_dropped_comes_no_more(after: AfterFrame, qtbot: QtBot) -> None:
    log: list[str] = []
    after.start(work(log, "a", 3), in_turn=True)
    after.start(work(log, "b", 3), in_turn=True)
    after.drop()
    assert not after.busy
    after.start(work(log, "c", 1))
    with qtbot.waitSignal(after.done):
        pass
    assert log == ["c0"]


@pytest.mark.parametrize("name", ["curve", "map", "explain"])
def test_the_open_tab_and_the_fit_zones_follow_a_drag_that_never_rests(room: Any, name: str) -> None:
    """A change every 5 ms, which is faster than any screen: what is shown must not stand still until the hand does."""
    explorer = room.window.explorer
    page = getattr(explorer, name)
    explorer.tabs.setCurrentIndex(explorer.pages.index(page))
    room.settle()
    seen = []

    def shown() -> object:
        found = page._drawn.here if name != "explain" else page.text.toPlainText()
        return found, room.track("batch").toolTip()

    hand = QTimer()
    hand.setInterval(5)
    hand.timeout.connect(lambda: room.store.dispatch(context_length=room.scenario.context_length + 64))
    explorer.explain.show_component(Component.KV_CACHE)
    room.store.begin_gesture()
    hand.start()
    start = shown()
    room.bot.waitUntil(lambda: shown()[0] != start[0])
    seen.append(shown())
    room.bot.waitUntil(lambda: shown()[0] != seen[0][0])
    assert room.store.in_gesture
    hand.stop()
    room.store.end_gesture()
    room.settle()


def test_offers_of_a_drag_cannot_be_taken_for_what_it_has_become(room: Any) -> None:
    room.set(gpu="RTX 4070")
    room.settle()
    advice = room.window.verdict.advice
    room.store.begin_gesture()
    with room.change():
        room.store.dispatch(context_length=5000)
    with room.change():
        room.store.dispatch(context_length=6000)
    room.bot.waitUntil(lambda: not room.window.after_frame.busy)
    assert not advice._stale  # the latest came last
    room.store.end_gesture()
    room.settle()
    before = room.scenario
    advice._take(advice._offers[0])
    assert room.scenario != before
