"""Every figure of the article the product grew out of, computed by the product (the rule of thumb).

GB is 10**9 bytes, GiB 2**30; sizes are nominal: 7e9 for Llama-2-7B.
"""

import pytest

from core.memory import Component, Estimate, MomentName, Scenario, estimate, judge, max_batch_size, refusal
from core.memory.components import Stack
from core.memory.edge import validated
from core.memory.fit import FitStatus
from core.memory.formats import Format, bits_per_value
from core.memory.rule_of_thumb import activation_bytes_per_sample, ladder_format, nominal_weight_bytes, optimizer_bytes
from core.memory.scenario import Optimizer
from core.memory.units import GB, GIB

BILLION = 10**9
A100_80_GB = 80 * GB
RTX_A6000 = 48 * GIB


def by_rule(arch, **choices) -> Estimate:
    return estimate(validated(Scenario, architecture=arch, estimator="rule-of-thumb", **choices))


@pytest.fixture
def int8_training(llama_7b) -> Scenario:
    """The worked training example: Llama-2-7b, int8, AdamW, context 2048."""
    return validated(
        Scenario, architecture=llama_7b, estimator="rule-of-thumb", task="training", weights="int8", optimizer="adamw", context_length=2048
    )


class TestPrecision:
    @pytest.mark.parametrize(
        ("fmt", "bits"),
        [("fp64", 64), ("fp32", 32), ("fp16", 16), ("bf16", 16), ("int64", 64), ("int32", 32), ("int8", 8), ("int4", 4)],
    )
    def test_width_of_a_value(self, fmt, bits):
        assert bits_per_value(Format(fmt)) == bits


class TestTableOfMinimumMemory:
    @pytest.mark.parametrize(
        ("weights", "gigabytes"),
        [("fp32", (28, 52, 280)), ("fp16", (14, 26, 140)), ("int8", (7, 13, 70)), ("int4", (3.5, 6.5, 35))],
    )
    def test_all_twelve_cells(self, llama_7b, llama_13b, llama_70b, weights, gigabytes):
        totals = [by_rule(arch, weights=weights).total_bytes for arch in (llama_7b, llama_13b, llama_70b)]
        assert totals == [size * GB for size in gigabytes]

    @pytest.mark.parametrize(("batch_size", "context_length"), [(1, 128), (4096, 10_000_000)])
    def test_it_is_the_weights_alone(self, llama_7b, batch_size, context_length):
        result = by_rule(llama_7b, weights="fp16", batch_size=batch_size, context_length=context_length)
        assert result.peak.stack == Stack(weights=14 * GB)


class TestInference:
    def test_a_billion_fp32_values_are_3_725_gib(self):
        assert f"{nominal_weight_bytes(BILLION, Format.FP32) / GIB:.3f}" == "3.725"

    def test_seven_times_the_rounded_factor_is_26_075(self):
        rounded = round(nominal_weight_bytes(BILLION, Format.FP32) / GIB, 3)
        assert f"{7 * rounded:.3f}" == "26.075"

    def test_unrounded_it_is_26_077(self, llama_7b):
        assert f"{by_rule(llama_7b, weights='fp32').total_bytes / GIB:.3f}" == "26.077"

    @pytest.mark.parametrize(("weights", "gib"), [("fp16", "13.0"), ("bf16", "13.0"), ("int8", "6.5")])
    def test_llama_2_7b_narrower(self, llama_7b, weights, gib):
        assert f"{by_rule(llama_7b, weights=weights).total_bytes / GIB:.1f}" == gib

    def test_llama_2_7b_in_int4_is_3_26(self, llama_7b):
        assert f"{by_rule(llama_7b, weights='int4').total_bytes / GIB:.2f}" == "3.26"

    @pytest.mark.parametrize(
        ("card_gib", "fmt"),
        [(80, "fp32"), (32, "fp32"), (31, "fp16"), (24, "fp16"), (16, "fp16"), (15, "int8"), (8, "int8"), (7, "int4"), (4, "int4")],
    )
    def test_ladder_by_card(self, card_gib, fmt):
        assert ladder_format(card_gib * GIB) == fmt

    @pytest.mark.parametrize("card_gib", [28, 15, 7])
    def test_each_rung_of_the_ladder_holds_llama_2_7b(self, llama_7b, card_gib):
        assert by_rule(llama_7b, weights=ladder_format(card_gib * GIB)).total_bytes < card_gib * GIB

    def test_memory_equal_to_the_weights_is_not_enough(self, llama_7b):
        detailed = estimate(validated(Scenario, architecture=llama_7b, weights="fp16", context_length=2048))
        weights = detailed.peak.stack.weights
        assert judge(detailed.total_bytes, weights, detailed.peak.stack).status is FitStatus.OOM

    def test_field_test_a_70b_model_in_int4_runs_on_an_rtx_a6000(self, llama_70b):
        assert f"{RTX_A6000 / GB:.1f}" == "51.5"
        by_article = by_rule(llama_70b, weights="int4")
        assert by_article.total_bytes == 35 * GB
        assert judge(by_article.total_bytes, RTX_A6000, by_article.peak.stack).status is FitStatus.FITS
        detailed = estimate(validated(Scenario, architecture=llama_70b, weights="int4"))
        assert judge(detailed.total_bytes, RTX_A6000, detailed.peak.stack).headroom_bytes > 0


