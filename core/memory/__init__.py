"""The ground floor: Scenario -> Estimate -> Fit. Pure: standard library and pydantic, no I/O, no Qt, no numpy."""

from core.memory.architecture import Architecture
from core.memory.components import Cause, Component, Device, Estimate, HostBytes, Moment, MomentName, Readings, Stack
from core.memory.estimate import estimate, peak_bytes
from core.memory.family import MAX_PARAMETERS, MIN_PARAMETERS, architecture_from_parameter_count
from core.memory.fit import Fit, FitCause, FitStatus, Gpu, judge, judge_device, room_on
from core.memory.formats import Format
from core.memory.parallel import ONE_GPU, Interconnect, Offload, Parallelism, Recompute, Sharding
from core.memory.parameters import parameter_count
from core.memory.refusal import Reason, Refusal, RefusedError, reconcile, refusal, refusal_of_weights
from core.memory.scenario import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    MIN_BATCH_SIZE,
    MIN_CONTEXT_LENGTH,
    Attention,
    Estimator,
    Method,
    Optimizer,
    OptimizerImplementation,
    Recipe,
    Runtime,
    Scenario,
    Task,
    with_parameter_count,
)
from core.memory.solve import max_batch_size, max_context_length, max_parameters, widest_format

__all__ = [
    "MAX_BATCH_SIZE",
    "MAX_CONTEXT_LENGTH",
    "MAX_PARAMETERS",
    "MIN_BATCH_SIZE",
    "MIN_CONTEXT_LENGTH",
    "MIN_PARAMETERS",
    "ONE_GPU",
    "Architecture",
    "Attention",
    "Cause",
    "Component",
    "Device",
    "Estimate",
    "Estimator",
    "Fit",
    "FitCause",
    "FitStatus",
    "Format",
    "Gpu",
    "HostBytes",
    "Interconnect",
    "Method",
    "Moment",
    "MomentName",
    "Offload",
    "Optimizer",
    "OptimizerImplementation",
    "Parallelism",
    "Readings",
    "Reason",
    "Recipe",
    "Recompute",
    "Refusal",
    "RefusedError",
    "Runtime",
    "Scenario",
    "Sharding",
    "Stack",
    "Task",
    "architecture_from_parameter_count",
    "estimate",
    "judge",
    "judge_device",
    "max_batch_size",
    "max_context_length",
    "max_parameters",
    "parameter_count",
    "peak_bytes",
    "reconcile",
    "refusal",
    "refusal_of_weights",
    "room_on",
    "widest_format",
    "with_parameter_count",
]
