"""The window without a mouse, and without eyes."""

from collections import Counter
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QPoint, QRect, QSettings, Qt
from PySide6.QtGui import QAccessible, QAction, QColor, QKeySequence, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollBar,
    QToolButton,
    QWidget,
)

from core.memory import Component, Format, Method, Task
from gui.theme import contrast
from gui.widgets.track import TrackSlider

RUNS: dict[str, dict[str, Any]] = {
    "inference": {},
    "training": {"task": Task.TRAINING},
    "lora": {"task": Task.TRAINING, "method": Method.LORA},
    "qlora": {"task": Task.TRAINING, "method": Method.QLORA, "weights": Format.INT4},
}
LANGUAGES = ["en", "zh_CN"]


@pytest.fixture(params=RUNS)
def run(request: pytest.FixtureRequest) -> dict[str, Any]:
    return RUNS[request.param]


@pytest.fixture(params=LANGUAGES)
def full_room(request: pytest.FixtureRequest, run: dict[str, Any], settings: QSettings, open_room: Any) -> Any:
    """The window with everything unfolded, in every kind of run and every language, with something to undo and redo."""
    settings.setValue("language", request.param)
    room = open_room()
    room.find(QToolButton, "more").click()
    room.set(**run, batch_size=2)
    room.set(batch_size=3)
    with room.change():
        room.store.undo()
    room.settle()
    return room


def owner(widget: QWidget) -> QWidget:
    """The control a widget belongs to: drop-downs and spin boxes hand the focus on to a line edit inside."""
    parent = widget.parentWidget()
    return parent if isinstance(parent, QComboBox | QAbstractSpinBox) else widget


def stops(room: Any, key: Qt.Key) -> list[QWidget]:
    """Where ``key`` leads, until it comes round to where it started."""
    room.find(QLineEdit, "gpu_filter").setFocus()
    passed: list[QWidget] = []
    while (here := QApplication.focusWidget()) not in passed:
        assert here is not None
        passed.append(here)
        room.bot.keyClick(here, key)
        QCoreApplication.processEvents()
    assert here is passed[0]
    return [owner(widget) for widget in passed]


# By keys alone


def test_tab_reaches_every_control(full_room: Any) -> None:
    reachable = {
        owner(widget)
        for widget in full_room.window.findChildren(QWidget)
        if widget.isVisibleTo(full_room.window) and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        # The plot's inner widget would take the focus, and hands it to the plot, which takes none.
        if owner(widget) is not widget or widget.focusProxy() is None
    }
    passed = stops(full_room, Qt.Key.Key_Tab)
    assert set(passed) == reachable
    assert len(passed) == len(reachable)
    for kind in (QAbstractButton, QAbstractSlider, QComboBox, QAbstractSpinBox, QLineEdit, QAbstractItemView):
        for control in full_room.window.findChildren(kind):
            if control.isVisibleTo(full_room.window) and control.isEnabled() and not inner(control):
                group = control.group() if isinstance(control, QPushButton) else None  # one stop, arrows within
                assert owner(control) in passed or (group is not None and group.checkedButton() in passed), control


def inner(control: QWidget) -> bool:
    """A part of another control that needs no stop of its own: scroll bars, the corner of a table, the cross in a line edit."""
    return isinstance(control, QScrollBar) or isinstance(control.parent(), QLineEdit | QAbstractItemView)


def test_shift_tab_is_the_way_back(room: Any) -> None:
    room.settle()  # what is offered is there then
    there, back = stops(room, Qt.Key.Key_Tab), stops(room, Qt.Key.Key_Backtab)
    assert back[1:] == there[:0:-1]


def test_tab_follows_the_eye(full_room: Any) -> None:
    """Down the controls as they stand, not as they happened to be made."""

    def top(control: QWidget) -> int:
        name = control.objectName()
        whole = control.parentWidget() if "." in name else control  # caption, box and track of a slider are one thing
        return whole.mapTo(full_room.window, QPoint(0, 0)).y()

    column = [control for control in stops(full_room, Qt.Key.Key_Tab) if full_room.window.controls.isAncestorOf(control)]
    assert len(column) >= 9
    tops = [top(control) for control in column]
    assert tops == sorted(tops), [control.objectName() for control in column]


