"""A short convolution with two gates: all that it keeps of the past is a few tokens (LFM2).

Source: measured tensor storages of transformers 5.23 on torch 2.13, 16-bit, plain PyTorch; causal-conv1d's kernel keeps the same state.
Symbols: h hidden size, C channels (h, unless tensor parallelism divides them), w width of the convolution, S length, B batch, T = B*S.
"""

from core.memory.architecture import Architecture


def convolved(arch: Architecture) -> int:
    """C."""
    return arch.conv_dim or arch.hidden_size


def matrices(arch: Architecture) -> tuple[tuple[str, int, int], ...]:
    h, channels = arch.hidden_size, convolved(arch)
    return ("in_proj", h, 3 * channels), ("out_proj", channels, h)


def vector_parameters(arch: Architecture) -> int:
    """The convolution, without a bias."""
    return convolved(arch) * arch.conv_kernel


def recurrent_state_bytes(_arch: Architecture) -> int:
    """None."""
    return 0


def saved(arch: Architecture, batch: int, length: int) -> int:
    """Kept by one layer's mixer for backward: both gates and what they open, the convolution's input and output, the product."""
    channels = convolved(arch)
    return 10 * channels * batch * length + 2 * channels * batch * (length + arch.conv_kernel - 1)


def frozen_saved(arch: Architecture, batch: int, length: int) -> int:
    """The same with frozen matrices: without what the last one reads."""
    return saved(arch, batch, length) - 2 * arch.hidden_size * batch * length


def forward_peak(arch: Architecture, batch: int, length: int, width: int) -> int:
    """What the mixer needs at once when nothing is kept."""
    return width * convolved(arch) * (5 * batch * length + batch * (length + arch.conv_kernel - 1))


def backward_work(arch: Architecture, batch: int, length: int) -> int:
    """Gradients of the product and of both its factors."""
    return 6 * convolved(arch) * batch * length


def decode_peak(arch: Architecture, batch: int, width: int) -> int:
    """One token: what the first matrix makes, the tokens the convolution looks at, what comes out."""
    return width * convolved(arch) * batch * (5 + arch.conv_kernel)
