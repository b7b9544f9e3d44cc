"""estimate(): from a scenario to the film of its run."""

from core.memory.components import Estimate, Moment, MomentName
from core.memory.inference import inference_moments
from core.memory.parameters import parameter_count
from core.memory.refusal import RefusedError, refusal
from core.memory.rule_of_thumb import rule_of_thumb_moments
from core.memory.runtime import CUDA_CONTEXT_BYTES
from core.memory.scenario import Estimator, Scenario, Task
from core.memory.training import training_moments


def _moments(scenario: Scenario) -> tuple[Moment, ...]:
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        return tuple(rule_of_thumb_moments(scenario))
    refused = refusal(scenario)
    if refused is not None:
        raise RefusedError(refused)
    of_task = inference_moments if scenario.task is Task.INFERENCE else training_moments
    return of_task(scenario, CUDA_CONTEXT_BYTES)


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


def estimate(scenario: Scenario) -> Estimate:
    """The moments of ``scenario`` and their peak.

    Raises RefusedError where no real run is like it.
    """
    moments = _moments(scenario)
    return Estimate(
        moments=moments,
        peak=max(moments, key=_total),
        bytes_per_parameter=_bytes_per_parameter(scenario, moments),
        architecture=scenario.architecture,
    )


def peak_bytes(scenario: Scenario) -> int:
    """Total of the peak alone: what solving backwards calls many times. Raises RefusedError."""
    return max(map(_total, _moments(scenario)))
