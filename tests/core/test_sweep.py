"""Curves and boundaries agree with asking for each point."""

from itertools import pairwise

import pytest
from any_scenario import cards, runnable
from hypothesis import given
from hypothesis import strategies as st

from core.memory import MAX_BATCH_SIZE, Method, Scenario, Task, max_batch_size, parameter_count, peak_bytes, refusal
from core.memory.edge import validated
from core.memory.units import GIB
from core.sweep import RANGES, Axis, boundary, curve, moved, spaced, value_on, variants


@given(st.integers(1, 10**6), st.integers(0, 10**9), st.integers(1, 60))
def test_spaced_values_rise_from_end_to_end(low, more, count):
    values = spaced(low, low + more, count)
    assert values[0] == low
    assert values[-1] == low + more
    assert values == sorted(set(values))
    assert len(values) <= count + 1


@pytest.mark.parametrize("axis", Axis)
def test_a_curve_is_the_estimate_at_each_value(llama_7b, axis):
    scenario = Scenario(architecture=llama_7b)
    values = spaced(*RANGES[axis], 12)
    assert list(curve(scenario, axis, values)) == [peak_bytes(moved(axis, scenario, value)) for value in values]


@pytest.mark.parametrize("axis", [Axis.CONTEXT, Axis.BATCH])
def test_moving_to_where_it_stands_changes_nothing(llama_7b, axis):
    scenario = Scenario(architecture=llama_7b)
    assert moved(axis, scenario, value_on(axis, scenario)) == scenario


def test_a_size_is_that_of_the_shape(llama_7b):
    assert value_on(Axis.PARAMETERS, Scenario(architecture=llama_7b)) == parameter_count(llama_7b)


@given(runnable, cards)
def test_a_boundary_is_the_largest_batch_of_each_context(scenario, usable_bytes):
    contexts = spaced(128, 2**20, 6)
    found = list(boundary(scenario, contexts, lambda at: peak_bytes(at) <= usable_bytes))
    assert found == [max_batch_size(scenario.evolve(context_length=context), usable_bytes) for context in contexts]
    assert all(0 <= batch <= MAX_BATCH_SIZE for batch in found)


@given(runnable)
def test_variants_can_be_run_and_have_the_scenario_among_them(scenario):
    found = variants(scenario)
    assert all(refusal(other) is None for other in found)
    assert scenario in found or scenario.task is Task.TRAINING
    assert len(set(found)) == len(found)


def test_inference_varies_in_precision_and_training_in_method(llama_7b):
    inference = [other.weights.value for other in variants(Scenario(architecture=llama_7b))]
    assert inference == ["fp32", "bf16", "int8", "int4"]
    training = variants(validated(Scenario, architecture=llama_7b, task="training"))
    assert [other.method for other in training] == list(Method)
    files = variants(validated(Scenario, architecture=llama_7b, runtime="llama.cpp", weights="q5_k_m", kv_cache="fp16"))
    assert [other.weights.value for other in files] == ["fp32", "bf16", "q8_0", "q5_k_m", "q4_k_m"]
    assert all(peak_bytes(wide) > peak_bytes(narrow) for wide, narrow in pairwise(files))
    assert peak_bytes(files[0]) > 20 * GIB
