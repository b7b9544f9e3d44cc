"""Serving with llama.cpp, all layers on the card or the last of them: weights, cache and compute buffer, allocated before the first
token.

The token embeddings stay with the host, and so does the table of what each token puts into each layer (Gemma 3n, Gemma 4: an input
layer's tensor in llama-arch.cpp). The compute buffer holds what one micro-batch of ``ubatch_size`` tokens needs at once, in fp32.
Sources: what llama.cpp prints at start, in published logs. Up to mid-2026 the buffer held the logits of a whole micro-batch, or without
flash attention its scores: 4u(V + h) and 4u(C(a + 1) + 4h) meet the logs of eight models to the byte (u tokens of a micro-batch, C the
context). Later builds keep few logits, and what is left is a layer's: 4u(3i + h + 2Q) and the mask meets dense models within 2 %.

Matrices of layers that stay with the host are copied through the compute buffer, one at a time, for micro-batches large enough to be
computed on the card: the largest of them and 4uh on top, as 548.18 MiB of Qwen2.5-3B and 248.54 MiB of Llama-2-13B, both without a layer
on the card, say to the byte.
"""

from dataclasses import replace

from core.memory.architecture import Activation, Architecture, Mixer
from core.memory.components import Cause, HostBytes, Moment, MomentName, Stack
from core.memory.formats import matrix_bytes
from core.memory.gguf import experts_bytes, file_bytes, head_bytes, largest_matrix_bytes, layers_bytes
from core.memory.layer_pattern import layers_within
from core.memory.mixers import mixer, mixer_shapes
from core.memory.parameters import Shape, expert_width
from core.memory.per_layer_input import per_layer_width
from core.memory.scenario import Attention, LlamaCppBuild, Scenario
from core.memory.units import MIB, ceil_div
from core.memory.varied import shapes, within

#: Contexts are whole multiples of it with flash attention, and without.
_PADDING = {Attention.SDPA: 256, Attention.EAGER: 32}


def padded_context(scenario: Scenario) -> int:
    """Cells of the cache of one sequence."""
    cells = _PADDING[scenario.attention]
    return ceil_div(scenario.context_length, cells) * cells


def layers_on_host(scenario: Scenario) -> int:
    """How many of the first layers stay with the host."""
    layers = scenario.architecture.num_hidden_layers
    return min(layers, max(0, layers + 1 - scenario.n_gpu_layers))


def experts_on_host(scenario: Scenario) -> int:
    """The first layer whose experts are on a card with the rest of it."""
    arch = scenario.architecture
    if not scenario.n_cpu_moe or not arch.num_experts:
        return 0
    if arch.num_layers_without_mlp:  # ``--n-cpu-moe`` counts layers, with experts or not
        return min(arch.num_hidden_layers, scenario.n_cpu_moe)
    return min(arch.num_hidden_layers, arch.num_hidden_layers - arch.num_moe_layers + scenario.n_cpu_moe)


def device_weight_bytes(scenario: Scenario) -> int:
    """The model's buffer on the card: its layers, and the output matrix, a second copy where the file ties it to the embeddings."""
    if not scenario.n_gpu_layers:
        return 0
    arch = scenario.architecture
    layers = layers_bytes(arch, scenario.weights, layers_on_host(scenario)) + head_bytes(arch, scenario.weights)
    layers -= experts_bytes(arch, scenario.weights, layers_on_host(scenario), experts_on_host(scenario))
    if arch.file_format is scenario.weights:  # what its tensors take beyond the rules, the card has its share of
        by_rules = file_bytes(arch, scenario.weights)
        layers += (arch.file_bytes - by_rules) * layers // by_rules
    return layers


def host_bytes(scenario: Scenario, device_weights: int) -> HostBytes:
    """What the host keeps beside ``device_weights`` on cards, as :func:`device_weight_bytes` says: the token embeddings and the layers that
    are not on the card, with the cache of those.
    """
    arch, on_host = scenario.architecture, layers_on_host(scenario)
    whole = arch.file_bytes if arch.file_format is scenario.weights else file_bytes(arch, scenario.weights)
    weights = whole - device_weights
    if arch.tie_word_embeddings and scenario.n_gpu_layers:
        weights += head_bytes(arch, scenario.weights)  # the card has a copy of its own
    return HostBytes(weights=weights, kv_cache=cache_within(scenario, 0, on_host))


def cache_bytes(scenario: Scenario) -> int:
    """Keys and values of every sequence over the whole context, of the layers on the card; layers with a window keep that and a
    micro-batch. With latent attention one latent and one rotated key a layer. Mixers keep one state a sequence, in fp32.
    """
    return cache_within(scenario, layers_on_host(scenario), scenario.architecture.num_hidden_layers)


def cache_within(scenario: Scenario, first: int, last: int) -> int:
    """Of the layers from ``first`` to before ``last``."""
    arch = scenario.architecture
    if arch.layer_runs:
        return sum([_cache_of_shape(scenario, shape, count) for shape, count in within(arch, first, last) if shape.cached_layers])
    if not arch.num_mixer_layers:
        return _cache_of_shape(scenario, arch, last - first)
    here = layers_within(arch, first, last - first)
    return _cache_of_shape(scenario, arch, here.attention) + scenario.batch_size * here.mixers * recurrent_cell_bytes(arch)


def recurrent_cell_bytes(arch: Architecture) -> int:
    """What one mixer keeps of one sequence: the tokens that its convolution looks back on, and its state, fp32 both (the ``R`` and ``S`` of
    llama.cpp's log). Meets the logs of Qwen3.5 and of Nemotron 3 to the byte.
    """
    rules = mixer(arch)
    return 4 * (arch.conv_kernel - 1) * rules.convolved(arch) + rules.recurrent_state_bytes(arch)


