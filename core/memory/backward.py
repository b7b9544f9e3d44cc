"""The backward pass of training, when every weight is trained and when adapters are: the instants at which it may be the largest.

Source: measured storages of transformers 5.23 / peft 0.21 on torch 2.13.
"""

from typing import assert_never

from core.memory.architecture import Router
from core.memory.attention import (
    attention_backward,
    attention_path,
    attention_saved,
    causal_mask_bytes,
    rotary_bytes,
)
from core.memory.backward_varied import varied_instants_adapters, varied_instants_full
from core.memory.components import Cause, Stack
from core.memory.expert_adapters import adapted_experts_backward, experts_are_adapted
from core.memory.frozen import LayerKind
from core.memory.inference import TOKEN_ID_BYTES
from core.memory.loss import backward_logits_bytes, head_gradient_bytes, labels_bytes
from core.memory.mixer_backward import mixer_instants
from core.memory.mixer_backward_adapters import mixer_instants_adapters
from core.memory.mlp import mlp_backward
from core.memory.moe import (
    moe_backward,
    moe_clamped_recomputed,
    moe_combined_backward,
    moe_constant,
    moe_kept_at_inputs,
    shared_expert_parameters,
)
from core.memory.norms import layer_norms_saved
from core.memory.numerics import Numerics
from core.memory.parameters import (
    attention_shapes,
    embedding_parameters,
    expert_parameters,
    head_parameters,
    layer_linear_parameters,
    layer_vector_parameters,
    matrices_in_mlp,
    matrix_values,
    moe_linear_parameters,
    router_parameters,
)
from core.memory.per_layer_input import joint_parameters, per_layer_inputs_backward
from core.memory.saved import Saved, layer_saved
from core.memory.scenario import Gradients, Loss, Scenario
from core.memory.varied import ordered
from core.memory.weights import dequantization_bytes

Instants = list[tuple[Stack, Cause]]


def _alive(scenario: Scenario, before: int, just_made: int, everything: int) -> tuple[int, int]:
    """Gradients that are held, and beside them one that is not held yet: ``before`` have been made earlier in this pass."""
    match scenario.gradients:
        case Gradients.PER_STEP:
            return before + just_made, 0
        case Gradients.ACCUMULATED:
            return everything, just_made
        case Gradients.IN_BACKWARD:
            return just_made, 0
        case _:
            assert_never(scenario.gradients)


