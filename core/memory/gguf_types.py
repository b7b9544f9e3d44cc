"""GGUF files: the type of ggml's that each matrix is stored in, by the type that names the file and by layer.

Source: the rules of llama.cpp's quantizer (llama_tensor_get_type in src/llama-quant.cpp), as they are without an importance matrix: output
and, by layer, values, MLP outputs and attention outputs get more bits; types of the fork ik_llama.cpp by its own rules in the same place.
"""

from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from core.memory.formats import MIXES, OF_IK_LLAMA, QUANTIZED, Format, matrix_bytes

_SIX = frozenset({Format.Q4_K_M, Format.Q5_K_M})
_SMALL = frozenset({Format.IQ1_S, Format.IQ1_M, Format.IQ2_XXS, Format.IQ2_XS})
_SMALL_S = frozenset({Format.IQ2_S, Format.IQ2_M})


def base_type(file: Format) -> Format:
    """What most matrices are in. The file type IQ2_S is, in spite of its name, of IQ2_XS blocks."""
    return Format.IQ2_XS if file is Format.IQ2_S else MIXES.get(file, file)


def _more_bits(layer: int, layers: int) -> bool:
    """The first and last eighth of the layers, and every third between."""
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def head_type(file: Format) -> Format:
    if file not in QUANTIZED or file in (Format.Q8_0, Format.IQ6_K):
        return file
    if file in OF_IK_LLAMA:
        return _IK_HEADS.get(file, Format.Q6_K)
    return Format.Q5_K if file in _SMALL | _SMALL_S or file is Format.IQ3_XXS else Format.Q6_K


def embedding_type(file: Format) -> Format:
    if file in _SMALL:
        return Format.Q2_K
    if file in _SMALL_S or file is Format.IQ3_XXS:
        return Format.IQ3_S
    return base_type(file)


_IK_HEADS = {Format.IQ4_KS: Format.IQ5_K, Format.IQ4_KSS: Format.IQ5_K} | dict.fromkeys(
    (Format.IQ2_KS, Format.IQ2_K, Format.IQ3_K), Format.Q5_K
)
#: Of attn_v with grouped heads, where that is not the type of the others.
_IK_VALUES = {Format.IQ2_KS: Format.IQ4_K, Format.IQ2_K: Format.IQ4_K, Format.IQ3_K: Format.IQ4_K} | dict.fromkeys(
    (Format.IQ4_KSS, Format.IQ4_KS, Format.IQ4_K), Format.IQ5_K
)
_IK_WIDE_OUTPUT = OF_IK_LLAMA - {Format.IQ2_KS, Format.IQ5_K, Format.IQ6_K}


def _value_type(file: Format, layers: int, layer: int, *, grouped: bool, many_experts: bool) -> Format:
    """Of attn_v, for which grouped heads make more bits cheap."""
    base = base_type(file)
    match file:
        case _ if file in OF_IK_LLAMA:
            return Format.Q8_0 if many_experts else _IK_VALUES.get(file, base) if grouped else base
        case Format.Q2_K:
            return Format.Q4_K if grouped else Format.Q3_K
        case Format.Q2_K_S | Format.IQ3_XXS | Format.IQ3_XS | Format.IQ3_S if grouped:
            return Format.Q4_K
        case Format.Q3_K_M:
            return Format.Q5_K if layer < 2 else Format.Q4_K
        case Format.Q3_K_L:
            return Format.Q5_K
        case Format.IQ3_M:
            return Format.Q4_K
        case Format.IQ4_NL | Format.IQ4_XS if grouped:
            return Format.Q5_K
        case Format.Q4_K_S if layer < 4:
            return Format.Q5_K
        case _ if file in _SIX and _more_bits(layer, layers):
            return Format.Q6_K
        case _ if file in _SMALL | _SMALL_S:
            return Format.Q4_K if grouped or many_experts else Format.IQ3_S if file in _SMALL_S else Format.Q2_K
        case _:
            return base


def _down_type(file: Format, layers: int, layer: int) -> Format:
    """Of ffn_down."""
    base, first = base_type(file), layer < layers // 8
    match file:
        case Format.Q2_K:
            return Format.Q3_K
        case Format.Q2_K_S if first:
            return Format.Q4_K
        case Format.Q3_K_M:
            return Format.Q5_K if layer < layers // 16 else Format.Q4_K
        case Format.Q3_K_L:
            return Format.Q5_K
        case Format.IQ3_M:
            return Format.Q4_K if first else base
        case Format.Q4_K_S | Format.IQ4_NL | Format.IQ4_XS | Format.IQ4_KS | Format.IQ4_KSS if first:
            return Format.Q5_K
        case _ if file in _SIX and _more_bits(layer, layers):
            return Format.Q6_K
        case _ if file in _SMALL | _SMALL_S and first:
            return Format.IQ3_S if file in _SMALL_S else Format.Q2_K
        case _:
            return base


def output_type(file: Format, *, many_experts: bool) -> Format:
    """Of attn_output."""
    if many_experts and file in _IK_WIDE_OUTPUT:
        return Format.Q5_K
    return _OUTPUTS.get(file) or base_type(file)


_OUTPUTS = {
    Format.Q2_K: Format.Q3_K,
    Format.Q3_K_M: Format.Q4_K,
    Format.Q3_K_L: Format.Q5_K,
    Format.IQ3_M: Format.Q4_K,
    Format.IQ3_XXS: Format.IQ3_S,
    Format.IQ1_S: Format.IQ2_XXS,
    Format.IQ1_M: Format.IQ2_XXS,
    Format.IQ2_S: Format.IQ3_S,
    Format.IQ2_M: Format.IQ3_S,
    Format.IQ2_K: Format.IQ3_K,
}


def _gate_type(file: Format, layers: int, layer: int) -> Format:
    """Of ffn_gate and ffn_up."""
    if file is Format.IQ3_XS and layers // 8 <= layer < 7 * layers // 8:
        return Format.IQ3_XXS
    return base_type(file)


def query_type(file: Format) -> Format:
    """Of attn_q and attn_k."""
    return _QUERIES.get(file) or base_type(file)


_QUERIES = {Format.IQ3_XXS: Format.IQ2_S, Format.IQ3_XS: Format.IQ3_XXS}


class Kind(NamedTuple):
    """The types of matrices that differ by layer."""

    values: Format
    down: Format
    gate: Format


@lru_cache(maxsize=1024)
def kinds(file: Format, layers: int, first: int, last: int, *, grouped: bool, many_experts: bool) -> tuple[tuple[Kind, int], ...]:
    """How many of the layers from ``first`` to before ``last`` there are of each kind: a handful, whatever the number of layers."""
    found = Counter(
        Kind(
            _value_type(file, layers, layer, grouped=grouped, many_experts=many_experts),
            _down_type(file, layers, layer),
            _gate_type(file, layers, layer),
        )
        for layer in range(first, last)
    )
    return tuple(found.items())


def stored_bytes(fmt: Format, rows: int, columns: int) -> int:
    """Where rows are no whole number of blocks, a type of shorter blocks with no fewer bits is taken."""
    if fmt in QUANTIZED and columns % 256:
        fmt = _SHORTER.get(fmt, fmt)
    return matrix_bytes(fmt, rows, columns)


_SHORTER = {
    Format.Q2_K: Format.Q4_0,
    Format.Q3_K: Format.Q4_0,
    Format.Q4_K: Format.Q5_0,
    Format.Q5_K: Format.Q5_1,
    Format.Q6_K: Format.Q8_0,
    Format.IQ4_XS: Format.IQ4_NL,
}
