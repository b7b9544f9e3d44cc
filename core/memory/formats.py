"""Number formats: how many bytes a matrix takes when stored in one.

A format is bits per value plus what is stored beside the values: scales per row, per group, and over groups.
Sources: IEEE 754 for the floats; bitsandbytes for ``int8`` (LLM.int8(): one fp32 scale per output row), ``nf4`` and ``fp4`` (blocks of
64 with an fp32 maximum; with double quantization an 8-bit one, and an fp32 scale for 256 of them); GPTQ and AWQ (groups of 128 with
a 16-bit scale and a zero point as wide as the values; plain ``int4`` means this); block-wise ``fp8`` of DeepSeek-V3 and Qwen3 (an fp32
scale per 128 x 128); OCP MX and NVIDIA for ``mxfp4`` and ``nvfp4``; ggml's block types and
ik_llama.cpp's by their structs (``ggml-common.h``).
"""

from enum import StrEnum
from typing import NamedTuple

from core.memory.units import ceil_div


class Format(StrEnum):
    """Plain names ordered by width, then named layouts, then ggml's block types, then mixes of them that GGUF files are named by."""

    INT4 = "int4"
    INT8 = "int8"
    FP8 = "fp8"
    FP16 = "fp16"
    BF16 = "bf16"
    INT32 = "int32"
    FP32 = "fp32"
    INT64 = "int64"
    FP64 = "fp64"

    NF4 = "nf4"
    NF4_DOUBLE = "nf4-double"
    FP4 = "fp4"
    GPTQ_INT4 = "gptq-int4"
    GPTQ_INT8 = "gptq-int8"
    AWQ_INT4 = "awq-int4"
    FP8_BLOCK = "fp8-block"
    MXFP4 = "mxfp4"
    NVFP4 = "nvfp4"

    Q4_0 = "q4_0"
    Q4_1 = "q4_1"
    Q5_0 = "q5_0"
    Q5_1 = "q5_1"
    Q8_0 = "q8_0"
    Q2_K = "q2_k"
    Q3_K = "q3_k"
    Q4_K = "q4_k"
    Q5_K = "q5_k"
    Q6_K = "q6_k"
    IQ1_S = "iq1_s"
    IQ1_M = "iq1_m"
    IQ2_XXS = "iq2_xxs"
    IQ2_XS = "iq2_xs"
    IQ2_S = "iq2_s"
    IQ3_XXS = "iq3_xxs"
    IQ3_S = "iq3_s"
    IQ4_NL = "iq4_nl"
    IQ4_XS = "iq4_xs"
    TQ1_0 = "tq1_0"
    TQ2_0 = "tq2_0"
    GGML_MXFP4 = "ggml-mxfp4"
    GGML_NVFP4 = "ggml-nvfp4"
    IQ2_KS = "iq2_ks"
    IQ2_K = "iq2_k"
    IQ3_K = "iq3_k"
    IQ4_KSS = "iq4_kss"
    IQ4_KS = "iq4_ks"
    IQ4_K = "iq4_k"
    IQ5_KS = "iq5_ks"
    IQ5_K = "iq5_k"
    IQ6_K = "iq6_k"

    Q2_K_S = "q2_k_s"
    Q3_K_S = "q3_k_s"
    Q3_K_M = "q3_k_m"
    Q3_K_L = "q3_k_l"
    Q4_K_S = "q4_k_s"
    Q4_K_M = "q4_k_m"
    Q5_K_S = "q5_k_s"
    Q5_K_M = "q5_k_m"
    IQ2_M = "iq2_m"
    IQ3_XS = "iq3_xs"
    IQ3_M = "iq3_m"


class Layout(NamedTuple):
    """How values lie in memory: ``bits`` each; every row adds ``row_bits``, every group of ``group`` values within a row
    ``group_bits``, every ``outer`` values of the matrix ``outer_bits``.
    """

    bits: int
    row_bits: int = 0
    group: int = 0
    group_bits: int = 0
    outer: int = 0
    outer_bits: int = 0


