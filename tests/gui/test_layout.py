"""Nothing is cut off, however small the window, large the numbers, or long the words of a language."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QSettings, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QLabel, QStyle, QStyleOptionButton, QToolButton, QWidget

from core.memory import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    Attention,
    Estimator,
    Format,
    Method,
    Optimizer,
    Task,
    architecture_from_parameter_count,
)
from gui.theme import contrast
from gui.widgets.caption import Caption

RUNS: dict[str, dict[str, Any]] = {
    "inference": {},
    "training": {"task": Task.TRAINING, "optimizer": Optimizer.SGD_MOMENTUM},
    "qlora": {"task": Task.TRAINING, "method": Method.QLORA, "weights": Format.INT4},
}
EXTREME = {"batch_size": MAX_BATCH_SIZE, "context_length": MAX_CONTEXT_LENGTH, "attention": Attention.EAGER}
SMALLEST, USUAL = (1, 1), (1280, 720)

languages = pytest.mark.parametrize("language", ["en", "zh_CN"])
themes = pytest.mark.parametrize("theme", ["light", "dark"])
sizes = pytest.mark.parametrize("size", [SMALLEST, USUAL], ids=["smallest", "usual"])
runs = pytest.mark.parametrize("run", RUNS)

Open = Callable[..., Any]


def settle(room: Any, size: tuple[int, int]) -> None:
    """Wait until the layout has followed: a change of columns asks for another turn."""
    room.window.resize(*size)
    for _ in range(3):
        QCoreApplication.processEvents()


@pytest.fixture
def small_room(open_room: Open, settings: QSettings, language: str) -> Any:
    settings.setValue("language", language)
    return open_room()


@languages
def test_the_window_has_a_least_size(small_room: Any, language: str) -> None:
    settle(small_room, SMALLEST)
    window = small_room.window
    assert (window.width(), window.height()) == (1024, 640)
    small_room.press_key(Qt.Key.Key_L)
    settle(small_room, SMALLEST)
    assert (window.width(), window.height()) == (1024, 640)


@languages
@runs
@sizes
def test_the_legend_has_room_for_names_and_figures(
    small_room: Any, painted_texts: Callable[[QWidget], list[str]], run: str, size: tuple[int, int]
) -> None:
    small_room.set(**RUNS[run], batch_size=2)
    settle(small_room, size)
    legend = small_room.window.legend
    painted = painted_texts(legend)
    entries = legend.text().split("; ")
    assert len(painted) >= 3 * len(entries), "a name, an amount and a share each"
    assert [text for text in painted if "…" in text] == []
    assert legend.height() >= legend.minimumSizeHint().height()


@languages
@runs
@pytest.mark.parametrize("changes", [{}, EXTREME], ids=["usual", "extreme"])
@sizes
def test_what_is_assumed_is_not_cut(small_room: Any, run: str, changes: dict[str, Any], size: tuple[int, int]) -> None:
    extreme = {"architecture": architecture_from_parameter_count(10**13)} if changes else {}
    small_room.set(**{"batch_size": 2, **RUNS[run], **changes, **extreme})
    settle(small_room, size)
    for name in ("peak_figure", "peak_moment", "assumptions", "readings"):
        label = small_room.find(QLabel, name)
        if label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), name
        else:
            assert label.width() >= label.sizeHint().width(), name
    if size == USUAL:
        label = small_room.find(QLabel, "assumptions")
        assert label.height() < 2 * label.fontMetrics().height(), "one line, so that nothing moves in a drag"


@languages
@runs
def test_captions_are_not_cut(small_room: Any, run: str) -> None:
    small_room.find(QToolButton, "more").click()
    small_room.set(**RUNS[run], batch_size=2)
    settle(small_room, SMALLEST)
    captions = [caption for caption in small_room.window.findChildren(Caption) if caption.isVisibleTo(small_room.window)]
    assert len(captions) >= 7
    assert [caption.text() for caption in captions if caption.width() < caption.sizeHint().width()] == []


def test_a_rule_of_thumb_over_lora_says_what_it_reckons(room: Any) -> None:
    room.set(task=Task.TRAINING, method=Method.LORA, estimator=Estimator.RULE_OF_THUMB)
    assert "full training" in room.text("assumptions")
    room.set(method=Method.FULL)
    assert "full training" not in room.text("assumptions")


# Check boxes, whose squares are drawn by the style


@themes
@pytest.mark.parametrize("name", ["gradient_checkpointing", "gpu_only_fitting"])
def test_an_empty_check_box_is_seen(open_room: Open, settings: QSettings, theme: str, name: str) -> None:
    settings.setValue("theme", theme)
    room = open_room()
    room.set(task=Task.TRAINING)
    box = room.find(QCheckBox, name)
    assert not box.isChecked()
    option = QStyleOptionButton()
    box.initStyleOption(option)
    square = box.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, box)
    square.translate(box.mapTo(room.window, box.rect().topLeft()))
    picture = room.window.grab().toImage()
    row = [QColor(picture.pixelColor(x, square.center().y())) for x in range(square.left() - 3, square.center().x())]
    outside, inside = row[0], row[-1]
    edge = max(row, key=lambda color: contrast(color, outside))
    assert contrast(edge, outside) >= 3
    assert contrast(edge, inside) >= 3
