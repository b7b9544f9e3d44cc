"""SwiGLU: down(silu(gate(x)) * up(x)).

Source: measured tensor storages of transformers 5.23 on torch 2.13. Symbols: i intermediate size, h hidden size, e bytes of an activation.
"""

from core.memory.architecture import Architecture
from core.memory.numerics import Numerics


def swiglu_saved(n: Numerics, arch: Architecture) -> int:
    """Bytes a token kept for backward: gate, up, silu(gate) and their product, 4*e*i."""
    return 4 * n.compute * arch.intermediate_size


def swiglu_frozen_saved(n: Numerics, arch: Architecture) -> int:
    """The same where down_proj is frozen: its input, the product, is not needed."""
    return 3 * n.compute * arch.intermediate_size


def swiglu_backward(n: Numerics, arch: Architecture) -> int:
    """Bytes a token the backward of the product needs at once: gradients of both factors, and of the residual stream."""
    return 2 * n.compute * arch.intermediate_size + n.residual * arch.hidden_size


def swiglu_prefill(n: Numerics, arch: Architecture) -> int:
    """Bytes a token of the working set: silu(gate), up and product; embeddings, residual, block input and norm output."""
    return 3 * n.compute * arch.intermediate_size + 4 * n.compute * arch.hidden_size
