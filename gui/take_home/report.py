"""What is handed out about a scenario, in words: the same content for a page, a text and a table."""

from dataclasses import MISSING, dataclass, fields

from PySide6.QtCore import QCoreApplication

from core import __version__
from core.memory import Component, Estimator, FitStatus, Method, Runtime, Scenario, Task, parameter_count
from core.memory.explain import LETTERS, Explanation, Symbol, explain
from core.memory.parallel import ONE_GPU, Parallelism
from gui.frame import Frame
from gui.pages.explain import symbol_value
from gui.quantities import ByteUnit, Numbers
from gui.words import (
    attention_name,
    component_name,
    estimator_name,
    format_name,
    loss_name,
    moment_name,
    optimizer_name,
    recipe_name,
    run_name,
    runtime_name,
)

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Explained:
    """One component at the peak."""

    component: Component
    name: str
    amount: str
    formula: str
    numbers: str
    """The formula with this scenario's values; empty where it has no letters."""
    source: str


@dataclass(frozen=True, slots=True)
class Report:
    """All of it translated, but for the sources, which are in English."""

    title: str
    summary: str
    """The peak in both units, when it is reached, and what real runs take."""
    verdict: str
    status: FitStatus | None
    assumptions: tuple[tuple[str, str], ...]
    moments: tuple[str, ...]
    sizes: tuple[tuple[str, tuple[int, ...]], ...]
    """Rows of bytes, one for each moment: the components, then the three readings."""
    explained: tuple[Explained, ...]
    symbols: tuple[tuple[str, str, str], ...]
    """The letters of the formulas: (letter, field, value)."""
    made_by: str


def report_of(frame: Frame, verdict: str) -> Report:
    """``verdict``: the sentence that is on screen."""
    scenario, numbers = frame.scenario, frame.numbers
    peak = frame.estimate.peak
    detailed = scenario.estimator is Estimator.DETAILED
    parts = explain(scenario)[peak.name] if detailed else {}
    return Report(
        title=scenario.name or scenario.architecture.name or numbers.parameters(scenario.architecture.nominal_parameters),
        summary=_summary(frame),
        verdict=verdict,
        status=frame.fit.status if frame.fit is not None else None,
        assumptions=tuple(_assumptions(frame)),
        moments=tuple(moment_name(moment.name) for moment in frame.estimate.moments),
        sizes=tuple(_sizes(frame)),
        explained=tuple(_explained(component, part, frame) for component, part in parts.items()),
        symbols=tuple(
            (LETTERS[symbol], symbol.value, numbers.count(symbol_value(scenario, symbol)))
            for symbol in Symbol
            if any(symbol in part.symbols for part in parts.values())
        ),
        made_by=_made_by(frame),
    )


def _summary(frame: Frame) -> str:
    estimate, numbers = frame.estimate, frame.numbers
    other = Numbers(ByteUnit.GB if numbers.unit is ByteUnit.GIB else ByteUnit.GIB)
    text = translate("Report", "Peak: {amount} ({other}), at {moment}.").format(
        amount=numbers.bytes(estimate.total_bytes), other=other.bytes(estimate.total_bytes), moment=moment_name(estimate.peak.name)
    )
    if estimate.low_bytes is None or estimate.high_bytes is None:
        return text
    low, high = numbers.pair(estimate.low_bytes, estimate.high_bytes)
    return f"{text} " + translate("Report", "9 of 10 real runs of this kind take {low} to {high}.").format(low=low, high=high)


