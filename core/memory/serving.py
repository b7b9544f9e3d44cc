"""Serving with vLLM and SGLang: what is needed for a batch and a context, and the pool of cache blocks that the engine reserves.

At start, either engine loads the weights, runs the largest step it will ever run (``max_num_batched_tokens`` of prompt, then logits of
``max_num_seqs`` sequences through the sampler), records CUDA graphs for decode, and gives what is left to the cache, in blocks. Needed
is, by the same account: weights, cache of the tokens in whole blocks, that largest step, graphs, what is not torch's.

Sources: vllm/v1/worker/gpu_worker.py (determine_available_memory), vllm/model_executor/layers (one table for the rotation, q, k, v and
gate, up in one matrix each), sglang's server arguments (mem_fraction_static, chunked_prefill_size, cuda_graph_max_bs). Logs that people
published: Llama-3.1-8B takes 14.9888 GiB once loaded, which is its parameters and a table of 131 072 positions.
"""

from dataclasses import replace

from core.memory.allocator import unsplit_bytes
from core.memory.architecture import Architecture
from core.memory.components import Cause, Moment, MomentName, Stack
from core.memory.formats import EXPERTS_ONLY, Format, bits_per_value, matrix_bytes, unquantized_bytes_per_value
from core.memory.inference import TOKEN_ID_BYTES, kv_cache_bytes
from core.memory.mixers import mixer_shapes
from core.memory.numerics import numerics
from core.memory.parameters import embedding_parameters, replaced_blocks
from core.memory.prediction import (
    drafted_tokens,
    head_norm_parameters,
    loaded_heads,
    projection_parameters,
    verified_rows,
    with_prediction_layers,
)
from core.memory.runtime import moment_of
from core.memory.scenario import Runtime, Scenario
from core.memory.serving_states import BLOCK_TOKENS, mixer_values_per_token, sequence_bytes, slots_bytes
from core.memory.serving_windows import windowed_cache_bytes
from core.memory.units import MIB, ceil_div
from core.memory.varied import shapes
from core.memory.weights import dequantization_bytes, weight_bytes

#: Per sequence and vocabulary entry in the sampler: 16-bit and fp32 logits, and what sorting them for top-k and top-p takes (values, 64-bit
#: places, the buffers of a radix sort over all rows at once). Measured with what 256 sequences took, less the 16-bit hidden states, in
#: vLLM 0.6 and 0.7: Llama-3.1-8B 1.19 GiB, Qwen2.5-0.5B 1.44, Qwen2.5-7B 1.42, DeepSeek-Coder-V2-Lite 0.94: 37 to 39 bytes each.
SAMPLER_BYTES_PER_LOGIT = 38

#: What is not torch's beside the bare context: kernels, handles. Seven logs of vLLM on one GPU state 0.05 to 0.16 GiB, 0.12 at the median.
NON_TORCH_BYTES = 123 * MIB

#: One layer of one recorded CUDA graph. Derived: a pool of 0.04 GiB for 7 sizes of Qwen3-0.6B, 0.32 for the 67 of an 8B model.
GRAPH_BYTES_PER_LAYER = 192 * 1024


def graph_sizes(max_num_seqs: int) -> int:
    """How many batch sizes are recorded: 1, 2, 4 and multiples of 8, up to twice ``max_num_seqs`` and at most 512."""
    return 3 + min(2 * max_num_seqs, 512) // 8


def graph_pool_bytes(scenario: Scenario) -> int:
    """The pool of recorded CUDA graphs; 0 without them (``enforce_eager``). SGLang records the logits too, fp32 beside 16-bit."""
    if not scenario.cuda_graphs:
        return 0
    arch = scenario.architecture
    drafts = drafted_tokens(scenario)
    tokens = scenario.max_num_seqs * (1 + drafts)  # of a step that verifies them
    layers = arch.num_hidden_layers + drafts  # each is one more run of a head's layer
    pool = graph_sizes(tokens) * layers * GRAPH_BYTES_PER_LAYER
    logits = 6 * min(2 * tokens, 512) * arch.vocab_size
    return pool + (logits if scenario.runtime is Runtime.SGLANG else 0)


def served_weight_bytes(arch: Architecture, fmt: Format) -> int:
    """The loaded model: parameters, one table for the rotation of all layers (positions x rotated, 16-bit), and the unsplit ends of
    the blocks of its matrices, of which q, k, v and gate, up are one each.
    """
    wide = unquantized_bytes_per_value(fmt)
    table = wide * arch.max_position_embeddings * arch.rotated
    ends = sum([_layer_ends_bytes(shape, fmt) for shape in shapes(arch)])
    vocabulary = (1 if arch.tie_word_embeddings else 2) * unsplit_bytes(embedding_parameters(arch) * wide)
    return weight_bytes(arch, fmt) + table + ends + vocabulary


