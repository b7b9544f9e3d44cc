"""The cards of the machine, with drivers that work, fail, and are not there."""

import platform
from pathlib import Path

import pynvml
import pytest
from fake_nvml import GIB, Card, FakeNvml, install

from core.machine import Machine, MachineCard, MachineProblem
from core.machine.amd import read_amd
from core.machine.apple import read_apple
from core.machine.nvidia import NvidiaReader


def test_a_card_with_its_processes(monkeypatch):
    install(monkeypatch, FakeNvml(Card()))
    reading = NvidiaReader().read()
    (card,) = reading.cards
    assert (card.name, card.total_bytes, card.usable_bytes, card.used_bytes) == (
        "NVIDIA GeForce RTX 4090",
        24 * GIB,
        47 * GIB // 2,
        3 * GIB,
    )
    assert card.free_bytes == 41 * GIB // 2
    assert [(process.pid, process.name, process.used_bytes) for process in card.processes] == [
        (4712, "python3", 2 * GIB),
        (4711, "python3", GIB),
    ]
    assert reading.problems == ()


def test_a_driver_before_510_counts_what_is_reserved_as_used(monkeypatch):
    fake = install(monkeypatch, FakeNvml(Card()))
    fake.has_second_version = False
    (card,) = NvidiaReader().read().cards
    assert (card.usable_bytes, card.free_bytes) == (24 * GIB, 41 * GIB // 2)


def test_figures_that_the_driver_keeps_to_itself(monkeypatch):
    fake = install(monkeypatch, FakeNvml(Card(processes=[(1, None)])))
    fake.program = b""
    (card,) = NvidiaReader().read().cards
    assert card.processes[0].used_bytes is None
    assert card.processes[0].name == ""


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, MachineProblem.NO_DRIVER),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, MachineProblem.NO_DRIVER),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, MachineProblem.DRIVER_FAILS),
        (pynvml.NVML_ERROR_UNKNOWN, MachineProblem.DRIVER_FAILS),
    ],
)
def test_a_driver_that_fails_is_told_and_asked_again(monkeypatch, code, problem):
    fake = install(monkeypatch, FakeNvml(Card()))
    fake.fails_with = code
    reader = NvidiaReader()
    reading = reader.read()
    assert reading.cards == ()
    assert [kind for kind, _ in reading.problems] == [problem]
    fake.fails_with = 0
    assert len(reader.read().cards) == 1


def test_a_card_that_disappears_leaves_the_others(monkeypatch):
    fake = install(monkeypatch, FakeNvml(Card(), Card("NVIDIA H100 80GB HBM3", 80 * GIB)))
    reader = NvidiaReader()
    assert len(reader.read().cards) == 2
    fake.cards[0].fails_with = pynvml.NVML_ERROR_GPU_IS_LOST
    reading = reader.read()
    assert [card.name for card in reading.cards] == ["NVIDIA H100 80GB HBM3"]
    assert reading.problems[0][0] is MachineProblem.CARD_LOST
    opened = fake.opened
    fake.cards[0].fails_with = 0
    assert len(reader.read().cards) == 2
    assert fake.opened == opened + 1


def test_without_nvml_this_machine_says_so_and_nothing_breaks(monkeypatch):
    def missing() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "_LoadNvmlLibrary", missing)
    monkeypatch.setattr(pynvml, "nvmlLib", None)
    machine = Machine()
    for _ in range(2):
        reading = machine.read()
        assert all(kind is MachineProblem.NO_DRIVER for kind, _ in reading.problems)
        assert bool(reading.problems) != bool(reading.cards)


def _amd(folder: Path, number: int, **files: str) -> None:
    device = folder / f"card{number}" / "device"
    device.mkdir(parents=True)
    for name, text in files.items():
        (device / name).write_text(text + "\n")


def test_amd_by_sysfs(tmp_path):
    _amd(tmp_path, 0, vendor="0x1002", device="0x744c", mem_info_vram_total=str(24 * GIB), mem_info_vram_used=str(2 * GIB))
    _amd(tmp_path, 1, vendor="0x1002", product_name="Radeon PRO W7900", mem_info_vram_total=str(48 * GIB))
    _amd(tmp_path, 2, vendor="0x10de", mem_info_vram_total=str(48 * GIB))
    _amd(tmp_path, 3, vendor="0x1002", mem_info_vram_total="no number")
    _amd(tmp_path, 4, vendor="0x1002", mem_info_vram_total=str(GIB // 2))
    assert read_amd(tmp_path).cards == (
        MachineCard("AMD GPU 0x744c", "AMD", 24 * GIB, 24 * GIB, 2 * GIB),
        MachineCard("Radeon PRO W7900", "AMD", 48 * GIB, 48 * GIB, None),
    )
    assert read_amd(tmp_path / "nothing").cards == ()


def test_apple_has_a_share_of_all_memory(monkeypatch):
    assert read_apple().cards == () or platform.system() == "Darwin"
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    pages = {"SC_PHYS_PAGES": 24 * GIB // 4096, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr("os.sysconf", pages.__getitem__)
    (card,) = read_apple().cards
    assert (card.total_bytes, card.usable_bytes, card.used_bytes, card.free_bytes) == (24 * GIB, 16 * GIB, None, 16 * GIB)
    pages["SC_PHYS_PAGES"] *= 4
    assert read_apple().cards[0].usable_bytes == 72 * GIB


def test_more_in_use_than_there_is_leaves_next_to_nothing():
    assert MachineCard("a", "b", 10, 8, 9).free_bytes == 1
