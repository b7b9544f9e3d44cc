"""Solving backwards: the largest batch, context and size, and the widest precision, that a card holds.

All of it asks ``peak_bytes`` and nothing else: one set of formulas. Memory grows with each of the quantities solved for, so bisection
finds the exact limit; 0 means that not even the smallest value fits.
"""

from collections.abc import Callable, Generator, Mapping

from core.memory.components import Device
from core.memory.estimate import peak_bytes, run_of
from core.memory.family import MAX_PARAMETERS, MIN_PARAMETERS
from core.memory.formats import Format, bits_per_value
from core.memory.parallel_refusal import OF_SPREAD
from core.memory.refusal import refusal
from core.memory.scenario import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    MIN_BATCH_SIZE,
    MIN_CONTEXT_LENGTH,
    Scenario,
    with_parameter_count,
)


def largest_in_steps(fits: Callable[[int], bool], low: int, high: int) -> Generator[None, None, int]:
    """Largest value of ``low``..``high`` that fits; 0 where ``low`` does not. ``fits`` never turns from false to true. Yields after each
    value it has tried, so that a window can do this between frames.
    """
    if not fits(low):
        return 0
    yield
    if fits(high):
        return high
    yield
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            low = middle
        else:
            high = middle
        yield
    return low


def largest(fits: Callable[[int], bool], low: int, high: int) -> int:
    """The same at once."""
    return at_once(largest_in_steps(fits, low, high))


def at_once(steps: Generator[None, None, int]) -> int:
    """What ``steps`` come to."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return int(end.value)


#: Usable bytes of the card; of several different ones by the names that devices have, ``""`` standing for any other.
Usable = int | Mapping[str, int]


def usable_by(device: Device, usable: Usable) -> int:
    """Bytes of the card that ``device`` is on."""
    return usable if isinstance(usable, int) else usable[device.gpu if device.gpu in usable else ""]


def holds(usable: Usable, scenario: Scenario) -> bool:
    """Whether every GPU of ``scenario`` fits on its card. Raises RefusedError."""
    if isinstance(usable, int):
        return peak_bytes(scenario) <= usable
    return all(device.total_bytes <= usable_by(device, usable) for device in run_of(scenario).devices)


def max_batch_size(scenario: Scenario, usable: Usable) -> int:
    """Largest batch, all else equal. Raises RefusedError."""
    return largest(lambda batch: holds(usable, scenario.evolve(batch_size=batch)), MIN_BATCH_SIZE, MAX_BATCH_SIZE)


def max_context_length(scenario: Scenario, usable: Usable) -> int:
    """Longest context, all else equal. Raises RefusedError."""
    return largest(lambda context: holds(usable, scenario.evolve(context_length=context)), MIN_CONTEXT_LENGTH, MAX_CONTEXT_LENGTH)


def max_parameters(scenario: Scenario, usable: Usable) -> int:
    """Largest size of the smooth family, all else equal; 0 where none can be spread so, as by experts that it has none of. Raises
    RefusedError where the largest is refused for another reason.
    """
    return at_once(max_parameters_in_steps(scenario, usable))


def max_parameters_in_steps(scenario: Scenario, usable: Usable) -> Generator[None, None, int]:
    """The same, yielding after each size it has tried. Small sizes have too few layers or heads to be spread like ``scenario``: whatever is
    refused for that counts as what fits, but is no answer.
    """

    def is_too_small(candidate: Scenario) -> bool:
        refused = refusal(candidate)
        return refused is not None and refused.reason in OF_SPREAD

    def fits(parameters: int) -> bool:
        candidate = with_parameter_count(scenario, parameters)
        return is_too_small(candidate) or holds(usable, candidate)

    most = yield from largest_in_steps(fits, MIN_PARAMETERS, MAX_PARAMETERS)
    return 0 if most == 0 or is_too_small(with_parameter_count(scenario, most)) else most


#: From wide to narrow, the formats people load models in.
_LADDER = (Format.FP64, Format.FP32, Format.BF16, Format.FP16, Format.FP8, Format.INT8, Format.INT4)


def widest_format(scenario: Scenario, usable: Usable) -> Format | None:
    """Widest weight format that fits and can be run; of two as wide, the scenario's own, else the one first in common use."""
    own_first = sorted(_LADDER, key=lambda fmt: (-bits_per_value(fmt), fmt is not scenario.weights))
    for fmt in own_first:
        candidate = scenario.evolve(weights=fmt)
        if refusal(candidate) is None and holds(usable, candidate):
            return fmt
    return None
