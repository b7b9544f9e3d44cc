"""What a forward pass keeps for the backward pass, made of the pieces of a decoder layer.

Source: measured tensor storages of transformers 5.23 / peft 0.21 on torch 2.13.
"""

from typing import NamedTuple

from core.memory.architecture import Architecture, Norm, Position
from core.memory.attention import (
    AttentionPath,
    alibi_bytes,
    attention_path,
    attention_saved,
    causal_mask_bytes,
    keys_widened,
    rotary_bytes,
    window_mask,
)
from core.memory.frozen import LayerKind, first_layer_input_bytes, layer_saved_frozen, shape_of
from core.memory.frozen_hybrid import before_adapters, hybrid_saved_frozen
from core.memory.kept import kept
from core.memory.lora import hybrid_blocks
from core.memory.loss import kept_for_loss_bytes, labels_bytes
from core.memory.mixers import mixer
from core.memory.mlp import mlp_saved
from core.memory.moe import moe_constant, moe_saved
from core.memory.moe_wide import wide_moe_constant, wide_moe_saved
from core.memory.norms import (
    block_norms_saved,
    head_norms_constant,
    head_norms_saved,
    layer_norms_constant,
    layer_norms_saved,
    norm_constant,
    norm_frozen_saved,
    norm_saved,
    readers,
    rotated_head_norms_saved,
)
from core.memory.numerics import Numerics
from core.memory.parameters import attention_shapes, embedding_parameters, layer_linear_parameters, matrix_values, mlp_shapes
from core.memory.per_layer_input import per_layer_width
from core.memory.scenario import Method, Scenario
from core.memory.varied import is_empty, kv_sources, shapes

#: Two fp32 scalars: loss and number of labels.
_LOSS_SCALARS_BYTES = 8


def layer_kinds(arch: Architecture, length: int) -> tuple[LayerKind, ...]:
    """The kinds of layers there are; where layers differ in shape, those of every shape. Windows and experts meet where layers
    without a window are those that do not rotate.
    """
    if arch.layer_runs:
        return tuple(kind for shape in shapes(arch) for kind in kinds_of_shape(shape, length))
    if arch.num_mixer_layers:
        return _hybrid_kinds(arch)
    unrotated = arch.num_unrotated_layers
    if unrotated and arch.qk_norm_rotated:
        dense = arch.num_hidden_layers - arch.num_moe_layers
        rotating = arch.num_hidden_layers - unrotated - dense
        experts = bool(arch.num_experts)
        each = (
            LayerKind(dense, False, False),
            LayerKind(unrotated, False, experts, False),
            LayerKind(rotating, window_mask(arch, length), experts),
        )
        return tuple(kind for kind in each if kind.layers)
    layers, sliding, with_experts = arch.num_hidden_layers, arch.num_sliding_layers, arch.num_moe_layers
    if with_experts:
        plain = layers - with_experts
        kinds = (LayerKind(plain, False, False), LayerKind(with_experts, False, True))
    elif window_mask(arch, length):
        kinds = (LayerKind(layers - sliding, False, False), LayerKind(sliding, True, False))
    else:
        return (LayerKind(layers, False, False),)
    return tuple(kind for kind in kinds if kind.layers)


def kinds_of_shape(shape: Architecture, length: int) -> tuple[LayerKind, ...]:
    """The kinds of layers of a shape of a model whose layers differ."""
    attends, has_mlp = shape.attention_layers > 0, shape.mlp_layers > 0
    return tuple(kind._replace(attends=attends, has_mlp=has_mlp, shape=shape) for kind in layer_kinds(shape, length))


def _hybrid_kinds(arch: Architecture) -> tuple[LayerKind, ...]:
    """Of attention, mixers, both or neither. Which of them have the experts where only some layers do makes no difference to their sum;
    the mixers are taken to.
    """
    both = arch.attention_layers + arch.num_mixer_layers - arch.mixing_layers
    everywhere = arch.mlp_layers == arch.num_hidden_layers
    with_experts = arch.num_moe_layers
    found = []
    for layers, attends, mixes in (
        (arch.num_mixer_layers - both, False, True),
        (both, True, True),
        (arch.attention_layers - both, True, False),
        (arch.num_hidden_layers - arch.mixing_layers, False, False),
    ):
        has_mlp = everywhere or not (attends or mixes)
        experts = min(layers, with_experts) if has_mlp else 0
        with_experts -= experts
        for count, some in ((experts, True), (layers - experts, False)):
            found.append(LayerKind(count, masked=False, experts=some, attends=attends, mixes=mixes, has_mlp=has_mlp))
    return tuple(kind for kind in found if kind.layers)


