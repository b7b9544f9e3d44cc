"""Experts, as transformers runs them with grouped matrix products: every token is copied once for each of its experts.

Source: measured tensor storages of transformers 5.23 on torch 2.13, 16-bit. What is kept depends on the tokens and their experts, not on
how many experts there are, nor on which are chosen. Symbols: E experts, k of them a token, m their width, h hidden size.
"""

from core.memory.architecture import Architecture, Router


def _routing_saved(arch: Architecture) -> int:
    """Bytes a token that routing keeps: indices, order and weights of k choices, scores of all experts."""
    per_choice = {Router.SOFTMAX_16_BIT: 38, Router.SOFTMAX_FP32: 36}.get(arch.router, 40)
    return arch.num_experts_per_tok * per_choice + (0 if arch.router is Router.SOFTMAX_FP32 else 4)


def _router_in_fp32(arch: Architecture) -> bool:
    return arch.router in (Router.SIGMOID, Router.SOFTMAX_FP32)


def moe_saved(arch: Architecture) -> int:
    """Bytes a token kept for backward: copies of the input and the experts' outputs, gate and up, act(gate) and product for each choice,
    the routing, the input once more in fp32 for routers in fp32, and what the shared experts keep.
    """
    h, m, k = arch.hidden_size, arch.moe_intermediate_size, arch.num_experts_per_tok
    kept = k * (4 * h + 8 * m) + _routing_saved(arch) + 4 * arch.num_experts + 8 * arch.shared_expert_intermediate_size
    return kept + 4 * h if _router_in_fp32(arch) else kept


def moe_constant(arch: Architecture) -> int:
    """Kept by one layer whatever the number of tokens: tokens of each expert, and the router's matrix in fp32."""
    return 4 * arch.num_experts * (1 + (arch.hidden_size if _router_in_fp32(arch) else 0))


def moe_kept_at_inputs(arch: Architecture) -> int:
    """Bytes a token still kept when the backward pass reaches the experts' inputs: those, and the routing."""
    kept = 2 * arch.num_experts_per_tok * arch.hidden_size + _routing_saved(arch)
    return kept + 4 * arch.hidden_size + 4 * arch.num_experts if _router_in_fp32(arch) else kept


def moe_backward(arch: Architecture) -> int:
    """Bytes a token the backward of the experts' first product needs: gradients of gate and up, of the copied inputs, and of the residual
    stream (twice beside shared experts).
    """
    h, m, k = arch.hidden_size, arch.moe_intermediate_size, arch.num_experts_per_tok
    return k * (4 * m + 2 * h) + (4 if arch.shared_expert_intermediate_size else 2) * h


def moe_prefill(arch: Architecture) -> int:
    """Bytes a token of the working set: the experts' products, or their outputs times the routing weights, put back in order."""
    h, m, k = arch.hidden_size, arch.moe_intermediate_size, arch.num_experts_per_tok
    weighted = k * h * (8 if arch.router is Router.SOFTMAX_16_BIT else 12)
    if _router_in_fp32(arch):
        weighted += 4 * arch.num_experts + 44 * k
    return max(k * (2 * h + 8 * m), weighted) + 8 * h
