"""What memory is spent on, and when: components, moments, readings, the estimate."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from core.memory.architecture import Architecture


class Component(StrEnum):
    """What bytes are for, in drawing order. Values are the names in JSON and the fields of :class:`Stack`."""

    WEIGHTS = "weights"
    GRADIENTS = "gradients"
    OPTIMIZER = "optimizer"
    KV_CACHE = "kv_cache"
    ACTIVATIONS = "activations"
    LOGITS = "logits"
    WORKSPACE = "workspace"
    INPUTS = "inputs"
    COMMUNICATION = "communication"
    RUNTIME = "runtime"
    RESERVE = "reserve"


class Stack(NamedTuple):
    """Bytes by component at one instant; the field order is that of :class:`Component`."""

    weights: int = 0
    gradients: int = 0
    optimizer: int = 0
    kv_cache: int = 0
    activations: int = 0
    """Saved for backward, or the working set of prefill."""
    logits: int = 0
    workspace: int = 0
    inputs: int = 0
    communication: int = 0
    runtime: int = 0
    reserve: int = 0

    @property
    def total_bytes(self) -> int:
        """The process reading: what nvidia-smi shows."""
        return sum(self)

    def at_instant(self, activations: int, workspace: int = 0, logits: int = 0, gradients: int | None = None) -> "Stack":
        """With what comes and goes set to that of one instant; ``gradients`` as here unless given."""
        # Written out, for ``_replace`` takes twice as long, and an estimate has a dozen instants.
        weights, before, optimizer, kv_cache, _, _, _, inputs, communication, runtime, reserve = self
        held = before if gradients is None else gradients
        return Stack(weights, held, optimizer, kv_cache, activations, logits, workspace, inputs, communication, runtime, reserve)

    def with_reserve(self, reserve: int) -> "Stack":
        """The last of the fields is ``reserve``."""
        return Stack(*self[:-1], reserve)

    @property
    def readings(self) -> "Readings":
        process = sum(self)
        reserved = process - self.runtime
        return Readings(reserved - self.reserve, reserved, process)


class Readings(NamedTuple):
    """The three ways a run's memory is measured."""

    allocated_bytes: int
    """Tensors: torch.cuda.max_memory_allocated()."""
    reserved_bytes: int
    """And what the allocator holds beyond them: torch.cuda.max_memory_reserved()."""
    process_bytes: int
    """And the CUDA context and libraries: the process in nvidia-smi."""


class MomentName(StrEnum):
    LOAD = "load"
    PREFILL = "prefill"
    DECODE = "decode"
    PROFILE_RUN = "profile_run"
    """The largest step an engine will ever run, tried once before it reserves its cache."""
    SERVING = "serving"
    FORWARD = "forward"
    BACKWARD = "backward"
    OPTIMIZER_STEP = "optimizer_step"
    BETWEEN_STEPS = "between_steps"


class Cause(StrEnum):
    """At which instant a moment reaches its peak."""

    RESIDENT = "resident"
    LOGITS = "logits"
    MLP = "mlp"
    EXPERTS = "experts"
    ATTENTION = "attention"
    MIXER = "mixer"
    """A mixer with a state: a state space, linear attention."""
    CACHE_GROWTH = "cache_growth"
    LOSS = "loss"
    REFERENCE = "reference"
    """The reference model of a preference method reads the batch."""
    HEAD = "head"
    EMBEDDING = "embedding"
    OPTIMIZER = "optimizer"


class Moment(NamedTuple):
    """The largest instant of one phase of a run."""

    name: MomentName
    stack: Stack
    cause: Cause

    @property
    def total_bytes(self) -> int:
        return sum(self.stack)


class Device(NamedTuple):
    """The film of one GPU, and how many others are like it."""

    moments: tuple[Moment, ...]
    peak: Moment
    stage: int = 0
    """Of the pipeline, from 0; the first of those that are alike."""
    rank: int = 0
    """The lowest of those that are alike."""
    alike: int = 1
    """How many GPUs are alike, this one included."""
    gpu: str = ""
    """Name of the card, where cards differ."""

    @property
    def total_bytes(self) -> int:
        """The peak moment's total."""
        return sum(self.peak.stack)

    @property
    def readings(self) -> Readings:
        """The largest of each over the whole run."""
        return largest_readings(self.moments)


def largest_readings(moments: tuple[Moment, ...]) -> Readings:
    """Of each reading: they may belong to different moments."""
    each = [moment.stack.readings for moment in moments]
    return Readings(*(max(values) for values in zip(*each, strict=True)))


class HostBytes(NamedTuple):
    """What one machine keeps in its own memory or, ``nvme``, on its disks, for all of its GPUs."""

    weights: int = 0
    gradients: int = 0
    optimizer: int = 0
    activations: int = 0
    kv_cache: int = 0
    buffers: int = 0
    """Pinned, for copies to and from the GPUs."""
    nvme: int = 0
    """On disk, not in memory."""

    @property
    def total_bytes(self) -> int:
        """Of memory."""
        return sum(self) - self.nvme


NO_HOST_BYTES = HostBytes()


@dataclass(frozen=True, slots=True)
class Estimate:
    """The film of a run: its moments in order, and the largest of them. With several GPUs, of the one that needs most."""

    moments: tuple[Moment, ...]
    peak: Moment
    bytes_per_parameter: float
    """Weights + gradients + optimizer over parameters, in a steady state between backward and optimizer step."""
    architecture: Architecture
    low_bytes: int | None = None
    high_bytes: int | None = None
    """Nine of ten measured runs of this kind lie between; None without a calibration of it."""
    lower_bytes: int | None = None
    upper_bytes: int | None = None
    """One-sided bounds at 99 %: what the verdict is judged by."""
    devices: tuple[Device, ...] = ()
    """Every distinct GPU, in rank order; one for a run on one."""
    host_bytes: HostBytes = NO_HOST_BYTES
    """What the fullest machine needs beside its GPUs, by what it is for."""

    @property
    def sure_bytes(self) -> tuple[int, int] | None:
        """What the total lies between, surely; None without a calibration."""
        return None if self.lower_bytes is None or self.upper_bytes is None else (self.lower_bytes, self.upper_bytes)

    @property
    def total_bytes(self) -> int:
        """The peak moment's total; fit is judged on it."""
        return self.peak.total_bytes

    @property
    def readings(self) -> Readings:
        """The largest of each over the whole run: they may belong to different moments."""
        return largest_readings(self.moments)
