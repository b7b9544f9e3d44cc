from dataclasses import replace

import pytest

from core.memory import Component, Stack, estimate
from core.memory.calibration import Band, Calibration, PartError, bounds, kind_of_run
from core.memory.edge import validated
from core.memory.scenario import Scenario
from core.memory.units import GIB, MIB

BAND = Band(low=0.9, high=1.2, lower=0.8, upper=1.5, runs=40, models=8, median_error=0.02, coverage=0.92)
OTHER = Band(low=0.5, high=2.0, lower=0.4, upper=3.0, runs=40, models=8, median_error=0.2, coverage=0.91)
CALIBRATION = Calibration(
    date="2026-01-01",
    method="by hand",
    context_low_bytes=256 * MIB,
    context_high_bytes=512 * MIB,
    bands={"inference transformers": BAND, "training": OTHER},
)


@pytest.fixture
def inference(llama_7b) -> Scenario:
    return validated(Scenario, architecture=llama_7b)


@pytest.mark.parametrize(
    ("choices", "kind"),
    [
        ({}, "inference transformers"),
        ({"task": "training"}, "training full"),
        ({"task": "training", "method": "lora"}, "training lora"),
        ({"task": "training", "method": "qlora", "weights": "nf4"}, "training qlora"),
    ],
)
def test_runtimes_of_inference_and_methods_of_training_are_calibrated_apart(inference, choices, kind):
    assert kind_of_run(inference.evolve(**choices)) == kind


def test_a_kind_with_too_few_models_takes_the_band_of_its_task(inference):
    assert CALIBRATION.band(inference) is BAND
    assert CALIBRATION.band(inference.evolve(task="training")) is OTHER
    assert Calibration(date="", method="", context_low_bytes=0, context_high_bytes=0).band(inference) is None


def test_factors_apply_to_what_the_engine_allocates_and_the_context_is_a_range():
    stack = Stack(weights=5 * GIB, activations=5 * GIB, runtime=400 * MIB)
    assert bounds(CALIBRATION, BAND, stack) == (
        9 * GIB + 256 * MIB,
        12 * GIB + 512 * MIB,
        8 * GIB + 256 * MIB,
        15 * GIB + 512 * MIB,
    )


def test_no_run_takes_less_than_what_is_resident_all_the_time():
    stack = Stack(weights=6 * GIB, optimizer=2 * GIB, kv_cache=GIB, activations=GIB)
    found = bounds(CALIBRATION, OTHER, stack)
    assert (found.low, found.lower) == (9 * GIB, 9 * GIB)


def test_the_total_itself_is_always_within():
    biased = Band(low=1.1, high=1.2, lower=1.05, upper=1.3, runs=9, models=5, median_error=0.1, coverage=0.9)
    stack = Stack(weights=10 * GIB)
    assert bounds(CALIBRATION, biased, stack).low == stack.total_bytes
    biased = Band(low=0.8, high=0.9, lower=0.7, upper=0.95, runs=9, models=5, median_error=0.1, coverage=0.9)
    found = bounds(CALIBRATION, biased, Stack(weights=100 * GIB))
    assert (found.high, found.upper) == (100 * GIB + 512 * MIB, 100 * GIB + 512 * MIB)


def test_an_estimate_has_bounds_only_with_a_calibration_of_its_kind(inference):
    without = estimate(inference)
    assert (without.low_bytes, without.high_bytes, without.sure_bytes) == (None, None, None)
    found = estimate(inference, CALIBRATION)
    expected = bounds(CALIBRATION, BAND, found.peak.stack)
    assert (found.low_bytes, found.high_bytes, found.sure_bytes) == (expected.low, expected.high, (expected.lower, expected.upper))
    assert found.peak == without.peak
    nothing = Calibration(date="", method="", context_low_bytes=0, context_high_bytes=0)
    assert estimate(inference, nothing).sure_bytes is None


def test_errors_of_parts_are_of_tracked_runs_of_the_same_kind(inference):
    error = PartError(moments=9, median_pct=0.0, p95_pct=0.1, worst_pct=0.2)
    tracked = replace(CALIBRATION, parts={"inference transformers": {"weights": error, "activations": error}})
    assert tracked.part_error(inference, Component.WEIGHTS) is error
    assert tracked.part_error(inference, Component.LOGITS) is error
    assert tracked.part_error(inference, Component.RUNTIME) is None
    assert tracked.part_error(inference.evolve(task="training"), Component.WEIGHTS) is None


def test_the_rule_of_thumb_was_not_measured_against(inference):
    assert estimate(inference.evolve(estimator="rule-of-thumb"), CALIBRATION).low_bytes is None


class TestOfOneMachine:
    """What a machine takes beside the tensors, where that was measured there."""

    def calibrated(self, extra_bytes):
        return replace(CALIBRATION, own_context={"torch": extra_bytes})

    @pytest.mark.parametrize("extra_bytes", [100 * MIB, -100 * MIB, -(2**40)])
    @pytest.mark.parametrize("fields", [{}, {"task": "training", "method": "lora"}])
    def test_moves_every_moment_alike_and_the_band_with_it(self, llama_7b, fields, extra_bytes):
        scenario = validated(Scenario, architecture=llama_7b, **fields)
        plain, own = estimate(scenario, CALIBRATION), estimate(scenario, self.calibrated(extra_bytes))
        for before, after in zip(plain.moments, own.moments, strict=True):
            assert after.stack.runtime == max(0, before.stack.runtime + extra_bytes)
            assert after.stack._replace(runtime=0) == before.stack._replace(runtime=0)
        assert own.peak in own.moments
        assert own.peak.name is plain.peak.name
        assert own.low_bytes <= own.total_bytes <= own.high_bytes
        # A context that is known leaves less unknown.
        assert own.upper_bytes - own.lower_bytes <= plain.upper_bytes - plain.lower_bytes

    def test_says_nothing_of_other_processes(self, llama_7b):
        own = self.calibrated(100 * MIB)
        engine = validated(Scenario, architecture=llama_7b, runtime="vllm")
        assert estimate(engine, own) == estimate(engine, CALIBRATION)
        assert own.extra_bytes(engine) == 0
        assert own.extra_bytes(Scenario(architecture=llama_7b)) == 100 * MIB
        thumb = validated(Scenario, architecture=llama_7b, estimator="rule-of-thumb")
        assert estimate(thumb, own) == estimate(thumb, CALIBRATION)

    def test_is_nothing_of_what_ships(self):
        assert CALIBRATION.own_context == {}
        assert CALIBRATION.extra_bytes(None) == 0