def _block(bits: int, values: int, size_bytes: int, row_bytes: int = 0) -> Layout:
    """ggml's: ``values`` of nominally ``bits`` in a struct of ``size_bytes``; ``row_bytes`` before each row."""
    return Layout(bits, 8 * row_bytes, group=values, group_bits=8 * size_bytes - values * bits)


_GROUPS_OF_128 = Layout(bits=4, group=128, group_bits=16 + 4)
_BLOCKS_OF_64 = Layout(bits=4, group=64, group_bits=32)
_LAYOUTS = {
    Format.INT4: _GROUPS_OF_128,
    Format.INT8: Layout(bits=8, row_bits=32),
    Format.FP8: Layout(bits=8),
    Format.FP16: Layout(bits=16),
    Format.BF16: Layout(bits=16),
    Format.INT32: Layout(bits=32),
    Format.FP32: Layout(bits=32),
    Format.INT64: Layout(bits=64),
    Format.FP64: Layout(bits=64),
    Format.NF4: _BLOCKS_OF_64,
    Format.NF4_DOUBLE: Layout(bits=4, group=64, group_bits=8, outer=256 * 64, outer_bits=32),
    Format.FP4: _BLOCKS_OF_64,
    Format.GPTQ_INT4: _GROUPS_OF_128,
    Format.GPTQ_INT8: Layout(bits=8, group=128, group_bits=16 + 8),
    Format.AWQ_INT4: _GROUPS_OF_128,
    Format.FP8_BLOCK: Layout(bits=8, outer=128 * 128, outer_bits=32),
    Format.MXFP4: Layout(bits=4, group=32, group_bits=8),
    Format.NVFP4: Layout(bits=4, group=16, group_bits=8),
    Format.Q4_0: _block(4, 32, 18),
    Format.Q4_1: _block(4, 32, 20),
    Format.Q5_0: _block(5, 32, 22),
    Format.Q5_1: _block(5, 32, 24),
    Format.Q8_0: _block(8, 32, 34),
    Format.Q2_K: _block(2, 256, 84),
    Format.Q3_K: _block(3, 256, 110),
    Format.Q4_K: _block(4, 256, 144),
    Format.Q5_K: _block(5, 256, 176),
    Format.Q6_K: _block(6, 256, 210),
    Format.IQ1_S: _block(1, 256, 50),
    Format.IQ1_M: _block(1, 256, 56),
    Format.IQ2_XXS: _block(2, 256, 66),
    Format.IQ2_XS: _block(2, 256, 74),
    Format.IQ2_S: _block(2, 256, 82),
    Format.IQ3_XXS: _block(3, 256, 98),
    Format.IQ3_S: _block(3, 256, 110),
    Format.IQ4_NL: _block(4, 32, 18),
    Format.IQ4_XS: _block(4, 256, 136),
    Format.TQ1_0: _block(1, 256, 54),
    Format.TQ2_0: _block(2, 256, 66),
    Format.GGML_MXFP4: _block(4, 32, 17),
    Format.GGML_NVFP4: _block(4, 64, 36),
    Format.IQ2_KS: _block(2, 256, 70, 2),
    Format.IQ2_K: _block(2, 256, 76),
    Format.IQ3_K: _block(3, 256, 110),
    Format.IQ4_KSS: _block(4, 256, 128, 4),
    Format.IQ4_KS: _block(4, 256, 136, 4),
    Format.IQ4_K: _block(4, 256, 144),
    Format.IQ5_KS: _block(5, 256, 168, 4),
    Format.IQ5_K: _block(5, 256, 176),
    Format.IQ6_K: _block(6, 256, 212),
}
#: Block types of the fork ik_llama.cpp alone.
OF_IK_LLAMA = frozenset(fmt for fmt in _LAYOUTS if fmt.value.endswith(("_k", "_ks", "_kss")) and fmt.value.startswith("iq"))

#: Mixes of GGUF files, by the block type that most of their matrices are in.
MIXES = {
    Format.Q2_K_S: Format.Q2_K,
    Format.Q3_K_S: Format.Q3_K,
    Format.Q3_K_M: Format.Q3_K,
    Format.Q3_K_L: Format.Q3_K,
    Format.Q4_K_S: Format.Q4_K,
    Format.Q4_K_M: Format.Q4_K,
    Format.Q5_K_S: Format.Q5_K,
    Format.Q5_K_M: Format.Q5_K,
    Format.IQ2_M: Format.IQ2_S,
    Format.IQ3_XS: Format.IQ3_S,
    Format.IQ3_M: Format.IQ3_S,
}
_LAYOUTS |= {mix: _LAYOUTS[base] for mix, base in MIXES.items()}

