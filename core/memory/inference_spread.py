"""Inference on many GPUs: the film of each distinct one.

transformers (``device_map="auto"``) gives each GPU some of the layers, by their size (core.memory.device_map), the embedding to the first
and the head to the last that has something, or to the first where both are one matrix; every GPU has the working set of its own layers.
vLLM and SGLang divide every matrix (tensor parallelism), layers between stages (pipeline) and, where asked to, experts; replicas share
nothing but those, which vLLM's always do. Keys and values follow their heads, repeated where there are more GPUs than heads; latents are
whole everywhere. Logits are gathered for the sampler: each GPU of the last stage sees all of the vocabulary.

Sources: accelerate's ``infer_auto_device_map``; vllm/model_executor/layers/linear.py, logits_processor.py and vocab_parallel_embedding.py;
vLLM's and SGLang's guides to data parallelism.
Measured: Qwen2.5-32B on two L40S takes 30.71 GiB a GPU once loaded, 1.26 in its largest step, and states 0.30 that are not torch's.
llama.cpp is core.memory.llama_split.
"""

from dataclasses import replace
from typing import NamedTuple

from core.memory.architecture import Architecture
from core.memory.components import Cause, Device, Moment, MomentName, Stack
from core.memory.device_map import inference_stages
from core.memory.division import Stage, part_of, with_gpus_of_stage, with_layers
from core.memory.formats import unquantized_bytes_per_value
from core.memory.inference import inference_moments
from core.memory.numerics import numerics
from core.memory.parallel import ONE_GPU, Parallelism
from core.memory.parameters import embedding_parameters, norm_parameters, position_parameters
from core.memory.prediction import loaded_heads
from core.memory.runtime import moment_of
from core.memory.scenario import Runtime, Scenario
from core.memory.serving import kv_pool_bytes, max_concurrency, serving_moments
from core.memory.units import MIB, ceil_div

#: What is not torch's grows by it where GPUs talk to each other: 0.30 GiB with two L40S, 0.12 at the median with one.
NCCL_SERVING_BYTES = 184 * MIB


def inference_devices(scenario: Scenario, runtime_bytes: int) -> tuple[Device, ...]:
    """The distinct GPUs of a run in transformers, vLLM or SGLang, in rank order."""
    parallel = scenario.parallel
    found: list[Device] = []
    first_layer = 0
    for stage in inference_stages(scenario):
        moments = _film(scenario, stage, first_layer, runtime_bytes)
        first_layer += stage.layers
        with_gpus_of_stage(found, moments, stage, parallel)
    return tuple(found)


def inference_film(scenario: Scenario, runtime_bytes: int, number: int) -> tuple[Moment, ...]:
    """The film of a GPU of stage ``number`` alone."""
    every = inference_stages(scenario)
    return _film(scenario, every[number], sum(stage.layers for stage in every[:number]), runtime_bytes)


def _film(scenario: Scenario, stage: Stage, first_layer: int, runtime_bytes: int) -> tuple[Moment, ...]:
    if scenario.runtime is Runtime.TRANSFORMERS:
        return _transformers_film(scenario, stage, first_layer, runtime_bytes)
    return _engine_film(scenario, stage, first_layer, runtime_bytes)


def _with_vocabulary(arch: Architecture, *, whole: bool) -> Architecture:
    """One matrix over the vocabulary, or hardly any of it."""
    return replace(arch, vocab_size=arch.vocab_size if whole else 1, tie_word_embeddings=True, file_format=None, file_bytes=0)


def _outside_bytes(arch: Architecture, stage: Stage, wide: int, *, head: bool) -> int:
    """By how much the weights of a stage differ from its layers' with one vocabulary matrix (``head``) or next to none."""
    embedding = wide * arch.vocab_size * arch.hidden_size
    tied = arch.tie_word_embeddings
    extra = 0 if stage.first else -wide * position_parameters(arch)
    if head:
        return extra + (embedding if stage.first and not tied else 0)
    return extra + (embedding if stage.first else 0) - wide * (arch.hidden_size + norm_parameters(arch, arch.hidden_size))


def _heavier(moments: tuple[Moment, ...], extra: int) -> tuple[Moment, ...]:
    return tuple(moment._replace(stack=moment.stack._replace(weights=moment.stack.weights + extra)) for moment in moments)


def _transformers_film(scenario: Scenario, stage: Stage, first_layer: int, runtime_bytes: int) -> tuple[Moment, ...]:
    arch = scenario.architecture
    head = stage.first if arch.tie_word_embeddings else stage.last
    if not stage.layers:
        return _film_without_layers(scenario, stage, runtime_bytes, head=head)
    shape = _with_vocabulary(with_layers(arch, first_layer, stage.layers), whole=head)
    if not stage.first:  # the vision tower comes before the layers
        shape = replace(shape, vision_parameters=0)
    extra = _outside_bytes(arch, stage, unquantized_bytes_per_value(scenario.weights), head=head)
    return _heavier(inference_moments(replace(scenario, architecture=shape, parallel=ONE_GPU), runtime_bytes), extra)


