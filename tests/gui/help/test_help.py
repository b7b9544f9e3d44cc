"""Whoever does not know a word, a key or a date finds it, and is not told unasked."""

from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QSettings, Qt, QUrl
from PySide6.QtGui import QAction, QContextMenuEvent, QDesktopServices
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QLineEdit, QListWidget, QMenu, QTextBrowser, QToolButton, QWidget

from core import __version__
from core.catalogue.glossary import Glossary, load_glossary
from core.memory import Component, Format, Method, Task
from gui import assets
from gui.help.glossary_window import GlossaryWindow
from gui.help.terms import TERMS, term_of
from gui.widgets.caption import Caption

RUNS: dict[str, dict[str, Any]] = {
    "inference": {},
    "training": {"task": Task.TRAINING},
    "qlora": {"task": Task.TRAINING, "method": Method.QLORA, "weights": Format.INT4},
}


@pytest.fixture(scope="session")
def glossary() -> Glossary:
    return load_glossary(assets.GLOSSARY)


def glossary_window(room: Any) -> GlossaryWindow:
    found = room.window.help.glossary_window
    assert found is not None
    return found


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("run", RUNS)
def test_every_control_has_a_term_and_a_hint(open_room: Any, settings: QSettings, glossary: Glossary, run: str, language: str) -> None:
    settings.setValue("language", language)
    room = open_room()
    room.find(QToolButton, "more").click()
    room.set(**RUNS[run], batch_size=2)
    captions = [caption for caption in room.window.findChildren(Caption) if caption.isVisibleTo(room.window)]
    assert len(captions) >= 7
    for caption in captions:
        term = term_of(caption)
        assert term in glossary.terms, caption.text()
        assert caption.toolTip().startswith(glossary.terms[term].hint.in_language(language))
        assert term_of(caption.buddy()) == term


def test_everything_that_can_be_asked_for_is_in_the_glossary(glossary: Glossary) -> None:
    assert set(TERMS.values()) <= glossary.terms.keys()
    assert {component.value for component in Component} <= glossary.terms.keys()


@pytest.mark.parametrize(("name", "term"), [("context.track", "context_length"), ("gpu_filter", "gpu"), ("batch.box", "batch_size")])
def test_f1_explains_the_control_in_use(room: Any, name: str, term: str) -> None:
    room.find(QWidget, name).setFocus()
    room.press_key(Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier)
    window = glossary_window(room)
    assert window.isVisible()
    assert window.term == term


def test_f1_explains_what_is_pointed_at(room: Any) -> None:
    room.window.legend.pointed.emit(Component.KV_CACHE)
    room.press_key(Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier)
    assert glossary_window(room).term == "kv_cache"
    glossary_window(room).close()
    room.window.activateWindow()
    room.bot.waitUntil(room.window.isActiveWindow)
    room.window.legend.pointed.emit(None)
    room.find(QWidget, "context.track").setFocus()
    room.press_key(Qt.Key.Key_F1, Qt.KeyboardModifier.NoModifier)
    assert glossary_window(room).term == "context_length"


def test_a_right_click_asks_what_it_is(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[QMenu] = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _place: shown.append(menu))  # without a screen it could not take the keyboard
    caption = room.caption("Batch size")
    place = caption.rect().center()
    QApplication.sendEvent(caption, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, caption.mapToGlobal(place)))
    (menu,) = shown
    (action,) = menu.actions()
    assert action.text() == "What is “Batch size”?"
    action.trigger()
    assert glossary_window(room).term == "batch_size"


def test_a_term_in_a_lesson_leads_there(room: Any) -> None:
    room.window.tour.term_wanted.emit("lora")
    assert glossary_window(room).term == "lora"


def test_links_are_followed_only_when_they_are_clicked(room: Any, glossary: Glossary, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    room.window.help.show_term("rule_of_thumb")
    window = glossary_window(room)
    assert "discuss.huggingface.co/t/llama-7b-gpu-memory-requirement" in window.text.toHtml()
    assert opened == []
    window.text.anchorClicked.emit(QUrl(glossary.links["hf-forum"].url))
    assert opened == [glossary.links["hf-forum"].url]
    window.text.anchorClicked.emit(QUrl("term:estimate"))
    assert window.term == "estimate"
    window.text.anchorClicked.emit(QUrl("file:///etc/passwd"))
    assert len(opened) == 1


def test_terms_are_found_by_words_of_either_language(room: Any) -> None:
    room.window.help.show_term("gpu_memory")
    window = glossary_window(room)
    terms = window.findChild(QListWidget, "glossary_terms")
    search = window.findChild(QLineEdit, "glossary_search")
    for typed, term in (("梯度检查点", "gradient_checkpointing"), ("kv", "kv_cache"), ("out of memory", "oom")):
        search.setText(typed)
        assert term in [terms.item(row).data(Qt.ItemDataRole.UserRole) for row in range(terms.count()) if not terms.item(row).isHidden()]
        assert not terms.currentItem().isHidden()
    search.setText("xyzzy")
    assert all(terms.item(row).isHidden() for row in range(terms.count()))


def test_the_glossary_follows_the_language(room: Any) -> None:
    room.window.help.show_term("optimizer")
    room.press_key(Qt.Key.Key_L)
    window = glossary_window(room)
    assert window.isVisible()
    assert window.windowTitle() == "术语表"
    assert window.term == "optimizer"
    assert "优化器" in window.text.toPlainText()


def test_the_sheet_of_keys_has_every_key_of_the_window(room: Any) -> None:
    room.press_key(Qt.Key.Key_Question, Qt.KeyboardModifier.NoModifier)
    sheet = room.window.findChild(QDialog, "key_sheet")
    assert sheet is not None
    text = sheet.findChild(QTextBrowser, "key_sheet_text").toPlainText()
    actions = [action for action in room.window.findChildren(QAction) if action.parent() is room.window and not action.shortcut().isEmpty()]
    assert len(actions) > 15
    for action in actions:
        assert action.text(), "every key does something that has a name"
        assert action.text() in text
        assert action.shortcut().toString() in text
    for key in ("Ctrl+1", "Ctrl+4", "PgUp", "Esc"):
        assert key in text
    sheet.close()


def test_about_has_version_dates_sources_and_licences(room: Any) -> None:
    room.window.actions_made["about"].trigger()
    about = room.window.findChild(QDialog, "about")
    text = about.findChild(QTextBrowser, "about_text").toPlainText()
    for part in (__version__, "2026-", "Hugging Face", "Apache License 2.0", "PySide6", "LGPL-3.0", "开源大模型"):
        assert part in text
    about.close()


def test_nothing_is_said_unasked(room: Any) -> None:
    QCoreApplication.processEvents()
    assert [widget for widget in QApplication.topLevelWidgets() if widget.isVisible() and widget is not room.window] == []
    assert room.find(QLabel, "message").text() == ""
    assert room.window.childAt(QPoint(5, 5)) is not None
