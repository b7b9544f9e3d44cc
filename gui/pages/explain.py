"""Tab *Explain*: every byte with its formula, in symbols and in numbers, its source, and how far it was measured to be off."""

import html
from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, QSize, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QListWidget, QListWidgetItem, QTextBrowser, QVBoxLayout, QWidget

from core.memory import Component, Estimator, MomentName, Runtime, Scenario, Task
from core.memory.device_map import inference_stages
from core.memory.explain import LETTERS, Explanation, Symbol, explain
from core.memory.sources import trains_by_kernels
from gui.frame import Frame
from gui.icons import swatch
from gui.pages.page import Page
from gui.source_words import source_words
from gui.theme import FontSize, Theme, font
from gui.words import component_meaning, component_name, moment_name

#: GPUs of which it is told how many layers they have.
_TOLD_GPUS = 16
_COMPONENT = int(Qt.ItemDataRole.UserRole)


class ExplainPage(Page):
    """Components on the left, what makes them up on the right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._frame: Frame | None = None
        self._parts: dict[MomentName, dict[Component, Explanation]] = {}
        self._component = Component.WEIGHTS
        self._moment: MomentName | None = None
        """None: the one of the peak."""
        self._pointed: Component | None = None
        self._bold, self._regular = font(bold=True), font()
        line = self.fontMetrics().height()
        self.moment_box = QComboBox(self)
        self.moment_box.setObjectName("explain_moment")
        self.moment_box.setAccessibleName(self.tr("Moment"))
        self.moment_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.moment_box.setMinimumContentsLength(14)
        self.moment_box.currentIndexChanged.connect(self._on_moment)
        self.list = QListWidget(self)
        self.list.setObjectName("explain_components")
        self.list.setAccessibleName(self.tr("Components"))
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setIconSize(QSize(round(0.75 * line), round(0.75 * line)))
        self.list.currentItemChanged.connect(self._on_component)
        self.list.setMouseTracking(True)
        self.list.itemEntered.connect(self._on_entered)
        self.list.viewport().installEventFilter(self)
        self.text = QTextBrowser(self)
        self.text.setObjectName("explanation")
        self.text.setAccessibleName(self.tr("Explanation"))
        self.text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.text.setOpenLinks(False)
        left = QVBoxLayout()
        left.addWidget(self.moment_box)
        left.addWidget(self.list, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.setSpacing(12)
        layout.addLayout(left, 2)
        layout.addWidget(self.text, 5)

    def show_component(self, component: Component) -> None:
        """Explain ``component``, at the moment of the peak unless it is explained already."""
        if component is not self._component:
            self._component, self._moment = component, None
            self._render()

    def show_pointed(self, component: Component | None) -> None:
        """Set its name off in the list."""
        self._pointed = component
        for place in range(self.list.count()):
            item = self.list.item(place)
            item.setFont(self._bold if Component(item.data(_COMPONENT)) is component else self._regular)

    def follow(self, frame: Frame) -> Iterator[object]:
        self._frame = frame
        self._parts = {} if frame.scenario.estimator is Estimator.RULE_OF_THUMB else explain(frame.scenario)
        yield None
        self._render()

    # -- rendering

    def _render(self) -> None:
        frame = self._frame
        if frame is None:
            return
        if not self._parts:
            with QSignalBlocker(self.list), QSignalBlocker(self.moment_box):
                self.list.clear()
                self.moment_box.clear()
            self.text.setHtml(self._rule_of_thumb())
            return
        peak = frame.estimate.peak.name
        shown = self._moment if self._moment in self._parts else peak
        with QSignalBlocker(self.moment_box):
            self.moment_box.clear()
            for name in self._parts:
                label = self.tr("{moment} (peak)").format(moment=moment_name(name)) if name is peak else moment_name(name)
                self.moment_box.addItem(label, name)
            self.moment_box.setCurrentIndex(list(self._parts).index(shown))
        parts = self._parts[shown]
        if self._component not in parts:
            self._component = max(parts, key=lambda component: parts[component].value_bytes)
        with QSignalBlocker(self.list):
            self.list.clear()
            for component, part in parts.items():
                mark = swatch(self._theme.component(component), self.list.iconSize().width(), self.devicePixelRatioF())
                amount = frame.numbers.bytes(part.value_bytes + _extra(frame, component))
                item = QListWidgetItem(mark, f"{component_name(component)}  {amount}")
                item.setData(_COMPONENT, component.value)
                self.list.addItem(item)
                item.setFont(self._bold if component is self._pointed else self._regular)
                if component is self._component:
                    self.list.setCurrentItem(item)
        self._render_text(frame, parts[self._component])

    def _render_text(self, frame: Frame, part: Explanation) -> None:
        component, numbers = self._component, frame.numbers
        mono = f"font-family: monospace; color: {self._theme.text}"
        dim = f"color: {self._theme.dim_text}"

        def section(title: str, body: str, style: str = "") -> str:
            return f"<p style='{dim}; margin-top: 10px'>{html.escape(title)}</p><p style='{style}'>{body}</p>"

        extra = _extra(frame, component)
        title = f"{component_name(component)}: {numbers.bytes(part.value_bytes + extra)}"
        text = [f"<h3>{html.escape(title)}</h3><p>{html.escape(component_meaning(component))}</p>"]
        text.append(section(self.tr("Formula, in bytes"), _breakable(part.formula), mono))
        if part.numbers != part.formula:
            total = html.escape(numbers.count(part.value_bytes))
            text.append(section(self.tr("With the numbers of this scenario"), f"{_breakable(part.numbers)}<br>= {total}", mono))
        text.append(_symbols_html(part, frame, mono, dim))
        if frame.scenario.architecture.layer_runs and part.symbols:
            sums = self.tr("Σ adds up over all layers that have it. The values beside the letters are the largest layer’s.")
            text.append(section(self.tr("The layers of this model differ"), html.escape(sums)))
        if component in (Component.ACTIVATIONS, Component.WORKSPACE) and _in_plain_pytorch(frame.scenario):
            assumed = self.tr(
                "Layers that keep a state run as transformers does them in plain PyTorch. With the kernels of mamba-ssm, causal-conv1d or "
                "flash-linear-attention, prefill and training take far less; what is cached is the same."
            )
            text.append(section(self.tr("Assumed"), html.escape(assumed)))
        if _cut_by_numbers(frame.scenario):
            assumed = self.tr(
                "Layers with attention are spread evenly over the stages, as far as their number says. "
                "What all stages have together is exact."
            )
            text.append(section(self.tr("Assumed"), html.escape(assumed)))
        if component is Component.WEIGHTS and _placed_by_transformers(frame.scenario):
            text.append(section(self.tr("Layers of each GPU"), html.escape(self._placed(frame.scenario))))
        if extra:
            words = self.tr("A log of this machine says {difference} to that. It can be removed in the tab Evidence.")
            words = words.format(difference=numbers.bytes(extra, signed=True))
            text.append(section(self.tr("On this machine"), html.escape(words)))
        text.append(section(self.tr("Source"), html.escape(source_words(part.source))))
        text.append(section(self.tr("Measured error"), html.escape(self._error(frame, component))))
        self.text.setHtml(_document_html(text))

    def _placed(self, scenario: Scenario) -> str:
        stages = inference_stages(scenario)
        counts = ", ".join(str(stage.layers) for stage in stages[:_TOLD_GPUS]) + (", …" if len(stages) > _TOLD_GPUS else "")
        if scenario.parallel.layers_per_stage:
            return self.tr("{counts}: by a device_map that names the GPU of every layer.").format(counts=counts)
        return self.tr('{counts}: where device_map="auto" puts them.').format(counts=counts)

    def _error(self, frame: Frame, component: Component) -> str:
        calibration = frame.calibration
        sentences = []
        part = calibration.part_error(frame.scenario, component) if calibration is not None else None
        if part is not None:
            text = self.tr(
                "%Ln moment(s) of runs whose every tensor was tracked: off by {median} % of the peak at the median, {worst} % at worst.",
                "",
                part.moments,
            )
            sentences.append(text.format(median=f"{part.median_pct:.2g}", worst=f"{part.worst_pct:.2g}"))
        band = calibration.band(frame.scenario) if calibration is not None else None
        if band is not None:
            text = self.tr("The total, in %Ln published run(s) of {models} of this kind: off by {median} % at the median.", "", band.runs)
            alone = frame.scenario.parallel.plain  # runs on several GPUs are grouped by what made them
            models = self.tr("%Ln model(s)", "", band.models) if alone else self.tr("%Ln framework(s)", "", band.models)
            sentences.append(text.format(models=models, median=f"{100 * band.median_error:.2g}"))
        return " ".join(sentences) or self.tr("No run of this kind was measured.")

    def _rule_of_thumb(self) -> str:
        text = self.tr(
            "The rule of thumb: parameters times the bytes of one, and in training as much again for gradients and each state of the "
            "optimizer. It leaves out what the detailed estimate counts; switch the estimate to see every byte explained."
        )
        return f"<p>{html.escape(text)}</p>"

    # -- what the user does

    def _on_component(self, item: QListWidgetItem | None) -> None:
        if item is not None and self._frame is not None:
            self._component = Component(item.data(_COMPONENT))
            shown = self.moment_box.currentData()
            self._render_text(self._frame, self._parts[MomentName(shown)][self._component])
            self.chosen.emit(self._component)

    def _on_entered(self, item: QListWidgetItem) -> None:
        self.pointed.emit(Component(item.data(_COMPONENT)))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The pointer leaves the list."""
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(None)
        return False

    def _on_moment(self) -> None:
        chosen = self.moment_box.currentData()
        if chosen is not None:
            self._moment = MomentName(chosen)
            self._render()


