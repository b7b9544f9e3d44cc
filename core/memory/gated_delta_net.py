"""A gated delta net: linear attention whose state is corrected, not only added to; computed in chunks of 64 tokens, as transformers does it
in plain PyTorch.

Source: measured tensor storages of transformers 5.23 on torch 2.13, 16-bit. The kernels of flash-linear-attention and causal-conv1d keep
the same state and need less beside it: their chunks are not padded, repeated for every head nor widened to fp32 all at once. Symbols: Hk
key heads of width dk, Hv value heads of width dv; K = Hv*dk (keys repeated for every value head), V = Hv*dv, D = 2*Hk*dk + V what the
convolution runs over, w its width; S length, B batch, T = B*S, padded to whole chunks T'.
"""

from typing import NamedTuple

from core.memory.architecture import Architecture
from core.memory.units import ceil_div

CHUNK = 64


class _Sizes(NamedTuple):
    repeated_keys: int
    """K."""
    values: int
    """V."""
    convolved: int
    """D."""


def sizes(arch: Architecture) -> _Sizes:
    heads = arch.linear_num_value_heads
    return _Sizes(heads * arch.linear_key_head_dim, heads * arch.linear_value_head_dim, convolved(arch))


def convolved(arch: Architecture) -> int:
    """D."""
    keys = arch.linear_num_key_heads * arch.linear_key_head_dim
    return 2 * keys + arch.linear_num_value_heads * arch.linear_value_head_dim


def matrices(arch: Architecture) -> tuple[tuple[str, int, int], ...]:
    _, values, channels = sizes(arch)
    h, heads = arch.hidden_size, arch.linear_num_value_heads
    if arch.mixer_projections_apart:
        return (
            ("in_proj_qkv", h, channels),
            ("in_proj_z", h, values),
            ("in_proj_b", h, heads),
            ("in_proj_a", h, heads),
            ("out_proj", values, h),
        )
    return ("in_proj_qkvz", h, channels + values), ("in_proj_ba", h, 2 * heads), ("out_proj", values, h)


def vector_parameters(arch: Architecture) -> int:
    """The convolution, decay and time step of each head, the gated norm over one head."""
    _, _, channels = sizes(arch)
    return channels * arch.conv_kernel + 2 * arch.linear_num_value_heads + arch.linear_value_head_dim


def recurrent_state_bytes(arch: Architecture) -> int:
    """Of one sequence in one layer, fp32: 4*Hv*dk*dv."""
    keys, _, _ = sizes(arch)
    return 4 * keys * arch.linear_value_head_dim


def saved(arch: Architecture, batch: int, length: int) -> int:
    """Kept by one layer's mixer for backward."""
    keys, values, channels = sizes(arch)
    heads = arch.linear_num_value_heads
    tokens, chunks = batch * length, ceil_div(length, CHUNK)
    padded = batch * chunks * CHUNK
    kept = tokens * (2 * channels + 18 * values + 8 * keys + 22 * heads)
    kept += 2 * channels * batch * (length + arch.conv_kernel - 1)
    kept += padded * (24 * keys + 12 * values + 20 * heads * CHUNK + 16 * heads)
    kept += chunks * batch * (recurrent_state_bytes(arch) + 4 * heads)
    return kept + CHUNK**2 + 8 * heads


def frozen_saved(arch: Architecture, batch: int, length: int) -> int:
    """The same with frozen matrices: without what the output's norm normalises and the last matrix reads, nor what decay would be learned
    from.
    """
    _, values, _ = sizes(arch)
    heads = arch.linear_num_value_heads
    return saved(arch, batch, length) - batch * length * (4 * values + 4 * heads) - 4 * heads


def _beside(arch: Architecture, batch: int, length: int, width: int) -> int:
    """What is there all through the chunks: the projections, and scores and decay within chunks."""
    _, values, channels = sizes(arch)
    heads = arch.linear_num_value_heads
    chunks = ceil_div(length, CHUNK)
    # Out of one matrix, the parts have to be taken apart, and the product stays.
    made = channels + values + 3 * heads if arch.mixer_projections_apart else 2 * (channels + values) + 5 * heads
    if arch.mixer_gate_last:
        made -= values + 2 * heads
    projections = batch * length * (width * made + 4 * heads)
    within = batch * chunks * (CHUNK * (12 * heads * CHUNK + 12 * heads) + 4 * heads)
    return projections + within + CHUNK**2


def forward_peak(arch: Architecture, batch: int, length: int, width: int) -> int:
    """What the mixer needs at once when nothing is kept: as keys and queries are scaled, as a chunk's state is made, or as the output is
    put in order.
    """
    keys, values, _ = sizes(arch)
    padded = batch * ceil_div(length, CHUNK) * CHUNK
    state = batch * recurrent_state_bytes(arch)
    of_chunk = 8 * batch * CHUNK * values
    scaled = padded * (24 * keys + 16 * values) + state
    scanned = padded * (20 * keys + 16 * values) + of_chunk + max(4 * state, 4 * values * padded + state)
    return _beside(arch, batch, length, width) + max(scaled, scanned)


def backward_work(arch: Architecture, batch: int, length: int) -> int:
    """As the scan over chunks is undone: each chunk's gradients are as large as those of all."""
    keys, values, _ = sizes(arch)
    padded = batch * ceil_div(length, CHUNK) * CHUNK
    return padded * (8 * keys + 12 * values)


def decode_peak(arch: Architecture, batch: int, width: int) -> int:
    """One token: the decayed state, what comes in, and the new one, beside the cached one."""
    keys, values, channels = sizes(arch)
    heads = arch.linear_num_value_heads
    return batch * (3 * recurrent_state_bytes(arch) + width * (2 * channels + 2 * values) + 16 * values + 8 * keys + 22 * heads)
