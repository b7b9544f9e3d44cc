"""Kinds of change that make a run need less, and the quantities that can be made smaller until it fits.

How much a change takes away from what was asked for is a judgment, kept in one place (``BURDEN``): octaves of a quantity, and of a
narrower format, weighed by how much people mind.
"""

import math
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from core.choices import settled, with_changes
from core.memory import (
    MIN_BATCH_SIZE,
    MIN_CONTEXT_LENGTH,
    Attention,
    Format,
    Method,
    Optimizer,
    Recipe,
    Runtime,
    Scenario,
    Task,
    refusal,
)
from core.memory.formats import PRECISIONS, bits_per_value
from core.memory.preference import runs_reference
from core.memory.refusal import loaded_as
from core.memory.scenario import Loss
from core.memory.solve import largest

#: Whether a scenario fits, surely.
Fits = Callable[[Scenario], bool]


class Means(StrEnum):
    """What is changed."""

    ATTENTION = "attention"
    """A kernel that keeps no scores."""
    LOSS = "loss"
    """The loss chunk by chunk, so that all logits never exist."""
    REFERENCE = "reference"
    """What the reference model of a preference method says, computed before training."""
    CHECKPOINTING = "checkpointing"
    MICRO_BATCH = "micro_batch"
    """Fewer sequences at once, accumulated to the same batch."""
    OPTIMIZER = "optimizer"
    KV_CACHE = "kv_cache"
    WEIGHTS = "weights"
    RECIPE = "recipe"
    EXPERTS = "experts"
    """llama.cpp: the experts of some layers in the host's memory."""
    LAYERS = "layers"
    """llama.cpp: some layers in the host's memory."""
    BATCH = "batch"
    CONTEXT = "context"
    METHOD = "method"


class Cost(StrEnum):
    """What one pays."""

    NOTHING = "nothing"
    TIME = "time"
    ACCURACY = "accuracy"
    SCOPE = "scope"
    """Less is done than was asked for."""


COSTS = {
    Means.ATTENTION: Cost.NOTHING,
    Means.LOSS: Cost.NOTHING,
    Means.REFERENCE: Cost.NOTHING,
    Means.CHECKPOINTING: Cost.TIME,
    Means.MICRO_BATCH: Cost.TIME,
    Means.OPTIMIZER: Cost.ACCURACY,
    Means.KV_CACHE: Cost.ACCURACY,
    Means.WEIGHTS: Cost.ACCURACY,
    Means.RECIPE: Cost.ACCURACY,
    Means.EXPERTS: Cost.TIME,
    Means.LAYERS: Cost.TIME,
    Means.BATCH: Cost.SCOPE,
    Means.CONTEXT: Cost.SCOPE,
    Means.METHOD: Cost.SCOPE,
}

#: By how much people mind one octave, or one change that has no size.
BURDEN = {
    Means.ATTENTION: 0.05,
    Means.LOSS: 0.1,
    Means.REFERENCE: 0.15,
    Means.MICRO_BATCH: 0.25,
    Means.CHECKPOINTING: 0.5,
    Means.OPTIMIZER: 0.7,
    Means.KV_CACHE: 0.7,
    Means.WEIGHTS: 1.0,
    Means.RECIPE: 1.2,
    Means.EXPERTS: 0.4,
    Means.LAYERS: 1.5,
    Means.BATCH: 1.0,
    Means.CONTEXT: 1.0,
    Means.METHOD: 3.0,
}


class Step(NamedTuple):
    """One change."""

    means: Means
    value: Any
    """What the field becomes."""
    burden: float


class Option(NamedTuple):
    step: Step
    scenario: Scenario


#: What each quantity is called in a scenario.
FIELDS = {
    Means.MICRO_BATCH: "batch_size",
    Means.BATCH: "batch_size",
    Means.CONTEXT: "context_length",
    Means.LAYERS: "n_gpu_layers",
    Means.EXPERTS: "n_cpu_moe",
}


def fit_with(scenario: Scenario, fits: Fits, field: str) -> Callable[[int], bool]:
    return lambda value: fits(scenario.evolve(**{field: value}))


def choices(scenario: Scenario, means: Means) -> list[Option]:
    """The changes of one kind that are steps, from the least; only what a real run allows."""
    found = []
    for changes, value, burden in _steps(scenario, means):
        changed = settled(with_changes(scenario, changes))
        kept = all(getattr(changed, field) == wanted for field, wanted in changes.items())
        if kept and changed != scenario and refusal(changed) is None:
            found.append(Option(Step(means, value, burden), changed))
    return found


