"""What a process takes on the GPU beside its tensors.

Sources: bare CUDA contexts of torch processes as published: 256 MiB (RTX 3090, torch 2.7), 384 (RTX 4090), 426 (RTX 6000
Ada, torch 2.10), about 520 (H100); the newest stack that was stated exactly is taken for every card. The allocator's reserve:
16 single-GPU fine-tunes that published torch's peak, its level at the end and nvidia-smi's reading held, at the median, a
third more than their transient tensors needed (foundation-model-stack/fms-acceleration benchmarks, A100 80 GB); inference
is assumed alike.
"""

from core.memory.components import Moment, Stack
from core.memory.units import MIB

CUDA_CONTEXT_BYTES = 426 * MIB


def with_reserve(moment: Moment) -> Moment:
    """``moment`` with what the caching allocator holds beyond its transient tensors: a third of them."""
    stack = moment.stack
    transient = stack.activations + stack.logits + stack.workspace
    return moment._replace(stack=Stack(*stack[:-1], transient // 3))
