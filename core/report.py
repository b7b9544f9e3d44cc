"""The answer of the command line: as JSON for scripts, as a text for people. English; no memory arithmetic of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.catalogue.hf_config import Note
from core.choices import Meaningless, meaningless
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
    Reason,
    Recipe,
    Refusal,
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
from core.parallel_options import option, spread_words
from core.quantity import Problem, QuantityError


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


_REASONS = {
    Reason.FULL_TRAINING_NEEDS_16_BIT: "no framework fully trains weights narrower than 16 bits",
    Reason.RECIPE_STORES_16_BIT: "this recipe stores 16-bit weights, not fp32",
    Reason.NO_RECIPE_FOR_FORMAT: "no training recipe stores weights in this format",
    Reason.LORA_BASE_NOT_QUANTIZED: "LoRA over quantized weights is QLoRA",
    Reason.LORA_BASE_FORMAT: "LoRA runs over bf16, fp16 or fp32 weights",
    Reason.QLORA_BASE_QUANTIZED: "QLoRA runs over int4 or int8 weights",
    Reason.ADAPTERS_ON_PIECES: "adapters on experts, or on a model of this build, are not modelled yet",
    Reason.ADAPTERS_ON_EXPERTS: "PEFT adapts experts gate and up together and without dropout; modelled on one GPU, over 16-bit weights, "
    "with sdpa attention",
    Reason.WIDE_TRAINING_OF_PIECES: "a model of this build in fp32 or under autocast is not modelled yet",
    Reason.TRAINING_OF_PIECES: "training of Kimi delta attention is not modelled yet",
    Reason.RUNTIME_ON_PIECES: "Kimi delta attention in this runtime is not modelled yet",
    Reason.STREAMS_TRAINED: "training a model with several residual streams (Gemma 3n) is not modelled yet",
    Reason.SDPA_WITHOUT_SOFTCAPPING: "attention with capped scores runs eager only",
    Reason.SDPA_WITHOUT_SINKS: "attention with sinks runs eager only",
    Reason.FORMAT_OF_ANOTHER_RUNTIME: "this runtime does not load weights in this format",
    Reason.LOSS_OF_PREFERENCE: "this preference method's loss is not computed so",
    Reason.PREDICTION_HEADS_ON_PIECES: "heads of a model whose layers are of several kinds are not modelled yet",
    Reason.SPECULATIVE_TOKENS: "vLLM drafts as many tokens as the model has heads, fewer, or a multiple",
    Reason.PREDICTION_HEADS_RECOMPUTED: "Megatron computes the layers of heads again one by one",
    Reason.SEVERAL_GPUS: "this run on several GPUs is not modelled yet",
    Reason.SERVED_OTHERWISE: "this runtime spreads inference over GPUs in another way: transformers and llama.cpp by layers, "
    "vLLM and SGLang by matrices, layers, experts and replicas",
    Reason.TENSOR_PARALLEL_HEADS: "tensor parallelism divides whole heads",
    Reason.QUANTIZED_GROUPS: "engines split a quantized Mamba-2 model only over as many GPUs as divide the groups of its mixers",
    Reason.PIPELINE_NOT_SERVED: "vLLM makes no pipeline of this model",
    Reason.MIXER_SPLIT: "trainers divide a model with mixers by replicas only; but Megatron (--sharding megatron), in full training, "
    "one with Mamba-2",
    Reason.PIPELINE_LAYERS: "every pipeline stage needs layers, and together they have all of the model's",
    Reason.INTERLEAVED_WITHOUT_PIPELINE: "interleaved stages need a pipeline, and micro-batches in multiples of its stages",
    Reason.ZERO_WITH_PIPELINE: "no framework runs ZeRO-2 or ZeRO-3 within a pipeline",
    Reason.EXPERT_PARALLEL_EXPERTS: "expert parallelism divides whole experts among the GPUs of one stage",
    Reason.EXPERT_WIDTH: "GPUs that share an expert have equal parts of it; in vLLM replicas share them too",
    Reason.CONTEXT_PARALLEL_ATTENTION: "context parallelism needs a fused attention kernel",
    Reason.CONTEXT_PARALLEL_HEADS: "context parallelism divides the heads of a mixer, those that tensor parallelism leaves to a GPU",
    Reason.QUANTIZED_BASE_SPLIT: "no trainer splits a quantized model by tensor, pipeline or context parallelism",
    Reason.SHARDING_KEEPS_MASTER_WEIGHTS: "DeepSpeed and Megatron keep fp32 master weights",
    Reason.FP8_OF_MEGATRON: "fp8 linear layers are modelled as Megatron runs them, in full training of dense models",
    Reason.OFFLOAD_NEEDS_SHARDING: "what is offloaded must be divided between the GPUs first",
    Reason.OFFLOAD_ALL_OF_FSDP: "FSDP offloads weights and optimizer together",
    Reason.OFFLOAD_TO_NVME: "only ZeRO-3 offloads to disks",
    Reason.IN_BACKWARD_UNREDUCED: "an optimizer that steps in the backward pass goes with FSDP2 alone, and without accumulation",
}


_NOTES = {
    Note.VISION_COUNTED: "its vision tower is loaded too: {detail} parameters",
    Note.IMAGE_TOKENS: "an image takes up to {detail} tokens of the context",
    Note.VISION_NOT_COUNTED: "the vision tower of {detail} is not counted",
    Note.PREDICTION_HEADS: "its heads that predict tokens ahead have {detail} parameters more, which only vLLM and SGLang load, "
    "with speculative decoding (--speculative-tokens)",
    Note.QUANTIZATION_UNKNOWN: "its quantization is not known; say --weights",
    Note.UNKNOWN_KEYS: "not understood: {detail}",
    Note.TENSORS_COUNTED: "the weights are what the file's tensors take: {detail} bytes",
    Note.TENSORS_DIFFER: "the file holds {detail} values, more or fewer than this shape: something of it is not modelled",
    Note.MODEL_UNKNOWN: "its model {detail} is not in the list; say --model",
    Note.NOT_MODELLED: "not modelled: {detail}",
    Note.ONE_GPU: "one GPU is estimated, as if nothing were spread over others ({detail})",
    Note.PARTS_MISSING: "not all of its files are here; the weights follow from the shape",
}


def note_words(note: Note, detail: str) -> str:
    """What a model's configuration has beside what was taken from it."""
    return _NOTES[note].format(detail="".join(character for character in detail if character.isprintable()))


