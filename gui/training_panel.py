"""What training asks: recipe, adapters, optimizer, checkpointing. Hidden in inference."""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget

from core.choices import MAX_LORA_RANK, MIN_LORA_RANK, meaningless
from core.memory import Method, Optimizer, Recipe, Scenario, Task
from core.memory.architecture import MAX_PREDICTION_HEADS
from core.memory.scenario import ALL_LINEAR, ATTENTION_LINEAR, QUERY_VALUE, Objective
from core.quantity import Kind, QuantityError
from gui.form_panel import FormPanel
from gui.problem_words import quantity_problem
from gui.quantities import Numbers
from gui.theme import FontSize, font
from gui.widgets.caption import without_mnemonic
from gui.widgets.quantity_box import QuantityBox
from gui.words import objective_name, optimizer_name, recipe_name


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
        objectives = [(objective_name(objective), objective) for objective in Objective]
        self.objective_box = self.add_choice("objective", self.tr("Ob&jective"), objectives)
        self.objective_box.setToolTip(
            self.tr("DPO, ORPO and SimPO learn from pairs of answers: the batch counts pairs. KTO counts answers.")
        )
        self.reference_box, self.reference_line = self._add_check(
            "precomputed_reference",
            self.tr("Reference precompute&d"),
            self.tr("What the reference model says is computed once, before training: it is then not in memory."),
        )
        self.heads_box = self._build_heads_box(refused_color)
        self.heads_line = self.add_wide_row("mtp_num_layers", self.tr("Heads trained (MTP)"), self.heads_box)
        self.form.addRow(self.heads_box.message)
        self.checkpointing_box, _ = self._add_check(
            "gradient_checkpointing",
            self.tr("Gradient chec&kpointing"),
            self.tr("Keep only the inputs of layers and compute the rest again: less memory, about a third more time."),
        )

    def _add_check(self, field: str, caption: str, tip: str) -> tuple[QCheckBox, QWidget]:
        box = QCheckBox(self)
        box.setObjectName(field)
        box.setToolTip(tip)
        box.toggled.connect(lambda on: self.edited.emit({field: on}))
        box.setAccessibleName(without_mnemonic(caption))
        return box, self.add_wide_row(field, caption, box)

    def show_less(self) -> None:
        """As much as an audience needs."""
        self._full = False
        self.show_row(self.objective_box, False)

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

    def _build_heads_box(self, refused_color: QColor) -> QuantityBox:
        high = str(MAX_PREDICTION_HEADS)

        def explain(error: QuantityError) -> str:
            return quantity_problem(error, "0", high)

        box = QuantityBox(kind=Kind.COUNT, low=0, high=MAX_PREDICTION_HEADS, to_text=str, explain=explain, parent=self)
        box.setObjectName("mtp_num_layers.box")
        box.message.setObjectName("mtp_num_layers.message")
        tip = self.tr("Heads that predict tokens ahead and that Megatron trains with the model, on the last pipeline stage; 0: none")
        box.describe(self.tr("Heads trained"), tip)
        box.setToolTip(tip)
        box.setRefusedColor(refused_color)
        box.edited.connect(lambda heads: self.edited.emit({"mtp_num_layers": heads}))
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
        self.show_row(self.reference_line, self._full and meaningless(scenario, "precomputed_reference") is None)
        heads = scenario.architecture.num_nextn_predict_layers + scenario.mtp_num_layers > 0
        self.show_row(self.heads_line, self._full and heads and meaningless(scenario, "mtp_num_layers") is None)
        self.heads_box.render_value(scenario.mtp_num_layers)
        self.recipe_box.render_value(scenario.recipe)
        self.targets_box.render_value(scenario.lora_target_modules)
        self.optimizer_box.render_value(scenario.optimizer)
        self.rank_box.render_value(scenario.lora_r)
        self.objective_box.render_value(scenario.objective)
        for check, on in ((self.checkpointing_box, scenario.gradient_checkpointing), (self.reference_box, scenario.precomputed_reference)):
            with QSignalBlocker(check):
                check.setChecked(on)
        if scenario.parallel.world_size > 1:
            text = self.tr("{ratio} B per parameter on a GPU")
        elif self._full:
            text = self.tr("{ratio} bytes per parameter (weights + gradients + optimizer)")
        else:
            text = self.tr("{ratio} bytes per parameter")
        text = text.format(ratio=numbers.ratio(bytes_per_parameter))
        if text != self.ratio_note.text():
            self.ratio_note.setText(text)

    def _on_rank(self, rank: int) -> None:
        self.edited.emit({"lora_r": rank})
