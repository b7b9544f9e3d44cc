"""llama.cpp on several GPUs, and on a GPU and its host.

``--split-mode layer``: each GPU has some of the layers that are not the host's, with their cache, the last one the output too; each has a
compute buffer of its own, and the first holds the inputs of four micro-batches in flight (``GGML_SCHED_MAX_COPIES``), three more than
one GPU does. Measured: Llama-2-7B on four GPUs at a context of 4096 takes 320.5 + 3 x 296 MiB. ``--split-mode row`` divides the rows of
matrices; cache, small tensors and results are the first GPU's.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from core.memory.components import Cause, Device, Moment, MomentName, Stack
from core.memory.gguf import experts_bytes, head_bytes, layers_bytes
from core.memory.llama_cpp import (
    cache_bytes,
    cache_within,
    compute_buffer_bytes,
    device_weight_bytes,
    experts_on_host,
    layers_on_host,
    padded_context,
)
from core.memory.parallel import ONE_GPU
from core.memory.runtime import CUDA_CONTEXT_BYTES
from core.memory.scenario import Scenario
from core.memory.units import ceil_div

_MORE_COPIES = 3
#: To find how full cards have to be, to a millionth.
_HALVINGS = 24


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
    layers = _LayersOnGpus(scenario)
    first, end = _places(scenario, layers.count)[number : number + 2]
    weights, cache = layers.part(min(first, layers.count), min(end, layers.count), output=first <= layers.count < end)
    return weights, cache, _buffer_bytes(scenario, first=number == 0)


def _buffer_bytes(scenario: Scenario, *, first: bool) -> int:
    inputs = 4 * min(scenario.ubatch_size, padded_context(scenario)) * scenario.architecture.hidden_size
    return compute_buffer_bytes(replace(scenario, parallel=ONE_GPU)) + (_MORE_COPIES * inputs if first else 0)


class _LayersOnGpus:
    """The layers that are not the host's, and the output after them."""

    def __init__(self, scenario: Scenario) -> None:
        one = replace(scenario, parallel=ONE_GPU)
        self._arch, self._file = scenario.architecture, scenario.weights
        self._host, self._first_expert = layers_on_host(scenario), experts_on_host(scenario)
        self.count = self._arch.num_hidden_layers - self._host
        self._output = head_bytes(self._arch, self._file) if scenario.n_gpu_layers else 0
        self._by_rule = self._from(0) + self._output
        self._stored, self._one = device_weight_bytes(one), one

    def of_each_place(self) -> list[int]:
        """Weights and cache of each layer, and of the output after the last."""
        after = [self._from(layer) for layer in range(self.count + 1)]
        by_rule = [*(here - beyond for here, beyond in pairwise(after)), after[-1] + self._output]
        cached = [cache_within(self._one, layer, layer + 1) for layer in range(self._host, self._host + self.count)]
        return [self._stored * each // max(1, self._by_rule) + cache for each, cache in zip(by_rule, [*cached, 0], strict=True)]

    def _from(self, layer: int) -> int:
        """Bytes by the quantizer's rules of ``layer`` and those after it, without the experts that are the host's."""
        first = self._host + layer
        return layers_bytes(self._arch, self._file, first) - experts_bytes(self._arch, self._file, first, self._first_expert)

    def part(self, first: int, end: int, *, output: bool) -> tuple[int, int]:
        """Weights and cache of the layers from ``first`` to before ``end``; the norm after the last is with the output."""
        by_rule = self._from(first) + (self._output if output else -self._from(end))
        weights = self._stored * by_rule // self._by_rule if self._by_rule else 0
        return weights, cache_within(self._one, self._host + first, self._host + end)


def _places(scenario: Scenario, count: int) -> tuple[int, ...]:
    """Where each GPU's places begin and the last one's end, of ``count`` layers and the output, in the proportion of ``layers_per_stage``
    (``--tensor-split``): a place is the GPU's in whose share it begins (``get_layer_buft_list`` in src/llama-model.cpp).
    """
    every = scenario.parallel.layers_per_stage or (1,) * scenario.parallel.pipeline_parallel_size
    total = max(1, sum(every))
    return tuple(ceil_div((count + 1) * sum(every[:number]), total) for number in range(len(every) + 1))


def balanced_split(scenario: Scenario, usable: Sequence[int]) -> tuple[int, ...]:
    """Proportions for ``--tensor-split`` by which no GPU is fuller, of its ``usable`` bytes, than it must be: layers count by what they
    take on the GPU, which is little where their experts are the host's.
    """
    layers = _LayersOnGpus(scenario)
    fixed = [_buffer_bytes(scenario, first=number == 0) + CUDA_CONTEXT_BYTES for number in range(len(usable))]
    bytes_of = layers.of_each_place()

    def filled(share: float) -> list[int]:
        """Places on each GPU where none is fuller than ``share``, as many as go."""
        found, place = [], 0
        for card, beside in zip(usable, fixed, strict=True):
            first, room = place, share * card - beside
            while place < len(bytes_of) and bytes_of[place] <= room:
                room -= bytes_of[place]
                place += 1
            found.append(place - first)
        return found

    low, high = 0.0, (sum(bytes_of) + max(fixed)) / min(usable)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if sum(filled(middle)) == len(bytes_of) else (middle, high)
    return tuple(filled(high))


def _rows_of(scenario: Scenario, number: int) -> tuple[int, int, int]:
    """The same where each GPU has some of the rows of every matrix."""
    one = replace(scenario, parallel=ONE_GPU)
    weights = ceil_div(device_weight_bytes(one), scenario.parallel.tensor_parallel_size)
    return (weights, 0, 0) if number else (weights, cache_bytes(one), compute_buffer_bytes(one))
