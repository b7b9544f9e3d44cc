"""A presentation: what an audience sees, and the keys of whoever stands in front of it."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QRectF, QSettings, Qt
from PySide6.QtGui import QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QScrollArea
from pytestqt.qtbot import QtBot

from core.memory import Format, Method, Task
from core.scenario_file import MAX_PINNED, Comparison
from gui.glide import Picture, between
from gui.lessons.panel import LessonPanel
from gui.session import Preferences, save_comparison
from gui.spotlight import Spotlight
from gui.stage import StageBar, type_factor
from gui.theme import CONTRAST, LIGHT, ThemeChoice, system_font

NONE = Qt.KeyboardModifier.NoModifier
FULL_HD, PROJECTOR = (1920, 1080), (1280, 720)

Open = Callable[..., Any]


def prepared(room: Any) -> list[Any]:
    """Nine scenarios, as a workshop has them."""
    inference = room.scenario
    return [
        inference.evolve(name="For inference"),
        inference.evolve(name="Twice the context", context_length=8192),
        inference.evolve(name="Full training", task=Task.TRAINING, context_length=2048),
        inference.evolve(name="LoRA", task=Task.TRAINING, method=Method.LORA, context_length=2048),
        inference.evolve(name="QLoRA", task=Task.TRAINING, method=Method.QLORA, weights=Format.INT4, context_length=2048),
        *(inference.evolve(name=f"Batch {size}", batch_size=size) for size in (2, 4, 8, 16)),
    ]


@pytest.fixture
def staged(room: Any) -> Any:
    room.controller.pins.replace(prepared(room))
    present(room, PROJECTOR)
    return room


def present(room: Any, size: tuple[int, int]) -> None:
    """On a screen of ``size``, which that of these tests is not."""
    room.press_key(Qt.Key.Key_F11, NONE)
    room.window.setWindowState(Qt.WindowState.WindowNoState)
    room.window.resize(*size)
    QApplication.processEvents()


def title(room: Any) -> str:
    return str(room.find(QLabel, "stage_title").text())


def press(room: Any, key: Qt.Key) -> None:
    with room.change():
        room.press_key(key, NONE)


# There and back


def test_a_key_fills_the_screen_and_the_same_key_leads_back(room: Any, qapp: QApplication, settings: QSettings) -> None:
    line = room.window.fontMetrics().height()
    room.window.resize(1100, 700)
    size, scenario = room.window.size(), room.scenario
    room.press_key(Qt.Key.Key_F11, NONE)
    assert room.window.isFullScreen()
    assert isinstance(room.window.header, StageBar)
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == CONTRAST.window
    assert qapp.palette().color(QPalette.ColorRole.Highlight).name() == CONTRAST.accent
    assert room.window.fontMetrics().height() > 1.2 * line
    room.press_key(Qt.Key.Key_F11, NONE)
    assert not room.window.isFullScreen()
    assert not isinstance(room.window.header, StageBar)
    assert qapp.palette().color(QPalette.ColorRole.Highlight).name() == LIGHT.accent
    assert room.window.fontMetrics().height() == line
    assert room.window.size() == size
    assert room.scenario is scenario
    assert Preferences(settings).theme is ThemeChoice.LIGHT


@pytest.mark.parametrize("way", ["Escape", "button"])
def test_other_ways_out(staged: Any, way: str) -> None:
    if way == "button":
        staged.find(QPushButton, "stage_end").click()
    else:
        staged.press_key(Qt.Key.Key_Escape, NONE)
    assert not isinstance(staged.window.header, StageBar)


def test_a_window_closed_amid_a_talk_opens_as_it_was_before(open_room: Open, settings: QSettings) -> None:
    room = open_room()
    room.window.resize(700, 650)
    room.press_key(Qt.Key.Key_F11, NONE)
    room.window.close()
    again = open_room()
    assert not again.window.isFullScreen()
    assert not isinstance(again.window.header, StageBar)
    assert again.window.height() == 650


def test_type_fits_the_screen() -> None:
    assert 1.6 <= type_factor(1280, 720, 14) < 2
    assert type_factor(1920, 1080, 14) == 2
    assert type_factor(1920, 1080, 17) == pytest.approx(2, abs=0.05)
    assert 1.25 <= type_factor(1280, 720, 17) < 1.6, "a system of large type has less to gain"
    assert type_factor(800, 600, 40) == 1.25


def test_size_in_a_talk_is_kept_apart(staged: Any, settings: QSettings) -> None:
    before = staged.window.fontMetrics().height()
    staged.press_key(Qt.Key.Key_Plus)
    assert staged.window.fontMetrics().height() > before
    assert isinstance(staged.window.header, StageBar)
    assert (Preferences(settings).stage_zoom, Preferences(settings).zoom) == (1.1, 1.0)
    staged.press_key(Qt.Key.Key_0)
    assert staged.window.fontMetrics().height() == before


# What is seen


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("size", [PROJECTOR, FULL_HD], ids=["projector", "full HD"])
def test_everything_is_in_sight(open_room: Open, settings: QSettings, monkeypatch: Any, language: str, size: tuple[int, int]) -> None:
    settings.setValue("language", language)
    monkeypatch.setattr("gui.app.type_factor", lambda *_sizes, lesson: type_factor(*size, line_of_the_system()))
    room = open_room()
    room.controller.pins.replace(prepared(room))
    present(room, size)
    for place in range(MAX_PINNED):
        room.window.stage.recall(place)
        QApplication.processEvents()
        QApplication.processEvents()
        assert (room.window.width(), room.window.height()) == size
        for area in room.window.findChildren(QScrollArea):
            if area.isVisible():
                scrolled = (area.verticalScrollBar().maximum(), area.horizontalScrollBar().maximum())
                assert scrolled == (0, 0), (room.scenario.name, area)
        for label in ("peak_figure", "peak_moment", "assumptions", "verdict_sentence"):
            shown = room.find(QLabel, label)
            assert shown.isVisible()
            needed = shown.heightForWidth(shown.width()) if shown.wordWrap() else shown.sizeHint().height()
            assert shown.height() >= needed, (room.scenario.name, label)


def line_of_the_system() -> int:
    return QFontMetrics(system_font()).height()


def test_only_what_an_audience_needs(staged: Any) -> None:
    window = staged.window
    for part in (window.explorer.tabs, window.controls.folded, window.gpu_picker, window.verdict.note, window.headline.readings):
        assert not part.isVisible(), part
    for part in (window.chart, window.legend, window.controls.context, window.verdict.advice, window.headline.figure):
        assert part.isVisible(), part
    staged.window.show_message("A notice")
    staged.window.show_message("")
    assert not window.verdict.note.isVisible()
    assert window.controls.context.findChild(QLabel, "context.note").isHidden()


def test_handles_are_thick(room: Any) -> None:
    before = room.track("context").sizeHint().height()
    present(room, PROJECTOR)
    assert room.track("context").sizeHint().height() > 1.25 * before


# Prepared scenarios


def test_a_number_recalls_a_prepared_scenario(staged: Any) -> None:
    press(staged, Qt.Key.Key_3)
    assert staged.scenario == prepared_of(staged)[2]
    assert title(staged) == "Full training"
    assert [button.isChecked() for button in buttons(staged)] == [place == 2 for place in range(9)]
    press(staged, Qt.Key.Key_9)
    assert title(staged) == "Batch 16"
    with staged.change():
        buttons(staged)[1].click()
    assert title(staged) == "Twice the context"
    assert buttons(staged)[1].accessibleName() == "2 Twice the context"


def prepared_of(room: Any) -> tuple[Any, ...]:
    return tuple(room.controller.pins.scenarios)


def buttons(room: Any) -> list[QPushButton]:
    return [room.find(QPushButton, f"stage_{place}") for place in range(1, 10)]


def test_one_key_resets_between_two_demonstrations(staged: Any) -> None:
    press(staged, Qt.Key.Key_2)
    staged.set(batch_size=32, context_length=128)
    assert title(staged).startswith("Twice the context · changed")
    press(staged, Qt.Key.Key_0)
    assert staged.scenario == prepared_of(staged)[1]
    assert title(staged) == "Twice the context"


def test_without_prepared_ones_it_resets_to_where_the_talk_began(room: Any) -> None:
    began = room.scenario
    present(room, PROJECTOR)
    room.set(batch_size=32)
    press(room, Qt.Key.Key_0)
    assert room.scenario == began
    room.press_key(Qt.Key.Key_4, NONE)
    room.press_key(Qt.Key.Key_PageDown, NONE)
    assert room.scenario == began


def test_a_remote_control_goes_through_them(staged: Any) -> None:
    """They send Page Down and Page Up, whatever has the focus."""
    staged.track("context").setFocus()
    for expected in (0, 1, 2):
        with staged.change():
            staged.bot.keyClick(staged.track("context"), Qt.Key.Key_PageDown)
        assert staged.scenario == prepared_of(staged)[expected]
    with staged.change():
        staged.bot.keyClick(staged.track("context"), Qt.Key.Key_PageUp)
    assert staged.scenario == prepared_of(staged)[1]


def test_digits_typed_into_a_box_are_digits(staged: Any) -> None:
    with staged.change():
        staged.enter("batch", "3")
    assert staged.scenario.batch_size == 3
    assert staged.scenario.context_length == 4096
    assert staged.find(QLineEdit, "batch.box").text() == "3"


def test_numbers_do_nothing_in_the_window_as_it_is_worked_in(room: Any) -> None:
    room.controller.pins.replace(prepared(room))
    before = room.scenario
    room.press_key(Qt.Key.Key_3, NONE)
    assert room.scenario is before


def test_a_workshop_file_brings_nine_with_their_titles(room: Any, tmp_path: Any) -> None:
    path = tmp_path / "workshop.fitroom.json"
    assert save_comparison(path, Comparison(current=room.scenario, pinned=tuple(prepared(room)))) == ""
    room.window.opener.open(path)
    present(room, PROJECTOR)
    assert [button.toolTip() for button in buttons(room)][:3] == ["For inference", "Twice the context", "Full training"]
    press(room, Qt.Key.Key_5)
    assert room.scenario.method is Method.QLORA


# Motion


def test_bars_move_to_where_they_belong() -> None:
    one = Picture(({0.0: QRectF(0, 0, 10, 1), 2.0: QRectF(0, 2, 4, 1)}, {}), 20.0, 5.0)
    other = Picture(({0.0: QRectF(0, 0, 20, 1)}, {0.0: QRectF(20, 0, 8, 1)}), 40.0, 6.0)
    half = between(one, other, 0.5)
    assert half.bars[0] == {0.0: QRectF(0, 0, 15, 1), 2.0: QRectF(0, 2, 2, 1)}
    assert half.bars[1] == {0.0: QRectF(20, 0, 4, 1)}
    assert (half.end, half.bottom) == (30.0, 5.5)
    assert between(one, other, 1.0).bars[1] == other.bars[1]


def weights_px(room: Any) -> float:
    """How long the first bar is on the axis."""
    return float(room.window.chart._bars[0].rects[0].width())


def test_a_recalled_scenario_glides_in(staged: Any) -> None:
    press(staged, Qt.Key.Key_1)
    staged.bot.waitUntil(lambda: not gliding(staged))
    before = weights_px(staged)
    press(staged, Qt.Key.Key_5)
    assert gliding(staged)
    assert weights_px(staged) > before / 2, "it starts from where it was"
    staged.bot.waitUntil(lambda: not gliding(staged))
    assert weights_px(staged) < before / 2


def gliding(room: Any) -> bool:
    glide = room.window.chart._glide
    return bool(glide.state() is glide.State.Running)


def test_nothing_glides_for_whoever_wants_less_motion(staged: Any, settings: QSettings) -> None:
    staged.window.actions_made["motion"].trigger()
    assert Preferences(settings).less_motion
    press(staged, Qt.Key.Key_5)
    assert not gliding(staged)


def test_nothing_glides_in_a_drag(staged: Any) -> None:
    press(staged, Qt.Key.Key_1)
    staged.bot.waitUntil(lambda: not gliding(staged))
    staged.press_handle("context")
    with staged.change():
        staged.drag_to("context", 300)
    assert not gliding(staged)
    staged.release("context")


def test_a_system_without_animations_is_heeded(staged: Any, monkeypatch: Any) -> None:
    class Still:
        def style(self) -> "Still":
            return self

        def styleHint(self, *_: object) -> int:
            return 0

    monkeypatch.setattr(staged.controller, "_app", Still())
    staged.controller._show_motion()
    press(staged, Qt.Key.Key_5)
    assert not gliding(staged)


# The pointer


def test_a_ring_follows_the_pointer_and_lets_clicks_through(staged: Any, qtbot: QtBot) -> None:
    ring = staged.window.findChild(Spotlight)
    assert not ring.isVisible()
    button = staged.find(QPushButton, "run_training_full")
    centre = button.mapTo(staged.window, button.rect().center())
    handle = staged.window.windowHandle()
    qtbot.mouseMove(handle, centre)
    assert ring.isVisible()
    assert (ring.geometry().center() - centre).manhattanLength() <= 2
    with staged.change():
        qtbot.mouseClick(handle, Qt.MouseButton.LeftButton, pos=centre)
    assert staged.scenario.task is Task.TRAINING
    picture = staged.window.grab().toImage()
    edge = picture.pixelColor(centre + QPoint(round(ring.width() / 2 - ring.width() / 16), 0))
    assert edge.name() != CONTRAST.window


def test_there_is_no_ring_in_the_window_as_it_is_worked_in(staged: Any) -> None:
    staged.press_key(Qt.Key.Key_F11, NONE)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert staged.window.findChildren(Spotlight) == []


# A lesson before an audience


def test_a_lesson_is_there_too_and_a_remote_control_turns_its_pages(staged: Any) -> None:
    guide, settle = staged.window.tour.guide, staged.bot.waitUntil
    large = staged.window.fontMetrics().height()
    guide.start("what-a-parameter-weighs")
    settle(lambda: staged.window.fontMetrics().height() < large and guide.page is not None)
    panel = staged.find(LessonPanel, "lesson_panel")
    assert panel.isVisible()
    assert isinstance(staged.window.header, StageBar)
    assert panel.findChild(QLabel, "lesson_text").fontMetrics().height() > QFontMetrics(system_font()).height()
    assert guide.page.number == 0
    staged.press_key(Qt.Key.Key_PageDown, NONE)
    settle(lambda: guide.page is not None and guide.page.number == 1)
    staged.press_key(Qt.Key.Key_PageUp, NONE)
    settle(lambda: guide.page is not None and guide.page.number == 0)
    guide.close()
    settle(lambda: staged.window.fontMetrics().height() == large)
    assert not staged.find(LessonPanel, "lesson_panel").isVisible()
    press(staged, Qt.Key.Key_PageDown)
    assert title(staged), "without a lesson it calls up what is prepared"
