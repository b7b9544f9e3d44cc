"""What a layer keeps for the backward pass when only adapters are trained: frozen matrices need none of their inputs, frozen norms no
output.

Source: measured tensor storages of transformers 5.23 / peft 0.21 on torch 2.13.
"""

from typing import NamedTuple

from core.memory.architecture import Architecture, Norm
from core.memory.attention import AttentionPath, attention_path, attention_saved
from core.memory.expert_adapters import adapted_experts_saved, made_anew_bytes
from core.memory.formats import Format
from core.memory.lora import adapter_copies, adapters_saved, first_layer_adapters_unused, first_layer_copies
from core.memory.mlp import mlp_frozen_saved
from core.memory.moe import moe_constant, moe_frozen_saved
from core.memory.norms import (
    head_norms_constant,
    head_norms_frozen_saved,
    layer_norms_constant,
    norm_constant,
    norm_frozen_saved,
    rotated_head_norms_saved,
    widens_input,
)
from core.memory.numerics import Numerics
from core.memory.parameters import (
    attention_shapes,
    layer_linear_parameters,
    matrices_in_mlp,
    matrix_values,
    mlp_shapes,
    replaced_blocks,
)
from core.memory.scenario import Method, Scenario
from core.memory.varied import ordered, shapes


class LayerKind(NamedTuple):
    """Layers that are alike: how many, whether a mask stands for their window, whether they have experts, whether they rotate; which blocks
    they are made of.
    """

    layers: int
    masked: bool
    experts: bool
    rotates: bool = True
    attends: bool = True
    mixes: bool = False
    has_mlp: bool = True
    shape: Architecture | None = None
    """Where layers differ in shape: that of these."""


def shape_of(scenario: Scenario, kind: LayerKind) -> Architecture:
    """What the formulas of one layer of ``kind`` reckon with."""
    return kind.shape or scenario.architecture


def layer_saved_frozen(scenario: Scenario, n: Numerics, kind: LayerKind) -> int:
    """Bytes one layer keeps when only adapters are trained."""
    arch, batch, length, experts = shape_of(scenario, kind), scenario.batch_size, scenario.context_length, kind.experts
    if not (kind.attends and kind.has_mlp):
        return _blocks_saved_frozen(scenario, n, kind, arch)
    path = attention_path(scenario.attention, n, arch, masked=kind.masked)
    # Scores need what o_proj reads no longer; put together by concatenation, it is another layout of what flash keeps.
    dropped = path in (AttentionPath.EAGER, AttentionPath.MATH) or (path is AttentionPath.FLASH and arch.rotary_concatenated)
    per_token = _norms_saved(n, arch, fused=scenario.fused_kernels) - dropped * n.compute * arch.query_size
    per_token += adapters_saved(scenario, arch, experts=experts, output_kept=not dropped)
    constant = 0
    if experts:
        per_token += moe_frozen_saved(arch) + adapted_experts_saved(scenario, n, arch)
        constant = made_anew_bytes(scenario, arch)
    else:
        per_token += mlp_frozen_saved(n, arch)
    if arch.qk_norm:
        per_token += head_norms_frozen_saved(arch)
    elif arch.qk_norm_rotated and kind.rotates:
        per_token += rotated_head_norms_saved(arch)
    if arch.kv_lora_rank:  # norms of the latents
        per_token -= 4 * (arch.kv_lora_rank + arch.q_lora_rank)
    if arch.dropout:
        per_token += 2 * arch.hidden_size
    if arch.hidden_size_per_layer_input:  # what its gate gives, before the activation; a norm
        per_token += n.compute * arch.hidden_size_per_layer_input + norm_frozen_saved(arch.norm, n, arch.hidden_size)
    if scenario.method is Method.QLORA and scenario.keep_linear_inputs:
        # outputs of both norms, and what down_proj reads; attention keeps what o_proj reads
        per_token += n.compute * (2 * arch.hidden_size + arch.intermediate_size)
    constant += adapter_copies(scenario, arch, experts=experts) + layer_norms_constant(n, arch) + (moe_constant(arch) if experts else 0)
    if arch.hidden_size_per_layer_input:
        constant += norm_constant(arch.norm, n, arch.hidden_size)
    if arch.qk_norm_rotated and not kind.rotates:
        constant += 4 * length  # how much each position is scaled
    if n.autocast and n.weight == 4:
        constant += 2 * layer_linear_parameters(arch)
    return batch * length * per_token + attention_saved(path, n, arch, batch, length) + constant


