"""Experts, as transformers runs them with grouped matrix products: every token is copied once for each of its experts.

Source: measured tensor storages of transformers 5.23 on torch 2.13, 16-bit. What is kept depends on the tokens and their experts, not on
how many experts there are, nor on which are chosen. Symbols: E experts, k of them a token, m their width, h hidden size, n the width of
what they read and write: h, or that of a latent.
"""

from core.memory.architecture import Architecture, Router
from core.memory.parameters import expert_width


def _routing_saved(arch: Architecture) -> int:
    """Bytes a token that routing keeps: indices, order and weights of k choices, scores of all experts."""
    per_choice, beside = _ROUTING_SAVED[arch.router]
    return arch.num_experts_per_tok * per_choice + beside


_ROUTING_SAVED = {
    Router.SOFTMAX: (40, 4),
    Router.SOFTMAX_OF_CHOSEN: (44, 0),
    Router.SOFTMAX_OF_CHOSEN_16_BIT: (38, 0),
    Router.SOFTMAX_16_BIT: (38, 4),
    Router.SOFTMAX_UNNORMALIZED: (34, 0),
    Router.SOFTMAX_FP32: (36, 0),
    Router.SIGMOID: (40, 4),
    Router.EVERY_EXPERT: (8, 0),
    Router.SPARSEMIXER: (26, 20),
    Router.SIGMOID_16_BIT: (36, 2),
    Router.SIGMOID_ALONE: (40, 4),
    Router.SOFTMAX_CORRECTED: (40, 4),
    Router.SOFTMAX_SCALED: (46, 4),
}


#: Routing weights in the width of the residual stream.
_NARROW = frozenset(
    {
        Router.SOFTMAX_16_BIT,
        Router.SOFTMAX_UNNORMALIZED,
        Router.SOFTMAX_OF_CHOSEN_16_BIT,
        Router.SIGMOID_16_BIT,
        Router.SOFTMAX_CORRECTED,
    }
)


def _scores_saved(arch: Architecture) -> int:
    """Bytes a token of the scores of all experts; sparsemixer's masks beside them."""
    if arch.router in (Router.SOFTMAX_OF_CHOSEN, Router.SOFTMAX_OF_CHOSEN_16_BIT):
        return 0
    return _SCORE_BYTES.get(arch.router, 4) * arch.num_experts


#: Where a score keeps other than 4 bytes.
_SCORE_BYTES = {Router.SPARSEMIXER: 6, Router.SIGMOID_16_BIT: 2}


def _gate_saved(arch: Architecture) -> int:
    """Bytes a token that the gate of the shared experts keeps: their output and its own."""
    return 2 * arch.hidden_size + 2 if arch.shared_expert_gate else 0


def _shared_first(arch: Architecture) -> bool:
    """Whether what every token goes through runs before the experts: where it has a gate it does."""
    return arch.shared_expert_gate or arch.shared_expert_first


def _router_in_fp32(arch: Architecture) -> bool:
    return arch.router in (Router.SIGMOID, Router.SOFTMAX_FP32, Router.SOFTMAX_CORRECTED)


def moe_saved(arch: Architecture) -> int:
    """Bytes a token kept for backward: copies of the input and the experts' outputs, gate and up, act(gate) and product for each choice
    (without a gate, up squared and what it was made of), the routing, the input once more in fp32 for routers in fp32, what the shared
    experts keep, and what is projected back from a latent.
    """
    h, m, k = arch.hidden_size, arch.moe_intermediate_size, arch.num_experts_per_tok
    if arch.router is Router.EVERY_EXPERT:
        return arch.num_experts * (4 * h + 8 * m + 6) + 8 * k + 8 * arch.shared_expert_intermediate_size
    kept = k * (4 * expert_width(arch) + _inner_saved(arch) * m) + _routing_saved(arch) + _scores_saved(arch)
    kept += _shared_saved(arch) + _gate_saved(arch) + 2 * arch.moe_latent_size
    return kept + 4 * h if _router_in_fp32(arch) else kept


def _inner_saved(arch: Architecture) -> int:
    """Bytes a value of an expert's width."""
    return 14 if arch.experts_clamped else 4 if arch.experts_ungated else 8


def _shared_saved(arch: Architecture) -> int:
    """Bytes a token of what every token goes through."""
    return (4 if arch.experts_ungated else 8) * arch.shared_expert_intermediate_size


def moe_frozen_saved(arch: Architecture) -> int:
    """The same of frozen experts: neither the copies of their inputs nor what goes into their last matrix, nor what only the router's own
    gradient and that of biases takes.
    """
    h, m, k = arch.hidden_size, arch.moe_intermediate_size, arch.num_experts_per_tok
    if arch.router is Router.EVERY_EXPERT:
        k = arch.num_experts
    unused = k * (2 * expert_width(arch) + 2 * m + 8 * arch.experts_clamped)
    unused += 2 * (arch.shared_expert_intermediate_size + arch.moe_latent_size)
    return moe_saved(arch) - unused - (4 * h if _router_in_fp32(arch) else 0)


def moe_constant(arch: Architecture) -> int:
    """Kept by one layer whatever the number of tokens: tokens of each expert, and the router's matrix in fp32 where it is not stored so."""
    if arch.router is Router.EVERY_EXPERT:
        return 0
    widened = _router_in_fp32(arch) and not arch.router_in_fp32
    return 4 * arch.num_experts * (1 + (arch.hidden_size if widened else 0))


