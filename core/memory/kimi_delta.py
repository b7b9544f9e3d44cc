"""Kimi delta attention: a gated delta net whose channels decay each by themselves; in chunks of 64 tokens, as transformers does it in plain
PyTorch.

Source: measured tensor storages of transformers 5.24 on torch 2.13, 16-bit. The kernels of flash-linear-attention keep the same state and
need far less beside it: they never hold the decay between all pairs of a chunk's tokens in every channel. Symbols: H heads of width d,
I = H*d, w the convolution's width, T' tokens padded to whole chunks.
"""

from core.memory.architecture import Architecture
from core.memory.gated_delta_net import CHUNK, recurrent_state_bytes
from core.memory.units import ceil_div


def _inner(arch: Architecture) -> int:
    """I."""
    return arch.linear_num_value_heads * arch.linear_value_head_dim


def convolved(arch: Architecture) -> int:
    """Queries, keys and values."""
    return 3 * _inner(arch)


def matrices(arch: Architecture) -> tuple[tuple[str, int, int], ...]:
    h, heads, width, inner = arch.hidden_size, arch.linear_num_value_heads, arch.linear_value_head_dim, _inner(arch)
    return (
        ("q_proj", h, inner),
        ("k_proj", h, inner),
        ("v_proj", h, inner),
        ("f_a_proj", h, width),
        ("f_b_proj", width, inner),
        ("b_proj", h, heads),
        ("g_a_proj", h, width),
        ("g_b_proj", width, inner),
        ("o_proj", inner, h),
    )


def vector_parameters(arch: Architecture) -> int:
    """The convolution, the time step of each channel, the decay of each head, the gated norm over one head."""
    inner = _inner(arch)
    return convolved(arch) * arch.conv_kernel + inner + arch.linear_num_value_heads + arch.linear_value_head_dim


def forward_peak(arch: Architecture, batch: int, length: int, width: int) -> int:
    """What the mixer needs at once when nothing is kept: as keys of a chunk are compared with each other, their products, those decayed,
    and the decay itself, each of all pairs of tokens in every channel; of a single chunk, as queries are compared with keys.
    """
    heads, inner = arch.linear_num_value_heads, _inner(arch)
    tokens, padded = batch * length, batch * ceil_div(length, CHUNK) * CHUNK
    there = tokens * (width * (3 * inner + heads) + 4 * inner) + 4 * heads * padded + 2 * CHUNK**2
    pairs = 4 * CHUNK * inner
    compared = padded * (3 * pairs + 24 * inner)
    scanned = padded * (pairs + 32 * inner + 4 * CHUNK * heads + 4 * (CHUNK - 1) * heads)
    scanned += batch * (CHUNK * (2 * pairs + 4 * inner) + recurrent_state_bytes(arch))
    return there + max(compared, scanned)


def decode_peak(arch: Architecture, batch: int, width: int) -> int:
    """One token: the decayed state, what comes in, and the new one, beside the cached one."""
    heads, inner = arch.linear_num_value_heads, _inner(arch)
    return batch * (3 * recurrent_state_bytes(arch) + width * (3 * inner + heads) + 32 * inner + 4 * heads)
