from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QColor, QKeyEvent, QPalette
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.scale import LogScale
from gui.widgets.track import TrackSlider

SCALE = LogScale(1, 4096, ticks_per_octave=12, stops=[2**power for power in range(13)])
RED = QColor("#d02010")


@pytest.fixture
def track(shown: Callable[[QWidget], None]) -> TrackSlider:
    track = TrackSlider(SCALE.positions, page=SCALE.octave, stops=SCALE.stop_ticks)
    shown(track)
    return track


@pytest.fixture
def moves(track: TrackSlider) -> list[int]:
    """The ticks that the user moved to."""
    moves: list[int] = []
    track.userMoved.connect(moves.append)
    return moves


def pixel(track: TrackSlider, x: float) -> QColor:
    return track.grab().toImage().pixelColor(round(x), track.height() // 2)


def has_near(track: TrackSlider, x: float, color: QColor) -> bool:
    """Whether ``color`` is among the pixels around ``x`` on the groove."""
    image = track.grab().toImage()
    middle = track.height() // 2
    return any(
        abs(image.pixelColor(column, row).red() - color.red()) < 40 and abs(image.pixelColor(column, row).green() - color.green()) < 40
        for column in range(round(x) - 5, round(x) + 6)
        for row in range(middle - 4, middle + 5)
    )


def test_showing_a_tick_is_silent(track: TrackSlider, moves: list[int]) -> None:
    track.show_tick(7)
    assert track.value() == 7
    assert moves == []


def test_a_screen_reader_moves_it_like_a_user(track: TrackSlider, moves: list[int]) -> None:
    value = QAccessible.queryAccessibleInterface(track).valueInterface()
    value.setCurrentValue(9)
    assert moves == [9]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (Qt.Key.Key_Right, 17),
        (Qt.Key.Key_Up, 17),
        (Qt.Key.Key_Left, 15),
        (Qt.Key.Key_Down, 15),
        (Qt.Key.Key_PageUp, 32),
        (Qt.Key.Key_PageDown, 8),
        (Qt.Key.Key_Home, 1),
        (Qt.Key.Key_End, 4096),
    ],
)
def test_keys_move_by_a_tick_an_octave_or_to_an_end(qtbot: QtBot, track: TrackSlider, moves: list[int], key: Qt.Key, value: int) -> None:
    track.show_tick(SCALE.to_tick(16))
    qtbot.keyClick(track, key)
    assert [SCALE.to_value(tick) for tick in moves] == [value]


def test_a_page_is_an_octave_where_ticks_are_sparse_and_where_they_are_dense(qtbot: QtBot, track: TrackSlider, moves: list[int]) -> None:
    for _ in range(12):
        qtbot.keyClick(track, Qt.Key.Key_PageUp)
    assert [SCALE.to_value(tick) for tick in moves] == [2**power for power in range(1, 13)]


