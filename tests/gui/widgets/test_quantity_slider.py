from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QFocusEvent, QInputMethodEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from core.quantity import Kind, QuantityError, format_quantity
from gui.widgets.caption import Caption
from gui.widgets.quantity_box import QuantityBox
from gui.widgets.quantity_slider import QuantitySlider
from gui.widgets.scale import LogScale
from gui.widgets.track import TrackSlider

CONTEXT = LogScale(128, 10_000_000, ticks_per_octave=24, stops=[2**power for power in range(7, 24)])
PARAMETERS = LogScale(10**7, 10**13, ticks_per_octave=24, stops=[10**9, 10**12])


def explain(error: QuantityError) -> str:
    return f"{error.problem}: {error.low} to {error.high}"


def make(kind: Kind = Kind.TOKENS, scale: LogScale = CONTEXT, to_text: Callable[[int], str] = str) -> QuantitySlider:
    return QuantitySlider(
        object_name="context",
        caption="Conte&xt",
        scale=scale,
        kind=kind,
        low=scale.low,
        high=scale.high,
        to_text=to_text,
        explain=explain,
    )


class Desk:
    """A slider on the screen beside another control, with what the user asked for."""

    def __init__(self, slider: QuantitySlider) -> None:
        self.slider = slider
        self.window = QWidget()
        self.other = QLineEdit(self.window)
        layout = QVBoxLayout(self.window)
        layout.addWidget(slider)
        layout.addWidget(self.other)
        self.edits: list[object] = []
        slider.edited.connect(self.edits.append)
        self.track = slider.findChild(TrackSlider, "context.track")
        self.box = slider.findChild(QuantityBox, "context.box")
        self.message = slider.findChild(QLabel, "context.message")
        self.caption = slider.findChild(Caption, "context.caption")

    def shows_true_value(self, text: str) -> bool:
        return self.box.text() == text and not self.box.isRefused() and not self.message.isVisible()


@pytest.fixture
def put(shown: Callable[[QWidget], None]) -> Callable[[QuantitySlider], Desk]:
    def put(slider: QuantitySlider) -> Desk:
        desk = Desk(slider)
        shown(desk.window)
        desk.other.setFocus()
        return desk

    return put


@pytest.fixture
def desk(put: Callable[[QuantitySlider], Desk]) -> Desk:
    desk = put(make())
    desk.slider.render_value(4096)
    return desk


def type_into(qtbot: QtBot, desk: Desk, text: str) -> None:
    desk.box.setFocus(Qt.FocusReason.TabFocusReason)
    if text.isascii():
        qtbot.keyClicks(desk.box, text)
    else:  # comes from an input method
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(desk.box, event)


class TestRender:
    def test_it_shows_the_exact_value_even_between_ticks(self, desk: Desk) -> None:
        desk.slider.render_value(5000)
        assert desk.box.text() == "5000"
        assert CONTEXT.to_value(desk.track.value()) != 5000
        assert desk.track.value() == CONTEXT.to_tick(5000)
        assert desk.edits == []

    def test_twice_is_once(self, desk: Desk) -> None:
        before = desk.slider.grab().toImage()
        desk.slider.render_value(4096)
        assert desk.slider.grab().toImage() == before
        assert desk.edits == []

    def test_a_value_off_the_scale_is_still_shown_exactly(self, desk: Desk) -> None:
        desk.slider.render_value(99_000_000)
        assert desk.box.text() == "99000000"
        assert desk.track.value() == CONTEXT.last_tick

    def test_a_long_exact_value_is_not_cut_off(self, put: Any) -> None:
        desk = put(make(Kind.PARAMETERS, PARAMETERS, lambda value: format_quantity(value, Kind.PARAMETERS)))
        desk.slider.render_value(8_030_261_248)
        assert desk.box.width() > desk.box.fontMetrics().horizontalAdvance("8030261248")

    def test_the_box_keeps_its_width_from_tick_to_tick(self, desk: Desk) -> None:
        widths = set()
        for value in CONTEXT.values[::20]:
            desk.slider.render_value(value)
            widths.add(desk.box.width())
        assert len(widths) == 1

    def test_typing_is_not_disturbed_until_the_value_changes(self, qtbot: QtBot, desk: Desk) -> None:
        type_into(qtbot, desk, "12")
        desk.slider.render_value(4096)
        assert desk.box.text() == "12"
        desk.slider.render_value(2048)
        assert desk.shows_true_value("2048")


