"""The model drop-down: type a part of a name, or pick one."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QWidget

from core.catalogue.models import Model
from core.memory import Architecture
from gui.widgets.choice_slider import CalmComboBox


class ModelBox(CalmComboBox):
    """Emits the Model picked; text that names none gives way to the model shown."""

    picked = Signal(object)

    def __init__(self, models: Sequence[Model], parent: QWidget) -> None:
        super().__init__(parent)
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
        typed = self.currentText().casefold()
        exact = [name for name in self._models if name.casefold() == typed]
        meant = exact or [name for name in self._models if typed in name.casefold()]
        self.setEditText(meant[0] if len(meant) == 1 else self._shown)
        self._on_activated(self.currentText())