def _cache_of_shape(scenario: Scenario, arch: Architecture, layers: int) -> int:
    length = padded_context(scenario)
    if arch.kv_lora_rank:
        rows = layers * length
        return scenario.batch_size * matrix_bytes(scenario.kv_cache, rows, arch.kv_lora_rank + arch.qk_rope_head_dim)
    # Which layers have a window is not known by place: as many of those on the card as of all.
    sliding = arch.num_sliding_layers * layers // arch.num_hidden_layers if scenario.llama_cpp_build is LlamaCppBuild.CURRENT else 0
    windowed = min(length, ceil_div(arch.sliding_window + scenario.ubatch_size, 256) * 256)
    cells = (layers - sliding) * length + sliding * windowed
    return scenario.batch_size * matrix_bytes(scenario.kv_cache, 2 * cells, arch.key_value_size)


def compute_buffer_bytes(scenario: Scenario) -> int:
    """What one micro-batch takes at once, with what is copied of the layers on the host."""
    arch, length = scenario.architecture, padded_context(scenario)
    u, h, v = min(scenario.ubatch_size, length), arch.hidden_size, arch.vocab_size
    through = 4 * u * h if max(layers_on_host(scenario), experts_on_host(scenario)) else 0
    layer = _layer_bytes(scenario, u, length) + (through and largest_matrix_bytes(arch, scenario.weights))
    output = 4 * u * (v + h) if scenario.llama_cpp_build is LlamaCppBuild.BEFORE_MID_2026 else 0
    if not scenario.n_gpu_layers:
        output += head_bytes(arch, scenario.weights)
    return through + max(layer, output)


def _layer_bytes(scenario: Scenario, u: int, length: int) -> int:
    arch, h = scenario.architecture, scenario.architecture.hidden_size
    flash = scenario.attention is Attention.SDPA
    scores = 0 if flash else 4 * u * (length * (arch.num_attention_heads + 1) + 4 * h)
    if arch.kv_lora_rank and flash:
        scores = _latent_flash_bytes(arch, u, length)
    if scenario.llama_cpp_build is LlamaCppBuild.BEFORE_MID_2026:
        return scores
    masks = (2 if arch.num_sliding_layers else 1) * length // 2
    kept = per_layer_width(arch) + 2 * arch.altup_num_inputs * h  # inputs of all layers; streams as predicted, and as corrected
    return max(4 * u * (max([_layer_values(shape) for shape in shapes(arch)]) + kept + masks), scores)


def _latent_flash_bytes(arch: Architecture, u: int, length: int) -> int:
    """ik_llama.cpp's flash attention over latents: keys and values of all heads unfolded, 16-bit; a second time as far as its limit of
    512 MiB (``-amb 512``) goes; the mask; queries and outputs of up to 512 tokens. Meets 12 of its logs of DeepSeek-V3 within 17 %, most of
    them within 5.
    """
    key, value = arch.qk_nope_head_dim + arch.qk_rope_head_dim, arch.v_head_dim
    unfolded = 2 * length * arch.num_attention_heads * (key + value)
    queries = 8 * min(u, 512) * arch.num_attention_heads * (key + value)
    return unfolded + min(unfolded, 512 * MIB) + 8 * u * length + queries


def _layer_values(arch: Architecture) -> int:
    """Gate, up and their product, residual, queries; of experts those of each token's own, or their outputs side by side."""
    if arch.num_mixer_layers:
        return _hybrid_layer_values(arch)
    around = arch.hidden_size + 2 * arch.query_size
    if not arch.num_experts:
        # Without a gate there is one, and the activation is written over it.
        return (3 if arch.activation is Activation.GATED else 1) * arch.intermediate_size + around
    each, m = arch.num_experts_per_tok, arch.moe_intermediate_size
    beside = 3 * arch.intermediate_size if arch.experts_beside_mlp else 0
    return max(beside, each * max(3 * m, arch.hidden_size + m)) + around


def _hybrid_layer_values(arch: Architecture) -> int:
    """Of a model with mixers: of a mixer what its first matrix makes, and what its convolution reads and writes; or of the MLP, or of
    experts, as above; the residual and the input of the block. Meets logs of Qwen3.5-0.8B, whose mixers need most, and of Qwen3.6-27B,
    whose MLP does, within 2 %; of Mamba's mixers it follows from llama.cpp's graph alone.
    """
    (_, _, projected), *_ = _mixer_matrices(arch)
    values = projected + 2 * mixer(arch).convolved(arch)
    if arch.num_experts:
        each, m = arch.num_experts_per_tok, arch.moe_intermediate_size
        values = max(values, each * max(3 * m, expert_width(arch) + m))
    if arch.num_moe_layers < arch.mlp_layers:
        values = max(values, (3 if arch.activation is Activation.GATED else 1) * arch.intermediate_size)
    return values + 2 * arch.hidden_size


def _mixer_matrices(arch: Architecture) -> tuple[Shape, ...]:
    """As a file has them: what a delta net makes of its input is apart."""
    return mixer_shapes(replace(arch, mixer_projections_apart=True) if arch.mixer is Mixer.GATED_DELTA_NET else arch)


def llama_cpp_moments(scenario: Scenario, runtime_bytes: int) -> tuple[Moment, ...]:
    """Load, and serving, which takes no more than what was allocated before."""
    weights = device_weight_bytes(scenario)
    loaded = Stack(weights=weights, runtime=runtime_bytes)
    serving = loaded._replace(kv_cache=cache_bytes(scenario), workspace=compute_buffer_bytes(scenario))
    return Moment(MomentName.LOAD, loaded, Cause.RESIDENT), Moment(MomentName.SERVING, serving, Cause.RESIDENT)
