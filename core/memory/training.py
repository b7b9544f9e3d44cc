"""A training step: load, forward through the loss, backward, optimizer step, between steps.

Source: measured storages of transformers 5.23 / peft 0.21 on torch 2.13. Backward runs from the loss to the embedding; gradients
grow while saved activations shrink, so its peak is the largest of a few known instants. Steady steps hold the optimizer's states
throughout; the first step gets them in its optimizer step.
"""

from typing import NamedTuple

from core.memory.architecture import Architecture, Norm, Router
from core.memory.attention import (
    attention_path,
    attention_prefill_bytes,
    causal_mask_bytes,
    repeats_plainly,
    rotary_bytes,
)
from core.memory.backward import Instants, backward_adapters, backward_full
from core.memory.components import Cause, Moment, MomentName, Stack
from core.memory.expert_adapters import adapted_experts_forward, experts_are_adapted
from core.memory.formats import unquantized_bytes_per_value
from core.memory.frozen import held_linear_inputs
from core.memory.inference import TOKEN_ID_BYTES
from core.memory.lora import (
    adapter_values,
    adapter_width,
    all_adapter_copies,
    factored_adapter_parameters,
    first_layer_copies,
)
from core.memory.loss import forward_logits_bytes, output_bytes
from core.memory.mixers import largest_mixer_matrix, mixer
from core.memory.moe import moe_clamped_forward, moe_every_forward, moe_prefill
from core.memory.moe_wide import wide_moe_copies
from core.memory.numerics import Numerics, numerics
from core.memory.optimizers import optimizer_state_bytes, optimizer_step_bytes
from core.memory.parameters import (
    embedding_parameters,
    factored_parameters,
    head_parameters,
    largest_dense_matrix,
    layer_linear_parameters,
    linear_parameters,
    parameter_count,
)
from core.memory.per_layer_input import per_layer_embedding_parameters
from core.memory.preference import holds_reference, reference_copies_bytes, reference_layer_bytes, runs_reference
from core.memory.runtime import step_reserve_bytes, training_reserve_bytes, varying_reserve_bytes
from core.memory.saved import Saved, changing_layers, saved
from core.memory.scenario import Gradients, Loss, Method, Optimizer, Scenario
from core.memory.varied import ordered, shapes
from core.memory.weights import buffer_bytes, dequantization_bytes, weight_bytes, widened_router_bytes

#: Token ids and labels, int64 each.
_INPUT_BYTES = 2 * TOKEN_ID_BYTES


def _trained_values(scenario: Scenario) -> tuple[int, int]:
    """Values that get a gradient, and those of the largest single parameter among them."""
    if scenario.method is Method.FULL:
        return parameter_count(scenario.architecture), largest_matrix_parameters(scenario.architecture)
    return adapter_values(scenario)


def _table_parameters(scenario: Scenario) -> int:
    """Values of embedding and head, where they are trained as a whole beside adapters (PEFT's ``modules_to_save``)."""
    arch = scenario.architecture
    if scenario.method is Method.FULL or not scenario.train_embeddings:
        return 0
    return embedding_parameters(arch) + head_parameters(arch)


def stored_weight_bytes(scenario: Scenario, n: Numerics, trained: int) -> int:
    """The model as it lies in memory (master weights are the optimizer's), adapters of ``trained`` values included."""
    arch = scenario.architecture
    if scenario.method is Method.FULL:
        return n.weight * (trained + arch.vision_parameters) + widened_router_bytes(arch, n.weight) + buffer_bytes(arch)
    return weight_bytes(arch, scenario.weights) + adapter_width(scenario) * trained


class ModelState(NamedTuple):
    """What belongs to the model, in bytes, whatever batch and context are."""

    weights: int
    gradients: int
    """Of one pass, all of them."""
    optimizer: int
    """States and master weights."""
    stepped_gradients: int
    """Those that are there at the optimizer's step."""
    step_work: int
    """What the step needs beside all that."""


