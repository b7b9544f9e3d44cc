"""Attention: which kernel runs, what it keeps for backward, what it needs at once.

Source: measured tensor storages of transformers 5.23 on torch 2.13, and torch's rules for choosing a kernel
(aten/src/ATen/native/transformers/cuda/sdp_utils.cpp). Symbols: a query heads, Q = a*d, K = kv*d, S sequence length,
T = batch*S, h hidden size.
"""

from enum import StrEnum
from typing import assert_never

from core.memory.architecture import Architecture
from core.memory.numerics import Numerics
from core.memory.scenario import Attention
from core.memory.units import ceil_div


class AttentionPath(StrEnum):
    """What computes softmax(q k^T) v. EAGER and MATH write the S x S scores to memory."""

    FLASH = "flash"
    EFFICIENT = "efficient"
    MATH = "math"
    EAGER = "eager"


def attention_path(attention: Attention, n: Numerics, arch: Architecture) -> AttentionPath:
    """SDPA takes flash for 16-bit inputs; fp32 goes to the memory-efficient kernel, which knows no grouped heads and no fp64:
    what is left falls back to plain mathematics.
    """
    if attention is Attention.EAGER:
        return AttentionPath.EAGER
    if n.compute == 2:
        return AttentionPath.FLASH
    grouped = arch.num_key_value_heads != arch.num_attention_heads
    return AttentionPath.MATH if grouped or n.compute == 8 else AttentionPath.EFFICIENT


def attention_saved(path: AttentionPath, n: Numerics, arch: Architecture, batch: int, length: int) -> int:
    """Bytes one layer's attention keeps for backward: rotated q and k, v, output; softmax statistics or scores; the
    random-number state of the fused kernels (16 or 24 bytes). Flash keeps k and v once a group, not once a query head.
    """
    q, k, heads = arch.query_size, arch.key_value_size, arch.num_attention_heads
    tokens = batch * length
    match path:
        case AttentionPath.FLASH:
            return tokens * 4 * (q + k + heads) + 24
        case AttentionPath.EFFICIENT:
            return tokens * n.compute * 2 * (q + k) + batch * 4 * heads * 32 * ceil_div(length, 32) + 16
        case AttentionPath.MATH:
            return tokens * (16 * q + 4 * heads * length)
        case AttentionPath.EAGER:
            return tokens * (8 * q + 6 * heads * length if n.compute == 2 else 16 * q + 4 * heads * length)
        case _:
            assert_never(path)


def causal_mask_bytes(path: AttentionPath, n: Numerics, batch: int, length: int) -> int:
    """The additive mask that eager attention is handed."""
    return n.residual * batch * length * length if path is AttentionPath.EAGER else 0


def attention_backward(path: AttentionPath, n: Numerics, arch: Architecture, length: int) -> int:
    """Bytes a token of one layer at the softmax's backward, its inputs included; 0 for kernels that keep no scores."""
    if path not in (AttentionPath.EAGER, AttentionPath.MATH):
        return 0
    h, q = arch.hidden_size, arch.query_size
    if n.autocast:
        around = 14 * h + 6 * q
    elif n.compute == 2:
        around = 8 * h + 6 * q
    else:
        around = 12 * h + 12 * q
    return around + n.residual * h + 12 * arch.num_attention_heads * length


def attention_prefill_bytes(path: AttentionPath, n: Numerics, arch: Architecture, batch: int, length: int) -> int:
    """Working set of one layer's attention over a whole prompt; 0 where the MLP needs more anyway (fused kernels)."""
    h, q, heads = arch.hidden_size, arch.query_size, arch.num_attention_heads
    tokens = batch * length
    grouped = arch.num_key_value_heads != heads
    e = n.compute
    match path:
        case AttentionPath.EAGER:
            scores = 10 if e == 2 else 2 * e
            heads_bytes = 3 * e * q if grouped else e * q
            return tokens * (scores * heads * length + 3 * e * h + heads_bytes) + e * batch * length**2
        case AttentionPath.MATH:
            return tokens * (2 * e * heads * length + 3 * e * h + 4 * e * q) + 5 * length**2
        case _:
            return 0


def attention_decode_bytes(path: AttentionPath, n: Numerics, arch: Architecture, batch: int, length: int) -> int:
    """Working set of one layer's attention for one new token a sequence over ``length`` cached ones: scores, and, where the
    kernel knows no grouped heads, keys and values repeated for every query head (MATH scales the keys into a third copy).
    """
    e, q, heads = n.compute, arch.query_size, arch.num_attention_heads
    grouped = arch.num_key_value_heads != heads
    match path:
        case AttentionPath.EAGER:
            return batch * length * ((2 * e * q if grouped else 0) + (10 if e == 2 else 2 * e) * heads)
        case AttentionPath.MATH:
            return batch * length * (3 * e * q + e * heads)
        case _:
            return 0


def kept_scores_bytes(path: AttentionPath, n: Numerics, arch: Architecture, batch: int, length: int) -> int:
    """Scores that eager attention returns, and the layer holds on to while its MLP runs."""
    return n.compute * arch.num_attention_heads * batch * length**2 if path is AttentionPath.EAGER else 0


def rotary_bytes(n: Numerics, arch: Architecture, length: int) -> int:
    """Cos and sin tables of one forward pass, shared by all layers."""
    return 2 * (n.residual if n.residual > 2 else 2) * arch.head_dim * length


def kv_cache_row(arch: Architecture) -> tuple[int, int]:
    """(rows, columns) the cache adds per token: one key and one value head vector for each key/value head and layer."""
    return 2 * arch.num_hidden_layers * arch.num_key_value_heads, arch.head_dim
