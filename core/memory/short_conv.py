"""A short convolution with two gates: all that it keeps of the past is a few tokens (LFM2).

Source: measured tensor storages of transformers 5.23 on torch 2.13, 16-bit, plain PyTorch; causal-conv1d's kernel keeps the same state.
Symbols: h hidden size, w width of the convolution, S length, B batch, T = B*S.
"""

from core.memory.architecture import Architecture


def convolved(arch: Architecture) -> int:
    """Channels that the convolution runs over: h."""
    return arch.hidden_size


def matrices(arch: Architecture) -> tuple[tuple[str, int, int], ...]:
    h = arch.hidden_size
    return ("in_proj", h, 3 * h), ("out_proj", h, h)


def vector_parameters(arch: Architecture) -> int:
    """The convolution, without a bias."""
    return arch.hidden_size * arch.conv_kernel


def recurrent_state_bytes(_arch: Architecture) -> int:
    """None."""
    return 0


def saved(arch: Architecture, batch: int, length: int) -> int:
    """Kept by one layer's mixer for backward: both gates and what they open, the convolution's input and output, the product."""
    h = arch.hidden_size
    return 10 * h * batch * length + 2 * h * batch * (length + arch.conv_kernel - 1)


def forward_peak(arch: Architecture, batch: int, length: int, width: int) -> int:
    """What the mixer needs at once when nothing is kept."""
    h = arch.hidden_size
    return width * h * (5 * batch * length + batch * (length + arch.conv_kernel - 1))


def backward_work(arch: Architecture, batch: int, length: int) -> int:
    """Gradients of the product and of both its factors."""
    return 6 * arch.hidden_size * batch * length


def decode_peak(arch: Architecture, batch: int, width: int) -> int:
    """One token: what the first matrix makes, the tokens the convolution looks at, what comes out."""
    return width * arch.hidden_size * batch * (5 + arch.conv_kernel)
