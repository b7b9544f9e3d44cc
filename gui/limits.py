"""How far each slider could go on the chosen card, and what its next step would change."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from core.choices import with_changes
from core.memory import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    MAX_PARAMETERS,
    MIN_BATCH_SIZE,
    MIN_CONTEXT_LENGTH,
    MIN_PARAMETERS,
    Estimate,
    Estimator,
    Format,
    Scenario,
    Task,
    parameter_count,
    peak_bytes,
    refusal,
    refusal_of_weights,
    widest_format,
    with_parameter_count,
)
from core.memory.formats import PRECISIONS, bits_per_value, plain
from core.memory.inference_spread import Pool, engine_pool
from core.memory.refusal import loaded_as
from core.memory.scenario import ENGINES
from core.memory.serving import ENGINE_SHARE
from core.memory.solve import Usable, holds, largest_in_steps, max_parameters_in_steps


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest of each that fits the chosen card, all else equal; 0 and None where nothing does."""

    batch_size: int
    context_length: int
    parameters: int
    widest_format: Format | None
    ladder_format: Format
    precision: Format | None
    """The last stop of the precision slider that fits."""
    pool_bytes: int | None
    """What an engine reserves for its cache on each card, at least; None without an engine."""
    concurrency: int
    """Sequences that it holds at once, all replicas together."""


@dataclass(frozen=True, slots=True)
class Effects:
    """By how many bytes the peak changes at the next step of each slider; None where there is none."""

    parameters: int | None
    """Twice as many."""
    batch_size: int | None
    context_length: int | None
    narrower: tuple[Format, int] | None
    """The next narrower precision, and what it changes."""


def effects_of(scenario: Scenario) -> Generator[None, None, Effects]:
    """Yields between its parts."""
    now_bytes = peak_bytes(scenario)

    def twice(value: int, most: int, change: Callable[[int], Scenario]) -> int | None:
        return peak_bytes(change(2 * value)) - now_bytes if 2 * value <= most else None

    batch = twice(scenario.batch_size, MAX_BATCH_SIZE, lambda value: scenario.evolve(batch_size=value))
    context = twice(scenario.context_length, MAX_CONTEXT_LENGTH, lambda value: scenario.evolve(context_length=value))
    yield
    parameters = None
    count = parameter_count(scenario.architecture)
    if count >= MIN_PARAMETERS and 2 * count <= MAX_PARAMETERS:  # on the smooth family, since a preset has no double
        one, two = with_parameter_count(scenario, count), with_parameter_count(scenario, 2 * count)
        parameters = peak_bytes(two) - peak_bytes(one) if refusal(one) is None and refusal(two) is None else None
    yield
    return Effects(parameters, batch, context, _narrower(scenario, now_bytes))


def _narrower(scenario: Scenario, now_bytes: int) -> tuple[Format, int] | None:
    bits = bits_per_value(plain(scenario.weights))
    for precision in sorted(PRECISIONS, key=bits_per_value, reverse=True):
        if bits_per_value(precision) < bits:
            candidate = with_changes(scenario, {"weights": loaded_as(scenario, precision)})
            if refusal(candidate) is None:
                return precision, peak_bytes(candidate) - now_bytes
    return None


def limits_on(scenario: Scenario, usable: Usable, card_bytes: int, ladder: Format) -> Generator[None, None, Limits]:
    """Of ``scenario`` on cards with ``usable`` bytes, less what this machine takes beyond the estimate; an engine is told that a card has
    ``card_bytes``, and ``ladder`` is the article's word on it. Yields between its parts.
    """
    batch_size = yield from largest_in_steps(lambda batch: holds(usable, scenario.evolve(batch_size=batch)), MIN_BATCH_SIZE, MAX_BATCH_SIZE)
    context_length = yield from largest_in_steps(
        lambda context: holds(usable, scenario.evolve(context_length=context)), MIN_CONTEXT_LENGTH, MAX_CONTEXT_LENGTH
    )
    parameters = yield from max_parameters_in_steps(scenario, usable)
    precision = None
    for fmt in PRECISIONS:
        if _fits_in(scenario, fmt, usable):
            precision = fmt
        yield
    widest, pool = widest_format(scenario, usable), _pool(scenario, card_bytes)
    return Limits(batch_size, context_length, parameters, widest, ladder, precision, *(pool or (None, 0)))


def _pool(scenario: Scenario, card_bytes: int) -> Pool | None:
    """With vLLM's default share of the card; SGLang's is about as much."""
    detailed = scenario.estimator is Estimator.DETAILED
    if not (detailed and scenario.task is Task.INFERENCE and scenario.runtime in ENGINES):
        return None
    return engine_pool(scenario, card_bytes, ENGINE_SHARE)


def rest_of_pool(scenario: Scenario, found: Estimate, card_bytes: int) -> int | None:
    """What an engine reserves for its cache beyond what ``scenario`` fills; None without an engine, or where it fills all."""
    pool = _pool(scenario, card_bytes)
    rest = pool.pool_bytes - found.peak.stack.kv_cache if pool is not None else 0
    return rest if rest > 0 else None


def _fits_in(scenario: Scenario, precision: Format, usable: Usable) -> bool:
    weights = loaded_as(scenario, precision)
    if refusal_of_weights(scenario, weights) is not None:
        return False
    candidate = with_changes(scenario, {"weights": weights})
    return refusal(candidate) is None and holds(usable, candidate)
