"""How far measured runs lie from the estimate, by kind of run: what turns a total into a band and a verdict.

A band is measured over predicted, of runs of models that were left out when it was made; it applies to what PyTorch or the engine
allocates, down to what is resident all the time. The context that a process has beside that is known only as a range.
"""

import math
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

from annotated_types import Ge, Gt

from core.memory.components import Component, Stack
from core.memory.scenario import Runtime, Scenario, Task


@dataclass(frozen=True, kw_only=True)
class Band:
    """Factors on a prediction, and the measurements they come from."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- read by pydantic, at the edge

    low: Annotated[float, Gt(0)]
    high: Annotated[float, Gt(0)]
    """Nine of ten runs of a model left out lie between."""
    lower: Annotated[float, Gt(0)]
    upper: Annotated[float, Gt(0)]
    """One-sided bounds at 99 %."""
    runs: Annotated[int, Gt(0)]
    models: Annotated[int, Gt(0)]
    median_error: Annotated[float, Ge(0)]
    """Of the absolute error, as a share of the measurement."""
    coverage: Annotated[float, Ge(0)]
    """Share of runs within low and high when their model is left out; models count alike."""


@dataclass(frozen=True, kw_only=True)
class PartError:
    """How far one component is off at the peaks of runs whose every tensor was tracked: % of the moment's peak, absolute."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- read by pydantic, at the edge

    moments: Annotated[int, Gt(0)]
    median_pct: Annotated[float, Ge(0)]
    p95_pct: Annotated[float, Ge(0)]
    worst_pct: Annotated[float, Ge(0)]


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Bands by kind of run; ``"inference"`` and ``"training"`` stand in for kinds of which too few models were measured."""

    date: str
    method: str
    context_low_bytes: int
    context_high_bytes: int
    """Smallest CUDA context measured with a current PyTorch, and the largest that a card's multiprocessors make."""
    bands: dict[str, Band] = field(default_factory=dict)
    parts: dict[str, dict[str, PartError]] = field(default_factory=dict)
    """By kind of run, then by the name of a component; saved and temporary tensors go by "activations"."""
    own_context: dict[str, int] = field(default_factory=dict)
    """By kind of process, bytes that its context and libraries take more (or less) on one machine than is estimated, where that was
    measured there; nothing of what ships."""

    def extra_bytes(self, scenario: Scenario) -> int:
        """What the machine takes beyond the estimate of ``scenario``."""
        return self.own_context.get(process_kind(scenario), 0) if self.own_context else 0

    def band(self, scenario: Scenario) -> Band | None:
        """The band of runs like ``scenario``; None when nothing like it was measured."""
        own = self.bands.get(kind_of_run(scenario))
        stand_in = scenario.task.value if scenario.parallel.world_size == 1 else scenario.task.value + SEVERAL
        return own or self.bands.get(stand_in)

    def part_error(self, scenario: Scenario, component: Component) -> PartError | None:
        """Of ``component`` in runs like ``scenario``; None when none was tracked."""
        part = Component.ACTIVATIONS if component in _WITH_ACTIVATIONS else component
        return self.parts.get(kind_of_run(scenario), {}).get(part.value)


#: Components whose tensors the tracked runs do not tell apart.
_WITH_ACTIVATIONS = frozenset({Component.ACTIVATIONS, Component.LOGITS, Component.WORKSPACE})


#: What the kind of a run on several GPUs ends with.
SEVERAL = ", several GPUs"


class Bounds(NamedTuple):
    """Bytes that a total lies between: in nine of ten runs, and surely (99 % on each side)."""

    low: int
    high: int
    lower: int
    upper: int


def kind_of_run(scenario: Scenario) -> str:
    """What is calibrated together: a runtime in inference, a method in training; runs on several GPUs by themselves."""
    kind = f"{scenario.task.value} {scenario.runtime.value if scenario.task is Task.INFERENCE else scenario.method.value}"
    return kind if scenario.parallel.world_size == 1 else kind + SEVERAL


def process_kind(scenario: Scenario) -> str:
    """Processes whose contexts and libraries take alike: PyTorch's, or those of one engine."""
    if scenario.task is Task.TRAINING or scenario.runtime is Runtime.TRANSFORMERS:
        return "torch"
    return scenario.runtime.value


def bounds(calibration: Calibration, band: Band, stack: Stack, *, known_context: bool = False) -> Bounds:
    """Of the process reading of ``stack``: what lies between for the engine's own memory, and the measured range of contexts beside it,
    unless the context is known.
    """
    found = bounds_without_context(band, sum(stack) - stack.runtime, stack)
    narrow = stack.runtime if known_context else min(stack.runtime, calibration.context_low_bytes)
    wide = stack.runtime if known_context else max(stack.runtime, calibration.context_high_bytes)
    # torch gives its reserve back before it fails.
    surely = min(found.lower, sum(stack) - stack.runtime - stack.reserve)
    return Bounds(found.low + narrow, found.high + wide, surely + narrow, found.upper + wide)


def bounds_without_context(band: Band, own_bytes: int, stack: Stack) -> Bounds:
    """Of ``own_bytes``, a reading of ``stack`` without the context: factors on it; but no run takes less than what stays resident all the
    time, which is known: weights, optimizer states, cache.
    """
    resident = min(own_bytes, stack.weights + stack.optimizer + stack.kv_cache)
    return Bounds(
        low=max(resident, min(own_bytes, math.floor(own_bytes * band.low))),
        high=max(own_bytes, math.ceil(own_bytes * band.high)),
        lower=max(resident, min(own_bytes, math.floor(own_bytes * band.lower))),
        upper=max(own_bytes, math.ceil(own_bytes * band.upper)),
    )
