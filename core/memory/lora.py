"""LoRA adapters as PEFT builds them: two fp32 matrices A (r x in) and B (out x r) beside a frozen linear layer.

Source: measured storages of peft 0.21 on torch 2.13. Each adapted layer casts its input to fp32 for itself. Targets are named after Llama's
modules; a model that has one matrix for several of them, or several for one, has its own in their place. Experts, and their routers, are
tensors in transformers 5, which PEFT leaves alone, or puts adapters on instead of all other MLPs (:mod:`core.memory.expert_adapters`).
"""

from functools import lru_cache
from typing import NamedTuple

from core.memory.architecture import Architecture
from core.memory.expert_adapters import expert_factors, experts_are_adapted
from core.memory.formats import Format
from core.memory.lora_hybrid import Adapted, adapted_blocks
from core.memory.parameters import Shape, attention_shapes, mlp_shapes, replaced_blocks, shared_expert_shapes
from core.memory.scenario import ALL_LINEAR, Scenario
from core.memory.varied import ordered, shapes

#: Which of Llama's modules a module of other models stands for; adapted where one of them is asked for.
_STANDS_FOR = {
    "qkv_proj": frozenset({"q_proj", "k_proj", "v_proj"}),
    "q_a_proj": frozenset({"q_proj"}),
    "q_b_proj": frozenset({"q_proj"}),
    "kv_a_proj_with_mqa": frozenset({"k_proj", "v_proj"}),
    "kv_b_proj": frozenset({"k_proj", "v_proj"}),
    "gate_up_proj": frozenset({"gate_proj", "up_proj"}),
}
_READ_NORM = frozenset({"q_proj", "k_proj", "v_proj", "qkv_proj", "q_a_proj", "kv_a_proj_with_mqa", "linear_attn"})
_READ_MLP_NORM = frozenset({"gate_proj", "up_proj", "gate_up_proj", "linear_mlp"})


class _Adapted(NamedTuple):
    """Adapted matrices of one layer without experts and of one with them."""

    plain: list[Shape]
    experts: list[Shape]


@lru_cache(maxsize=128)
def _modules(targets: tuple[str, ...]) -> frozenset[str]:
    """All modules that are adapted where ``targets`` are asked for, whatever the model."""
    return frozenset(targets) | {module for module, others in _STANDS_FOR.items() if others.intersection(targets)}


def _adapted(scenario: Scenario, arch: Architecture) -> _Adapted:
    """Of ``arch``, a shape of the scenario's model."""
    modules = _modules(scenario.lora_target_modules)
    attention = [shape for shape in attention_shapes(arch) if shape[0] in modules] if arch.attention_layers else []
    if replaced_blocks(arch) and modules.issuperset(ALL_LINEAR):
        h = arch.hidden_size
        attention += [("linear_attn", h, h)] * (arch.num_replaced_attentions > 0) + [("linear_mlp", h, h)] * (arch.num_replaced_mlps > 0)
    if arch.num_experts and experts_are_adapted(scenario):
        return _Adapted(attention, attention)
    plain = attention + [shape for shape in mlp_shapes(arch) if shape[0] in modules] if arch.mlp_layers else attention
    if not arch.num_experts:
        return _Adapted(plain, [])
    experts = attention + [shape for shape in shared_expert_shapes(arch) if shape[0] in modules]
    if arch.shared_expert_gate and modules.issuperset(ALL_LINEAR):
        experts.append(("shared_expert_gate", arch.hidden_size, 1))
    return _Adapted(plain, experts)


def blocks(scenario: Scenario, arch: Architecture) -> tuple[tuple[int, list[Shape]], ...]:
    """How many layers of ``arch`` have which adapted matrices; of models with mixers, how many blocks."""
    if arch.num_mixer_layers:
        return adapted_blocks(arch, _modules(scenario.lora_target_modules)).with_counts(arch)
    plain, experts = _adapted(scenario, arch)
    if not arch.num_experts:
        return ((arch.num_hidden_layers, plain),)
    return (arch.num_hidden_layers - arch.num_moe_layers, plain), (arch.num_moe_layers, experts)


def hybrid_blocks(scenario: Scenario) -> Adapted:
    """Of a model with mixers, the adapted matrices of each kind of block."""
    return adapted_blocks(scenario.architecture, _modules(scenario.lora_target_modules))


def _of_all_layers(arch: Architecture, plain: int, experts: int) -> int:
    return (arch.num_hidden_layers - arch.num_moe_layers) * plain + arch.num_moe_layers * experts


def _values(scenario: Scenario, shapes: list[Shape]) -> int:
    return scenario.lora_r * sum([inputs + outputs for _, inputs, outputs in shapes])