def _extra(frame: Frame, component: Component) -> int:
    """What this machine is known to take beyond the formula."""
    return frame.extra_bytes(frame.scenario) if component is Component.RUNTIME else 0


def symbol_value(scenario: Scenario, symbol: Symbol) -> int:
    """What ``symbol`` stands for in ``scenario``."""
    holder = next(each for each in (scenario, scenario.architecture, scenario.parallel) if hasattr(each, symbol.value))
    return int(getattr(holder, symbol.value))


def _breakable(formula: str) -> str:
    """A long formula may be broken after each factor."""
    return html.escape(formula).replace("·", "·&#8203;")


def _symbols_html(part: Explanation, frame: Frame, mono: str, dim: str) -> str:
    """What each letter stands for, and its value."""
    rows = "".join(
        f"<tr><td style='{mono}'>{LETTERS[symbol]}&nbsp;=&nbsp;</td>"
        f"<td align='right'>{html.escape(frame.numbers.count(symbol_value(frame.scenario, symbol)))}</td>"
        f"<td style='{dim}'>&nbsp;&nbsp;{html.escape(symbol.value)}</td></tr>"
        for symbol in part.symbols
    )
    return f"<p></p><table cellspacing='2'>{rows}</table>" if rows else ""


def _in_plain_pytorch(scenario: Scenario) -> bool:
    """Whether layers that keep a state run without kernels of their own."""
    training = scenario.task is Task.TRAINING
    by_transformers = not trains_by_kernels(scenario) if training else scenario.runtime is Runtime.TRANSFORMERS
    return bool(scenario.architecture.num_mixer_layers) and by_transformers


def _placed_by_transformers(scenario: Scenario) -> bool:
    """Whether each GPU has some of the layers, in transformers."""
    return scenario.task is Task.INFERENCE and scenario.runtime is Runtime.TRANSFORMERS and scenario.parallel.pipeline_parallel_size > 1


def _cut_by_numbers(scenario: Scenario) -> bool:
    """Whether stages have layers of which only the numbers of each kind are known."""
    arch = scenario.architecture
    kinds = arch.num_mixer_layers and 0 < arch.num_layers_without_attention < arch.num_hidden_layers
    return bool(kinds) and scenario.parallel.pipeline_parallel_size > 1


def _document_html(sections: list[str]) -> str:
    style = "<style>p { margin-top: 0; margin-bottom: 2px } h3 { margin-top: 0 }</style>"
    return f"{style}<div style='font-size: {font(FontSize.SMALL).pointSizeF()}pt'>{''.join(sections)}</div>"
