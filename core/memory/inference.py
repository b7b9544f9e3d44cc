"""Inference in transformers: load, prefill of the prompt, decode at full context.

Source: measured storages of transformers 5.23 on torch 2.13 (``generate()`` with a DynamicCache). A moment is the largest of a few
instants; each instant adds its own working set to what is resident.
"""

from typing import NamedTuple

from core.memory.allocator import unsplit_weight_bytes
from core.memory.architecture import Architecture, Norm, Position
from core.memory.attention import (
    alibi_bytes,
    attention_decode_bytes,
    attention_path,
    attention_prefill_bytes,
    causal_mask_bytes,
    kept_scores_bytes,
    kv_cache_row,
    latent_decode_bytes,
    rotary_bytes,
    window_mask,
)
from core.memory.components import Cause, Moment, MomentName, Stack
from core.memory.formats import Format, matrix_bytes
from core.memory.layer_run import Block
from core.memory.mixers import mixer, state_bytes
from core.memory.mlp import mlp_prefill
from core.memory.moe import moe_prefill
from core.memory.numerics import Numerics, numerics
from core.memory.parameters import embedding_parameters
from core.memory.per_layer_input import per_layer_inputs_prefill, per_layer_width
from core.memory.runtime import moment_of
from core.memory.scenario import Attention, Scenario, TransformersRelease
from core.memory.varied import numbers, ordered, shapes
from core.memory.weights import UNPACKED_IN_KERNEL, dequantization_bytes, kernel_buffer_bytes, weight_bytes

#: One id of the vocabulary, int64.
TOKEN_ID_BYTES = 8


def kv_cache_bytes(scenario: Scenario, tokens: int) -> int:
    """Keys and values of ``tokens`` positions (over all sequences): 2*L*kv*d values a token, scales as the format lays them out."""
    return sum([shape_cache_bytes(scenario, shape, tokens) for shape in shapes(scenario.architecture)])


def shape_cache_bytes(scenario: Scenario, shape: Architecture, tokens: int) -> int:
    """The same in the layers of one shape."""
    rows, columns = kv_cache_row(shape)
    return matrix_bytes(scenario.kv_cache, rows * tokens, columns)


def decode_cache_bytes(scenario: Scenario, tokens: int) -> int:
    """The same once generation runs: layers with a sliding window hold no more than the window."""
    return sum([_decode_cache(scenario, shape, tokens) for shape in shapes(scenario.architecture)])


def _decode_cache(scenario: Scenario, shape: Architecture, tokens: int) -> int:
    outside = tokens - scenario.batch_size * shape.sliding_window
    if not shape.num_sliding_layers or outside <= 0:
        return shape_cache_bytes(scenario, shape, tokens)
    rows, columns = kv_cache_row(shape)
    dropped = rows * shape.num_sliding_layers // shape.num_hidden_layers * outside
    return matrix_bytes(scenario.kv_cache, rows * tokens - dropped, columns)


class _Place(NamedTuple):
    """Where a shape occurs last."""

    shape: Architecture
    cached: int
    """Keys and values that are there once those layers have run."""
    same: int
    """Of the hidden states around a layer (embeddings, its input, its residual), those that are another: the first layer's input is the
    embeddings, without attention the residual is the input."""


def _places(scenario: Scenario, tokens: int) -> list[_Place]:
    arch = scenario.architecture
    if not arch.layer_runs:
        return [_Place(arch, kv_cache_bytes(scenario, tokens), 0)]
    found: dict[int, _Place] = {}
    cached = 0
    for place, (number, run, shape) in enumerate(zip(numbers(arch), arch.layer_runs, ordered(arch), strict=True)):
        cached += shape_cache_bytes(scenario, shape, tokens)
        same = (place == 0 and run.layers == 1) + (run.attention is Block.NONE)
        found[number] = _Place(shape, cached, same)
    return list(found.values())


def mixing_stage(scenario: Scenario, tokens: int) -> Stack:
    """A mixer over the prompt, the last of them, where most is cached: what it needs at once, and embeddings, residual and its own input.
    Its state is not there yet, nor the keys and values of attention behind it.
    """
    arch, length = scenario.architecture, scenario.prompt_length
    n = numerics(scenario)
    stream = 3 * n.compute + (4 - min(4, n.compute)) * arch.residual_in_fp32
    attention_done = bool(arch.num_mixers_after_attention)
    rows, columns = kv_cache_row(arch)
    later = rows // arch.attention_layers if arch.attention_layers and not attention_done else 0
    cache = matrix_bytes(scenario.kv_cache, (rows - later) * tokens, columns)
    return Stack(
        kv_cache=cache + state_bytes(arch, scenario.batch_size, n.compute, 1),
        activations=mixer(arch).forward_peak(arch, scenario.batch_size, length, n.compute) + stream * arch.hidden_size * tokens,
    )


