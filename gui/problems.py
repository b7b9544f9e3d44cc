"""What happens when something goes wrong that nobody foresaw: the scenario is saved, what went wrong is written to a file on this machine,
and said calmly once. Nothing is sent anywhere.
"""

import contextlib
import faulthandler
import logging
import platform
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TextIO

from PySide6.QtCore import QObject, QStandardPaths, Qt, Signal, qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from core import __version__

#: Of the file; one older is kept beside it.
MAX_LOG_BYTES = 2**18
MAX_DETAILS = 20_000
#: Different problems that are said in one run; more would be a flood.
_MAX_TOLD = 20


def log_folder() -> Path:
    """Where problems are written."""
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.StateLocation))


class ProblemLog:
    """A file that grows to MAX_LOG_BYTES, with one older beside it. A disk that refuses is no further problem."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "problems.log"

    def write(self, text: str) -> bool:
        """Append ``text``; whether that was possible."""
        from logging.handlers import RotatingFileHandler  # for those alone who need it

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handler = RotatingFileHandler(self.path, maxBytes=MAX_LOG_BYTES, backupCount=1, encoding="utf-8", errors="backslashreplace")
        except OSError:
            return False
        failed: list[logging.LogRecord] = []
        handler.handleError = failed.append  # type: ignore[assignment]
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        handler.emit(logging.LogRecord("fitting-room", logging.ERROR, "", 0, text, None, None))
        with contextlib.suppress(OSError):
            handler.close()
        return not failed


class Problems(QObject):
    """Takes what nobody caught. ``keep`` saves the scenario; ``say`` tells in one line what was told at length before."""

    _caught = Signal(object)

    def __init__(self, window: QWidget, log: ProblemLog, keep: Callable[[], None], say: Callable[[str], None]) -> None:
        super().__init__(window)
        self._window, self._log, self._keep, self._say = window, log, keep, say
        self._told: set[str] = set()
        self._busy = False
        self.dialog: ProblemDialog | None = None
        self._crash_file: TextIO | None = None
        self._caught.connect(self._take)  # queued where it comes from another thread

    def watch(self) -> None:
        """From now on, take the exceptions of slots, event handlers and threads; a crash of a library leaves its trace in a file."""
        sys.excepthook = self.take
        threading.excepthook = lambda caught: self.take(caught.exc_type, caught.exc_value, caught.exc_traceback)
        with contextlib.suppress(OSError):
            self._log.path.parent.mkdir(parents=True, exist_ok=True)
            self._crash_file = self._log.path.with_name("crash.log").open("w", encoding="utf-8")
            faulthandler.enable(self._crash_file)

    def take(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        """What sys.excepthook is given, in any thread."""
        if issubclass(kind, KeyboardInterrupt):  # Ctrl+C in the terminal
            QGuiApplication.quit()
            return
        self._caught.emit("".join(traceback.format_exception(kind, error, trace)))

    def _take(self, text: str) -> None:
        if self._busy:  # telling it went wrong itself
            return
        self._busy = True
        try:
            self._handle(text)
        finally:
            self._busy = False

    def _handle(self, text: str) -> None:
        if sys.stderr is not None:
            with contextlib.suppress(OSError):
                sys.stderr.write(text)
        details = f"{_system()}\n{text}"
        new = text not in self._told and len(self._told) < _MAX_TOLD  # what comes back with every frame is told once
        self._told.add(text)
        written = new and self._log.write(details)
        with contextlib.suppress(Exception):  # what is broken may be what is to be saved; the last one saved is still there
            self._keep()
        if new and self.dialog is None:
            self.dialog = ProblemDialog(details[:MAX_DETAILS], self._log.path if written else None, self._window)
            self.dialog.finished.connect(self._on_closed)
            self.dialog.open()
        else:
            self._say(self.tr("Something went wrong again; the scenario is kept. The details are in {path}.").format(path=self._log.path))

    def _on_closed(self) -> None:
        self.dialog = None


class ProblemDialog(QDialog):
    """Says that something went wrong and that nothing is lost; the details are there to copy."""

    def __init__(self, details: str, log: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Something went wrong"))
        self._details = details
        calm = self.tr("Something went wrong in Fitting Room. Your scenario is kept: go on, or start again if the window looks odd.")
        said = QLabel(calm, self)
        said.setObjectName("problem_said")
        said.setWordWrap(True)
        where = self.tr("Nothing was sent anywhere. If you want it to be mended, copy the details into a report.")
        if log is not None:
            where += " " + self.tr("They are also in {path}.").format(path=log)
        note = QLabel(where, self)
        note.setWordWrap(True)
        note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        box = QPlainTextEdit(details, self)
        box.setObjectName("problem_details")
        box.setAccessibleName(self.tr("Details"))
        box.setReadOnly(True)
        box.setTabChangesFocus(True)
        box.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        buttons = QDialogButtonBox(self)
        copy = buttons.addButton(self.tr("Copy the details"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.setObjectName("problem_copy")
        copy.clicked.connect(self._on_copy)
        go_on = buttons.addButton(self.tr("Go on"), QDialogButtonBox.ButtonRole.AcceptRole)
        go_on.setDefault(True)
        buttons.accepted.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(said)
        layout.addWidget(note)
        layout.addWidget(box, 1)
        layout.addWidget(buttons)
        self.resize(self.fontMetrics().height() * 40, self.fontMetrics().height() * 22)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details)


def _system() -> str:
    python = platform.python_version()
    return f"fitting-room {__version__}, Python {python}, Qt {qVersion()} ({QGuiApplication.platformName()}), {platform.platform()}"
