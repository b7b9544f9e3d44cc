"""What is taken home opens elsewhere and says the same as the screen."""

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QSettings, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QToolButton

from core.choices import settled
from core.memory import Component, Estimator, Format, Method, Runtime, Task
from gui.take_home.page import documents
from gui.take_home.report import Report, _unusual, report_of
from gui.take_home.sheet import PAPER, Sheet
from gui.take_home.texts import as_markdown
from gui.theme import contrast

Open = Callable[..., Any]

RUNS: dict[str, dict[str, Any]] = {
    "inference": {},
    "no card": {"gpu": ""},
    "vLLM": {"runtime": Runtime.VLLM},
    "training": {"task": Task.TRAINING},
    "qlora": {"task": Task.TRAINING, "method": Method.QLORA, "weights": Format.INT4, "gpu": "RTX 3060 (12GB)"},
    "rule of thumb": {"estimator": Estimator.RULE_OF_THUMB},
}
runs = pytest.mark.parametrize("run", RUNS)
KINDS = ["report.pdf", "chart.png", "chart.svg", "chart.pdf", "table.csv", "report.md"]


def report(room: Any) -> Report:
    shown = room.window.take_home._on_screen()
    return report_of(shown.frame, shown.verdict)


def save(room: Any, monkeypatch: Any, path: Path, kind: int, width: int = 1200) -> None:
    """As the user does: by the key, the dialog, and the width where one is asked for."""

    def answer(_parent: Any, _title: str, _place: str, kinds: str, _first: str) -> tuple[str, str]:
        return str(path), kinds.split(";;")[kind]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    monkeypatch.setattr(QInputDialog, "getInt", lambda *_: (width, True))
    room.press_key(Qt.Key.Key_E)


@runs
@pytest.mark.parametrize("kind", range(6), ids=KINDS)
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_kind_of_run_can_be_taken_home(
    open_room: Open, settings: QSettings, monkeypatch: Any, tmp_path: Path, run: str, kind: int, language: str
) -> None:
    settings.setValue("language", language)
    room = open_room()
    if RUNS[run]:
        room.set(**RUNS[run])
    path = tmp_path / KINDS[kind]
    save(room, monkeypatch, path, kind)
    assert str(path) in room.message
    data = path.read_bytes()
    match path.suffix:
        case ".pdf":
            assert data.startswith(b"%PDF")
            assert len(re.findall(rb"/Type /Page\b", data)) == 1
        case ".png":
            assert QImage(str(path)).width() == 1200
        case ".svg":
            assert ElementTree.fromstring(data).tag.endswith("svg")
        case _:
            assert len(data.decode("utf-8-sig").splitlines()) > 4


# Pictures


def svg_of(room: Any, monkeypatch: Any, folder: Path) -> ElementTree.Element:
    path = folder / "chart.svg"
    save(room, monkeypatch, path, 2)
    return ElementTree.fromstring(path.read_bytes())


def test_a_drawing_has_words_bars_and_nothing_as_pixels(room: Any, monkeypatch: Any, tmp_path: Path) -> None:
    room.set(name="A & <B>", gpu="RTX 4070")
    root = svg_of(room, monkeypatch, tmp_path)
    texts = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    said = " ".join(texts).replace("\u00a0", " ")
    for word in ("Peak at prefill", "at the peak", "RTX 4070", "Weights", "KV cache", "Out of memory on RTX 4070", "Made by Fitting Room"):
        assert word in said
    images = list(root.iter("{http://www.w3.org/2000/svg}image"))
    assert len(images) <= 2, "the mark of the verdict, and the hatch of what runs over"
    fills = [group.get("fill", "") for group in root.iter("{http://www.w3.org/2000/svg}g")]
    present = {component for component, size in zip(Component, room.estimate.peak.stack, strict=True) if size}
    for component in present - {Component.INPUTS}:  # less than a pixel
        assert PAPER.components[component] in fills, component


