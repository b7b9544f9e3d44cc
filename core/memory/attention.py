"""Attention: which kernel runs, what it keeps for backward, what it needs at once.

Source: measured tensor storages of transformers 5.23 on torch 2.13, and torch's rules for choosing a kernel
(aten/src/ATen/native/transformers/cuda/sdp_utils.cpp). Symbols: a query heads, Q = a*d, K = kv*d, S sequence length,
T = batch*S, h hidden size.
"""

from enum import StrEnum
from typing import assert_never

from core.memory.architecture import Architecture, Norm, Position
from core.memory.numerics import Numerics
from core.memory.scenario import Attention
from core.memory.units import ceil_div
from core.memory.varied import rotations


class AttentionPath(StrEnum):
    """What computes softmax(q k^T) v. EAGER and MATH write the S x S scores to memory."""

    FLASH = "flash"
    EFFICIENT = "efficient"
    MASKED = "masked"
    """The memory-efficient kernel with a mask."""
    MATH = "math"
    EAGER = "eager"


#: Of torch's flash attention.
MAX_FLASH_HEAD_DIM = 256
_WRITE_SCORES = frozenset({AttentionPath.EAGER, AttentionPath.MATH})


def window_mask(arch: Architecture, length: int) -> bool:
    """Whether layers with a sliding window are handed a mask: a sequence as long as the window needs one."""
    return 0 < arch.sliding_window <= length


def attention_path(attention: Attention, n: Numerics, arch: Architecture, *, masked: bool = False) -> AttentionPath:
    """SDPA takes flash for 16-bit inputs without a mask; fp32 and masks go to the memory-efficient kernel, which knows no grouped heads
    (with a mask they are repeated for it) and no fp64: what is left falls back to plain mathematics. Values of another width than keys
    (MLA) are not for flash either.
    """
    if attention is Attention.EAGER:
        return AttentionPath.EAGER
    if arch.broadcast_heads:
        return AttentionPath.MATH
    if masked or arch.mask_always:
        return AttentionPath.MASKED
    if arch.kv_lora_rank and not (n.compute == 2 and arch.v_head_dim == arch.head_dim <= MAX_FLASH_HEAD_DIM):
        return AttentionPath.EFFICIENT if n.compute < 8 else AttentionPath.MATH
    if n.compute == 2:
        return AttentionPath.FLASH if arch.head_dim <= MAX_FLASH_HEAD_DIM else AttentionPath.EFFICIENT
    grouped = arch.num_key_value_heads != arch.num_attention_heads
    return AttentionPath.MATH if grouped or n.compute == 8 else AttentionPath.EFFICIENT


def attention_saved(path: AttentionPath, n: Numerics, arch: Architecture, batch: int, length: int) -> int:
    """Bytes one layer's attention keeps for backward: rotated q and k, v, output; softmax statistics or scores; the
    random-number state of the fused kernels (16 or 24 bytes). Flash keeps k and v once a group, not once a query head; k and v of an
    earlier layer are kept by that.
    """
    tokens = batch * length
    if arch.kv_lora_rank:
        fused = _latent_saved(n, arch, tokens)
        if path is AttentionPath.FLASH:  # whose output comes as queries are laid out, and is copied
            return fused + 8 + n.compute * tokens * arch.num_attention_heads * arch.v_head_dim
        return fused if path is not AttentionPath.EAGER else fused - 16 + tokens * arch.num_attention_heads * (6 * length - 4)
    # Falcon picks keys and values out of the fused product by two indices
    constant = 2 * 8 if arch.broadcast_heads or arch.heads_repeated_early else 0
    if arch.rotary_before_widening:
        constant += 4 * rotary_bytes(n, arch, length)
    if arch.rotary_interleaved:
        constant += rotary_bytes(n, arch, length)
    return constant + _tensors_saved(path, n, arch, batch, length)


def _tensors_saved(path: AttentionPath, n: Numerics, arch: Architecture, batch: int, length: int) -> int:
    q, k, heads = arch.query_size, 0 if arch.keys_shared else arch.key_value_size, arch.num_attention_heads
    tokens = batch * length
    match path:
        case AttentionPath.FLASH:
            cast = 2 * arch.key_value_size if arch.keys_shared and keys_widened(n) else 0  # the earlier layer's keys, once more
            return tokens * (4 * (q + k + heads) + cast + layout_copies(n, arch)) + 24
        case AttentionPath.EFFICIENT:
            views = fused_views(n, arch)
            repeated = q if 1 < arch.num_key_value_heads < heads else k
            return tokens * (n.compute * 2 * (q + repeated) + views) + batch * 4 * heads * 32 * ceil_div(length, 32) + 16
        case AttentionPath.MASKED:
            repeated = q if arch.heads_repeated_early or 1 < arch.num_key_value_heads < heads else k
            statistics = batch * 4 * heads * 32 * ceil_div(length, 32) + 16
            expanded = 2 * (q - k) if n.autocast and arch.num_key_value_heads == 1 else 0
            return tokens * (n.compute * 2 * (q + repeated) + expanded) + statistics + n.compute * batch * length**2
        case AttentionPath.MATH if arch.broadcast_heads:
            # products of several sequences take copies for every head; a single one broadcasts
            return tokens * (4 * (q + 2 * (q if batch > 1 else k)) + n.compute * q + 4 * heads * length)
        case AttentionPath.MATH:
            scores = 4 + 5 * arch.attention_dropout
            return tokens * (16 * q + scores * heads * length)
        case AttentionPath.EAGER:
            return tokens * _eager_saved(n, arch, batch, length)
        case _:
            assert_never(path)


