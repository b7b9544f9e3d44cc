"""What training asks: recipe, adapters, optimizer, checkpointing. Hidden in inference."""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from core.memory import Method, Optimizer, Recipe, Scenario, Task
from core.memory.scenario import ALL_LINEAR, ATTENTION_LINEAR, QUERY_VALUE
from gui.form_panel import FormPanel
from gui.quantities import Numbers
from gui.theme import FontSize, font
from gui.widgets.calm import CalmSpinBox
from gui.words import optimizer_name, recipe_name


class TrainingPanel(FormPanel):
    """The recipe with its bytes per parameter beside it: the one unstated choice behind most disagreements."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.recipe_box = self.add_choice("recipe", self.tr("R&ecipe"), [(recipe_name(recipe), recipe) for recipe in Recipe])
        self.rank_box = CalmSpinBox(self)
        self.rank_box.setObjectName("lora_r")
        self.rank_box.setRange(1, 65_536)
        self.rank_box.setKeyboardTracking(False)
        self.rank_box.setAccessibleName(self.tr("LoRA rank"))
        self.rank_box.valueChanged.connect(self._on_rank)
        self.add_row("lora_r", self.tr("LoRA ra&nk"), self.rank_box)
        targets = [(self.tr("all linear layers"), ALL_LINEAR), (self.tr("q, k, v, o"), ATTENTION_LINEAR), (self.tr("q and v"), QUERY_VALUE)]
        self.targets_box = self.add_choice("lora_target_modules", self.tr("LoRA tar&gets"), targets)
        self.ratio_note = QLabel(self)
        self.ratio_note.setObjectName("bytes_per_parameter")
        self.ratio_note.setFont(font(FontSize.SMALL))
        self.ratio_note.setWordWrap(True)
        self.ratio_note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.form.addRow(self.ratio_note)
        optimizers = [(optimizer_name(optimizer), optimizer) for optimizer in Optimizer]
        self.optimizer_box = self.add_choice("optimizer", self.tr("&Optimizer"), optimizers)
        self.checkpointing_box = QCheckBox(self.tr("Gradient chec&kpointing"), self)
        self.checkpointing_box.setObjectName("gradient_checkpointing")
        self.checkpointing_box.setToolTip(
            self.tr("Keep only the inputs of layers and compute the rest again: less memory, about a third more time.")
        )
        self.checkpointing_box.toggled.connect(self._on_checkpointing)
        self.form.addRow(self.checkpointing_box)

    def render_scenario(self, scenario: Scenario, bytes_per_parameter: float, numbers: Numbers) -> None:
        """Show ``scenario``. Idempotent; emits nothing."""
        training = scenario.task is Task.TRAINING
        if self.isHidden() == training:
            self.setVisible(training)
        if not training:
            return
        full = scenario.method is Method.FULL
        self.show_row(self.recipe_box, full)
        self.show_row(self.rank_box, not full)
        self.show_row(self.targets_box, not full)
        self.recipe_box.render_value(scenario.recipe)
        self.targets_box.render_value(scenario.lora_target_modules)
        self.optimizer_box.render_value(scenario.optimizer)
        with QSignalBlocker(self.rank_box):
            self.rank_box.setValue(scenario.lora_r)
        with QSignalBlocker(self.checkpointing_box):
            self.checkpointing_box.setChecked(scenario.gradient_checkpointing)
        text = self.tr("{ratio} bytes per parameter (weights + gradients + optimizer)").format(ratio=numbers.ratio(bytes_per_parameter))
        if text != self.ratio_note.text():
            self.ratio_note.setText(text)

    def _on_rank(self, rank: int) -> None:
        self.edited.emit({"lora_r": rank})

    def _on_checkpointing(self, on: bool) -> None:
        self.edited.emit({"gradient_checkpointing": on})
