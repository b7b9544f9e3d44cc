"""Mamba's mixer: a short convolution, then a scan over channels, token by token, as transformers does it in plain PyTorch.

Source: measured tensor storages of transformers 5.23 on torch 2.13, 16-bit. The kernels of mamba-ssm and causal-conv1d keep the same state
and need far less beside it: the states of all tokens are never written to memory. Symbols: I channels, N state size, r rank of the time
step, w width of the convolution, S length, B batch, T = B*S.
"""

from core.memory.architecture import Architecture


def convolved(arch: Architecture) -> int:
    """Channels that the convolution runs over: all."""
    return arch.mamba_num_heads


def matrices(arch: Architecture) -> tuple[tuple[str, int, int], ...]:
    inner, rank = arch.mamba_num_heads, arch.time_step_rank
    return (
        ("in_proj", arch.hidden_size, 2 * inner),
        ("x_proj", inner, rank + 2 * arch.ssm_state_size),
        ("dt_proj", rank, inner),
        ("out_proj", inner, arch.hidden_size),
    )


def vector_parameters(arch: Architecture) -> int:
    """The convolution with its bias, decay, skip, the time step's bias; norms of what the state is made of."""
    norms = arch.time_step_rank + 2 * arch.ssm_state_size if arch.mixer_norm and not arch.mixer_norm_unweighted else 0
    return arch.mamba_num_heads * (arch.conv_kernel + 1 + arch.ssm_state_size + 2) + norms


def recurrent_state_bytes(arch: Architecture) -> int:
    """Of one sequence in one layer, fp32: 4*I*N."""
    return 4 * arch.mamba_num_heads * arch.ssm_state_size


def saved(arch: Architecture, batch: int, length: int) -> int:
    """Kept by one layer's mixer for backward: for each token three times what its channels' states take."""
    inner, state, rank = arch.mamba_num_heads, arch.ssm_state_size, arch.time_step_rank
    tokens = batch * length
    kept = tokens * ((24 if batch > 1 else 22) * inner + 14 * inner * state) - 4 * batch * inner * state
    kept += 2 * inner * batch * (length + arch.conv_kernel - 1)
    if arch.mixer_norm:
        kept += tokens * (12 + 8 * rank + 18 * state)
        if arch.mixer_norm_unweighted:  # what weights would be multiplied with
            kept -= tokens * 2 * (rank + 2 * state)
    else:
        kept += tokens * (4 * rank + 2 * state)
    return kept + 8 * inner * state + 2 * batch * inner * state + 4 * inner


def forward_peak(arch: Architecture, batch: int, length: int, width: int) -> int:
    """What the mixer needs at once when nothing is kept: after the last token, with the states' decay and inputs of all."""
    inner, state = arch.mamba_num_heads, arch.ssm_state_size
    made = 2 * state if arch.mixer_norm else arch.time_step_rank + 2 * state
    return batch * length * (12 * inner * state + (8 + 7 * width) * inner + width * made) + (1 + batch) * 4 * inner * state + 8 * inner


def backward_work(arch: Architecture, batch: int, length: int) -> int:
    """As the scan is undone: each token's gradient is as large as those of all, and three of them are there beside their sum."""
    inner, state = arch.mamba_num_heads, arch.ssm_state_size
    gone = 4 if batch > 1 else 2
    return batch * length * (16 * state - gone) * inner


def decode_peak(arch: Architecture, batch: int, width: int) -> int:
    """One token: decay, input, their products and the new state, beside the cached one."""
    return recurrent_state_bytes(arch) * (1 + 5 * batch) + batch * 5 * width * arch.mamba_num_heads
