"""Norms, as transformers writes them: what one keeps for the backward pass.

Source: measured tensor storages of transformers 5.23 on torch 2.13 (tests/core/memory/test_exact.py compares). RMSNorm computes in
fp32: it keeps the fp32 copy of its input (4h bytes a token), the normalised tensor, its output, and one fp32 reciprocal. LayerNorm is
one kernel: input, output, mean and reciprocal. Under autocast the output is cast anew for every linear layer that reads it; an output
that is only added to the residual stream is not kept.
"""

from typing import assert_never

from core.memory.architecture import Activation, Architecture, Norm
from core.memory.numerics import Numerics

#: Norms that keep an fp32 copy of their weight.
_WEIGHT_WIDENED = frozenset({Norm.LAYER_FP32, Norm.RMS_WEIGHT_FP32, Norm.RMS_POWER})
#: Those that normalise in fp32 and multiply by their weight there.
_NORMALISED_WIDE = frozenset({Norm.RMS_PLUS_ONE, Norm.RMS_FP32, Norm.RMS_WEIGHT_FP32, Norm.RMS_POWER})


def norm_saved(kind: Norm, n: Numerics, width: int, readers: int) -> int:
    """Bytes a token kept by one norm over ``width`` values whose output ``readers`` linear layers read."""
    output = 0 if readers == 0 else 2 * readers if n.autocast else n.compute
    match kind:
        case Norm.RMS:
            return width * (4 + n.residual + output) + 4
        case Norm.LAYER_FP32:
            return width * (12 + output) + 4
        case Norm.LAYER_BARE:
            return width * (4 + output) + 8
        case Norm.RMS_PLUS_ONE | Norm.RMS_FP32 | Norm.RMS_WEIGHT_FP32:
            return width * (4 + 4 + output) + 4
        case Norm.RMS_POWER:
            return width * (4 + 4 + output) + 8
        case Norm.LAYER:
            return width * ((4 if widens_input(n) else n.residual) + output) + 8
        case _:
            assert_never(kind)


def widens_input(n: Numerics) -> bool:
    """Whether LayerNorm's kernel is handed fp32 copies: autocast runs it in fp32, over weights of 16 bits too."""
    return n.autocast and n.weight == 2


def norm_constant(kind: Norm, n: Numerics, width: int) -> int:
    """Bytes kept by one norm whatever the number of tokens: (1 +) weight in fp32, where it is not; weight and bias of LayerNorm under
    autocast.
    """
    if kind is Norm.LAYER:
        return 8 * width if widens_input(n) else 0
    return 4 * width if kind is Norm.RMS_PLUS_ONE or (kind in _WEIGHT_WIDENED and n.weight == 2) else 0


def layer_norms_saved(n: Numerics, arch: Architecture, *, fused: bool = False, fp8: bool = False) -> int:
    """Bytes a token kept by the norms of one layer; fused kernels keep no fp32 copies of 16-bit inputs, nor the normalised tensor; what
    linear layers read of them is a byte each where those multiply in ``fp8``.
    """
    h = arch.hidden_size
    if fused and arch.norm is not Norm.LAYER:
        return 2 * (fused_norm_saved(n, h) - fp8 * (n.compute - 1) * h)
    if arch.output_norms:  # attention and MLP read, and keep, the residual stream itself
        read = 2 * sum(readers(arch)) * h if n.autocast else 2 * n.compute * h
        # what is normalised is as wide as a linear layer gives it, not as the residual stream
        narrow = n.residual - n.compute if arch.norm is Norm.RMS else 0
        return 2 * (norm_saved(arch.norm, n, h, 0) - narrow * h) + read
    attention_readers, mlp_readers = readers(arch)
    if arch.single_norm:
        return norm_saved(arch.norm, n, h, attention_readers + mlp_readers)
    kept = norm_saved(arch.norm, n, h, attention_readers) + norm_saved(arch.norm, n, h, mlp_readers)
    if arch.post_norms:
        kept += 2 * norm_saved(arch.norm, n, h, 0)
    if arch.parallel_residual and arch.norm is Norm.LAYER and not widens_input(n):
        kept -= n.residual * h  # both norms read, and keep, the same input
    return kept


def readers(arch: Architecture) -> tuple[int, int]:
    """Linear layers that read what the norms before attention and before the MLP give."""
    of_attention = 1 if arch.fused_qkv or arch.keys_shared else 2 if arch.kv_lora_rank else 3
    return of_attention, 2 if arch.activation is Activation.GATED and not arch.fused_gate_up else 1


