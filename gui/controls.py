"""The control panel: model, the four sliders, what training asks, and the folded rest.

Every control emits ``edited`` with the fields it wants changed; ``render_scenario`` is the only function that writes widgets.
"""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from core.catalogue.models import Model
from core.memory import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    MAX_PARAMETERS,
    MIN_BATCH_SIZE,
    MIN_CONTEXT_LENGTH,
    MIN_PARAMETERS,
    Architecture,
    FitStatus,
    Format,
    Scenario,
    Task,
    parameter_count,
    refusal_of_weights,
)
from core.memory.formats import PRECISIONS, plain
from core.memory.refusal import loaded_as
from core.memory.scenario import ENGINES, clamp_parameters
from core.quantity import Kind, QuantityError, format_quantity
from gui.folded_panel import FoldedPanel
from gui.limits import Effects, Limits
from gui.model_box import ModelBox
from gui.model_shelf import ModelShelf
from gui.problem_words import quantity_problem, refusal_reason
from gui.quantities import Numbers
from gui.theme import Theme
from gui.training_panel import TrainingPanel
from gui.widgets.caption import Caption
from gui.widgets.choice_slider import ChoiceSlider
from gui.widgets.quantity_slider import QuantitySlider
from gui.widgets.scale import LogScale

_BILLION = 10**9
_PARAMETER_STOPS = tuple(round(size * _BILLION) for size in (0.01, 0.1, 0.5, 1, 3, 7, 8, 13, 32, 70, 120, 405, 1000, 10_000))
_PARAMETER_SCALE = LogScale(MIN_PARAMETERS, MAX_PARAMETERS, ticks_per_octave=24, stops=_PARAMETER_STOPS)
_BATCH_SCALE = LogScale(MIN_BATCH_SIZE, MAX_BATCH_SIZE, ticks_per_octave=12, stops=[2**power for power in range(13)])
_CONTEXT_SCALE = LogScale(MIN_CONTEXT_LENGTH, MAX_CONTEXT_LENGTH, ticks_per_octave=24, stops=[2**power for power in range(7, 24)])


def parameters_shown(architecture: Architecture) -> int:
    """What the size slider shows: a preset's exact count, or the size that was asked for."""
    return clamp_parameters(parameter_count(architecture) if architecture.name else architecture.nominal_parameters)


