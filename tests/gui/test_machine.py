"""The cards of this machine in the window."""

import threading

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QCheckBox, QLabel, QTableView

from core.machine import MachineCard, MachineProblem, Process, Reading
from gui.machine_watch import MachineWatch

GIB = 2**30


def card(used: int = 3 * GIB, name: str = "NVIDIA GeForce RTX 4090", total: int = 24 * GIB) -> MachineCard:
    return MachineCard(name, "NVIDIA", total, total - GIB // 2, used, (Process(7, "python3", used),))


def shown(room) -> list[str]:
    model = room.find(QTableView, "gpu_list").model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_the_cards_here_are_the_first_rows_and_judged_by_what_is_free(room):
    room.window.show_machine(Reading((card(), card(name="NVIDIA H100 80GB HBM3", total=80 * GIB))))
    assert shown(room)[0] == "Here: RTX 4090"
    assert shown(room)[1].startswith("Here: H100")
    assert "2 GPUs" in room.text("machine_text")
    table = room.window.gpu_picker.table
    assert table.fit_of("RTX 4090 #0").usable_bytes == 41 * GIB // 2
    with room.change():
        room.window.gpu_picker.picked.emit("RTX 4090 #0")
    assert room.scenario.gpu == "RTX 4090 #0"
    assert "RTX 4090 #0" in room.verdict
    room.find(QCheckBox, "machine_free_only").click()
    assert table.fit_of("RTX 4090 #0").usable_bytes == 47 * GIB // 2


def test_what_others_take_turns_the_verdict_at_once(room):
    room.window.show_machine(Reading((card(used=0),)))
    room.set(gpu="RTX 4090 #0", context_length=128)
    free = room.window.gpu_picker.table.fit_of("RTX 4090 #0").headroom_bytes
    before = room.verdict
    room.window.show_machine(Reading((card(used=23 * GIB),)))
    assert room.window.gpu_picker.table.fit_of("RTX 4090 #0").headroom_bytes == free - 23 * GIB
    assert room.verdict != before
    tip = room.find(QLabel, "machine_text").toolTip()
    assert "python3: 23.0\u00a0GiB" in tip


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (MachineProblem.NO_DRIVER, "No GPU found in this machine"),
        (MachineProblem.DRIVER_FAILS, "This machine’s GPU does not answer"),
        (MachineProblem.CARD_LOST, "This machine’s GPU does not answer"),
    ],
)
def test_no_card_is_told_calmly(room, problem, text):
    before = shown(room)
    room.window.show_machine(Reading((), ((problem, "says the driver"),)))
    assert room.text("machine_text") == text
    assert "says the driver" in room.find(QLabel, "machine_text").toolTip()
    assert shown(room) == before
    assert not room.find(QCheckBox, "machine_free_only").isVisible()


def test_a_card_that_disappears_leaves_the_scenario(room):
    room.window.show_machine(Reading((card(),)))
    room.set(gpu="RTX 4090 #0")
    room.window.show_machine(Reading((), ((MachineProblem.CARD_LOST, "0"),)))
    assert room.scenario.gpu == "RTX 4090 #0"
    assert not any(name.startswith("Here") for name in shown(room))


def test_language_and_unit_are_those_of_the_window(room):
    room.window.show_machine(Reading((card(),)))
    assert room.text("machine_text") == "Here: 3.0\u00a0GiB of 24.0\u00a0GiB in use"
    room.window.unit_toggled.emit()
    assert "GB of 25.8\u00a0GB" in room.text("machine_text")
    room.window.language_toggled.emit()
    assert shown(room)[0] == "本机：RTX 4090"


class Slow:
    """A driver that answers when it is let."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()
        self.threads: list[int] = []

    def read(self) -> Reading:
        self.threads.append(threading.get_ident())
        self.may_answer.wait(5)
        return Reading((card(),))


def test_a_slow_driver_is_waited_for_elsewhere(qtbot, qapp):
    parent, slow = QObject(), Slow()
    watch = MachineWatch(slow, parent)
    with qtbot.waitSignal(watch.read) as answer:
        watch.start()
        qtbot.waitUntil(lambda: bool(slow.threads))
        slow.may_answer.set()
    assert answer.args[0].cards[0].name == "NVIDIA GeForce RTX 4090"
    assert slow.threads[0] != threading.get_ident()
    watch.stop()


def test_the_window_watches_until_it_closes(room):
    slow = Slow()
    slow.may_answer.set()
    room.controller.watch(slow)
    room.bot.waitUntil(lambda: room.text("machine_text") != "")
    room.window.close()
    assert not room.controller._watch.is_watching


def test_cards_alike_are_told_apart_by_number(room):
    room.window.show_machine(Reading((card(), card())))
    assert shown(room)[:2] == ["Here: RTX 4090 #0", "Here: RTX 4090 #1"]


def test_a_driver_that_hangs_does_not_keep_the_window_open(qtbot, qapp, monkeypatch):
    parent, slow = QObject(), Slow()
    watch = MachineWatch(slow, parent)
    monkeypatch.setattr(watch._thread, "join", lambda timeout: None)  # whatever it waits, it does not end
    watch.start()
    qtbot.waitUntil(lambda: bool(slow.threads))
    with qtbot.assertNotEmitted(watch.read):
        watch.stop()
        assert watch.is_watching
        assert watch._thread.daemon
        slow.may_answer.set()
        qtbot.waitUntil(lambda: not watch.is_watching)


def test_a_reading_amid_a_drag_waits_for_the_next(room):
    room.window.show_machine(Reading((card(),)))
    room.set(gpu="RTX 4090 #0")
    before = fit = room.window.gpu_picker.table.fit_of("RTX 4090 #0")
    room.store.begin_gesture()
    room.window.show_machine(Reading((card(used=9 * GIB),)))
    assert room.window.gpu_picker.table.fit_of("RTX 4090 #0") == before
    with room.change():
        room.store.end_gesture()
    room.window.show_machine(Reading((card(used=9 * GIB),)))
    assert room.window.gpu_picker.table.fit_of("RTX 4090 #0").usable_bytes == fit.usable_bytes - 6 * GIB


def test_a_name_is_looked_up_once(room, monkeypatch):
    asked = []
    monkeypatch.setattr("gui.machine_cards.find_reported", lambda cards, name, total: asked.append(name))
    for used in range(3):
        room.window.show_machine(Reading((card(used=used * GIB, name="Strange"),)))
    assert asked == ["Strange"]
    assert shown(room)[0] == "Here: Strange"


def test_a_chosen_card_that_disappears_is_named(room):
    both = (card(), card(name="NVIDIA H100 80GB HBM3", total=80 * GIB))
    room.window.show_machine(Reading(both))
    with room.change():
        room.window.gpu_picker.picked.emit("RTX 4090 #0")
    room.window.show_machine(Reading(both[1:], ((MachineProblem.CARD_LOST, "0: GPU is lost"),)))
    assert room.verdict == "RTX 4090 #0 is not in the list now. Pick a GPU to see whether it fits."
    assert room.text("machine_text").startswith("A GPU does not answer any more")
    room.window.show_machine(Reading(both))
    assert "RTX 4090 #0" in room.verdict, "back again"
    assert room.text("machine_text").startswith("Here: 2 GPUs")
