"""Strategies: those that are offered are run by some framework, and fit; the best first; the fewest GPUs."""

from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import pytest

from core.catalogue.calibration import load_calibration
from core.catalogue.gpus import find_gpu, load_gpus
from core.memory import FitStatus, Scenario, Task, architecture_from_parameter_count, estimate, judge, refusal
from core.network import traffic
from core.strategies import strategies
from core.suggest import counts, judged, rank, smallest_count, sweep

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
GPUS = load_gpus(RESOURCES / "gpus.json")
CALIBRATION = load_calibration(RESOURCES / "calibration.json")
A100, RTX_4090, RTX_3060 = (find_gpu(GPUS, name) for name in ("A100 80GB", "RTX 4090", "RTX 3060"))


def of(parameters, **changes):
    return Scenario(architecture=architecture_from_parameter_count(parameters)).evolve(**changes)


MOE = {**asdict(architecture_from_parameter_count(8 * 10**9)), "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 4096}
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
    ways = list(strategies(scenario, count, A100.usable_bytes))
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
        assert strategy.fits is (fit.status is FitStatus.FITS)
        assert strategy.fits or 0 <= fit.headroom_bytes == strategy.fit.headroom_bytes


def test_what_surely_fits_comes_first_then_what_waits_least():
    context = TRAINING.evolve(context_length=16384)
    found = sorted((strategy for strategy in sweep(context, 8, A100, CALIBRATION) if strategy is not None), key=rank)
    assert {strategy.fits for strategy in found} == {True, False}
    for better, worse in pairwise(found):
        assert better.fits >= worse.fits
        assert better.fits > worse.fits or better.waiting <= 1.5 * worse.waiting + 1e-3


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
    found = [strategy for strategy in smallest_count(scenario, RTX_4090, None) if strategy is not None]
    assert [strategy.assurance for strategy in found] == sorted({strategy.assurance for strategy in found})
    assert found[-1].fits
    for best in found:
        for count in (count for count in counts() if count < best.scenario.parallel.world_size):
            every = [strategy for strategy in sweep(scenario, count, RTX_4090, None) if strategy is not None]
            assert all(strategy.assurance < best.assurance for strategy in every)


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
    assert spread.waiting > 0 == spread.idle
    assert judged(TRAINING, A100, None).waiting == 0


def test_each_named_card_is_judged_by_itself():
    """The pair fits where the small card gets little; the even halves of llama.cpp's own split do not."""
    pair = of(70 * 10**9, runtime="llama.cpp", weights="q4_k_m").evolve(pipeline_parallel_size=2, gpus=("RTX 3060 (12GB)", "A100 80GB"))
    usable = {"RTX 3060 (12GB)": RTX_3060.usable_bytes, "": A100.usable_bytes}
    (found,) = [strategy for strategy in sweep(pair, 2, A100, None, usable) if strategy is not None]
    assert found.scenario.parallel.gpus == pair.parallel.gpus
    small, large = found.scenario.parallel.layers_per_stage
    assert small < large / 4
    alone = [strategy for strategy in sweep(pair, 1, A100, None, usable) if strategy is not None]
    assert all(strategy.scenario.parallel.gpus == () for strategy in alone)


def test_the_fewest_are_of_the_chosen_card_alone():
    pair = of(70 * 10**9, runtime="llama.cpp", weights="q4_k_m").evolve(pipeline_parallel_size=2, gpus=("RTX 3060 (12GB)", "A100 80GB"))
    found = [strategy for strategy in smallest_count(pair, RTX_4090, None) if strategy is not None]
    assert found
    assert all(strategy.scenario.parallel.gpus == () for strategy in found)


def test_a_quantized_model_of_70b_may_fit_two_cards_of_24_gib_with_its_weights_on_the_host():
    """As Answer.AI and PEFT's guide to FSDP have it."""
    run = of(70 * 10**9, task=Task.TRAINING, method="qlora", weights="nf4", gradient_checkpointing=True, context_length=1024)
    found = [strategy for strategy in sweep(run, 2, RTX_4090, CALIBRATION) if strategy is not None]
    assert "fsdp2" in [strategy.scenario.parallel.sharding for strategy in found]
    assert all(strategy.traffic.host_bytes for strategy in found)


def test_replicas_of_vllm_that_share_experts_talk_about_them():
    experts = Scenario(architecture=MOE, runtime="vllm").evolve(data_parallel_size=4)
    assert traffic(experts).sent_bytes > 0 == traffic(experts.evolve(runtime="sglang")).sent_bytes
