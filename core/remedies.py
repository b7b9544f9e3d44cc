"""What to change so that a run fits, and what the room that is left would hold.

Every remedy is proven before it is offered: its scenario was estimated and judged like any other.
"""

import math
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import combinations
from typing import Any, NamedTuple

from core.means import BURDEN, FIELDS, Fits, Means, Option, Step, choices, fit_with, is_quantity, octaves, rounded, shrunk
from core.memory import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    MIN_BATCH_SIZE,
    MIN_CONTEXT_LENGTH,
    Estimate,
    FitStatus,
    Format,
    Gpu,
    Scenario,
    Task,
    estimate,
    judge,
    judge_device,
    refusal,
    room_on,
)
from core.memory.calibration import Calibration
from core.memory.formats import bits_per_value
from core.memory.refusal import loaded_as
from core.memory.solve import Usable, holds, largest, usable_by


class Remedy(NamedTuple):
    """Changes that together make it fit."""

    steps: tuple[Step, ...]
    scenario: Scenario
    saved_bytes: int
    """Against the scenario that does not fit; negative of what takes more room."""

    @property
    def burden(self) -> float:
        return sum(step.burden for step in self.steps)


def fits_on(usable: Usable, calibration: Calibration | None) -> Fits:
    """Whether a scenario fits its card or cards, as the verdict has it: surely, by the band of its kind."""

    def fits(scenario: Scenario) -> bool:
        return _fits(estimate(scenario, calibration), usable)

    return fits


def fits_by_estimate(usable: Usable) -> Fits:
    """Whether a scenario fits its card or cards by the estimate alone, which runs of its kind may exceed."""
    return partial(holds, usable)


def _fits(found: Estimate, usable: Usable) -> bool:
    if isinstance(usable, int):  # the GPU that needs most decides
        return judge(found.total_bytes, usable, found.peak.stack, found.sure_bytes).status is FitStatus.FITS
    return all(judge_device(device, usable_by(device, usable), found).status is FitStatus.FITS for device in found.devices)


#: Burdens above it are hardly what anybody would do: a context of an eighth, or adapters and more.
_PATIENCE = 3.5


def remedies(scenario: Scenario, fits: Fits) -> Iterator[Remedy | None]:
    """Single changes and pairs that make ``scenario`` fit, none of a pair alone; of each kind the least that does. Where there are none,
    or only harsh ones, as many
    mild changes as it takes.

    None stands between for work done meanwhile, so that whoever asks can give way to something else. Raises RefusedError for a
    scenario that has no estimate.
    """
    least = math.inf
    for remedy in _singles_and_pairs(scenario, fits):
        least = min(least, remedy.burden if remedy else math.inf)
        yield remedy
    if least > _PATIENCE:
        yield from _plan(scenario, fits)


def _singles_and_pairs(scenario: Scenario, fits: Fits) -> Iterator[Remedy | None]:
    before = estimate(scenario).total_bytes

    def remedy(*options: Option) -> Remedy:
        after = options[-1].scenario
        return Remedy(tuple(option.step for option in options), after, before - estimate(after).total_bytes)

    too_little: dict[Means, list[Option]] = {}
    for means in Means:
        too_little[means] = []
        for option in choices(scenario, means):
            if fits(option.scenario):
                yield remedy(option)
                break
            too_little[means].append(option)
            yield None
        found = shrunk(scenario, means, fits)
        yield remedy(found) if found else None
        if found:
            too_little[means].append(found)  # marks the kind as one that needs no second
    alone = {means for means in Means if is_quantity(scenario, means) and too_little[means]}
    for first, second in combinations(Means, 2):
        if first in alone or second in alone:
            continue
        best: Remedy | None = None
        for option in too_little[first]:
            for pair in (remedy(option, other) for other in _second(option.scenario, second, too_little[second], fits)):
                if best is None or pair.burden < best.burden:
                    best = pair
            yield None
        for option in too_little[second]:  # a quantity is solved for with the other change made
            if is_quantity(scenario, first):
                found = shrunk(option.scenario, first, fits)
                if found and (best is None or found.step.burden + option.step.burden < best.burden):
                    best = Remedy((found.step, option.step), found.scenario, before - estimate(found.scenario).total_bytes)
            yield None
        if best is not None:
            yield best


def _second(scenario: Scenario, means: Means, tried: Iterable[Option], fits: Fits) -> Iterator[Option]:
    """The least change of a second kind that makes ``scenario`` fit, of those that alone were too little."""
    if is_quantity(scenario, means):
        found = shrunk(scenario, means, fits)
        if found:
            yield found
        return
    values = {option.step.value for option in tried}
    for option in choices(scenario, means):
        if option.step.value in values and fits(option.scenario):
            yield option
            return


#: A change that leaves more than this share is no part of a plan.
_WORTHWHILE = 0.97


