"""The backward pass of models with mixers that keep a state: what is alive at the instants of which one may be the largest.

Source: measured tensor storages of transformers 5.23 on torch 2.13, 16-bit, plain PyTorch. In every model that is known the first layer has
a mixer, so its instants are the last that a step comes to, when all other gradients exist.
"""

from collections.abc import Callable
from typing import NamedTuple

from core.memory.attention import attention_backward as scores_backward
from core.memory.attention import attention_path, rotary_bytes
from core.memory.components import Cause, Stack
from core.memory.loss import labels_bytes
from core.memory.mixers import mixer, mixer_shapes
from core.memory.mlp import mlp_backward
from core.memory.moe import (
    moe_backward,
    moe_combined_backward,
    moe_constant,
    moe_kept_at_inputs,
    shared_expert_parameters,
)
from core.memory.norms import norm_saved
from core.memory.numerics import Numerics
from core.memory.parameters import (
    attention_parameters,
    embedding_parameters,
    expert_parameters,
    expert_width,
    head_parameters,
    mlp_shapes,
    norm_parameters,
    router_parameters,
)
from core.memory.saved import Saved, block_saved, mixer_saved, mixing_saved
from core.memory.scenario import Scenario

#: Gradients made before, those just made, activations, workspace: to what is alive.
Made = Callable[[int, int, int, int], Stack]


class _First(NamedTuple):
    """Of the first layers: what their blocks keep, in bytes, and what values they have."""

    attends: bool
    """Beside the mixer."""
    mixing_saved: int
    mixing_parameters: int
    plain_saved: int
    """Of a layer without experts, whole, as are the next."""
    plain_mlp_parameters: int
    """Of its MLP and the norm before it; 0 where it has none."""
    plain_before_experts: int
    """Layers with a plain MLP before the first with experts."""
    single: bool
    """Mixers and experts are layers of their own."""


def _first(scenario: Scenario, n: Numerics, mixed: int) -> _First:
    arch = scenario.architecture
    norm = norm_parameters(arch, arch.hidden_size)
    attends = arch.attention_layers + arch.num_mixer_layers > arch.num_hidden_layers
    mixing = mixing_saved(scenario, n, mixed, attends=attends)
    values = norm + sum(inputs * outputs for _, inputs, outputs in mixer_shapes(arch)) + mixer(arch).vector_parameters(arch)
    if attends:
        values += attention_parameters(arch)
    plain, mlp = mixing, 0
    if arch.mlp_layers == arch.num_hidden_layers:
        plain += block_saved(scenario, n, experts=False)
        mlp = norm + sum(inputs * outputs for _, inputs, outputs in mlp_shapes(arch))
    single = arch.mlp_layers < arch.num_hidden_layers
    return _First(attends, mixing, values, plain, mlp, arch.first_k_dense_replace + arch.expert_layer_period - 1, single)