def adapter_values(scenario: Scenario) -> tuple[int, int]:
    """Trained values of all layers, sum of r * (in + out), and those of the largest single matrix; 0 where no module is a target."""
    total = widest = 0
    for arch in shapes(scenario.architecture):
        for count, adapted in blocks(scenario, arch):
            widest = max([widest, *[max(inputs, outputs) for _, inputs, outputs in adapted]])
            total += count * _values(scenario, adapted)
    widest *= scenario.lora_r
    arch = scenario.architecture
    if not arch.num_experts:
        return total, widest
    for factors in expert_factors(scenario, arch):
        widest = max(widest, factors.rank * max(factors.inputs, factors.outputs))
        total += arch.num_moe_layers * factors.values
    return total, widest


def adapter_values_of(scenario: Scenario, arch: Architecture) -> int:
    """Trained values of all layers of a shape."""
    return sum([count * _values(scenario, adapted) for count, adapted in blocks(scenario, arch)])


def adapter_parameters(scenario: Scenario) -> int:
    """Trained values of all layers."""
    return adapter_values(scenario)[0]


def factored_adapter_parameters(scenario: Scenario) -> int:
    """Values of their factored second moments: one for each row and column."""
    rank = scenario.lora_r

    def factored(arch: Architecture) -> int:
        each = [(count, sum(2 * rank + inputs + outputs for _, inputs, outputs in adapted)) for count, adapted in blocks(scenario, arch)]
        return sum([count * values for count, values in each])

    arch = scenario.architecture
    experts = sum([2 * factors.rank + factors.inputs + factors.outputs for factors in expert_factors(scenario, arch)])
    return sum([factored(arch) for arch in shapes(arch)]) + arch.num_moe_layers * experts


def adapter_width(scenario: Scenario) -> int:
    """Bytes of a stored value of an adapter: fp32 unless asked for in 16 bits over a 16-bit base."""
    return 2 if _narrow(scenario) else 4


def _narrow(scenario: Scenario) -> bool:
    """Whether the adapters are 16-bit matrices that read their layer's own input."""
    return scenario.lora_bits == 16 and scenario.weights is not Format.FP32 and not scenario.autocast


def adapters_saved(scenario: Scenario, arch: Architecture, *, experts: bool, output_kept: bool) -> int:
    """Bytes a token one layer's adapters keep for backward: inputs of A, cast for each adapter anew (fp32; 16-bit under autocast), and
    of B; masks of the dropout. Adapters as wide as the base share their layer's input; that of o_proj may be ``output_kept`` by the
    kernel of attention.
    """
    adapted, rank = _adapted(scenario, arch)[experts], scenario.lora_r
    masks = sum(inputs for _, inputs, _ in adapted) if scenario.lora_dropout else 0
    width = 2 if scenario.autocast or _narrow(scenario) else 4
    if _narrow(scenario) or (scenario.weights is Format.FP32 and not scenario.autocast):
        read = _inputs(arch, adapted, output_kept=output_kept)
    else:
        read = sum([inputs for _, inputs, _ in adapted])
    return width * (rank * len(adapted) + read) + masks


def _inputs(arch: Architecture, adapted: list[Shape], *, output_kept: bool) -> int:
    """Values a token of the different inputs of ``adapted`` matrices."""
    names = {name for name, _, _ in adapted}
    norms = (bool(names & _READ_NORM), bool(names & _READ_MLP_NORM))
    read = arch.hidden_size * (any(norms) if arch.single_norm else sum(norms))
    own = {"down_proj", "q_b_proj", "kv_b_proj"} if output_kept else {"down_proj", "q_b_proj", "kv_b_proj", "o_proj"}
    return read + sum(inputs for name, inputs, _ in adapted if name in own)


def adapter_copies(scenario: Scenario, arch: Architecture, *, experts: bool = False) -> int:
    """Autocast's 16-bit copies of one layer's adapters."""
    return 2 * _values(scenario, _adapted(scenario, arch)[experts]) if scenario.autocast else 0


def all_adapter_copies(scenario: Scenario) -> int:
    """Those of all layers."""
    every = shapes(scenario.architecture)
    return sum([_of_all_layers(arch, adapter_copies(scenario, arch), adapter_copies(scenario, arch, experts=True)) for arch in every])


def first_layer_adapters_unused(scenario: Scenario) -> int:
    """Targets that read the first layer's input, whose gradient nothing asks for."""
    arch = ordered(scenario.architecture)[0]
    adapted = _adapted(scenario, arch)
    first = adapted.plain if arch.num_moe_layers < arch.num_hidden_layers else adapted.experts
    reads_input = _READ_NORM | _READ_MLP_NORM if arch.parallel_residual else _READ_NORM
    return sum(name in reads_input for name, _, _ in first)


def first_layer_copies(scenario: Scenario) -> int:
    """Of those, copies in the first layer that the backward pass has no use for."""
    width = 2 * scenario.lora_r * scenario.architecture.hidden_size
    return width * first_layer_adapters_unused(scenario) if scenario.autocast else 0
