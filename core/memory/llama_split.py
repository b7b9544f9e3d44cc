"""llama.cpp on several GPUs, and on a GPU and its host.

``--split-mode layer``: each GPU has some of the layers that are not the host's, with their cache, the last one the output too; each has a
compute buffer of its own, and the first holds the inputs of four micro-batches in flight (``GGML_SCHED_MAX_COPIES``), three more than
one GPU does. Measured: Llama-2-7B on four GPUs at a context of 4096 takes 320.5 + 3 x 296 MiB. ``--split-mode row`` divides the rows of
matrices; cache, small tensors and results are the first GPU's.
"""

from dataclasses import replace

from core.memory.components import Cause, Device, Moment, MomentName, Stack
from core.memory.division import layers_of_stages
from core.memory.gguf import experts_bytes, head_bytes, layers_bytes
from core.memory.llama_cpp import (
    cache_bytes,
    compute_buffer_bytes,
    device_weight_bytes,
    experts_on_host,
    layers_on_host,
    padded_context,
)
from core.memory.parallel import ONE_GPU
from core.memory.scenario import Scenario
from core.memory.units import ceil_div

_MORE_COPIES = 3


def llama_cpp_devices(scenario: Scenario, runtime_bytes: int) -> tuple[Device, ...]:
    """The distinct GPUs, in order."""
    found: list[Device] = []
    parallel = scenario.parallel
    for number in range(parallel.world_size):
        moments = llama_cpp_film(scenario, runtime_bytes, number)
        gpu = parallel.gpus[number] if parallel.gpus else ""
        if found and found[-1].gpu == gpu and found[-1].moments == moments:
            found[-1] = found[-1]._replace(alike=found[-1].alike + 1)
        else:
            found.append(Device(moments, moments[1], number, number, 1, gpu))
    return tuple(found)


def llama_cpp_film(scenario: Scenario, runtime_bytes: int, number: int) -> tuple[Moment, ...]:
    """Load, and serving, of GPU ``number``."""
    part = _rows_of if scenario.parallel.tensor_parallel_size > 1 else _layers_of
    weights, cache, buffer = part(scenario, number)
    loaded = Stack(weights=weights, runtime=runtime_bytes)
    serving = loaded._replace(kv_cache=cache, workspace=buffer)
    return Moment(MomentName.LOAD, loaded, Cause.RESIDENT), Moment(MomentName.SERVING, serving, Cause.RESIDENT)


def _layers_of(scenario: Scenario, number: int) -> tuple[int, int, int]:
    """Weights, cache and compute buffer of GPU ``number``, which has some of the layers."""
    arch, file = scenario.architecture, scenario.weights
    host = layers_on_host(scenario)
    one = replace(scenario, parallel=ONE_GPU)
    output = head_bytes(arch, file) if scenario.n_gpu_layers else 0
    by_rule = layers_bytes(arch, file, host) + output - experts_bytes(arch, file, host, experts_on_host(scenario))
    bounds = _bounds(scenario, host)
    first, end, here = bounds[number], bounds[number + 1], arch.num_hidden_layers - host
    part = layers_bytes(arch, file, host + first)
    part += output if number == len(bounds) - 2 else -layers_bytes(arch, file, host + end)
    part -= experts_bytes(arch, file, host + first, min(host + end, experts_on_host(scenario)))
    weights = device_weight_bytes(one) * part // by_rule if by_rule else 0
    cache = cache_bytes(one) * (end - first) // here if here else 0
    inputs = 4 * min(scenario.ubatch_size, padded_context(scenario)) * arch.hidden_size
    return weights, cache, compute_buffer_bytes(one) + (0 if number else _MORE_COPIES * inputs)


def _bounds(scenario: Scenario, host: int) -> tuple[int, ...]:
    """Where each GPU's layers begin and the last one's end, in the proportion of ``layers_per_stage``, of those that are not the host's."""
    every = layers_of_stages(scenario.architecture, scenario.parallel)
    total, here = max(1, sum(every)), scenario.architecture.num_hidden_layers - host
    return tuple((2 * here * sum(every[:number]) + total) // (2 * total) for number in range(len(every) + 1))


def _rows_of(scenario: Scenario, number: int) -> tuple[int, int, int]:
    """The same where each GPU has some of the rows of every matrix."""
    one = replace(scenario, parallel=ONE_GPU)
    weights = ceil_div(device_weight_bytes(one), scenario.parallel.tensor_parallel_size)
    return (weights, 0, 0) if number else (weights, cache_bytes(one), compute_buffer_bytes(one))