_FLOATS = frozenset({Format.FP16, Format.BF16, Format.FP32, Format.FP64})
_INTEGERS = frozenset({Format.INT32, Format.INT64})
#: What the precision slider steps through.
PRECISIONS = (
    Format.INT4,
    Format.INT8,
    Format.FP8,
    Format.FP16,
    Format.BF16,
    Format.INT32,
    Format.FP32,
    Format.INT64,
    Format.FP64,
)
#: Formats that only linear layers are stored in; embeddings, head and norms stay 16-bit, as real loaders keep them.
QUANTIZED = frozenset(Format) - _FLOATS - _INTEGERS
SIXTEEN_BIT = frozenset({Format.FP16, Format.BF16})
#: ggml's block types: tensors of GGUF files, and caches of llama.cpp.
GGML_BLOCKS = frozenset({fmt for fmt in Format if fmt.value[:2] in {"q2", "q3", "q4", "q5", "q6", "q8", "iq", "tq", "gg"}})
#: What a GGUF file is named by.
FILE_TYPES = (GGML_BLOCKS - {Format.Q3_K, Format.Q4_K, Format.Q5_K, Format.GGML_NVFP4}) | {Format.FP32, Format.BF16, Format.FP16}
#: What weights are loaded in by PyTorch's runtimes, and what keys and values can be cached in.
TORCH_FORMATS = frozenset(Format) - GGML_BLOCKS
CACHE_FORMATS = frozenset(PRECISIONS) | {Format.Q4_0, Format.Q4_1, Format.Q5_0, Format.Q5_1, Format.Q8_0, Format.IQ4_NL}
#: What only the experts of a model are stored in, where it has experts (gpt-oss).
EXPERTS_ONLY = frozenset({Format.MXFP4})


def plain(fmt: Format) -> Format:
    """The precision that ``fmt`` is a layout of: itself, or the narrowest on the slider that has as many bits."""
    if fmt in PRECISIONS:
        return fmt
    if fmt is Format.FP8_BLOCK:
        return Format.FP8
    return next(precision for precision in PRECISIONS if _LAYOUTS[precision].bits >= _LAYOUTS[fmt].bits)


def bits_per_value(fmt: Format) -> int:
    """Bits of one value, without scales: what the rule of thumb multiplies by."""
    return _LAYOUTS[fmt].bits


def matrix_bytes(fmt: Format, rows: int, columns: int) -> int:
    """Bytes of a ``rows x columns`` matrix: values, one scale a row, scales of the groups within each row, scales over groups."""
    layout = _LAYOUTS[fmt]
    row = columns * layout.bits + layout.row_bits
    if layout.group:
        row += ceil_div(columns, layout.group) * layout.group_bits
    size = rows * row
    if layout.outer:
        size += ceil_div(rows * columns, layout.outer) * layout.outer_bits
    return ceil_div(size, 8)


def unquantized_bytes_per_value(fmt: Format) -> int:
    """Bytes of one value of an embedding, head or norm in a model stored in ``fmt`` (16-bit when ``fmt`` is quantized)."""
    return 2 if fmt in QUANTIZED else _LAYOUTS[fmt].bits // 8


def compute_bytes(fmt: Format) -> int:
    """Bytes of one activation when weights are stored in ``fmt``.

    Floats of 16 bits and more compute in their own width; everything else (quantized formats, and integers as
    plain storage) is turned into 16-bit floats, one matrix at a time, before it is used.
    """
    match fmt:
        case Format.FP32:
            return 4
        case Format.FP64:
            return 8
        case _:
            return 2


def is_dequantized(fmt: Format) -> bool:
    """Whether a matrix stored in ``fmt`` is first turned into a 16-bit copy to be multiplied with."""
    return fmt not in _FLOATS
