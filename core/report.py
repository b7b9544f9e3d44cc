"""The answer of the command line: as JSON for scripts, as a text for people. English; no memory arithmetic of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.choices import meaningless
from core.hub_table import HubRow
from core.memory import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    Device,
    Estimate,
    Estimator,
    Fit,
    FitCause,
    FitStatus,
    Gpu,
    Method,
    Moment,
    Parallelism,
    Recipe,
    Scenario,
    Task,
    estimate,
    judge_device,
    max_batch_size,
    max_context_length,
    parameter_count,
    room_on,
)
from core.memory.calibration import Calibration
from core.memory.formats import SIXTEEN_BIT
from core.memory.prediction import drafted_tokens, loaded_heads, prediction_parameters, trained_heads
from core.memory.rule_of_thumb import article_format
from core.memory.scenario import ENGINES, Objective
from core.memory.units import GB, GIB
from core.parallel_options import spread_words


@dataclass(frozen=True, slots=True)
class OnCard:
    """How the scenario stands to one card."""

    gpu: Gpu
    fit: Fit
    max_batch: int
    """0 where not even the smallest fits."""
    max_context: int


@dataclass(frozen=True, slots=True)
class DeviceOnCard:
    """How one of several GPUs stands to its card."""

    gpu: Gpu
    fit: Fit


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked, what it takes, and whether it fits the card if one was named."""

    scenario: Scenario
    estimate: Estimate
    on_card: OnCard | None
    """Of the tightest GPU, where there are several."""
    of_devices: tuple[DeviceOnCard, ...] = ()
    """Of every distinct GPU on its own card, if a card was named."""


def answer(scenario: Scenario, gpu: Gpu | None, calibration: Calibration | None = None, cards: Mapping[str, Gpu] | None = None) -> Answer:
    """``cards`` are those that ``scenario.parallel.gpus`` names. Raises RefusedError."""
    result = estimate(scenario, calibration)
    named = cards or {}
    if gpu is None and not named:
        return Answer(scenario, result, None)
    every = [named.get(device.gpu) or gpu for device in result.devices]
    of_devices = tuple(
        DeviceOnCard(card, judge_device(device, room_on(card, scenario), result))
        for device, card in zip(result.devices, every, strict=True)
        if card is not None
    )
    tightest = min(of_devices, key=lambda each: each.fit.headroom_fraction)
    every_card = {**named, **({"": gpu} if gpu else {})}
    usable = {name: room_on(card, scenario) for name, card in every_card.items()}
    limits = max_batch_size(scenario, usable), max_context_length(scenario, usable)
    return Answer(scenario, result, OnCard(tightest.gpu, tightest.fit, *limits), of_devices)


def as_json(answer: Answer) -> dict[str, Any]:
    """The contract scripts depend on: these keys, all of them, always. Without a card ``fit`` and ``max_*`` are null."""
    result, on_card = answer.estimate, answer.on_card
    return {
        "total_bytes": result.total_bytes,
        "low_bytes": result.low_bytes,
        "high_bytes": result.high_bytes,
        "readings": result.readings._asdict(),
        "peak": result.peak.name.value,
        "moments": [_moment_json(moment) for moment in result.moments],
        "bytes_per_parameter": result.bytes_per_parameter,
        "architecture": asdict(result.architecture) | {"parameters": parameter_count(result.architecture)},
        "fit": on_card and {"gpu": on_card.gpu.name, "status": on_card.fit.status.value, "headroom_bytes": on_card.fit.headroom_bytes},
        "max_batch": on_card and on_card.max_batch,
        "max_context": on_card and on_card.max_context,
        "devices": [
            {
                "rank": device.rank,
                "stage": device.stage,
                "alike": device.alike,
                "gpu": device.gpu or None,
                "total_bytes": device.total_bytes,
                "readings": device.readings._asdict(),
                "peak": device.peak.name.value,
                "moments": [_moment_json(moment) for moment in device.moments],
                "fit": fit and {"gpu": fit.gpu.name, "status": fit.fit.status.value, "headroom_bytes": fit.fit.headroom_bytes},
            }
            for device, fit in zip(result.devices, answer.of_devices or (None,) * len(result.devices), strict=True)
        ],
        "host_bytes": result.host_bytes._asdict() | {"total": result.host_bytes.total_bytes},
    }


def _moment_json(moment: Moment) -> dict[str, Any]:
    return {"name": moment.name.value, "total_bytes": moment.total_bytes, "components": moment.stack._asdict()}


