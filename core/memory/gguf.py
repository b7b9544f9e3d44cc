"""GGUF files: which tensor is stored in which of ggml's types, by the type that names the file.

Source: the rules of llama.cpp's quantizer (llama_tensor_get_type in src/llama-quant.cpp), as they are without an importance matrix: output
and, by layer, values, MLP outputs and attention outputs get more bits. Norms and biases stay fp32. Checked against the sizes that its
README states for Llama-3.1-8B (tests). Types of the fork ik_llama.cpp by its own rules in the same place.
"""

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from core.memory.architecture import Architecture, Mixer
from core.memory.formats import MIXES, OF_IK_LLAMA, QUANTIZED, Format, matrix_bytes
from core.memory.layer_pattern import layers_within
from core.memory.mixers import mixer, mixer_shapes
from core.memory.parameters import (
    Shape,
    attention_parameters,
    attention_shapes,
    expert_shapes,
    expert_width,
    mlp_shapes,
    norm_parameters,
    position_parameters,
    routed_shapes,
    router_parameters,
    vector_parameters,
)
from core.memory.per_layer_input import beside_shapes, joint_shapes, per_layer_width
from core.memory.varied import ordered, shapes

_SIX = frozenset({Format.Q4_K_M, Format.Q5_K_M})
_SMALL = frozenset({Format.IQ1_S, Format.IQ1_M, Format.IQ2_XXS, Format.IQ2_XS})
_SMALL_S = frozenset({Format.IQ2_S, Format.IQ2_M})


def _base(file: Format) -> Format:
    """What most matrices are in. The file type IQ2_S is, in spite of its name, of IQ2_XS blocks."""
    return Format.IQ2_XS if file is Format.IQ2_S else MIXES.get(file, file)


def _more_bits(layer: int, layers: int) -> bool:
    """The first and last eighth of the layers, and every third between."""
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def _head_type(file: Format) -> Format:
    if file not in QUANTIZED or file in (Format.Q8_0, Format.IQ6_K):
        return file
    if file in OF_IK_LLAMA:
        return _IK_HEADS.get(file, Format.Q6_K)
    return Format.Q5_K if file in _SMALL | _SMALL_S or file is Format.IQ3_XXS else Format.Q6_K


def _embedding_type(file: Format) -> Format:
    if file in _SMALL:
        return Format.Q2_K
    if file in _SMALL_S or file is Format.IQ3_XXS:
        return Format.IQ3_S
    return _base(file)


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
    base = _base(file)
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
    base, first = _base(file), layer < layers // 8
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


def _output_type(file: Format, *, many_experts: bool) -> Format:
    """Of attn_output."""
    if many_experts and file in _IK_WIDE_OUTPUT:
        return Format.Q5_K
    return _OUTPUTS.get(file) or _base(file)


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
    return _base(file)


def _query_type(file: Format) -> Format:
    """Of attn_q and attn_k."""
    return _QUERIES.get(file) or _base(file)


_QUERIES = {Format.IQ3_XXS: Format.IQ2_S, Format.IQ3_XS: Format.IQ3_XXS}


class _Kind(NamedTuple):
    """The types of matrices that differ by layer."""

    values: Format
    down: Format
    gate: Format


@lru_cache(maxsize=1024)
def _kinds(file: Format, layers: int, first: int, last: int, *, grouped: bool, many_experts: bool) -> tuple[tuple[_Kind, int], ...]:
    """How many of the layers from ``first`` to before ``last`` there are of each kind: a handful, whatever the number of layers."""
    found = Counter(
        _Kind(
            _value_type(file, layers, layer, grouped=grouped, many_experts=many_experts),
            _down_type(file, layers, layer),
            _gate_type(file, layers, layer),
        )
        for layer in range(first, last)
    )
    return tuple(found.items())


def _stored_bytes(fmt: Format, rows: int, columns: int) -> int:
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


def head_bytes(arch: Architecture, file: Format) -> int:
    """The output matrix: where embeddings are tied, they are stored as one."""
    return _stored_bytes(_head_type(file), arch.vocab_size, arch.hidden_size)


def embedding_bytes(arch: Architecture, file: Format) -> int:
    """The token embeddings, where they are a tensor of their own, and the table of what each token puts into each layer."""
    tokens = 0 if arch.tie_word_embeddings else _stored_bytes(_embedding_type(file), arch.vocab_size, arch.hidden_size)
    return tokens + _stored_bytes(_embedding_type(file), arch.vocab_size_per_layer_input, per_layer_width(arch))


def layers_bytes(arch: Architecture, file: Format, first_layer: int = 0) -> int:
    """All layers from ``first_layer``, and what is neither embedding nor output; vectors are fp32."""
    layers = arch.num_hidden_layers
    if arch.num_mixer_layers:
        return hybrid_layers_bytes(arch, file, first_layer)
    outside = 4 * (norm_parameters(arch, arch.hidden_size) + position_parameters(arch))
    outside += _joint_bytes(arch, file, first_layer)
    grouped, start, total = _grouped(arch), 0, outside
    for shape in ordered(arch):
        total += _run_bytes(shape, file, layers, start, first_layer, grouped=grouped)
        start += shape.num_hidden_layers
    return total


