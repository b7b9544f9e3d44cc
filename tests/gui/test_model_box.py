from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QToolButton

from core.catalogue.models import find_model
from core.memory import architecture_from_parameter_count
from gui.model_box import ModelBox

# Said by the offscreen platform when the completer opens its popup.
pytestmark = pytest.mark.qt_log_ignore(r"^This plugin does not support (raise\(\)|grabbing the keyboard)$")

DEFAULT = "Llama-2-7b-hf"


@pytest.fixture
def box(room: Any) -> ModelBox:
    return room.find(ModelBox, "model")


@pytest.fixture
def text_box(room: Any, box: ModelBox) -> QLineEdit:
    """With the focus and the text selected, as Ctrl+M leaves it."""
    room.press_key(Qt.Key.Key_M)
    assert box.text_box.hasFocus()
    assert box.text_box.selectedText() == DEFAULT
    return box.text_box


@pytest.fixture
def another(models: Any) -> str:
    """A name of the catalogue that is not on screen, and that none other contains."""
    names = [model.architecture.name for model in models]
    return next(name for name in names if name != DEFAULT and sum(name.casefold() in other.casefold() for other in names) == 1)


def test_it_lists_the_catalogue(box: ModelBox, models: Any) -> None:
    assert [box.itemText(row) for row in range(box.count())] == [model.architecture.name for model in models]
    assert box.currentText() == DEFAULT


def test_a_whole_name_and_enter(room: Any, box: ModelBox, text_box: QLineEdit, another: str) -> None:
    with room.change():
        room.bot.keyClicks(text_box, another)
        room.bot.keyClick(text_box, Qt.Key.Key_Return)
    assert room.scenario.architecture.name == box.currentText() == another


def test_a_part_of_a_name_is_completed(room: Any, box: ModelBox, text_box: QLineEdit, another: str) -> None:
    part = another[2:].upper()
    room.bot.keyClicks(text_box, part)
    popup = box.completer().popup()
    assert popup.isVisible()
    offered = [popup.model().index(row, 0).data() for row in range(popup.model().rowCount())]
    assert another in offered
    assert all(part.casefold() in name.casefold() for name in offered)
    with room.change():
        for _ in range(1 + offered.index(another)):
            room.bot.keyClick(popup, Qt.Key.Key_Down)
        room.bot.keyClick(popup, Qt.Key.Key_Return)
    assert room.scenario.architecture.name == box.currentText() == another


@pytest.mark.parametrize("leave", [Qt.Key.Key_Return, Qt.Key.Key_Tab])
def test_a_part_that_one_name_has_is_enough(room: Any, box: ModelBox, text_box: QLineEdit, another: str, leave: Qt.Key) -> None:
    room.bot.keyClicks(text_box, another[1:].upper())
    box.completer().popup().hide()
    with room.change():
        room.bot.keyClick(text_box, leave)
    assert room.scenario.architecture.name == box.currentText() == another


def test_arrows_pick_the_neighbour(room: Any, box: ModelBox, models: Any) -> None:
    box.setFocus()
    with room.change():
        room.bot.keyClick(box, Qt.Key.Key_Down)
    assert room.scenario.architecture == models[1].architecture
    assert box.currentText() == models[1].architecture.name


@pytest.mark.parametrize("leave", [Qt.Key.Key_Return, Qt.Key.Key_Tab])
@pytest.mark.parametrize("nonsense", ["no such model", "", "7", "x" * 500])
def test_nonsense_gives_way_to_the_model_shown(room: Any, box: ModelBox, text_box: QLineEdit, nonsense: str, leave: Qt.Key) -> None:
    before = room.scenario
    room.bot.keyClick(text_box, Qt.Key.Key_Delete)
    room.bot.keyClicks(text_box, nonsense)
    box.completer().popup().hide()
    room.bot.keyClick(text_box, leave)
    assert box.currentText() == DEFAULT
    assert room.scenario is before


