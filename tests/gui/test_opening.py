"""Opening files and pasted text in the window."""

import json
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from header_files import QWEN
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QClipboard, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog

from core.catalogue.hf_config import ImportedModel, read_config
from core.hub import Hub, HubError, HubProblem, Reference
from core.memory import Format, Runtime
from core.memory.edge import to_json
from core.scenario_file import share_text

BUTTONS, KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def clipboard(room) -> Iterator[QClipboard]:
    """Emptied afterwards: what Python put there must not outlive it."""
    found = QGuiApplication.clipboard()
    yield found
    found.clear()


def trigger(room, name: str) -> None:
    room.find(QAction, name).trigger()


def drop(room, *paths) -> bool:
    """Drag files over the window and let go; whether it took them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    over = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, BUTTONS, KEYS)
    QApplication.sendEvent(room.window, over)
    if over.isAccepted():
        QApplication.sendEvent(room.window, QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, BUTTONS, KEYS, QEvent.Type.Drop))
    return over.isAccepted()


def test_a_configuration_dropped_is_the_model(room, tmp_path):
    before = room.scenario
    path = tmp_path / "Qwen2.5-0.5B.json"
    path.write_text(json.dumps(QWEN | {"loop": 2}))
    with room.change():
        assert drop(room, path)
    assert room.scenario.architecture.nominal_parameters == 494_032_768
    assert room.scenario.evolve(architecture=before.architecture) == before
    assert "494,032,768" in room.message
    assert "loop" in room.message
    with room.change():
        trigger(room, "undo")
    assert room.scenario == before


def test_a_scenario_dropped_is_the_scenario(room, tmp_path):
    path = tmp_path / "saved.fitroom.json"
    path.write_bytes(to_json(room.scenario.evolve(batch_size=7)))
    with room.change():
        assert drop(room, path)
    assert room.scenario.batch_size == 7


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "JSON"),
        ('{"model_type": "bert"}', "bert"),
        ('{"model_type": "rwkv"}', "rwkv"),
        ('{"hidden_size": 1}', "model_type"),
        (json.dumps(QWEN | {"vocab_size": -1}), "vocab_size"),
    ],
)
def test_what_cannot_be_opened_is_said_and_nothing_is_lost(room, tmp_path, text, word):
    before = room.scenario
    path = tmp_path / "odd.json"
    path.write_text(text)
    assert drop(room, path)
    assert word in room.message
    assert drop(room, tmp_path / "missing.json")
    assert "missing.json" in room.message
    assert room.scenario == before


def test_a_drag_without_a_file_is_not_taken(room):
    data = QMimeData()
    data.setText("hello")
    over = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, BUTTONS, KEYS)
    over.ignore()
    QApplication.sendEvent(room.window, over)
    assert not over.isAccepted()


def test_pasted_text(room, clipboard):
    for text, word in (("hello", "clipboard"), ("{", "JSON"), ('{"model_type": "bert"}', "bert")):
        clipboard.setText(text)
        trigger(room, "paste")
        assert word in room.message
    clipboard.setText(json.dumps(QWEN))
    with room.change():
        trigger(room, "paste")
    assert room.scenario.architecture.hidden_size == 896


def test_a_file_pasted(room, clipboard, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(QWEN))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    clipboard.setMimeData(data)
    with room.change():
        trigger(room, "paste")
    assert room.scenario.architecture.hidden_size == 896


def test_picked_in_the_dialog(room, tmp_path, monkeypatch):
    before = room.scenario
    path = tmp_path / "config.json"
    path.write_text(json.dumps(QWEN))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    trigger(room, "open")
    assert room.scenario == before
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    with room.change():
        trigger(room, "open")
    assert room.scenario.architecture.hidden_size == 896


def test_a_gguf_dropped_is_served_with_llama_cpp(room, tmp_path):
    """A header of one tensor: what it lacks is said."""
    keys = {"block_count": 2, "embedding_length": 64, "feed_forward_length": 128, "attention.head_count": 4}
    text = b"".join(struct.pack("<Q", len(name)) + name + kind for name, kind in _gguf_keys(keys))
    tensor = struct.pack("<Q", 17) + b"token_embd.weight" + struct.pack("<IQQIQ", 2, 64, 320, 8, 0)
    path = tmp_path / "small.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, len(keys) + 2) + text + tensor)
    assert drop(room, path)
    scenario = room.scenario
    assert (scenario.runtime, scenario.weights, scenario.architecture.file_bytes) == (Runtime.LLAMA_CPP, Format.Q8_0, 64 * 320 * 34 // 32)
    assert "21,760" in room.message


def _gguf_keys(sizes: dict[str, int]) -> Iterator[tuple[bytes, bytes]]:
    yield b"general.architecture", struct.pack("<IQ", 8, 5) + b"llama"
    yield b"general.file_type", struct.pack("<II", 4, 7)
    for name, size in sizes.items():
        yield f"llama.{name}".encode(), struct.pack("<II", 4, size)


class Slow:
    """A hub that answers when it is let."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.may_answer = threading.Event()
        self.asked: list[Reference] = []

    def __call__(self, reference: Reference) -> ImportedModel:
        self.asked.append(reference)
        self.may_answer.wait(5)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def hub(room, answer: object) -> Slow:
    slow = Slow(answer)
    room.window.opener.fetcher._fetch = slow
    return slow


