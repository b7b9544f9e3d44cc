"""The headline above the chart: the peak as a large figure, when it is reached, and what is assumed."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QSpacerItem, QVBoxLayout, QWidget

from core.memory import Estimate, Estimator, Method, Runtime, Scenario, Task
from core.memory.prediction import drafted_tokens
from core.memory.preference import PAIRED
from core.memory.scenario import ENGINES
from gui.parallel_words import strategy_name
from gui.quantities import ByteUnit, Numbers
from gui.theme import FontSize, font
from gui.words import attention_short_name, estimator_name, moment_name, optimizer_name, run_name, runtime_name


class _Line(QLabel):
    """A line that wraps where it is too long for its width: a label that always may costs the layout a measurement at each change."""

    def show_text(self, text: str) -> None:
        if text != self.text():
            self.setText(text)
            self._fold()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        too_long = self.fontMetrics().horizontalAdvance(self.text()) > self.width()
        if too_long != self.wordWrap():
            self.setWordWrap(too_long)


class Headline(QWidget):
    """Figure and unit left, readings and assumptions right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figure = QLabel(self)
        self.figure.setObjectName("peak_figure")
        self.figure.setFont(font(FontSize.DISPLAY, bold=True))
        self.unit = QLabel(self)
        self.unit.setFont(font(FontSize.TITLE))
        dim = self.unit.palette().ColorRole.PlaceholderText
        self.unit.setForegroundRole(dim)
        self.moment = _Line(self)
        self.moment.setObjectName("peak_moment")
        self.moment.setFont(font(bold=True))
        self.readings = _Line(self)
        self.readings.setObjectName("readings")
        self.readings.setForegroundRole(dim)
        self.readings.setFont(font(FontSize.SMALL))
        self.assumptions = _Line(self)
        self.assumptions.setObjectName("assumptions")
        self.assumptions.setForegroundRole(dim)
        self.assumptions.setFont(font(FontSize.SMALL))
        for label in (self.figure, self.unit, self.moment, self.readings, self.assumptions):
            label.setTextFormat(Qt.TextFormat.PlainText)
        for line in (self.moment, self.readings, self.assumptions):
            line.setMinimumWidth(1)  # these fold; the figure is never cut

        lines = QVBoxLayout()
        lines.setSpacing(1)
        lines.addWidget(self.moment)
        lines.addWidget(self.assumptions)
        lines.addWidget(self.readings)
        total = QHBoxLayout()
        total.setSpacing(6)
        total.addWidget(self.figure)
        total.addWidget(self.unit)
        total.addStretch(1)
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._parts.setContentsMargins(8, 0, 0, 0)
        self._parts.setSpacing(0)
        self._parts.addLayout(total)
        self._space = QSpacerItem(18, 0)
        self._parts.addItem(self._space)
        self._parts.addLayout(lines, 1)

    def show_less(self) -> None:
        """As much as an audience needs."""
        self.readings.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the window is narrow, the lines get all of its width, under the figure."""
        super().resizeEvent(event)
        narrow = self.width() < 32 * self.fontMetrics().height()
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if direction != self._parts.direction():
            self._parts.setDirection(direction)
            self._space.changeSize(*(0, 0) if narrow else (18, 0))
            self._parts.invalidate()

    def render_estimate(self, scenario: Scenario, estimate: Estimate, numbers: Numbers) -> None:
        total = numbers.figure(estimate.total_bytes)
        _show(self.figure, total.number)
        _show(self.unit, total.unit)
        moment = self.tr("Peak at {moment} · {run} · {runtime}").format(
            moment=moment_name(estimate.peak.name),
            run=run_name(scenario.task, scenario.method),
            runtime=_method(scenario),
        )
        several = scenario.parallel.world_size > 1
        self.moment.show_text(f"{moment} · {strategy_name(scenario)}" if several else moment)
        readings = estimate.readings
        other = Numbers(ByteUnit.GB if numbers.unit is ByteUnit.GIB else ByteUnit.GIB)
        parts = [f"= {other.bytes(estimate.total_bytes)}"]
        if estimate.low_bytes is not None and estimate.high_bytes is not None:
            low, high = numbers.pair(estimate.low_bytes, estimate.high_bytes)
            parts.append(self.tr("9 of 10 real runs: {low} to {high}").format(low=low, high=high))
        reserved, allocated = numbers.pair(readings.reserved_bytes, readings.allocated_bytes)
        parts.append(self.tr("reserved {reserved} · allocated {allocated}").format(reserved=reserved, allocated=allocated))
        self.readings.show_text(" · ".join(parts))
        self.assumptions.show_text(self._assumptions(scenario, numbers))

    def _assumptions(self, scenario: Scenario, numbers: Numbers) -> str:
        """What the estimate takes for granted; the context is always in it."""
        batch, context = numbers.count(scenario.batch_size), numbers.count(scenario.context_length)
        if scenario.estimator is Estimator.RULE_OF_THUMB:
            nominal = numbers.parameters(scenario.architecture.nominal_parameters)
            if scenario.task is Task.TRAINING and scenario.method is not Method.FULL:
                return self.tr("{batch} × {context} tokens · full training, the only kind it knows · nominal size {parameters}").format(
                    batch=batch, context=context, parameters=nominal
                )
            return self.tr("{batch} × {context} tokens · nominal size {parameters}, order of magnitude only").format(
                batch=batch, context=context, parameters=nominal
            )
        if scenario.task is Task.INFERENCE and scenario.runtime is not Runtime.TRANSFORMERS:
            text = self.tr("{batch} × {context} tokens of context · KV cache {cache}").format(
                batch=batch, context=context, cache=scenario.kv_cache.value
            )
            layers = scenario.architecture.num_hidden_layers + 1  # the output is one more
            if scenario.runtime is Runtime.LLAMA_CPP and scenario.n_gpu_layers < layers:
                some = self.tr("{some} of {all} layers on the card").format(some=scenario.n_gpu_layers, all=layers)
                text = f"{text} · {some}"
            drafts = drafted_tokens(scenario)
            if drafts and scenario.runtime in ENGINES:
                text = f"{text} · " + self.tr("%Ln token(s) drafted a step", "", drafts)
            return text
        if scenario.task is Task.INFERENCE:
            return self.tr("{batch} × {context} tokens of context (prompt {prompt}) · KV cache {cache} · {attention}").format(
                batch=batch,
                context=context,
                prompt=numbers.count(scenario.prompt_length),
                cache=scenario.kv_cache.value,
                attention=attention_short_name(scenario.attention),
            )
        if scenario.objective in PAIRED:
            text = self.tr("{batch} × {context} tokens a micro-batch, in pairs · {optimizer} · {attention}")
        else:
            text = self.tr("{batch} × {context} tokens a micro-batch · {optimizer} · {attention}")
        return text.format(
            batch=batch,
            context=context,
            optimizer=optimizer_name(scenario.optimizer),
            attention=attention_short_name(scenario.attention),
        )


def _method(scenario: Scenario) -> str:
    """What the figures are worth: a runtime's own behaviour, or the rule of thumb."""
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        return estimator_name(scenario.estimator)
    return runtime_name(scenario.runtime)


def _show(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