def old_rotary_table_bytes(scenario: Scenario, width: int) -> int:
    """Cos and sin of every position the model knows, which each layer held for itself before 4.45: 2*L*positions*d values.

    Measured: Qwen2-0.5B and -1.5B in 4.38.2 take 0.19 and 0.44 GiB more than weights and cache (Qwen's published speed tables).
    """
    arch = scenario.architecture
    if scenario.transformers_release is not TransformersRelease.BEFORE_4_45:
        return 0
    return 2 * width * arch.num_hidden_layers * arch.max_position_embeddings * arch.rotated


def loaded_head_bytes(scenario: Scenario) -> int:
    """AutoAWQ's checkpoints of models with tied embeddings have the head once more, 16-bit; it is loaded, and let go when it is tied.

    Measured: Qwen2.5-0.5B and -3B (transformers 4.46) peak 2*V*h above weights for one token of prompt, and as GPTQ builds do for 6144;
    Qwen2-0.5B and -1.5B (4.38) do not.
    """
    arch = scenario.architecture
    old = scenario.transformers_release is TransformersRelease.BEFORE_4_45
    if old or scenario.weights is not Format.AWQ_INT4 or not arch.tie_word_embeddings:
        return 0
    return 2 * embedding_parameters(arch)


def _tokens_seen(scenario: Scenario, shape: Architecture) -> int:
    """Cached tokens, of all sequences, that a layer of a shape looks at to decode; where layers differ, some see no more than a window."""
    seen, window = scenario.context_length, shape.sliding_window
    apart = scenario.architecture.layer_runs and shape.num_sliding_layers
    return scenario.batch_size * (min(seen, window) if apart else seen)


def _key_copy_bytes(scenario: Scenario, shape: Architecture) -> int:
    """One layer's keys, once more; nothing grows without attention, nor where keys are another layer's."""
    if not shape.cached_layers:
        return 0
    return matrix_bytes(scenario.kv_cache, _tokens_seen(scenario, shape) * shape.num_cached_heads, shape.head_dim)