def test_an_id_typed_as_a_model_is_read_from_the_hub(room):
    slow = hub(room, read_config(QWEN, "Qwen2.5-0.5B"))
    room.window.controls.model_unknown.emit(("org/name", []))
    assert "org/name" in room.message
    assert "Esc" in room.message
    with room.change():
        slow.may_answer.set()
    assert slow.asked == [Reference(Hub.HUGGING_FACE, "org/name")]
    assert room.scenario.architecture.name == "Qwen2.5-0.5B"
    assert "494,032,768" in room.message


def test_an_id_or_an_address_is_pasted_or_dropped(room, clipboard):
    slow = hub(room, read_config(QWEN, "a"))
    slow.may_answer.set()
    clipboard.setText("https://huggingface.co/org/pasted")
    with room.change():
        trigger(room, "paste")
    slow.answer = read_config(QWEN, "b")
    data = QMimeData()
    data.setUrls([QUrl("https://www.modelscope.cn/models/org/dropped")])
    over = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, BUTTONS, KEYS)
    QApplication.sendEvent(room.window, over)
    assert over.isAccepted()
    with room.change():
        QApplication.sendEvent(room.window, QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, BUTTONS, KEYS, QEvent.Type.Drop))
    assert slow.asked == [Reference(Hub.HUGGING_FACE, "org/pasted"), Reference(Hub.MODELSCOPE, "org/dropped")]


@pytest.mark.parametrize("problem", list(HubProblem))
def test_why_a_hub_has_no_answer_is_said(room, problem):
    before = room.scenario
    reference = Reference(Hub.HUGGING_FACE, "org/name")
    slow = hub(room, HubError(problem, reference, "why"))
    slow.may_answer.set()
    with room.bot.waitSignal(room.window.opener.fetcher.failed):
        room.window.opener.fetch(reference)
    assert "org/name" in room.message or "Hugging Face" in room.message
    assert room.scenario == before


def test_escape_does_without_the_answer(room):
    slow = hub(room, read_config(QWEN, "late"))
    before = room.scenario
    room.window.opener.fetch(Reference(Hub.HUGGING_FACE, "org/late"))
    with room.bot.waitSignal(room.window.opener.fetcher.busy_changed):
        room.bot.keyClick(room.window, Qt.Key.Key_Escape)
    assert room.message == ""
    with room.bot.waitSignal(room.window.opener.fetcher.answered):
        slow.may_answer.set()
    assert room.scenario == before
    assert room.message == ""


def test_a_trainers_configuration_dropped_is_the_run(room, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("base_model: Qwen/Qwen2.5-7B\nadapter: lora\nlora_r: 8\nsequence_len: 1024\nbf16: true\nodd_key: 1\n")
    with room.change():
        assert drop(room, path)
    assert (room.scenario.architecture.name, room.scenario.lora_r, room.scenario.context_length) == ("Qwen2.5-7B", 8, 1024)
    assert "odd_key" in room.message


def test_an_answer_that_nobody_foresaw_is_a_message_too(room):
    slow = hub(room, ZeroDivisionError("of a library"))
    slow.may_answer.set()
    with room.bot.waitSignal(room.window.opener.fetcher.failed):
        room.window.opener.fetch(Reference(Hub.HUGGING_FACE, "org/name"))
    assert "ZeroDivisionError: of a library" in room.message


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 9}, ["(version 9", "a newer Fitting Room", "Update"]),
        ({"colour": "blue"}, ["colour", "Nothing was guessed"]),
        ({"batch_size": -5}, ["batch_size: -5", "a value in it cannot be"]),
        ({"architecture": None}, ["architecture: None", "a value in it cannot be"]),
    ],
)
def test_a_file_that_this_version_does_not_read_is_explained_in_either_language(
    room: Any, tmp_path: Path, changes: dict[str, Any], words: list[str]
) -> None:
    path = tmp_path / "odd.fitroom.json"
    before = room.scenario
    path.write_text(json.dumps(json.loads(to_json(before)) | changes))
    room.window.opener.open(path)
    for word in words:
        assert word in room.message
    assert room.scenario == before
    room.press_key(Qt.Key.Key_L)
    room.window.opener.open(path)
    assert "无法打开" in room.message
    assert words[0].removeprefix("(version ") in room.message


def test_sizes_that_contradict_each_other_are_named_in_either_language(room: Any, tmp_path: Path) -> None:
    config, saved = tmp_path / "config.json", tmp_path / "odd.fitroom.json"
    config.write_text(json.dumps(QWEN | {"num_attention_heads": 14, "num_key_value_heads": 4}))
    scenario = json.loads(to_json(room.scenario))
    scenario["architecture"]["num_key_value_heads"] = 3
    saved.write_text(json.dumps(scenario))
    for path, sizes in (
        (config, "(num_attention_heads 14, num_key_value_heads 4)"),
        (saved, "(num_attention_heads 32, num_key_value_heads 3)"),
    ):
        room.window.opener.open(path)
        assert "contradicts itself. The number of attention heads must be a multiple of the key and value heads" in room.message
        assert sizes in room.message
    room.press_key(Qt.Key.Key_L)
    room.window.opener.open(config)
    assert "注意力头数必须是键值头数的整数倍" in room.message


def test_a_field_that_is_missing_and_a_text_that_was_cut_are_explained(room: Any, tmp_path: Path) -> None:
    path = tmp_path / "odd.fitroom.json"
    data = json.loads(to_json(room.scenario))
    del data["architecture"]
    path.write_text(json.dumps(data))
    room.window.opener.open(path)
    assert "lacks the field architecture" in room.message
    QGuiApplication.clipboard().setText(share_text(room.scenario)[:60])
    room.window.opener.paste()
    assert "cut or changed on its way" in room.message
    QGuiApplication.clipboard().clear()