def _plan(scenario: Scenario, fits: Fits) -> Iterator[Remedy | None]:
    """Change after change, what people mind least first, until it fits; then without those that turn out not to be needed."""
    steps: list[Step] = []
    current = scenario
    for means in sorted(Means, key=BURDEN.__getitem__):
        quantity = shrunk(current, means, fits) or _least(current, means)
        tried = [quantity] if quantity else choices(current, means)
        for option in tried:
            if estimate(option.scenario).total_bytes > _WORTHWHILE * estimate(current).total_bytes:
                continue
            if option is tried[-1] or fits(option.scenario):
                current, steps = option.scenario, [*steps, option.step]
                break
        yield None
        if fits(current):
            break
    else:
        return
    for step in tuple(steps):
        fewer = [other for other in steps if other is not step]
        without = _applied(scenario, fewer)
        if without is not None and fits(without):
            current, steps = without, fewer
        yield None
    yield Remedy(tuple(steps), current, estimate(scenario).total_bytes - estimate(current).total_bytes)


def _least(scenario: Scenario, means: Means) -> Option | None:
    """The least there is of a quantity, for what even that does not make fit."""
    if means is not Means.MICRO_BATCH or not is_quantity(scenario, means) or scenario.batch_size == MIN_BATCH_SIZE:
        return None
    burden = BURDEN[means] * octaves(scenario.batch_size, MIN_BATCH_SIZE)
    return Option(Step(means, MIN_BATCH_SIZE, burden), scenario.evolve(batch_size=MIN_BATCH_SIZE))


def _applied(scenario: Scenario, steps: Iterable[Step]) -> Scenario | None:
    """``scenario`` after ``steps``; None where one of them is none any more."""
    for step in steps:
        field = FIELDS.get(step.means)
        if field is not None:
            scenario = scenario.evolve(**{field: step.value})
            continue
        option = next((option for option in choices(scenario, step.means) if option.step.value == step.value), None)
        if option is None:
            return None
        scenario = option.scenario
    return scenario


def further(scenario: Scenario, fits: Fits, found: Iterable[Remedy]) -> Iterator[Remedy | None]:
    """For a longer list: of the kinds that are single changes in ``found``, those that change more than it takes."""
    before = estimate(scenario).total_bytes
    values = {remedy.steps[0].means: remedy.steps[0].value for remedy in found if len(remedy.steps) == 1}
    for means, value in values.items():
        options = choices(scenario, means)
        if not is_quantity(scenario, means) and value in (offered := [option.step.value for option in options]):
            for step, changed in options[offered.index(value) + 1 :]:
                yield Remedy((step,), changed, before - estimate(changed).total_bytes) if fits(changed) else None


def cards_that_hold(found: Estimate, gpus: Iterable[Gpu], vendor: str, scenario: Scenario) -> list[Gpu]:
    """Cards that surely hold ``found``, from the least memory up, the newest of each size: those of ``vendor``, then others'. It is of
    ``scenario``.
    """
    fitting = [gpu for gpu in gpus if _fits(found, room_on(gpu, scenario))]
    fitting.sort(key=lambda gpu: (gpu.vendor != vendor, gpu.memory_bytes, -(gpu.launch_year or 0), gpu.name))
    sizes = {(gpu.vendor, gpu.memory_bytes): gpu for gpu in reversed(fitting)}
    return [gpu for gpu in fitting if sizes[gpu.vendor, gpu.memory_bytes] is gpu]


def smallest_card(found: Estimate, gpus: Iterable[Gpu], vendor: str, scenario: Scenario) -> Gpu | None:
    """The card with the least memory that surely holds ``found``; of equals one of ``vendor``, then the newest."""
    return next(iter(cards_that_hold(found, gpus, vendor, scenario)), None)


def ranked(found: Iterable[Remedy]) -> list[Remedy]:
    """From the one that changes least; what saves more goes first among equals."""
    return sorted(found, key=lambda remedy: (round(remedy.burden, 2), len(remedy.steps), -remedy.saved_bytes))


# ---- What the room that is left would hold


class Gain(NamedTuple):
    """The most of something that still fits."""

    means: Means
    value: Any
    scenario: Scenario


def gains(scenario: Scenario, fits: Fits) -> Iterator[Gain | None]:
    """What more would still surely fit, one at a time: longer context, larger batch, wider weights."""
    context = rounded(largest(fit_with(scenario, fits, "context_length"), MIN_CONTEXT_LENGTH, MAX_CONTEXT_LENGTH))
    if context > scenario.context_length:
        yield Gain(Means.CONTEXT, context, scenario.evolve(context_length=context))
    yield None
    batch = largest(fit_with(scenario, fits, "batch_size"), MIN_BATCH_SIZE, MAX_BATCH_SIZE)
    if batch > scenario.batch_size:
        means = Means.BATCH if scenario.task is Task.INFERENCE else Means.MICRO_BATCH
        yield Gain(means, batch, scenario.evolve(batch_size=batch))
    yield None
    if scenario.task is Task.INFERENCE and bits_per_value(scenario.weights) < 16:
        for fmt in (Format.BF16, Format.FP8, Format.INT8):
            wider = scenario.evolve(weights=loaded_as(scenario, fmt))
            if bits_per_value(wider.weights) > bits_per_value(scenario.weights) and refusal(wider) is None and fits(wider):
                yield Gain(Means.WEIGHTS, wider.weights, wider)
                return
            yield None
