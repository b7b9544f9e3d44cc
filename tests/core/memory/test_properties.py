"""What must hold of every scenario, whatever was chosen."""

import json

import pytest
from any_scenario import PRESET_LIKE, anything, batch_sizes, cards, context_lengths, parameter_counts, runnable
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from core.memory import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    MAX_PARAMETERS,
    MIN_BATCH_SIZE,
    MIN_CONTEXT_LENGTH,
    MIN_PARAMETERS,
    Attention,
    Component,
    Estimator,
    Scenario,
    Task,
    architecture_from_parameter_count,
    estimate,
    max_batch_size,
    max_context_length,
    max_parameters,
    peak_bytes,
    reconcile,
    refusal,
    with_parameter_count,
)
from core.memory.edge import from_json, to_json, validated


def moment_totals(scenario: Scenario) -> list[int]:
    return [moment.total_bytes for moment in estimate(scenario).moments]


def assert_grows(smaller: Scenario, larger: Scenario) -> None:
    pairs = list(zip(moment_totals(smaller), moment_totals(larger), strict=True))
    assert all(before <= after for before, after in pairs), pairs


class TestGrowth:
    """Memory never falls, in any moment, when a quantity that solving backwards asks for grows."""

    @given(runnable, parameter_counts, parameter_counts)
    def test_with_parameters(self, scenario, one, other):
        assert_grows(with_parameter_count(scenario, min(one, other)), with_parameter_count(scenario, max(one, other)))

    @given(runnable, parameter_counts, st.floats(1e-6, 0.05))
    def test_with_parameters_a_little_more(self, scenario, parameters, share):
        """Neighbours: where one dimension steps and the others do not."""
        more = min(MAX_PARAMETERS, parameters + 1 + int(parameters * share))
        assert_grows(with_parameter_count(scenario, parameters), with_parameter_count(scenario, more))

    @given(runnable, batch_sizes, batch_sizes)
    def test_with_the_batch(self, scenario, one, other):
        assert_grows(scenario.evolve(batch_size=min(one, other)), scenario.evolve(batch_size=max(one, other)))

    @given(runnable, context_lengths, context_lengths)
    def test_with_the_context(self, scenario, one, other):
        assert_grows(scenario.evolve(context_length=min(one, other)), scenario.evolve(context_length=max(one, other)))

    @given(runnable)
    def test_by_one(self, scenario):
        if scenario.batch_size < MAX_BATCH_SIZE:
            assert_grows(scenario, scenario.evolve(batch_size=scenario.batch_size + 1))
        if scenario.context_length < MAX_CONTEXT_LENGTH:
            assert_grows(scenario, scenario.evolve(context_length=scenario.context_length + 1))

    @given(runnable)
    def test_from_the_first_step_to_a_steady_one(self, scenario):
        assert_grows(scenario.evolve(first_step=True), scenario.evolve(first_step=False))


class TestParts:
    @given(runnable)
    @example(
        validated(
            Scenario,
            architecture=architecture_from_parameter_count(24_154_953),
            task="training",
            method="lora",
            lora_r=8103,
            context_length=148,
        )
    )
    def test_every_component_is_a_whole_number_of_bytes_and_none_is_negative(self, scenario):
        for moment in estimate(scenario).moments:
            sizes = moment.stack._asdict()
            assert all(type(size) is int and size >= 0 for size in sizes.values()), (moment.name, sizes)

    @given(runnable)
    def test_a_total_is_the_sum_of_its_components_and_the_peak_the_largest_total(self, scenario):
        result = estimate(scenario)
        for moment in result.moments:
            assert moment.total_bytes == sum(getattr(moment.stack, component) for component in Component)
        assert result.total_bytes == result.peak.total_bytes == max(moment.total_bytes for moment in result.moments)
        assert result.peak in result.moments
        assert result.total_bytes == peak_bytes(scenario)

    @given(runnable)
    def test_readings_leave_out_runtime_and_reserve(self, scenario):
        result = estimate(scenario)
        stack = result.peak.stack
        allocated, reserved, process = result.readings
        assert process == result.total_bytes
        assert reserved == process - stack.runtime
        assert allocated >= reserved - stack.reserve  # most tensors may be there at another moment than the peak
        assert 0 < allocated <= reserved <= process

    @given(runnable)
    def test_checkpointing_keeps_less_through_the_forward_pass(self, scenario):
        assume(scenario.task is Task.TRAINING and scenario.estimator is Estimator.DETAILED)
        kept, whole = (estimate(scenario.evolve(gradient_checkpointing=choice)).moments[1].stack for choice in (True, False))
        assert kept.activations <= whole.activations

    @given(runnable)
    def test_there_is_no_band_without_a_calibration(self, scenario):
        result = estimate(scenario)
        assert (result.low_bytes, result.high_bytes) == (None, None)


