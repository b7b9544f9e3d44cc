"""estimate(): from a scenario to the film of its run."""

from core.memory.architecture import parameter_count
from core.memory.components import Estimate, Moment, Stack
from core.memory.inference import inference_moments
from core.memory.refusal import RefusedError, refusal
from core.memory.rule_of_thumb import rule_of_thumb_moments
from core.memory.runtime import CUDA_CONTEXT_BYTES, with_reserve
from core.memory.scenario import Estimator, Scenario, Task
from core.memory.training import model_state_bytes, training_moments


def _moments(scenario: Scenario) -> tuple[Moment, ...]:
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        return tuple(rule_of_thumb_moments(scenario))
    refused = refusal(scenario)
    if refused is not None:
        raise RefusedError(refused)
    of_task = inference_moments if scenario.task is Task.INFERENCE else training_moments
    return tuple(with_reserve(moment) for moment in of_task(scenario, CUDA_CONTEXT_BYTES))


def _total(moment: Moment) -> int:
    return sum(moment.stack)


def _bytes_per_parameter(scenario: Scenario, moments: tuple[Moment, ...]) -> float:
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        last: Stack = moments[-1].stack
        return (last.weights + last.gradients + last.optimizer) / scenario.architecture.nominal_parameters
    parameters = parameter_count(scenario.architecture)
    if scenario.task is Task.INFERENCE:
        return moments[0].stack.weights / parameters
    return sum(model_state_bytes(scenario)) / parameters


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
