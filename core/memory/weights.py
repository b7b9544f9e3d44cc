"""What the loaded model takes."""

from core.memory.architecture import Architecture, Mixer, Norm, Router
from core.memory.formats import EXPERTS_ONLY, Format, is_dequantized, matrix_bytes, unquantized_bytes_per_value
from core.memory.mixers import largest_mixer_matrix, mixer_shapes, multiplier_bytes
from core.memory.parameters import (
    Shape,
    attention_shapes,
    expert_shapes,
    largest_dense_matrix,
    matrix_values,
    mlp_shapes,
    outside_parameters,
    replaced_blocks,
    router_parameters,
    vector_parameters,
)
from core.memory.per_layer_input import beside_shapes, joint_shapes
from core.memory.varied import rotations, shapes

#: Routers with a bias for each expert that is no parameter.
_BIASED = frozenset({Router.SIGMOID, Router.SIGMOID_ALONE})


def buffer_bytes(arch: Architecture) -> int:
    """The rotary frequencies and their original copy, two fp32 vectors of half the rotated width (four, where layers with a window
    rotate by another base, with the scale of the embedding); the bias of each expert.
    """
    rotary = 4 * sum(rotations(arch))
    if arch.rotary_before_widening:  # tables of all positions
        rotary = 4 * arch.max_position_embeddings * arch.rotated
    if arch.norm is Norm.RMS_PLUS_ONE or arch.value_norm:
        rotary += 2
    if arch.value_norm:  # a scale of what is looked up for the layers, and one of each layer
        rotary += 2 * bool(arch.hidden_size_per_layer_input) + 2 * arch.num_hidden_layers
    if arch.mixer_multipliers:
        rotary += multiplier_bytes(arch)
    if arch.mixer_norm_unweighted:  # vectors of ones, as the kernels want them
        rotary += 2 * arch.num_mixer_layers * (arch.mamba_num_heads + 2 * arch.ssm_state_size)
    if arch.router is Router.SIGMOID_16_BIT or arch.router_in_fp32:
        return rotary + 4 * arch.num_experts * arch.num_moe_layers
    if arch.mask_kept:
        rotary += arch.max_position_embeddings**2
    return rotary + (2 * arch.num_experts * arch.num_moe_layers if arch.router in _BIASED else 0)


def widened_router_bytes(arch: Architecture, width: int) -> int:
    """What routers take more for being fp32 in a model of ``width`` bytes a value; and Kimi Linear's time steps."""
    if width >= 4:
        return 0
    values = arch.num_moe_layers * router_parameters(arch) if arch.router_in_fp32 else 0
    if arch.mixer is Mixer.KIMI_DELTA:
        values += arch.num_mixer_layers * arch.linear_num_value_heads * arch.linear_value_head_dim
    return (4 - width) * values


def weight_bytes(arch: Architecture, fmt: Format) -> int:
    """Bytes of the model stored in ``fmt``: linear layers in it; embedding, head, norms, biases and routers wide.

    A file that was opened knows better.
    """
    if arch.file_format is fmt:
        return arch.file_bytes + buffer_bytes(arch)
    wide = unquantized_bytes_per_value(fmt)
    stored = (
        sum([_layers_bytes(shape, fmt, wide) for shape in shapes(arch)]) + wide * arch.vision_parameters + widened_router_bytes(arch, wide)
    )
    joint = joint_shapes(arch)
    outside = outside_parameters(arch)
    if joint:
        stored += _matrices_bytes(joint, fmt)
        outside -= matrix_values(joint)
    return stored + wide * (vector_parameters(arch) + outside) + buffer_bytes(arch)


def _layers_bytes(arch: Architecture, fmt: Format, wide: int) -> int:
    """The matrices of all layers of a shape."""
    with_experts = arch.num_moe_layers
    linear = Format.BF16 if with_experts and fmt in EXPERTS_ONLY else fmt
    stored = arch.attention_layers * _matrices_bytes(attention_shapes(arch), linear)
    stored += arch.plain_mlp_layers * _matrices_bytes(mlp_shapes(arch), linear)
    stored += arch.num_hidden_layers * _matrices_bytes(beside_shapes(arch), linear)
    if arch.num_mixer_layers:
        stored += arch.num_mixer_layers * _matrices_bytes(mixer_shapes(arch), linear)
    if with_experts:
        experts = sum(matrix_bytes(fmt, outputs, inputs) for inputs, outputs in expert_shapes(arch))
        stored += with_experts * (experts + wide * router_parameters(arch))
    if replaced_blocks(arch):
        stored += replaced_blocks(arch) * matrix_bytes(linear, arch.hidden_size, arch.hidden_size)
    return stored


def _matrices_bytes(shapes: tuple[Shape, ...], fmt: Format) -> int:
    return sum([matrix_bytes(fmt, outputs, inputs) for _, inputs, outputs in shapes])


#: Formats whose kernels unpack while they multiply few rows, and so need no wide copy to decode. Measured: Qwen2.5-7B and -32B peak
#: as much as that copy lower for one token of prompt (Qwen's published speed tables, AutoGPTQ 0.7.1 and AutoAWQ 0.2.6).
UNPACKED_IN_KERNEL = frozenset({Format.GPTQ_INT4, Format.GPTQ_INT8, Format.AWQ_INT4})


def kernel_buffer_bytes(arch: Architecture, fmt: Format) -> int:
    """What GPTQ's 4-bit kernel (ExLlama) holds from the start: room for the largest matrix, 16-bit (``temp_dq`` in AutoGPTQ)."""
    return dequantization_bytes(arch, fmt) if fmt is Format.GPTQ_INT4 else 0


def dequantization_bytes(arch: Architecture, fmt: Format) -> int:
    """The 16-bit copy of the largest matrix of a layer, made whenever it is multiplied with; 0 for floats of 16 bits and more."""
    if not is_dequantized(fmt):
        return 0
    return 2 * max(largest_dense_matrix(arch), largest_mixer_matrix(arch))