def _blocks_saved_frozen(scenario: Scenario, n: Numerics, kind: LayerKind, arch: Architecture) -> int:
    """The same of a layer that lacks attention or MLP, or has one matrix in its place: what each of its blocks and their norms keep."""
    batch, length, h, wide = scenario.batch_size, scenario.context_length, arch.hidden_size, n.autocast and n.weight == 4
    replaced = (arch.num_replaced_attentions > 0) + (arch.num_replaced_mlps > 0)
    blocks = kind.attends + kind.has_mlp + replaced
    norms = arch.norms_in_layer // 2 * blocks
    per_token = norms * norm_frozen_saved(arch.norm, n, h, fused=scenario.fused_kernels)
    constant = norms * norm_constant(arch.norm, n, h) + adapter_copies(scenario, arch, experts=kind.experts)
    constant += 2 * replaced * h * h * wide
    output_kept = True
    if kind.attends:
        path = attention_path(scenario.attention, n, arch, masked=kind.masked)
        output_kept = path not in (AttentionPath.EAGER, AttentionPath.MATH)
        per_token += head_norms_frozen_saved(arch) * arch.qk_norm - (not output_kept) * n.compute * arch.query_size
        constant += head_norms_constant(n, arch) + attention_saved(path, n, arch, batch, length)
        constant += 2 * matrix_values(attention_shapes(arch)) * wide
    if kind.has_mlp and kind.experts:
        per_token += moe_frozen_saved(arch)
        constant += moe_constant(arch)
    elif kind.has_mlp:
        per_token += mlp_frozen_saved(n, arch)
        constant += 2 * matrix_values(mlp_shapes(arch)) * wide
    if scenario.method is Method.QLORA and scenario.keep_linear_inputs:
        per_token += n.compute * (blocks * h + arch.intermediate_size * kind.has_mlp)
    per_token += adapters_saved(scenario, arch, experts=kind.experts, output_kept=output_kept)
    return batch * length * per_token + constant


def _norms_saved(n: Numerics, arch: Architecture, *, fused: bool) -> int:
    """Bytes a token of all norms of one layer."""
    kept = arch.norms_in_layer * norm_frozen_saved(arch.norm, n, arch.hidden_size, fused=fused)
    if arch.norm is Norm.LAYER and arch.parallel_residual and not (arch.single_norm or widens_input(n)):
        kept -= n.residual * arch.hidden_size  # both norms read the same input
    return kept


def first_layer_input_bytes(scenario: Scenario, n: Numerics) -> int:
    """What the first layer does without: nothing asks for the gradient of its input."""
    arch = ordered(scenario.architecture)[0]
    targets = scenario.lora_target_modules
    per_token = constant = 0
    if not arch.output_norms:
        norm = norm_frozen_saved(arch.norm, n, arch.hidden_size, fused=scenario.fused_kernels)
        per_token = _norms_saved(n, arch, fused=False) if arch.parallel_residual else norm
        constant = (arch.norms_in_layer if arch.parallel_residual else 1) * norm_constant(arch.norm, n, arch.hidden_size)
    if arch.qk_norm:
        whole = arch.qk_norm_whole
        if "q_proj" not in targets:
            per_token += 4 * arch.query_size + 4 * (1 if whole else arch.num_attention_heads)
        if "k_proj" not in targets:
            per_token += 4 * arch.key_value_size + 4 * (1 if whole else arch.num_key_value_heads)
    if scenario.lora_dropout:
        per_token += first_layer_adapters_unused(scenario) * arch.hidden_size
    copies = first_layer_copies(scenario)
    if scenario.autocast and scenario.weights is Format.FP32:
        beside = (matrices_in_mlp(arch) - 1) * arch.intermediate_size if arch.parallel_residual else 0
        copies += 2 * arch.hidden_size * (arch.query_size + 2 * arch.key_value_size + beside)
    return scenario.batch_size * scenario.context_length * per_token + copies + constant


def held_linear_inputs(scenario: Scenario, n: Numerics) -> int:
    """Inputs of frozen 4-bit layers that the pass before left: bitsandbytes before 0.43 held them as attributes of the graph, which no
    backward pass empties, and the loss holds the graph until the next one takes its place, at the end of the forward pass.
    """
    holds = scenario.method is Method.QLORA and scenario.keep_linear_inputs
    if not holds or scenario.gradient_checkpointing or scenario.first_step:
        return 0
    values = 0
    for arch in shapes(scenario.architecture):
        of_attention, of_mlp = arch.hidden_size + arch.query_size, arch.hidden_size + arch.intermediate_size
        values += arch.attention_layers * of_attention + arch.mlp_layers * of_mlp + replaced_blocks(arch) * arch.hidden_size
    return scenario.batch_size * scenario.context_length * n.compute * values
