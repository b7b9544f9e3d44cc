"""What the loaded model takes."""

from core.memory.architecture import Architecture
from core.memory.formats import Format, is_dequantized, matrix_bytes, unquantized_bytes_per_value
from core.memory.parameters import embedding_parameters, head_parameters, layer_vector_parameters, linear_shapes


def buffer_bytes(arch: Architecture) -> int:
    """The rotary frequencies and their original copy: two fp32 vectors of head_dim/2."""
    return 4 * arch.head_dim


def weight_bytes(arch: Architecture, fmt: Format) -> int:
    """Bytes of the model stored in ``fmt``: linear layers in it; embedding, head, norms and biases wide."""
    linears = sum(matrix_bytes(fmt, outputs, inputs) for _, inputs, outputs in linear_shapes(arch))
    wide = unquantized_bytes_per_value(fmt)
    outside = embedding_parameters(arch) + head_parameters(arch) + arch.hidden_size
    return arch.num_hidden_layers * (linears + wide * layer_vector_parameters(arch)) + wide * outside + buffer_bytes(arch)


def dequantization_bytes(arch: Architecture, fmt: Format) -> int:
    """The 16-bit copy of the largest matrix of a layer, made whenever it is multiplied with; 0 for floats of 16 bits and more."""
    if not is_dequantized(fmt):
        return 0
    return 2 * arch.hidden_size * max(arch.intermediate_size, arch.query_size)