class TestOptimizers:
    """As multiples of the weights."""

    @pytest.mark.parametrize("optimizer", [Optimizer.ADAMW, Optimizer.ADAM])
    @pytest.mark.parametrize("fmt", [Format.FP32, Format.FP16, Format.INT8])
    def test_adam_keeps_two_states_of_the_weights_size(self, optimizer, fmt):
        assert optimizer_bytes(BILLION, fmt, optimizer) == 2 * nominal_weight_bytes(BILLION, fmt)

    def test_adamw_takes_8_bytes_a_parameter_beside_fp32_weights(self):
        assert optimizer_bytes(BILLION, Format.FP32, Optimizer.ADAMW) == 8 * BILLION

    def test_8_bit_adamw_takes_2_bytes_a_parameter_half_the_fp32_weights(self):
        states = optimizer_bytes(BILLION, Format.FP32, Optimizer.ADAMW8BIT)
        assert states == 2 * BILLION
        assert 2 * states == nominal_weight_bytes(BILLION, Format.FP32)

    @pytest.mark.parametrize("optimizer", [Optimizer.SGD, Optimizer.SGD_MOMENTUM])
    def test_sgd_keeps_moving_averages_of_the_weights_size(self, optimizer):
        assert optimizer_bytes(BILLION, Format.FP32, optimizer) == 4 * BILLION

    def test_adam_step_by_step_is_weights_gradients_and_two_moments(self, llama_7b):
        stack = by_rule(llama_7b, task="training", weights="fp32", recipe="fp32", optimizer="adam").peak.stack
        assert (stack.weights, stack.gradients, stack.optimizer) == (28 * GB, 28 * GB, 56 * GB)

    def test_sgd_is_weights_gradients_and_moving_averages(self, llama_7b):
        stack = by_rule(llama_7b, task="training", weights="fp32", recipe="fp32", optimizer="sgd").peak.stack
        assert (stack.weights, stack.gradients, stack.optimizer) == (28 * GB, 28 * GB, 28 * GB)


class TestTrainingInInt8:
    def test_model_state(self, int8_training):
        result = estimate(int8_training)
        stack = result.peak.stack
        assert (stack.weights, stack.gradients, stack.optimizer) == (7 * GB, 7 * GB, 14 * GB)
        assert result.bytes_per_parameter == 4.0

    def test_a_sample_takes_990_mb(self, llama_7b, int8_training):
        sample = activation_bytes_per_sample(llama_7b, 2048, Format.INT8)
        assert sample == (4096 + 11008) * 2048 * 32
        assert round(sample / 10**6) == 990
        assert estimate(int8_training).peak.stack.activations == sample

    def test_a_batch_of_50_takes_77_5_gb_and_fits_an_a100(self, int8_training):
        result = estimate(int8_training.evolve(batch_size=50))
        assert f"{result.total_bytes / GB:.1f}" == "77.5"
        assert judge(result.total_bytes, A100_80_GB, result.peak.stack).headroom_bytes > 0

    def test_the_exact_largest_batch_is_52(self, int8_training):
        assert max_batch_size(int8_training, A100_80_GB) == 52

    def test_inference_needs_6_5_and_training_ten_times_as_much(self, llama_7b, int8_training):
        inference = by_rule(llama_7b, weights="int8").total_bytes
        assert f"{inference / GIB:.1f}" == "6.5"
        assert estimate(int8_training.evolve(batch_size=50)).total_bytes >= 10 * inference

    def test_real_training_refuses_it(self, int8_training):
        assert refusal(int8_training) is None
        assert refusal(int8_training.evolve(estimator="detailed")) is not None


def test_only_the_parts_the_article_counts_are_drawn(int8_training):
    moments = estimate(int8_training).moments
    assert [moment.name for moment in moments] == [MomentName.LOAD, MomentName.BACKWARD]
    counted = {Component.WEIGHTS, Component.GRADIENTS, Component.OPTIMIZER, Component.ACTIVATIONS}
    assert {name for name, size in moments[-1].stack._asdict().items() if size} == counted


@pytest.mark.parametrize(
    ("weights", "recipe", "weight_bytes"),
    [
        ("bf16", "mixed", 14 * GB),
        ("bf16", "pure16", 14 * GB),
        ("bf16", "amp", 28 * GB),
        ("fp32", "fp32", 28 * GB),
        ("int8", "fp32", 7 * GB),
    ],
)
def test_the_precision_it_reckons_in_is_what_the_recipe_stores(llama_7b, weights, recipe, weight_bytes):
    stack = by_rule(llama_7b, task="training", weights=weights, recipe=recipe).peak.stack
    assert stack.weights == stack.gradients == weight_bytes


def test_over_several_gpus_it_divides_by_their_number(llama_7b):
    rule = Scenario(architecture=llama_7b).evolve(estimator="rule-of-thumb", task="training", weights="fp16")
    alone = estimate(rule).peak.stack
    eight = estimate(rule.evolve(data_parallel_size=4, tensor_parallel_size=2)).peak.stack
    assert (eight.weights, eight.gradients, eight.optimizer) == tuple(
        size // 8 for size in (alone.weights, alone.gradients, alone.optimizer)
    )
    assert eight.activations == alone.activations // 2
