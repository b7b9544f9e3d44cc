"""Number formats: how many bytes a matrix takes when stored in one.

A format is bits per value plus what is stored beside the values: scales per row or per group. Layouts:
IEEE 754 for the floats; bitsandbytes LLM.int8() (8 bits and one fp32 scale per output row) for ``int8``; 4-bit
groups of 128 with a 16-bit scale and a 4-bit zero point, as GPTQ and AWQ store them, for ``int4`` (4.156 bits).
"""

from enum import StrEnum
from typing import NamedTuple

from core.memory.units import ceil_div


class Format(StrEnum):
    """Plain names, ordered by width."""

    INT4 = "int4"
    INT8 = "int8"
    FP8 = "fp8"
    FP16 = "fp16"
    BF16 = "bf16"
    INT32 = "int32"
    FP32 = "fp32"
    INT64 = "int64"
    FP64 = "fp64"


class Layout(NamedTuple):
    """How values lie in memory: ``bits`` each; every row adds ``row_bits``, every group of ``group`` values ``group_bits``."""

    bits: int
    row_bits: int = 0
    group: int = 0
    group_bits: int = 0


_LAYOUTS = {
    Format.INT4: Layout(bits=4, group=128, group_bits=16 + 4),
    Format.INT8: Layout(bits=8, row_bits=32),
    Format.FP8: Layout(bits=8),
    Format.FP16: Layout(bits=16),
    Format.BF16: Layout(bits=16),
    Format.INT32: Layout(bits=32),
    Format.FP32: Layout(bits=32),
    Format.INT64: Layout(bits=64),
    Format.FP64: Layout(bits=64),
}

#: Formats that only linear layers are stored in; embeddings, head and norms stay 16-bit, as real loaders keep them.
QUANTIZED = frozenset({Format.INT4, Format.INT8, Format.FP8})
SIXTEEN_BIT = frozenset({Format.FP16, Format.BF16})


def bits_per_value(fmt: Format) -> int:
    """Bits of one value, without scales: what the rule of thumb multiplies by."""
    return _LAYOUTS[fmt].bits


def matrix_bytes(fmt: Format, rows: int, columns: int) -> int:
    """Bytes of a ``rows x columns`` matrix: values, one scale a row, scales of the groups within each row."""
    layout = _LAYOUTS[fmt]
    row = columns * layout.bits + layout.row_bits
    if layout.group:
        row += ceil_div(columns, layout.group) * layout.group_bits
    return ceil_div(rows * row, 8)


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
    return fmt in QUANTIZED or fmt in (Format.INT32, Format.INT64)