class TestBackwards:
    """A limit fits, and one more does not."""

    @given(runnable, cards)
    def test_batch(self, scenario, usable):
        limit = max_batch_size(scenario, usable)
        assert limit == 0 or peak_bytes(scenario.evolve(batch_size=limit)) <= usable
        assert limit == MAX_BATCH_SIZE or peak_bytes(scenario.evolve(batch_size=limit + 1)) > usable

    @given(runnable, cards)
    def test_context(self, scenario, usable):
        limit = max_context_length(scenario, usable)
        assert limit == 0 or peak_bytes(scenario.evolve(context_length=limit)) <= usable
        next_longer = max(MIN_CONTEXT_LENGTH, limit + 1)
        assert limit == MAX_CONTEXT_LENGTH or peak_bytes(scenario.evolve(context_length=next_longer)) > usable

    @given(runnable, cards)
    def test_parameters(self, scenario, usable):
        limit = max_parameters(scenario, usable)
        assert limit == 0 or peak_bytes(with_parameter_count(scenario, limit)) <= usable
        next_larger = max(MIN_PARAMETERS, limit + 1)
        assert limit == MAX_PARAMETERS or peak_bytes(with_parameter_count(scenario, next_larger)) > usable


class TestChoices:
    @given(anything)
    def test_a_refused_scenario_has_alternatives_and_each_alone_makes_it_runnable(self, scenario):
        refused = refusal(scenario)
        assume(refused is not None)
        assert refused.alternatives
        for change in refused.alternatives:
            assert refusal(scenario.evolve(**change)) is None, change

    @given(anything)
    def test_reconcile_changes_nothing_but_a_weight_format_that_cannot_be_run(self, scenario):
        reconciled = reconcile(scenario)
        assert refusal(reconciled) is None
        assert reconciled.evolve(weights=scenario.weights) == scenario
        if refusal(scenario) is None:
            assert reconciled == scenario

    @given(anything, st.text(max_size=200), st.text(max_size=200))
    @example(validated(Scenario, architecture=PRESET_LIKE[0]), "显存试衣间", "RTX 4090")
    def test_json_round_trip(self, scenario, name, gpu):
        named = scenario.evolve(name=name, gpu=gpu)
        assert from_json(Scenario, to_json(named).decode()) == named
        assert TypeAdapter(Scenario).validate_python(json.loads(to_json(named))) == named


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize("attention", Attention)
def test_the_ends_of_every_range_have_an_estimate(task, attention):
    """No overflow and no float where ints belong: 10 T parameters, batch 4096, 10 M tokens."""
    largest = validated(
        Scenario,
        architecture=architecture_from_parameter_count(MAX_PARAMETERS),
        task=task,
        attention=attention,
        batch_size=MAX_BATCH_SIZE,
        context_length=MAX_CONTEXT_LENGTH,
    )
    smallest = validated(
        Scenario,
        architecture=architecture_from_parameter_count(MIN_PARAMETERS),
        task=task,
        attention=attention,
        batch_size=MIN_BATCH_SIZE,
        context_length=MIN_CONTEXT_LENGTH,
    )
    assert 0 < estimate(smallest).total_bytes < 10**9
    assert 10**17 < estimate(largest).total_bytes < 10**30