def test_kinds_of_run_are_one_stop_and_arrows_choose(room: Any) -> None:
    button = room.find(QPushButton, "run_inference_full")
    button.setFocus()
    with room.change():
        room.bot.keyClick(button, Qt.Key.Key_Right)
    assert room.scenario.task is Task.TRAINING
    assert QApplication.focusWidget() is room.find(QPushButton, "run_training_full")


def test_captions_lead_to_their_controls(full_room: Any) -> None:
    """By Alt and the underlined letter."""
    for label in full_room.window.findChildren(QLabel):
        letter = QKeySequence.mnemonic(label.text())
        if letter.isEmpty() or not label.isVisibleTo(full_room.window):
            continue
        full_room.find(QLineEdit, "gpu_filter").setFocus()
        key = letter[0]
        full_room.bot.keyClick(full_room.window, key.key(), key.keyboardModifiers())
        QCoreApplication.processEvents()
        focus = QApplication.focusWidget()
        assert focus is not None
        buddy = label.buddy()
        assert owner(focus) is buddy or focus.focusProxy() is buddy or buddy.isAncestorOf(focus), label.text()


def test_no_two_things_share_a_key(full_room: Any) -> None:
    window, keys = full_room.window, Counter[str]()
    for action in window.findChildren(QAction):
        keys.update({key.toString() for key in action.shortcuts() if not key.isEmpty()})
        assert len(action.shortcuts()) == len({key.toString() for key in action.shortcuts()}), action.objectName()
    for button in window.findChildren(QAbstractButton):
        if button.isVisibleTo(window) and not button.shortcut().isEmpty():
            keys[button.shortcut().toString()] += 1
    for label in window.findChildren(QLabel):
        if label.isVisibleTo(window) and label.buddy() is not None and not QKeySequence.mnemonic(label.text()).isEmpty():
            keys[QKeySequence.mnemonic(label.text()).toString()] += 1
    assert [key for key, count in keys.items() if count > 1] == []
    assert len(keys) > 15


def test_every_caption_has_a_letter(full_room: Any) -> None:
    captions = [
        label for label in full_room.window.findChildren(QLabel) if label.buddy() is not None and label.isVisibleTo(full_room.window)
    ]
    assert [label.text() for label in captions if QKeySequence.mnemonic(label.text()).isEmpty()] == []
    assert len(captions) >= 7


# By ear


