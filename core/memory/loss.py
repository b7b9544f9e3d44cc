"""Logits and cross-entropy, as transformers' ``ForCausalLMLoss`` computes them: in fp32, over all positions.

Source: measured tensor storages of transformers 5.23 on torch 2.13. Symbols: V vocabulary, T tokens.
"""

from core.memory.architecture import Architecture
from core.memory.numerics import Numerics


def log_softmax_bytes(arch: Architecture, tokens: int) -> int:
    """fp32 log-probabilities, kept for backward: 4VT, the largest single tensor of a step."""
    return 4 * arch.vocab_size * tokens


def forward_logits_bytes(n: Numerics, arch: Architecture, tokens: int) -> int:
    """Logits and their fp32 copy while the loss is computed: 6VT; 4VT where the logits are fp32 already."""
    return (6 if n.compute == 2 else 4) * arch.vocab_size * tokens


def backward_logits_bytes(arch: Architecture, tokens: int) -> int:
    """Gradients of nll_loss and of log_softmax: 8VT beside the saved 4VT."""
    return 8 * arch.vocab_size * tokens


def head_gradient_bytes(n: Numerics, arch: Architecture, tokens: int) -> int:
    """Gradient of the logits while the head's own gradients are made: in the width of the logits."""
    return n.compute * arch.vocab_size * tokens


def labels_bytes(batch: int, length: int) -> int:
    """int64 labels, shifted: a copy for several sequences, a padded one for a single sequence."""
    return 8 * batch * length if batch > 1 else 8 * (length + 1)