def _assumptions(frame: Frame) -> list[tuple[str, str]]:
    """What the estimate takes for granted; fields that no control shows by their own names."""
    scenario, numbers = frame.scenario, frame.numbers
    architecture = scenario.architecture
    training = scenario.task is Task.TRAINING
    rows = [
        (translate("Report", "Model"), architecture.name or "–"),
        (translate("Report", "Parameters"), numbers.count(parameter_count(architecture))),
        (translate("Report", "Run"), run_name(scenario.task, scenario.method)),
        (translate("Report", "Software"), runtime_name(scenario.runtime)),
        (translate("Report", "Weights as"), format_name(scenario.weights)),
        (translate("Report", "Batch"), numbers.count(scenario.batch_size)),
        (translate("Report", "Context"), translate("Report", "{count} tokens").format(count=numbers.count(scenario.context_length))),
        (translate("Report", "Attention"), attention_name(scenario.attention)),
    ]
    told = {"task", "method", "runtime", "weights", "batch_size", "context_length", "attention"}
    if training:
        if scenario.method is Method.FULL:
            rows.append((translate("Report", "Recipe"), recipe_name(scenario.recipe)))
        else:
            rows.append((translate("Report", "LoRA rank"), numbers.count(scenario.lora_r)))
            rows.append((translate("Report", "LoRA targets"), ", ".join(scenario.lora_target_modules)))
        rows.append((translate("Report", "Optimizer"), optimizer_name(scenario.optimizer)))
        rows.append((translate("Report", "Loss"), loss_name(scenario.loss)))
        on, off = translate("Report", "on"), translate("Report", "off")
        rows.append((translate("Report", "Gradient checkpointing"), on if scenario.gradient_checkpointing else off))
        told |= {"recipe", "lora_r", "lora_target_modules", "optimizer", "loss", "gradient_checkpointing"}
    else:
        rows.append((translate("Report", "KV cache"), format_name(scenario.kv_cache)))
        if scenario.runtime is Runtime.TRANSFORMERS:
            prompt = numbers.count(scenario.prompt_length)
            rows.append((translate("Report", "Prompt"), translate("Report", "{count} tokens").format(count=prompt)))
        told |= {"kv_cache", "max_new_tokens"}
    if scenario.estimator is not Estimator.DETAILED:
        rows.append((translate("Report", "Estimate"), estimator_name(scenario.estimator)))
    if frame.gpu is not None:
        usable = translate("Report", "{gpu}: {usable} usable")
        rows.append((translate("Report", "Card"), usable.format(gpu=frame.gpu.name, usable=numbers.bytes(frame.gpu.usable_bytes))))
    return rows + _unusual(scenario, told)


def _unusual(scenario: Scenario, told: set[str]) -> list[tuple[str, str]]:
    left_out = told | {"format", "version", "name", "architecture", "estimator", "gpu", "resident_threads", "parallel"}
    found = [
        (field.name, str(value))
        for field in fields(Scenario)
        if field.name not in left_out and (value := getattr(scenario, field.name)) != field.default and field.default is not MISSING
    ]
    spread = [
        (field.name, str(value))
        for field in fields(Parallelism)
        if (value := getattr(scenario.parallel, field.name)) != getattr(ONE_GPU, field.name)
    ]
    return found + spread


def _sizes(frame: Frame) -> list[tuple[str, tuple[int, ...]]]:
    moments = frame.estimate.moments
    rows = []
    for place, component in enumerate(Component):
        sizes = tuple(moment.stack[place] for moment in moments)
        if any(sizes):
            rows.append((component_name(component), sizes))
    readings = [moment.stack.readings for moment in moments]
    rows.append((translate("Report", "Allocated"), tuple(reading.allocated_bytes for reading in readings)))
    rows.append((translate("Report", "Reserved"), tuple(reading.reserved_bytes for reading in readings)))
    rows.append((translate("Report", "Process (nvidia-smi)"), tuple(reading.process_bytes for reading in readings)))
    return rows


def _explained(component: Component, part: Explanation, frame: Frame) -> Explained:
    return Explained(
        component=component,
        name=component_name(component),
        amount=frame.numbers.bytes(frame.estimate.peak.stack[list(Component).index(component)]),  # with what this machine adds
        formula=part.formula,
        numbers=part.numbers if part.numbers != part.formula else "",
        source=part.source,
    )


def _made_by(frame: Frame) -> str:
    text = translate("Report", "Made by Fitting Room {version}.").format(version=__version__)
    if frame.calibration is None:
        return text
    return f"{text} " + translate("Report", "Measurements as of {date}.").format(date=frame.calibration.date)
