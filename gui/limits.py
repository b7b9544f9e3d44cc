"""How far each slider could go on the chosen card, and what its next step would change."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

from core.choices import with_changes
from core.memory import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    MAX_PARAMETERS,
    MIN_PARAMETERS,
    Estimate,
    Estimator,
    Format,
    Scenario,
    Task,
    max_batch_size,
    max_context_length,
    parameter_count,
    peak_bytes,
    refusal,
    refusal_of_weights,
    widest_format,
    with_parameter_count,
)
from core.memory.formats import PRECISIONS, bits_per_value, plain
from core.memory.refusal import loaded_as
from core.memory.scenario import ENGINES
from core.memory.serving import ENGINE_SHARE, kv_pool_bytes, max_concurrency
from core.memory.solve import largest_in_steps


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
    """What an engine reserves for its cache on the card; None without an engine."""
    concurrency: int
    """Sequences that it holds at once."""


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


def limits_on(scenario: Scenario, card_bytes: int, ladder: Format, extra_bytes: int = 0) -> Generator[None, None, Limits]:
    """Of ``scenario`` on a card with ``card_bytes`` usable, of which this machine takes ``extra_bytes`` beyond the estimate; ``ladder`` is
    the article's word on that card. Yields between its parts.
    """
    usable_bytes = card_bytes - extra_bytes
    batch_size = max_batch_size(scenario, usable_bytes)
    yield
    context_length = max_context_length(scenario, usable_bytes)
    yield
    parameters = yield from largest_in_steps(
        lambda count: peak_bytes(with_parameter_count(scenario, count)) <= usable_bytes, MIN_PARAMETERS, MAX_PARAMETERS
    )
    precision = None
    for fmt in PRECISIONS:
        if _fits_in(scenario, fmt, usable_bytes):
            precision = fmt
        yield
    widest, pool = widest_format(scenario, usable_bytes), _pool_bytes(scenario, card_bytes)
    concurrency = max_concurrency(scenario, pool) if pool is not None else 0
    return Limits(batch_size, context_length, parameters, widest, ladder, precision, pool, concurrency)


def _pool_bytes(scenario: Scenario, usable_bytes: int) -> int | None:
    """With vLLM's default share of the card; SGLang's is about as much."""
    detailed = scenario.estimator is Estimator.DETAILED
    if not (detailed and scenario.task is Task.INFERENCE and scenario.runtime in ENGINES):
        return None
    return kv_pool_bytes(scenario, usable_bytes, ENGINE_SHARE)


def rest_of_pool(scenario: Scenario, found: Estimate, card_bytes: int) -> int | None:
    """What an engine reserves for its cache beyond what ``scenario`` fills; None without an engine, or where it fills all."""
    pool = _pool_bytes(scenario, card_bytes)
    rest = pool - found.peak.stack.kv_cache if pool is not None else 0
    return rest if rest > 0 else None


def _fits_in(scenario: Scenario, precision: Format, usable_bytes: int) -> bool:
    weights = loaded_as(scenario, precision)
    if refusal_of_weights(scenario, weights) is not None:
        return False
    candidate = with_changes(scenario, {"weights": weights})
    return refusal(candidate) is None and peak_bytes(candidate) <= usable_bytes