def backward_full(scenario: Scenario, n: Numerics, step: Stack, kept: Saved, all_gradients: int) -> Instants:
    """The backward pass when every weight is trained: the instants in the order they happen."""
    arch, length = scenario.architecture, scenario.context_length
    shape = ordered(arch)[0]
    tokens = scenario.batch_size * length
    h, g = arch.hidden_size, n.gradient
    residual = n.residual * h * tokens
    checkpointing = scenario.gradient_checkpointing
    head_gradient = g * embedding_parameters(arch)
    down_gradient = g * h * arch.intermediate_size
    layer_gradient = g * (layer_linear_parameters(shape) + layer_vector_parameters(shape))
    mlp_work = tokens * mlp_backward(n, arch)

    def made(before: int, just_made: int, activations: int, workspace: int, logits: int = 0) -> Stack:
        held, beside = _alive(scenario, before, just_made, all_gradients)
        return step.at_instant(activations, workspace + beside, logits, held)

    loss = step.at_instant(
        activations=kept.layers + kept.outside,
        logits=kept.for_loss + backward_logits_bytes(scenario, n, tokens),
    )
    if scenario.loss is Loss.FUSED_LINEAR:  # made in the forward pass already, or, of preferences, with the gradient of the logits
        loss = made(0, head_gradient, loss.activations, 0, loss.logits)
    logits_gradient = head_gradient_bytes(scenario.loss, n, arch, tokens)
    head = made(0, head_gradient, kept.layers + kept.outside, n.compute * h * tokens, logits_gradient)
    recomputed = kept.layer if checkpointing else 0
    last_mlp = made(head_gradient, down_gradient, kept.layers + recomputed, mlp_work)

    # In the first layer all other gradients exist; that of the embedding does not yet, unless the head's is the same.
    first_input = residual if checkpointing else 0
    others = all_gradients - layer_gradient - g * head_parameters(arch) * (not arch.tie_word_embeddings)
    others -= g * joint_parameters(arch)
    first_mlp = made(others, down_gradient, kept.layer + first_input, mlp_work)
    path = attention_path(scenario.attention, n, arch)
    scores_work = attention_backward(path, n, arch, scenario.batch_size, length) * tokens
    after_attention = g * h * (matrices_in_mlp(arch) * arch.intermediate_size + arch.query_size)
    # Tied, the gradient of the embedding is made beside the head's and then added into a third.
    sums = 2 * head_gradient if arch.tie_word_embeddings else residual
    embedding = made(all_gradients - head_gradient, head_gradient, 0, sums)
    ends = [(embedding, Cause.EMBEDDING)]
    if arch.hidden_size_per_layer_input:
        ends.insert(0, (made(others + layer_gradient, 0, per_layer_inputs_backward(arch, tokens), 0), Cause.EMBEDDING))
    if arch.layer_runs and not arch.num_experts:
        varied = varied_instants_full(scenario, n, kept, all_gradients, made)
        return [(loss, Cause.LOSS), (head, Cause.HEAD), *varied, *ends]
    if arch.num_mixer_layers:
        mixing = mixer_instants(scenario, n, kept, all_gradients, made)
        return [(loss, Cause.LOSS), (head, Cause.HEAD), *mixing, (embedding, Cause.EMBEDDING)]
    instants = [(loss, Cause.LOSS), (head, Cause.HEAD), (last_mlp, Cause.MLP), (first_mlp, Cause.MLP)]
    if arch.num_experts:
        experts, missing = _first_experts(scenario, n, step)
        of_layer = n.gradient * (layer_vector_parameters(shape) + moe_linear_parameters(shape))
        before = max(0, all_gradients - missing - of_layer)
        instants = [
            (loss, Cause.LOSS),
            (head, Cause.HEAD),
            (made(before, all_gradients - missing - before, experts.activations, experts.workspace), Cause.EXPERTS),
        ]
        combined = moe_combined_backward(arch) * tokens
        if combined:
            later = max(0, all_gradients - missing - g * (expert_parameters(arch) - router_parameters(arch)))
            whole = layer_saved(scenario, n, LayerKind(1, False, True, shape=shape)) + _before_experts(scenario, n)
            instants.append((made(later, 0, whole, combined), Cause.EXPERTS))
            instants.append((made(head_gradient, 0, kept.layers + recomputed, combined), Cause.EXPERTS))
        if arch.experts_clamped and checkpointing:
            later = max(0, all_gradients - missing - g * (expert_parameters(arch) - router_parameters(arch)))
            whole = layer_saved(scenario, n, LayerKind(1, False, True, shape=shape)) + _before_experts(scenario, n)
            mask = causal_mask_bytes(attention_path(scenario.attention, n, arch), n, arch, scenario.batch_size, length)
            again = moe_clamped_recomputed(arch, n.weight) * tokens + residual
            instants.append((made(later, 0, whole + mask + rotary_bytes(n, arch, length), again), Cause.EXPERTS))
            instants.append((made(head_gradient, 0, kept.layers + recomputed + kept.outside, again), Cause.EXPERTS))
        if arch.router is Router.EVERY_EXPERT:
            # The first layer at its experts' product: the gradients of that and of their outputs, over all experts.
            width = arch.num_experts * n.compute * (arch.moe_intermediate_size + h)
            down = n.gradient * arch.num_experts * arch.moe_intermediate_size * h
            first = kept.layer + (residual if checkpointing else 0)
            instants.append((made(all_gradients - of_layer - head_gradient, down, first, width * tokens), Cause.EXPERTS))
    if scores_work:
        still_kept = kept.layers if checkpointing else kept.layers - kept.layer
        instants += [
            (made(others, after_attention, first_input, scores_work), Cause.ATTENTION),
            (made(head_gradient, after_attention, still_kept, scores_work), Cause.ATTENTION),
        ]
    return [*instants, *ends]


def _first_experts(scenario: Scenario, n: Numerics, step: Stack) -> tuple[Stack, int]:
    """The first layer with experts as its inputs get their gradients, and what gradients are missing then: all its experts have theirs,
    nothing before it has.
    """
    arch, length = ordered(scenario.architecture)[0], scenario.context_length
    tokens = scenario.batch_size * length
    attention = matrix_values(attention_shapes(arch))
    plain = arch.first_k_dense_replace * (layer_linear_parameters(arch) + layer_vector_parameters(arch))
    missing = attention + layer_vector_parameters(arch) + router_parameters(arch) + plain + shared_expert_parameters(arch)
    missing += embedding_parameters(arch) * (not arch.tie_word_embeddings)  # tied, the head has made its gradient
    path = attention_path(scenario.attention, n, arch)
    wide = n.weight // 2  # experts are as wide as their weights
    kept = tokens * (layer_norms_saved(n, arch) + wide * moe_kept_at_inputs(arch))
    below = kept + attention_saved(path, n, arch, scenario.batch_size, length)
    before = _before_experts(scenario, n)
    shared = rotary_bytes(n, scenario.architecture, length) + labels_bytes(scenario.batch_size, length)
    instant = step._replace(activations=below + moe_constant(arch) + before + shared, workspace=tokens * wide * moe_backward(arch))
    return instant, n.gradient * missing


