"""estimate(): from a scenario to the film of its run."""

from core.memory.calibration import Calibration, bounds
from core.memory.components import Estimate, Moment, MomentName
from core.memory.inference import inference_moments
from core.memory.parameters import parameter_count
from core.memory.refusal import RefusedError, refusal
from core.memory.rule_of_thumb import rule_of_thumb_moments
from core.memory.runtime import CUDA_CONTEXT_BYTES
from core.memory.scenario import Estimator, Runtime, Scenario, Task
from core.memory.serving import serving_moments
from core.memory.training import training_moments

#: How each runtime serves a model; all training is PyTorch's.
_SERVING = {
    Runtime.TRANSFORMERS: inference_moments,
    Runtime.VLLM: serving_moments,
    Runtime.SGLANG: serving_moments,
}


def moments_of(scenario: Scenario) -> tuple[Moment, ...]:
    """The film of a run, in order. Raises RefusedError."""
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        return tuple(rule_of_thumb_moments(scenario))
    refused = refusal(scenario)
    if refused is not None:
        raise RefusedError(refused)
    run = _SERVING[scenario.runtime] if scenario.task is Task.INFERENCE else training_moments
    return run(scenario, CUDA_CONTEXT_BYTES)


def _total(moment: Moment) -> int:
    return sum(moment.stack)


def _bytes_per_parameter(scenario: Scenario, moments: tuple[Moment, ...]) -> float:
    """Of the moment that holds all three at once; inference has only weights, and holds them from the start."""
    held = moments[0].stack
    for moment in moments:
        if moment.name in (MomentName.OPTIMIZER_STEP, MomentName.BACKWARD):
            held = moment.stack  # the last of them: the rule of thumb knows no optimizer step
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        parameters = scenario.architecture.nominal_parameters
    else:
        parameters = parameter_count(scenario.architecture)
    return (held.weights + held.gradients + held.optimizer) / parameters


def estimate(scenario: Scenario, calibration: Calibration | None = None) -> Estimate:
    """The moments of ``scenario`` and their peak; with bounds where ``calibration`` has runs of its kind.

    Raises RefusedError where no real run is like it.
    """
    moments = moments_of(scenario)
    peak = max(moments, key=_total)
    of_peak: tuple[int, ...] = ()
    # The rule of thumb is not what was measured against.
    if calibration is not None and scenario.estimator is Estimator.DETAILED:
        band = calibration.band(scenario)
        if band is not None:
            of_peak = bounds(calibration, band, peak.stack)
    return Estimate(moments, peak, _bytes_per_parameter(scenario, moments), scenario.architecture, *of_peak)


def peak_bytes(scenario: Scenario) -> int:
    """Total of the peak alone: what solving backwards calls many times. Raises RefusedError."""
    return max(map(_total, moments_of(scenario)))
