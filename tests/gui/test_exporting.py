"""The menu beside Save: configurations of trainers, and the Hub calculator's table."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from core.hub_table import hub_table
from core.memory import Method, Task
from core.report import hub_table_text
from core.trainer_config import Trainer, parse_trainer_config
from core.trainer_export import export


def entries(room: Any) -> dict[str, Any]:
    menu = room.window.actions_made["save"].menu()
    menu.aboutToShow.emit()
    return {action.text(): action for action in menu.actions() if action.text()}


@pytest.mark.parametrize(
    ("name", "trainer"),
    [
        ("axolotl", Trainer.AXOLOTL),
        ("LLaMA-Factory", Trainer.LLAMA_FACTORY),
        ("DeepSpeed", Trainer.DEEPSPEED),
        ("accelerate", Trainer.ACCELERATE),
    ],
)
def test_a_configuration_is_written_and_read_again(
    room: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, trainer: Trainer
) -> None:
    room.set(task=Task.TRAINING, method=Method.LORA)
    target = tmp_path / "run.yaml"
    asked: list[str] = []

    def pick(_window: object, _title: str, place: str, _kinds: str) -> tuple[str, str]:
        asked.append(place)
        return str(target), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", pick)
    entries(room)[f"As a configuration of {name} …"].trigger()
    assert asked[0].startswith("Llama-2-7b-hf.")
    assert target.read_text() == export(room.scenario, trainer).rstrip() + "\n"
    read = parse_trainer_config(target.read_bytes())
    assert read is not None
    assert read.trainer is trainer
    assert room.message.startswith(f"Saved to {target}.")


def test_inference_has_none(room: Any) -> None:
    found = entries(room)
    assert not found["As a configuration of axolotl …"].isEnabled()
    assert room.window.exporter.text_for(Trainer.AXOLOTL) is None
    assert room.message == "Only training has a configuration of axolotl."


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"recipe": "mixed"}, "LLaMA-Factory has no recipe mixed."),
        ({"recipe": "pure16", "optimizer": "sgd-momentum"}, "has no optimizer sgd-momentum."),
    ],
)
def test_what_a_trainer_has_no_field_for_is_told(room: Any, changes: dict[str, Any], reason: str) -> None:
    room.set(task=Task.TRAINING, **changes)
    room.window.exporter.ask(Trainer.LLAMA_FACTORY)  # opens no dialog
    assert reason in room.message


def test_a_disk_that_refuses_is_told(room: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    room.window.exporter.save(tmp_path / "file" / "run.yaml", "a: 1\n")
    assert room.message.startswith("Nothing was saved to")


def test_the_table_of_the_hub_is_copied(room: Any) -> None:
    entries(room)["Copy the table of the Hub’s memory calculator"].trigger()
    assert QGuiApplication.clipboard().text() == hub_table_text(hub_table(room.scenario.architecture))
    assert room.message.startswith("Copied")
    QGuiApplication.clipboard().clear()


def test_the_menu_speaks_the_language_of_the_window(room: Any) -> None:
    room.press_key(Qt.Key.Key_L)
    assert any("复制" in text for text in entries(room))


@pytest.mark.parametrize(
    ("program", "changes"),
    [
        ("vLLM", {"runtime": "vllm", "tensor_parallel_size": 4, "context_length": 131_072}),
        ("SGLang", {"runtime": "sglang", "tensor_parallel_size": 2, "pipeline_parallel_size": 2}),
        ("llama.cpp", {"runtime": "llama.cpp", "weights": "q4_k_m", "pipeline_parallel_size": 2, "layers_per_stage": (20, 13)}),
        (
            "Megatron-LM",
            {"task": Task.TRAINING, "sharding": "megatron", "data_parallel_size": 2, "tensor_parallel_size": 4, "num_microbatches": 8},
        ),
    ],
)
def test_a_command_that_was_copied_is_the_run_when_it_is_pasted(room: Any, program: str, changes: dict[str, Any]) -> None:
    room.set(**changes)
    before = room.scenario
    entries(room)[f"Copy the command of {program}"].trigger()
    assert room.message.startswith(f"Copied: the command of {program}")
    with room.change():
        room.window.explorer.fleet.set_count(1)
    assert room.scenario != before
    with room.change():
        room.window.actions_made["paste"].trigger()
    assert room.scenario == before
    QGuiApplication.clipboard().clear()
