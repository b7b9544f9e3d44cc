"""Solving backwards: the cases at the edges. That a limit fits and one more does not is in test_properties.py."""

from dataclasses import replace

import pytest

from core.memory import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    MAX_PARAMETERS,
    Format,
    RefusedError,
    Scenario,
    estimate,
    max_batch_size,
    max_context_length,
    max_parameters,
    peak_bytes,
    widest_format,
    with_parameter_count,
)
from core.memory.units import GIB

BOUNDLESS = 10**30


@pytest.fixture
def inference(llama_7b) -> Scenario:
    return Scenario(architecture=llama_7b)


@pytest.fixture
def training(inference) -> Scenario:
    return inference.evolve(task="training", context_length=2048)


@pytest.mark.parametrize("largest", [max_batch_size, max_context_length, max_parameters])
def test_0_where_not_even_the_smallest_fits(inference, largest):
    assert largest(inference, 1) == 0


@pytest.mark.parametrize(
    ("largest", "end"), [(max_batch_size, MAX_BATCH_SIZE), (max_context_length, MAX_CONTEXT_LENGTH), (max_parameters, MAX_PARAMETERS)]
)
def test_the_end_of_the_range_where_everything_fits(inference, largest, end):
    assert largest(inference, BOUNDLESS) == end


@pytest.mark.parametrize("largest", [max_batch_size, max_context_length, max_parameters])
def test_what_cannot_be_run_has_no_limit(training, largest):
    with pytest.raises(RefusedError):
        largest(training.evolve(weights="int4"), BOUNDLESS)


def test_the_limits_meet_the_estimate(inference):
    usable = estimate(inference.evolve(batch_size=5)).total_bytes
    assert max_batch_size(inference, usable) == 5
    assert max_batch_size(inference, usable - 1) == 4


class TestWidestFormat:
    @pytest.mark.parametrize(("card_gib", "fmt"), [(80, "fp64"), (40, "fp32"), (24, "bf16"), (12, "fp8"), (8, "int4"), (3, None)])
    def test_llama_2_7b_by_card(self, inference, card_gib, fmt):
        assert widest_format(inference, card_gib * GIB) == fmt

    @pytest.mark.parametrize("own", ["bf16", "fp16"])
    def test_of_two_as_wide_the_scenarios_own(self, inference, own):
        assert widest_format(inference.evolve(weights=own), 24 * GIB) == own

    def test_none_is_wider_than_what_fits_and_it_fits(self, inference):
        fmt = widest_format(inference, 12 * GIB)
        assert peak_bytes(inference.evolve(weights=fmt)) <= 12 * GIB < peak_bytes(inference.evolve(weights="bf16"))

    def test_only_formats_that_can_be_trained(self, training):
        assert widest_format(training.evolve(method="full", recipe="pure16"), BOUNDLESS) is Format.BF16
        assert widest_format(training.evolve(method="lora"), BOUNDLESS) is Format.FP32
        assert widest_format(training.evolve(method="qlora"), BOUNDLESS) is Format.INT8


def test_several_cards_are_each_judged_by_themselves(training):
    """What fits the larger card does not, where another has the smaller one; any other card is the unnamed one."""
    small, large = 40 * GIB, 80 * GIB
    both = training.evolve(gradient_checkpointing=True, data_parallel_size=8, sharding="fsdp2", gpus=("small", *("large",) * 7))
    limits = [max_batch_size(both, usable) for usable in (small, large, {"small": small, "large": large}, {"": large})]
    assert limits[0] == limits[2] < limits[1] == limits[3]
    assert max_context_length(both, {"small": small, "": large}) == max_context_length(both, small)
    assert max_parameters(both, {"small": small, "": large}) == max_parameters(both, small)


def test_sizes_too_small_for_a_pipeline_do_not_hide_those_that_fit(training):
    spread = training.evolve(gradient_checkpointing=True, pipeline_parallel_size=16, num_microbatches=16)
    limit = max_parameters(spread, 80 * GIB)
    assert limit > max_parameters(training.evolve(gradient_checkpointing=True), 80 * GIB) > 0
    assert peak_bytes(with_parameter_count(spread, limit)) <= 80 * GIB
    assert max_parameters(spread, 2 * GIB) == 0  # what would be small enough has too few layers


def test_no_size_of_the_family_has_experts_to_spread(llama_7b):
    moe = replace(llama_7b, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=1024)
    spread = Scenario(architecture=moe).evolve(task="training", data_parallel_size=8, expert_parallel_size=8, sharding="fsdp2")
    assert max_parameters(spread, 80 * GIB) == 0
