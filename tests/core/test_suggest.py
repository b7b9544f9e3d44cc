"""Strategies: those that are offered are run by some framework, and fit; the best first; the fewest GPUs."""

from itertools import pairwise
from pathlib import Path

import pytest

from core.catalogue.calibration import load_calibration
from core.catalogue.gpus import find_gpu, load_gpus
from core.memory import FitStatus, Scenario, Task, architecture_from_parameter_count, estimate, judge, refusal
from core.strategies import strategies
from core.suggest import counts, judged, rank, smallest_count, sweep

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
GPUS = load_gpus(RESOURCES / "gpus.json")
CALIBRATION = load_calibration(RESOURCES / "calibration.json")
A100, RTX_4090, RTX_3060 = (find_gpu(GPUS, name) for name in ("A100 80GB", "RTX 4090", "RTX 3060"))


def of(parameters, **changes):
    return Scenario(architecture=architecture_from_parameter_count(parameters)).evolve(**changes)


TRAINING = of(8 * 10**9, task=Task.TRAINING, gradient_checkpointing=True, context_length=2048)


@pytest.mark.parametrize("count", [1, 2, 6, 8, 16])
@pytest.mark.parametrize(
    "scenario",
    [
        TRAINING,
        TRAINING.evolve(method="lora"),
        of(8 * 10**9),
        of(8 * 10**9, runtime="vllm"),
        of(8 * 10**9, runtime="llama.cpp", weights="q8_0"),
    ],
    ids=["training", "lora", "transformers", "vllm", "llama.cpp"],
)
def test_every_way_worth_trying_is_run_by_some_framework(scenario, count):
    ways = list(strategies(scenario, count))
    assert ways
    assert len(set(ways)) == len(ways)
    for way in ways:
        assert refusal(way) is None
        assert way.parallel.world_size == count


def test_what_is_offered_fits_as_the_verdict_has_it():
    found = [strategy for strategy in sweep(TRAINING, 8, A100, CALIBRATION) if strategy is not None]
    assert len(found) > 5
    for strategy in found:
        again = estimate(strategy.scenario, CALIBRATION)
        fit = judge(again.total_bytes, A100.usable_bytes, again.peak.stack, again.sure_bytes)
        assert fit.status is FitStatus.FITS


def test_ranked_by_what_gpus_wait_then_by_room():
    found = sorted((strategy for strategy in sweep(TRAINING, 8, A100, CALIBRATION) if strategy is not None), key=rank)
    for better, worse in pairwise(found):
        assert better.cost <= 1.5 * worse.cost + 1e-3


def test_offload_is_what_is_left_when_nothing_else_fits():
    small = of(8 * 10**9, task=Task.TRAINING, gradient_checkpointing=True, context_length=1024)
    found = sorted((strategy for strategy in sweep(small, 4, RTX_4090, None) if strategy is not None), key=rank)
    assert found
    assert all(strategy.traffic.host_bytes > 0 for strategy in found)


@pytest.mark.parametrize(
    "scenario",
    [
        TRAINING,
        of(70 * 10**9, task=Task.TRAINING, method="lora", gradient_checkpointing=True),
        of(70 * 10**9, runtime="vllm"),
        of(70 * 10**9, runtime="llama.cpp", weights="q4_k_m"),
    ],
    ids=["training", "lora", "vllm", "llama.cpp"],
)
def test_the_fewest_are_enough_and_fewer_are_not(scenario):
    best = [strategy for strategy in smallest_count(scenario, RTX_4090, None) if strategy is not None][-1]
    assert best.fits
    fewer = [count for count in counts() if count < best.scenario.parallel.world_size]
    for count in fewer:
        assert not any(strategy is not None for strategy in sweep(scenario, count, RTX_4090, None))


def test_where_not_even_thousands_are_enough_there_is_none():
    endless = of(10**13, task=Task.TRAINING, method="lora", context_length=2**20)
    some = smallest_count(endless, RTX_3060, None)
    assert all(strategy is None for strategy, _ in zip(some, range(300), strict=False))


def test_numbers_of_gpus_grow():
    every = list(counts())
    assert every == sorted(set(every))
    assert every[:6] == [1, 2, 3, 4, 6, 8]


def test_a_strategy_knows_what_it_costs():
    spread = judged(TRAINING.evolve(data_parallel_size=8, sharding="fsdp2"), A100, None)
    assert spread.cost > 0 == spread.idle
    assert judged(TRAINING, A100, None).cost == 0
