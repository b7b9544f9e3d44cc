"""What the loaded model takes."""

from core.memory.architecture import Architecture, Norm, Router
from core.memory.formats import Format, is_dequantized, matrix_bytes, unquantized_bytes_per_value
from core.memory.parameters import (
    Shape,
    attention_shapes,
    expert_shapes,
    layer_vector_parameters,
    linear_shapes,
    outside_parameters,
    router_parameters,
)


def buffer_bytes(arch: Architecture) -> int:
    """The rotary frequencies and their original copy, two fp32 vectors of half the rotated width (four, where layers with a window
    rotate by another base, with the scale of the embedding); the bias of each expert.
    """
    rotary = 4 * arch.rotated * (2 if arch.num_sliding_layers and arch.qk_norm else 1)
    if arch.norm is Norm.RMS_PLUS_ONE:
        rotary += 2
    return rotary + (2 * arch.num_experts * arch.num_moe_layers if arch.router is Router.SIGMOID else 0)


def weight_bytes(arch: Architecture, fmt: Format) -> int:
    """Bytes of the model stored in ``fmt``: linear layers in it; embedding, head, norms, biases and routers wide."""
    wide = unquantized_bytes_per_value(fmt)
    layers, with_experts = arch.num_hidden_layers, arch.num_moe_layers
    stored = (layers - with_experts) * _matrices_bytes(linear_shapes(arch), fmt)
    if with_experts:
        experts = sum(matrix_bytes(fmt, outputs, inputs) for inputs, outputs in expert_shapes(arch))
        stored += with_experts * (_matrices_bytes(attention_shapes(arch), fmt) + experts + wide * router_parameters(arch))
    return stored + wide * (layers * layer_vector_parameters(arch) + outside_parameters(arch)) + buffer_bytes(arch)


def _matrices_bytes(shapes: tuple[Shape, ...], fmt: Format) -> int:
    return sum(matrix_bytes(fmt, outputs, inputs) for _, inputs, outputs in shapes)


def dequantization_bytes(arch: Architecture, fmt: Format) -> int:
    """The 16-bit copy of the largest matrix of a layer, made whenever it is multiplied with; 0 for floats of 16 bits and more."""
    if not is_dequantized(fmt):
        return 0
    return 2 * arch.hidden_size * max(arch.intermediate_size, arch.query_size)
