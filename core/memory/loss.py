"""Logits and cross-entropy, over all positions.

Plain: as transformers' ``ForCausalLMLoss`` computes them, in fp32. Source: measured tensor storages of transformers 5.23 on torch 2.13.
Fused: a kernel writes the gradient over the fp32 logits. Fused with the head: logits of a chunk at a time, as many tokens as make them
no larger than the hidden states (Liger's fused_linear_cross_entropy.py). Measured: with transformers 4.48, LoRA on Mistral-7B takes 14
bytes a token and vocabulary entry plain, 10 fused (fms-acceleration benchmarks). Preference methods have losses of their own
(:mod:`core.memory.preference`). Symbols: V vocabulary, T tokens, h hidden size, e bytes of an activation.
"""

from typing import assert_never

from core.memory.architecture import Architecture
from core.memory.numerics import Numerics
from core.memory.preference import logit_bytes
from core.memory.scenario import Loss, Objective, Scenario, TransformersRelease
from core.memory.units import ceil_div


def kept_for_loss_bytes(scenario: Scenario, n: Numerics, tokens: int) -> int:
    """Kept for backward: fp32 log-probabilities or logits, 4VT, the largest single tensor of a step; fused with the head, the gradient of
    the hidden states, 2hT.
    """
    if scenario.objective is not Objective.NEXT_TOKEN:
        return logit_bytes(scenario, n).kept
    if scenario.loss is Loss.FUSED_LINEAR:
        return 2 * scenario.architecture.hidden_size * tokens
    if scenario.loss is Loss.NARROW:
        return n.compute * scenario.architecture.vocab_size * tokens
    return 4 * scenario.architecture.vocab_size * tokens


def forward_logits_bytes(scenario: Scenario, n: Numerics, tokens: int) -> int:
    """Beside what is kept, while the loss is computed. Plain: logits and their fp32 copy, 6VT (4VT where they are fp32 already); fused: the
    16-bit ones; fused with the head: one chunk. Older releases of transformers copied the fp32 logits once more to shift them; before 4.45
    the model's output was those, and the 16-bit ones were gone.
    """
    if scenario.objective is not Objective.NEXT_TOKEN:
        return logit_bytes(scenario, n).forward
    arch = scenario.architecture
    v, loss = arch.vocab_size, scenario.loss
    if loss is Loss.NARROW:
        shifted = 2 if scenario.batch_size > 1 else 1  # one sequence without its end is in one piece
        return n.compute * shifted * v * tokens
    if loss is not Loss.FUSED_LINEAR and scenario.transformers_release is not TransformersRelease.CURRENT and n.compute == 2:
        narrow = 2 if scenario.transformers_release is TransformersRelease.BEFORE_4_50 else 0
        return (narrow + (8 if loss is Loss.PLAIN else 4)) * v * tokens
    match loss:
        case Loss.PLAIN:
            return (4 if n.compute == 4 or arch.logits_in_fp32 else 6) * v * tokens
        case Loss.FUSED:
            return (2 if n.compute == 2 else 0) * v * tokens
        case Loss.FUSED_LINEAR:
            chunk = ceil_div(tokens, ceil_div(v, arch.hidden_size))
            return (6 if n.compute == 2 else 4) * v * chunk
        case _:
            assert_never(loss)


def backward_logits_bytes(scenario: Scenario, n: Numerics, tokens: int) -> int:
    """Beside what is kept. Plain: gradients of nll_loss and of log_softmax, 8VT; fused: the gradient once more in 16 bits."""
    if scenario.objective is not Objective.NEXT_TOKEN:
        return logit_bytes(scenario, n).backward
    v, loss = scenario.architecture.vocab_size, scenario.loss
    match loss:
        case Loss.PLAIN:
            return 8 * v * tokens
        case Loss.NARROW:
            return 2 * n.compute * v * tokens
        case Loss.FUSED:
            return (2 if n.compute == 2 else 0) * v * tokens
        case Loss.FUSED_LINEAR:
            return 0
        case _:
            assert_never(loss)


def head_gradient_bytes(loss: Loss, n: Numerics, arch: Architecture, tokens: int) -> int:
    """Gradient of the logits while the head's own gradients are made: in the width of the logits."""
    return 0 if loss is Loss.FUSED_LINEAR else n.compute * arch.vocab_size * tokens


def output_bytes(scenario: Scenario, n: Numerics, tokens: int) -> int:
    """Logits in the model's output, e*V*T, in fp32 before transformers 4.45; there are none where the loss is fused with the head."""
    if scenario.loss is Loss.FUSED_LINEAR:
        return 0
    width = 4 if scenario.transformers_release is TransformersRelease.BEFORE_4_45 else n.compute
    return width * scenario.architecture.vocab_size * tokens


def labels_bytes(batch: int, length: int) -> int:
    """int64 labels, shifted: a copy for several sequences, a padded one for a single sequence."""
    return 8 * batch * length if batch > 1 else 8 * (length + 1)
