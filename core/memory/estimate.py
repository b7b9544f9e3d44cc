"""estimate(): from a scenario to the film of its run."""

from dataclasses import replace
from typing import NamedTuple

from core.memory.calibration import Bounds, Calibration, bounds, process_kind
from core.memory.components import NO_HOST_BYTES, Device, Estimate, HostBytes, Moment, MomentName
from core.memory.inference import inference_moments
from core.memory.inference_spread import inference_devices, inference_film
from core.memory.llama_cpp import device_weight_bytes, host_bytes, llama_cpp_moments
from core.memory.llama_split import llama_cpp_devices, llama_cpp_film
from core.memory.parameters import parameter_count
from core.memory.prediction import prediction_parameters, trained_heads
from core.memory.preference import as_run
from core.memory.refusal import RefusedError, refusal
from core.memory.rule_of_thumb import rule_of_thumb_moments
from core.memory.runtime import cuda_context_bytes
from core.memory.scenario import Estimator, Runtime, Scenario, Task
from core.memory.serving import serving_moments
from core.memory.spread import stage_moments, training_devices
from core.memory.training import training_moments

#: How each runtime serves a model; all training is PyTorch's.
_SERVING = {
    Runtime.TRANSFORMERS: inference_moments,
    Runtime.VLLM: serving_moments,
    Runtime.SGLANG: serving_moments,
    Runtime.LLAMA_CPP: llama_cpp_moments,
}


class Run(NamedTuple):
    """The distinct GPUs of a run, in rank order, and what the fullest machine keeps beside them."""

    devices: tuple[Device, ...]
    host_bytes: HostBytes = NO_HOST_BYTES

    @property
    def worst(self) -> Device:
        """The GPU that needs most."""
        return max(self.devices, key=lambda device: sum(device.peak.stack))


def run_of(scenario: Scenario) -> Run:
    """Raises RefusedError."""
    if _is_spread(scenario):
        _raise_if_refused(scenario)
        if scenario.task is Task.TRAINING:
            return Run(*training_devices(as_run(scenario), _context(scenario)))
        if scenario.runtime is Runtime.LLAMA_CPP:
            return Run(
                llama_cpp_devices(scenario, _context(scenario)),
                host_bytes(scenario, device_weight_bytes(scenario)),
            )
        return Run(inference_devices(scenario, _context(scenario)))
    moments = _moments(scenario)
    in_part = scenario.task is Task.INFERENCE and scenario.runtime is Runtime.LLAMA_CPP and scenario.estimator is Estimator.DETAILED
    on_host = host_bytes(scenario, moments[0].stack.weights) if in_part else NO_HOST_BYTES
    return Run((Device(moments, max(moments, key=_total)),), on_host)


def _context(scenario: Scenario) -> int:
    return cuda_context_bytes(scenario.resident_threads)


def _moments(scenario: Scenario) -> tuple[Moment, ...]:
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        return tuple(rule_of_thumb_moments(scenario))
    _raise_if_refused(scenario)
    if scenario.mtp_num_layers:  # which Megatron alone trains
        scenario = replace(scenario, mtp_num_layers=0)
    run = _SERVING[scenario.runtime] if scenario.task is Task.INFERENCE else training_moments
    return run(as_run(scenario), _context(scenario))


def _raise_if_refused(scenario: Scenario) -> None:
    refused = refusal(scenario)
    if refused is not None:
        raise RefusedError(refused)


def moments_of(scenario: Scenario, stage: int = 0) -> tuple[Moment, ...]:
    """The film of a GPU of pipeline stage ``stage``, in order. Raises RefusedError."""
    if _is_spread(scenario):
        _raise_if_refused(scenario)
        if scenario.task is Task.TRAINING:
            return stage_moments(as_run(scenario), _context(scenario), stage)
        if scenario.runtime is Runtime.LLAMA_CPP:
            return llama_cpp_film(scenario, _context(scenario), stage)
        return inference_film(scenario, _context(scenario), stage)
    return _moments(scenario)


def _is_spread(scenario: Scenario) -> bool:
    return not scenario.parallel.plain and scenario.estimator is Estimator.DETAILED


def _total(moment: Moment) -> int:
    return sum(moment.stack)


#: Moments at which weights, gradients and optimizer states are there together.
_HOLD_ALL = frozenset({MomentName.OPTIMIZER_STEP, MomentName.BACKWARD})


def _bytes_per_parameter(scenario: Scenario, moments: tuple[Moment, ...]) -> float:
    """Of the moment that holds all three at once; inference has only weights, and holds them from the start."""
    held = moments[0].stack
    for moment in moments:
        if moment.name in _HOLD_ALL:
            held = moment.stack  # the last of them: the rule of thumb knows no optimizer step
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        parameters = scenario.architecture.nominal_parameters
    else:
        parameters = parameter_count(scenario.architecture) + prediction_parameters(scenario.architecture, trained_heads(scenario))
    return (held.weights + held.gradients + held.optimizer) / parameters


def estimate(scenario: Scenario, calibration: Calibration | None = None) -> Estimate:
    """The moments of ``scenario`` and their peak; with bounds where ``calibration`` has runs of its kind, and with the context of the
    machine where it has that.

    Raises RefusedError where no real run is like it.
    """
    run = run_of(scenario)
    known_context = calibration is not None and process_kind(scenario) in calibration.own_context
    if calibration is not None and known_context and scenario.estimator is Estimator.DETAILED:
        extra = calibration.extra_bytes(scenario)
        run = run._replace(devices=tuple(_with_context(device, extra) for device in run.devices))
    worst = run.devices[0] if len(run.devices) == 1 else run.worst
    moments, peak = worst.moments, worst.peak
    within: Bounds | None = None
    # The rule of thumb is not what was measured against.
    if calibration is not None and scenario.estimator is Estimator.DETAILED:
        band = calibration.band(scenario)
        if band is not None:
            within = bounds(calibration, band, peak.stack, known_context=known_context)
    low, high, lower, upper = within or _UNKNOWN
    share = _bytes_per_parameter(scenario, moments)
    return Estimate(moments, peak, share, scenario.architecture, low, high, lower, upper, run.devices, run.host_bytes)


def _with_context(device: Device, extra_bytes: int) -> Device:
    """``device`` where a process takes so much more beside its tensors; less than nothing it never takes."""
    moments = tuple(
        moment._replace(stack=moment.stack._replace(runtime=max(0, moment.stack.runtime + extra_bytes))) for moment in device.moments
    )
    return device._replace(moments=moments, peak=max(moments, key=_total))


#: No band.
_UNKNOWN = (None, None, None, None)


def peak_bytes(scenario: Scenario) -> int:
    """Total of the peak alone: what solving backwards calls many times. Raises RefusedError."""
    if _is_spread(scenario):
        return run_of(scenario).worst.total_bytes
    return max(map(_total, _moments(scenario)))