class TestTyped:
    @pytest.mark.parametrize(("text", "value"), [("8k", 8192), ("5000", 5000), ("1M", 1_048_576), ("１２８", 128), ("10,000", 10_000)])
    def test_enter_applies_a_number_of_tokens(self, qtbot: QtBot, desk: Desk, text: str, value: int) -> None:
        type_into(qtbot, desk, text)
        assert desk.edits == []
        qtbot.keyClick(desk.box, Qt.Key.Key_Return)
        assert desk.edits == [value]
        desk.slider.render_value(value)
        assert desk.shows_true_value(str(value))

    @pytest.mark.parametrize(
        ("text", "value"), [("70亿", 7 * 10**9), ("7b", 7 * 10**9), ("1.5T", 15 * 10**11), ("8030261248", 8_030_261_248)]
    )
    def test_parameter_counts_arrive_whole(self, qtbot: QtBot, put: Any, text: str, value: int) -> None:
        desk = put(make(Kind.PARAMETERS, PARAMETERS))
        desk.slider.render_value(10**9)
        type_into(qtbot, desk, text)
        qtbot.keyClick(desk.box, Qt.Key.Key_Enter)
        assert desk.edits == [value]

    def test_the_value_it_has_already_is_no_change(self, qtbot: QtBot, desk: Desk) -> None:
        type_into(qtbot, desk, "4k")
        qtbot.keyClick(desk.box, Qt.Key.Key_Return)
        assert desk.edits == []
        assert desk.shows_true_value("4096")

    def test_a_shortened_text_that_nobody_touched_is_never_read_back(self, qtbot: QtBot, put: Any) -> None:
        desk = put(make(Kind.PARAMETERS, PARAMETERS, lambda value: f"{value / 1e9:.2f}B"))
        desk.slider.render_value(8_030_261_248)
        type_into(qtbot, desk, "8.03B")
        qtbot.keyClick(desk.box, Qt.Key.Key_Return)
        desk.other.setFocus()
        assert desk.edits == []

    def test_leaving_for_another_control_applies_a_valid_value(self, qtbot: QtBot, desk: Desk) -> None:
        type_into(qtbot, desk, "8k")
        desk.other.setFocus(Qt.FocusReason.TabFocusReason)
        assert desk.edits == [8192]

    def test_leaving_for_another_window_leaves_the_typing_alone(self, qtbot: QtBot, desk: Desk) -> None:
        type_into(qtbot, desk, "8k")
        for kind in (QEvent.Type.FocusOut, QEvent.Type.FocusIn):
            QApplication.sendEvent(desk.box, QFocusEvent(kind, Qt.FocusReason.ActiveWindowFocusReason))
        assert desk.box.text() == "8k"
        assert desk.box.selectedText() == ""
        assert desk.edits == []

    def test_the_focus_selects_everything(self, qtbot: QtBot, desk: Desk) -> None:
        desk.box.setFocus(Qt.FocusReason.TabFocusReason)
        assert desk.box.selectedText() == "4096"
        desk.other.setFocus()
        qtbot.mouseClick(desk.box, Qt.MouseButton.LeftButton)
        assert desk.box.selectedText() == "4096"
        qtbot.mouseClick(desk.box, Qt.MouseButton.LeftButton)
        assert desk.box.selectedText() == ""


