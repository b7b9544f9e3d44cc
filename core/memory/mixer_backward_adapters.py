"""The backward pass of models with mixers when only adapters are trained: what is alive at the instants of which one may be the largest.

Source: measured tensor storages of transformers 5.24 / peft 0.21 on torch 2.13: 16-bit base, fp32 adapters, plain PyTorch.
"""

from collections.abc import Callable

from core.memory.components import Cause, Stack
from core.memory.frozen import LayerKind
from core.memory.frozen_hybrid import hybrid_saved_frozen, mixing_saved_frozen
from core.memory.lora import hybrid_blocks
from core.memory.mixers import mixer
from core.memory.moe import moe_combined_backward
from core.memory.norms import norm_frozen_saved
from core.memory.numerics import Numerics
from core.memory.saved import Saved, layer_kinds
from core.memory.scenario import Scenario

#: Gradients made before, activations, workspace: to what is alive.
Alive = Callable[[int, int, int], Stack]


def mixer_instants_adapters(scenario: Scenario, n: Numerics, kept: Saved, gradients: int, alive: Alive) -> list[tuple[Stack, Cause]]:
    """Of the last layer of each kind, and of the first: its MLP or experts undone, its mixer made again, and undone."""
    arch, tokens = scenario.architecture, scenario.batch_size * scenario.context_length
    checkpointing = scenario.gradient_checkpointing
    own_input = n.residual * arch.hidden_size * tokens
    made = gradients - gradients // arch.num_hidden_layers
    found: list[tuple[Stack, Cause]] = []
    mostly_experts = 2 * arch.num_moe_layers > arch.mlp_layers
    for kind in layer_kinds(arch, scenario.context_length):
        if kind.attends and kind.has_mlp and mostly_experts:  # which layers have them is not known by place: attention may well
            kind = kind._replace(experts=True)
        for held, work, cause in _of_kind(scenario, n, kind):
            found.append((alive(0, kept.layers + held * checkpointing, work), cause))
            if checkpointing and kind.mixes:  # the first layer has a mixer
                found.append((alive(made, own_input + held, work), cause))
    return found


def _of_kind(scenario: Scenario, n: Numerics, kind: LayerKind) -> list[tuple[int, int, Cause]]:
    """What is recomputed of a layer, and what is needed beside it, at its instants."""
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    tokens, h = batch * length, arch.hidden_size
    adapted, rules = hybrid_blocks(scenario), mixer(arch)
    found = []
    if kind.has_mlp:
        whole = hybrid_saved_frozen(scenario, n, kind, adapted)
        if kind.experts:
            found.append((whole, tokens * moe_combined_backward(arch), Cause.EXPERTS))
        else:
            found.append((whole, tokens * _mlp_work(scenario, n, adapted=bool(adapted.mlp)), Cause.MLP))
    if kind.mixes and scenario.gradient_checkpointing:
        mixing = mixing_saved_frozen(scenario, n, adapted, attends=kind.attends, mixes=True)
        found.append((mixing, rules.backward_work(arch, batch, length) + n.residual * h * tokens, Cause.MIXER))
        if rules.recomputed_peak is not None:
            around = norm_frozen_saved(arch.norm, n, h) + (8 if kind.attends else 4 if kind.has_mlp else 2) * h
            read = 4 * sum([inputs + scenario.lora_r for name, inputs, _ in adapted.mixer if name != "out_proj"])
            found.append((rules.recomputed_peak(arch, batch, length, frozen=True) + tokens * (around + read), 0, Cause.MIXER))
    return found


def _mlp_work(scenario: Scenario, n: Numerics, *, adapted: bool) -> int:
    """Bytes a token: gradients of product and factors, which gate and up in one matrix lay out together; with adapters those of their
    inputs, and what B of the last matrix's read is gone.
    """
    arch = scenario.architecture
    factors = (6 if arch.fused_gate_up and adapted else 3) * n.compute * arch.intermediate_size
    if arch.fused_gate_up and not adapted:
        factors += 4 * arch.hidden_size
    if arch.mixer_multipliers and adapted:  # the gate is scaled too (Falcon-H1)
        factors += 4 * arch.intermediate_size
    return factors + (5 * arch.hidden_size - 4 * scenario.lora_r if adapted else 0)
