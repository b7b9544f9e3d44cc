"""What training asks: recipe, adapters, optimizer, checkpointing. Hidden in inference."""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from core.choices import MAX_LORA_RANK, MIN_LORA_RANK, meaningless
from core.memory import Method, Optimizer, Recipe, Scenario, Task
from core.memory.scenario import ALL_LINEAR, ATTENTION_LINEAR, QUERY_VALUE, Loss
from core.quantity import Kind, QuantityError
from gui.form_panel import FormPanel
from gui.quantities import Numbers
from gui.theme import FontSize, font
from gui.widgets.caption import without_mnemonic
from gui.widgets.quantity_box import QuantityBox
from gui.words import loss_name, optimizer_name, quantity_problem, recipe_name


class TrainingPanel(FormPanel):
    """The recipe with its bytes per parameter beside it: the one unstated choice behind most disagreements."""

    def __init__(self, refused_color: QColor, parent: QWidget) -> None:
        super().__init__(parent)
        self._full = True
        self.recipe_box = self.add_choice("recipe", self.tr("R&ecipe"), [(recipe_name(recipe), recipe) for recipe in Recipe])
        self.rank_box = self._build_rank_box(refused_color)
        self.add_row("lora_r", self.tr("LoRA ra&nk"), self.rank_box)
        self.form.addRow(self.rank_box.message)
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
        losses = [(loss_name(loss), loss) for loss in Loss]
        self.loss_box = self.add_choice("loss", self.tr("&Loss"), losses)
        self.checkpointing_box = QCheckBox(self)
        self.checkpointing_box.setObjectName("gradient_checkpointing")
        self.checkpointing_box.setToolTip(
            self.tr("Keep only the inputs of layers and compute the rest again: less memory, about a third more time.")
        )
        self.checkpointing_box.toggled.connect(self._on_checkpointing)
        caption = self.tr("Gradient chec&kpointing")
        self.checkpointing_box.setAccessibleName(without_mnemonic(caption))
        self.add_wide_row("gradient_checkpointing", caption, self.checkpointing_box)

    def show_less(self) -> None:
        """As much as an audience needs."""
        self._full = False
        self.show_row(self.loss_box, False)

    def _build_rank_box(self, refused_color: QColor) -> QuantityBox:
        low, high = str(MIN_LORA_RANK), str(MAX_LORA_RANK)

        def explain(error: QuantityError) -> str:
            return quantity_problem(error, low, high)

        box = QuantityBox(kind=Kind.COUNT, low=MIN_LORA_RANK, high=MAX_LORA_RANK, to_text=str, explain=explain, parent=self)
        box.setObjectName("lora_r.box")
        box.message.setObjectName("lora_r.message")
        box.describe(self.tr("LoRA rank"), self.tr("From {low} to {high}.").format(low=low, high=high))
        box.setRefusedColor(refused_color)
        box.edited.connect(self._on_rank)
        return box

    def render_scenario(self, scenario: Scenario, bytes_per_parameter: float, numbers: Numbers) -> None:
        """Show ``scenario``. Idempotent; emits nothing."""
        training = scenario.task is Task.TRAINING
        if self.isHidden() == training:
            self.setVisible(training)
        if not training:
            return
        for field, box in (("recipe", self.recipe_box), ("lora_r", self.rank_box), ("lora_target_modules", self.targets_box)):
            self.show_row(box, meaningless(scenario, field) is None and (self._full or box is not self.targets_box))
        self.show_row(self.ratio_note, self._full or scenario.method is Method.FULL)
        self.recipe_box.render_value(scenario.recipe)
        self.targets_box.render_value(scenario.lora_target_modules)
        self.optimizer_box.render_value(scenario.optimizer)
        self.loss_box.render_value(scenario.loss)
        self.rank_box.render_value(scenario.lora_r)
        with QSignalBlocker(self.checkpointing_box):
            self.checkpointing_box.setChecked(scenario.gradient_checkpointing)
        if self._full:
            text = self.tr("{ratio} bytes per parameter (weights + gradients + optimizer)")
        else:
            text = self.tr("{ratio} bytes per parameter")
        text = text.format(ratio=numbers.ratio(bytes_per_parameter))
        if text != self.ratio_note.text():
            self.ratio_note.setText(text)

    def _on_rank(self, rank: int) -> None:
        self.edited.emit({"lora_r": rank})

    def _on_checkpointing(self, on: bool) -> None:
        self.edited.emit({"gradient_checkpointing": on})
