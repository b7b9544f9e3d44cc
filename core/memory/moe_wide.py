"""Experts whose weights are fp32: trained in fp32, or under autocast, which leaves their grouped products in the width of the weights.

Source: measured tensor storages of transformers 5.24 on torch 2.13. Symbols: E experts, k of them a token, m their width, h hidden size, s
width of what every token goes through.
"""

from core.memory.architecture import Architecture, Router
from core.memory.numerics import Numerics
from core.memory.parameters import attention_shapes, shared_expert_shapes

#: Routers whose weights are made to add up to one, which keeps them once more, and their sum.
_NORMALIZED = frozenset({Router.SOFTMAX, Router.SOFTMAX_16_BIT, Router.SIGMOID})
#: Routers whose weights are 16-bit under autocast.
_NARROW = frozenset({Router.SOFTMAX_16_BIT, Router.SOFTMAX_UNNORMALIZED, Router.SIGMOID})
#: Routers that were measured with fp32 weights.
WIDE_ROUTERS = _NORMALIZED | _NARROW | {Router.SOFTMAX_FP32, Router.SOFTMAX_OF_CHOSEN, Router.SPARSEMIXER, Router.EVERY_EXPERT}


def wide_moe_saved(n: Numerics, arch: Architecture) -> int:
    """Bytes a token kept for backward by a layer's experts, their routing and what every token goes through; under autocast also by the
    copies that router and shared matrices take of their input, and without those that an MLP in their place would take.
    """
    h, m, k, shared = arch.hidden_size, arch.moe_intermediate_size, arch.num_experts_per_tok, arch.shared_expert_intermediate_size
    if arch.router is Router.EVERY_EXPERT:  # plain products, which autocast makes 16-bit
        kept = arch.num_experts * ((6 * h + 8 * m + 6) if n.autocast else (8 * h + 16 * m + 8)) + 8 * k
    else:
        kept = k * (8 * h + (28 if arch.experts_clamped else 16) * m) + _routing(n, arch)
    kept += 4 * n.compute * shared
    if arch.shared_expert_gate:
        kept += n.compute * (h + 1) + (2 * h if n.autocast else 0)
    if n.autocast:
        kept += 2 * h - (0 if shared else 4 * h)
    return kept


def _routing(n: Numerics, arch: Architecture) -> int:
    """Places and order of the choices, int64 four times; their weights; scores of all experts."""
    k, router = arch.num_experts_per_tok, arch.router
    if router is Router.SOFTMAX_OF_CHOSEN:  # scores of the chosen alone
        return k * (44 if n.autocast else 48)
    if router is Router.SPARSEMIXER:  # of two choices, each with its masks of all experts
        return 36 * k + 8 + 10 * arch.num_experts
    narrow = n.autocast and router is Router.SIGMOID
    weights = 2 if n.autocast and router in _NARROW else 4
    scores = (2 if narrow else 4) * arch.num_experts
    normalized = (2 if narrow else 4) * k + 4 if router in _NORMALIZED else 0
    return k * (32 + weights) + normalized + scores


def wide_moe_constant(n: Numerics, arch: Architecture) -> int:
    """Kept whatever the number of tokens: tokens of each expert; autocast's copies of all matrices but those of grouped products."""
    return 4 * arch.num_experts * (arch.router is not Router.EVERY_EXPERT) + wide_moe_copies(n, arch)


def wide_moe_copies(n: Numerics, arch: Architecture) -> int:
    """Autocast's 16-bit copies of one layer with experts."""
    if not n.autocast:
        return 0
    matrices = (*attention_shapes(arch), *shared_expert_shapes(arch))
    router = (arch.num_experts + arch.shared_expert_gate) * arch.hidden_size
    experts = 3 * arch.num_experts * arch.hidden_size * arch.moe_intermediate_size * (arch.router is Router.EVERY_EXPERT)
    return 2 * (sum(inputs * outputs for _, inputs, outputs in matrices) + router + experts)