def _joint_bytes(arch: Architecture, file: Format, first_layer: int) -> int:
    """What stands outside the layers of Gemma 3n and Gemma 4: what makes the inputs of all layers counts as the first layer's, what makes
    streams and merges them as the output's (llama-arch.cpp). The quantizer leaves these matrices as they are.
    """
    first, *streams = (*joint_shapes(arch), ("", 0, 0))
    kept = sum([inputs * outputs for _, inputs, outputs in streams])
    if first_layer:
        return _left_bytes(file, kept)
    return _left_bytes(file, kept + first[1] * first[2]) + 4 * arch.hidden_size_per_layer_input


def _left_bytes(file: Format, values: int) -> int:
    """Of matrices that the quantizer leaves alone."""
    return (4 if file is Format.FP32 else 2) * values


def _beside_bytes(arch: Architecture, file: Format) -> int:
    """A layer's matrices beside attention and MLP: the quantizer takes those of its own input, leaves those of LAuReL and of AltUp's router
    as they are, and the converter makes coefficients fp32.
    """
    total = 0
    for name, inputs, outputs in beside_shapes(arch):
        if name.startswith("per_layer"):
            total += _stored_bytes(_base(file), outputs, inputs)
        else:
            total += 4 * inputs * outputs if name.endswith("coefs") else _left_bytes(file, inputs * outputs)
    return total


def _stored(arch: Architecture) -> Architecture:
    """``arch`` as the files of Gemma 3n and Gemma 4 have it: with keys and values of the layers that share others', which nothing reads."""
    return replace(arch, num_kv_shared_layers=0) if arch.value_norm and arch.keys_shared else arch


def _grouped(arch: Architecture) -> bool:
    """Whether four query heads or more share keys and values: of the first layer, where layers differ, as llama.cpp's quantizer asks."""
    first = ordered(arch)[0]
    return first.num_attention_heads // first.num_key_value_heads >= 4


