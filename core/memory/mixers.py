"""Mixers with a state of fixed size: one entrance to all kinds of them.

A mixer says which matrices and other values it has, what state it keeps of a sequence, what it keeps for backward, and what it needs at
once: in a forward pass, recomputed under checkpointing, in backward, and for one new token. All of it holds for plain PyTorch in 16 bits
but for Mamba-2 with kernels; the states hold for every implementation.
"""

from collections.abc import Callable
from typing import NamedTuple

from core.memory import gated_delta_net, kimi_delta, mamba, mamba2, short_conv
from core.memory.architecture import Architecture, Mixer


class _Rules(NamedTuple):
    matrices: Callable[[Architecture], tuple[tuple[str, int, int], ...]]
    """(name, in_features, out_features)"""
    vector_parameters: Callable[[Architecture], int]
    convolved: Callable[[Architecture], int]
    """Channels that the convolution runs over."""
    recurrent_state_bytes: Callable[[Architecture], int]
    """Of one sequence in one layer."""
    saved: Callable[[Architecture, int, int], int]
    """Of ``batch`` sequences of ``length`` tokens in one layer, as are the next four."""
    frozen_saved: Callable[[Architecture, int, int], int]
    """The same where matrices are frozen and beneath adapters."""
    forward_peak: Callable[[Architecture, int, int, int], int]
    """Of activations so many bytes wide."""
    recomputed_peak: Callable[..., int] | None
    """The forward pass again, with what is kept: alive at once; None where backward needs more anyway."""
    backward_work: Callable[[Architecture, int, int], int]
    """Beside what is kept."""
    decode_peak: Callable[[Architecture, int, int], int]
    """Of ``batch`` tokens, one a sequence, and so many bytes a value."""


def _not_modelled(_arch: Architecture, _batch: int, _length: int) -> int:
    """Of training that is refused."""
    raise NotImplementedError


_RULES = {
    Mixer.MAMBA: _Rules(
        mamba.matrices,
        mamba.vector_parameters,
        mamba.convolved,
        mamba.recurrent_state_bytes,
        mamba.saved,
        mamba.saved,  # adapters on it are refused
        mamba.forward_peak,
        None,
        mamba.backward_work,
        mamba.decode_peak,
    ),
    Mixer.MAMBA2: _Rules(
        mamba2.matrices,
        mamba2.vector_parameters,
        mamba2.convolved,
        mamba2.recurrent_state_bytes,
        mamba2.saved,
        mamba2.frozen_saved,
        mamba2.forward_peak,
        mamba2.recomputed_peak,
        mamba2.backward_work,
        mamba2.decode_peak,
    ),
    Mixer.GATED_DELTA_NET: _Rules(
        gated_delta_net.matrices,
        gated_delta_net.vector_parameters,
        gated_delta_net.convolved,
        gated_delta_net.recurrent_state_bytes,
        gated_delta_net.saved,
        gated_delta_net.frozen_saved,
        gated_delta_net.forward_peak,
        None,
        gated_delta_net.backward_work,
        gated_delta_net.decode_peak,
    ),
    Mixer.KIMI_DELTA: _Rules(
        kimi_delta.matrices,
        kimi_delta.vector_parameters,
        kimi_delta.convolved,
        gated_delta_net.recurrent_state_bytes,
        _not_modelled,
        _not_modelled,
        kimi_delta.forward_peak,
        None,
        _not_modelled,
        kimi_delta.decode_peak,
    ),
    Mixer.SHORT_CONV: _Rules(
        short_conv.matrices,
        short_conv.vector_parameters,
        short_conv.convolved,
        short_conv.recurrent_state_bytes,
        short_conv.saved,
        short_conv.frozen_saved,
        short_conv.forward_peak,
        None,
        short_conv.backward_work,
        short_conv.decode_peak,
    ),
}


#: The same with kernels of their own in training (mamba-ssm, causal-conv1d), which Megatron-Core always has.
_KERNELS = {
    Mixer.MAMBA2: _RULES[Mixer.MAMBA2]._replace(
        saved=mamba2.kernel_saved,
        forward_peak=mamba2.kernel_forward_peak,
        recomputed_peak=None,
        backward_work=mamba2.kernel_backward_work,
    )
}


def mixer(arch: Architecture, *, kernels: bool = False) -> _Rules:
    """The rules of the mixer of ``arch``, which has one; in training with ``kernels`` of its own where their rules are known."""
    return _KERNELS.get(arch.mixer, _RULES[arch.mixer]) if kernels else _RULES[arch.mixer]


def mixer_shapes(arch: Architecture) -> tuple[tuple[str, int, int], ...]:
    """The matrices of one layer's mixer; none where there is no mixer."""
    return mixer(arch).matrices(arch) if arch.num_mixer_layers else ()


def largest_mixer_matrix(arch: Architecture) -> int:
    """Values of a mixer's largest matrix; 0 where there is no mixer."""
    return max([inputs * outputs for _, inputs, outputs in mixer_shapes(arch)]) if arch.num_mixer_layers else 0


def conv_state_bytes(arch: Architecture, width: int) -> int:
    """What the convolution keeps of one sequence in one layer: its last tokens, ``width`` bytes a value."""
    return width * mixer(arch).convolved(arch) * arch.conv_kernel


def state_bytes(arch: Architecture, batch: int, width: int, missing: int = 0) -> int:
    """States of ``batch`` sequences in all layers, whatever their length; of ``missing`` layers the convolution's only."""
    if not arch.num_mixer_layers:
        return 0
    conv = arch.num_mixer_layers * conv_state_bytes(arch, width)
    return batch * (conv + (arch.num_mixer_layers - missing) * mixer(arch).recurrent_state_bytes(arch))


def multiplier_bytes(arch: Architecture) -> int:
    """Of all layers: a 16-bit factor for each value that the first matrix makes."""
    _, _, projected = mixer_shapes(arch)[0]
    return 2 * arch.num_mixer_layers * projected