def _layer_ends_bytes(arch: Architecture, fmt: Format) -> int:
    """What the layers of a shape take beyond their parameters."""
    h, bits = arch.hidden_size, bits_per_value(fmt)
    keys = 0 if arch.keys_shared else 2 * arch.key_value_size
    matrices = [(h, arch.query_size + keys), (arch.query_size, h)] if not arch.kv_lora_rank else []
    mlp = [(h, 2 * arch.intermediate_size), (arch.intermediate_size, h)]

    def unsplit(matrices: list[tuple[int, int]]) -> int:
        return sum(unsplit_bytes(rows * columns * bits // 8) for rows, columns in matrices)

    ends = arch.attention_layers * unsplit(matrices) + replaced_blocks(arch) * unsplit([(h, h)])
    if not arch.num_experts and not arch.num_mixer_layers:
        ends += arch.mlp_layers * unsplit(mlp)
    if arch.num_mixer_layers:
        ends += arch.plain_mlp_layers * unsplit(mlp)
        ends += arch.num_mixer_layers * unsplit([(inputs, outputs) for _, inputs, outputs in mixer_shapes(arch)])
    if fmt in EXPERTS_ONLY and arch.num_experts:
        ends += arch.num_moe_layers * _expert_padding_bytes(arch, fmt)
    if arch.kv_lora_rank:
        ends += arch.attention_layers * _unfolded_bytes(arch)
    return ends


def loaded_weight_bytes(scenario: Scenario) -> int:
    """The model as an engine loads it, with the heads that it drafts by: their layers as the model's, what joins them 16-bit whatever the
    format. Embedding and output matrix are the model's own.
    """
    arch, heads, fmt = scenario.architecture, loaded_heads(scenario), scenario.weights
    weights = served_weight_bytes(arch, fmt)
    if not heads:
        return weights
    by_rule = replace(arch, file_format=None, file_bytes=0) if arch.file_bytes else arch
    layers = served_weight_bytes(with_prediction_layers(by_rule, heads), fmt) - served_weight_bytes(by_rule, fmt)
    wide = unquantized_bytes_per_value(fmt)
    joint = wide * projection_parameters(arch)
    return weights + layers + heads * (joint + unsplit_bytes(joint) + wide * head_norm_parameters(arch))


def _unfolded_bytes(arch: Architecture) -> int:
    """One layer's matrix from latents to keys and values once more, 16-bit and taken apart, for decoding on the latents themselves (vLLM's
    ``W_UK_T`` and ``W_UV``, SGLang's ``w_kc`` and ``w_vc``).
    """
    return 2 * arch.num_attention_heads * (arch.qk_nope_head_dim + arch.v_head_dim) * arch.kv_lora_rank


def _expert_padding_bytes(arch: Architecture, fmt: Format) -> int:
    """What one layer's experts take more for being laid out in multiples of 128 x 256 (vLLM's mxfp4 layer, Marlin). Measured: gpt-oss-20b
    takes 13.72 GiB once loaded.
    """
    h, m, experts = arch.hidden_size, arch.moe_intermediate_size, arch.num_experts
    rows, columns = ceil_div(m, 128) * 128, ceil_div(h, 256) * 256
    return 3 * experts * (matrix_bytes(fmt, rows, columns) - matrix_bytes(fmt, m, h))


def _layer_bytes_per_token(arch: Architecture, width: int) -> int:
    """Working set of the MLP: gate and up, their product; hidden states, residual, input of the layer. Experts: the same for each token's
    experts, with room for their outputs in what gate and up left.
    """
    h = arch.hidden_size
    stream = 3 * width * h
    if arch.num_mixer_layers:
        stream = max(stream, width * (2 * h + mixer_values_per_token(arch)))
    if not arch.num_experts:
        return stream + 3 * width * arch.intermediate_size * bool(arch.mlp_layers)
    m, each = arch.moe_intermediate_size, arch.num_experts_per_tok
    return stream + width * (each * (max(2 * m, h) + m) + 3 * arch.shared_expert_intermediate_size)


def _largest_steps(scenario: Scenario, sampled: int | None = None, *, drafts: bool = False) -> tuple[tuple[Stack, Cause], ...]:
    """What the layers and the sampler need at once, beside what is resident. ``sampled``: entries of the vocabulary that the sampler sees,
    all of the architecture's where nothing is said, 0 where there is none. ``drafts``: the step verifies them, which vLLM's profile run
    does not try.
    """
    arch = scenario.architecture
    e = numerics(scenario).compute
    tokens = scenario.max_num_batched_tokens
    inputs = 3 * TOKEN_ID_BYTES * tokens
    widest = max([_layer_bytes_per_token(shape, e) for shape in shapes(arch)])
    states = e * arch.hidden_size * tokens
    # A head runs while what it reads, the model's last hidden states, is there; its own input is a buffer for good.
    read = states if loaded_heads(scenario) else 0
    layer = Stack(
        activations=tokens * widest + read,
        workspace=dequantization_bytes(arch, scenario.weights) + read,
        inputs=inputs,
    )
    entries = arch.vocab_size if sampled is None else sampled
    logits = entries * (_verifying_bytes(scenario, entries) if drafts else SAMPLER_BYTES_PER_LOGIT * scenario.max_num_seqs)
    sampler = Stack(activations=states, workspace=read, logits=logits, inputs=inputs)
    return (layer, Cause.MLP), (sampler, Cause.LOGITS)


#: What fp32 logits of one pass over drafts may take: beyond that vLLM verifies them in several (``MAX_CHUNK_BYTES`` in
#: v1/worker/gpu/spec_decode/rejection_sampler.py).
VERIFIED_AT_ONCE_BYTES = 2**30


def _verifying_bytes(scenario: Scenario, entries: int) -> int:
    """Bytes an entry of the vocabulary, over all rows: 16-bit logits of every row, and what the sampler makes of those it takes at once."""
    rows = verified_rows(scenario)
    at_once = min(rows, max(scenario.max_num_seqs, VERIFIED_AT_ONCE_BYTES // (4 * max(1, entries))))
    return 2 * rows + (SAMPLER_BYTES_PER_LOGIT - 2) * at_once


def activation_peak_bytes(scenario: Scenario, sampled: int | None = None) -> int:
    """What the profile run needs above the weights: vLLM's "PyTorch activation peak memory". ``sampled`` as in :func:`serving_moments`."""
    return max(sum(step) for step, _ in _largest_steps(scenario, sampled))


#: ``gpu_memory_utilization`` where nothing is said.
ENGINE_SHARE = 0.9


def kv_pool_bytes(scenario: Scenario, card_bytes: int, share: float, sampled: int | None = None) -> int:
    """Cache that the engine reserves on a card of which torch reports ``card_bytes``: its ``share`` less weights, the largest step and
    what is not torch's; 0 where nothing is left. vLLM calls the share ``gpu_memory_utilization`` (0.9 by default, 0.92 in the newest
    versions); SGLang's (``mem_fraction_static``) is weights and cache alone. ``sampled`` as in :func:`serving_moments`.
    """
    pool = int(share * card_bytes) - loaded_weight_bytes(scenario)
    if scenario.runtime is Runtime.VLLM:
        pool -= activation_peak_bytes(scenario, sampled) + NON_TORCH_BYTES
    return max(0, pool)


def cached_bytes(scenario: Scenario) -> int:
    """Keys and values of ``batch_size`` sequences of ``context_length``, each in whole blocks; whole blocks of a prefix that all share are
    there once (vLLM's automatic prefix caching, SGLang's RadixAttention). With mixers, whose states are not shared, by vLLM's pages of
    theirs, or with SGLang's slots for them; vLLM gives back what no sliding window reaches any more. Heads that draft cache keys and
    values of their layers beside the model's.
    """
    heads = loaded_heads(scenario)
    if heads:
        scenario = replace(scenario, architecture=with_prediction_layers(scenario.architecture, heads))
    if scenario.architecture.num_mixer_layers and scenario.runtime is Runtime.VLLM:
        return scenario.batch_size * sequence_bytes(scenario)
    if scenario.architecture.num_sliding_layers and scenario.runtime is Runtime.VLLM:
        windowed = windowed_cache_bytes(scenario)
        if windowed is not None:
            return windowed
    block = BLOCK_TOKENS[scenario.runtime]
    tokens = scenario.batch_size * ceil_div(scenario.context_length, block) * block
    shared = min(scenario.shared_prefix_length, scenario.context_length) // block * block
    cached = kv_cache_bytes(scenario, tokens - (scenario.batch_size - 1) * shared if shared else tokens)
    if scenario.architecture.num_mixer_layers:
        cached += slots_bytes(scenario.architecture, scenario.batch_size, drafted_tokens(scenario))
    return cached


def max_concurrency(scenario: Scenario, pool_bytes: int) -> int:
    """Sequences of ``context_length`` that a pool holds at once, each in whole blocks: vLLM's "Maximum concurrency", which knows of no
    shared prefix. With one, all but the first take less; where nothing else is left of them, the engine's ``max_num_seqs`` counts.
    """
    first, second = (cached_bytes(scenario.evolve(batch_size=count)) for count in (1, 2))
    if pool_bytes < first:
        return 0
    return 1 + (pool_bytes - first) // (second - first) if second > first else scenario.max_num_seqs


def serving_moments(scenario: Scenario, runtime_bytes: int, sampled: int | None = None) -> tuple[Moment, ...]:
    """Load, the profile run, and serving ``batch_size`` sequences of full length with the largest step on top. ``sampled`` as above."""
    weights = loaded_weight_bytes(scenario)
    loaded = Stack(weights=weights, runtime=runtime_bytes + NON_TORCH_BYTES)
    cache, graphs = cached_bytes(scenario), graph_pool_bytes(scenario)
    profile = [(step._replace(weights=weights, runtime=loaded.runtime), cause) for step, cause in _largest_steps(scenario, sampled)]
    largest = _largest_steps(scenario, sampled, drafts=True) if drafted_tokens(scenario) else profile
    serving = [
        (step._replace(weights=weights, runtime=loaded.runtime, kv_cache=cache, workspace=step.workspace + graphs), cause)
        for step, cause in largest
    ]
    return (
        moment_of(MomentName.LOAD, (loaded, Cause.RESIDENT)),
        moment_of(MomentName.PROFILE_RUN, *profile),
        moment_of(MomentName.SERVING, *serving),
    )
