"""Mamba-2's mixer: a short convolution, then a state-space recurrence computed in chunks, as transformers does it in plain PyTorch.

Source: measured tensor storages of transformers 5.23 on torch 2.13, 16-bit. The kernels of mamba-ssm and causal-conv1d keep the same state
and need far less beside it: neither the states' inputs and outputs repeated for every head, nor the scores within a chunk, are ever
written to memory (``kernel_saved`` and what follows, by mamba_ssm's ssd_combined.py, not measured).

Symbols: H heads of width P, I = H*P; N state size, g groups, D = I + 2gN what the convolution runs over, w its width; c chunk, nc chunks; S
length, B batch, T = B*S tokens, padded to whole chunks T'.
"""

from typing import NamedTuple

from core.memory.architecture import Architecture
from core.memory.units import ceil_div


class _Sizes(NamedTuple):
    inner: int
    """I."""
    convolved: int
    """D."""
    projected: int
    """What the first matrix makes: gate, input of the convolution, time steps; I + D + H."""


def sizes(arch: Architecture) -> _Sizes:
    inner, channels = arch.mamba_num_heads * arch.mamba_head_dim, convolved(arch)
    return _Sizes(inner, channels, inner + channels + arch.mamba_num_heads)


def convolved(arch: Architecture) -> int:
    """D."""
    return arch.mamba_num_heads * arch.mamba_head_dim + 2 * arch.n_groups * arch.ssm_state_size


def matrices(arch: Architecture) -> tuple[tuple[str, int, int], ...]:
    inner, _, projected = sizes(arch)
    return ("in_proj", arch.hidden_size, projected), ("out_proj", inner, arch.hidden_size)


def vector_parameters(arch: Architecture) -> int:
    """The convolution with its bias; decay, time step and skip of each head; the gated norm."""
    inner, channels, _ = sizes(arch)
    return channels * (arch.conv_kernel + 1) + 3 * arch.mamba_num_heads + inner * arch.mixer_norm


def recurrent_state_bytes(arch: Architecture) -> int:
    """Of one sequence in one layer, fp32: 4*H*P*N."""
    inner, _, _ = sizes(arch)
    return 4 * inner * arch.ssm_state_size


def saved(arch: Architecture, batch: int, length: int) -> int:
    """Kept by one layer's mixer for backward. A single chunk is multiplied with as it lies, and of a single sequence not even inputs and
    outputs of the states are laid out anew.
    """
    inner, channels, projected = sizes(arch)
    heads, state, chunk = arch.mamba_num_heads, arch.ssm_state_size, arch.chunk_size
    tokens, chunks = batch * length, ceil_div(length, chunk)
    padded = batch * chunks * chunk
    kept = tokens * (2 * projected + 4 * inner + 12 * heads) + 2 * channels * batch * (length + arch.conv_kernel - 1)
    laid_out = 12 if batch == chunks == 1 else 20
    kept += padded * (laid_out * heads * state + 12 * heads * chunk + (20 if chunks > 1 else 16) * inner + 8 * heads)
    kept += 4 * inner * state * batch * (2 * chunks + (1 if chunks > 1 else 2)) + 4 * heads * batch * (chunks + 1) ** 2
    output = 18 * inner + 4 * arch.n_groups if arch.mixer_norm else 6 * inner
    return kept + tokens * output + 2 * chunk**2 + 8 * heads + 2 * (chunks + 1) ** 2


def frozen_saved(arch: Architecture, batch: int, length: int) -> int:
    """The same with frozen matrices: without inputs of the skip, padded; what the output's norm normalises and the last matrix reads; nor
    what decay would be learned from.
    """
    inner, _, _ = sizes(arch)
    heads = arch.mamba_num_heads
    padded = batch * ceil_div(length, arch.chunk_size) * arch.chunk_size
    output = 6 if arch.mixer_norm else 4
    unused = padded * 4 * inner + batch * length * (output * inner + 4 * heads) + 4 * heads
    return saved(arch, batch, length) - unused


def _chunked(arch: Architecture, batch: int, length: int, width: int = 2) -> int:
    """Beside repeated inputs and outputs of the states: decay, scores and their product within chunks; states at the ends of chunks; the
    projections, ``width`` bytes a value.
    """
    inner, channels, projected = sizes(arch)
    heads, state, chunk = arch.mamba_num_heads, arch.ssm_state_size, arch.chunk_size
    tokens, chunks = batch * length, ceil_div(length, chunk)
    padded = batch * chunks * chunk
    within = padded * (12 * heads * chunk + 16 * heads)
    between = 4 * inner * state * batch * (chunks + 2) + 4 * heads * batch * (chunks + 1) ** 2
    return tokens * width * (projected + channels + heads) + within + between + 4 * heads


