"""Strategies that fit, ranked; and the smallest number of a card that works at all.

Each is estimated and judged as the verdict has it, GPU by GPU. Ranked by what GPUs send each other, in doublings, then by the room that is
left; a pipeline that stands still counts as well, since its time is lost in the same way.
"""

import math
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from core.memory import Estimate, Fit, FitStatus, Gpu, Scenario, Task, estimate, judge
from core.memory.calibration import Calibration
from core.network import Traffic, idle_share, traffic
from core.spreading import with_gpus
from core.strategies import strategies
from core.throughput import decode_bytes, training_flops_per_token

#: For a step's share of time that is communication, where a card's speed is not known: an A100's.
_FLOPS, _BANDWIDTH = 312e12, 2.0e12
#: Of the peak, what a good training run reaches.
_REACHED = 0.4
_MOST_GPUS = 4096


class Strategy(NamedTuple):
    """One way to spread a run, proven to fit or not."""

    scenario: Scenario
    estimate: Estimate
    fit: Fit
    """Of the GPU that needs most."""
    traffic: Traffic
    idle: float
    """Share of a step that a pipeline stands still."""
    cost: float
    """What GPUs wait for each other, over what they compute; smaller is better."""

    @property
    def fits(self) -> bool:
        return self.fit.status is FitStatus.FITS


def judged(scenario: Scenario, gpu: Gpu, calibration: Calibration | None) -> Strategy:
    """``scenario`` as it is, on cards of one kind."""
    found = estimate(scenario, calibration)
    fit = judge(found.total_bytes, gpu.usable_bytes, found.peak.stack, found.sure_bytes)
    sent, idle = traffic(scenario), idle_share(scenario)
    return Strategy(scenario, found, fit, sent, idle, _cost(scenario, gpu, sent, idle))


def _cost(scenario: Scenario, gpu: Gpu, sent: Traffic, idle: float) -> float:
    seconds = sent.seconds(scenario.parallel.interconnect)
    parallel, flops = scenario.parallel, gpu.dense_flops_per_second
    if scenario.task is Task.TRAINING:
        a_second = (flops and (flops.bf16 or flops.fp16)) or _FLOPS
        tokens = scenario.batch_size * scenario.context_length * parallel.num_microbatches * parallel.data_parallel_size
        computing = tokens * training_flops_per_token(scenario) / parallel.world_size / (a_second * _REACHED)
    else:
        of_one = parallel.world_size // parallel.data_parallel_size
        computing = decode_bytes(scenario) / of_one / (gpu.bandwidth_bytes_per_second or _BANDWIDTH)
    return seconds / computing + idle / (1 - idle)


def rank(strategy: Strategy) -> tuple[float, float]:
    """Sorts what waits least first, in doublings; of what waits alike, what leaves most room."""
    return round(2 * math.log2(strategy.cost + 1e-3)) / 2, -strategy.fit.headroom_fraction


def sweep(scenario: Scenario, count: int, gpu: Gpu, calibration: Calibration | None) -> Iterator[Strategy | None]:
    """Every way to spread ``scenario`` over ``count`` cards that fits; None for those that do not, so that whoever asks can count them."""
    for candidate in strategies(scenario, count):
        strategy = judged(candidate, gpu, calibration)
        yield strategy if strategy.fits else None


def counts() -> Iterator[int]:
    """Numbers of GPUs that people have: 1, 2, 3, 4, 6, 8, then whole machines, doubling."""
    yield from (1, 2, 3, 4, 6)
    size = 8
    while size <= _MOST_GPUS:
        yield size
        if size >= 16:
            yield size * 3 // 2
        size *= 2


def smallest_count(
    scenario: Scenario, gpu: Gpu, calibration: Calibration | None, *, more_than: int = 0, most: int = _MOST_GPUS
) -> Iterator[Strategy | None]:
    """The best strategy on the fewest cards, of those ``more_than`` and at ``most`` so many; ends without one where they are not enough.
    None stands for work meanwhile.
    """
    for count in counts():
        if count > most:
            return
        if count <= more_than:
            continue
        best: Strategy | None = None
        for strategy in chain(_as_usual(scenario, count, gpu, calibration), sweep(scenario, count, gpu, calibration)):
            if strategy is not None and (best is None or rank(strategy) < rank(best)):
                best = strategy
            yield None
        if best is not None:
            yield best
            return


def _as_usual(scenario: Scenario, count: int, gpu: Gpu, calibration: Calibration | None) -> Iterator[Strategy | None]:
    if count == 1:
        strategy = judged(with_gpus(scenario, 1), gpu, calibration)
        yield strategy if strategy.fits else None
