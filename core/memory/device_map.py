"""Where transformers (``device_map="auto"``) and engines put the layers of a model over several GPUs.

Of transformers every GPU but the last may take its share of the model and one and a quarter of its largest piece, the first one a piece
less; pieces (the vision tower, the embedding, layers, the head) fill one GPU after the other, so that the last one has least, or nothing.

Source: ``get_balanced_memory`` and ``infer_auto_device_map`` of transformers 5.24, whose maps of models on the meta device are met.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from core.memory.architecture import Architecture
from core.memory.division import Stage, stages, with_layers
from core.memory.formats import Format, unquantized_bytes_per_value
from core.memory.layer_pattern import has_mixer_or_whole_layers
from core.memory.parameters import embedding_parameters, position_parameters
from core.memory.scenario import ENGINES, Runtime, Scenario
from core.memory.weights import weight_bytes

#: Formats that bitsandbytes makes while it loads, for which a tenth of what a GPU may take stays free (``adjust_max_memory``).
_MADE_ON_LOADING = frozenset({Format.INT8, Format.NF4, Format.NF4_DOUBLE, Format.FP4})


class DeviceMap(NamedTuple):
    """Of each GPU, in order."""

    layers: tuple[int, ...]
    embedding: int
    """The GPU that has it."""
    head: int
    """That has final norm and head; one that is the embedding is with it."""


@lru_cache(maxsize=64)  # the sliders of batch and context move without it
def device_map(arch: Architecture, fmt: Format, gpus: int) -> DeviceMap:
    """Of ``arch`` stored in ``fmt`` on cards that hold their share."""
    wide = unquantized_bytes_per_value(fmt)
    embedding = wide * (embedding_parameters(arch) + position_parameters(arch))
    head = 0 if arch.tie_word_embeddings else wide * embedding_parameters(arch)
    percent = 90 if fmt in _MADE_ON_LOADING else 100
    return _filled(_layer_sizes(arch, fmt), wide * arch.vision_parameters, embedding, head, gpus, percent)


def inference_stages(scenario: Scenario) -> tuple[Stage, ...]:
    """The stages of a run in transformers, where a GPU may have no layer, or in an engine: as they are given, else as it makes them."""
    arch, parallel = scenario.architecture, scenario.parallel
    if parallel.layers_per_stage or parallel.pipeline_parallel_size == 1:
        return stages(arch, parallel)
    if scenario.runtime in ENGINES:
        layers = engine_layers(scenario.runtime, arch.num_hidden_layers, parallel.pipeline_parallel_size)
        return stages(arch, replace(parallel, layers_per_stage=layers))
    found = device_map(arch, scenario.weights, parallel.pipeline_parallel_size)
    return tuple(Stage(gpu, layers, gpu == found.embedding, gpu == found.head, (1, 1)) for gpu, layers in enumerate(found.layers))


def engine_layers(runtime: Runtime, layers: int, stages: int) -> tuple[int, ...]:
    """Of each stage; those left over go to the last ones, of vLLM but for the very last (either's ``get_pp_indices``)."""
    each, more = divmod(layers, stages)
    end = stages - (runtime is Runtime.VLLM)
    return tuple(each + (end - more <= stage < end) for stage in range(stages))


def _layer_sizes(arch: Architecture, fmt: Format) -> list[int]:
    """Bytes of each layer."""
    bare = replace(arch, vocab_size=1, tie_word_embeddings=True, vision_parameters=0, file_format=None, file_bytes=0)
    count = arch.num_hidden_layers
    whole = weight_bytes(bare, fmt)
    if not (arch.num_mixer_layers or arch.layer_runs or arch.first_k_dense_replace or arch.expert_layer_period > 1):
        return [whole // count] * count
    # Single blocks before the first mixer have as much each, as without one they are not modelled.
    begin = next(layers for layers in range(1, count + 1) if not arch.num_mixer_layers or has_mixer_or_whole_layers(arch, 0, layers))
    upto = [weight_bytes(with_layers(bare, 0, layers), fmt) for layers in range(begin, count + 1)]
    return [upto[0] // begin] * begin + [after - before for before, after in pairwise(upto)]


def _filled(layers: Sequence[int], tower: int, embedding: int, head: int, gpus: int, percent: int) -> DeviceMap:
    total = tower + embedding + sum(layers) + head
    most = (total // gpus + 5 * max(embedding, *layers) // 4) * percent // 100
    # Behind each layer the largest piece that is left, for which the first GPU keeps room.
    left = [head]
    for size in reversed(layers):
        left.append(max(left[-1], size))
    left.reverse()

    counts, gpu, used = [0] * gpus, 0, 0

    def place(size: int, behind: int) -> None:
        nonlocal gpu, used
        while gpu < gpus - 1 and used + size > most - (behind if gpu == 0 else 0):
            gpu, used = gpu + 1, 0
        used += size

    place(tower, max(embedding, left[0]))
    place(embedding, left[0])
    first = gpu
    if gpu == 0 and used + sum(layers) <= most - head:  # all of them at once
        counts[0], used = len(layers), used + sum(layers)
    else:
        for size, behind in zip(layers, left[1:], strict=True):
            place(size, behind)
            counts[gpu] += 1
    place(head, 0)
    return DeviceMap(tuple(counts), first, gpu if head else first)