def fused_views(n: Numerics, arch: Architecture) -> int:
    """Bytes a token of queries and keys that are kept although only their rotated copies are needed: values that are a view of a fused
    product keep all of it.
    """
    fused = arch.rotary_concatenated and arch.fused_qkv
    return n.compute * (arch.query_size + arch.key_value_size) if fused else 0


def layout_copies(n: Numerics, arch: Architecture) -> int:
    """Bytes a token flash keeps beside its tensors: views, and queries put together by concatenation make the kernel lay out its output
    in a way that has to be copied.
    """
    return fused_views(n, arch) + (n.compute * arch.query_size if arch.rotary_concatenated else 0)


def _eager_saved(n: Numerics, arch: Architecture, batch: int, length: int) -> int:
    """Bytes a token: query, keys and values for every head (a single one is not repeated), output, and the scores: fp32 softmax and its
    16-bit copy; without widening the softmax and, under dropout, its output and mask; through tanh one more.
    """
    e, q, heads = n.compute, arch.query_size, arch.num_attention_heads
    values = q if arch.num_key_value_heads > 1 or batch > 1 else arch.key_value_size
    if arch.keys_shared and (arch.num_key_value_heads == heads or values < q):
        values = 0  # not repeated, but the earlier layer's
    keys = q if keys_widened(n) and not arch.broadcast_heads else values  # cast, and so laid out for every head
    repeated_twice = keys + values
    plain = 2 * e + 1 if arch.attention_dropout else e
    if arch.attention_sinks:  # kept with the column of the sinks, then cut off
        scores = 4 * (length + 1) + 2 * length if n.autocast else e * (length + 1)  # autocast widens every softmax
        return e * (2 * q + repeated_twice) + heads * (scores + 8)
    widened = (6 if e == 2 else 4) + e * arch.attn_logit_softcapping
    if arch.attention_dropout and e == 2:
        widened += 1  # the mask; the copy is what the dropout gives
    # autocast widens every softmax
    scores = widened if arch.softmax_in_fp32 or (n.autocast and not arch.attention_dropout) else plain
    # for a single sequence the transposed views of a fused product need no copy, and keep all of it
    views = fused_views(n, arch) if batch == 1 else 0
    wider = 4 - e if arch.rotary_before_widening and not n.autocast else 0  # queries and keys in fp32
    return e * (2 * q + repeated_twice) + 2 * wider * q + views + scores * heads * length


def repeats_plainly(arch: Architecture) -> bool:
    """Whether scores are those of Llama's attention: keys and values apart from each other, then repeated."""
    other = arch.scores_held or arch.rotary_before_widening or arch.attention_sinks or arch.broadcast_heads or arch.kv_lora_rank
    return arch.softmax_in_fp32 and not (other or arch.fused_qkv)


def keys_widened(n: Numerics) -> bool:
    """Whether rotated queries and keys come out in fp32 and are cast for every product: autocast over an fp32 residual stream, and so fp32
    tables of the rotation.
    """
    return n.autocast and n.residual == 4


def _latent_saved(n: Numerics, arch: Architecture, tokens: int) -> int:
    """MLA: the latents and their norms (in fp32 the latent with the rotated keys beside it), keys and values unfolded from one, rotated
    queries and keys, output, statistics.
    """
    e, heads, latents = n.compute, arch.num_attention_heads, arch.kv_lora_rank + arch.q_lora_rank
    nope, rope, values = arch.qk_nope_head_dim, arch.qk_rope_head_dim, arch.v_head_dim
    reciprocals = 4 * (2 if arch.q_lora_rank else 1)
    beside = 4 * rope if e == 4 else 0
    per_token = (4 + 2 * e) * latents + beside + reciprocals + heads * (e * (nope + values) + 2 * e * (nope + rope) + e * values + 4)
    return tokens * per_token + 16