def test_keys_with_ctrl_are_left_to_the_window(qtbot: QtBot, track: TrackSlider, moves: list[int]) -> None:
    qtbot.keyClick(track, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(track, Qt.Key.Key_A)
    assert moves == []


def test_a_key_without_a_name_is_ignored(track: TrackSlider, moves: list[int]) -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, 0x0FFF_1234, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(track, event)
    assert not event.isAccepted()
    assert moves == []


def test_the_wheel_moves_it_only_with_the_focus(track: TrackSlider, moves: list[int], hand_on: Any) -> None:
    track.show_tick(SCALE.to_tick(256))
    track.clearFocus()
    assert not hand_on(track).wheel(120)
    assert moves == []
    track.setFocus()
    assert hand_on(track).wheel(120)
    assert moves == [SCALE.to_tick(256) + 2]  # an eighth of an octave of twelve ticks, rounded


def test_a_fine_wheel_adds_up(track: TrackSlider, moves: list[int], hand_on: Any) -> None:
    track.setFocus()
    hand = hand_on(track)
    for _ in range(3):
        hand.wheel(40)
    assert moves == [1]
    hand.wheel(-60)
    hand.wheel(-60)
    assert moves == [1, 0]


def test_a_click_on_the_groove_jumps_there_and_drags_from_there(qtbot: QtBot, track: TrackSlider, moves: list[int], hand_on: Any) -> None:
    hand = hand_on(track)
    started, finished = [], []
    track.dragStarted.connect(lambda: started.append(track.value()))
    track.dragFinished.connect(lambda: finished.append(track.value()))
    hand.press(track.tick_x(SCALE.to_tick(64)))
    assert SCALE.to_value(track.value()) == 64
    hand.move(track.tick_x(SCALE.to_tick(1024)))
    assert SCALE.to_value(track.value()) == 1024
    hand.release()
    assert [SCALE.to_value(tick) for tick in moves] == [64, 1024]
    assert (started, finished) == ([0], [SCALE.to_tick(1024)])


def test_taking_the_handle_does_not_move_it(track: TrackSlider, moves: list[int], hand_on: Any) -> None:
    track.show_tick(SCALE.to_tick(64))
    hand = hand_on(track)
    hand.press(track.tick_x(track.value()) + 5)
    hand.release()
    assert moves == []
    hand.press(track.tick_x(track.value()) + 5)
    hand.move(track.tick_x(SCALE.to_tick(128)) + 5)
    hand.release()
    assert [SCALE.to_value(tick) for tick in moves][-1] == 128


def test_moving_without_a_press_does_nothing(track: TrackSlider, moves: list[int], hand_on: Any) -> None:
    hand_on(track).move(track.tick_x(20))
    hand_on(track).release()
    assert moves == []


def test_beyond_the_ends_the_ends_are_meant(track: TrackSlider, hand_on: Any) -> None:
    hand = hand_on(track)
    hand.press(track.width() / 2)
    hand.move(5000)
    assert track.value() == track.maximum()
    hand.move(-5000)
    assert track.value() == 0
    hand.release()


def test_a_drag_snaps_to_a_stop_next_to_it_and_alt_holds_that_off(track: TrackSlider, hand_on: Any) -> None:
    stop = SCALE.to_tick(1024)
    beside = track.tick_x(stop + 1)
    assert beside - track.tick_x(stop) < 2
    hand = hand_on(track)
    hand.press(track.tick_x(0))
    hand.move(beside)
    assert track.value() == stop
    hand.move(beside, Qt.KeyboardModifier.AltModifier)
    assert track.value() == stop + 1
    hand.move(track.tick_x(stop + 2))
    assert track.value() == stop + 2
    hand.release()


def test_snapping_hides_no_tick_that_a_hand_can_aim_at(track: TrackSlider, hand_on: Any) -> None:
    hand = hand_on(track)
    hand.press(track.tick_x(0))
    reached = []
    for tick in range(SCALE.to_tick(9)):
        hand.move(track.tick_x(tick))
        reached.append(track.value())
    hand.release()
    assert reached == list(range(8))


@pytest.mark.parametrize("end", ["hide", "disable"])
def test_a_drag_that_is_cut_short_finishes(track: TrackSlider, hand_on: Any, end: str) -> None:
    finished: list[bool] = []
    track.dragFinished.connect(lambda: finished.append(True))
    hand_on(track).press(track.tick_x(20))
    if end == "hide":
        track.hide()
    else:
        track.setEnabled(False)
    assert finished == [True]
    assert not track.isSliderDown()


class TestLocked:
    LOCKED = frozenset({3, 4, 5, 9})

    @pytest.fixture
    def track(self, shown: Callable[[QWidget], None]) -> TrackSlider:
        track = TrackSlider([tick / 9 for tick in range(10)], page=1 / 9, stops=range(10))
        shown(track)
        track.setLockedTicks(self.LOCKED)
        return track

    def test_a_drag_stops_at_the_nearest_allowed_tick_and_says_once_what_was_wanted(
        self, track: TrackSlider, moves: list[int], hand_on: Any
    ) -> None:
        refused: list[int] = []
        track.refused.connect(refused.append)
        hand_on(track).drag(1, 3, 3, 4, 5)
        assert moves == [1, 2, 6]
        assert refused == [3, 4, 5]

    def test_keys_step_over_locked_ticks(self, qtbot: QtBot, track: TrackSlider, moves: list[int]) -> None:
        track.show_tick(2)
        qtbot.keyClick(track, Qt.Key.Key_Right)
        qtbot.keyClick(track, Qt.Key.Key_PageUp)
        qtbot.keyClick(track, Qt.Key.Key_Left)
        qtbot.keyClick(track, Qt.Key.Key_Left)
        assert moves == [6, 7, 6, 2]

    def test_a_key_with_nowhere_to_go_says_what_was_wanted(self, qtbot: QtBot, track: TrackSlider, moves: list[int]) -> None:
        track.show_tick(8)
        with qtbot.waitSignal(track.refused, check_params_cb=lambda tick: tick == 9):
            qtbot.keyClick(track, Qt.Key.Key_Right)
        assert moves == []

    def test_at_the_very_end_a_key_wants_nothing(self, qtbot: QtBot, track: TrackSlider) -> None:
        with qtbot.assertNotEmitted(track.refused):
            qtbot.keyClick(track, Qt.Key.Key_Left)

    def test_with_everything_locked_nothing_moves(self, qtbot: QtBot, track: TrackSlider, moves: list[int], hand_on: Any) -> None:
        track.setLockedTicks(range(10))
        hand_on(track).drag(5)
        qtbot.keyClick(track, Qt.Key.Key_End)
        assert moves == []


class TestPainted:
    @pytest.fixture
    def track(self, track: TrackSlider) -> TrackSlider:
        palette = QPalette(QColor("white"), QColor("white"))
        palette.setColor(QPalette.ColorRole.WindowText, QColor("black"))
        palette.setColor(QPalette.ColorRole.Highlight, QColor("#0000ff"))
        track.setPalette(palette)
        track.show_tick(SCALE.to_tick(64))
        return track

    def test_the_part_below_the_value_is_filled_with_the_accent(self, track: TrackSlider) -> None:
        assert pixel(track, track.tick_x(SCALE.to_tick(8))) == QColor("#0000ff")
        grey = pixel(track, track.tick_x(SCALE.to_tick(1000)))
        assert grey.red() == grey.blue() > 100

    def test_it_follows_a_new_palette(self, track: TrackSlider) -> None:
        palette = track.palette()
        palette.setColor(QPalette.ColorRole.Highlight, QColor("#ffff00"))
        track.setPalette(palette)
        assert pixel(track, track.tick_x(SCALE.to_tick(8))) == QColor("#ffff00")

    def test_the_track_beyond_the_limit_is_hatched_in_its_colour(self, track: TrackSlider) -> None:
        beyond, within = track.tick_x(SCALE.to_tick(1024)), track.tick_x(SCALE.to_tick(8))
        assert not has_near(track, beyond, RED)
        track.setLimitTick(SCALE.to_tick(256), RED)
        assert has_near(track, beyond, RED)
        assert not has_near(track, within, RED)
        track.setLimitTick(-1, RED)
        assert has_near(track, within, RED)
        track.setLimitTick(None)
        assert not has_near(track, beyond, RED)

    def test_a_limit_at_the_end_hatches_nothing(self, track: TrackSlider) -> None:
        before = track.grab().toImage()
        track.setLimitTick(track.maximum(), RED)
        assert track.grab().toImage() == before

    def test_focus_and_locks_and_the_disabled_state_can_be_seen(self, track: TrackSlider) -> None:
        track.clearFocus()
        looks = [track.grab().toImage()]
        track.setFocus()
        looks.append(track.grab().toImage())
        track.setLockedTicks(range(5))
        looks.append(track.grab().toImage())
        track.setEnabled(False)
        looks.append(track.grab().toImage())
        assert all(first != second for at, first in enumerate(looks) for second in looks[at + 1 :])

    def test_a_larger_font_makes_everything_larger(self, track: TrackSlider) -> None:
        before = track.sizeHint().height()
        font = track.font()
        font.setPointSizeF(font.pointSizeF() * 2)
        track.setFont(font)
        assert track.sizeHint().height() > before * 1.5


def test_it_is_freed(freed: Any) -> None:
    assert freed(lambda: TrackSlider(SCALE.positions, page=SCALE.octave, stops=SCALE.stop_ticks))