class Controls(QScrollArea):
    """Shows a scenario, asks for changes."""

    edited = Signal(object)
    """A dict of the scenario's fields to change."""
    parameters_edited = Signal(object)
    model_picked = Signal(object)
    """A Model of the catalogue."""
    reset_requested = Signal(object)
    """Names of the fields to give their default."""
    model_unknown = Signal(object)
    """(typed text, names that come near it)."""
    gesture_started = Signal()
    gesture_finished = Signal()
    refused = Signal(object)
    """A Reason: a locked choice was reached for."""

    def __init__(self, models: Sequence[Model], shelf: ModelShelf, theme: Theme, numbers: Numbers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._numbers = numbers
        self._zone_color = theme.status_color(FitStatus.OOM)
        self._scenario: Scenario | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

        body = QWidget(self)
        self.model_box = ModelBox(models, shelf, body)
        self.model_box.picked.connect(self.model_picked)
        self.model_box.unknown.connect(self.model_unknown)
        model_caption = Caption(self.tr("&Model"), self.model_box, body)
        model_caption.resetRequested.connect(self._on_reset_model)
        self.parameters = self._quantity("parameters", self.tr("&Parameters"), Kind.PARAMETERS, _PARAMETER_SCALE, theme, body)
        self.parameters.edited.connect(self.parameters_edited)
        self.parameters.resetRequested.connect(self._on_reset_model)
        self.precision = self._build_precision(body)
        self.batch = self._quantity("batch", self.tr("&Batch size"), Kind.COUNT, _BATCH_SCALE, theme, body)
        self.batch.edited.connect(self._on_batch)
        self.batch.resetRequested.connect(self._on_reset_batch)
        self.context = self._quantity("context", self.tr("&Context length"), Kind.TOKENS, _CONTEXT_SCALE, theme, body)
        self.context.edited.connect(self._on_context)
        self.context.resetRequested.connect(self._on_reset_context)
        self.training = TrainingPanel(theme.status_color(FitStatus.OOM), body)
        self.folded = FoldedPanel(body)
        for panel in (self.training, self.folded):
            panel.edited.connect(self.edited)
            panel.reset_requested.connect(self.reset_requested)

        self._column = layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.setSpacing(10)
        model = QVBoxLayout()
        model.setSpacing(2)
        model.addWidget(model_caption)
        box = QHBoxLayout()
        box.setSpacing(2)
        box.addWidget(self.model_box, 1)
        box.addWidget(self.model_box.favourite_button)
        model.addLayout(box)
        layout.addLayout(model)
        for part in (self.parameters, self.precision, self.batch, self.context, self.training, self.folded):
            layout.addWidget(part)
        layout.addStretch(1)
        body.setMinimumWidth(1)  # the column's width rules; nothing in it is cut, since every part can shrink or wrap
        self.setWidget(body)

    def show_less(self) -> None:
        """As much as an audience needs: large handles, no notes, nothing folded."""
        self._column.setSpacing(4)
        self.folded.hide()
        self.training.show_less()
        self.model_box.favourite_button.hide()
        for slider in (self.parameters, self.precision, self.batch, self.context):
            slider.showLess()

    def sizeHint(self) -> QSize:
        return QSize(18 * self.fontMetrics().height(), 28 * self.fontMetrics().height())

    def _quantity(self, name: str, caption: str, kind: Kind, scale: LogScale, theme: Theme, parent: QWidget) -> QuantitySlider:
        slider = QuantitySlider(
            object_name=name,
            caption=caption,
            scale=scale,
            kind=kind,
            low=scale.low,
            high=scale.high,
            to_text=self._parameters_text if kind is Kind.PARAMETERS else str,
            explain=_Explain(kind, scale),
            parent=parent,  # now, not when it is laid out: Tab follows the order of arrival
        )
        slider.setRefusedColor(theme.status_color(FitStatus.OOM))
        slider.gestureStarted.connect(self.gesture_started)
        slider.gestureFinished.connect(self.gesture_finished)
        return slider

    def _build_precision(self, parent: QWidget) -> ChoiceSlider:
        choices = [fmt.value for fmt in PRECISIONS]
        slider = ChoiceSlider(object_name="precision", caption=self.tr("P&recision of weights"), choices=choices, parent=parent)
        slider.edited.connect(self._on_precision)
        slider.refused.connect(self._on_precision_refused)
        slider.resetRequested.connect(self._on_reset_precision)
        slider.gestureStarted.connect(self.gesture_started)
        slider.gestureFinished.connect(self.gesture_finished)
        return slider

    # -- what the window says

    def render_scenario(self, scenario: Scenario, bytes_per_parameter: float, numbers: Numbers) -> None:
        """Show ``scenario``. Idempotent; emits nothing."""
        self._scenario = scenario
        self._numbers = numbers
        self.model_box.render_architecture(scenario.architecture)
        self.parameters.render_value(parameters_shown(scenario.architecture))
        locked, reason = _locked_formats(scenario)
        self.precision.render_choice(plain(scenario.weights).value, locked, reason)
        served = scenario.task is Task.INFERENCE and scenario.runtime in ENGINES
        self.batch.setCaption(self.tr("Se&quences at once") if served else self.tr("&Batch size"))
        self.batch.render_value(scenario.batch_size)
        self.context.render_value(scenario.context_length)
        self.training.render_scenario(scenario, bytes_per_parameter, numbers)
        self.folded.render_scenario(scenario)

    def render_limits(self, limits: Limits | None, gpu_name: str) -> None:
        """Hatch each track where ``gpu_name`` runs out of memory; nothing for None."""
        if limits is None:
            for slider in (self.parameters, self.precision, self.batch, self.context):
                slider.setLimit(None)
            return
        count = self._numbers.count
        for quantity, most, text in (
            (self.parameters, limits.parameters, self._parameters_text),
            (self.batch, limits.batch_size, count),
            (self.context, limits.context_length, count),
        ):
            quantity.setLimit(most, self._zone_color, self._limit_words(text(most) if most else "", gpu_name))
        widest = limits.precision.value if limits.precision is not None else ""
        self.precision.setLimit(widest, self._zone_color, self._limit_words(widest, gpu_name))

    def render_effects(self, effects: Effects) -> None:
        """Under each track: by how much its next step changes the peak."""
        twice = self.tr("twice as much: {change}")
        for slider, change in (
            (self.parameters, effects.parameters),
            (self.batch, effects.batch_size),
            (self.context, effects.context_length),
        ):
            slider.setNote("" if change is None else twice.format(change=self._numbers.bytes(change, signed=True)))
        if effects.narrower is None:
            self.precision.setNote("")
        else:
            precision, change = effects.narrower
            text = self.tr("{precision} instead: {change}")
            self.precision.setNote(text.format(precision=precision.value, change=self._numbers.bytes(change, signed=True)))

    def _limit_words(self, most: str, gpu_name: str) -> str:
        if not most:
            return self.tr("Nothing on this track fits {gpu}, all else equal.").format(gpu=gpu_name)
        return self.tr("{gpu} holds up to {most}, all else equal.").format(gpu=gpu_name, most=most)

    # -- intents

    def _on_precision(self, name: str) -> None:
        self.edited.emit({"weights": self._as_loaded(name)})

    def _as_loaded(self, name: str) -> Format:
        """The precision ``name`` as the runtime stores it."""
        return Format(name) if self._scenario is None else loaded_as(self._scenario, Format(name))

    def _on_precision_refused(self, name: str) -> None:
        refused = refusal_of_weights(self._scenario, self._as_loaded(name)) if self._scenario is not None else None
        if refused is not None:
            self.refused.emit(refused.reason)

    def _on_batch(self, batch_size: int) -> None:
        self.edited.emit({"batch_size": batch_size})

    def _on_context(self, context_length: int) -> None:
        self.edited.emit({"context_length": context_length})

    def _on_reset_model(self) -> None:
        self.reset_requested.emit(("architecture",))

    def _on_reset_precision(self) -> None:
        self.reset_requested.emit(("weights",))

    def _on_reset_batch(self) -> None:
        self.reset_requested.emit(("batch_size",))

    def _on_reset_context(self) -> None:
        self.reset_requested.emit(("context_length",))

    def _parameters_text(self, parameters: int) -> str:
        return self._numbers.parameters(parameters)


class _Explain:
    """Words for a text that is no value of one slider."""

    def __init__(self, kind: Kind, scale: LogScale) -> None:
        self._low = format_quantity(scale.low, kind)
        self._high = format_quantity(scale.high, kind)

    def __call__(self, error: QuantityError) -> str:
        return quantity_problem(error, self._low, self._high)


def _locked_formats(scenario: Scenario) -> tuple[frozenset[str], str]:
    """Weight formats that no real run like ``scenario`` has, and why."""
    locked, reason = [], ""
    for fmt in PRECISIONS:
        refused = refusal_of_weights(scenario, loaded_as(scenario, fmt))
        if refused is not None:
            locked.append(fmt.value)
            reason = reason or refusal_reason(refused.reason)
    return frozenset(locked), reason