def test_a_picture_is_light_and_as_wide_as_wanted_whatever_the_screen_is(open_room: Open, settings: QSettings, tmp_path: Path) -> None:
    settings.setValue("theme", "dark")
    settings.setValue("zoom", "2.0")
    room = open_room()
    room.window.take_home.save_png(tmp_path / "wide.png", 3000)
    settings.setValue("zoom", "1.0")
    room.window.take_home.save_png(tmp_path / "narrow.png", 600)
    wide, narrow = QImage(str(tmp_path / "wide.png")), QImage(str(tmp_path / "narrow.png"))
    assert (wide.width(), narrow.width()) == (3000, 600)
    assert wide.height() / wide.width() == pytest.approx(narrow.height() / narrow.width(), rel=0.02)
    assert narrow.pixelColor(2, 2).name() == PAPER.window
    colors = {wide.pixelColor(x, wide.height() // 3).name() for x in range(wide.width())}
    assert PAPER.components[Component.WEIGHTS] in colors
    assert PAPER.components[Component.KV_CACHE] in colors


def test_nothing_in_a_picture_is_cut(room: Any) -> None:
    room.set(task=Task.TRAINING, gpu="RTX 4070")
    shown = room.window.take_home._on_screen()
    sheet = Sheet(shown.frame, (), shown.verdict, "Made by Fitting Room")
    for label in sheet.findChildren(type(room.window.headline.figure)):
        if label.isVisibleTo(sheet) and label.pixmap().isNull():
            needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
            assert label.height() >= needed, label.text()
            assert label.wordWrap() or label.width() >= label.sizeHint().width(), label.text()
    sheet.deleteLater()


def test_a_picture_leaves_nothing_behind(room: Any, tmp_path: Path) -> None:
    before = set(QApplication.topLevelWidgets())
    room.window.take_home.save_svg(tmp_path / "chart.svg")
    room.window.take_home.copy_image()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert {widget for widget in QApplication.topLevelWidgets() if isinstance(widget, Sheet)} - before == set()


def test_paper_reads_as_the_light_theme_does() -> None:
    for ink in (PAPER.text, PAPER.dim_text, *PAPER.status.values()):
        assert contrast(QColor(ink), QColor(PAPER.window)) >= 4.5
    for ink in PAPER.components.values():
        assert contrast(QColor(ink), QColor(PAPER.window)) >= 3


# The page


@pytest.mark.parametrize("name", ["DeepSeek-V3", "gpt-oss-20b", "gemma-3-27b", "Llama-3.1-405B", "Qwen3-30B-A3B"])
@pytest.mark.parametrize("changes", [{}, {"task": Task.TRAINING, "batch_size": 4}], ids=["inference", "training"])
def test_all_of_it_is_on_the_page(room: Any, models: Any, name: str, changes: dict[str, Any]) -> None:
    """However long a model makes the formulas."""
    architecture = next(model.architecture for model in models if name in model.architecture.name)
    with room.change():
        assert room.store.replace(settled(room.scenario.evolve(architecture=architecture, **changes)))
    width, height = 690.0, 1016.0
    picture = 30 / 68 * width
    found = documents(report(room), room.window._numbers, width, height - picture - 30)
    assert sum(document.size().height() for document in found) <= height - picture - 30
    assert all(document.size().width() <= width + 1 for document in found)


def test_the_page_says_what_is_on_screen(room: Any) -> None:
    room.set(name="For the talk", lora_dropout=True, task=Task.TRAINING, method=Method.LORA)
    said = report(room)
    assert said.title == "For the talk"
    assert said.verdict == room.verdict
    assert said.summary.replace("\u00a0", " ").startswith(f"Peak: {room.text('peak_figure')} GiB")
    assert ("Parameters", "6,738,415,616") in said.assumptions
    assert ("lora_dropout", "True") in said.assumptions, "what no control shows is told all the same"
    assert {part.component for part in said.explained} == {
        component for component, size in zip(Component, room.estimate.peak.stack, strict=True) if size
    }
    assert all(part.source for part in said.explained)
    assert ("h", "hidden_size", "4,096") in said.symbols
    assert "0.1.0" in said.made_by
    assert "20" in said.made_by


def test_assumptions_of_several_cards_are_told(room: Any) -> None:
    spread = room.scenario.evolve(tensor_parallel_size=2)
    assert _unusual(spread, set()) == [("tensor_parallel_size", "2")]


# Tables and texts


def test_a_table_has_every_byte(room: Any, monkeypatch: Any, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    save(room, monkeypatch, path, 4)
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"))))
    assert rows[0] == ["Bytes", "load", "prefill", "decode"]
    by_name = {row[0]: [int(cell) for cell in row[1:]] for row in rows[1:]}
    assert by_name["Process (nvidia-smi)"] == [moment.total_bytes for moment in room.estimate.moments]
    assert by_name["KV cache"] == [moment.stack.kv_cache for moment in room.estimate.moments]
    parts = [sizes for name, sizes in by_name.items() if name not in ("Allocated", "Reserved", "Process (nvidia-smi)")]
    assert [sum(column) for column in zip(*parts, strict=True)] == by_name["Process (nvidia-smi)"]


def test_a_name_that_somebody_sent_is_no_markup(room: Any) -> None:
    room.set(name="<script>*x*|# [a](b)")
    text = as_markdown(report(room), room.window._numbers)
    assert text.startswith("# \\<script\\>\\*x\\*\\|\\# \\[a\\](b)\n")


def test_table_and_picture_go_onto_the_clipboard(room: Any) -> None:
    room.window.actions_made["copy_table"].trigger()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t") == ["Bytes", "load", "prefill", "decode"]
    assert "spreadsheet" in room.message
    room.window.actions_made["copy_image"].trigger()
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasImage()
    assert bytes(data.data("image/svg+xml").data()).startswith(b"<?xml")
    assert room.message


# Names, places, disks


@pytest.mark.parametrize(
    ("typed", "kind", "written"), [("talk", 2, "talk.svg"), ("talk.v2", 4, "talk.v2.csv"), ("talk.png", 0, "talk.png")]
)
def test_the_name_decides(room: Any, monkeypatch: Any, tmp_path: Path, typed: str, kind: int, written: str) -> None:
    save(room, monkeypatch, tmp_path / typed, kind)
    assert [path.name for path in tmp_path.iterdir() if path.is_file() and path.name != "settings.ini"] == [written]
    if written.endswith(".png"):
        assert (tmp_path / written).read_bytes().startswith(b"\x89PNG")


def test_giving_up_writes_nothing(room: Any, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    room.press_key(Qt.Key.Key_E)
    save(room, monkeypatch, tmp_path / "x.png", 1)
    (tmp_path / "x.png").unlink()
    monkeypatch.setattr(QInputDialog, "getInt", lambda *_: (0, False))
    room.press_key(Qt.Key.Key_E)
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize("kind", range(6), ids=KINDS)
def test_a_place_that_cannot_be_written_is_a_message(room: Any, monkeypatch: Any, tmp_path: Path, kind: int) -> None:
    (tmp_path / "file").write_text("in the way")
    save(room, monkeypatch, tmp_path / "file" / KINDS[kind], kind)
    assert room.message.startswith("Nothing was saved to")
    assert "Pick another place" in room.message


def test_a_full_disk_is_a_message_and_keeps_what_was_there(room: Any, monkeypatch: Any, tmp_path: Path) -> None:
    path = tmp_path / "talk.csv"
    path.write_text("of yesterday")
    monkeypatch.setattr("gui.session.QSaveFile.commit", lambda _self: False)
    save(room, monkeypatch, path, 4)
    assert room.message.startswith("Nothing was saved to")
    assert path.read_text() == "of yesterday"


def test_a_picture_for_which_there_is_no_memory_is_a_message(room: Any, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(Sheet, "image", lambda *_: QImage())
    save(room, monkeypatch, tmp_path / "x.png", 1)
    assert "no memory" in room.message
    assert not (tmp_path / "x.png").exists()


# Where it is found


def test_ways_to_give_it_away_are_behind_share(room: Any) -> None:
    ways = room.window.actions_made["share"].menu().actions()
    assert [action.text() for action in ways] == ["Copy the chart", "Copy the table", "Take home…"]


def test_what_the_header_has_no_room_for_is_in_its_menu(room: Any) -> None:
    room.window.resize(1024, 640)
    for _ in range(5):
        room.press_key(Qt.Key.Key_Plus)
    menu = room.window.header.findChild(QToolButton, "menu").menu()
    menu.aboutToShow.emit()
    shared = next(action for action in menu.actions() if action.text() == "Share")
    below = [action.text() for action in shared.menu().actions() if action.text()]
    assert below == ["Share", "Copy the chart", "Copy the table", "Take home…"]
    shared.menu().actions()[0].trigger()
    assert QGuiApplication.clipboard().text().startswith("fitroom1:")