def as_text(answer: Answer, *, context_assumed: bool) -> str:
    """The same for people; ``context_assumed`` when nobody asked for this context length."""
    result, peak = answer.estimate, answer.estimate.peak
    blocks = [
        _question(answer.scenario, context_assumed),
        [f"Peak {_gib(peak.total_bytes)} GiB ({_gb(peak.total_bytes)} GB), in {_words(peak.name.value)}", *_band(result)],
        _table(f"of the peak ({_words(peak.name.value)})", {name: size for name, size in peak.stack._asdict().items() if size}),
        _table("moment", {moment.name.value: moment.total_bytes for moment in result.moments}),
        *_devices(answer),
        _table("reading at the peak", dict(zip(_READINGS, result.readings, strict=True))),
        [f"Bytes per parameter: {result.bytes_per_parameter:.3f} ({_counted(answer.scenario)})"],
    ]
    if answer.on_card:
        blocks.append(_verdict(answer.on_card))
        if answer.on_card.fit.status is not FitStatus.FITS and answer.scenario.parallel.world_size > 1:
            blocks[-1].append("Other ways to divide it between so many: add --suggest. The fewest that work: --fewest.")
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def hub_table_text(rows: Iterable[HubRow]) -> str:
    """The Hub calculator's table for people, in GiB as it counts."""
    lines = [f"{'dtype':<18}{'largest layer':>15}{'total size':>13}{'Adam (peak)':>14}  GiB"]
    for row in rows:
        adam = "-" if row.training_with_adam_bytes is None else _gib(row.training_with_adam_bytes)
        lines.append(f"{row.dtype:<18}{_gib(row.largest_layer_bytes):>15}{_gib(row.total_bytes):>13}{adam:>14}")
    return "\n".join(lines) + "\n"


_READINGS = ("allocated (torch)", "reserved (torch)", "process (nvidia-smi)")


def _band(result: Estimate) -> list[str]:
    if result.low_bytes is None or result.high_bytes is None or result.upper_bytes is None:
        return []
    return [f"9 of 10 real runs: {_gib(result.low_bytes)} to {_gib(result.high_bytes)} GiB; at most {_gib(result.upper_bytes)} GiB (99 %)"]


def _gib(size: int) -> str:
    return f"{size / GIB:,.2f}"


def _gb(size: int) -> str:
    return f"{size / GB:,.2f}"


def _words(name: str) -> str:
    return "KV cache" if name == "kv_cache" else name.replace("_", " ")


