"""Picking a card in the window, by mouse and by keys."""

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QCheckBox, QLineEdit

from gui.gpu_table import Column
from gui.text_widths import TextWidths
from gui.theme import font

CTRL = Qt.KeyboardModifier.ControlModifier


def current(room: Any) -> str:
    """The card that is marked in the list; empty for none."""
    view, table = room.window.gpu_picker.list_view, room.window.gpu_picker.table
    rows = view.selectionModel().selectedRows()
    gpu = table.gpu_at(rows[0].row()) if rows else None
    return gpu.name if gpu is not None else ""


def shown(room: Any) -> list[str]:
    table = room.window.gpu_picker.table
    return [str(table.index(row, Column.NAME).data()) for row in range(table.rowCount())]


def marked_rect(room: Any) -> QRect:
    view, table = room.window.gpu_picker.list_view, room.window.gpu_picker.table
    return view.visualRect(table.index(table.row_of(room.scenario.gpu), Column.NAME))


@pytest.fixture
def filter_box(room: Any) -> QLineEdit:
    return room.find(QLineEdit, "gpu_filter")


@pytest.fixture
def only_fitting(room: Any) -> QCheckBox:
    return room.find(QCheckBox, "gpu_only_fitting")


def test_the_chosen_card_is_marked_from_the_start(room: Any) -> None:
    assert current(room) == room.scenario.gpu == "RTX 4090"


def test_by_mouse(room: Any) -> None:
    assert "RTX 4090" in room.verdict
    with room.change():
        room.click_gpu("RTX 4070")
    assert room.scenario.gpu == current(room) == "RTX 4070"
    assert "RTX 4070" in room.verdict
    assert "RTX 4090" not in room.verdict


def test_by_keys(room: Any) -> None:
    view = room.window.gpu_picker.list_view
    view.setFocus()
    names = shown(room)
    here = names.index("RTX 4090")
    with room.change():
        room.bot.keyClick(view, Qt.Key.Key_Down)
    assert room.scenario.gpu == names[here + 1]
    with room.change():
        room.bot.keyClick(view, Qt.Key.Key_End, CTRL)
    assert room.scenario.gpu == current(room) == names[-1]
    with room.change():
        room.bot.keyClick(view, Qt.Key.Key_Up)
    assert room.scenario.gpu == names[-2]


def test_undo_moves_the_mark_back(room: Any) -> None:
    with room.change():
        room.click_gpu("RTX A6000")
    with room.change():
        room.press_key(Qt.Key.Key_Z)
    assert room.scenario.gpu == current(room) == "RTX 4090"


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_typing_a_filter_and_taking_what_is_left(room: Any, filter_box: QLineEdit, key: Qt.Key) -> None:
    """Ctrl+F, a name, Tab to the list, Enter: no mouse needed, and nothing is picked on the way."""
    room.press_key(Qt.Key.Key_F)
    assert filter_box.hasFocus()
    room.bot.keyClicks(filter_box, "a6000")
    assert shown(room) == ["RTX A6000"]
    assert room.scenario.gpu == "RTX 4090"
    view = room.window.gpu_picker.list_view
    while not view.hasFocus():
        room.bot.keyClick(room.window.focusWidget(), Qt.Key.Key_Tab)
    assert room.scenario.gpu == "RTX 4090", "reaching the list is not picking a card"
    with room.change():
        room.bot.keyClick(view, key)
    assert room.scenario.gpu == current(room) == "RTX A6000"


def test_a_filtered_card_stays_chosen_and_is_marked_again(room: Any, filter_box: QLineEdit) -> None:
    filter_box.setFocus()
    room.bot.keyClicks(filter_box, "a6000")
    assert current(room) == ""
    assert room.scenario.gpu == "RTX 4090"
    filter_box.selectAll()
    room.bot.keyClick(filter_box, Qt.Key.Key_Delete)
    assert current(room) == "RTX 4090"
    assert room.window.gpu_picker.list_view.viewport().rect().contains(marked_rect(room))


def test_nonsense_in_the_filter_shows_none(room: Any, filter_box: QLineEdit) -> None:
    filter_box.setFocus()
    room.bot.keyClicks(filter_box, "no such card [(*")
    assert shown(room) == []
    assert room.scenario.gpu == "RTX 4090"
    assert "RTX 4090" in room.verdict


def test_only_those_that_fit(room: Any, only_fitting: QCheckBox) -> None:
    everything = shown(room)
    only_fitting.setFocus()
    room.bot.keyClick(only_fitting, Qt.Key.Key_Space)
    assert "RTX 4090" in shown(room)
    assert "RTX 4070" not in shown(room)
    room.set(batch_size=4096)
    assert "RTX 4090" not in shown(room)
    assert current(room) == ""
    assert room.scenario.gpu == "RTX 4090"
    room.set(batch_size=1)
    assert current(room) == "RTX 4090"
    room.bot.mouseClick(only_fitting, Qt.MouseButton.LeftButton, pos=QPoint(8, only_fitting.height() // 2))
    assert shown(room) == everything


@pytest.mark.parametrize("column", Column)
def test_a_click_on_a_heading_sorts(room: Any, column: Column) -> None:
    room.window.resize(1800, 900)  # room for all of them
    picker = room.window.gpu_picker
    header = picker.list_view.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(column) + header.sectionSize(column) // 2, header.height() // 2)
    room.bot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    once = shown(room)
    room.bot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert sorted(once) == sorted(shown(room))
    assert shown(room) == once[::-1]
    assert current(room) == room.scenario.gpu == "RTX 4090"
    assert picker.list_view.viewport().rect().contains(marked_rect(room))


def test_names_are_not_cut_for_the_sake_of_a_share(room: Any) -> None:
    view = room.window.gpu_picker.list_view
    room.window.resize(1280, 720)
    assert view.isColumnHidden(Column.SHARE)
    room.window.resize(1920, 1080)
    assert not view.isColumnHidden(Column.SHARE)
    room.window.resize(1280, 720)
    assert view.isColumnHidden(Column.SHARE)
    names = TextWidths(font())
    room_px = view.columnWidth(Column.NAME) - round(0.85 * room.window.fontMetrics().height()) - 12
    table = room.window.gpu_picker.table
    cut = [name for name in shown(room) if names(name) > room_px]
    assert len(cut) < 0.03 * table.rowCount()