def _steps(scenario: Scenario, means: Means) -> Iterator[tuple[dict[str, Any], Any, float]]:
    """(fields to change, what to call it, burden)."""
    training, full = scenario.task is Task.TRAINING, scenario.method is Method.FULL
    weight = BURDEN[means]
    match means:
        case Means.ATTENTION if scenario.attention is Attention.EAGER:
            yield {"attention": Attention.SDPA}, Attention.SDPA, weight
        case Means.LOSS if training and scenario.loss is not Loss.FUSED_LINEAR:
            yield {"loss": Loss.FUSED_LINEAR}, Loss.FUSED_LINEAR, weight
        case Means.REFERENCE if training and runs_reference(scenario):
            yield {"precomputed_reference": True}, True, weight
        case Means.CHECKPOINTING if training and not scenario.gradient_checkpointing:
            yield {"gradient_checkpointing": True}, True, weight
        case Means.OPTIMIZER if training and scenario.optimizer in (Optimizer.ADAMW, Optimizer.ADAM):
            yield {"optimizer": Optimizer.ADAMW8BIT}, Optimizer.ADAMW8BIT, weight
            yield {"optimizer": Optimizer.PAGED_ADAMW8BIT}, Optimizer.PAGED_ADAMW8BIT, 1.5 * weight
        case Means.RECIPE if training and full and scenario.recipe is not Recipe.PURE16:
            yield {"recipe": Recipe.PURE16}, Recipe.PURE16, weight
        case Means.METHOD if training and full:
            yield {"method": Method.LORA}, Method.LORA, weight
            yield {"method": Method.QLORA}, Method.QLORA, weight + 1.0
        case Means.METHOD if training and scenario.method is Method.LORA:
            yield {"method": Method.QLORA}, Method.QLORA, 1.0
        case Means.WEIGHTS if not training:
            for fmt, wider in _narrower(scenario, scenario.weights):
                yield {"weights": fmt}, fmt, weight * wider
        case Means.KV_CACHE if not training:
            cached = scenario.kv_cache
            for fmt in (Format.FP8, Format.INT4) if scenario.runtime is not Runtime.LLAMA_CPP else (Format.Q8_0, Format.Q4_0):
                wider = octaves(bits_per_value(cached), bits_per_value(fmt))
                if wider > 0:
                    yield {"kv_cache": fmt}, fmt, weight * wider
        case _:
            return


def _narrower(scenario: Scenario, weights: Format) -> Iterator[tuple[Format, float]]:
    """The precisions in common use below ``weights``, as the runtime loads them, and by how many octaves."""
    for precision in sorted(PRECISIONS, key=bits_per_value, reverse=True):
        fmt = loaded_as(scenario, precision)
        wider = octaves(bits_per_value(weights), bits_per_value(precision))
        if wider > 0 and precision is not Format.FP16:  # as wide as bf16
            yield fmt, wider


def octaves(before: float, after: float) -> float:
    return math.log2(before / after)


def is_quantity(scenario: Scenario, means: Means) -> bool:
    """Whether ``means`` is a quantity, solved for."""
    match means:
        case Means.CONTEXT:
            return True
        case Means.BATCH:
            return scenario.task is Task.INFERENCE
        case Means.MICRO_BATCH:
            return scenario.task is Task.TRAINING
        case Means.LAYERS | Means.EXPERTS:
            served = scenario.task is Task.INFERENCE and scenario.runtime is Runtime.LLAMA_CPP
            return served and (means is Means.LAYERS or scenario.architecture.num_experts > 0)
        case _:
            return False


def shrunk(scenario: Scenario, means: Means, fits: Fits) -> Option | None:
    """The most of a quantity that fits, if less than there is does; None otherwise."""
    if not is_quantity(scenario, means):
        return None
    if means is Means.EXPERTS:
        return _fewer_experts(scenario, fits)
    field = FIELDS[means]
    now, least = getattr(scenario, field), {Means.CONTEXT: MIN_CONTEXT_LENGTH, Means.LAYERS: 0}.get(means, MIN_BATCH_SIZE)
    if means is Means.LAYERS:
        now = min(now, scenario.architecture.num_hidden_layers + 1)  # the output is one more
    if now <= least or not fits(scenario.evolve(**{field: least})):
        return None
    most = largest(fit_with(scenario, fits, field), least, now)
    if means is Means.CONTEXT:
        most = rounded(most)
    elif means is Means.MICRO_BATCH:  # accumulation makes up the same batch of it
        most = next(value for value in range(most, 0, -1) if now % value == 0)
    if most >= now or not fits(scenario.evolve(**{field: most})):
        return None
    burden = BURDEN[means] * octaves(now, most or 0.5)
    return Option(Step(means, most, burden), scenario.evolve(**{field: most}))


def _fewer_experts(scenario: Scenario, fits: Fits) -> Option | None:
    """As many layers with their experts on the card as fit; the others' stay with the host."""

    def leaving(on_card: int) -> Scenario:
        return scenario.evolve(n_cpu_moe=every - on_card)

    every = scenario.architecture.num_moe_layers
    now = every - min(scenario.n_cpu_moe, every)
    if not now or not fits(leaving(0)):
        return None
    most = largest(lambda on_card: fits(leaving(on_card)), 0, now)
    if most == now:
        return None
    return Option(Step(Means.EXPERTS, every - most, BURDEN[Means.EXPERTS] * octaves(now, most or 0.5)), leaving(most))


def rounded(context: int) -> int:
    """``context`` rounded down to what people type: a multiple of 128, or of a sixteenth of the power of two below it."""
    if context < MIN_CONTEXT_LENGTH:
        return 0
    unit = max(128, (1 << (context.bit_length() - 1)) // 16)
    return context // unit * unit