def causal_mask_bytes(path: AttentionPath, n: Numerics, arch: Architecture, batch: int, length: int) -> int:
    """The additive mask that eager attention is handed."""
    return n.residual * batch * length * length if path is AttentionPath.EAGER and arch.attention_layers else 0


def attention_backward(path: AttentionPath, n: Numerics, arch: Architecture, batch: int, length: int) -> int:
    """Bytes a token of one layer at the softmax's backward, its inputs included; 0 for kernels that keep no scores."""
    if arch.broadcast_heads and path is AttentionPath.MATH:
        return _broadcast_backward(arch, batch, length)
    if path not in _WRITE_SCORES or arch.norm is Norm.LAYER:
        return 0  # with one-kernel norms the layer holds too little for this to be the largest instant
    h, q = arch.hidden_size, arch.query_size
    if n.autocast:
        around = 14 * h + 6 * q
    elif n.compute == 2:
        around = 8 * h + 6 * q
    else:
        around = 12 * h + 12 * q
    scores = 12 if arch.softmax_in_fp32 or n.compute != 2 or n.autocast else 6
    return around + n.residual * h + scores * arch.num_attention_heads * length


def _broadcast_backward(arch: Architecture, batch: int, length: int) -> int:
    """Scores, their gradient and that before the softmax; queries, keys and values in fp32, for every head where there are several
    sequences; gradients of the output and of the residual stream.
    """
    q, repeated = arch.query_size, arch.query_size if batch > 1 else arch.key_value_size
    return 12 * arch.num_attention_heads * length + 4 * (q + 2 * repeated) + 2 * arch.hidden_size


def attention_prefill_bytes(path: AttentionPath, n: Numerics, arch: Architecture, batch: int, length: int) -> int:
    """Working set of one layer's attention over a whole prompt; 0 where the MLP needs more anyway (fused kernels, unless they are handed
    what was rotated in fp32: two products of queries and their sum).
    """
    if path not in _WRITE_SCORES:
        if arch.norm is Norm.RMS_POWER and arch.qk_norm:
            # queries, fp32 copies, and those normalised; the layer's own cache is not there yet
            keys = 0 if arch.keys_shared else arch.key_value_size
            heads = arch.num_attention_heads
            return (
                batch * length * (3 * n.compute * arch.hidden_size + (n.compute + 8) * arch.query_size + 8 * heads - 2 * n.compute * keys)
            )
        if not arch.rotary_in_fp32:
            return 0
        tables = rotary_bytes(n, arch, length) if arch.rotary_interleaved else 0
        return batch * length * (3 * n.compute * arch.hidden_size + (n.compute + 12) * arch.query_size) + tables
    h, q, heads = arch.hidden_size, arch.query_size, arch.num_attention_heads
    tokens = batch * length
    grouped = arch.num_key_value_heads != heads
    e = n.compute
    match path:
        case AttentionPath.EAGER if arch.attention_sinks:
            scores = 2 * e * heads * (length + 1) + e * heads * length + e * heads
            return tokens * (scores + 3 * e * (h + q)) + 2 * e * batch * length**2
        case AttentionPath.EAGER if arch.scores_held:
            # the layer before left its probabilities; q, k and v are one tensor, of which queries are rotated or copied
            scores = (12 if arch.softmax_in_fp32 and e == 2 else 3 * e) + e
            copied = 0 if arch.position is Position.ALIBI and batch == 1 else e * q
            fused = e * (q + 2 * arch.key_value_size)
            norms = 4 if arch.norms_first else 3
            return tokens * (scores * heads * length + norms * e * h + fused + copied) + e * batch * length**2
        case AttentionPath.EAGER if arch.rotary_before_widening:
            around = 3 * e * h + 3 * e * q + 2 * e * heads * arch.rotated
            return tokens * ((8 + e) * heads * length + around) + e * batch * length**2
        case AttentionPath.EAGER if not arch.softmax_in_fp32:
            return tokens * (2 * e * heads * length + 6 * e * h) + e * length**2
        case AttentionPath.EAGER:
            scores = 10 if e == 2 else 2 * e
            heads_bytes = latent_scores_bytes(arch) if arch.kv_lora_rank else 3 * e * q if grouped else e * q
            if arch.num_key_value_heads == 1:  # a single head is not repeated; of a fused product all is kept
                heads_bytes = e * (q + (2 * arch.key_value_size if arch.fused_qkv else 0))
            elif arch.rotary_concatenated and not grouped and not arch.fused_qkv:
                heads_bytes += 2 * e * (q + heads * arch.rotated)  # queries and keys as they were, and what was rotated
            masks = arch.masks  # one for each kind of layer, in use or not
            # a mixer at its side has its output there, and its scaled input
            around = (2 if arch.output_norms else 5 if arch.mixer_multipliers else 3) * e * h
            heads_bytes += e * q * arch.attention_gate
            return tokens * (scores * heads * length + around + heads_bytes) + masks * e * batch * length**2
        case AttentionPath.MATH if arch.broadcast_heads:
            k = arch.key_value_size
            around = 4 * e * h + 4 * q + e * (q + 2 * k) + 8 * k
            return tokens * (8 * heads * length + around) + (4 * batch + 1) * length**2
        case _:
            return tokens * (2 * e * heads * length + 3 * e * h + 4 * e * q) + 5 * length**2


