"""The window speaks Chinese throughout: the translation is complete and compiled, and nothing on the screen is left in English."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QWidget

from core.catalogue.gpus import load_gpus
from core.catalogue.models import load_models
from core.memory import Attention, Format, Method, Runtime, Task
from gui import assets
from gui.app import Controller
from gui.defaults import default_scenario
from gui.main_window import MainWindow
from gui.session import Preferences

ROOT = Path(__file__).resolve().parent.parent


def load_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translations", ROOT / "packaging" / "translations.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    return module


OpenWindow = Callable[..., MainWindow]
script: Any = load_script()


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The script at work on a project of one string, translated and compiled; the path of that project's module."""
    module = tmp_path / "gui" / "words.py"
    module.parent.mkdir()
    module.write_text('class Words(QObject):\n    def f(self):\n        return self.tr("{n} free")\n', encoding="utf-8")
    ts = tmp_path / "resources" / "i18n" / "fitting-room_zh_CN.ts"
    for name, value in {"ROOT": tmp_path, "GUI": tmp_path / "gui", "TS": ts}.items():
        monkeypatch.setattr(script, name, value)
    script.update()
    finish(ts, "剩余 {n}")
    script.release()
    return module


def finish(ts: Path, translation: str) -> None:
    """Do a translator's work on every unfinished string of ``ts``."""
    text = re.sub(r'<translation type="unfinished">.*?</translation>', f"<translation>{translation}</translation>", ts.read_text("utf-8"))
    ts.write_text(text, encoding="utf-8")


# ---- The translation as it is


def test_translation_is_complete_and_compiled() -> None:
    assert script.problems() == []


def test_makefile_checks_it() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lint = makefile.partition("\nlint:")[2].partition("\n\n")[0]
    assert "packaging/translations.py check" in lint


def test_mnemonics_of_the_english_window_are_unique_too() -> None:
    letters = [found[1].upper() for message in script.read(script.TS) if (found := re.search(r"&(\w)", message.source))]
    assert sorted(letters) == sorted(set(letters))


# ---- The script


def test_finished_project_is_clean(copy: Path) -> None:
    assert script.problems() == []