def _film_without_layers(scenario: Scenario, stage: Stage, runtime_bytes: int, *, head: bool) -> tuple[Moment, ...]:
    """Of a GPU that has the embedding, or the head, and no layer; of one that has neither nothing, not even a context."""
    arch, e = scenario.architecture, numerics(scenario).compute
    matrices = head + (stage.first and not arch.tie_word_embeddings)
    weights = unquantized_bytes_per_value(scenario.weights) * matrices * embedding_parameters(arch)
    load = Stack(weights=weights, runtime=runtime_bytes) if weights else Stack()
    moments = []
    for name, tokens in ((MomentName.PREFILL, scenario.batch_size * scenario.prompt_length), (MomentName.DECODE, scenario.batch_size)):
        states = e * arch.hidden_size * tokens if weights else 0
        logits = e * arch.vocab_size * (scenario.batch_size if scenario.logits_to_keep else tokens) * head
        moments.append(moment_of(name, (load._replace(activations=states, logits=logits), Cause.LOGITS if head else Cause.RESIDENT)))
    return (moment_of(MomentName.LOAD, (load, Cause.RESIDENT)), *moments)


def engine_part(arch: Architecture, parallel: Parallelism, runtime: Runtime) -> Architecture:
    """The shape that one GPU of an engine multiplies with. With expert parallelism every expert is whole, on one of its GPUs; without it
    all replicas of vLLM divide each expert between them, those of SGLang have copies.
    """
    experts = parallel.expert_parallel_size
    if experts == 1:
        if runtime is not Runtime.VLLM or not arch.num_experts or parallel.data_parallel_size == 1:
            return part_of(arch, parallel)
        of_expert = parallel.tensor_parallel_size * parallel.data_parallel_size
        return part_of(arch, replace(parallel, expert_tensor_parallel_size=of_expert))
    shape = part_of(arch, replace(parallel, expert_tensor_parallel_size=1))
    own = ceil_div(arch.num_experts, experts)
    return replace(shape, num_experts=own, num_experts_per_tok=min(arch.num_experts_per_tok, own))


class EnginePart(NamedTuple):
    """What one GPU of an engine serves, as a scenario of its own, and what it has beside that."""

    scenario: Scenario
    more_weight_bytes: int
    talk_bytes: int
    """Not torch's, where GPUs talk to each other."""
    sampled: int | None
    """Entries of the vocabulary that its sampler sees, as ``serving_moments`` takes it."""


def engine_parts(scenario: Scenario) -> tuple[EnginePart, ...]:
    """Of a GPU of each stage, in order; of one GPU the scenario as it is."""
    if scenario.parallel.plain:
        return (EnginePart(scenario, 0, 0, None),)
    parts, first_layer = [], 0
    for stage in inference_stages(scenario):
        parts.append(_engine_part(scenario, stage, first_layer))
        first_layer += stage.layers
    return tuple(parts)


def _engine_part(scenario: Scenario, stage: Stage, first_layer: int) -> EnginePart:
    arch, parallel = scenario.architecture, scenario.parallel
    part = engine_part(with_layers(arch, first_layer, stage.layers), parallel, scenario.runtime)
    # A vision tower is on every stage, its matrices divided as all others are (vLLM's ``mm_encoder_tp_mode``).
    part = replace(part, vision_parameters=ceil_div(arch.vision_parameters, parallel.tensor_parallel_size))
    wide = unquantized_bytes_per_value(scenario.weights)
    # The rows of the router are whole on every GPU.
    extra = wide * arch.hidden_size * (arch.num_experts - part.num_experts) * part.num_moe_layers
    if stage.first and stage.last:
        shape = replace(part, file_format=None, file_bytes=0)
    else:
        shape = _with_vocabulary(part, whole=stage.last)
        # An embedding that is also the head is on both ends.
        extra += _outside_bytes(replace(part, tie_word_embeddings=False), stage, wide, head=stage.last)
        if not stage.last:
            shape = replace(shape, num_nextn_predict_layers=0)
        elif loaded_heads(scenario):  # they are on the last stage, and read embeddings there
            extra += wide * part.vocab_size * part.hidden_size
    own = replace(scenario, architecture=shape, parallel=ONE_GPU)
    alone = parallel.gpus_per_stage == parallel.data_parallel_size and parallel.pipeline_parallel_size == 1
    shared = parallel.gpus_per_stage > 1 and arch.num_experts and (parallel.expert_parallel_size > 1 or scenario.runtime is Runtime.VLLM)
    talks = shared or not alone
    return EnginePart(own, extra, NCCL_SERVING_BYTES if talks else 0, arch.vocab_size if stage.last else 0)


def _engine_film(scenario: Scenario, stage: Stage, first_layer: int, runtime_bytes: int) -> tuple[Moment, ...]:
    part = _engine_part(scenario, stage, first_layer)
    return _heavier(serving_moments(part.scenario, runtime_bytes + part.talk_bytes, part.sampled), part.more_weight_bytes)


class Pool(NamedTuple):
    """The cache of an engine."""

    pool_bytes: int
    """On the GPU whose part of a sequence finds least room."""
    sequences: int
    """Of ``context_length``, that all replicas together hold at once."""


def engine_pool(scenario: Scenario, card_bytes: int, share: float) -> Pool:
    """What an engine reserves for its cache on cards of ``card_bytes`` each, and what it holds: all stages have as many blocks as the one
    with least room (vLLM's ``get_kv_cache_configs`` takes the least of its workers'); replicas have a pool each.
    """
    pools = []
    for part in engine_parts(scenario):
        beside = part.more_weight_bytes + (part.talk_bytes if scenario.runtime is Runtime.VLLM else 0)
        pool = max(0, kv_pool_bytes(part.scenario, card_bytes, share, part.sampled) - beside)
        pools.append(Pool(pool, max_concurrency(part.scenario, pool) * scenario.parallel.data_parallel_size))
    return min(pools, key=lambda pool: pool.sequences)
