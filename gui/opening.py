"""Opening what someone hands over: by Ctrl+O, dropped on the window, pasted, or named by its id on a hub. It changes one scenario, which
undo takes back.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QWidget

from core.catalogue.config_keys import ConfigError
from core.catalogue.hf_config import ImportedModel
from core.catalogue.models import Model
from core.hub import HubError, Reference, parse_reference
from core.launch import read_line
from core.lessons.mark import is_lesson_file
from core.memory import parameter_count
from core.opened import Opened, open_path, open_text, with_model
from core.run_log import read_log
from core.scenario_file import ScenarioFileError
from core.small_file import MAX_FILE_BYTES, SmallFileError, read_small_file
from gui.fetching import Fetcher
from gui.file_words import file_problem
from gui.pins import Pins
from gui.problem_words import config_note, config_problem, hub_problem
from gui.store import Store

#: Files that are read as logs.
_LOGS = frozenset({".log", ".txt", ".out", ".err"})


class Opener(QObject):
    """Lets ``window`` take files; what comes of it goes to ``store``, and what is to be said to ``say``. Emits ``log_read`` with what a log
    says.
    """

    log_read = Signal(object)
    lesson_opened = Signal(object)
    """The Path of a lesson, which is not read yet."""
    opened = Signal(object)
    """The Path of a file that could be read."""

    def __init__(self, window: QWidget, store: Store, pins: Pins, models: Sequence[Model], say: Callable[[str], None]) -> None:
        super().__init__(window)
        self._window = window
        self._store = store
        self._pins = pins
        self._models = models
        self._say = say
        self.fetcher = Fetcher(self)
        stop = QShortcut(QKeySequence(Qt.Key.Key_Escape), window)
        stop.setEnabled(False)
        stop.activated.connect(self._stop)
        self.fetcher.busy_changed.connect(stop.setEnabled)
        self.fetcher.fetched.connect(lambda model: self._show(with_model(store.scenario, model)))
        self.fetcher.failed.connect(self._on_failed)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def ask(self) -> None:
        """Let the user pick a file."""
        kinds = self.tr("Scenarios, models, lessons and logs (*.json *.yaml *.yml *.safetensors *.gguf *.log *.txt);;All files (*)")
        title = self.tr("Open a scenario, a model’s config.json, safetensors or GGUF")
        name, _ = QFileDialog.getOpenFileName(self._window, title, "", kinds)
        if name:
            self.open(Path(name))

    def open(self, path: Path) -> None:
        """Show what is in the file or folder ``path``."""
        if path.suffix.lower() in _LOGS:
            self._read_log_file(path)
            return
        if is_lesson_file(path):
            self.lesson_opened.emit(path)
            self.opened.emit(path)
            return
        try:
            self._show(open_path(path, self._store.scenario, self._models))
            self.opened.emit(path)
        except ConfigError as error:
            self._say(config_problem(error))
        except ScenarioFileError as error:
            self._say(file_problem(error))

    def _read_log_file(self, path: Path) -> None:
        try:
            data = read_small_file(path)
        except SmallFileError as error:
            self._say(file_problem(ScenarioFileError(str(path), str(error))))
            return
        said = read_log(data.decode(errors="replace"))
        if said:
            self.log_read.emit(said)
        else:
            self._say(self.tr("This log says nothing of memory that is understood: PyTorch, vLLM, llama.cpp and nvidia-smi are."))

    def fetch(self, reference: Reference) -> None:
        """Read a model by its id, in the background."""
        text = self.tr("Reading {id} from {hub} … Esc stops.")
        self._say(text.format(id=reference.model_id, hub=reference.hub.value))
        self.fetcher.start(reference)

    def take_name(self, typed: tuple[str, list[str]]) -> None:
        """A name that is in no list, and the names that come near it."""
        text, near = typed
        reference = parse_reference(text)
        if reference is not None:
            self.fetch(reference)
        elif near:
            self._say(self.tr("No model is called “{name}”. Perhaps {near}?").format(name=text[:60], near=", ".join(near)))
        else:
            self._say(self.tr("No model is called “{name}”. Pick one from the list, or set a size.").format(name=text[:60]))

    def _stop(self) -> None:
        self.fetcher.stop()
        self._say("")

    def _on_failed(self, error: HubError | ConfigError) -> None:
        self._say(hub_problem(error) if isinstance(error, HubError) else config_problem(error))

    def paste(self) -> None:
        """Show what the clipboard holds: the text of a configuration or a scenario, or a file."""
        data = QGuiApplication.clipboard().mimeData()
        if data is not None and data.hasUrls() and data.urls()[0].isLocalFile():
            self.open(Path(data.urls()[0].toLocalFile()))
            return
        text = QGuiApplication.clipboard().text()[:MAX_FILE_BYTES]
        reference = parse_reference(text)
        if reference is not None:
            self.fetch(reference)
            return
        said = read_log(text)
        if said:
            self.log_read.emit(said)
            return
        if "{" not in text and ":" not in text and read_line(text) is None:  # a shared text has the latter, too
            self._say(self.tr("The clipboard holds no scenario, no model’s config.json, no model’s id and no command."))
            return
        try:
            self._show(open_text(text.encode(errors="replace"), self._store.scenario, self.tr("clipboard"), models=self._models))
        except ConfigError as error:
            self._say(config_problem(error))
        except ScenarioFileError as error:
            self._say(file_problem(error))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Files that are dragged over the window, and dropped on it."""
        if isinstance(event, QDragEnterEvent) and event.type() is QEvent.Type.DragEnter:
            if any(url.isLocalFile() or parse_reference(url.toString()) for url in event.mimeData().urls()):
                event.acceptProposedAction()
                return True
        elif isinstance(event, QDropEvent) and event.type() is QEvent.Type.Drop:
            urls = event.mimeData().urls()
            files = [url.toLocalFile() for url in urls if url.isLocalFile()]
            references = [reference for url in urls if (reference := parse_reference(url.toString())) is not None]
            if files:
                event.acceptProposedAction()
                self.open(Path(files[0]))
                return True
            if references:
                event.acceptProposedAction()
                self.fetch(references[0])
                return True
        return super().eventFilter(watched, event)

    def _show(self, opened: Opened) -> None:
        self._store.replace(opened.scenario)
        if opened.pinned:
            self._pins.replace(opened.pinned)
        told = [self._model_told(opened.model)] if opened.model is not None else []
        told += [config_note(note, detail) for note, detail in opened.notes]
        if told:
            self._say(" ".join(told))

    def _model_told(self, model: ImportedModel) -> str:
        architecture = model.architecture
        name = architecture.name or self.tr("Model")
        return self.tr("{name}: {parameters} parameters.").format(name=name[:60], parameters=f"{parameter_count(architecture):,}")
