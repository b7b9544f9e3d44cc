"""Every source of a formula has its Chinese words."""

from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QTextBrowser

from core.memory import Method, Scenario, Task, sources
from core.memory.explain import explain
from gui.source_words import source_words


def texts(value: object) -> Iterator[str]:
    """Of a table of sources, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)


def test_every_source_is_translated(room: Any) -> None:
    llama: Scenario = room.scenario
    room.press_key(Qt.Key.Key_L)
    QCoreApplication.processEvents()
    tables = [value for name, value in vars(sources).items() if not name.startswith("__") and isinstance(value, dict)]
    found = {text for table in tables for text in texts(table)}
    runs = ({}, {"task": Task.TRAINING}, {"task": Task.TRAINING, "method": Method.LORA}, {"runtime": "vllm"}, {"sharding": "fsdp2"})
    for run in runs:
        scenario = llama.evolve(**run) if "sharding" not in run else llama.evolve(task=Task.TRAINING, data_parallel_size=4, **run)
        found |= {part.source for parts in explain(scenario).values() for part in parts.values()}
    assert len(found) > 30
    assert sorted(text for text in found if source_words(text) == text) == []


def test_the_explanation_has_it_in_the_language_of_the_window(room: Any) -> None:
    explorer = room.window.explorer
    explorer.tabs.setCurrentIndex(explorer.pages.index(explorer.explain))
    room.settle()
    assert "tensors tracked through transformers" in room.find(QTextBrowser, "explanation").toPlainText()
    room.press_key(Qt.Key.Key_L)
    room.settle()
    assert "逐张量跟踪" in room.find(QTextBrowser, "explanation").toPlainText()