def attention_decode_bytes(path: AttentionPath, n: Numerics, arch: Architecture, batch: int, length: int) -> int:
    """Working set of one layer's attention for one new token a sequence over ``length`` cached ones: scores, and, where the
    kernel knows no grouped heads, keys and values repeated for every query head (MATH scales the keys into a third copy).
    """
    e, q, heads = n.compute, arch.query_size, arch.num_attention_heads
    grouped = arch.num_cached_heads != heads
    if arch.broadcast_heads:
        return batch * length * _broadcast_decode(path, n, arch, batch)
    if arch.num_key_value_heads == 1 and path is AttentionPath.EAGER:
        # a single head is not repeated, but copied for each sequence's product where there are several
        return batch * length * ((e * q if batch > 1 else 0) + (10 if e == 2 else 2 * e) * heads)
    match path:
        case AttentionPath.EAGER if arch.rotary_before_widening:
            return batch * length * 4 * (q + heads)
        case AttentionPath.EAGER:
            return batch * length * ((2 * e * q if grouped else 0) + (10 if e == 2 else 2 * e) * heads)
        case AttentionPath.MATH:
            return batch * length * (3 * e * q + e * heads)
        case _:
            return 0


def _broadcast_decode(path: AttentionPath, n: Numerics, arch: Architecture, batch: int) -> int:
    """Bytes a cached token: for several sequences a copy of its keys, or of its values, for every head is the largest."""
    e, q, k, heads = n.compute, arch.query_size, arch.key_value_size, arch.num_attention_heads
    if path is AttentionPath.EAGER:
        return 4 * e * heads if batch == 1 else 2 * e * heads + e * q
    return 8 * k + (8 * heads if batch == 1 else 4 * (k + q + heads))


def latent_scores_bytes(arch: Architecture) -> int:
    """MLA, bytes a token beside the scores: rotated queries and keys put together, what keys and values were unfolded into, the values
    laid out anew twice, and the latent.
    """
    heads, rope = arch.num_attention_heads, arch.qk_rope_head_dim
    per_head = 2 * (arch.qk_nope_head_dim + rope) + (arch.qk_nope_head_dim + arch.v_head_dim) + 2 * arch.v_head_dim
    return 2 * (heads * per_head + arch.kv_lora_rank + rope)


def latent_decode_bytes(arch: Architecture, batch: int, length: int) -> int:
    """MLA unfolds the cached latents of one layer into keys and values of all heads, and puts the keys together with the rotated part."""
    nope, rope, values = arch.qk_nope_head_dim, arch.qk_rope_head_dim, arch.v_head_dim
    return batch * length * 2 * arch.num_attention_heads * ((nope + values) + (nope + rope))


def kept_scores_bytes(path: AttentionPath, n: Numerics, arch: Architecture, batch: int, length: int) -> int:
    """Scores that eager attention returns, and the layer holds on to while its MLP runs, and the masks."""
    if path is not AttentionPath.EAGER:
        return 0
    layers = 2 if arch.scores_held else 1
    return n.compute * (layers * arch.num_attention_heads + arch.masks) * batch * length**2


def rotary_bytes(n: Numerics, arch: Architecture, length: int) -> int:
    """Cos and sin tables of one forward pass, shared by all layers."""
    width = 4 if arch.rotary_in_fp32 else max(n.residual, 2)
    # gpt-oss rotates with half tables, GPT-J has both in one
    halves = 1 if arch.attention_sinks or arch.rotary_before_widening else 2
    return halves * sum(rotations(arch)) * width * length


def alibi_bytes(n: Numerics, arch: Architecture, tokens: int) -> int:
    """The bias of each head and position, for every sequence."""
    return n.residual * arch.num_attention_heads * tokens if arch.position is Position.ALIBI else 0


def kv_cache_row(arch: Architecture) -> tuple[int, int]:
    """(rows, columns) the cache adds per token, of a shape: one key and one value head vector for each key/value head and layer that has
    its own; with MLA one latent and one rotated key a layer.
    """
    if arch.kv_lora_rank:
        return arch.attention_layers, arch.kv_lora_rank + arch.qk_rope_head_dim
    return 2 * arch.cached_layers * arch.num_cached_heads, arch.head_dim
