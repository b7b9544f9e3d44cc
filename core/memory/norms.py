"""RMSNorm, as transformers writes it: what it keeps for the backward pass.

Source: measured tensor storages of transformers 5.23 on torch 2.13 (tests/core/memory/test_exact.py compares).
The module computes in fp32: it keeps the fp32 copy of its input (4h bytes a token), the normalised tensor in the width of the residual
stream, its output, and one fp32 reciprocal. Under autocast the output is cast anew for every linear layer that reads it.
"""

from core.memory.architecture import Architecture
from core.memory.numerics import Numerics


def rms_norm_saved(n: Numerics, width: int, consumers: int) -> int:
    """Bytes a token kept by one RMSNorm over ``width`` values whose output ``consumers`` linear layers read."""
    output = 2 * consumers if n.autocast else n.compute
    return width * (4 + n.residual + output) + 4


def rms_norm_frozen_saved(width: int) -> int:
    """The same where the norm's weight is not trained: only the fp32 copy and the reciprocal are needed."""
    return 4 * width + 4


def head_norms_saved(n: Numerics, arch: Architecture) -> int:
    """Bytes a token kept by the q and k norms of Qwen3: fp32 copy, normalised copy, one reciprocal a head. The output is rotated
    at once, and rotation keeps nothing.
    """
    widths = arch.query_size + arch.key_value_size
    normalised = 4 if n.compute == 4 else 2
    return widths * (4 + normalised) + 4 * (arch.num_attention_heads + arch.num_key_value_heads)


def head_norms_frozen_saved(arch: Architecture) -> int:
    return 4 * (arch.query_size + arch.key_value_size + arch.num_attention_heads + arch.num_key_value_heads)