def test_a_name_that_no_model_has_is_answered_with_those_that_come_near(room: Any, box: ModelBox, text_box: QLineEdit) -> None:
    room.bot.keyClicks(text_box, "Llama-9")
    box.completer().popup().hide()
    room.bot.keyClick(text_box, Qt.Key.Key_Return)
    assert "Llama-9" in room.message
    assert "llama-7b" in room.message
    assert room.scenario.architecture.name == DEFAULT


def test_undo_names_the_old_model_again(room: Any, box: ModelBox, text_box: QLineEdit, another: str) -> None:
    with room.change():
        room.bot.keyClicks(text_box, another)
        room.bot.keyClick(text_box, Qt.Key.Key_Return)
    room.track("context").setFocus()
    with room.change():
        room.press_key(Qt.Key.Key_Z)
    assert box.currentText() == DEFAULT


def test_moving_the_size_leaves_the_preset_and_undo_returns_to_it(room: Any, box: ModelBox) -> None:
    preset = room.scenario.architecture
    track = room.track("parameters")
    track.setFocus()
    with room.change():
        room.bot.keyClick(track, Qt.Key.Key_Right)
    assert box.currentText() == "custom size"
    assert room.scenario.architecture.name == ""
    with room.change():
        room.press_key(Qt.Key.Key_Z)
    assert box.currentText() == DEFAULT
    assert room.scenario.architecture == preset


def test_the_preset_left_can_be_picked_again(room: Any, box: ModelBox) -> None:
    with room.change():
        room.enter("parameters", "70b")
    assert box.currentText() == "custom size"
    room.press_key(Qt.Key.Key_M)
    with room.change():
        room.bot.keyClicks(box.text_box, DEFAULT)
        room.bot.keyClick(box.text_box, Qt.Key.Key_Return)
    assert room.scenario.architecture.name == box.currentText() == DEFAULT


def test_a_double_click_on_the_caption_returns_to_the_example(room: Any, box: ModelBox, models: Any) -> None:
    room.set(architecture=models[-1].architecture)
    with room.change():
        room.double_click_caption("Model")
    assert box.currentText() == DEFAULT


def offered(box: ModelBox) -> list[str]:
    popup = box.completer().popup()
    return [popup.model().index(row, 0).data() for row in range(popup.model().rowCount())]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("llama 70b", "Llama-3.1-70B"),
        ("google 27B", "gemma-2-27b"),
        ("phi", "phi-4"),
        ("deepseek r1 distilled", "DeepSeek-R1-Distill-Qwen-7B"),
    ],
)
def test_words_of_name_family_and_size_find_models(room: Any, box: ModelBox, text_box: QLineEdit, typed: str, found: str) -> None:
    room.bot.keyClicks(text_box, typed)
    names = offered(box)
    assert found in names
    assert len(names) < 20


def test_what_was_picked_comes_first_next_time(room: Any, box: ModelBox, text_box: QLineEdit, another: str) -> None:
    with room.change():
        room.bot.keyClicks(text_box, another)
        room.bot.keyClick(text_box, Qt.Key.Key_Return)
    assert box.itemText(0) == another
    assert box.currentText() == another
    room.window.theme_toggled.emit()
    assert room.find(ModelBox, "model").itemText(0) == another


def test_a_favourite_stays_at_the_head_until_it_is_none(room: Any, box: ModelBox) -> None:
    star = room.find(QToolButton, "favourite_model")
    assert not star.isChecked()
    star.click()
    assert (box.itemText(0), box.currentText(), star.text()) == (DEFAULT, DEFAULT, "★")
    room.set(architecture=architecture_from_parameter_count(5 * 10**9))
    assert not star.isEnabled()
    room.set(architecture=find_model(room.window._catalogue.models, DEFAULT).architecture)
    star.click()
    assert not star.isChecked()
    assert room.controller._preferences.favourite_models == []


def test_a_long_name_is_seen_from_its_beginning(room: Any, box: ModelBox, text_box: QLineEdit, models: Any) -> None:
    longest = max(models, key=lambda model: len(model.short_name))
    box.render_architecture(longest.architecture)
    assert text_box.cursorPosition() == 0
    assert box.toolTip() == longest.short_name
