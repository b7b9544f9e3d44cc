"""The model drop-down: type a part of a name, or pick one."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QWidget

from core.catalogue.models import Model, find_model
from core.catalogue.names import suggest
from core.memory import Architecture
from gui.widgets.calm import WindowUndo
from gui.widgets.choice_slider import CalmComboBox


class ModelBox(CalmComboBox):
    """Emits the Model picked; text that names none gives way to the model shown."""

    picked = Signal(object)
    unknown = Signal(object)
    """The text that names no model, and the names that come near it, as a tuple (text, list)."""

    def __init__(self, models: Sequence[Model], parent: QWidget) -> None:
        super().__init__(parent)
        self._all = tuple(models)
        self._models = {model.architecture.name: model for model in models}
        self._shown = ""
        self.setObjectName("model")
        self.setAccessibleName(self.tr("Model"))
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self.addItems(list(self._models))
        completer = QCompleter(list(self._models), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompleter(completer)
        self.text_box = QLineEdit(self)
        self.setLineEdit(self.text_box)
        self.text_box.setCompleter(completer)
        WindowUndo(self.text_box)
        self.textActivated.connect(self._on_activated)
        self.text_box.editingFinished.connect(self._on_finished)

    def render_architecture(self, architecture: Architecture) -> None:
        """Show the name of ``architecture``; a shape made from a parameter count has none."""
        name = architecture.name or self.tr("custom size")
        if name == self._shown:
            return
        self._shown = name
        with QSignalBlocker(self):
            self.setCurrentIndex(self.findText(name))
            self.setEditText(name)

    def _on_activated(self, name: str) -> None:
        model = self._models.get(name)
        if model is not None and name != self._shown:
            self.picked.emit(model)

    def _on_finished(self) -> None:
        """Names are understood as the command line understands them: in any case, with or without the organisation."""
        text = self.currentText().strip()
        if text == self._shown or not text:
            self.setEditText(self._shown)
            return
        model = find_model(self._all, text) or self._only_one_with(text)
        self.setEditText(self._shown if model is None else model.architecture.name)
        if model is not None:
            self._on_activated(model.architecture.name)
        else:
            self.unknown.emit((text, suggest(list(self._models), text)))

    def _only_one_with(self, part: str) -> Model | None:
        """The model whose name alone has ``part`` in it."""
        meant = [model for name, model in self._models.items() if part.casefold() in name.casefold()]
        return meant[0] if len(meant) == 1 else None