def model_state(scenario: Scenario, n: Numerics) -> ModelState:
    """Of a run whose GPU holds the whole model."""
    arch, full = scenario.architecture, scenario.method is Method.FULL
    trained, largest_matrix = _trained_values(scenario)
    weights = stored_weight_bytes(scenario, n, trained)
    if holds_reference(scenario):
        weights *= 2
    gradients = n.gradient * trained + (widened_router_bytes(arch, n.gradient) if full else 0)
    tables = _table_parameters(scenario)
    if tables:  # copies in the width of the model's own, which stay beside them
        width = unquantized_bytes_per_value(scenario.weights)
        weights += width * tables
        gradients += width * tables
    factored = 0
    if scenario.optimizer is Optimizer.ADAFACTOR:
        factored = factored_parameters(arch) if full else factored_adapter_parameters(scenario)
    states = optimizer_state_bytes(scenario.optimizer, n, trained, factored)
    if tables:
        states += optimizer_state_bytes(scenario.optimizer, n._replace(state=width), tables, arch.vocab_size + arch.hidden_size)
    stepped, stepped_gradients = trained, gradients
    if scenario.gradients is Gradients.IN_BACKWARD:
        stepped, stepped_gradients = largest_matrix, n.gradient * largest_matrix
    work = optimizer_step_bytes(scenario.optimizer, scenario.optimizer_implementation, n, stepped, largest_matrix)
    if tables:
        largest_table = embedding_parameters(arch)
        work += optimizer_step_bytes(
            scenario.optimizer, scenario.optimizer_implementation, n._replace(state=width, weight=width), tables, largest_table
        )
    return ModelState(weights, gradients, states, stepped_gradients, work)


def largest_matrix_parameters(arch: Architecture) -> int:
    """Values of the largest single parameter of the model."""
    of_layers = per_layer_embedding_parameters(arch)
    return max(embedding_parameters(arch), of_layers, largest_dense_matrix(arch), largest_mixer_matrix(arch))


def training_moments(scenario: Scenario, runtime_bytes: int) -> tuple[Moment, ...]:
    """Load, forward, backward, optimizer step and the level between steps."""
    n = numerics(scenario)
    model = model_state(scenario, n)
    kept = saved(scenario, n)

    load = Stack(weights=model.weights, runtime=runtime_bytes)
    between = Stack(weights=model.weights, optimizer=model.optimizer, inputs=input_bytes(scenario), runtime=runtime_bytes)
    step = between._replace(optimizer=0) if scenario.first_step else between
    if scenario.gradients is Gradients.ACCUMULATED:
        step = step._replace(gradients=model.gradients)
    forward, backward = passes(scenario, n, step, kept, model.gradients)
    optimizer_step = between.at_instant(0, model.step_work, gradients=model.stepped_gradients)
    in_passes, in_step = reserves(scenario, kept.layers, backward, model.step_work)
    return (
        Moment(MomentName.LOAD, load, Cause.RESIDENT),
        reserving(in_passes, MomentName.FORWARD, forward),
        reserving(in_passes, MomentName.BACKWARD, backward),
        Moment(MomentName.OPTIMIZER_STEP, optimizer_step.with_reserve(in_step), Cause.OPTIMIZER),
        Moment(MomentName.BETWEEN_STEPS, between, Cause.RESIDENT),
    )


def input_bytes(scenario: Scenario) -> int:
    """Token ids and labels."""
    return _INPUT_BYTES * scenario.batch_size * scenario.context_length


