"""Reading a model from a hub in the background: the window stays as it is until it is there."""

from collections.abc import Callable

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from core.catalogue.hf_config import ConfigError, ImportedModel
from core.hub import HubError, Reference, fetch

Fetch = Callable[[Reference], ImportedModel]


class _Done(QObject):
    done = Signal(object)


class _Task(QRunnable):
    def __init__(self, fetch_model: Fetch, reference: Reference) -> None:
        super().__init__()
        self.signals = _Done()
        self._fetch = fetch_model
        self._reference = reference

    def run(self) -> None:
        try:
            found: object = self._fetch(self._reference)
        except (HubError, ConfigError) as error:
            found = error
        try:
            self.signals.done.emit(found)
        except RuntimeError:
            return  # the window is gone


class Fetcher(QObject):
    """Emits ``fetched`` with an ImportedModel, or ``failed`` with a HubError or ConfigError; nothing, where it was stopped before."""

    fetched = Signal(object)
    failed = Signal(object)
    busy_changed = Signal(bool)

    def __init__(self, parent: QObject, fetch_model: Fetch = fetch) -> None:
        super().__init__(parent)
        self._fetch = fetch_model
        self._task: _Task | None = None

    def start(self, reference: Reference) -> None:
        """Read ``reference`` instead of what is being read."""
        self._task = task = _Task(self._fetch, reference)
        task.setAutoDelete(False)  # Python's
        task.signals.done.connect(lambda found: self._on_done(task, found))
        self.busy_changed.emit(True)
        QThreadPool.globalInstance().start(task)

    def stop(self) -> None:
        """Do without the answer, whenever it comes."""
        if self._task is not None:
            self._task = None
            self.busy_changed.emit(False)

    def _on_done(self, task: _Task, found: object) -> None:
        if task is not self._task:
            return
        self.stop()
        if isinstance(found, ImportedModel):
            self.fetched.emit(found)
        else:
            self.failed.emit(found)
