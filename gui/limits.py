"""How far each slider could go on the chosen card."""

from collections.abc import Generator
from dataclasses import dataclass

from core.choices import with_changes
from core.memory import (
    Format,
    Scenario,
    max_batch_size,
    max_context_length,
    max_parameters,
    peak_bytes,
    refusal,
    refusal_of_weights,
    widest_format,
)
from core.memory.formats import PRECISIONS
from core.memory.refusal import loaded_as


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


def limits_on(scenario: Scenario, usable_bytes: int, ladder: Format) -> Generator[None, None, Limits]:
    """Of ``scenario`` on a card with ``usable_bytes``; ``ladder`` is the article's word on that card. Yields between its parts."""
    batch_size = max_batch_size(scenario, usable_bytes)
    yield
    context_length = max_context_length(scenario, usable_bytes)
    yield
    parameters = max_parameters(scenario, usable_bytes)
    yield
    precision = None
    for fmt in PRECISIONS:
        if _fits_in(scenario, fmt, usable_bytes):
            precision = fmt
        yield
    return Limits(batch_size, context_length, parameters, widest_format(scenario, usable_bytes), ladder, precision)


def _fits_in(scenario: Scenario, precision: Format, usable_bytes: int) -> bool:
    weights = loaded_as(scenario, precision)
    if refusal_of_weights(scenario, weights) is not None:
        return False
    candidate = with_changes(scenario, {"weights": weights})
    return refusal(candidate) is None and peak_bytes(candidate) <= usable_bytes