def passes(scenario: Scenario, n: Numerics, step: Stack, kept: Saved, gradients: int) -> tuple[Instants, Instants]:
    """The instants of the forward and of the backward pass of which one is the largest; ``step`` is what is there throughout, ``gradients``
    all that the backward pass makes.
    """
    arch, tokens = scenario.architecture, scenario.batch_size * scenario.context_length
    full = scenario.method is Method.FULL
    widened = _widened_in_forward(scenario, n, full=full)
    at_loss = step.at_instant(
        activations=kept.layers + kept.outside + held_linear_inputs(scenario, n),
        logits=kept.for_loss + forward_logits_bytes(scenario, n, tokens),
        workspace=widened + dequantization_bytes(arch, scenario.weights) * (not full),
    )
    if scenario.mtp_num_layers:  # logits of the last head are there until the function that computed them returns
        at_loss = at_loss._replace(logits=at_loss.logits + n.compute * arch.vocab_size * tokens)
    instants = backward_full(scenario, n, step, kept, gradients) if full else backward_adapters(scenario, n, step, kept, gradients)
    forward = _forward(scenario, n, step, kept, at_loss)
    if runs_reference(scenario):
        logits = 0 if scenario.loss is Loss.FUSED_LINEAR else 2 * n.compute * arch.vocab_size * tokens
        held, workspace = at_loss.activations, at_loss.workspace + reference_copies_bytes(scenario, n)
        at_loss = step.at_instant(held, workspace, at_loss.logits)
        reading = step.at_instant(held, workspace + reference_layer_bytes(scenario, n), kept.for_loss + logits)
        forward += [(at_loss, Cause.LOSS), (reading, Cause.REFERENCE)]
    if scenario.keep_outputs:
        output = output_bytes(scenario, n, tokens)
        instants = [(instant._replace(logits=instant.logits + output), cause) for instant, cause in instants]
    return forward, instants


def reserves(scenario: Scenario, kept_layers: int, backward: Instants, step_work: int) -> tuple[int, int]:
    """What the allocator holds beyond the tensors in the passes and in the optimizer's step."""
    at_loss = in_layer = -kept_layers
    for instant, cause in backward:
        beyond_kept = instant.activations + instant.logits + instant.workspace - kept_layers
        if cause in AT_LOSS:
            at_loss = max(at_loss, beyond_kept)
        else:
            in_layer = max(in_layer, beyond_kept)
    transient = kept_layers + max(at_loss, in_layer)
    if scenario.varying_lengths:
        in_passes = varying_reserve_bytes(transient, max(at_loss, in_layer))
    else:
        in_passes = training_reserve_bytes(transient, at_loss, in_layer)
    return in_passes, step_reserve_bytes(step_work, transient)


AT_LOSS = frozenset({Cause.LOSS, Cause.HEAD})


def reserving(reserve: int, name: MomentName, instants: Instants) -> Moment:
    stack, cause = max(instants, key=lambda pair: sum(pair[0]))
    return Moment(name, stack.with_reserve(reserve), cause)


def _widened_in_forward(scenario: Scenario, n: Numerics, *, full: bool) -> int:
    """Copies alive at the loss: of the hidden states in the width of logits or adapters, and what autocast keeps of trained weights until
    the forward pass ends, saved for backward or not.
    """
    arch = scenario.architecture
    states = arch.hidden_size * scenario.batch_size * scenario.context_length
    if not n.autocast:
        wide = 4 * arch.residual_in_fp32 if full else n.compute
        return states * (wide + n.compute * arch.hidden_divided)
    if not full:
        copies = (all_adapter_copies if scenario.gradient_checkpointing else first_layer_copies)(scenario)
        return (4 if arch.norm is Norm.LAYER else n.weight) * states + copies
    return 4 * states * (1 + arch.hidden_divided) + _copies_until_loss(scenario, n)


def _copies_until_loss(scenario: Scenario, n: Numerics) -> int:
    """Autocast's copies of the trained matrices of all layers, which are there until the forward pass ends although nothing keeps them."""
    if not (scenario.gradient_checkpointing and n.casts_weights):
        return 0
    return sum([_autocast_copies(n, shape) for shape in shapes(scenario.architecture)])


def _autocast_copies(n: Numerics, arch: Architecture) -> int:
    """16-bit copies of the trained matrices of all layers of a shape."""
    with_experts = arch.num_moe_layers
    if not with_experts:
        return 2 * linear_parameters(arch)
    return 2 * (arch.num_hidden_layers - with_experts) * layer_linear_parameters(arch) + with_experts * wide_moe_copies(n, arch)