def test_update_names_what_lacks_a_translation(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy.write_text(copy.read_text("utf-8") + '    def g(self):\n        return self.tr("Batch size")\n', encoding="utf-8")
    assert any("“Batch size” is new in gui" in problem for problem in script.problems())
    capsys.readouterr()
    assert script.update() == 0
    assert capsys.readouterr().out.splitlines() == [
        "resources/i18n/fitting-room_zh_CN.ts: 2 strings, 1 of them without a finished translation",
        "    Words: “Batch size”",
    ]
    assert script.check() == 1
    assert "Words: “Batch size” has no finished translation" in capsys.readouterr().err


def test_string_gone_from_the_code_is_named(copy: Path) -> None:
    copy.write_text("", encoding="utf-8")
    assert [problem for problem in script.problems() if "is no longer in gui" in problem]


def test_stale_compiled_file_is_named(copy: Path) -> None:
    script.TS.write_text(script.TS.read_text("utf-8").replace("剩余", "空闲"), encoding="utf-8")
    assert script.problems() == [
        "resources/i18n/fitting-room_zh_CN.ts: fitting-room_zh_CN.qm is not what fitting-room_zh_CN.ts compiles to"
    ]
    script.release()
    assert script.problems() == []


def test_moving_code_changes_nothing(copy: Path) -> None:
    before = script.TS.read_bytes()
    copy.write_text("\n\n\n" + copy.read_text("utf-8"), encoding="utf-8")
    script.update()
    assert script.TS.read_bytes() == before


@pytest.mark.parametrize(
    ("source", "translation", "problem"),
    [
        ("{room} free", "剩余", "different placeholders"),
        ("{room} free", "剩余 {rom}", "different placeholders"),
        ("{room} free", "剩余 {room", "different placeholders"),
        ("&Model", "模型", "mnemonic"),
        ("Model", "模型(&M)", "mnemonic"),
        ("&Model", "&模型", "mnemonic"),
        ("Model", "", "no finished translation"),
    ],
)
def test_wrong_translation_is_named(source: str, translation: str, problem: str) -> None:
    found = list(script.message_problems([script.Message("Words", source, "", translation, "")]))
    assert len(found) == 1
    assert problem in found[0]


def test_letter_used_twice_is_named() -> None:
    messages = [script.Message("A", "&Model", "", "模型(&M)", ""), script.Message("B", "&Memory", "", "显存(&M)", "")]
    assert list(script.message_problems(messages)) == ["B: “&Memory” has the mnemonic M of A: “&Model”"]


@pytest.mark.parametrize(
    "code",
    [
        'label.setText("Free")',
        'label.setText("Free: {n}".format(n=1))',
        'label.setToolTip(f"{n} of {total}")',
        'box = QCheckBox("Checkpointing", self)',
        'self.window.show_message("放得下")',
        'rows = [(0.0, "at the peak")]',
        'self.tr(f"{n} free")',
        'translate("Words", name)',
    ],
)
def test_untranslated_literal_is_found(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "UNTRANSLATED", frozenset())
    assert len(script.literal_problems(code, "gui/x.py")) == 1


def test_words_returns_nothing_untranslated() -> None:
    assert script.literal_problems('def f():\n    return "Tight"', "gui/words.py")
    assert not script.literal_problems('def f():\n    return "AdamW"', "gui/words.py")


@pytest.mark.parametrize(
    "code",
    [
        '"""A docstring of many words."""',
        'label.setText(self.tr("Free"))',
        'label.setText(self.tr("{n} free").format(n=1))',
        'label.setText(words["undo"])',
        'label.setText("—")',
        'label.setObjectName("peak_figure")',
        'raise ValueError("no scale from here to there")',
        'QToolTip.showText(place, f"<b>{name}</b><br>{meaning}")',
        'button.setText(self.tr("Free", "of memory"))',
    ],
)
def test_other_literals_are_left_alone(code: str) -> None:
    assert script.literal_problems(code, "gui/x.py") == []


@pytest.mark.parametrize("arguments", [[], ["publish"], ["check", "twice"]])
def test_wrong_use_is_explained(arguments: list[str]) -> None:
    ran = subprocess.run([sys.executable, str(ROOT / "packaging" / "translations.py"), *arguments], capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stderr.startswith("usage:")


# ---- Plural forms


def test_each_form_is_looked_at() -> None:
    def message(*plurals: str) -> Any:
        return script.Message("A", "%Ln of {n}", "", plurals[0], "", plurals)

    assert list(script.message_problems([message("%Ln of {n}", "%Ln of those {n}")])) == []
    assert "placeholders" in next(script.message_problems([message("%Ln of {n}", "%Ln of {m}")]))
    assert "no finished" in next(script.message_problems([message("%Ln of {n}", "")]))


def test_one_is_one_and_two_are_two(open_window: OpenWindow, settings: QSettings, qtbot: Any) -> None:
    settings.setValue("language", "en")
    window = open_window(runtime=Runtime.VLLM)
    said = []
    for context in (8192, 32_768, 65_536):
        with qtbot.waitSignal(window.after_frame.done):
            assert window.controls.edited.emit({"context_length": context}) is not False
        said += re.findall(r"[\d,]+ sequences? of", window.verdict.note.text())
    assert len(said) >= 2
    assert all((count.split()[0] == "1") == ("sequence of" in count) for count in said), said


# ---- A third language


def test_a_language_is_begun_by_its_code(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.add("de") == 0
    german = script.TS.with_name("fitting-room_de.ts")
    assert "Finish resources/i18n/fitting-room_de.ts" in capsys.readouterr().out
    assert script.problems() != []
    finish(german, "{n} frei")
    script.release()
    assert script.problems() == []
    assert german.with_suffix(".qm").is_file()


@pytest.mark.parametrize("code", ["", "german", "../de", "DE"])
def test_what_is_no_code_begins_nothing(copy: Path, code: str) -> None:
    before = set(script.TS.parent.iterdir())
    assert script.add(code) == 2
    assert set(script.TS.parent.iterdir()) == before


def test_mnemonics_of_other_alphabets_are_letters_of_the_words() -> None:
    messages = [script.Message("A", "&Model", "", "&Modell", ""), script.Message("B", "&Card", "", "Karte", "")]
    assert len(list(script.message_problems(messages, chinese=False))) == 1


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The languages there are, and German as far as one string."""
    folder = tmp_path / "i18n"
    folder.mkdir()
    for path in assets.TRANSLATIONS.glob("*.qm"):
        (folder / path.name).write_bytes(path.read_bytes())
    ts = folder / "fitting-room_de.ts"
    ts.write_text(
        """<?xml version="1.0" encoding="utf-8"?><!DOCTYPE TS><TS version="2.1" language="de"><context><name>Languages</name>
        <message><source>English</source><translation>Deutsch</translation></message>
        <message><source>Switch to English</source><translation>Auf Deutsch umschalten</translation></message></context>
        <context><name>Words</name><message><source>Weights</source><translation>Gewichte</translation></message></context></TS>""",
        encoding="utf-8",
    )
    script.run_lrelease(ts, ts.with_suffix(".qm"))
    monkeypatch.setattr(assets, "TRANSLATIONS", folder)
    return folder


def test_a_third_language_is_a_file(german: Path, open_window: OpenWindow, settings: QSettings) -> None:
    window = open_window()
    action = window.findChild(QAction, "language")
    assert action is not None
    assert [entry.text() for entry in action.menu().actions()] == ["English", "Deutsch", "中文"]
    action.menu().actions()[1].trigger()
    assert Preferences(settings).language == "de"
    assert "Gewichte 12,6" in window.legend.text().replace("\u00a0", " ")
    assert "6,738" in window.findChild(QLineEdit, "parameters.box").text()
    assert QLocale().language() is QLocale.Language.German
    action.trigger()
    assert (window.windowTitle(), action.text()) == ("显存试衣间", "English"), "the key goes round"


def test_a_language_whose_file_is_gone_is_the_system_s_or_english(open_window: OpenWindow, settings: QSettings) -> None:
    settings.setValue("language", "de")
    assert open_window().windowTitle() == "Fitting Room"


# ---- The window


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    """Of somebody who has chosen Chinese."""
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    settings.setValue("language", "zh_CN")
    return settings


@pytest.fixture
def open_window(qapp: QApplication, settings: QSettings) -> Iterator[OpenWindow]:
    """Opens the window with fields of the example changed; what that changes of the application is put back."""
    palette, locale = qapp.palette(), QLocale()
    opened: list[Controller] = []

    def open_one(**changes: Any) -> MainWindow:
        example = default_scenario(load_models(assets.MODELS), load_gpus(assets.GPUS))
        opened.append(Controller(qapp, Preferences(settings), None, example.evolve(**changes)))
        return opened[-1].window

    yield open_one
    for controller in opened:
        controller.window.close()
        for part in (controller.window, controller):
            part.deleteLater()
            QCoreApplication.sendPostedEvents(part, QEvent.Type.DeferredDelete.value)
    qapp.setPalette(palette)
    QLocale.setDefault(locale)


def texts_of(window: MainWindow) -> Iterator[str]:
    """All that the window and its parts say: seen, on hovering, and to a screen reader."""
    yield window.windowTitle()
    yield window.legend.text()
    for action in window.findChildren(QAction):
        yield from (action.text(), action.toolTip())
    for part in window.findChildren(QWidget):
        yield from (part.toolTip(), part.accessibleName(), part.accessibleDescription())
        if isinstance(part, QLabel | QAbstractButton):
            yield part.text()
        elif isinstance(part, QComboBox):
            yield from (part.itemText(index) for index in range(part.count()))
        elif isinstance(part, QLineEdit):
            yield from (part.text(), part.placeholderText())
    table = window.gpu_picker.table
    for column in range(table.columnCount()):
        yield str(table.headerData(column, Qt.Orientation.Horizontal))
        yield str(table.data(table.index(0, column)))
        yield str(table.data(table.index(0, column), Qt.ItemDataRole.ToolTipRole))


def english() -> dict[str, re.Pattern[str]]:
    """How each string would look on the screen if it were not translated."""
    patterns = {}
    for message in script.read(script.TS):
        if message.translation != message.source and message.context != "Languages":  # each language is called as it calls itself
            pieces = re.split(r"\{\w+\}|%Ln", message.source)
            patterns[message.source] = re.compile(".+".join(map(re.escape, pieces)), re.DOTALL)
    return patterns


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"gpu": ""},
        {"batch_size": 4096},
        {"task": Task.TRAINING, "gradient_checkpointing": True},
        {"task": Task.TRAINING, "method": Method.LORA, "attention": Attention.EAGER, "gpu": "B200 (180GB)"},
        {"task": Task.TRAINING, "method": Method.QLORA, "weights": Format.INT4, "gpu": "RTX 3060 (12GB)"},
    ],
    ids=["inference", "no card", "too large", "training", "LoRA", "QLoRA"],
)
def test_nothing_on_screen_is_left_in_english(changes: dict[str, Any], open_window: OpenWindow) -> None:
    said = set(texts_of(open_window(**changes)))
    assert [(text, source) for source, pattern in english().items() for text in said if pattern.fullmatch(text)] == []
    assert sum(bool(re.search("[\u4e00-\u9fff]", text)) for text in said) > 40


def test_language_button_offers_the_other_language(open_window: OpenWindow) -> None:
    window = open_window()
    action = window.findChild(QAction, "language")
    assert action is not None
    assert (window.windowTitle(), action.text()) == ("显存试衣间", "English")
    assert action.toolTip().startswith("Switch to English")
    assert "放得下" in window.verdict.sentence.text()

    action.trigger()
    assert (window.windowTitle(), action.text()) == ("Fitting Room", "中文")
    assert action.toolTip().startswith("切换到中文")
    assert "Fits on" in window.verdict.sentence.text()

    action.trigger()
    assert (window.windowTitle(), action.text()) == ("显存试衣间", "English")