class TestRefused:
    @pytest.mark.parametrize(
        ("text", "problem"),
        [("banana", "not_a_number"), ("12 potatoes", "unknown_suffix"), ("127", "too_small"), ("1e9", "too_large"), ("128.5", "not_whole")],
    )
    def test_nonsense_is_refused_in_place_with_the_reason(self, qtbot: QtBot, desk: Desk, text: str, problem: str) -> None:
        type_into(qtbot, desk, text)
        qtbot.keyClick(desk.box, Qt.Key.Key_Return)
        reason = f"{problem}: 128 to 10000000"
        assert desk.box.isRefused()
        assert desk.box.text() == text
        assert desk.message.isVisible()
        assert desk.message.text() == desk.box.toolTip() == desk.box.accessibleDescription() == reason
        assert desk.edits == []

    def test_an_emptied_box_is_refused_too(self, qtbot: QtBot, desk: Desk) -> None:
        desk.box.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.keyClick(desk.box, Qt.Key.Key_Delete)
        qtbot.keyClick(desk.box, Qt.Key.Key_Return)
        assert desk.message.text().startswith("empty")

    def test_the_outline_is_drawn_in_the_colour_given(self, qtbot: QtBot, desk: Desk) -> None:
        desk.slider.setRefusedColor(QColor("#ff00ff"))
        type_into(qtbot, desk, "banana")
        qtbot.keyClick(desk.box, Qt.Key.Key_Return)
        image = desk.box.grab().toImage()
        assert image.pixelColor(image.width() // 2, 0) == QColor("#ff00ff")
        assert image.pixelColor(image.width() // 2, 1) == QColor("#ff00ff")

    @pytest.mark.parametrize("way", ["escape", "leave", "render", "drag"])
    def test_the_true_value_comes_back(self, qtbot: QtBot, desk: Desk, hand_on: Any, way: str) -> None:
        described = desk.box.accessibleDescription()
        height = desk.slider.sizeHint().height()
        type_into(qtbot, desk, "banana")
        qtbot.keyClick(desk.box, Qt.Key.Key_Return)
        true_value = "4096"
        if way == "escape":
            qtbot.keyClick(desk.box, Qt.Key.Key_Escape)
        elif way == "leave":
            desk.other.setFocus()
        else:
            true_value = "1024"
            if way == "drag":
                hand_on(desk.track).drag(CONTEXT.to_tick(1024))
                assert desk.edits == [1024]
            desk.slider.render_value(1024)
        assert desk.shows_true_value(true_value)
        assert desk.box.toolTip() == ""
        assert desk.box.accessibleDescription() == described
        assert desk.slider.sizeHint().height() == height

    def test_unapplied_nonsense_goes_when_the_box_is_left(self, qtbot: QtBot, desk: Desk) -> None:
        type_into(qtbot, desk, "banana")
        desk.other.setFocus()
        assert desk.shows_true_value("4096")
        assert desk.edits == []

    def test_the_mark_goes_as_soon_as_the_text_is_mended(self, qtbot: QtBot, desk: Desk) -> None:
        type_into(qtbot, desk, "8x")
        qtbot.keyClick(desk.box, Qt.Key.Key_Return)
        qtbot.keyClicks(desk.box, "8k")
        assert desk.shows_true_value("8k")
        qtbot.keyClick(desk.box, Qt.Key.Key_Return)
        assert desk.edits == [8192]


class TestKeysOfTheWindow:
    @pytest.fixture
    def fired(self, desk: Desk) -> list[str]:
        fired: list[str] = []
        for key in ("Esc", "Ctrl+Z"):
            shortcut = QShortcut(QKeySequence(key), desk.window)
            shortcut.activated.connect(lambda key=key: fired.append(key))
        return fired

    def test_are_its_own_while_something_is_being_typed(self, qtbot: QtBot, desk: Desk, fired: list[str]) -> None:
        type_into(qtbot, desk, "8k")
        qtbot.keyClick(desk.box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClicks(desk.box, "9")
        qtbot.keyClick(desk.box, Qt.Key.Key_Escape)
        assert fired == []
        assert desk.shows_true_value("4096")

    def test_are_the_windows_otherwise(self, qtbot: QtBot, desk: Desk, fired: list[str]) -> None:
        desk.box.setFocus()
        qtbot.keyClick(desk.box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClick(desk.box, Qt.Key.Key_Escape)
        assert fired == ["Ctrl+Z", "Esc"]


class TestTrack:
    def test_a_drag_is_one_gesture_around_its_values(self, desk: Desk, hand_on: Any) -> None:
        story: list[object] = []
        desk.slider.gestureStarted.connect(lambda: story.append("started"))
        desk.slider.gestureFinished.connect(lambda: story.append("finished"))
        desk.slider.edited.connect(story.append)
        hand_on(desk.track).drag(CONTEXT.to_tick(8192), CONTEXT.to_tick(1024))
        assert story == ["started", 8192, 1024, "finished"]

    def test_values_beyond_32_bits_arrive_whole(self, qtbot: QtBot, put: Any) -> None:
        desk = put(make(Kind.PARAMETERS, PARAMETERS))
        desk.slider.render_value(10**9)
        qtbot.keyClick(desk.track, Qt.Key.Key_End)
        assert desk.edits == [10**13]

    def test_an_arrow_moves_to_the_next_tick_and_the_value_between_is_not_rounded_before(self, qtbot: QtBot, desk: Desk) -> None:
        desk.slider.render_value(5000)
        qtbot.keyClick(desk.track, Qt.Key.Key_Right)
        assert desk.edits == [CONTEXT.to_value(CONTEXT.to_tick(5000) + 1)]

    def test_the_limit_is_put_where_the_last_fitting_value_is(self, desk: Desk) -> None:
        plain = desk.track.grab().toImage()
        desk.slider.setLimit(8192, QColor("red"))
        limited = desk.track.grab().toImage()
        desk.slider.setLimit(8193, QColor("red"))
        assert desk.track.grab().toImage() == limited != plain
        desk.slider.setLimit(None)
        assert desk.track.grab().toImage() == plain


class TestAccess:
    def test_a_double_click_on_the_caption_asks_for_the_default(self, qtbot: QtBot, desk: Desk) -> None:
        with qtbot.waitSignal(desk.slider.resetRequested):
            qtbot.mouseDClick(desk.caption, Qt.MouseButton.LeftButton)

    def test_the_mnemonic_goes_to_the_track_and_tab_on_to_the_box(self, qtbot: QtBot, desk: Desk) -> None:
        qtbot.keyClick(desk.window, Qt.Key.Key_X, Qt.KeyboardModifier.AltModifier)
        assert desk.track.hasFocus()
        qtbot.keyClick(desk.track, Qt.Key.Key_Tab)
        assert desk.box.hasFocus()

    def test_names_and_descriptions_say_what_value_unit_and_range(self, desk: Desk) -> None:
        desk.slider.setHint("tokens")
        assert desk.track.accessibleName() == desk.box.accessibleName() == "Context"
        assert desk.track.accessibleDescription() == "4096 tokens. From 128 to 10000000."
        assert desk.box.accessibleDescription() == "tokens From 128 to 10000000."
        desk.slider.render_value(8192)
        assert desk.track.accessibleDescription().startswith("8192 tokens.")

    @pytest.mark.parametrize(("caption", "name"), [("批量(&B)", "批量"), ("R&&D &costs", "R&D costs"), ("Plain", "Plain")])
    def test_the_mark_of_the_mnemonic_is_not_spoken(self, desk: Desk, caption: str, name: str) -> None:
        desk.slider.setCaption(caption)
        assert desk.track.accessibleName() == name

    def test_the_hint_takes_room_only_when_there_is_one(self, desk: Desk) -> None:
        hint = desk.slider.findChild(QLabel, "context.hint")
        assert not hint.isVisible()
        desk.slider.setHint("tokens")
        assert hint.isVisible()
        desk.slider.setHint("")
        assert not hint.isVisible()

    def test_it_is_three_lines_high(self, desk: Desk) -> None:
        """Caption and box, the track, and a small line under it."""
        assert desk.slider.sizeHint().height() <= 5 * desk.slider.fontMetrics().height()
        assert desk.slider.minimumSizeHint().width() <= 220


def test_it_is_freed(freed: Any) -> None:
    assert freed(make)