def _run_bytes(arch: Architecture, file: Format, layers: int, start: int, first_layer: int, *, grouped: bool) -> int:
    """The layers of a shape that stand from ``start`` on among all ``layers`` of the model, those before ``first_layer`` left out."""
    end, total = start + arch.num_hidden_layers, 0
    if end <= first_layer:
        return 0
    arch = _stored(arch)
    total += (end - max(start, first_layer)) * (4 * (vector_parameters(arch) // arch.num_hidden_layers) + _beside_bytes(arch, file))
    attention = attention_shapes(arch) if arch.attention_layers else ()
    replaced = ((arch.num_replaced_attentions > 0) + (arch.num_replaced_mlps > 0)) * (("linear", arch.hidden_size, arch.hidden_size),)
    plain = end - arch.num_moe_layers
    for with_experts, begin, last in ((False, start, plain), (True, plain, end)):
        first = max(begin, first_layer)
        if first < last:
            mlp = _expert_shapes(arch) if with_experts else ()
            if arch.mlp_layers and (not with_experts or arch.experts_beside_mlp):
                mlp += mlp_shapes(arch)
            if with_experts:
                total += 4 * (last - first) * router_parameters(arch)
            for kind, count in _kinds(file, layers, first, last, grouped=grouped, many_experts=arch.num_experts >= 4):
                total += count * sum(
                    _stored_bytes(_type_of(arch, name, file, kind), outputs, inputs)
                    for name, inputs, outputs in (*attention, *mlp, *replaced)
                )
    return total


def hybrid_layers_bytes(arch: Architecture, file: Format, first_layer: int) -> int:
    """The same of a model with mixers, whose matrices are of the plain type, but for the one that makes queries, keys and values of a delta
    net; convolutions, decay and time steps are vectors. Source: the quantizer's names of tensors; sizes of LFM2's files (tests).
    """
    here = layers_within(arch, first_layer, arch.num_hidden_layers - first_layer)
    norms = min(arch.num_hidden_layers - first_layer, here.attention + here.mixers) + here.mlps
    vectors = norms * arch.hidden_size + here.mixers * mixer(arch).vector_parameters(arch)
    vectors += here.attention * (attention_parameters(arch) - sum(inputs * outputs for _, inputs, outputs in attention_shapes(arch)))
    total = 4 * (vectors + arch.hidden_size + here.experts * router_parameters(arch))
    total += here.mixers * sum(_stored_bytes(kind, outputs, inputs) for kind, inputs, outputs in _mixer_tensors(arch, file))
    mlps, with_experts = arch.mlp_layers, arch.num_moe_layers
    plain = mlps - with_experts
    for matrices, first, last, of in (
        (attention_shapes(arch), arch.attention_layers - here.attention, arch.attention_layers, arch.attention_layers),
        (mlp_shapes(arch), plain - here.mlps + here.experts, plain, mlps),
        (_expert_shapes(arch) if with_experts else (), mlps - here.experts, mlps, mlps),
    ):
        total += _of_kinds(arch, file, matrices, first, last, of)
    return total


def _of_kinds(arch: Architecture, file: Format, shapes: tuple[Shape, ...], first: int, last: int, layers: int) -> int:
    """Of those with ``shapes``, ``layers`` in all, from ``first`` to before ``last``."""
    if first >= last:
        return 0
    grouped = _grouped(arch)
    return sum(
        count * sum(_stored_bytes(_type_of(arch, name, file, kind), outputs, inputs) for name, inputs, outputs in shapes)
        for kind, count in _kinds(file, layers, first, last, grouped=grouped, many_experts=arch.num_experts >= 4)
    )


#: Of the matrix that queries, keys and values come out of (attn_qkv), where that is not the type of the others.
_FUSED = {Format.Q3_K_M: Format.Q4_K, Format.Q3_K_L: Format.Q5_K, Format.Q4_K_M: Format.Q5_K, Format.Q5_K_M: Format.Q6_K}


def _mixer_tensors(arch: Architecture, file: Format) -> list[tuple[Format, int, int]]:
    """Type, in and out of a mixer's matrices: a delta net's are apart, whatever the model has."""
    base = _base(file)
    if arch.mixer is Mixer.GATED_DELTA_NET:
        arch = replace(arch, mixer_projections_apart=True)
    fused = {"in_proj_qkv": _FUSED.get(file, base)}
    return [(fused.get(name, base), inputs, outputs) for name, inputs, outputs in mixer_shapes(arch)]


def experts_bytes(arch: Architecture, file: Format, first: int, last: int) -> int:
    """The matrices of all experts in the layers from ``first`` to before ``last``; not what every token goes through, nor the router."""
    if arch.num_mixer_layers and arch.num_experts:
        from_first, from_last = (layers_within(arch, at, arch.num_hidden_layers - at).experts for at in (first, max(first, last)))
        mlps = arch.mlp_layers
        return _of_kinds(arch, file, _in_turn(routed_shapes(arch)), mlps - from_first, mlps - from_last, mlps)
    start, layers = max(first, arch.num_hidden_layers - arch.num_moe_layers), arch.num_hidden_layers
    if not arch.num_experts or start >= last:
        return 0
    grouped = _grouped(arch)
    only = _in_turn(routed_shapes(arch))
    return sum(
        count * sum(_stored_bytes(_type_of(arch, name, file, kind), outputs, inputs) for name, inputs, outputs in only)
        for kind, count in _kinds(file, layers, start, last, grouped=grouped, many_experts=arch.num_experts >= 4)
    )


def _type_of(arch: Architecture, name: str, file: Format, kind: _Kind) -> Format:
    match name:
        case "gate_proj" | "down_proj" if arch.experts_clamped and file in QUANTIZED:
            return Format.GGML_MXFP4  # gpt-oss is published with its experts in it, and the quantizer leaves them
        case "v_proj" | "qkv_proj":
            return kind.values
        case "down_proj":
            return kind.down
        case "o_proj":
            return _output_type(file, many_experts=arch.num_experts >= 4)
        case "gate_proj" | "up_proj" | "gate_up_proj":
            return kind.gate
        case "k_proj" if file in OF_IK_LLAMA and arch.num_experts >= 4:
            return Format.Q8_0
        case "q_proj" | "k_proj":
            return _query_type(file)
        case _:
            return _base(file)


def largest_matrix_bytes(arch: Architecture, file: Format) -> int:
    """The largest tensor of any layer; the matrices of all experts of a kind are one."""
    if arch.layer_runs:
        return max([largest_matrix_bytes(shape, file) for shape in shapes(arch)])
    layers = arch.num_hidden_layers
    grouped = _grouped(arch)
    experts = arch.num_experts
    # ``expert_shapes`` lists gate and up, fused or not, and down of one expert after another: here a kind is what the type names.
    matrices = [*attention_shapes(arch), *mlp_shapes(arch)]
    if experts:
        width, m = expert_width(arch), arch.moe_intermediate_size
        matrices = [("gate_proj", width, experts * m), ("down_proj", m, experts * width)]
    found = [
        _stored_bytes(_type_of(arch, name, file, kind), outputs, inputs)
        for kind, _ in _kinds(file, layers, 0, layers, grouped=grouped, many_experts=experts >= 4)
        for name, inputs, outputs in matrices
    ]
    if arch.num_mixer_layers:
        found += [_stored_bytes(kind, outputs, inputs) for kind, inputs, outputs in _mixer_tensors(arch, file)]
    return max(found)


def _expert_shapes(arch: Architecture) -> tuple[tuple[str, int, int], ...]:
    return _in_turn(expert_shapes(arch))


def _in_turn(shapes: tuple[tuple[int, int], ...]) -> tuple[tuple[str, int, int], ...]:
    return tuple(("gate_proj" if place % 2 == 0 else "down_proj", *shape) for place, shape in enumerate(shapes))


def file_bytes(arch: Architecture, file: Format) -> int:
    """All tensors of the file."""
    return layers_bytes(arch, file) + head_bytes(arch, file) + embedding_bytes(arch, file)
