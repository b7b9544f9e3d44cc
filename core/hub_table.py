"""The table of the Hub's memory calculator (``accelerate estimate-memory``) for a model, to compare with: weights alone, by its own rules.

Source: what the calculator has posted on the Hub for many models, in bytes for google/gemma-2b: training with Adam takes four times the
fp32 weights, in 16-bit mixed precision twice (weights 1, gradients 1.5, optimizer 2: the largest counts); int8 and int4 are not trained.
Our own estimate departs from it wherever activations, logits and the allocator matter, which is why there is one.
"""

from typing import NamedTuple

from core.memory import Architecture, parameter_count
from core.memory.parameters import embedding_parameters, largest_layer_parameters


class HubRow(NamedTuple):
    """One data type."""

    dtype: str
    largest_layer_bytes: int
    total_bytes: int
    training_with_adam_bytes: int | None


def hub_table(arch: Architecture) -> tuple[HubRow, ...]:
    """From fp32 to int4, of all that is loaded. The largest layer is a decoder layer, or the embedding where that is larger."""
    largest = max(largest_layer_parameters(arch), embedding_parameters(arch))
    total = parameter_count(arch) + arch.vision_parameters
    bits_and_adam = {"float32": (32, 16), "float16/bfloat16": (16, 8), "int8": (8, None), "int4": (4, None)}
    return tuple(
        HubRow(dtype, largest * bits // 8, total * bits // 8, None if adam is None else adam * total)
        for dtype, (bits, adam) in bits_and_adam.items()
    )
