"""Giving a scenario away: as a file, or as a short text on the clipboard."""

import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QDir, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from core.memory import Scenario
from core.scenario_file import Comparison, share_text
from gui.pins import Pins
from gui.session import save_comparison
from gui.store import Store

SUFFIX = ".fitroom.json"


class Saver(QObject):
    """Saves and shares what is in ``store``, with what is pinned; what is to be said goes to ``say``. Emits ``saved`` with a Path."""

    saved = Signal(object)

    def __init__(self, window: QWidget, store: Store, pins: Pins, say: Callable[[str], None]) -> None:
        super().__init__(window)
        self._window, self._store, self._pins, self._say = window, store, pins, say
        self._folder = ""

    def ask(self) -> None:
        """Let the user say where to, and save there."""
        name = suggested_name(self._store.scenario) + SUFFIX
        place = QDir(self._folder).filePath(name) if self._folder else name
        kinds = self.tr("Scenarios (*.fitroom.json);;All files (*)")
        name, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save the scenario, with what is pinned"), place, kinds)
        if name:
            self.save(Path(name))

    def save(self, path: Path) -> None:
        if not path.name.endswith(".json"):
            path = path.with_name(path.name + SUFFIX)
        self._folder = str(path.parent)
        problem = save_comparison(path, Comparison(current=self._store.scenario, pinned=self._pins.scenarios))
        if problem:
            text = self.tr("Nothing was saved to {path}: {problem}. Pick another place; nothing is lost here.")
            self._say(text.format(path=path, problem=problem.rstrip(".")))
        else:
            self._say(self.tr("Saved to {path}.").format(path=path))
            self.saved.emit(path)

    def share(self) -> None:
        """Put the scenario on the clipboard, as a text to send."""
        QGuiApplication.clipboard().setText(share_text(self._store.scenario))
        self._say(self.tr("Copied as a short text: send it, and whoever pastes it into this window sees the same."))


def suggested_name(scenario: Scenario) -> str:
    """For a file, without its ending."""
    plain = re.sub(r"[^\w.-]+", "-", scenario.name or scenario.architecture.name or "scenario").strip("-.")
    return plain or "scenario"