def fused_norm_saved(n: Numerics, width: int) -> int:
    """Bytes a token kept by one norm as a kernel of its own: its input, the reciprocal, its output."""
    return n.residual * width + 4 + n.compute * width


def block_norms_saved(n: Numerics, arch: Architecture, reading: int, *, fused: bool = False) -> int:
    """Bytes a token kept by the norms of attention, or of an MLP, by itself: the one before it, which ``reading`` linear layers read, and
    the one behind it where there is one.
    """
    h = arch.hidden_size
    if fused and arch.norm is not Norm.LAYER:
        return fused_norm_saved(n, h)
    return norm_saved(arch.norm, n, h, reading) + (norm_saved(arch.norm, n, h, 0) if arch.post_norms else 0)


def layer_norms_constant(n: Numerics, arch: Architecture) -> int:
    """Bytes kept by the norms of one layer whatever the number of tokens, those of the heads included."""
    hidden = arch.norms_in_layer * norm_constant(arch.norm, n, arch.hidden_size)
    return hidden + head_norms_constant(n, arch)


def head_norms_constant(n: Numerics, arch: Architecture) -> int:
    """Of the norms of query and key heads."""
    return (1 if arch.keys_shared else 2) * norm_constant(arch.norm, n, arch.head_dim) if arch.qk_norm else 0


def norm_frozen_saved(kind: Norm, n: Numerics, width: int, *, fused: bool = False) -> int:
    """Bytes a token kept by one norm whose weight is not trained. RMSNorm: the fp32 copy and the reciprocal (a fused kernel: the 16-bit
    input); LayerNorm: its input, mean and reciprocal; written out in fp32, what is normalised and the same squared.
    """
    match kind:
        case Norm.RMS | Norm.RMS_PLUS_ONE | Norm.RMS_FP32 | Norm.RMS_WEIGHT_FP32:
            return (2 if fused else 4) * width + 4
        case Norm.RMS_POWER:
            return (2 if fused else 4) * width + (4 if fused else 8)
        case Norm.LAYER_FP32:
            return 8 * width + 4
        case Norm.LAYER_BARE:
            return 4 * width + 8
        case Norm.LAYER:
            return (4 if widens_input(n) else n.residual) * width + 8
        case _:
            assert_never(kind)


def head_norms_saved(n: Numerics, arch: Architecture) -> int:
    """Bytes a token kept by the norms of query and key heads: fp32 copy, normalised copy, one reciprocal a head. The output is rotated
    at once, and rotation keeps nothing. Norms of value heads, without weights, keep no normalised copy.
    """
    widths, norms = _normed_heads(arch)
    wide = n.compute == 4 or (n.autocast and arch.qk_norm_after_rotation)  # autocast rotates by tables in fp32
    normalised = 4 if wide or arch.norm in _NORMALISED_WIDE else 2
    return widths * (4 + normalised) + _root_bytes(arch) * norms + _value_norm_saved(arch)


def _root_bytes(arch: Architecture) -> int:
    return 8 if arch.norm is Norm.RMS_POWER else 4


def _value_norm_saved(arch: Architecture) -> int:
    if not arch.value_norm or arch.keys_shared:
        return 0
    return 4 * arch.key_value_size + _root_bytes(arch) * arch.num_key_value_heads


def _normed_heads(arch: Architecture) -> tuple[int, int]:
    """Values and reciprocals, a token, of the norms of query and key heads; of queries alone where keys are another layer's."""
    keys = 0 if arch.keys_shared else 1
    norms = 1 + keys if arch.qk_norm_whole else arch.num_attention_heads + keys * arch.num_key_value_heads
    return arch.query_size + keys * arch.key_value_size, norms


def rotated_head_norms_saved(arch: Architecture) -> int:
    """Bytes a token kept by norms without weights over rotated query and key heads: fp32 copies, or themselves, and reciprocals."""
    return 4 * (arch.query_size + arch.key_value_size + arch.num_attention_heads + arch.num_key_value_heads)


def head_norms_frozen_saved(arch: Architecture) -> int:
    """Bytes a token of the same with frozen weights: fp32 copies and reciprocals."""
    widths, norms = _normed_heads(arch)
    return 4 * widths + _root_bytes(arch) * norms + _value_norm_saved(arch)