def _table(title: str, sizes: dict[str, int]) -> list[str]:
    rows = [(title, "GiB", "GB"), *((_words(name), _gib(size), _gb(size)) for name, size in sizes.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [f"  {name:<{widths[0]}}  {gib:>{widths[1]}}  {gb:>{widths[2]}}" for name, gib, gb in rows]


def _devices(answer: Answer) -> list[list[str]]:
    """A line for each distinct GPU with how it stands to its card, and what their machine keeps for them."""
    result, parallel, blocks = answer.estimate, answer.scenario.parallel, []
    if sum(device.alike for device in result.devices) > 1:
        lines = _table("peak of each GPU", {_device_name(device, parallel): device.total_bytes for device in result.devices})
        fits = [_on_its_card(each) for each in answer.of_devices] or [""] * len(result.devices)
        blocks.append([lines[0], *(f"{line}{fit}" for line, fit in zip(lines[1:], fits, strict=True))])
    host = {name: size for name, size in result.host_bytes._asdict().items() if size}
    if host:
        gpus = min(parallel.gpus_per_node, parallel.world_size)
        blocks.append(_table(f"on each machine of {gpus} GPUs" if gpus > 1 else "in the host's memory", host))
    return blocks


def _device_name(device: Device, parallel: Parallelism) -> str:
    alike = f" ({device.alike:,} GPUs)" if device.alike > 1 else ""
    if device.gpu:
        return f"rank {device.rank}, {device.gpu}{alike}"
    if parallel.pipeline_parallel_size > 1:
        return f"stage {device.stage + 1} of {parallel.pipeline_parallel_size}{alike}"
    return f"each of {device.alike:,}" if device.alike == parallel.world_size else f"from rank {device.rank} on{alike}"


def _on_its_card(each: DeviceOnCard) -> str:
    return f"  {_STATUS[each.fit.status]}, {each.fit.headroom_fraction:.0%} free"


_STATUS = {FitStatus.FITS: "fits", FitStatus.TIGHT: "tight", FitStatus.OOM: "OOM"}


def _heads(scenario: Scenario) -> str:
    """What the run has beside the model's parameters: heads that predict tokens ahead."""
    drafting = scenario.task is Task.INFERENCE and scenario.runtime in ENGINES and drafted_tokens(scenario)
    heads = loaded_heads(scenario) if drafting else trained_heads(scenario)
    if not heads:
        return ""
    told = f", and {prediction_parameters(scenario.architecture, heads):,} of heads that predict tokens ahead"
    return f"{told}, which draft {drafting:,} in each step" if drafting else told


def _question(scenario: Scenario, context_assumed: bool) -> list[str]:
    arch = scenario.architecture
    name = arch.name or "a model of the given size"
    assumed = " (assumed; --context sets it)" if context_assumed else ""
    lines = [
        f"{name}: {parameter_count(arch):,} parameters{_heads(scenario)}",
        f"{_run(scenario)}, batch {scenario.batch_size:,}, context {scenario.context_length:,} tokens{assumed}",
    ]
    if scenario.parallel.world_size > 1:
        lines.append(f"on {scenario.parallel.world_size:,} GPUs: {spread_words(scenario.parallel)}")
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        lines.append(f"rule of thumb over the nominal {arch.nominal_parameters:,} parameters: an order of magnitude")
        if scenario.parallel.world_size > 1:
            lines.append("It divides all of it by the number of GPUs, however they share the work.")
        if scenario.task is Task.TRAINING and scenario.method is not Method.FULL:
            lines.append(f"It knows only full training: these are not the figures of --method {scenario.method.value}.")
    else:
        name = scenario.runtime.value
        lines.append(name if meaningless(scenario, "attention") else f"{name}, {scenario.attention.value} attention")
    return lines


def _run(scenario: Scenario) -> str:
    """The run whose figures follow, which is not always the one asked for: the rule of thumb trains all weights, and always alike."""
    if scenario.task is Task.INFERENCE:
        return f"inference: weights {scenario.weights.value}, KV cache {scenario.kv_cache.value}"
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        return f"training (full): weights {article_format(scenario).value}, {scenario.optimizer.value}"
    ending = ", gradient checkpointing" if scenario.gradient_checkpointing else ""
    if scenario.objective is not Objective.NEXT_TOKEN:
        ending += f", {scenario.objective.value}" + (", reference precomputed" if scenario.precomputed_reference else "")
    if scenario.method is Method.FULL:
        narrow = scenario.weights in SIXTEEN_BIT and scenario.recipe is not Recipe.FP32
        stored = f"recipe {scenario.recipe.value}" + (f" ({scenario.weights.value})" if narrow else "")
    else:
        targets = ", ".join(scenario.lora_target_modules)
        stored = f"base {scenario.weights.value}, rank {scenario.lora_r:,} on {targets}"
    return f"training ({scenario.method.value}): {stored}, {scenario.optimizer.value}{ending}"


def _counted(scenario: Scenario) -> str:
    return "weights" if scenario.task is Task.INFERENCE else "weights + gradients + optimizer"


_CAUSES = {
    FitCause.NONE: "",
    FitCause.WEIGHTS: ": the weights alone do not fit",
    FitCause.MODEL_STATE: ": weights, gradients and optimizer alone do not fit",
    FitCause.TOKENS: ": the model fits, what grows with batch and context does not",
    FitCause.OPTIMIZER_STEP: ": the model fits, what the optimizer step needs on top does not",
}


def _verdict(on_card: OnCard) -> list[str]:
    gpu, fit = on_card.gpu, on_card.fit
    room = f"{_gib(abs(fit.headroom_bytes))} GiB"
    share = f"({abs(fit.headroom_fraction):.1%} of its usable {_gib(gpu.usable_bytes)} GiB)"
    match fit.status:
        case FitStatus.FITS:
            sentence = f"fits, {room} free {share}"
        case FitStatus.TIGHT:
            short = fit.headroom_bytes < 0
            sentence = f"tight, {room} short {share} by the estimate, within its error" if short else f"tight, only {room} free {share}"
        case FitStatus.OOM:
            sentence = f"OOM, {room} short {share}{_CAUSES[fit.cause]}"
    return [
        f"{gpu.name}: {sentence}.",
        f"Largest batch: {_limit(on_card.max_batch, MAX_BATCH_SIZE)}. Longest context: {_limit(on_card.max_context, MAX_CONTEXT_LENGTH)}.",
    ]


def _limit(value: int, end: int) -> str:
    if not value:
        return "none fits"
    return f"{value:,} or more" if value == end else f"{value:,}"