def _before_experts(scenario: Scenario, n: Numerics) -> int:
    """Kept of the layers before the first with experts: everything, or, under checkpointing, their inputs and its own."""
    arch, length = scenario.architecture, scenario.context_length
    plain = arch.first_k_dense_replace
    if scenario.gradient_checkpointing:
        return n.residual * arch.hidden_size * scenario.batch_size * length * (1 + plain) + TOKEN_ID_BYTES * length
    return layer_saved(scenario, n, LayerKind(1, False, False, shape=ordered(arch)[0])) * plain


def backward_adapters(scenario: Scenario, n: Numerics, step: Stack, kept: Saved, gradients: int) -> Instants:
    """The backward pass when only adapters are trained: the loss, or one layer's recomputation."""
    arch = scenario.architecture
    tokens = scenario.batch_size * scenario.context_length
    h = arch.hidden_size
    dequantization = dequantization_bytes(arch, scenario.weights)
    mlp_work = tokens * (3 * n.compute * arch.intermediate_size + 5 * h)
    # The backward of down_proj's adapter, the first of a layer, has already let go of the input of its B.
    released = 4 * scenario.lora_r * tokens if "down_proj" in scenario.lora_target_modules else 0

    loss = step.at_instant(
        activations=kept.layers + kept.outside,
        logits=kept.for_loss + backward_logits_bytes(scenario, n, tokens),
    )
    if arch.layer_runs:

        def made(before: int, just_made: int, activations: int, workspace: int) -> Stack:
            return step.at_instant(activations, workspace + dequantization, gradients=_alive(scenario, before, just_made, gradients)[0])

        return [(loss, Cause.LOSS), *varied_instants_adapters(scenario, n, kept, gradients, made)]
    if arch.num_mixer_layers:

        def alive(before: int, activations: int, workspace: int) -> Stack:
            return step.at_instant(activations, workspace + dequantization, gradients=_alive(scenario, before, 0, gradients)[0])

        return [(loss, Cause.LOSS), *mixer_instants_adapters(scenario, n, kept, gradients, alive)]
    recomputed = kept.layer if scenario.gradient_checkpointing else 0
    if experts_are_adapted(scenario):
        work = adapted_experts_backward(scenario, n, arch, tokens)
        own_input = n.residual * h * tokens + rotary_bytes(n, arch, scenario.context_length) if scenario.gradient_checkpointing else 0
        last = step.at_instant(kept.layers + recomputed, work)
        of_first = _alive(scenario, gradients - gradients // arch.num_moe_layers, 0, gradients)[0]
        first = step.at_instant(kept.layer + own_input * (1 + arch.first_k_dense_replace), work, gradients=of_first)
        return [(loss, Cause.LOSS), (last, Cause.EXPERTS), (first, Cause.EXPERTS)]
    last_mlp = step.at_instant(kept.layers + recomputed - released, mlp_work + dequantization)
    first_mlp = step.at_instant(
        activations=kept.layer - released + n.residual * h * tokens * scenario.gradient_checkpointing,
        gradients=_alive(scenario, gradients - gradients // arch.num_hidden_layers, 0, gradients)[0],
        workspace=mlp_work + dequantization,
    )
    path = attention_path(scenario.attention, n, arch)
    # Heads that are broadcast: also what the adapter in front keeps, and the norm's output.
    in_front = (4 * (h + scenario.lora_r) + n.compute * h) * arch.broadcast_heads
    scores_work = attention_backward(path, n, arch, scenario.batch_size, scenario.context_length) + in_front
    last_attention = step.at_instant(
        activations=kept.layers if scenario.gradient_checkpointing else max(0, kept.layers - kept.layer),
        workspace=scores_work * tokens + dequantization,
    )
    return [(loss, Cause.LOSS), (last_attention, Cause.ATTENTION), (last_mlp, Cause.MLP), (first_mlp, Cause.MLP)]
