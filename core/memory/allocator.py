"""What torch counts as allocated beside the tensors themselves: the ends of blocks that are too short to split off, and cuBLAS's workspace.

Sources: c10/cuda/CUDACachingAllocator.cpp (requests of 10 MiB and more are whole multiples of 2 MiB; the rest of a block is split off
only where it is longer than 1 MiB; counters count blocks); aten/src/ATen/cuda/CUDABlas and CublasHandlePool.cpp for the workspace.
Measured: Qwen2.5-3B has matrices of 43 MiB, held in blocks of 44; 108 of them are 0.105 GiB, of the 0.13 GiB that its published peak
lies above weights and cache.
"""

from core.memory.architecture import Architecture
from core.memory.formats import Format, bits_per_value, unquantized_bytes_per_value
from core.memory.mixers import mixer_shapes
from core.memory.parameters import attention_shapes, embedding_parameters, mlp_shapes, replaced_blocks
from core.memory.units import MIB, ceil_div
from core.memory.varied import shapes

_LARGE_REQUEST_BYTES = 10 * MIB
_SEGMENT_BYTES = 2 * MIB
_SHORTEST_SPLIT_BYTES = MIB

#: cuBLAS's default workspace, which torch allocates with the first product: eight of 16 KiB and two of 4 MiB; 32 MiB on Hopper.
CUBLAS_WORKSPACE_BYTES = 8_519_680
CUBLAS_WORKSPACE_HOPPER_BYTES = 32 * MIB


def unsplit_bytes(size: int) -> int:
    """What the block of a new tensor of ``size`` bytes has too much; 0 for tensors that share a segment."""
    if size < _LARGE_REQUEST_BYTES:
        return 0
    rest = ceil_div(size, _SEGMENT_BYTES) * _SEGMENT_BYTES - size
    return rest if rest <= _SHORTEST_SPLIT_BYTES else 0


def unsplit_weight_bytes(arch: Architecture, fmt: Format) -> int:
    """The same of all matrices of the loaded model, each in a block of its own. Experts, of which versions stack more or fewer into
    one tensor, count as none.
    """
    bits, wide = bits_per_value(fmt), unquantized_bytes_per_value(fmt)

    def layer(matrices: tuple[tuple[str, int, int], ...]) -> int:
        return sum([unsplit_bytes(inputs * outputs * bits // 8) for _, inputs, outputs in matrices])

    def layers(arch: Architecture) -> int:
        attention, mlp = layer(attention_shapes(arch)), layer(mlp_shapes(arch))
        ends = arch.attention_layers * attention + arch.plain_mlp_layers * mlp
        if replaced_blocks(arch):
            ends += replaced_blocks(arch) * unsplit_bytes(arch.hidden_size**2 * bits // 8)
        return ends + arch.num_mixer_layers * layer(mixer_shapes(arch)) if arch.num_mixer_layers else ends

    return sum([layers(shape) for shape in shapes(arch)]) + (1 if arch.tie_word_embeddings else 2) * unsplit_bytes(
        embedding_parameters(arch) * wide
    )