def moe_kept_at_inputs(arch: Architecture) -> int:
    """Bytes a token still kept when the backward pass reaches the experts' inputs: those, and the routing."""
    choices = arch.num_experts if arch.router is Router.EVERY_EXPERT else arch.num_experts_per_tok
    kept = 2 * choices * expert_width(arch) + _routing_saved(arch)
    if _shared_first(arch):  # what is shared goes first through the forward pass, so last through this one
        kept += _scores_saved(arch) + _shared_saved(arch) + _gate_saved(arch) - 8 * arch.num_experts_per_tok
    return kept + 4 * arch.hidden_size + 4 * arch.num_experts if _router_in_fp32(arch) else kept


def shared_expert_parameters(arch: Architecture) -> int:
    """Values of what every token goes through, where it goes first, and so gets its gradients after the experts."""
    return 3 * arch.hidden_size * arch.shared_expert_intermediate_size if _shared_first(arch) else 0


def moe_backward(arch: Architecture) -> int:
    """Bytes a token the backward of the experts' first product needs: gradients of gate and up, of the copied inputs, and of the residual
    stream (twice beside shared experts).
    """
    h, m, k = arch.hidden_size, arch.moe_intermediate_size, arch.num_experts_per_tok
    if arch.router is Router.EVERY_EXPERT:
        k = arch.num_experts
    return k * ((2 if arch.experts_ungated else 4) * m + 2 * expert_width(arch)) + (4 if arch.shared_expert_intermediate_size else 2) * h


def moe_combined_backward(arch: Architecture) -> int:
    """Bytes a token that the backward of putting the experts' outputs together needs, beside all that the layer keeps: the gradient laid
    out for each choice, and twice put back in order, in the width of the routing weights; that of the residual stream. 0 where it was not
    measured.
    """
    match arch.router:
        case router if router in _NARROW:
            width = 2
        case Router.SOFTMAX | Router.SIGMOID | Router.SOFTMAX_FP32 | Router.SIGMOID_ALONE | Router.SOFTMAX_SCALED:
            width = 4
        case _:
            return 0
    return 3 * width * arch.num_experts_per_tok * expert_width(arch) + 2 * arch.hidden_size


def moe_clamped_recomputed(arch: Architecture, width: int) -> int:
    """Bytes a token that clamped experts recomputed for their backward pass have at their gate beyond what the layer keeps: biases laid out
    for each choice, and the product made of the gate; the gradient of their outputs, which are not there yet. ``width`` of their values.
    """
    return width * 3 * arch.num_experts_per_tok * arch.moe_intermediate_size


def moe_clamped_forward(arch: Architecture, width: int) -> int:
    """Bytes a token at the gate of clamped experts of which nothing is kept: inputs, products and biases laid out for each choice, gate and
    up clamped, and what is made of them; the norm's output and the residual stream.
    """
    h, m, k = arch.hidden_size, arch.moe_intermediate_size, arch.num_experts_per_tok
    return width * (k * (9 * m + h) + 2 * h)


def moe_every_forward(arch: Architecture, width: int, compute: int) -> int:
    """Bytes a token at the product of every expert's gate and up, of which nothing is kept: its inputs in the ``width`` of the weights,
    times their scores, the products in that of matrix products; the norm's output, the residual stream and a sum.
    """
    h, m = arch.hidden_size, arch.moe_intermediate_size
    return arch.num_experts * (4 * compute * m + width * (h + 2)) + 3 * width * h


def moe_prefill(arch: Architecture) -> int:
    """Bytes a token of the working set: the experts' products, or their outputs times the routing weights, put back in order."""
    h, m, k = arch.hidden_size, arch.moe_intermediate_size, arch.num_experts_per_tok
    if arch.router is Router.EVERY_EXPERT:
        return arch.num_experts * (8 * m + 2 * h + 4) + 10 * h
    if arch.experts_clamped:
        return 22 * m * k + 6 * h
    if arch.router is Router.SPARSEMIXER:
        return k * (8 * m + 2 * h + 32) + 2 * arch.num_experts + 8 * h
    products = k * (2 * expert_width(arch) + (4 if arch.experts_ungated else 8) * m)
    return max(products, moe_weighted(arch)) + 8 * h


def moe_weighted(arch: Architecture) -> int:
    """Bytes a token of the outputs of its experts, times the routing weights, put back in order."""
    h, k = arch.hidden_size, arch.num_experts_per_tok
    weighted = k * expert_width(arch) * (8 if arch.router in _NARROW else 12)
    if _shared_first(arch):
        weighted += 2 * h + 4 * arch.num_experts + 24 * k
    if arch.router is Router.SOFTMAX_CORRECTED:  # what is shared waits for the experts
        weighted += 2 * h + 4 * arch.num_experts + 40 * k
    elif arch.experts_beside_mlp:  # so do the MLP's output, and what experts read
        weighted += 4 * h + 4 * arch.num_experts + 44 * k
    elif arch.router is Router.SIGMOID_ALONE:
        weighted += 4 * arch.num_experts + 28 * k
    elif _router_in_fp32(arch):
        weighted += 4 * arch.num_experts + 44 * k
    if arch.router is Router.SIGMOID_16_BIT:
        weighted += 2 * arch.num_experts + 40 * k
    return weighted
