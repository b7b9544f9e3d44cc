"""The real window over the real catalogue, used as a person uses it: by keys and mouse, judged by what stands on the screen."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QBuffer, QCoreApplication, QEvent, QIODevice, QLocale, QPoint, QSettings, Qt
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from core.catalogue.calibration import load_calibration
from core.catalogue.gpus import load_gpus
from core.catalogue.models import Model, load_models
from core.memory import Estimate, Gpu, Scenario, estimate
from gui import assets
from gui.app import Controller
from gui.session import Preferences
from gui.widgets.caption import Caption
from gui.widgets.track import TrackSlider


def delete_now(*objects: Any) -> None:
    """Delete Qt objects without waiting for the event loop to get round to it."""
    for item in objects:
        item.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


class Room:
    """One open window and the hands and eyes of its user."""

    def __init__(self, qtbot: QtBot, controller: Controller) -> None:
        self.bot = qtbot
        self.controller = controller
        self.store = controller.store
        self.window = controller.window
        self.calibration = load_calibration(assets.CALIBRATION)

    @property
    def scenario(self) -> Scenario:
        return self.store.scenario

    @property
    def estimate(self) -> Estimate:
        return estimate(self.scenario, self.calibration)

    def change(self) -> Any:
        """A context that ends when what is done in it stands on the screen."""
        return self.bot.waitSignal(self.store.changed)

    def set(self, **fields: Any) -> None:
        """Change fields, by whatever control, and see the result; a card is the one of that name, as when it is picked."""
        if "gpu" in fields:
            card = self.window.gpu_picker.table.gpu_named(fields["gpu"])
            fields = {"resident_threads": (card.resident_threads if card is not None else None) or 0, **fields}
        with self.change():
            assert self.store.dispatch(**fields)

    # eyes

    def find(self, kind: type[QWidget], name: str) -> Any:
        """The one visible or hidden part called ``name``, though it be in a tab that was never opened."""
        found = self.window.findChildren(kind, name)
        if not found and self.window.explorer.pages:
            found = self.window.findChildren(kind, name)
        assert len(found) == 1, f"{len(found)} widgets are called {name}"
        return found[0]

    def text(self, name: str) -> str:
        return self.find(QLabel, name).text()

    @property
    def verdict(self) -> str:
        return self.text("verdict_sentence")

    @property
    def message(self) -> str:
        """The notice above the verdict; empty when there is none to be seen."""
        label = self.find(QLabel, "message")
        return label.text() if label.isVisibleTo(self.window) else ""

    def box_text(self, name: str) -> str:
        return self.find(QLineEdit, f"{name}.box").text()

    def track(self, name: str) -> TrackSlider:
        return self.find(TrackSlider, f"{name}.track")

    def settle(self) -> None:
        """Wait for what follows a frame: limits, advice, the open tab."""
        self.bot.waitUntil(lambda: not self.window.after_frame.busy)

    # hands

    def enter(self, name: str, text: str) -> None:
        """Type ``text`` over what the box of the slider ``name`` holds, and press Enter."""
        box = self.find(QLineEdit, f"{name}.box")
        box.setFocus()
        box.selectAll()
        if text.isascii():
            self.bot.keyClicks(box, text)
        else:  # no key of a keyboard: by the clipboard
            QGuiApplication.clipboard().setText(text)
            self.bot.keyClick(box, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        self.bot.keyClick(box, Qt.Key.Key_Return)

    def choose(self, name: str, text: str) -> None:
        """Pick ``text`` in the drop-down ``name``."""
        box = self.find(QComboBox, name)
        index = box.findText(text)
        assert index >= 0, f"{name} has no {text}"
        box.setCurrentIndex(index)

    def press_key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.ControlModifier) -> None:
        """A shortcut of the window; hands are slower than a turn of the event loop."""
        self.bot.keyClick(self.window, key, modifier)
        QCoreApplication.processEvents()

    def press_handle(self, name: str) -> QPoint:
        """Take hold of a slider's handle; returns where it is."""
        track = self.track(name)
        place = QPoint(round(track.tick_x(track.value())), track.height() // 2)
        self.bot.mousePress(track, Qt.MouseButton.LeftButton, pos=place)
        return place

    def drag_to(self, name: str, tick: int) -> None:
        """Move the pointer, button held, to where ``tick`` lies."""
        track = self.track(name)
        self.bot.mouseMove(track, QPoint(round(track.tick_x(tick)), track.height() // 2))

    def release(self, name: str) -> None:
        track = self.track(name)
        self.bot.mouseRelease(track, Qt.MouseButton.LeftButton, pos=QPoint(round(track.tick_x(track.value())), track.height() // 2))

    def caption(self, text: str) -> Caption:
        """The label that says ``text``."""
        captions = [label for label in self.window.findChildren(Caption) if label.plain_text() == text]
        assert len(captions) == 1, f"{len(captions)} captions say {text}"
        return captions[0]

    def double_click_caption(self, text: str) -> None:
        """On the label that says ``text``."""
        self.bot.mouseDClick(self.caption(text), Qt.MouseButton.LeftButton)

    def click_gpu(self, name: str) -> None:
        """On the row of a card in the list."""
        view, table = self.window.gpu_picker.list_view, self.window.gpu_picker.table
        index = table.index(table.row_of(name), 0)
        view.scrollTo(index)
        self.bot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())


@pytest.fixture(scope="session")
def models() -> tuple[Model, ...]:
    return load_models(assets.MODELS)


@pytest.fixture(scope="session")
def gpus() -> tuple[Gpu, ...]:
    return load_gpus(assets.GPUS)


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    """Settings in a file of their own, in English unless a test says otherwise."""
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    settings.setValue("language", "en")
    settings.setValue("theme", "light")
    settings.setValue("lessons", '{"greeted": true}')
    return settings


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Where the scenario is kept; no file yet."""
    return tmp_path / "state" / "last.fitroom.json"


@pytest.fixture
def open_room(qapp: QApplication, qtbot: QtBot, settings: QSettings, state: Path) -> Iterator[Callable[..., Room]]:
    """Opens the window, as often as asked; what is changed of the application is put back."""
    palette, style, locale, font = qapp.palette(), qapp.style().name(), QLocale(), qapp.font()
    qapp.setStyle("Fusion")  # what the application runs in, except on macOS
    opened: list[Controller] = []

    def open_one(scenario: Scenario | None = None, *, session: Path | None = state) -> Room:
        controller = Controller(qapp, Preferences(settings), session, scenario)
        opened.append(controller)
        with qtbot.waitExposed(controller.window):
            controller.window.show()
        controller.window.activateWindow()
        qtbot.waitUntil(controller.window.isActiveWindow)
        return Room(qtbot, controller)

    yield open_one
    for controller in opened:
        controller.window.close()
        delete_now(controller.window, controller)
    qapp.setStyle(style)
    qapp.setPalette(palette)
    qapp.setFont(font)
    QLocale.setDefault(locale)


@pytest.fixture
def room(open_room: Callable[..., Room]) -> Room:
    """The window as a new user meets it."""
    return open_room()


@pytest.fixture
def painted_texts() -> Callable[[QWidget], list[str]]:
    """What a widget writes on the screen, wherever the words come from: its picture as SVG keeps text as text."""

    def read(widget: QWidget) -> list[str]:
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(widget.size())
        painter = QPainter(generator)
        widget.render(painter, QPoint())
        painter.end()
        root = ElementTree.fromstring(bytes(buffer.data().data()))
        return ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]

    return read
