"""One scenario, many sizes: how memory grows along a quantity, and which contexts and batches a card holds.

Everything asks ``estimate`` and nothing else. Generators give way after each value, so that a window can do this between frames.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from core.choices import settled, with_changes
from core.memory import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    MAX_PARAMETERS,
    MIN_BATCH_SIZE,
    MIN_CONTEXT_LENGTH,
    MIN_PARAMETERS,
    Estimator,
    Format,
    Method,
    Scenario,
    Task,
    parameter_count,
    peak_bytes,
    refusal,
    with_parameter_count,
)
from core.memory.formats import bits_per_value
from core.memory.refusal import loaded_as
from core.memory.solve import largest

#: Whether a card holds a scenario; what does not hold one, holds nothing larger.
Holds = Callable[[Scenario], bool]


class Axis(StrEnum):
    """A quantity that memory grows with; values are those of the command line's options."""

    CONTEXT = "context"
    BATCH = "batch"
    PARAMETERS = "params"


RANGES = {
    Axis.CONTEXT: (MIN_CONTEXT_LENGTH, MAX_CONTEXT_LENGTH),
    Axis.BATCH: (MIN_BATCH_SIZE, MAX_BATCH_SIZE),
    Axis.PARAMETERS: (MIN_PARAMETERS, MAX_PARAMETERS),
}


def value_on(axis: Axis, scenario: Scenario) -> int:
    """Where ``scenario`` stands."""
    match axis:
        case Axis.CONTEXT:
            return scenario.context_length
        case Axis.BATCH:
            return scenario.batch_size
        case Axis.PARAMETERS:
            return parameter_count(scenario.architecture)


def moved(axis: Axis, scenario: Scenario, value: int) -> Scenario:
    """``scenario`` at ``value``; a size is a shape of the smooth family, as the slider has it."""
    match axis:
        case Axis.CONTEXT:
            return scenario.evolve(context_length=value)
        case Axis.BATCH:
            return scenario.evolve(batch_size=value)
        case Axis.PARAMETERS:
            return with_parameter_count(scenario, value)


def spaced(low: int, high: int, count: int) -> list[int]:
    """At most ``count`` whole numbers from ``low`` to ``high``, as far apart from each other by factors as can be."""
    ratio = (high / low) ** (1 / max(1, count - 1))
    return sorted({low, high} | {min(high, round(low * ratio**step)) for step in range(count)})


def curve(scenario: Scenario, axis: Axis, values: Sequence[int]) -> Iterator[int]:
    """Bytes of the peak at each of ``values``. Raises RefusedError."""
    return (peak_bytes(moved(axis, scenario, value)) for value in values)


def variants(scenario: Scenario) -> list[Scenario]:
    """``scenario`` and its neighbours that are worth a curve of their own: in inference other precisions of its weights, in training the
    other methods.
    """
    if scenario.task is Task.TRAINING and scenario.estimator is Estimator.DETAILED:
        others = [settled(with_changes(scenario, {"method": method})) for method in Method]
        wanted = list(Method)
        found = [other for other, method in zip(others, wanted, strict=True) if other.method is method]
    else:
        precisions = [loaded_as(scenario, fmt) for fmt in (Format.FP32, Format.BF16, Format.INT8, Format.INT4)]
        bits = bits_per_value(scenario.weights)
        found = [scenario.evolve(weights=fmt) for fmt in precisions if bits_per_value(fmt) != bits]
        found.append(scenario)
        found.sort(key=lambda other: -bits_per_value(other.weights))
    return [other for other in found if refusal(other) is None]


def boundary(scenario: Scenario, contexts: Sequence[int], holds: Holds) -> Iterator[int]:
    """Of each of ``contexts``, which grow, the largest batch that a card holds; 0 where it holds none.

    No longer context holds a larger batch, so each is sought below the one before.
    """
    most = MAX_BATCH_SIZE
    for context in contexts:
        if most:
            most = largest(_holds_batch(scenario.evolve(context_length=context), holds), MIN_BATCH_SIZE, most)
        yield most


def _holds_batch(scenario: Scenario, holds: Holds) -> Callable[[int], bool]:
    return lambda batch: holds(scenario.evolve(batch_size=batch))
