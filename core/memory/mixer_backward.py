"""The backward pass of models with mixers that keep a state: what is alive at the instants of which one may be the largest.

Source: measured tensor storages of transformers 5.23 on torch 2.13, 16-bit, plain PyTorch. In every model that is known the first layer has
a mixer, so its instants are the last that a step comes to, when all other gradients exist.
"""

from collections.abc import Callable

from core.memory.architecture import Architecture
from core.memory.attention import attention_backward as scores_backward
from core.memory.attention import attention_path, rotary_bytes
from core.memory.components import Cause, Stack
from core.memory.frozen import LayerKind
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
    head_parameters,
    mlp_shapes,
    norm_parameters,
    router_parameters,
)
from core.memory.saved import Saved, layer_kinds, layer_saved, mixing_saved
from core.memory.scenario import Scenario

#: Gradients made before, those just made, activations, workspace: to what is alive.
Made = Callable[[int, int, int, int], Stack]


def mixing_parameters(arch: Architecture, kind: LayerKind) -> int:
    """Values of the mixer, the attention beside it and the norm before them in a layer of ``kind``."""
    values = norm_parameters(arch, arch.hidden_size)
    values += sum(inputs * outputs for _, inputs, outputs in mixer_shapes(arch)) + mixer(arch).vector_parameters(arch)
    return values + attention_parameters(arch) if kind.attends else values


def _mlp_parameters(arch: Architecture, kind: LayerKind) -> int:
    if not kind.has_mlp:
        return 0
    block = expert_parameters(arch) if kind.experts else sum(inputs * outputs for _, inputs, outputs in mlp_shapes(arch))
    return block + norm_parameters(arch, arch.hidden_size)


def mixer_instants(scenario: Scenario, n: Numerics, kept: Saved, all_gradients: int, made: Made) -> list[tuple[Stack, Cause]]:
    """Of the first and the last layer with a mixer, each recomputed and in backward; of the first MLP or experts."""
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    tokens, g = batch * length, n.gradient
    h, first = arch.hidden_size, _first_kind(arch, length)
    rules = mixer(arch)
    residual = n.residual * h * tokens
    checkpointing = scenario.gradient_checkpointing
    first_input = residual if checkpointing else 0
    head = g * embedding_parameters(arch)

    mixing, mlp = g * mixing_parameters(arch, first), g * _mlp_parameters(arch, first)
    _, width, _ = mixer_shapes(arch)[-1]
    output = g * h * width
    # That of the embedding is the last, unless the head's is the same.
    before = all_gradients - mixing - g * head_parameters(arch) * (not arch.tie_word_embeddings)
    # The block's norm, and the gradient of its output, in the width of the residual stream.
    around = tokens * (norm_saved(arch.norm, n, h, 1) + h * (4 if arch.residual_in_fp32 else n.residual))
    undone = rules.backward_peak(arch, batch, length) + around
    found = [(made(before, output, first_input + undone, 0), Cause.MIXER)]
    last_kept = kept.layers - (0 if checkpointing else layer_saved(scenario, n, first))
    found.append((made(head + mlp, output, last_kept + undone, 0), Cause.MIXER))
    if checkpointing:
        copies = 6 * h * tokens if arch.residual_in_fp32 else 0  # of the residual, and of the gradient for the block
        again = rules.recomputed_peak(arch, batch, length) + around + copies
        found.append((made(before - mlp, 0, first_input + again, 0), Cause.MIXER))
        found.append((made(head, 0, kept.layers + again, 0), Cause.MIXER))
    if arch.num_moe_layers:
        found += [(stack, Cause.EXPERTS) for stack in _first_experts(scenario, n, all_gradients, made)]
        plain = arch.first_k_dense_replace + arch.expert_layer_period - 1
        if plain:  # the mixer before the first experts, with plain layers still before it
            below = plain * (residual if checkpointing else layer_saved(scenario, n, first))
            later = before - mlp - (plain - 1) * (mixing + mlp) - mixing
            found.append((made(later, output, first_input + below + undone, 0), Cause.MIXER))
    if first.has_mlp and not first.experts:
        layer = layer_saved(scenario, n, first)
        just_made = g * h * arch.intermediate_size
        found.append((made(before - mlp, just_made, first_input + layer, tokens * mlp_backward(n, arch)), Cause.MLP))
    scores = scores_backward(attention_path(scenario.attention, n, arch), n, arch, batch, length) * tokens
    if scores and arch.attention_layers:
        still_kept = kept.layers if checkpointing else max(0, kept.layers - kept.layer)
        found.append((made(before, output, still_kept, scores), Cause.ATTENTION))
    return found


def _first_kind(arch: Architecture, length: int) -> LayerKind:
    """Of the first layer, whose MLP is a plain one unless every layer has experts."""
    kinds = [kind for kind in layer_kinds(arch, length) if kind.mixes]
    plain = [kind for kind in kinds if not kind.experts]
    return plain[0] if plain else kinds[0]


def _first_experts(scenario: Scenario, n: Numerics, all_gradients: int, made: Made) -> tuple[Stack, Stack]:
    """The first layer with experts: as their outputs are taken apart, and as their inputs get their gradients, when all its experts have
    theirs and nothing before it has.
    """
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    tokens, h = batch * length, arch.hidden_size
    kinds = [kind for kind in layer_kinds(arch, length) if kind.mixes]
    kind = kinds[0]._replace(experts=True)
    plain = kind._replace(experts=False)
    layers_before = arch.first_k_dense_replace + arch.expert_layer_period - 1
    missing = mixing_parameters(arch, kind) + norm_parameters(arch, h) + router_parameters(arch) + embedding_parameters(arch)
    missing += shared_expert_parameters(arch)
    if layers_before:
        missing += layers_before * (mixing_parameters(arch, plain) + _mlp_parameters(arch, plain))
    before = rotary_bytes(n, arch, length) + labels_bytes(batch, length)
    if scenario.gradient_checkpointing:
        before += n.residual * h * tokens * (1 + layers_before) + 8 * length
    elif layers_before:
        before += layers_before * layer_saved(scenario, n, plain)
    below = mixing_saved(scenario, n, kind) + tokens * (norm_saved(arch.norm, n, h, 1) + moe_kept_at_inputs(arch)) + moe_constant(arch)
    gradients = all_gradients - n.gradient * missing
    of_experts = n.gradient * (expert_parameters(arch) - router_parameters(arch) - shared_expert_parameters(arch))
    earlier = max(0, gradients - of_experts)
    combined = made(earlier, 0, layer_saved(scenario, n, kind) + before, tokens * moe_combined_backward(arch))
    return combined, made(earlier, gradients - earlier, below + before, tokens * moe_backward(arch))
