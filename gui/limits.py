"""How far each slider could go on the chosen card."""

from dataclasses import dataclass

from core.memory import Format, Scenario, max_batch_size, max_context_length, max_parameters, widest_format


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest of each that fits the chosen card, all else equal; 0 and None where nothing does."""

    batch_size: int
    context_length: int
    parameters: int
    widest_format: Format | None
    ladder_format: Format


def limits_on(scenario: Scenario, usable_bytes: int, ladder: Format) -> Limits:
    """Of ``scenario`` on a card with ``usable_bytes``; ``ladder`` is the article's word on that card."""
    return Limits(
        batch_size=max_batch_size(scenario, usable_bytes),
        context_length=max_context_length(scenario, usable_bytes),
        parameters=max_parameters(scenario, usable_bytes),
        widest_format=widest_format(scenario, usable_bytes),
        ladder_format=ladder,
    )
