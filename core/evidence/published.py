"""Records of published measurements: totals and single components of runs that others made."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from core.evidence.engine_runs import card_bytes, is_of_engine, predicted
from core.evidence.inference_runs import inference_scenario, is_sum_over_gpus, torch_counted_bytes
from core.evidence.llama_runs import is_of_llama_cpp, predicted_of_llama_cpp, scenario_of_llama_cpp
from core.evidence.models import architecture_of
from core.evidence.parallel_runs import changes_on_several, context_beyond, is_on_several, is_training_on_several, stated_device, sum_over
from core.evidence.records import UnsupportedError
from core.evidence.training_runs import training_scenario
from core.memory import MomentName, Readings, Scenario, Stack, estimate
from core.memory.units import GB, GIB


class Prediction(NamedTuple):
    reading: str
    predicted_bytes: int
    measured_bytes: int


def predict(record: Mapping[str, Any]) -> Prediction:
    """The reading that was measured. Raises UnsupportedError, RefusedError; KeyError and the like for an odd record."""
    measured = record["measured"]
    bytes_measured = int(measured["bytes"])
    if is_of_llama_cpp(record):
        return Prediction(*predicted_of_llama_cpp(record), bytes_measured)
    if is_of_engine(record):
        return Prediction(*predicted(record), bytes_measured)
    scenario = scenario_of(record)
    component, quantity = str(measured["component"]), str(measured["quantity"])
    result = estimate(scenario)
    counted = torch_counted_bytes(record, scenario)
    if component == "weights":
        return Prediction("weights", result.moments[0].stack.weights, bytes_measured)
    if component == "kv_cache":
        stacks = [moment.stack for moment in result.moments]
        return Prediction("kv_cache", max(stack.kv_cache for stack in stacks), bytes_measured)
    if quantity == "torch_allocated_at_end":
        return Prediction("allocated_at_end", counted + _at_end({moment.name: moment.stack for moment in result.moments}), bytes_measured)
    if component != "total":
        raise UnsupportedError(f"{component} is not predicted by itself")
    readings = result.readings
    if is_training_on_several(record):
        device = stated_device(record, result.devices)
        own = device.readings._replace(process_bytes=device.readings.process_bytes + context_beyond(record))
        readings = Readings(*(sum_over(record) * each for each in own))
        return _total(readings, quantity, bytes_measured, unit_sure=measured.get("unit_sure") is not False)
    readings = _within_card(readings._replace(allocated_bytes=readings.allocated_bytes + counted), record)
    return _total(readings, quantity, bytes_measured, unit_sure=measured.get("unit_sure") is not False)


def _within_card(readings: Readings, record: Mapping[str, Any]) -> Readings:
    """Torch gives cached blocks back rather than fail, so what it reserves on a full card is no more than that has."""
    try:
        card = card_bytes(record)
    except UnsupportedError:
        return readings
    context = readings.process_bytes - readings.reserved_bytes
    reserved = min(readings.reserved_bytes, max(readings.allocated_bytes, card - context))
    return readings._replace(reserved_bytes=reserved, process_bytes=reserved + context)


def _at_end(stacks: Mapping[MomentName, Stack]) -> int:
    """What is left when a run has ended: the level between steps, or weights and the full cache."""
    if MomentName.BETWEEN_STEPS in stacks:
        stack = stacks[MomentName.BETWEEN_STEPS]
        return stack.weights + stack.optimizer
    stack = stacks[MomentName.DECODE]
    return stack.weights + stack.kv_cache


def _total(readings: Readings, quantity: str, measured: int, *, unit_sure: bool) -> Prediction:
    named = {
        "torch_peak_allocated": ("allocated", readings.allocated_bytes),
        "torch_peak_reserved": ("reserved", readings.reserved_bytes),
        "process_memory": ("process", readings.process_bytes),
    }
    if quantity in named:
        candidates = [named[quantity]]
    elif quantity in ("not_stated", "engine_log"):
        candidates = list(named.values())
    else:
        raise UnsupportedError(f"the reading {quantity} is not predicted")
    # where it is open whether GB or GiB was meant, the nearer counts
    measures = (measured,) if unit_sure else (measured, measured * GIB // GB)
    pairs = [Prediction(name, predicted, each) for name, predicted in candidates for each in measures]
    return min(pairs, key=lambda pair: abs(pair.predicted_bytes - pair.measured_bytes) / pair.measured_bytes)


def scenario_of(record: Mapping[str, Any]) -> Scenario:
    """Raises UnsupportedError for what is not modelled."""
    if is_of_llama_cpp(record):
        return scenario_of_llama_cpp(record)
    spread = is_training_on_several(record)
    if is_on_several(record) and not spread and not is_sum_over_gpus(record):
        raise UnsupportedError("inference on several GPUs is not modelled")
    architecture = architecture_of(record["model"])
    if record["task"] == "training":
        scenario = training_scenario(record["run"], architecture, str(record.get("note") or ""), several=spread)
        return scenario.evolve(**changes_on_several(record)) if spread else scenario
    model = str(record["model"].get("name"))
    return inference_scenario(record["run"], architecture, str(record["measured"]["component"]), model)
