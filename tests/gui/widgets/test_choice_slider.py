from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.caption import Caption
from gui.widgets.choice_slider import ChoiceSlider
from gui.widgets.track import TrackSlider

FORMATS = ("int4", "int8", "fp8", "fp16", "bf16", "int32", "fp32", "int64", "fp64")
LOCKED = frozenset({"int4", "int8", "fp8", "int32", "int64"})
REASON = "No framework trains these weights in full."


class Desk:
    """A slider on the screen, with what the user asked for."""

    def __init__(self, shown: Callable[[QWidget], None]) -> None:
        self.slider = ChoiceSlider(object_name="precision", caption="&Precision", choices=FORMATS)
        self.edits: list[object] = []
        self.refusals: list[object] = []
        self.slider.edited.connect(self.edits.append)
        self.slider.refused.connect(self.refusals.append)
        self.track = self.slider.findChild(TrackSlider, "precision.track")
        self.box = self.slider.findChild(QComboBox, "precision.box")
        shown(self.slider)
        self.slider.render_choice("bf16")


@pytest.fixture
def desk(shown: Callable[[QWidget], None]) -> Desk:
    return Desk(shown)


def item_flags(desk: Desk, choice: str) -> tuple[bool, str]:
    index = desk.box.model().index(FORMATS.index(choice), 0)
    return bool(index.flags() & Qt.ItemFlag.ItemIsEnabled), index.data(Qt.ItemDataRole.ToolTipRole) or ""


class TestRender:
    def test_the_choice_is_shown_on_the_track_and_in_the_box(self, desk: Desk) -> None:
        desk.slider.render_choice("fp32")
        assert (FORMATS[desk.track.value()], desk.box.currentText()) == ("fp32", "fp32")
        assert desk.edits == []

    def test_twice_is_once(self, desk: Desk) -> None:
        desk.slider.render_choice("bf16", LOCKED, REASON)
        before = desk.slider.grab().toImage()
        desk.slider.render_choice("bf16", LOCKED, REASON)
        assert desk.slider.grab().toImage() == before
        assert (desk.edits, desk.refusals) == ([], [])

    def test_an_unknown_choice_is_an_error(self, desk: Desk) -> None:
        with pytest.raises(ValueError):
            desk.slider.render_choice("fp12")


class TestChosen:
    def test_by_dragging_as_one_gesture(self, desk: Desk, hand_on: Any) -> None:
        story: list[object] = []
        desk.slider.gestureStarted.connect(lambda: story.append("started"))
        desk.slider.gestureFinished.connect(lambda: story.append("finished"))
        desk.slider.edited.connect(story.append)
        hand_on(desk.track).drag(3, 2)
        assert story == ["started", "fp16", "fp8", "finished"]

    def test_by_keys_and_wheel_one_at_a_time(self, qtbot: QtBot, desk: Desk, hand_on: Any) -> None:
        qtbot.keyClick(desk.track, Qt.Key.Key_Left)
        desk.slider.render_choice("fp16")
        qtbot.keyClick(desk.track, Qt.Key.Key_PageUp)
        desk.slider.render_choice("bf16")
        desk.track.setFocus()
        hand_on(desk.track).wheel(120)
        assert desk.edits == ["fp16", "bf16", "int32"]

    def test_in_the_box(self, qtbot: QtBot, desk: Desk) -> None:
        qtbot.keyClick(desk.box, Qt.Key.Key_Down)
        assert desk.edits == ["int32"]

    def test_by_typing_its_name_in_the_box(self, qtbot: QtBot, desk: Desk) -> None:
        qtbot.keyClicks(desk.box, "fp64")
        assert desk.edits[-1] == "fp64"


class TestLocked:
    @pytest.fixture(autouse=True)
    def _locked(self, desk: Desk) -> None:
        desk.slider.render_choice("bf16", LOCKED, REASON)

    def test_a_drag_stops_at_the_nearest_allowed_and_says_what_was_wanted(self, desk: Desk, hand_on: Any) -> None:
        hand_on(desk.track).drag(3, 2, 1)
        assert desk.edits == ["fp16"]
        assert desk.refusals == ["fp8", "int8"]
        assert FORMATS[desk.track.value()] == "fp16"

    def test_keys_step_over_them_on_the_track_and_in_the_box(self, qtbot: QtBot, desk: Desk) -> None:
        qtbot.keyClick(desk.track, Qt.Key.Key_Right)
        desk.slider.render_choice("fp32", LOCKED, REASON)
        qtbot.keyClick(desk.box, Qt.Key.Key_Down)
        assert desk.edits == ["fp32", "fp64"]

    def test_a_key_that_finds_only_locked_choices_says_so(self, qtbot: QtBot, desk: Desk) -> None:
        desk.slider.render_choice("fp16", LOCKED, REASON)
        qtbot.keyClick(desk.track, Qt.Key.Key_Left)
        assert desk.refusals == ["fp8"]
        assert desk.edits == []

    def test_their_items_are_disabled_with_the_reason(self, desk: Desk) -> None:
        assert item_flags(desk, "int4") == (False, REASON)
        assert item_flags(desk, "fp32") == (True, "")
        desk.slider.render_choice("bf16")
        assert item_flags(desk, "int4") == (True, "")

    def test_one_that_is_chosen_all_the_same_is_refused_and_the_true_choice_comes_back(self, desk: Desk) -> None:
        desk.box.setCurrentIndex(0)  # as a screen reader may
        desk.track.setValue(1)
        assert desk.refusals == ["int4", "int8"]
        assert desk.edits == []
        assert (FORMATS[desk.track.value()], desk.box.currentText()) == ("bf16", "bf16")

    def test_they_look_different(self, desk: Desk) -> None:
        locked = desk.track.grab().toImage()
        desk.slider.render_choice("bf16")
        assert desk.track.grab().toImage() != locked

    def test_a_screen_reader_hears_which_and_why(self, desk: Desk) -> None:
        assert desk.track.accessibleName() == desk.box.accessibleName() == "Precision"
        assert desk.track.accessibleDescription() == f"bf16. Not available: int4, int8, fp8, int32, int64. {REASON}"


def test_the_wheel_over_the_box_scrolls_the_panel_unless_it_has_the_focus(desk: Desk) -> None:
    at = QPointF(desk.box.rect().center())

    def turn() -> bool:
        modifiers, buttons, phase = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(at, desk.box.mapToGlobal(at), QPoint(), QPoint(0, -120), buttons, modifiers, phase, False)
        event.accept()
        QApplication.sendEvent(desk.box, event)
        return event.isAccepted()

    desk.track.setFocus()
    assert not turn()
    assert desk.edits == []
    desk.box.setFocus()
    assert turn()
    assert desk.edits == ["int32"]


def test_a_double_click_on_the_caption_asks_for_the_default(qtbot: QtBot, desk: Desk) -> None:
    with qtbot.waitSignal(desk.slider.resetRequested):
        qtbot.mouseDClick(desk.slider.findChild(Caption), Qt.MouseButton.LeftButton)


def test_it_is_freed(freed: Any) -> None:
    assert freed(lambda: ChoiceSlider(object_name="precision", caption="&Precision", choices=FORMATS))


def test_a_new_caption_is_a_new_name(desk: Desk) -> None:
    desk.slider.setCaption("精度(&P)")
    assert desk.track.accessibleName() == desk.box.accessibleName() == "精度"
