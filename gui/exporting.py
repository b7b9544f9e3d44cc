"""The scenario as a trainer's configuration, and the Hub calculator's table of its model: a menu beside Save."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import assert_never

from PySide6.QtCore import QDir, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from core.hub_table import hub_table
from core.launch import CannotSayError, Launcher, launcher_of, write_line
from core.memory import Task
from core.report import hub_table_text
from core.trainer_config import Trainer
from core.trainer_export import NoSuchFieldError, export
from gui.parallel_words import strategy_name
from gui.session import save_bytes
from gui.store import Store

#: As their makers write them; and what their files are called.
_TRAINERS = {
    Trainer.AXOLOTL: ("axolotl", "axolotl.yaml"),
    Trainer.LLAMA_FACTORY: ("LLaMA-Factory", "llama-factory.yaml"),
    Trainer.DEEPSPEED: ("DeepSpeed", "ds_config.json"),
    Trainer.ACCELERATE: ("accelerate", "accelerate.yaml"),
}

_LAUNCHERS = {
    Launcher.MEGATRON: "Megatron-LM",
    Launcher.VLLM: "vLLM",
    Launcher.SGLANG: "SGLang",
    Launcher.LLAMA_CPP: "llama.cpp",
}


class Exporter(QObject):
    """Writes what is in ``store`` for other programs; what is to be said goes to ``say``."""

    def __init__(self, window: QWidget, store: Store, say: Callable[[str], None]) -> None:
        super().__init__(window)
        self._window, self._store, self._say = window, store, say
        self._folder = ""

    def menu(self) -> QMenu:
        """A menu that speaks the language of when it comes up."""
        menu = QMenu(self._window)
        menu.aboutToShow.connect(lambda: self._fill(menu))
        return menu

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        training = self._store.scenario.task is Task.TRAINING
        for trainer, (name, _) in _TRAINERS.items():
            action = menu.addAction(self.tr("As a configuration of {trainer} …").format(trainer=name))
            action.setEnabled(training)
            action.triggered.connect(lambda _checked=False, trainer=trainer: self.ask(trainer))
        if not training:
            menu.addAction(self.tr("(Only training has one)")).setEnabled(False)
        menu.addSeparator()
        launcher = launcher_of(self._store.scenario)
        if launcher is not None:
            action = menu.addAction(self.tr("Copy the command of {program}").format(program=_LAUNCHERS[launcher]))
            action.triggered.connect(lambda _checked=False: self.copy_command(launcher))
        menu.addAction(self.tr("Copy the table of the Hub’s memory calculator"), self.copy_hub_table)

    def ask(self, trainer: Trainer) -> None:
        """Let the user say where to, and write there; what the trainer has no fields for is said before."""
        text = self.text_for(trainer)
        if text is None:
            return
        suggested = self._suggested_name(trainer)
        place = QDir(self._folder).filePath(suggested) if self._folder else suggested
        kinds = self.tr("Configurations (*.yaml *.yml *.json);;All files (*)")
        title = self.tr("Save a configuration of {trainer}").format(trainer=_TRAINERS[trainer][0])
        name, _ = QFileDialog.getSaveFileName(self._window, title, place, kinds)
        if name:
            self.save(Path(name), text)

    def text_for(self, trainer: Trainer) -> str | None:
        """The configuration; None, with the reason told, where there is none."""
        try:
            return export(self._store.scenario, trainer).rstrip() + "\n"
        except NoSuchFieldError as error:
            self._say(self._no_field(trainer, error))
            return None

    def save(self, path: Path, text: str) -> None:
        self._folder = str(path.parent)
        problem = save_bytes(path, text.encode())
        if problem:
            words = self.tr("Nothing was saved to {path}: {problem}. Pick another place; nothing is lost here.")
            self._say(words.format(path=path, problem=problem.rstrip(".")))
        else:
            self._say(self.tr("Saved to {path}. Add data and learning rate there.").format(path=path))

    def copy_command(self, launcher: Launcher) -> None:
        """Put the command that starts the run, as it is spread over GPUs, on the clipboard."""
        name = _LAUNCHERS[launcher]
        try:
            QGuiApplication.clipboard().setText(write_line(self._store.scenario, launcher) + "\n")
        except CannotSayError:
            words = self.tr("{program} has no options for this run ({strategy}). Pick another way, and copy again.")
            self._say(words.format(program=name, strategy=strategy_name(self._store.scenario)))
        else:
            self._say(self.tr("Copied: the command of {program}. Add data and paths there.").format(program=name))

    def copy_hub_table(self) -> None:
        """Put what ``accelerate estimate-memory`` would say of the model on the clipboard."""
        QGuiApplication.clipboard().setText(hub_table_text(hub_table(self._store.scenario.architecture)))
        self._say(self.tr("Copied: what the Hub’s calculator says of this model’s weights and of training it with Adam."))

    def _no_field(self, trainer: Trainer, error: NoSuchFieldError) -> str:
        name = _TRAINERS[trainer][0]
        match error.field:
            case "task":
                return self.tr("Only training has a configuration of {trainer}.").format(trainer=name)
            case "recipe":
                return self.tr("{trainer} has no recipe {value}. Pick another recipe, and export again.").format(
                    trainer=name, value=error.value
                )
            case "optimizer":
                text = self.tr("{trainer} has no optimizer {value}. Pick another optimizer, and export again.")
                return text.format(trainer=name, value=error.value)
            case "parallel":
                text = self.tr("{trainer} cannot say how this run is spread over GPUs: {strategy}. Pick another way, and export again.")
                return text.format(trainer=name, strategy=strategy_name(self._store.scenario))
            case _:
                assert_never(error.field)

    def _suggested_name(self, trainer: Trainer) -> str:
        scenario = self._store.scenario
        plain = re.sub(r"[^\w.-]+", "-", scenario.name or scenario.architecture.name or "run").strip("-.") or "run"
        return f"{plain}.{_TRAINERS[trainer][1]}"