def refusal_words(refusal: Refusal) -> str:
    """Why there is no such run, and the options each of which alone would make one."""
    options = [" ".join(filter(None, (option(field, value) for field, value in change.items()))) for change in refusal.alternatives]
    return _REASONS[refusal.reason] + (f"; instead use {' or '.join(options)}" if options else "")


def meaningless_words(option: str, why: Meaningless) -> str:
    """Why ``option`` was typed in vain, and what to do."""
    match why:
        case Meaningless.IN_INFERENCE:
            return f"{option} has no meaning in inference; add --task training or leave it out"
        case Meaningless.IN_TRAINING:
            return f"{option} has no meaning in training; add --task inference or leave it out"
        case Meaningless.IN_FULL_TRAINING:
            return f"{option} has no meaning in full training; add --method lora or --method qlora"
        case Meaningless.WITHOUT_REFERENCE:
            return f"{option} has no meaning without a reference model; add --objective dpo or kto, or leave it out"
        case Meaningless.WITH_PREFERENCES:
            return f"{option} makes no difference to preference methods, whose losses are TRL's; leave it out"
        case Meaningless.WITH_ADAPTERS:
            return f"{option} has no meaning in LoRA and QLoRA, which keep adapters as PEFT does; add --method full or leave it out"
        case Meaningless.WITH_OPTIMIZER:
            return f"{option} makes no difference to this optimizer; leave it out, or use --optimizer adamw or adam"
        case Meaningless.WITH_MASTER_WEIGHTS:
            return f"{option} makes no difference to --recipe mixed, whose step is its own; leave it out or use another --recipe"
        case Meaningless.OF_ANOTHER_RUNTIME:
            return f"{option} has no meaning in this runtime; leave it out or use another --runtime"
        case Meaningless.WITHOUT_PREDICTION_HEADS:
            return f"{option} has no meaning for a model without heads that predict tokens ahead; leave it out"
        case Meaningless.WITHOUT_MEGATRON:
            return f"{option} is for Megatron, which trains all weights on the next token; add --sharding megatron or leave it out"


def quantity_words(error: QuantityError) -> str:
    """Why a typed text is no value of its option, and what would be."""
    match error.problem:
        case Problem.EMPTY:
            return "a number is missing"
        case Problem.TOO_LONG:
            return "too long for a number"
        case Problem.NOT_A_NUMBER:
            return "not a number (such as 4096, 8k, 7b or 1.5T)"
        case Problem.UNKNOWN_SUFFIX:
            return f"unknown suffix {error.suffix!r}"
        case Problem.NOT_WHOLE:
            return "not a whole number"
        case Problem.TOO_SMALL:
            return f"too small: the least is {error.low:,}"
        case Problem.TOO_LARGE:
            return f"too large: the most is {error.high:,}"