def forward_peak(arch: Architecture, batch: int, length: int, width: int) -> int:
    """What the mixer needs at once when nothing is kept: as chunks and states are added up, or before that, as states are read out."""
    inner, _, _ = sizes(arch)
    heads, state, chunk = arch.mamba_num_heads, arch.ssm_state_size, arch.chunk_size
    chunks = ceil_div(length, chunk)
    padded = batch * chunks * chunk
    added = padded * (12 * heads * state + 28 * inner)
    read = padded * (16 * heads * state + 16 * inner) + 4 * inner * state * batch * chunks
    return _chunked(arch, batch, length, width) + max(added, read)


def recomputed_peak(arch: Architecture, batch: int, length: int, *, frozen: bool = False) -> int:
    """The same, with all that is kept for backward; ``frozen`` beneath adapters, without inputs of the skip, padded."""
    inner, channels, _ = sizes(arch)
    heads, state, chunk = arch.mamba_num_heads, arch.ssm_state_size, arch.chunk_size
    tokens, chunks = batch * length, ceil_div(length, chunk)
    padded = batch * chunks * chunk
    kept = tokens * (4 * inner + 12 * heads) + 2 * channels * batch * (length + arch.conv_kernel - 1)
    laid_out = 12 if batch == chunks == 1 else 28
    kept += padded * (laid_out * heads * state + (40 if chunks > 1 else 32) * inner) + 4 * inner * state * batch * (2 * chunks + 1)
    kept -= 4 * inner * padded * frozen
    return _chunked(arch, batch, length) + kept + 2 * chunk**2 + 4 * heads + 2 * (chunks + 1) ** 2


def backward_work(arch: Architecture, batch: int, length: int) -> int:
    """As the output's gated norm gets its gradients."""
    inner, _, _ = sizes(arch)
    return (14 if arch.mixer_norm else 8) * inner * batch * length


def decode_peak(arch: Architecture, batch: int, width: int) -> int:
    """One token: the state's decay, the state it makes and what comes in, beside the cached one."""
    _, channels, projected = sizes(arch)
    return batch * (4 * recurrent_state_bytes(arch) + width * (projected + channels))


def kernel_saved(arch: Architecture, batch: int, length: int) -> int:
    """Kept by mamba-ssm's kernel of convolution and scan (``mamba_split_conv1d_scan_combined``), which makes everything else again: what
    the first matrix made, and the scan's output; by Megatron-Core, whose norm and last matrix are outside of it, the input of each, 16-bit.
    """
    inner, _, projected = sizes(arch)
    norm = 2 * inner + 4 * arch.n_groups if arch.mixer_norm else 0
    return batch * length * (2 * projected + 4 * inner + norm)


def _kernel_states(arch: Architecture, batch: int, length: int) -> int:
    """One state a chunk, fp32."""
    return batch * ceil_div(length, arch.chunk_size) * recurrent_state_bytes(arch)


def kernel_forward_peak(arch: Architecture, batch: int, length: int, width: int) -> int:
    """Of the same when nothing is kept: the projections, the convolution's input laid out anew and its output, the scan's output gated and
    not; scores within chunks, steps and decay, states of chunks before and after they are passed on.
    """
    inner, channels, projected = sizes(arch)
    chunk = 4 * arch.n_groups * arch.chunk_size + 8 * arch.mamba_num_heads
    return batch * length * (width * (projected + 2 * channels + 2 * inner) + chunk) + 2 * _kernel_states(arch, batch, length)


def kernel_backward_work(arch: Architecture, batch: int, length: int) -> int:
    """Beside what is kept: input and output of the convolution again, and the gradient of what it gave; gradients of the projections, and
    of the output; scores within chunks, steps and decay with their gradients; three times the states of chunks.
    """
    inner, channels, projected = sizes(arch)
    chunk = 4 * arch.n_groups * arch.chunk_size + 16 * arch.mamba_num_heads
    return batch * length * (2 * (projected + 3 * channels + inner) + chunk) + 3 * _kernel_states(arch, batch, length)
