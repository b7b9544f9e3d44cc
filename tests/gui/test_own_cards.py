"""Cards of one's own, and what the user knows better of known ones."""

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QPushButton, QTableView, QToolButton

from core.machine import MachineCard, Reading
from gui.card_dialog import CardDialog
from gui.own_cards import OwnCards

GIB = 2**30


def with_dialog(room, act) -> None:
    """Press the button, and ``act`` on the dialog that comes up."""

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, CardDialog)
        act(dialog)

    QTimer.singleShot(0, answer)
    room.find(QToolButton, "edit_card").click()


def fill(name: str | None, memory: float, usable: float):
    def act(dialog: CardDialog) -> None:
        if name is not None:
            dialog.name_box.setText(name)
        dialog.memory_box.setValue(memory)
        dialog.usable_box.setValue(usable)
        dialog.accept()

    return act


def fit(room, name: str):
    return room.window.gpu_picker.table.fit_of(name)


def test_a_card_of_ones_own_is_listed_chosen_and_kept(room):
    with room.change():
        with_dialog(room, fill("My 4090 48GB", 48, 47))
    assert room.scenario.gpu == "My 4090 48GB"
    assert fit(room, "My 4090 48GB").usable_bytes == 47 * GIB
    model = room.find(QTableView, "gpu_list").model()
    assert "My 4090 48GB" in [model.index(row, 0).data() for row in range(model.rowCount())]
    again = OwnCards(room.window._catalogue.gpus, room.controller._preferences)
    assert again.is_own("My 4090 48GB")
    assert again.gpus()[0].memory_bytes == 48 * GIB


def test_usable_memory_of_a_known_card_is_editable_and_comes_back(room):
    name, before = room.scenario.gpu, fit(room, room.scenario.gpu).usable_bytes
    with_dialog(room, fill(None, 24, 20))
    assert fit(room, name).usable_bytes == 20 * GIB
    assert sum(gpu.name == name for gpu in room.window._cards.gpus()) == 1
    with_dialog(room, lambda dialog: dialog.findChild(QPushButton, "forget_card").click())
    assert fit(room, name).usable_bytes == before


def test_nothing_without_a_name_and_no_more_usable_than_there_is(room):
    def act(dialog: CardDialog) -> None:
        dialog.name_box.setText("  ")
        assert not dialog.buttons.button(dialog.buttons.StandardButton.Save).isEnabled()
        dialog.memory_box.setValue(8)
        dialog.usable_box.setValue(80)
        assert dialog.values[1:] == (8 * GIB, 8 * GIB)
        dialog.reject()

    cards = room.window._cards.gpus()
    with_dialog(room, act)
    assert room.window._cards.gpus() == cards


@pytest.mark.parametrize("broken", ["", "{", "[1]", '[{"name": "a"}]', "null"])
def test_settings_that_are_broken_are_none(room, broken):
    room.controller._preferences.own_cards = broken
    assert OwnCards(room.window._catalogue.gpus, room.controller._preferences).gpus() == room.window._catalogue.gpus


def test_editing_a_card_of_this_machine_is_about_its_kind(room):
    room.window.show_machine(Reading((MachineCard("NVIDIA GeForce RTX 4090", "NVIDIA", 24 * GIB, 23 * GIB, 9 * GIB),)))
    room.set(gpu="RTX 4090 #0")
    with_dialog(room, fill(None, 24, 22))
    assert fit(room, "RTX 4090").usable_bytes == 22 * GIB
    assert fit(room, "RTX 4090 #0").usable_bytes == 14 * GIB
