"""Strategies that fit, ranked; and the smallest number of a card that works at all.

Each is estimated and judged as the verdict has it, GPU by GPU. Ranked by what GPUs wait for each other, in doublings, then by the room that
is left; a pipeline that stands still counts as well, since its time is lost in the same way.
"""

import math
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from core.memory import Estimate, Fit, FitStatus, Gpu, Scenario, Task, estimate, judge_device, room_on
from core.memory.calibration import Calibration
from core.memory.solve import Usable, usable_by
from core.network import Traffic, idle_share, traffic
from core.spreading import with_gpus
from core.strategies import strategies
from core.throughput import decode_bytes, training_flops_per_token

#: For a step's share of time that is communication, where a card's speed is not known: an A100's.
_FLOPS, _BANDWIDTH = 312e12, 2.0e12
#: Of the peak, what a good training run reaches.
_REACHED = 0.4
_MOST_GPUS = 4096
#: The most that can be said of a strategy (``Strategy.assurance``).
FULLY = 2


class Strategy(NamedTuple):
    """One way to spread a run, with what it takes."""

    scenario: Scenario
    estimate: Estimate
    fit: Fit
    """Of the GPU with least room on its card."""
    traffic: Traffic
    idle: float
    """Share of a step that a pipeline stands still."""
    waiting: float
    """What GPUs wait for each other, over what they compute; smaller is better."""

    @property
    def fits(self) -> bool:
        """Surely."""
        return self.fit.status is FitStatus.FITS

    @property
    def assurance(self) -> int:
        """0: it may fit; 1: it surely does, with what lies in the host's memory meanwhile; 2 (``FULLY``): without."""
        return self.fits + (self.fits and not self.traffic.host_bytes)

    @property
    def may_fit(self) -> bool:
        """By the estimate at least, which real runs may exceed."""
        return self.fits or (self.fit.status is FitStatus.TIGHT and self.fit.headroom_bytes >= 0)


def judged(scenario: Scenario, gpu: Gpu, calibration: Calibration | None, usable: Usable | None = None) -> Strategy:
    """``scenario`` as it is, on cards like ``gpu``, or where it names its cards on those of ``usable``."""
    found = estimate(scenario, calibration)
    sizes = room_on(gpu, scenario) if usable is None or not scenario.parallel.gpus else usable
    fit = min((judge_device(each, usable_by(each, sizes), found) for each in found.devices), key=lambda fit: fit.headroom_fraction)
    sent, idle = traffic(scenario), idle_share(scenario)
    return Strategy(scenario, found, fit, sent, idle, _waiting(scenario, gpu, sent, idle))


def _waiting(scenario: Scenario, gpu: Gpu, sent: Traffic, idle: float) -> float:
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


def rank(strategy: Strategy) -> tuple[bool, float, float]:
    """Sorts what surely fits first; of that what waits least, in doublings; of what waits alike, what leaves most room."""
    return not strategy.fits, round(2 * math.log2(strategy.waiting + 1e-3)) / 2, -strategy.fit.headroom_fraction


def sweep(
    scenario: Scenario, count: int, gpu: Gpu, calibration: Calibration | None, usable: Usable | None = None
) -> Iterator[Strategy | None]:
    """Every way to spread ``scenario`` over ``count`` cards that surely or perhaps fits; None for those that do not, so that whoever asks
    can count them. ``usable`` as in :func:`judged`.
    """
    for candidate in strategies(scenario, count, room_on(gpu, scenario) if usable is None else usable):
        strategy = judged(candidate, gpu, calibration, usable)
        yield strategy if strategy.may_fit else None


def keeps_activations(scenario: Scenario) -> bool:
    """It trains without gradient checkpointing, which is what to try first where no strategy fits: none of them turns it on."""
    return scenario.task is Task.TRAINING and not scenario.gradient_checkpointing


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
    """The best strategy on the fewest cards, of those ``more_than`` and at ``most`` so many: first the fewest on which it may fit, then, if
    it takes more, those on which it surely does, and those on which it does with nothing left to the host. Ends without where ``most`` are
    not enough. None stands for work meanwhile.
    """
    alike = scenario.evolve(gpus=(), layers_per_stage=()) if scenario.parallel.gpus else scenario
    reached = -1
    for count in counts():
        if count > most:
            return
        if count <= more_than:
            continue
        best: Strategy | None = None
        for strategy in chain(_as_usual(alike, count, gpu, calibration), sweep(alike, count, gpu, calibration)):
            if strategy is not None and (best is None or (-strategy.assurance, rank(strategy)) < (-best.assurance, rank(best))):
                best = strategy
            yield None
        if best is not None and best.assurance > reached:
            yield best
            reached = best.assurance
            if reached == FULLY:
                return


def _as_usual(scenario: Scenario, count: int, gpu: Gpu, calibration: Calibration | None) -> Iterator[Strategy | None]:
    if count == 1:
        strategy = judged(with_gpus(scenario, 1), gpu, calibration)
        yield strategy if strategy.may_fit else None
