"""Reading a model from a hub in the background: the window stays as it is until it is there."""

import contextlib
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from core.catalogue.config_keys import ConfigError
from core.catalogue.hf_config import ImportedModel
from core.hub import HubError, HubProblem, Reference, fetch

Fetch = Callable[[Reference], ImportedModel]


class Fetcher(QObject):
    """Emits ``fetched`` with an ImportedModel, or ``failed`` with a HubError or ConfigError; nothing, where it was stopped before."""

    fetched = Signal(object)
    failed = Signal(object)
    busy_changed = Signal(bool)
    answered = Signal(object, object)
    """(thread, what it found): from there to here."""

    def __init__(self, parent: QObject, fetch_model: Fetch = fetch) -> None:
        super().__init__(parent)
        self._fetch = fetch_model
        self._thread: threading.Thread | None = None
        self.answered.connect(self._on_answered)

    def start(self, reference: Reference) -> None:
        """Read ``reference`` instead of what is being read."""
        # A daemon, which no closing window waits for.
        self._thread = threading.Thread(target=self._run, args=(reference,), name="fetch", daemon=True)
        self.busy_changed.emit(True)
        self._thread.start()

    def stop(self) -> None:
        """Do without the answer, whenever it comes."""
        if self._thread is not None:
            self._thread = None
            self.busy_changed.emit(False)

    def _run(self, reference: Reference) -> None:
        found: object
        try:
            found = self._fetch(reference)
        except (HubError, ConfigError) as error:
            found = error
        except Exception as error:  # of whatever library is asked: without an answer the window would wait for ever
            found = HubError(HubProblem.UNREACHABLE, reference, f"{type(error).__name__}: {error}")
        with contextlib.suppress(RuntimeError):  # the window is gone
            self.answered.emit(threading.current_thread(), found)

    def _on_answered(self, thread: threading.Thread, found: object) -> None:
        if thread is not self._thread:
            return
        self.stop()
        if isinstance(found, ImportedModel):
            self.fetched.emit(found)
        else:
            self.failed.emit(found)
