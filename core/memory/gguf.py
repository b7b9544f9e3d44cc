"""GGUF files: what their tensors take, each in its type (:mod:`core.memory.gguf_types`), in which norms and biases stay fp32.

Checked against the sizes that llama.cpp's README states for Llama-3.1-8B (tests).
"""

from dataclasses import replace

from core.memory.architecture import Architecture, Mixer
from core.memory.formats import OF_IK_LLAMA, QUANTIZED, Format
from core.memory.gguf_types import Kind, base_type, embedding_type, head_type, kinds, output_type, query_type, stored_bytes
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


def head_bytes(arch: Architecture, file: Format) -> int:
    """The output matrix: where embeddings are tied, they are stored as one."""
    return stored_bytes(head_type(file), arch.vocab_size, arch.hidden_size)


def embedding_bytes(arch: Architecture, file: Format) -> int:
    """The token embeddings, where they are a tensor of their own, and the table of what each token puts into each layer."""
    tokens = 0 if arch.tie_word_embeddings else stored_bytes(embedding_type(file), arch.vocab_size, arch.hidden_size)
    return tokens + stored_bytes(embedding_type(file), arch.vocab_size_per_layer_input, per_layer_width(arch))


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
            total += stored_bytes(base_type(file), outputs, inputs)
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
            for kind, count in kinds(file, layers, first, last, grouped=grouped, many_experts=arch.num_experts >= 4):
                total += count * sum(
                    stored_bytes(_type_of(arch, name, file, kind), outputs, inputs)
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
    total += here.mixers * sum(stored_bytes(kind, outputs, inputs) for kind, inputs, outputs in _mixer_tensors(arch, file))
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
        count * sum(stored_bytes(_type_of(arch, name, file, kind), outputs, inputs) for name, inputs, outputs in shapes)
        for kind, count in kinds(file, layers, first, last, grouped=grouped, many_experts=arch.num_experts >= 4)
    )


#: Of the matrix that queries, keys and values come out of (attn_qkv), where that is not the type of the others.
_FUSED = {Format.Q3_K_M: Format.Q4_K, Format.Q3_K_L: Format.Q5_K, Format.Q4_K_M: Format.Q5_K, Format.Q5_K_M: Format.Q6_K}


def _mixer_tensors(arch: Architecture, file: Format) -> list[tuple[Format, int, int]]:
    """Type, in and out of a mixer's matrices: a delta net's are apart, whatever the model has."""
    base = base_type(file)
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
        count * sum(stored_bytes(_type_of(arch, name, file, kind), outputs, inputs) for name, inputs, outputs in only)
        for kind, count in kinds(file, layers, start, last, grouped=grouped, many_experts=arch.num_experts >= 4)
    )


def _type_of(arch: Architecture, name: str, file: Format, kind: Kind) -> Format:
    match name:
        case "gate_proj" | "down_proj" if arch.experts_clamped and file in QUANTIZED:
            return Format.GGML_MXFP4  # gpt-oss is published with its experts in it, and the quantizer leaves them
        case "v_proj" | "qkv_proj":
            return kind.values
        case "down_proj":
            return kind.down
        case "o_proj":
            return output_type(file, many_experts=arch.num_experts >= 4)
        case "gate_proj" | "up_proj" | "gate_up_proj":
            return kind.gate
        case "k_proj" if file in OF_IK_LLAMA and arch.num_experts >= 4:
            return Format.Q8_0
        case "q_proj" | "k_proj":
            return query_type(file)
        case _:
            return base_type(file)


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
        stored_bytes(_type_of(arch, name, file, kind), outputs, inputs)
        for kind, _ in kinds(file, layers, 0, layers, grouped=grouped, many_experts=experts >= 4)
        for name, inputs, outputs in matrices
    ]
    if arch.num_mixer_layers:
        found += [stored_bytes(kind, outputs, inputs) for kind, inputs, outputs in _mixer_tensors(arch, file)]
    return max(found)


def _expert_shapes(arch: Architecture) -> tuple[tuple[str, int, int], ...]:
    return _in_turn(expert_shapes(arch))


def _in_turn(shapes: tuple[tuple[int, int], ...]) -> tuple[tuple[str, int, int], ...]:
    return tuple(("gate_proj" if place % 2 == 0 else "down_proj", *shape) for place, shape in enumerate(shapes))


def file_bytes(arch: Architecture, file: Format) -> int:
    """All tensors of the file."""
    return layers_bytes(arch, file) + head_bytes(arch, file) + embedding_bytes(arch, file)