def _scores_in_forward(scenario: Scenario, n: Numerics) -> int:
    """What writing scores to memory takes of one layer, less the inputs that later layers have yet to keep."""
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    later, most = changing_layers(arch), 0
    for shape in ordered(arch):
        later -= changing_layers(shape)
        if shape.attention_layers:
            path = attention_path(scenario.attention, n, shape)
            work = attention_prefill_bytes(path, n, shape, batch, length)
            if work and repeats_plainly(shape) and not shape.keys_shared:  # what prefill has in its cache
                work += 2 * n.compute * shape.key_value_size * batch * length
            most = max(most, work - later * n.residual * arch.hidden_size * batch * length)
    return most


def _forward(scenario: Scenario, n: Numerics, step: Stack, kept: Saved, at_loss: Stack) -> Instants:
    """Peak of the forward pass: at the loss, unless layers keep nothing but their inputs and write their scores to memory."""
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    path, work = attention_path(scenario.attention, n, arch), _scores_in_forward(scenario, n)
    if arch.num_mixer_layers and scenario.method is not Method.FULL and not scenario.gradient_checkpointing:
        # Before the first adapter nothing is kept: of what is read, the layer's own input and the norm's output.
        own = 2 * n.compute * arch.hidden_size * batch * length + rotary_bytes(n, arch, length)
        peak = mixer(arch).forward_peak(arch, batch, length, n.compute)
        return [(at_loss, Cause.LOSS), (step.at_instant(own, peak), Cause.MIXER)]
    if arch.num_mixer_layers and scenario.gradient_checkpointing:
        peak = mixer(arch, kernels=scenario.fused_kernels).forward_peak(arch, batch, length, n.compute)
        own_input = n.compute * arch.hidden_size * batch * length
        mixing = step.at_instant(kept.layers + rotary_bytes(n, arch, length) + own_input, peak)
        instants = [(at_loss, Cause.LOSS), (mixing, Cause.MIXER)]
        if arch.num_experts:
            # Of what prefill counts, embeddings and residual are the kept inputs here.
            work = batch * length * (moe_prefill(arch) - 2 * n.residual * arch.hidden_size)
            instants.append((step.at_instant(kept.layers + rotary_bytes(n, arch, length), work), Cause.EXPERTS))
        return instants
    if scenario.gradient_checkpointing and scenario.method is not Method.FULL and experts_are_adapted(scenario):
        made = adapted_experts_forward(scenario, n, arch, batch * length)
        return [(at_loss, Cause.LOSS), (step.at_instant(kept.layers + rotary_bytes(n, arch, length), made), Cause.EXPERTS)]
    instants = [(at_loss, Cause.LOSS)]
    if arch.router is Router.EVERY_EXPERT and scenario.gradient_checkpointing and scenario.method is Method.FULL:
        made = batch * length * moe_every_forward(arch, n.weight, n.compute) + _copies_until_loss(scenario, n)
        instants.append((step.at_instant(kept.layers + rotary_bytes(n, arch, length), made), Cause.EXPERTS))
    if not work or not scenario.gradient_checkpointing:
        return instants
    if arch.experts_clamped:  # attention's probabilities are there until the experts are done
        scores = n.compute * arch.num_attention_heads * (length + 1)
        made = batch * length * (moe_clamped_forward(arch, n.weight) + scores) + _copies_until_loss(scenario, n)
        instants.append((step.at_instant(kept.layers + rotary_bytes(n, arch, length), made), Cause.EXPERTS))
    # Two of the tensors that prefill counts, embeddings and residual, are the kept inputs here; so is the mask.
    known = 2 * n.residual * arch.hidden_size * batch * length + causal_mask_bytes(path, n, arch, batch, length)
    at_scores = step.at_instant(kept.layers + rotary_bytes(n, arch, length), work - known)
    return [*instants, (at_scores, Cause.ATTENTION)]
