"""Scenarios kept to compare with, saved, shared and opened again."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QInputDialog, QLabel, QPushButton, QTableView

from core.memory import Scenario, Task
from core.scenario_file import Comparison, comparison_text, is_share_text, read_comparison, share_text


def pin(room: Any) -> None:
    with room.bot.waitSignal(room.controller.pins.changed):
        room.press_key(Qt.Key.Key_D)


def open_compare(room: Any) -> Any:
    explorer = room.window.explorer
    explorer.tabs.setCurrentIndex(explorer.pages.index(explorer.compare))
    room.settle()
    return explorer.compare


def cells(room: Any) -> dict[str, list[str]]:
    model = room.find(QTableView, "compare_table").model()
    columns = range(model.columnCount())
    vertical = Qt.Orientation.Vertical
    return {
        str(model.headerData(row, vertical)): [str(model.index(row, column).data()).replace("\u00a0", " ") for column in columns]
        for row in range(model.rowCount())
    }


def test_a_pin_stays_while_the_scenario_moves_on(room: Any) -> None:
    before = room.scenario
    pin(room)
    room.set(weights="int8")
    assert room.controller.pins.scenarios == (before,)
    open_compare(room)
    shown = cells(room)
    assert shown["Weights as"] == ["int8", "bf16"]
    assert shown["Peak"] == ["9.5 GiB", "15.4 GiB (+5.9)"]
    assert shown["KV cache"] == ["2.0 GiB", "2.0 GiB (=)"]
    assert shown["RTX 4090"] == ["Fits", "Fits"]


def test_pins_are_rows_of_the_chart(room: Any) -> None:
    rows = len(room.window.chart._overlay._shown.rows)
    pin(room)
    room.set(weights="int4")
    labels = [row.labels[0].replace("\u00a0", " ") for row in room.window.chart._overlay._shown.rows]
    assert len(labels) == rows + 1
    assert labels[-1] == "15.4 GiB (+8.9 GiB)"


def test_nine_are_the_most(room: Any) -> None:
    for _ in range(9):
        pin(room)
    room.press_key(Qt.Key.Key_D)
    assert len(room.controller.pins.scenarios) == 9
    assert room.message.startswith("Nine scenarios are pinned already")
    open_compare(room)
    assert len(cells(room)["Peak"]) == 10


def test_restore_swap_and_unpin(room: Any) -> None:
    first = room.scenario
    pin(room)
    room.set(weights="int8")
    second = room.scenario
    page = open_compare(room)
    assert page.view.selectionModel().selectedIndexes()[0].column() == 1
    with room.change():
        room.find(QPushButton, "compare_swap").click()
    assert (room.scenario, room.controller.pins.scenarios) == (first, (second,))
    with room.change():
        room.find(QPushButton, "compare_restore").click()
    assert (room.scenario, room.controller.pins.scenarios) == (second, (second,))
    with room.change():
        room.store.undo()
    assert room.scenario == first
    room.find(QPushButton, "compare_remove").click()
    assert room.controller.pins.scenarios == ()
    assert room.find(QLabel, "compare_hint").isVisible()
    assert not room.find(QPushButton, "compare_remove").isVisible()


def test_a_pin_can_be_named(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(room)
    open_compare(room)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("  baseline ", True))
    room.find(QPushButton, "compare_rename").click()
    assert room.controller.pins.scenarios[0].name == "baseline"
    assert cells(room)["Name"] == ["–", "baseline"]
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("other", False))
    room.find(QPushButton, "compare_rename").click()
    assert room.controller.pins.scenarios[0].name == "baseline"


def test_what_is_on_screen_can_be_named(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(room)
    page = open_compare(room)
    page.view.selectColumn(0)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("mine", True))
    with room.change():
        room.find(QPushButton, "compare_rename").click()
    assert room.scenario.name == "mine"


def test_pins_survive_a_restart(open_room: Any, state: Path) -> None:
    first = open_room()
    pin(first)
    first.set(task=Task.TRAINING)
    pin(first)
    pinned = first.controller.pins.scenarios
    first.window.close()
    assert read_comparison(state) == Comparison(current=first.scenario, pinned=pinned)
    assert open_room().controller.pins.scenarios == pinned


class TestSaving:
    def save(self, room: Any, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
        room.press_key(Qt.Key.Key_S)

    def test_what_was_saved_opens_again_with_its_pins(self, room: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pin(room)
        room.set(weights="int4", name="显存")
        saved, pinned = room.scenario, room.controller.pins.scenarios
        path = tmp_path / "a 显存.fitroom.json"
        self.save(room, path, monkeypatch)
        assert room.message == f"Saved to {path}."
        room.controller.pins.replace(())
        room.set(batch_size=7)
        with room.change():
            room.window.opener.open(path)
        assert room.scenario == saved
        assert room.controller.pins.scenarios == pinned

    def test_a_name_without_a_suffix_gets_one(self, room: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.save(room, tmp_path / "plan", monkeypatch)
        assert read_comparison(tmp_path / "plan.fitroom.json").current == room.scenario

    def test_a_place_that_refuses_is_told_and_nothing_is_lost(self, room: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "file").write_text("")
        before = room.scenario
        self.save(room, tmp_path / "file" / "x.json", monkeypatch)
        assert room.message.startswith("Nothing was saved to ")
        assert room.scenario == before

    def test_cancelling_saves_nothing(self, room: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
        room.press_key(Qt.Key.Key_S)
        assert list(tmp_path.glob("*.json")) == []
        assert room.message == ""

    def test_the_suggested_name_is_that_of_the_model_and_plain(self, room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (asked.append(given[2]), ("", ""))[1])
        room.press_key(Qt.Key.Key_S)
        room.set(name="../../etc/plan: 1?")
        room.press_key(Qt.Key.Key_S)
        assert asked == ["Llama-2-7b-hf.fitroom.json", "etc-plan-1.fitroom.json"]

    def test_a_comparison_that_is_dropped_brings_its_pins(self, room: Any, tmp_path: Path) -> None:
        path = tmp_path / "c.fitroom.json"
        other = room.scenario.evolve(batch_size=5)
        path.write_bytes(comparison_text(Comparison(current=other, pinned=(room.scenario,))))
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        QGuiApplication.clipboard().setMimeData(data)
        with room.change():
            room.press_key(Qt.Key.Key_V)
        QGuiApplication.clipboard().clear()
        assert room.scenario == other
        assert len(room.controller.pins.scenarios) == 1


class TestRecentFiles:
    def menu(self, room: Any) -> list[str]:
        menu = room.window.actions_made["open"].menu()
        menu.aboutToShow.emit()
        return [action.text() for action in menu.actions()]

    def test_what_was_saved_or_opened_is_a_menu_of_the_open_button(self, room: Any, open_room: Any, tmp_path: Path) -> None:
        assert self.menu(room) == ["Nothing was opened or saved yet"]
        for name in ("a", "b & c", "a"):
            room.window.saver.save(tmp_path / f"{name}.fitroom.json")
        assert self.menu(room) == ["a.fitroom.json", "b && c.fitroom.json"]
        room.set(batch_size=9)
        with room.change():
            room.window.actions_made["open"].menu().actions()[1].trigger()
        assert room.scenario.batch_size == 1
        assert self.menu(open_room()) == ["b && c.fitroom.json", "a.fitroom.json"]

    def test_no_more_than_eight_are_kept_and_a_missing_one_is_told(self, room: Any, tmp_path: Path) -> None:
        for number in range(10):
            room.window.saver.save(tmp_path / f"{number}.fitroom.json")
        assert len(self.menu(room)) == 8
        (tmp_path / "9.fitroom.json").unlink()
        room.window.actions_made["open"].menu().actions()[0].trigger()
        assert "could not be opened" in room.message


class TestSharing:
    def test_a_short_text_brings_the_same_scenario(self, room: Any) -> None:
        room.set(task=Task.TRAINING, method="lora", batch_size=3, name="课堂")
        shared = room.scenario
        room.press_key(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        text = QGuiApplication.clipboard().text()
        assert is_share_text(text)
        assert len(text) < 600
        room.set(batch_size=1)
        with room.change():
            room.press_key(Qt.Key.Key_V)
        QGuiApplication.clipboard().clear()
        assert room.scenario == shared

    def test_a_text_that_was_cut_is_told(self, room: Any) -> None:
        before: Scenario = room.scenario
        QGuiApplication.clipboard().setText(share_text(before.evolve(batch_size=9))[:-20])
        room.press_key(Qt.Key.Key_V)
        QGuiApplication.clipboard().clear()
        assert "cut or changed" in room.message
        assert room.scenario == before
