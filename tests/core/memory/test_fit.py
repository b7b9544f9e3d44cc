import pytest
from any_scenario import PRESET_LIKE
from pydantic import ValidationError

from core.memory import (
    Cause,
    Device,
    Estimate,
    Estimator,
    FitCause,
    FitStatus,
    Gpu,
    Moment,
    MomentName,
    Scenario,
    estimate,
    judge,
    judge_device,
    room_on,
)
from core.memory.components import Stack
from core.memory.edge import validated
from core.memory.runtime import CUDA_CONTEXT_BYTES, cuda_context_bytes
from core.memory.units import GIB, MIB, ceil_div

USABLE = 24 * GIB
LARGEST_THAT_FITS = 10 * USABLE // 11
"""The total that leaves a tenth of itself free."""


def status(total_bytes: int) -> FitStatus:
    return judge(total_bytes, USABLE, Stack(activations=total_bytes)).status


def test_a_tenth_of_the_need_must_stay_free():
    assert status(LARGEST_THAT_FITS) is FitStatus.FITS
    assert status(LARGEST_THAT_FITS + 1) is FitStatus.TIGHT


def test_the_last_byte_may_be_used():
    assert status(USABLE) is FitStatus.TIGHT
    assert status(USABLE + 1) is FitStatus.OOM


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (10 * GIB, USABLE, FitStatus.FITS),
        (10 * GIB, USABLE + 1, FitStatus.TIGHT),
        (USABLE, 40 * GIB, FitStatus.TIGHT),
        (USABLE + 1, 40 * GIB, FitStatus.OOM),
    ],
)
def test_with_bounds_it_is_they_that_count(lower, upper, expected):
    total = max(lower, 30 * GIB)
    fit = judge(total, USABLE, Stack(weights=total), (lower, upper))
    assert fit.status is expected
    assert fit.headroom_bytes == USABLE - total
    assert (fit.cause is FitCause.NONE) == (expected is not FitStatus.OOM)


def test_headroom_is_usable_minus_needed():
    room = judge(18 * GIB, USABLE, Stack(weights=18 * GIB))
    assert (room.headroom_bytes, room.usable_bytes, room.headroom_fraction) == (6 * GIB, USABLE, 0.25)
    lack = judge(30 * GIB, USABLE, Stack(weights=30 * GIB))
    assert (lack.headroom_bytes, lack.headroom_fraction) == (-6 * GIB, -0.25)


@pytest.mark.parametrize(
    ("stack", "cause"),
    [
        (Stack(weights=24 * GIB, runtime=1), FitCause.WEIGHTS),
        (Stack(weights=12 * GIB, gradients=6 * GIB, optimizer=6 * GIB, inputs=1), FitCause.MODEL_STATE),
        (Stack(weights=12 * GIB, kv_cache=13 * GIB), FitCause.TOKENS),
        (Stack(weights=23 * GIB, runtime=GIB, activations=1), FitCause.TOKENS),
        (Stack(weights=12 * GIB, optimizer=8 * GIB, workspace=6 * GIB), FitCause.OPTIMIZER_STEP),
        (Stack(weights=12 * GIB), FitCause.NONE),
    ],
)
def test_the_cause_is_the_first_part_that_is_alone_too_large(stack, cause):
    assert judge(stack.total_bytes, USABLE, stack).cause is cause


def test_a_card_has_memory_and_a_source():
    card = {"name": "RTX 4090", "vendor": "NVIDIA", "memory_bytes": 24 * GIB, "usable_bytes": 23 * GIB, "source": "x", "usable_source": "y"}
    assert validated(Gpu, **card).launch_year is None
    for wrong in ({"memory_bytes": 0}, {"usable_bytes": -1}, {"source": ""}, {"usable_source": ""}, {"name": ""}, {"cuda_cores": 16_384}):
        with pytest.raises(ValidationError, match=next(iter(wrong))):
            validated(Gpu, **card | wrong)


@pytest.mark.parametrize(("dividend", "quotient"), [(0, 0), (1, 1), (8, 1), (9, 2), (10**40 + 1, 125 * 10**37 + 1)])
def test_ceil_div(dividend, quotient):
    assert ceil_div(dividend, 8) == quotient


def test_a_gpu_that_needs_less_is_judged_by_bounds_in_proportion():
    full = Moment(MomentName.BACKWARD, Stack(weights=100 * GIB), Cause.MLP)
    half = Moment(MomentName.BACKWARD, Stack(weights=50 * GIB), Cause.MLP)
    devices = (Device((full,), full), Device((half,), half, stage=1, rank=1))
    found = Estimate((full,), full, 16.0, PRESET_LIKE[0], lower_bytes=90 * GIB, upper_bytes=120 * GIB, devices=devices)
    assert [judge_device(device, 60 * GIB, found).status for device in devices] == [FitStatus.OOM, FitStatus.FITS]
    assert judge_device(devices[1], 59 * GIB, found).status is FitStatus.TIGHT
    assert judge_device(devices[1], 44 * GIB, found).status is FitStatus.OOM
    unknown = Estimate((full,), full, 16.0, PRESET_LIKE[0], devices=devices)
    assert judge_device(devices[1], 55 * GIB, unknown).status is FitStatus.FITS


def card(threads: int | None) -> Gpu:
    return Gpu(name="x", vendor="y", memory_bytes=80 * GIB, usable_bytes=79 * GIB, resident_threads=threads, source="z", usable_source="z")


H100, RTX_4090 = 132 * 2048, 128 * 1536


@pytest.mark.parametrize(("threads", "mib"), [(0, 426), (H100, 528), (RTX_4090, 384), (82 * 1536, 246), (40 * 1024, 246)])
def test_a_context_grows_with_the_threads_of_the_card(threads, mib):
    """None is taken to be less than the least that is published."""
    assert cuda_context_bytes(threads) == mib * MIB
    scenario = Scenario(architecture=PRESET_LIKE[0], resident_threads=threads)
    unknown = Scenario(architecture=PRESET_LIKE[0])
    assert estimate(scenario).total_bytes - estimate(unknown).total_bytes == mib * MIB - CUDA_CONTEXT_BYTES


@pytest.mark.parametrize("here", [0, H100, RTX_4090])
@pytest.mark.parametrize("there", [None, H100, RTX_4090])
def test_one_estimate_is_judged_on_every_card_as_that_cards_own(here, there):
    scenario, own = (Scenario(architecture=PRESET_LIKE[0], resident_threads=threads or 0) for threads in (here, there))
    found, there_found = estimate(scenario), estimate(own)
    judged = judge(found.total_bytes, room_on(card(there), scenario), found.peak.stack)
    alone = judge(there_found.total_bytes, card(there).usable_bytes, there_found.peak.stack)
    assert (judged.status, judged.headroom_bytes) == (alone.status, alone.headroom_bytes)


def test_the_rule_of_thumb_knows_no_context():
    assert room_on(card(H100), Scenario(architecture=PRESET_LIKE[0], estimator=Estimator.RULE_OF_THUMB)) == 79 * GIB


def test_room_is_never_nothing():
    full = Gpu(name="x", vendor="y", memory_bytes=GIB, usable_bytes=1, resident_threads=H100, source="z", usable_source="z")
    assert room_on(full, Scenario(architecture=PRESET_LIKE[0])) == 1