def _attention_over_cache(scenario: Scenario, n: Numerics, shape: Architecture) -> int:
    if not shape.attention_layers:
        return 0
    batch = scenario.batch_size
    path = attention_path(scenario.attention, n, shape)
    return attention_decode_bytes(path, n, shape, batch, _tokens_seen(scenario, shape) // batch)


def _window_bytes(scenario: Scenario, shape: Architecture) -> int:
    """Keys and values of one layer within its window."""
    if not (shape.num_sliding_layers and shape.cached_layers):
        return 0
    tokens = scenario.batch_size * min(shape.sliding_window, scenario.prompt_length)
    return matrix_bytes(scenario.kv_cache, 2 * tokens * shape.num_key_value_heads, shape.head_dim)


def inference_moments(scenario: Scenario, runtime_bytes: int) -> tuple[Moment, ...]:
    """Load, prefill and decode of ``scenario``."""
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.prompt_length
    n = numerics(scenario)
    e, h, v = n.compute, arch.hidden_size, arch.vocab_size
    tokens = batch * length
    eager = scenario.attention is Attention.EAGER
    weights = weight_bytes(arch, scenario.weights) + old_rotary_table_bytes(scenario, e)
    buffer = kernel_buffer_bytes(arch, scenario.weights)
    dequantization = dequantization_bytes(arch, scenario.weights)
    decoding = buffer if scenario.weights in UNPACKED_IN_KERNEL else dequantization
    load = Stack(weights=weights + loaded_head_bytes(scenario), workspace=buffer, runtime=runtime_bytes)

    all_cached = kv_cache_bytes(scenario, tokens)
    prompt = Stack(
        weights=weights,
        kv_cache=all_cached + state_bytes(arch, batch, e),
        inputs=TOKEN_ID_BYTES * tokens,
        runtime=runtime_bytes,
    )
    tables = rotary_bytes(n, arch, length) + TOKEN_ID_BYTES * length * bool(arch.attention_layers)
    if arch.position is Position.ALIBI:
        tables = alibi_bytes(n, arch, tokens)
    if arch.positions_of_each_sequence:
        tables = (e * h + 12) * tokens
    elif arch.position is Position.LEARNED:
        tables += e * h * length
    # A mask of booleans for layers with a window, there or not in the one that needs most.
    windowed = window_mask(arch, length)
    masked = windowed or arch.window_mask_unused or arch.mask_always
    mask = length * length if masked and not eager else 0
    inputs_of_layers = e * per_layer_width(arch) * tokens
    stages = []
    if inputs_of_layers:
        making = prompt._replace(kv_cache=0, activations=per_layer_inputs_prefill(arch, tokens), workspace=dequantization)
        stages.append((making, Cause.EMBEDDING))
    for shape, cached, same in _places(scenario, tokens):
        if shape.keys_shared and arch.hidden_size_per_layer_input and not arch.altup_num_inputs and scenario.logits_to_keep:
            continue  # Gemma 4 hands no more than the last token on to layers that cache nothing
        path = attention_path(scenario.attention, n, shape)
        there = prompt._replace(kv_cache=cached + prompt.kv_cache - all_cached)
        kept_scores = kept_scores_bytes(path, n, shape, batch, length) * (shape.attention_layers > 0) + mask
        largest = max(mlp_prefill(n, shape), moe_prefill(shape) if shape.num_experts else 0)
        mlp = there._replace(
            activations=tokens * (largest - same * e * h) + tables + inputs_of_layers,
            workspace=kept_scores + buffer,
        )
        # A matrix is widened to be multiplied with, while the MLP's last tensor, the product of its factors, is not there yet.
        product = 0 if shape.num_experts else tokens * e * shape.intermediate_size
        widened = mlp._replace(activations=mlp.activations - product, workspace=kept_scores + dequantization)
        scores = attention_prefill_bytes(path, n, shape, batch, length)
        if mask and windowed and shape.num_sliding_layers:
            scores = max(scores, tokens * (3 * e * h + 3 * e * shape.query_size) + 4 * length**2)
        if shape.norm is Norm.RMS_POWER:
            scores += mask
        attention = there._replace(activations=inputs_of_layers, workspace=scores + tables + dequantization)
        if arch.num_mixer_layers:
            states = state_bytes(arch, batch, e, arch.num_mixers_after_attention)
            attention = attention._replace(kv_cache=all_cached + states)
            stage = mixing_stage(scenario, tokens)
            masks = mask + arch.masks * causal_mask_bytes(path, n, arch, batch, length)
            stage = prompt._replace(kv_cache=stage.kv_cache, activations=stage.activations + tables, workspace=masks + dequantization)
            stages.append((stage, Cause.MIXER))
        stages += [(mlp, Cause.MLP), (widened, Cause.MLP), (attention, Cause.ATTENTION)]
    old = scenario.transformers_release is TransformersRelease.BEFORE_4_45
    kept = tokens if old or not scenario.logits_to_keep else batch
    logits = prompt._replace(activations=e * h * tokens, logits=(e + 4 * old) * v * kept, workspace=buffer)

    # torch.cat makes one layer's new keys beside the old ones; the step's own tensors are some 9 vectors a sequence.
    cached = batch * scenario.context_length
    grown = Stack(
        weights=weights,
        kv_cache=decode_cache_bytes(scenario, cached) + state_bytes(arch, batch, e),
        inputs=TOKEN_ID_BYTES * batch,
        runtime=runtime_bytes,
    )
    key_copy = max([_key_copy_bytes(scenario, shape) for shape in shapes(arch)])
    if arch.kv_lora_rank:
        key_copy = latent_decode_bytes(arch, batch, scenario.context_length)
    step = 9 * h * batch
    growth = grown._replace(activations=step, workspace=key_copy + decoding)
    if arch.num_mixer_layers:
        decoding_mixer = grown._replace(activations=6 * h * batch, workspace=mixer(arch).decode_peak(arch, batch, e) + decoding)
    repeated = max([_attention_over_cache(scenario, n, shape) for shape in shapes(arch)])
    decode_attention = grown._replace(activations=step, workspace=repeated + decoding)
    # After prefill, layers with a window still hold views of the whole prompt; each lets go of its own in the first step.
    window = max([_window_bytes(scenario, shape) for shape in shapes(arch)])
    first = prompt._replace(kv_cache=prompt.kv_cache + window, activations=step, workspace=buffer)
    next_logits = grown._replace(activations=e * h * batch, logits=e * v * batch, workspace=buffer)

    unsplit = unsplit_weight_bytes(arch, scenario.weights)
    return (
        moment_of(MomentName.LOAD, (load, Cause.RESIDENT), unsplit=unsplit),
        moment_of(
            MomentName.PREFILL,
            *stages,
            (logits, Cause.LOGITS),
            unsplit=unsplit,
        ),
        moment_of(
            MomentName.DECODE,
            *(((first, Cause.RESIDENT),) if arch.num_sliding_layers else ()),
            (growth, Cause.CACHE_GROWTH),
            *(((decoding_mixer, Cause.MIXER),) if arch.num_mixer_layers else ()),
            (decode_attention, Cause.ATTENTION),
            (next_logits, Cause.LOGITS),
            unsplit=unsplit,
        ),
    )
