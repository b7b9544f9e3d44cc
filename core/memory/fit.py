"""Does it fit? A total judged against a card's usable memory."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, NamedTuple

from annotated_types import Gt, MaxLen, MinLen

from core.memory.components import Device, Estimate, Stack
from core.memory.runtime import cuda_context_bytes
from core.memory.scenario import Estimator, Scenario


@dataclass(frozen=True, kw_only=True)
class DenseFlops:
    """FLOP/s of matrix products without sparsity, accumulated in fp32, by precision; None where the card cannot or nobody says."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- read by pydantic, at the edge

    fp32: Annotated[int, Gt(0)] | None = None
    fp16: Annotated[int, Gt(0)] | None = None
    bf16: Annotated[int, Gt(0)] | None = None
    fp8: Annotated[int, Gt(0)] | None = None
    fp4: Annotated[int, Gt(0)] | None = None
    int8: Annotated[int, Gt(0)] | None = None


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One card people run models on."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- read by pydantic, at the edge

    name: Annotated[str, MinLen(1), MaxLen(200)]
    vendor: Annotated[str, MinLen(1), MaxLen(100)]
    memory_bytes: Annotated[int, Gt(0)]
    """What is printed on the box."""
    usable_bytes: Annotated[int, Gt(0)]
    """What one process can have of it: without driver, ECC and firmware reserve, or the system's share of unified memory."""
    bandwidth_bytes_per_second: Annotated[int, Gt(0)] | None = None
    dense_flops_per_second: DenseFlops | None = None
    resident_threads: Annotated[int, Gt(0)] | None = None
    """Threads that all multiprocessors together hold at once: what a CUDA context takes grows with them."""
    launch_year: int | None = None
    source: Annotated[str, MinLen(1)]
    usable_source: Annotated[str, MinLen(1)]


class FitStatus(StrEnum):
    FITS = "fits"
    TIGHT = "tight"
    OOM = "oom"


class FitCause(StrEnum):
    """What tips it over: the first of these that is alone too large."""

    NONE = "none"
    WEIGHTS = "weights"
    """The weights alone do not fit."""
    MODEL_STATE = "model_state"
    """Weights, gradients and optimizer do not fit."""
    TOKENS = "tokens"
    """The model fits; what grows with batch and context does not."""
    OPTIMIZER_STEP = "optimizer_step"
    """Weights, gradients and optimizer fit; what the step needs on top does not, whatever batch and context are."""


class Fit(NamedTuple):
    """How a total stands to a card."""

    status: FitStatus
    headroom_bytes: int
    """Usable minus needed; negative when it runs out."""
    usable_bytes: int
    cause: FitCause

    @property
    def headroom_fraction(self) -> float:
        """Headroom as a share of usable memory."""
        return self.headroom_bytes / self.usable_bytes


#: Less room than this share of the need is TIGHT: estimates without a calibration are no better than that.
TIGHT_SHARE = 0.10


def judge(total_bytes: int, usable_bytes: int, stack: Stack, sure_bytes: tuple[int, int] | None = None) -> Fit:
    """Fit of ``total_bytes``, made of ``stack``, on a card with ``usable_bytes``.

    ``sure_bytes`` are the bounds that a real run surely lies between. It fits if the upper one does, and runs out if the
    lower one does not; between them it is tight, whichever side of the card's memory the total itself is on.
    """
    headroom = usable_bytes - total_bytes
    lower, upper = sure_bytes or (total_bytes, total_bytes + TIGHT_SHARE * total_bytes)
    if upper <= usable_bytes:
        return Fit(FitStatus.FITS, headroom, usable_bytes, FitCause.NONE)
    if lower <= usable_bytes:
        return Fit(FitStatus.TIGHT, headroom, usable_bytes, FitCause.NONE)
    fixed = stack.runtime + stack.inputs
    if stack.weights + fixed > usable_bytes:
        cause = FitCause.WEIGHTS
    elif stack.weights + stack.gradients + stack.optimizer + fixed > usable_bytes:
        cause = FitCause.MODEL_STATE
    elif stack.kv_cache or stack.activations or stack.logits:
        cause = FitCause.TOKENS
    else:
        cause = FitCause.OPTIMIZER_STEP
    return Fit(FitStatus.OOM, headroom, usable_bytes, cause)


def room_on(card: Gpu, scenario: Scenario) -> int:
    """What ``scenario``, estimated on the card it names, can have of ``card``: what is usable, less what the CUDA context takes there
    beyond what it takes on that one. So one estimate is judged on every card. The rule of thumb knows no context.
    """
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        return card.usable_bytes
    beyond = cuda_context_bytes(card.resident_threads or 0) - cuda_context_bytes(scenario.resident_threads)
    return max(1, card.usable_bytes - beyond)


def judge_device(device: Device, usable_bytes: int, estimate: Estimate) -> Fit:
    """Fit of one GPU of ``estimate`` on a card of its own; memory of several cards is never added up. The bounds are the fullest GPU's: one
    that needs less is as unsure in proportion.
    """
    sure = estimate.sure_bytes
    if sure is not None and device.peak is not estimate.peak:
        total = estimate.total_bytes
        sure = sure[0] * device.total_bytes // total, -(-sure[1] * device.total_bytes // total)
    return judge(device.total_bytes, usable_bytes, device.peak.stack, sure)
