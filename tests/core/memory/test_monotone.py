"""Memory never falls where the largest instant of a moment changes: dense scans over the places where it does."""

import pytest

from core.memory import Attention, Optimizer, Recipe, Scenario, Task, architecture_from_parameter_count, peak_bytes
from core.memory.edge import validated

TRAINING = {"task": Task.TRAINING, "gradient_checkpointing": True}


def scan(base: Scenario, **changes: list[object]) -> list[int]:
    (name, values), *_ = changes.items()
    return [peak_bytes(base.evolve(**{name: value})) for value in values]


@pytest.mark.parametrize("optimizer", [Optimizer.SGD, Optimizer.ADAMW])
@pytest.mark.parametrize("recipe", list(Recipe))
@pytest.mark.parametrize("attention", list(Attention))
def test_along_sizes(recipe: Recipe, optimizer: Optimizer, attention: Attention) -> None:
    sizes = [round(10**8 * 1.004**step) for step in range(600)]
    shapes = [architecture_from_parameter_count(size) for size in sizes]
    base = validated(
        Scenario, architecture=shapes[0], recipe=recipe, optimizer=optimizer, attention=attention, context_length=512, **TRAINING
    )
    totals = scan(base, architecture=shapes)
    assert totals == sorted(totals)


@pytest.mark.parametrize("recipe", [Recipe.PURE16, Recipe.AMP, Recipe.FP32])
@pytest.mark.parametrize("attention", list(Attention))
def test_along_contexts(recipe: Recipe, attention: Attention) -> None:
    base = validated(Scenario, architecture=architecture_from_parameter_count(10**9), recipe=recipe, attention=attention, **TRAINING)
    totals = scan(base, context_length=[128 + 7 * step for step in range(900)])
    assert totals == sorted(totals)
