"""No word is cut, in either language, at any size of window or type: every label, button, tab and drop-down is looked at."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QRect, QSettings, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QToolButton,
    QWidget,
)

from core.memory import Format, Method, Task
from gui.stage import type_factor
from gui.theme import system_font

Open = Callable[..., Any]

RUNS: dict[str, dict[str, Any]] = {
    "inference": {},
    "training": {"task": Task.TRAINING, "gpu": "RTX 3060 (12GB)"},
    "qlora": {"task": Task.TRAINING, "method": Method.QLORA, "weights": Format.INT4, "gpu": "RTX 3060 (12GB)"},
}
SMALLEST, PROJECTOR, FULL_HD = (1024, 640), (1280, 720), (1920, 1080)


def cut(window: QWidget) -> Iterator[str]:
    """What is visible and has less room than its words take."""
    for part in window.findChildren(QWidget):
        if not part.isVisible() or part.visibleRegion().isEmpty():
            continue
        if isinstance(part, QLabel):
            yield from cut_label(part)
        elif isinstance(part, QComboBox):
            yield from cut_box(part)
        elif isinstance(part, QPushButton | QCheckBox | QToolButton):
            yield from cut_button(part)
        elif isinstance(part, QTabBar):
            yield from (f"tab {part.tabText(i)}" for i in range(part.count()) if "…" in part.tabText(i))


def cut_label(label: QLabel) -> Iterator[str]:
    text = label.text()
    if not text or not label.pixmap().isNull():
        return
    if label.wordWrap():
        if label.height() < label.heightForWidth(label.width()) - 1:
            yield f"label {label.objectName()}: {text} ({label.height()} < {label.heightForWidth(label.width())})"
    elif label.width() < label.sizeHint().width() - 1 or label.height() < label.fontMetrics().height() - 1:
        yield f"label {label.objectName()}: {text} ({label.width()} < {label.sizeHint().width()})"


def cut_button(button: QAbstractButton) -> Iterator[str]:
    needed = button.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, button.text())
    room = button.size()
    if isinstance(button, QCheckBox):
        needed.setWidth(needed.width() + button.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth))
    elif isinstance(button, QToolButton) and button.arrowType() is not Qt.ArrowType.NoArrow:
        needed.setWidth(needed.width() + button.iconSize().width())
    if button.text() and (room.width() < needed.width() or room.height() < needed.height()):
        yield f"button {button.objectName()}: {button.text()} ({room.width()} < {needed.width()})"


def cut_box(box: QComboBox) -> Iterator[str]:
    """Its edit field, unless a person types there."""
    if box.isEditable():
        return
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    field: QRect = box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, box)
    needed = box.fontMetrics().horizontalAdvance(box.currentText())
    if field.width() < needed:
        yield f"drop-down {box.objectName()}: {box.currentText()} ({field.width()} < {needed})"


def settle(room: Any, size: tuple[int, int]) -> None:
    room.window.resize(*size)
    room.bot.waitUntil(lambda: not room.window.after_frame.busy, timeout=60_000)  # the evidence is a thousand estimates
    for _ in range(3):
        QCoreApplication.processEvents()


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize(
    ("size", "zoom"),
    [(SMALLEST, 1.0), (PROJECTOR, 1.5), (FULL_HD, 2.0)],
    ids=["smallest", "projector", "full HD"],
)
def test_no_word_is_cut(open_room: Open, settings: QSettings, run: str, language: str, size: tuple[int, int], zoom: float) -> None:
    settings.setValue("language", language)
    settings.setValue("zoom", str(zoom))
    room = open_room()
    room.set(**{"batch_size": 2, **RUNS[run]})
    found: set[str] = set()
    for unfold in (False, True):
        if unfold:
            room.find(QToolButton, "more").click()
        for tab in range(len(room.window.explorer.pages)):
            room.window.explorer.tabs.setCurrentIndex(tab)
            settle(room, size)
            found |= {f"{room.window.explorer.tabs.tabText(tab)}: {what}" for what in cut(room.window)}
    assert sorted(found) == []


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_nor_before_an_audience(open_room: Open, settings: QSettings, monkeypatch: Any, run: str, language: str) -> None:
    settings.setValue("language", language)
    line = QFontMetrics(system_font()).height()
    monkeypatch.setattr("gui.app.type_factor", lambda *_sizes, lesson: type_factor(*PROJECTOR, line))
    room = open_room()
    room.press_key(Qt.Key.Key_F11, Qt.KeyboardModifier.NoModifier)
    room.window.setWindowState(Qt.WindowState.WindowNoState)
    room.set(**{"batch_size": 2, **RUNS[run]})
    settle(room, PROJECTOR)
    assert sorted(cut(room.window)) == []
