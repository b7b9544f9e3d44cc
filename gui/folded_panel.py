"""Controls a person needs once in ten times, folded away with their values in sight."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QToolButton, QVBoxLayout, QWidget

from core.choices import meaningless
from core.memory import Attention, Estimator, Format, Runtime, Scenario, Task, refusal_of_weights
from core.memory.formats import CACHE_FORMATS, plain
from core.memory.scenario import MAX_CONTEXT_LENGTH, MAX_SPECULATIVE_TOKENS, Loss
from core.quantity import Kind, QuantityError, format_quantity
from gui.form_panel import FormPanel
from gui.problem_words import quantity_problem
from gui.theme import FontSize, font
from gui.widgets.quantity_box import QuantityBox
from gui.words import attention_name, attention_short_name, estimator_name, format_cost, format_name, loss_name, runtime_name

_MOST_LAYERS = 10**5


class FoldedPanel(QWidget):
    """A button that opens; closed, a line with what is inside."""

    edited = Signal(object)
    reset_requested = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.button = QToolButton(self)
        self.button.setObjectName("more")
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setArrowType(Qt.ArrowType.RightArrow)
        self.button.setText(self.tr("Runtime, format, cache, attention"))
        self.button.toggled.connect(self._on_toggled)
        self.summary = QLabel(self)
        self.summary.setObjectName("more_summary")
        self.summary.setFont(font(FontSize.SMALL))
        self.summary.setForegroundRole(QPalette.ColorRole.PlaceholderText)

        self.rows = FormPanel(self)
        self.runtime_box = self.rows.add_choice("runtime", self.tr("Runt&ime"), [(runtime_name(runtime), runtime) for runtime in Runtime])
        self.format_box = self.rows.add_choice("weights", self.tr("&Weight format"), [])
        self.format_note = QLabel(self.rows)
        self.format_note.setObjectName("format_note")
        self.format_note.setFont(font(FontSize.SMALL))
        self.format_note.setWordWrap(True)
        self.format_note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.rows.form.addRow(self.format_note)
        self.cache_box = self.rows.add_choice(
            "kv_cache", self.tr("KV cac&he"), [(fmt.value, fmt) for fmt in Format if fmt in CACHE_FORMATS]
        )
        self.prefix_box = self._build_prefix_box()
        self.rows.add_row("shared_prefix_length", self.tr("Shared prefi&x"), self.prefix_box)
        self.rows.form.addRow(self.prefix_box.message)
        drafted = self.tr("Tokens that vLLM or SGLang drafts in each step by the model’s own heads, which it loads for that; 0: none")
        self.drafts_box = self._count("speculative_tokens", self.tr("Drafted tokens"), drafted, MAX_SPECULATIVE_TOKENS)
        on_card = self.tr("Layers that llama.cpp puts on the card, the last ones; the host keeps the others")
        self.layers_box = self._count("n_gpu_layers", self.tr("Layers on the card"), on_card)
        on_host = self.tr("Of so many layers llama.cpp leaves the experts in the host’s memory")
        self.experts_box = self._count("n_cpu_moe", self.tr("Experts on the host"), on_host)
        attentions = [(attention_name(attention), attention) for attention in Attention]
        self.attention_box = self.rows.add_choice("attention", self.tr("&Attention"), attentions)
        self.loss_box = self.rows.add_choice("loss", self.tr("&Loss"), [(loss_name(loss), loss) for loss in Loss])
        estimators = [(estimator_name(estimator), estimator) for estimator in Estimator]
        self.estimator_box = self.rows.add_choice("estimator", self.tr("Es&timate"), estimators)
        self.rows.edited.connect(self.edited)
        self.rows.reset_requested.connect(self.reset_requested)
        self.rows.hide()

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.summary)
        layout.addWidget(self.rows)

    def _build_prefix_box(self) -> QuantityBox:
        """Typed, since it may be anything up to the context; an int for a field of the scenario, as the others are."""
        high = format_quantity(MAX_CONTEXT_LENGTH, Kind.TOKENS)

        def explain(error: QuantityError) -> str:
            return quantity_problem(error, "0", high)

        box = QuantityBox(kind=Kind.TOKENS, low=0, high=MAX_CONTEXT_LENGTH, to_text=str, explain=explain, parent=self.rows)
        box.setObjectName("shared_prefix_length.box")
        box.message.setObjectName("shared_prefix_length.message")
        box.describe(
            self.tr("Shared prefix"), self.tr("Tokens that all sequences begin with, from {low} to {high}.").format(low="0", high=high)
        )
        box.setToolTip(self.tr("Tokens that all sequences begin with, such as a system prompt: their cache is kept once"))
        box.edited.connect(self._on_prefix)
        return box

    def _on_prefix(self, tokens: int) -> None:
        self.edited.emit({"shared_prefix_length": tokens})

    def _count(self, field: str, caption: str, tip: str, most: int = _MOST_LAYERS) -> QuantityBox:
        def explain(error: QuantityError) -> str:
            return quantity_problem(error, "0", str(most))

        box = QuantityBox(kind=Kind.COUNT, low=0, high=most, to_text=str, explain=explain, parent=self.rows)
        box.setObjectName(f"{field}.box")
        box.message.setObjectName(f"{field}.message")
        box.describe(caption, tip)
        box.setToolTip(tip)
        box.edited.connect(lambda value: self.edited.emit({field: value}))
        self.rows.add_row(field, caption, box)
        self.rows.form.addRow(box.message)
        return box

    def render_scenario(self, scenario: Scenario) -> None:
        """Show ``scenario``. Idempotent; emits nothing."""
        self.rows.show_row(self.runtime_box, scenario.task is Task.INFERENCE)
        self.runtime_box.render_value(scenario.runtime)
        formats = _formats(scenario)
        self.format_box.offer([(format_name(fmt), fmt) for fmt in formats])
        self.format_box.render_value(scenario.weights)
        note = format_cost(scenario.weights)
        self.rows.show_row(self.format_box, len(formats) > 1)
        self.rows.show_row(self.format_note, len(formats) > 1 and bool(note))
        if note != self.format_note.text():
            self.format_note.setText(note)
        self.rows.show_row(self.attention_box, meaningless(scenario, "attention") is None)
        self.rows.show_row(self.loss_box, meaningless(scenario, "loss") is None)
        self.loss_box.render_value(scenario.loss)
        self.rows.show_row(self.prefix_box, meaningless(scenario, "shared_prefix_length") is None)
        self.prefix_box.render_value(scenario.shared_prefix_length)
        drafts = meaningless(scenario, "speculative_tokens") is None
        self.rows.show_row(self.drafts_box, drafts)
        self.drafts_box.render_value(scenario.speculative_tokens)
        cached = meaningless(scenario, "kv_cache") is None
        self.rows.show_row(self.cache_box, cached)
        self.cache_box.render_value(scenario.kv_cache)
        self.attention_box.render_value(scenario.attention)
        of_llama = meaningless(scenario, "n_gpu_layers") is None
        layers = scenario.architecture.num_hidden_layers + 1  # the output counts as one
        self.rows.show_row(self.layers_box, of_llama)
        self.layers_box.render_value(min(scenario.n_gpu_layers, layers))
        self.rows.show_row(self.experts_box, of_llama and scenario.architecture.num_experts > 0)
        self.experts_box.render_value(min(scenario.n_cpu_moe, layers - 1))
        self.estimator_box.render_value(scenario.estimator)
        if scenario.estimator is Estimator.RULE_OF_THUMB:
            values = [estimator_name(scenario.estimator)]
        else:
            values = [runtime_name(scenario.runtime if scenario.task is Task.INFERENCE else Runtime.TRANSFORMERS)]
            if meaningless(scenario, "attention") is None:
                values.insert(0, attention_short_name(scenario.attention))
            if drafts and scenario.speculative_tokens:
                values.append(self.tr("%Ln drafted token(s)", "", scenario.speculative_tokens))
            if scenario.task is Task.TRAINING and scenario.loss is not Loss.PLAIN:
                values.append(self.tr("loss {way}").format(way=loss_name(scenario.loss)))
            if scenario.weights is not plain(scenario.weights):
                values.insert(0, format_name(scenario.weights))
        text = " · ".join([scenario.kv_cache.value, *values] if cached else values)
        if text != self.summary.text():
            self.summary.setText(text)

    def _on_toggled(self, opened: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        self.rows.setVisible(opened)
        self.summary.setVisible(not opened)


def _formats(scenario: Scenario) -> list[Format]:
    """What the precision on the slider can be stored as: layouts that the runtime loads and that the run allows."""
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        return []
    precision = plain(scenario.weights)
    return [fmt for fmt in Format if plain(fmt) is precision and refusal_of_weights(scenario, fmt) is None]
