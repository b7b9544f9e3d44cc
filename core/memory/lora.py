"""LoRA adapters as PEFT builds them: two fp32 matrices A (r x in) and B (out x r) beside a frozen linear layer.

Source: measured storages of peft 0.21 on torch 2.13. Each adapted layer casts its input to fp32 for itself.
"""

from core.memory.parameters import linear_shapes
from core.memory.scenario import Scenario


def adapted_shapes(scenario: Scenario) -> list[tuple[int, int]]:
    """(in_features, out_features) of the adapted matrices of one layer."""
    targets = scenario.lora_target_modules
    return [(inputs, outputs) for name, inputs, outputs in linear_shapes(scenario.architecture) if name in targets]


def adapter_parameters(scenario: Scenario) -> int:
    """Trained values of all layers: sum of r * (in + out)."""
    per_layer = sum(scenario.lora_r * (inputs + outputs) for inputs, outputs in adapted_shapes(scenario))
    return scenario.architecture.num_hidden_layers * per_layer


def adapters_saved(scenario: Scenario) -> int:
    """Bytes a token one layer's adapters keep for backward: fp32 input of A, and of B."""
    return sum(4 * inputs + 4 * scenario.lora_r for inputs, _ in adapted_shapes(scenario))


def largest_adapter(scenario: Scenario) -> int:
    """Values of the largest single adapter matrix."""
    return max(scenario.lora_r * max(inputs, outputs) for inputs, outputs in adapted_shapes(scenario))
