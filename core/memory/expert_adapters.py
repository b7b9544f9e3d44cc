"""Adapters on experts, as PEFT 0.21 puts them on those of transformers 5, whose matrices are tensors of three dimensions.

PEFT takes the names of an expert's matrices (gate and up, which are one tensor here, and down) for those tensors, ``all-linear`` for
the router's too, and then leaves what every token goes through, and plain MLPs, alone (``convert_peft_config_for_transformers``). A and B
of all experts lie side by side; gate and up have twice the rank. Each forward pass makes the tensors anew, W + BA of every expert, chosen
or not, and they are kept for the backward pass, as are 16-bit copies of A and B (``ParamWrapper``, ``_LoraFactorsProxy``).

Source: measured storages of peft 0.21.2 and transformers 5.24 on torch 2.13: Mixtral, Qwen3-MoE, OLMoE, DeepSeek-V2 and -V3, GLM-4.5, to
the byte. Symbols: h hidden size, m width of an expert, E experts, k of them a token, r rank.
"""

from typing import NamedTuple

from core.memory.architecture import Architecture, Router
from core.memory.moe import moe_weighted
from core.memory.numerics import Numerics
from core.memory.scenario import ALL_LINEAR, Method, Scenario

MLP_TARGETS = frozenset({"gate_proj", "up_proj", "down_proj"})
#: Routers that compute in fp32.
_IN_FP32 = frozenset({Router.SIGMOID, Router.SOFTMAX_FP32})
#: Routers whose layers were measured with adapters on their experts.
MEASURED = frozenset({Router.SOFTMAX, Router.SOFTMAX_16_BIT, Router.SOFTMAX_UNNORMALIZED, *_IN_FP32})


class AdaptedExperts(NamedTuple):
    """Which tensors of a layer's experts have adapters."""

    gate_up: bool
    down: bool
    router: bool


_NONE = AdaptedExperts(gate_up=False, down=False, router=False)


def adapted_experts(scenario: Scenario) -> AdaptedExperts:
    """Of the scenario's model."""
    if not (scenario.architecture.experts_adapted and scenario.method is not Method.FULL):
        return _NONE
    targets = scenario.lora_target_modules
    return AdaptedExperts("gate_proj" in targets and "up_proj" in targets, "down_proj" in targets, set(ALL_LINEAR) <= set(targets))


def experts_are_adapted(scenario: Scenario) -> bool:
    """Whether names of an MLP's matrices stand for those of experts."""
    return scenario.architecture.experts_adapted and not MLP_TARGETS.isdisjoint(scenario.lora_target_modules)


class Factors(NamedTuple):
    """A (rank x inputs) and B (outputs x rank) of all experts of one tensor."""

    rank: int
    inputs: int
    outputs: int

    @property
    def values(self) -> int:
        return self.rank * (self.inputs + self.outputs)


def expert_factors(scenario: Scenario, arch: Architecture) -> tuple[Factors, ...]:
    """Of one layer with experts."""
    on = adapted_experts(scenario)
    h, m, each, r = arch.hidden_size, arch.moe_intermediate_size, arch.num_experts, scenario.lora_r
    found = ((on.gate_up, Factors(2 * r * each, h, 2 * m)), (on.down, Factors(r * each, m, h)), (on.router, Factors(r, h, each)))
    return tuple(factors for adapted, factors in found if adapted)


def adapted_experts_saved(scenario: Scenario, n: Numerics, arch: Architecture) -> int:
    """Bytes a token that a layer keeps beyond frozen experts: what goes into the tensors with adapters, for each choice; into the router,
    which casts it to fp32 where it computes so.
    """
    on, k = adapted_experts(scenario), arch.num_experts_per_tok
    kept = n.compute * k * (on.gate_up * arch.hidden_size + on.down * arch.moe_intermediate_size)
    return kept + on.router * arch.hidden_size * (4 if arch.router in _IN_FP32 else n.compute)


def made_anew_bytes(scenario: Scenario, arch: Architecture) -> int:
    """Tensors that one layer makes anew and keeps: of all its experts, and the factors they are made with, 16-bit. A router in fp32 keeps
    its own fp32 copy, which is there without adapters as well.
    """
    on = adapted_experts(scenario)
    copies = sum([factors.values for factors in expert_factors(scenario, arch)[: on.gate_up + on.down]]) if scenario.lora_bits == 32 else 0
    router = 0 if arch.router in _IN_FP32 else on.router * arch.num_experts * arch.hidden_size
    return 2 * (copies + _expert_values(arch) * (2 * on.gate_up + on.down) + router)


def _expert_values(arch: Architecture) -> int:
    """Values of the down matrices of one layer's experts, half of those of gate and up."""
    return arch.num_experts * arch.moe_intermediate_size * arch.hidden_size


def adapted_experts_forward(scenario: Scenario, n: Numerics, arch: Architecture, tokens: int) -> int:
    """What one layer's experts need at once where nothing of them is kept: gate and up made anew and all products, or down made anew too
    and the outputs times the routing weights; the residual stream and the layer's own input, both twice.
    """
    on, h, m, k = adapted_experts(scenario), arch.hidden_size, arch.moe_intermediate_size, arch.num_experts_per_tok
    whole = made_anew_bytes(scenario, arch)
    products = whole - 2 * on.down * _expert_values(arch) + tokens * k * (n.compute * h + 4 * n.compute * m)
    return max(products, whole + tokens * moe_weighted(arch)) + 2 * n.compute * tokens * h


def adapted_experts_backward(scenario: Scenario, n: Numerics, arch: Architecture, tokens: int) -> int:
    """What the backward of the first tensor with adapters that it reaches needs beside what the layer keeps: the gradient of the whole
    tensor, of what goes into it for each choice, and of the residual stream. Where that is gate and up, what the activation kept is gone.
    """
    on, k, h, m = adapted_experts(scenario), arch.num_experts_per_tok, arch.hidden_size, arch.moe_intermediate_size
    if on.down:
        return 2 * _expert_values(arch) + n.compute * tokens * (k * m + h)
    return 4 * _expert_values(arch) + n.compute * tokens * (k * (h - m) + h)