class Saved(NamedTuple):
    """Bytes alive when a forward pass ends, by what they are."""

    layer: int
    """Of the largest layer, when it is kept whole (or recomputed under checkpointing)."""
    layers: int
    """Of all layers as kept through the forward pass: whole, or their inputs under checkpointing."""
    outside: int
    """Final norm, rotary tables, labels, autocast's copy of the head."""
    for_loss: int
    """Log-probabilities, or what a fused loss keeps."""


def layer_saved(scenario: Scenario, n: Numerics, kind: LayerKind) -> int:
    """Bytes one layer keeps when every weight is trained."""
    arch, batch, length = shape_of(scenario, kind), scenario.batch_size, scenario.context_length
    if arch.num_mixer_layers:
        return _hybrid_saved(scenario, n, kind)
    if not (kind.attends and kind.has_mlp):
        return _blocks_saved(scenario, n, kind, arch)
    path = attention_path(scenario.attention, n, arch, masked=kind.masked)
    fp8 = scenario.parallel.fp8_linears
    per_token = layer_norms_saved(n, arch, fused=scenario.fused_kernels, fp8=fp8)
    if fp8:  # what attention gives, once more: its own backward pass wants it in 16 bits
        per_token += arch.query_size
    constant = layer_norms_constant(n, arch)
    if kind.experts and n.weight == 4:
        per_token += wide_moe_saved(n, arch)
        constant += wide_moe_constant(n, arch)
    elif kind.experts:
        per_token += moe_saved(arch)
        constant += moe_constant(arch)
        if arch.experts_beside_mlp:  # three norms more, and one without weights before the router, which reads what is made of it
            per_token += mlp_saved(n, arch, fused=scenario.fused_mlp) + 4 * norm_saved(arch.norm, n, arch.hidden_size, 0)
            constant += 3 * norm_constant(arch.norm, n, arch.hidden_size)
    else:
        per_token += mlp_saved(n, arch, fused=scenario.fused_mlp, fp8=fp8)
        constant += 2 * layer_linear_parameters(arch) * n.casts_weights
    if arch.qk_norm:
        per_token += head_norms_saved(n, arch)
    if arch.qk_norm_rotated and kind.rotates:
        per_token += rotated_head_norms_saved(arch)
    elif arch.qk_norm_rotated:
        constant += 4 * length  # how much each position is scaled
    if arch.dropout:
        per_token += 2 * arch.hidden_size  # masks of one byte
    if arch.hidden_size_per_layer_input:
        per_token += per_layer_input_saved(n, arch)
        constant += norm_constant(arch.norm, n, arch.hidden_size)
    return batch * length * per_token + attention_saved(path, n, arch, batch, length) + constant


def per_layer_input_saved(n: Numerics, arch: Architecture) -> int:
    """Bytes a token that one layer keeps for its input of its own: the residual stream that its gate reads, what that gives, the same
    behind the activation, its product with the input; a norm over what is added.
    """
    h, p = arch.hidden_size, arch.hidden_size_per_layer_input
    return n.compute * (h + 3 * p) + norm_saved(arch.norm, n, h, 0)


def per_layer_inputs_saved(n: Numerics, arch: Architecture, *, full: bool, checkpointing: bool) -> int:
    """Bytes a token that making the inputs of all layers keeps: a norm for each, the inputs, and the embedding that they are made of, which
    is the first layer's checkpoint too. Beside adapters the inputs alone, unless PEFT asks for gradients of the embeddings.
    """
    width, inputs = arch.hidden_size_per_layer_input, n.compute * per_layer_width(arch)
    if not full:
        return inputs + (norm_frozen_saved(arch.norm, n, width) * arch.num_hidden_layers if checkpointing else 0)
    norms = norm_saved(arch.norm, n, width, 0) * arch.num_hidden_layers
    return norms + inputs + (0 if checkpointing else n.compute * arch.hidden_size)


