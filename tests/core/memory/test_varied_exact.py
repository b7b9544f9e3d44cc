"""Models whose layers differ, against every tensor of the same layers in transformers: caches and what is kept for backward to the byte,
peaks as near as for a model whose layers are alike.
"""

import json
import statistics
from pathlib import Path

import pytest

from core.memory import MomentName, Scenario, estimate, parameter_count
from core.memory.edge import validated
from core.memory.inference import kv_cache_bytes
from core.memory.loss import labels_bytes
from core.memory.numerics import numerics
from core.memory.saved import saved

MEASURED = json.loads(Path(__file__).with_name("measured_varied.json").read_text(encoding="utf-8"))
RUNS = MEASURED["runs"]
of_training = pytest.mark.parametrize("run", [run for run in RUNS if "saved_bytes" in run], ids=lambda run: run["name"])
of_inference = pytest.mark.parametrize("run", [run for run in RUNS if "kv_cache_bytes" in run], ids=lambda run: run["name"])

#: Backward passes of attention that writes its scores, and of experts, in models this small, those of alike layers among them.
WORST_BACKWARD_PERCENT = 1.3
WORST_PERCENT, MEDIAN_PERCENT = 0.1, 0.005


def scenario_of(run: dict) -> Scenario:
    return validated(Scenario, **{"architecture": MEASURED["architectures"][run["model"]], **run["scenario"]})


def percents_off(run: dict) -> dict[MomentName, float]:
    known = {moment.name: moment.stack.readings.allocated_bytes for moment in estimate(scenario_of(run)).moments}
    moments = {MomentName(name): measured for name, measured in run["allocated_bytes"].items()}
    return {name: 100 * abs(known[name] - measured) / measured for name, measured in moments.items()}


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run["name"])
def test_every_moment(run):
    assert parameter_count(scenario_of(run).architecture) == run["parameters"]
    roughly = any(what in run["name"] for what in ("eager", "fp32", "MoE"))
    for moment, percent in percents_off(run).items():
        assert percent <= (WORST_BACKWARD_PERCENT if roughly and moment is MomentName.BACKWARD else WORST_PERCENT), moment


def test_most_are_exact():
    every = [percent for run in RUNS for percent in percents_off(run).values()]
    assert statistics.median(every) <= MEDIAN_PERCENT


@of_training
def test_what_is_kept_for_backward_to_the_byte(run):
    scenario = scenario_of(run)
    kept = saved(scenario, numerics(scenario))
    labels = labels_bytes(scenario.batch_size, scenario.context_length)
    # Labels are the inputs here, but where one sequence is shifted by one; a mask or positions may be there twice for a moment.
    assert 0 <= kept.layers + kept.outside + kept.for_loss - run["saved_bytes"] <= labels + 8 * scenario.context_length


@of_inference
def test_caches_to_the_byte(run):
    scenario = scenario_of(run)
    assert kv_cache_bytes(scenario, scenario.batch_size * scenario.prompt_length) == run["kv_cache_bytes"]


@of_inference
def test_inference_is_exact(run):
    """But for scores in fp32, and for what the measured layers that share keys rotate beside their queries."""
    if "fp32" not in run["name"] and "keys shared" not in run["name"]:
        assert max(percents_off(run).values()) <= 0.01