def spoken(widget: QObject) -> str:
    """The name a screen reader gets."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


def test_every_control_has_a_name(full_room: Any) -> None:
    kinds = (QAbstractButton, QAbstractSlider, QComboBox, QAbstractSpinBox, QLineEdit, QAbstractItemView)
    controls = {control for kind in kinds for control in full_room.window.findChildren(kind)}
    shown = [control for control in controls if control.isVisibleTo(full_room.window) and not inner(control) and owner(control) is control]
    assert [control for control in shown if not spoken(control).strip()] == []
    assert [spoken(control) for control in shown if "&" in spoken(control)] == []
    assert len(shown) > 20


def test_parts_that_are_only_painted_have_names_and_words(room: Any) -> None:
    window = room.window
    for part in (window.chart, window.legend, window.verdict):
        assert part.accessibleName(), part
    assert window.chart.accessibleDescription()
    assert window.verdict.accessibleDescription()


def test_sliders_say_their_value(room: Any) -> None:
    room.set(context_length=12_345)
    assert "12345" in room.track("context").accessibleDescription()
    assert "int8" not in room.track("precision").accessibleDescription()
    room.set(weights=Format.INT8)
    assert "int8" in room.track("precision").accessibleDescription()


def test_locked_choices_are_told(room: Any) -> None:
    room.set(task=Task.TRAINING)
    assert "int4" in room.track("precision").accessibleDescription()
    assert "QLoRA" in room.track("precision").accessibleDescription()


# Where the keys go


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_where_the_keys_go_is_seen(settings: QSettings, open_room: Any, theme: str) -> None:
    """Around each stop of Tab is a line that is told from its ground; the handle of a slider has its own."""
    settings.setValue("theme", theme)
    room = open_room()
    room.window.resize(1280, 720)
    room.settle()
    ring = room.find(QWidget, "focus_ring")
    assert len(list(stops_with(room, ring))) > 20


def stops_with(room: Any, ring: QWidget) -> Any:
    first = room.find(QLineEdit, "gpu_filter")
    first.setFocus()
    here: QWidget = first
    while True:
        room.bot.keyClick(here, Qt.Key.Key_Tab)
        QCoreApplication.processEvents()
        found = QApplication.focusWidget()
        assert found is not None
        here = found
        if isinstance(here, TrackSlider):
            assert not ring.isVisible()
        else:
            assert ring.isVisible(), here
            around = QRect(here.mapTo(room.window, QPoint()), here.size()).intersected(room.window.rect())
            frame = QRect(ring.mapTo(room.window, QPoint()), ring.size())
            assert frame.intersects(around), here
            picture = room.window.grab(frame).toImage()
            colors = [QColor(picture.pixelColor(x, 1)) for x in range(10, picture.width() - 10)]
            ground = QApplication.palette().color(QPalette.ColorRole.Window)
            assert max(contrast(color, ground) for color in colors) >= 7, here
        yield here
        if here is first:
            return


def test_the_pointer_needs_no_mark(room: Any) -> None:
    room.bot.mouseClick(room.find(QLineEdit, "gpu_filter"), Qt.MouseButton.LeftButton)
    assert room.find(QLineEdit, "gpu_filter").hasFocus()
    assert not room.find(QWidget, "focus_ring").isVisible()
    room.press_key(Qt.Key.Key_M)
    assert room.find(QWidget, "focus_ring").isVisible()


def test_the_legend_is_used_by_keys(room: Any) -> None:
    """From entry to entry; out of the bars and in again; to the formula."""
    legend = room.window.legend
    legend.setFocus(Qt.FocusReason.TabFocusReason)
    assert legend.accessibleDescription().replace("\u00a0", " ").startswith("Weights: 12.6 GiB, 81%.")
    room.bot.keyClick(legend, Qt.Key.Key_Left)
    assert legend.accessibleDescription().startswith("Weights")
    with room.bot.waitSignal(legend.pointed, check_params_cb=lambda component: component is Component.KV_CACHE):
        room.bot.keyClick(legend, Qt.Key.Key_Right)
    assert legend.accessibleDescription().startswith("KV cache")
    before = len(room.window.chart._bars[list(Component).index(Component.KV_CACHE)].rects)
    room.bot.keyClick(legend, Qt.Key.Key_Space)
    assert before
    assert room.window.chart._bars[list(Component).index(Component.KV_CACHE)].rects == []
    room.bot.keyClick(legend, Qt.Key.Key_Space)
    assert len(room.window.chart._bars[list(Component).index(Component.KV_CACHE)].rects) == before
    room.bot.keyClick(legend, Qt.Key.Key_Return)
    room.settle()
    assert room.window.explorer.page is room.window.explorer.explain
    with room.bot.waitSignal(legend.pointed, check_params_cb=lambda component: component is None):
        room.find(QLineEdit, "gpu_filter").setFocus()


# What is told as it happens


@pytest.fixture
def said(monkeypatch: Any) -> list[str]:
    """What a screen reader is told to say."""
    told: list[str] = []
    for module in ("gui.widgets.quantity_slider", "gui.widgets.choice_slider", "gui.verdict", "gui.legend"):
        monkeypatch.setattr(f"{module}.say", lambda _widget, text: told.append(text))
    return told


def test_a_slider_moved_by_keys_says_its_value(room: Any, said: list[str]) -> None:
    track = room.track("context")
    track.setFocus()
    with room.change():
        room.bot.keyClick(track, Qt.Key.Key_PageUp)
    assert said == ["8192"], "not the number of a tick"
    said.clear()
    track = room.track("precision")
    track.setFocus()
    with room.change():
        room.bot.keyClick(track, Qt.Key.Key_Left)
    assert said[0] == "fp16"


def test_a_verdict_that_turns_is_told_on_release_alone(room: Any, said: list[str]) -> None:
    room.track("parameters").setFocus()
    room.press_handle("parameters")
    for tick in (room.track("parameters").value() + 20, room.track("parameters").value() + 60):
        with room.change():
            room.drag_to("parameters", tick)
    assert "Out of memory" in room.verdict
    assert said == []
    with room.change():
        room.release("parameters")
    assert said == [room.verdict]
