"""The figures a lesson may speak of and check, each worked out from a scenario when it is first asked for."""

from collections.abc import Callable
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from core.memory import (
    Component,
    Estimate,
    Moment,
    MomentName,
    RefusedError,
    Scenario,
    estimate,
    judge,
    max_batch_size,
    max_context_length,
    max_parameters,
    parameter_count,
)
from core.memory.calibration import Calibration

Value = int | float | str


class Kind(StrEnum):
    """What a figure counts."""

    BYTES = "bytes"
    COUNT = "count"
    RATIO = "ratio"
    NAME = "name"


class View:
    """A scenario on a card with ``usable_bytes`` (None: no card), with what follows from it; nothing does where no run is like it."""

    def __init__(
        self, scenario: Scenario, usable_bytes: int | None = None, calibration: Calibration | None = None, guess_bytes: int | None = None
    ) -> None:
        self.scenario, self.usable_bytes, self.guess_bytes = scenario, usable_bytes, guess_bytes
        self._calibration = calibration

    @cached_property
    def estimate(self) -> Estimate | None:
        try:
            return estimate(self.scenario, self._calibration)
        except RefusedError:
            return None

    def value(self, name: str) -> Value | None:
        """Of the figure ``name``; None where there is none of a scenario like this."""
        if self.estimate is None:
            return None
        return FIGURES[name].of(self, self.estimate)

    @property
    def fit(self) -> str:
        """fits, tight or oom; empty without a card."""
        result = self.estimate
        if result is None or self.usable_bytes is None:
            return ""
        return judge(result.total_bytes, self.usable_bytes, result.peak.stack, result.sure_bytes).status.value


class Figure(NamedTuple):
    kind: Kind
    of: Callable[[View, Estimate], Value | None]


_STATE = (Component.WEIGHTS, Component.GRADIENTS, Component.OPTIMIZER)
_TOKENS = (Component.KV_CACHE, Component.ACTIVATIONS, Component.LOGITS, Component.WORKSPACE)


def _of_peak(*components: Component) -> Figure:
    def size(_view: View, result: Estimate) -> int:
        return sum(getattr(result.peak.stack, component.value) for component in components)

    return Figure(Kind.BYTES, size)


def _most(component: Component) -> Figure:
    """At whatever moment it is largest: parts need not peak together."""
    return Figure(Kind.BYTES, lambda _view, result: max(getattr(moment.stack, component.value) for moment in result.moments))


def _at(name: MomentName) -> Figure:
    def total(_view: View, result: Estimate) -> int | None:
        found: list[Moment] = [moment for moment in result.moments if moment.name is name]
        return found[0].total_bytes if found else None

    return Figure(Kind.BYTES, total)


def _solved(solve: Callable[[Scenario, int], int]) -> Figure:
    return Figure(Kind.COUNT, lambda view, _result: None if view.usable_bytes is None else solve(view.scenario, view.usable_bytes))


def _field(name: str, kind: Kind) -> Figure:
    return Figure(kind, lambda view, _result: _plain(getattr(view.scenario, name)))


def _shape(name: str) -> Figure:
    return Figure(Kind.COUNT, lambda view, _result: _plain(getattr(view.scenario.architecture, name)))


def _plain(value: object) -> Value:
    return value if isinstance(value, int | float) else str(value)


#: By the name that a lesson calls them.
FIGURES: dict[str, Figure] = {
    "total_bytes": Figure(Kind.BYTES, lambda _view, result: result.total_bytes),
    "low_bytes": Figure(Kind.BYTES, lambda _view, result: result.low_bytes),
    "high_bytes": Figure(Kind.BYTES, lambda _view, result: result.high_bytes),
    "usable_bytes": Figure(Kind.BYTES, lambda view, _result: view.usable_bytes),
    "headroom_bytes": Figure(
        Kind.BYTES, lambda view, result: None if view.usable_bytes is None else view.usable_bytes - result.total_bytes
    ),
    "guess_bytes": Figure(Kind.BYTES, lambda view, _result: view.guess_bytes),
    "model_state_bytes": _of_peak(*_STATE),
    "token_bytes": _of_peak(*_TOKENS),
    **{f"{component.value}_bytes": _of_peak(component) for component in Component},
    **{f"most_{component.value}_bytes": _most(component) for component in Component},
    **{f"at_{moment.value}_bytes": _at(moment) for moment in MomentName},
    "parameters": Figure(Kind.COUNT, lambda view, _result: parameter_count(view.scenario.architecture)),
    **{
        name: _shape(name)
        for name in ("nominal_parameters", "num_hidden_layers", "hidden_size", "intermediate_size", "num_key_value_heads", "vocab_size")
    },
    **{name: _field(name, Kind.COUNT) for name in ("batch_size", "context_length", "lora_r")},
    "world_size": Figure(Kind.COUNT, lambda view, _result: view.scenario.parallel.world_size),
    "largest_batch_size": _solved(max_batch_size),
    "longest_context_length": _solved(max_context_length),
    "largest_parameters": _solved(max_parameters),
    "bytes_per_parameter": Figure(Kind.RATIO, lambda _view, result: result.bytes_per_parameter),
    "model": Figure(Kind.NAME, lambda view, _result: view.scenario.architecture.name),
    **{name: _field(name, Kind.NAME) for name in ("gpu", "weights", "kv_cache")},
    "fit": Figure(Kind.NAME, lambda view, _result: view.fit),
}
