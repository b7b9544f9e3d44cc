"""The smooth family: every request met within 1 %, no dimension ever shrinking."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.memory import MAX_PARAMETERS, MIN_PARAMETERS, Architecture, architecture_from_parameter_count, parameter_count

DIMENSIONS = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "vocab_size",
)


def dimensions(arch: Architecture) -> tuple[int, ...]:
    return tuple(getattr(arch, name) for name in DIMENSIONS)


def logarithmic(low: int, high: int, steps: int) -> list[int]:
    ratio = math.log(high / low)
    return [low, *(round(low * math.exp(ratio * step / steps)) for step in range(1, steps)), high]


@pytest.fixture(scope="module")
def sweep() -> list[tuple[int, Architecture]]:
    """Requests from 10 M to 10 T, each 0.06 % above the one before: finer than a pixel of any slider."""
    requests = logarithmic(MIN_PARAMETERS, MAX_PARAMETERS, 24_000)
    return [(request, architecture_from_parameter_count(request)) for request in requests]


def test_the_count_is_within_one_percent_of_the_request(sweep):
    worst = max(sweep, key=lambda item: abs(parameter_count(item[1]) - item[0]) / item[0])
    assert abs(parameter_count(worst[1]) - worst[0]) / worst[0] <= 0.01, worst


def test_no_dimension_shrinks_as_the_request_grows(sweep):
    shapes = [dimensions(arch) for _, arch in sweep]
    for smaller, larger in pairwise(shapes):
        assert all(before <= after for before, after in zip(smaller, larger, strict=True)), (smaller, larger)


@given(st.integers(MIN_PARAMETERS, MAX_PARAMETERS), st.integers(MIN_PARAMETERS, MAX_PARAMETERS))
def test_any_two_requests_are_ordered_in_every_dimension(one, other):
    smaller, larger = architecture_from_parameter_count(min(one, other)), architecture_from_parameter_count(max(one, other))
    assert all(before <= after for before, after in zip(dimensions(smaller), dimensions(larger), strict=True))
    assert parameter_count(smaller) <= parameter_count(larger)


def test_the_request_stays_the_nominal_size():
    arch = architecture_from_parameter_count(7 * 10**9)
    assert arch.nominal_parameters == 7 * 10**9
    assert arch.name == ""


def test_it_is_llama_3_like():
    arch = architecture_from_parameter_count(70_553_706_496)  # Llama-3-70B
    assert (arch.num_key_value_heads, arch.head_dim, arch.vocab_size) == (8, 128, 128_256)
    assert arch.hidden_size == pytest.approx(8192, rel=0.05)
    assert arch.num_hidden_layers == pytest.approx(80, abs=3)
    assert arch.intermediate_size == pytest.approx(28_672, rel=0.05)


@pytest.mark.parametrize("outside", [MIN_PARAMETERS - 1, MAX_PARAMETERS + 1, 0, -7 * 10**9])
def test_outside_the_range_is_refused(outside):
    with pytest.raises(ValueError, match="parameter count must lie between"):
        architecture_from_parameter_count(outside)