def _blocks_saved(scenario: Scenario, n: Numerics, kind: LayerKind, arch: Architecture) -> int:
    """The same of a layer that lacks attention or MLP, or has one matrix in its place: what each of its blocks and their norms keep."""
    batch, length, h = scenario.batch_size, scenario.context_length, arch.hidden_size
    of_attention, of_mlp = readers(arch)
    replaced = (arch.num_replaced_attentions > 0) + (arch.num_replaced_mlps > 0)
    per_token = replaced * block_norms_saved(n, arch, 1, fused=scenario.fused_kernels)
    constant = 2 * replaced * h * h * n.casts_weights
    if kind.attends:
        path = attention_path(scenario.attention, n, arch, masked=kind.masked)
        per_token += block_norms_saved(n, arch, of_attention, fused=scenario.fused_kernels) + arch.qk_norm * head_norms_saved(n, arch)
        constant += attention_saved(path, n, arch, batch, length) + head_norms_constant(n, arch)
        constant += 2 * matrix_values(attention_shapes(arch)) * n.casts_weights
    elif kind.experts:
        per_token += block_norms_saved(n, arch, of_mlp, fused=scenario.fused_kernels) + moe_saved(arch)
        constant += moe_constant(arch)
    elif kind.has_mlp:
        per_token += block_norms_saved(n, arch, of_mlp, fused=scenario.fused_kernels) + mlp_saved(n, arch, fused=scenario.fused_mlp)
        constant += 2 * matrix_values(mlp_shapes(arch)) * n.casts_weights
    blocks = kind.attends + kind.has_mlp + replaced
    constant += blocks * (arch.norms_in_layer // 2) * norm_constant(arch.norm, n, h)
    return batch * length * (per_token + blocks * h * arch.dropout) + constant


def _hybrid_saved(scenario: Scenario, n: Numerics, kind: LayerKind) -> int:
    """The same of a layer of any blocks, each with a norm before it; attention and mixer side by side share theirs."""
    mixed = mixer_saved(scenario) if kind.mixes else 0
    kept = mixing_saved(scenario, n, mixed, attends=kind.attends) if kind.attends or kind.mixes else 0
    return kept + block_saved(scenario, n, experts=kind.experts) if kind.has_mlp else kept


def mixer_saved(scenario: Scenario) -> int:
    """Kept by one layer's mixer alone."""
    arch = scenario.architecture
    return mixer(arch, kernels=scenario.fused_kernels).saved(arch, scenario.batch_size, scenario.context_length)


def _norm_before_block(n: Numerics, arch: Architecture, tokens: int, *, fused: bool) -> int:
    if fused and arch.norm is not Norm.LAYER:
        return tokens * (layer_norms_saved(n, arch, fused=True) // 2)  # one of two
    return tokens * norm_saved(arch.norm, n, arch.hidden_size, 1) + norm_constant(arch.norm, n, arch.hidden_size)


def block_saved(scenario: Scenario, n: Numerics, *, experts: bool) -> int:
    """Kept by an MLP, or by experts, and the norm before them."""
    arch, tokens = scenario.architecture, scenario.batch_size * scenario.context_length
    block = tokens * moe_saved(arch) + moe_constant(arch) if experts else tokens * mlp_saved(n, arch, fused=scenario.fused_mlp)
    return block + _norm_before_block(n, arch, tokens, fused=scenario.fused_kernels)


def mixing_saved(scenario: Scenario, n: Numerics, mixed: int, *, attends: bool) -> int:
    """Kept by a mixer that keeps ``mixed``, or attention, or both, and the norm before them."""
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    kept = mixed + _norm_before_block(n, arch, batch * length, fused=scenario.fused_kernels)
    if attends:
        kept += attention_saved(attention_path(scenario.attention, n, arch), n, arch, batch, length)
        if arch.qk_norm:
            kept += batch * length * head_norms_saved(n, arch) + 2 * norm_constant(arch.norm, n, arch.head_dim)
        if arch.attention_gate:  # its sigmoid, and what it makes of the output
            kept += 2 * n.compute * arch.query_size * batch * length
    return kept


def _layer_saved_frozen(scenario: Scenario, n: Numerics, kind: LayerKind) -> int:
    """The same when only adapters are trained."""
    if scenario.architecture.num_mixer_layers:
        return hybrid_saved_frozen(scenario, n, kind, hybrid_blocks(scenario))
    return layer_saved_frozen(scenario, n, kind)


@kept
def changing_layers(arch: Architecture) -> int:
    """Layers that give something else than they are given: all that have a block."""
    return sum([shape.num_hidden_layers for shape in shapes(arch) if not is_empty(shape)])


def _embeddings_changed(arch: Architecture) -> bool:
    """Whether what the first layer reads is made of the embeddings, and not them."""
    return arch.position is Position.LEARNED or arch.embedding_norm or arch.embedding_multiplied or arch.embedding_dropout


def saved(scenario: Scenario, n: Numerics) -> Saved:
    """Everything a forward pass of ``scenario`` keeps."""
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    path = attention_path(scenario.attention, n, arch)
    tokens = batch * length
    full = scenario.method is Method.FULL
    checkpointing = scenario.gradient_checkpointing

    kinds = layer_kinds(arch, length)
    each = [layer_saved(scenario, n, kind) if full else _layer_saved_frozen(scenario, n, kind) for kind in kinds]
    if checkpointing:
        position_ids = 0 if arch.position is Position.ALIBI or not arch.attention_layers else 8 * length
        inputs = changing_layers(arch) * tokens * arch.hidden_size * n.residual
        wide = n.compute + (4 if keys_widened(n) else n.compute)
        inputs += wide * tokens * sum([source.key_value_size for source in kv_sources(arch)])  # handed on to other layers
        if arch.residual_in_fp32:
            inputs += (arch.num_hidden_layers - 1) * tokens * arch.hidden_size * (4 - n.residual)
        masks = causal_mask_bytes(path, n, arch, batch, length) * arch.masks + alibi_bytes(n, arch, tokens)
        if path is not AttentionPath.EAGER and (any(kind.masked for kind in kinds) or arch.mask_always):
            masks += length * length
        layers = inputs + position_ids + masks
    else:
        layers = sum([kind.layers * layer for kind, layer in zip(kinds, each, strict=True)])
        if not full and arch.num_mixer_layers:
            layers -= before_adapters(scenario, n, hybrid_blocks(scenario))
        elif not full:
            layers -= first_layer_input_bytes(scenario, n)

    final_norm = (
        norm_saved(arch.norm, n, arch.hidden_size, 1)
        if full
        else norm_frozen_saved(arch.norm, n, arch.hidden_size, fused=scenario.fused_kernels)
    )
    head_copy = 2 * embedding_parameters(arch) if n.casts_weights else 0
    own_tables = (arch.rotary_before_widening or arch.rotary_interleaved) and not checkpointing
    tables = 0 if own_tables else rotary_bytes(n, arch, length)
    outside = tokens * final_norm + tables + labels_bytes(batch, length) + _LOSS_SCALARS_BYTES + head_copy
    outside += norm_constant(arch.norm, n, arch.hidden_size)
    if arch.hidden_size_per_layer_input:
        outside += tokens * per_layer_inputs_saved(n, arch, full=full, checkpointing=checkpointing)
        outside += norm_constant(arch.norm, n, arch.hidden_size_per_layer_input) * (full or checkpointing)
    if arch.residual_in_fp32:
        outside += 2 * arch.hidden_size * tokens  # the normalised values are fp32 too
    if arch.position is Position.LEARNED and (full or checkpointing):
        outside += 8 * length
    if arch.embedding_norm and full:
        outside += tokens * norm_saved(arch.norm, n, arch.hidden_size, 0) + norm_constant(arch.norm, n, arch.hidden_size)
    elif arch.embedding_norm and checkpointing:
        outside += tokens * norm_frozen_saved(arch.norm, n, 0)
    if checkpointing and not full and _embeddings_changed(arch):
        outside += n.residual * arch.hidden_size * tokens  # PEFT asks for their gradient, so that there is one to hand back
    if arch.embedding_dropout and (full or checkpointing):
        outside += arch.hidden_size * tokens  # of the embeddings, where they need a gradient
    tanh = n.compute * arch.vocab_size * tokens if arch.final_logit_softcapping else 0
    for_loss = kept_for_loss_bytes(scenario, n, tokens) + tanh
    if scenario.mtp_num_layers:  # a loss for each token ahead
        outside += scenario.mtp_num_layers * labels_bytes(batch, length)
        for_loss *= 1 + scenario.mtp_num_layers
    return Saved(max(each), layers, outside, for_loss)
