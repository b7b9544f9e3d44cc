"""How a run is spread over GPUs: sizes, what replicas divide, what lies elsewhere. Emits intents; shows what it is told."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from core.fleet import listed
from core.memory import FitStatus, Interconnect, Offload, Recompute, Runtime, Scenario, Sharding, Task
from core.memory.parallel import MAX_PARALLEL_SIZE
from core.memory.parallel_refusal import multiplies_in_fp8
from core.memory.scenario import ENGINES
from core.quantity import Kind, QuantityError
from gui.form_panel import FieldBox
from gui.parallel_words import interconnect_name, offload_name, recompute_name, sharding_name
from gui.problem_words import quantity_problem
from gui.theme import FontSize, Theme, font
from gui.widgets.calm import WindowUndo
from gui.widgets.caption import without_mnemonic
from gui.widgets.quantity_box import QuantityBox

_TRAINING_SIZES = frozenset({"tensor_parallel_size", "pipeline_parallel_size", "context_parallel_size", "expert_parallel_size"})
#: The row of what is said of a text that is no number, below all others.
_MESSAGES = 9


class StrategyEditor(QWidget):
    """A grid of small controls. ``size_edited`` for what changes the number of GPUs or how they are divided, ``edited`` for the rest."""

    count_edited = Signal(object)
    cards_edited = Signal(str)
    """What was typed as the list of cards."""
    size_edited = Signal(object)
    """(field, size)."""
    edited = Signal(object)
    """A dict of fields to change."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lines = QGridLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setHorizontalSpacing(8)
        self._lines.setVerticalSpacing(6)
        for column in range(12):
            self._lines.setColumnStretch(column, 1)
        self._cells: dict[str, tuple[QWidget, QWidget]] = {}
        self._cards_shown = ""
        self._rows_shown: list[list[str]] = []
        self.count_box = self._number("world_size", self.tr("GPUs"), self.tr("How many GPUs the run has"))
        self._number("gpus_per_node", self.tr("GPUs a machine"), self.tr("GPUs of one machine"), most=1024)
        self._number("tensor_parallel_size", self.tr("Tensor (TP)"), self.tr("GPUs that share every matrix"))
        self._number("pipeline_parallel_size", self.tr("Pipeline (PP)"), self.tr("Stages, each with some of the layers"), most=1024)
        self._number("context_parallel_size", self.tr("Context (CP)"), self.tr("GPUs that share one sequence"))
        self._number("expert_parallel_size", self.tr("Experts (EP)"), self.tr("GPUs that share the experts of a layer"))
        self._number("num_microbatches", self.tr("Micro-batches"), self.tr("Of one step: accumulated, or in the pipeline"), most=10**6)
        self.cards_box = QLineEdit(self)
        self.cards_box.setObjectName("cards.box")
        self.cards_box.setPlaceholderText(self.tr("all alike"))
        self.cards_box.editingFinished.connect(self._on_cards)
        WindowUndo(self.cards_box)
        self._add("gpus", self.tr("Cards"), self.tr("Different cards by rank, for example: 2 × RTX 3090, RTX 4090"), self.cards_box)
        links = [(interconnect_name(link), link) for link in Interconnect]
        self._choice(
            "interconnect",
            self.tr("Link"),
            self.tr("How GPUs of one machine reach each other: strategies are ordered by it, memory is the same"),
            links,
        )
        shardings = [(sharding_name(sharding), sharding) for sharding in Sharding]
        self._choice(
            "sharding", self.tr("Replicas divide"), self.tr("What replicas divide between them, instead of each holding it all"), shardings
        )
        recomputes = [(recompute_name(recompute), recompute) for recompute in Recompute]
        self._choice("recompute", self.tr("Computed again"), self.tr("In the backward pass, instead of being kept"), recomputes)
        places = [(offload_name(offload), offload) for offload in Offload]
        self._choice("offload_optimizer", self.tr("Optimizer lies"), self.tr("Where optimizer states lie"), places)
        self._choice("offload_parameters", self.tr("Weights lie"), self.tr("Where weights lie while no layer uses them"), places)
        self._choice("offload_activations", self.tr("Activations lie"), self.tr("Where activations wait for the backward pass"), places)
        self._check("sequence_parallel", self.tr("Sequence (SP)"), self.tr("Norms and residuals divided by tokens, too"))
        self._check("fp8_linears", self.tr("fp8 products"), self.tr("Linear layers multiply in fp8, and keep their inputs so"))

    # -- building

    def _add(self, field: str, caption: str, tip: str, widget: QWidget) -> None:
        cell = QWidget(self)
        label = QLabel(caption, cell)
        label.setFont(font(FontSize.SMALL))
        label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
        label.setBuddy(widget)
        for part in (label, widget):
            part.setToolTip(tip)
        widget.setAccessibleName(without_mnemonic(caption))
        widget.setAccessibleDescription(tip)
        column = QVBoxLayout(cell)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(label)
        column.addWidget(widget)
        cell.hide()
        self._cells[field] = (cell, widget)

    def _number(self, field: str, caption: str, tip: str, *, most: int = MAX_PARALLEL_SIZE) -> QuantityBox:
        def explain(error: QuantityError) -> str:
            return quantity_problem(error, "1", str(most))

        box = QuantityBox(kind=Kind.COUNT, low=1, high=most, to_text=str, explain=explain, parent=self)
        box.setObjectName(f"{field}.box")
        box.message.setObjectName(f"{field}.message")
        box.setRefusedColor(self._theme.status_color(FitStatus.OOM))
        self._lines.addWidget(box.message, _MESSAGES, 0, 1, 12)  # one at a time is refused
        box.describe(caption, tip)
        box.edited.connect(lambda value: self._on_number(field, value))
        self._add(field, caption, tip, box)
        return box

    def _choice(self, field: str, caption: str, tip: str, choices: Sequence[tuple[str, object]]) -> None:
        box = FieldBox(field, choices, caption, self)
        box.setSizeAdjustPolicy(box.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(8)
        box.edited.connect(self._on_choice)
        self._add(field, caption, tip, box)

    def _check(self, field: str, caption: str, tip: str) -> None:
        box = QCheckBox(self)
        box.setObjectName(field)
        box.toggled.connect(lambda on: self.edited.emit({field: on}))
        self._add(field, caption, tip, box)

    # -- what the window says

    def render_scenario(self, scenario: Scenario) -> None:
        """Show ``scenario``. Idempotent; emits nothing."""
        parallel = scenario.parallel
        for field, (_, widget) in self._cells.items():
            value = getattr(parallel, field)
            if widget is self.cards_box:
                self._cards_shown = listed(parallel.gpus)
                if not self.cards_box.isModified() or not self.cards_box.hasFocus():
                    self.cards_box.setText(self._cards_shown)
            if isinstance(widget, (QuantityBox, FieldBox)):
                widget.render_value(value)
            elif isinstance(widget, QCheckBox):
                widget.blockSignals(True)
                widget.setChecked(value)
                widget.blockSignals(False)
        self._lay_out(_shown(scenario))

    def _lay_out(self, rows: list[list[str]]) -> None:
        """The cells of ``rows``; the others hidden."""
        if rows == self._rows_shown:
            return
        self._rows_shown = rows
        for cell, _ in self._cells.values():
            self._lines.removeWidget(cell)
            cell.hide()
        for number, fields in enumerate(rows):
            columns = 12 // max(1, len(fields))
            for place, field in enumerate(fields):
                cell, _ = self._cells[field]
                self._lines.addWidget(cell, number, place * columns, 1, columns)
                cell.show()

    # -- intents

    def _on_number(self, field: str, value: int) -> None:
        if field == "world_size":
            self.count_edited.emit(value)
        elif field in _TRAINING_SIZES:
            self.size_edited.emit((field, value))
        else:
            self.edited.emit({field: value})

    def _on_choice(self, changes: dict[str, object]) -> None:
        others = changes.get("sharding", Sharding.MEGATRON) is not Sharding.MEGATRON
        self.edited.emit(changes | {"fp8_linears": False} if others else changes)  # which only Megatron's layers have

    def _on_cards(self) -> None:
        if self.cards_box.text().strip() != self._cards_shown:
            self.cards_box.setModified(False)
            self.cards_edited.emit(self.cards_box.text())


def _shown(scenario: Scenario) -> list[list[str]]:
    """Fields that say something about a run like ``scenario``, in rows: counts, then choices."""
    parallel, several = scenario.parallel, scenario.parallel.world_size > 1
    experts = ["expert_parallel_size"] if scenario.architecture.num_experts else []
    machine = ["interconnect", "gpus"] if several else []
    if scenario.task is Task.INFERENCE:
        engine = scenario.runtime in ENGINES
        by_rows = scenario.runtime is Runtime.LLAMA_CPP and not experts
        divided = ["tensor_parallel_size"] if engine or by_rows else []
        sizes = [*divided, "pipeline_parallel_size", *(experts if engine else []), "gpus_per_node"] if several else []
        return [["world_size", *sizes], machine]
    sizes = ["tensor_parallel_size", "pipeline_parallel_size", "context_parallel_size", *experts] if several else []
    of_machine = ["gpus_per_node"] if several else []
    sequence = ["sequence_parallel"] if parallel.tensor_parallel_size > 1 else []
    narrow = ["fp8_linears"] if multiplies_in_fp8(scenario) else []
    return [
        ["world_size", *sizes, "num_microbatches", *of_machine],
        ["sharding", "recompute", *machine],
        ["offload_optimizer", "offload_parameters", "offload_activations", *sequence, *narrow],
    ]