def mixer_instants(scenario: Scenario, n: Numerics, kept: Saved, all_gradients: int, made: Made) -> list[tuple[Stack, Cause]]:
    """Of the first and the last layer with a mixer, each recomputed and in backward; of the first MLP or experts."""
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    tokens, h, g = batch * length, arch.hidden_size, n.gradient
    rules, checkpointing = mixer(arch, kernels=scenario.fused_kernels), scenario.gradient_checkpointing
    mixed = mixer_saved(scenario)
    first = _first(scenario, n, mixed)
    with_experts = bool(arch.num_moe_layers)
    starts_with_experts = with_experts and not first.plain_before_experts
    residual = n.residual * h * tokens
    first_input = residual if checkpointing else 0

    mixing, mlp = g * first.mixing_parameters, g * first.plain_mlp_parameters
    layer = first.plain_saved
    if starts_with_experts:
        mlp = g * (expert_parameters(arch) + norm_parameters(arch, h))
        layer = first.mixing_saved + block_saved(scenario, n, experts=True)
    _, width, _ = mixer_shapes(arch)[-1]
    output = g * h * width
    head = g * embedding_parameters(arch)
    # That of the embedding is the last, unless the head's is the same.
    before = all_gradients - mixing - g * head_parameters(arch) * (not arch.tie_word_embeddings)
    # The block's norm, and the gradient of its output, in the width of the residual stream.
    around = tokens * (norm_saved(arch.norm, n, h, 1) + h * (4 if arch.residual_in_fp32 else n.residual))
    undone = mixed + rules.backward_work(arch, batch, length) + around
    last_kept = kept.layers - (0 if checkpointing else layer)
    found = [
        (made(before, output, first_input + undone, 0), Cause.MIXER),
        (made(head + mlp, output, last_kept + undone, 0), Cause.MIXER),
    ]
    if checkpointing and rules.recomputed_peak is not None:
        copies = 6 * h * tokens if arch.residual_in_fp32 else 0  # of the residual, and of the gradient for the block
        again = rules.recomputed_peak(arch, batch, length) + around + copies
        later = 0 if first.single else mlp  # of the same layer, not undone yet
        found.append((made(before - later, 0, first_input + again, 0), Cause.MIXER))
        found.append((made(head + mlp - later, 0, kept.layers + again, 0), Cause.MIXER))
    if with_experts:
        found += [(stack, Cause.EXPERTS) for stack in _first_experts(scenario, n, first, all_gradients, made)]
        again = layer - first.mixing_saved * first.single if checkpointing and starts_with_experts else 0
        found.append((made(head, 0, kept.layers + again, tokens * moe_combined_backward(arch)), Cause.EXPERTS))
        if arch.experts_ungated:  # the last of them: what is squared gets its gradient, what every token goes through has had its own
            width, inner = expert_width(arch), arch.num_experts_per_tok * arch.moe_intermediate_size
            let_go = 2 * arch.num_experts_per_tok * width + 4 * arch.shared_expert_intermediate_size
            done = h * (2 * arch.shared_expert_intermediate_size + arch.moe_latent_size)
            down = g * (arch.num_experts * width * arch.moe_intermediate_size + done)
            found.append((made(head, down, kept.layers + again - tokens * let_go, tokens * (6 * inner + 2 * h)), Cause.EXPERTS))
        plain = first.plain_before_experts
        if plain:  # the mixer before the first experts, with plain layers still before it
            below = plain * (residual if checkpointing else layer)
            later = before - mlp - (plain - 1) * (mixing + mlp) - mixing
            found.append((made(later, output, first_input + below + undone, 0), Cause.MIXER))
    if first.plain_mlp_parameters and not starts_with_experts:
        just_made = g * h * arch.intermediate_size
        found.append((made(before - mlp, just_made, first_input + layer, tokens * mlp_backward(n, arch)), Cause.MLP))
    scores = scores_backward(attention_path(scenario.attention, n, arch), n, arch, batch, length) * tokens
    if scores and arch.attention_layers:
        still_kept = kept.layers if checkpointing else max(0, kept.layers - kept.layer)
        found.append((made(before, output, still_kept, scores), Cause.ATTENTION))
    return found


def _first_experts(scenario: Scenario, n: Numerics, first: _First, all_gradients: int, made: Made) -> tuple[Stack, Stack]:
    """The first layer with experts: as their outputs are taken apart, and as their inputs get their gradients, when all its experts have
    theirs and nothing before it has.
    """
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    tokens, h, plain = batch * length, arch.hidden_size, first.plain_before_experts
    shared = shared_expert_parameters(arch)
    missing = first.mixing_parameters + norm_parameters(arch, h) + router_parameters(arch) + shared
    missing += embedding_parameters(arch) * (not arch.tie_word_embeddings)  # tied, the head has made its gradient
    missing += plain * (first.mixing_parameters + first.plain_mlp_parameters)
    before = rotary_bytes(n, arch, length) + labels_bytes(batch, length)
    mixing = first.mixing_saved
    if scenario.gradient_checkpointing:
        before += n.residual * h * tokens * (1 + plain + first.single) + 8 * length
        mixing *= not first.single
    else:
        before += plain * first.plain_saved
    below = before + mixing + tokens * (norm_saved(arch.norm, n, h, 1) + moe_kept_at_inputs(arch)) + moe_constant(arch)
    whole = before + mixing + block_saved(scenario, n, experts=True)
    gradients = all_gradients - n.gradient * missing
    earlier = max(0, gradients - n.gradient * (expert_parameters(arch) - router_parameters(arch) - shared))
    combined = made(earlier, 0, whole, tokens * moe_combined_backward(arch))
    return combined, made(earlier, gradients - earlier, below, tokens * moe_backward(arch))
