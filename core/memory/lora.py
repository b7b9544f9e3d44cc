"""LoRA adapters as PEFT builds them: two fp32 matrices A (r x in) and B (out x r) beside a frozen linear layer.

Source: measured storages of peft 0.21 on torch 2.13. Each adapted layer casts its input to fp32 for itself.
"""

from core.memory.formats import Format
from core.memory.parameters import linear_shapes
from core.memory.scenario import Scenario

_READ_NORM = frozenset({"q_proj", "k_proj", "v_proj"})
_READ_MLP_NORM = frozenset({"gate_proj", "up_proj"})


def adapted_shapes(scenario: Scenario) -> list[tuple[int, int]]:
    """(in_features, out_features) of the adapted matrices of one layer."""
    targets = scenario.lora_target_modules
    return [(inputs, outputs) for name, inputs, outputs in linear_shapes(scenario.architecture) if name in targets]


def adapter_parameters(scenario: Scenario) -> int:
    """Trained values of all layers: sum of r * (in + out)."""
    per_layer = sum(scenario.lora_r * (inputs + outputs) for inputs, outputs in adapted_shapes(scenario))
    return scenario.architecture.num_hidden_layers * per_layer


def factored_adapter_parameters(scenario: Scenario) -> int:
    """Values of their factored second moments: one for each row and column."""
    per_layer = sum(2 * scenario.lora_r + inputs + outputs for inputs, outputs in adapted_shapes(scenario))
    return scenario.architecture.num_hidden_layers * per_layer


def adapter_width(scenario: Scenario) -> int:
    """Bytes of a stored value of an adapter: fp32 unless asked for in 16 bits over a 16-bit base."""
    return 2 if _narrow(scenario) else 4


def _narrow(scenario: Scenario) -> bool:
    """Whether the adapters are 16-bit matrices that read their layer's own input."""
    return scenario.lora_bits == 16 and scenario.weights is not Format.FP32 and not scenario.autocast


def adapters_saved(scenario: Scenario) -> int:
    """Bytes a token one layer's adapters keep for backward: inputs of A, cast for each adapter anew (fp32; 16-bit under autocast), and
    of B; masks of the dropout. 16-bit adapters share their layer's input, and that of o_proj is kept by attention anyway.
    """
    shapes, rank = adapted_shapes(scenario), scenario.lora_r
    masks = sum(inputs for inputs, _ in shapes) if scenario.lora_dropout else 0
    if _narrow(scenario):
        targets, arch = set(scenario.lora_target_modules), scenario.architecture
        kept = 2 * rank * len(shapes)
        kept += 2 * arch.hidden_size * (bool(targets & _READ_NORM) + bool(targets & _READ_MLP_NORM))
        return kept + 2 * arch.intermediate_size * ("down_proj" in targets) + masks
    width = 2 if scenario.autocast else 4
    return sum(width * (inputs + rank) for inputs, _ in shapes) + masks


def adapter_copies(scenario: Scenario) -> int:
    """Autocast's 16-bit copies of one layer's adapters."""
    return 2 * sum(scenario.lora_r * (inputs + outputs) for inputs, outputs in adapted_shapes(scenario)) if scenario.autocast else 0


def first_layer_adapters_unused(scenario: Scenario) -> int:
    """Targets that read the first layer's input, whose gradient nothing asks for."""
    return len(set(scenario.lora_target_modules) & _READ_NORM)


def first_layer_copies(scenario: Scenario) -> int:
    """Of those, copies in the first layer that the backward pass has no use for."""
    width = 2 * scenario.lora_r * scenario.architecture.hidden_size
    return width * first_layer_adapters_unused(scenario) if scenario.autocast else 0


def largest_adapter(scenario: Scenario) -> int:
    """Values of the largest single adapter matrix."""
    return max(scenario.lora_r * max(inputs, outputs) for inputs, outputs in adapted_shapes(scenario))
