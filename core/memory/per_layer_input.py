"""What layers of Gemma 3n and Gemma 4 have beside attention and MLP: an input of their own made of the token, several residual streams
(AltUp), a low-rank way around attention (LAuReL).

Every token has a vector for each layer, looked up in a second table of embeddings that is as large as most of the model (per-layer
embeddings), and made of its first embedding by one matrix; the two are added. Behind its MLP a layer multiplies that with what a gate
makes of the residual stream, and adds it. AltUp predicts each of n streams from all, lets one through the layer, and corrects the others.

Source: modeling_gemma3n.py and modeling_gemma4.py of transformers 5.24. Symbols: h hidden size, p width of a layer's input, L layers, n
streams, r rank.
"""

from core.memory.architecture import Architecture
from core.memory.kept import kept

#: (module name as PEFT knows it, in_features, out_features)
Shape = tuple[str, int, int]


@kept
def beside_shapes(arch: Architecture) -> tuple[Shape, ...]:
    """The matrices of one layer beside its attention and MLP."""
    h, p, n, r = arch.hidden_size, arch.hidden_size_per_layer_input, arch.altup_num_inputs, arch.laurel_rank
    found: list[Shape] = []
    if p:
        found += [("per_layer_input_gate", h, p), ("per_layer_projection", p, h)]
    if n:
        found += [("modality_router", h, n), ("correction_coefs", n, n), ("prediction_coefs", n, n * n)]
    if r:
        found += [("linear_left", h, r), ("linear_right", r, h)]
    return tuple(found)


def beside_vectors(arch: Architecture) -> int:
    """Values of one layer beside its attention and MLP that are no matrix: a norm behind its input; a norm and a scale of AltUp; a norm of
    LAuReL. Where experts stand beside the MLP: a norm before them and one behind each of the two, what scales the router's input, and each
    expert's weight.
    """
    h = arch.hidden_size
    norms = bool(arch.hidden_size_per_layer_input) + 2 * bool(arch.altup_num_inputs) + bool(arch.laurel_rank)
    return norms * h + (4 * h + arch.num_experts if arch.experts_beside_mlp else 0)


@kept
def joint_shapes(arch: Architecture) -> tuple[Shape, ...]:
    """The matrices outside the layers: from the first embedding to the inputs of all layers; to each further stream, and back."""
    h, n = arch.hidden_size, arch.altup_num_inputs
    inputs = per_layer_width(arch)
    joint: tuple[Shape, ...] = (("per_layer_model_projection", h, inputs),) if inputs else ()
    further = max(0, int(n) - 1)  # a number, also where sizes are symbols
    return (*joint, *[("altup_projections", h, h)] * further, *[("altup_unembed_projections", h, h)] * further)


def per_layer_width(arch: Architecture) -> int:
    """Values of a token's inputs of all layers: L*p."""
    return arch.num_hidden_layers * arch.hidden_size_per_layer_input


def per_layer_embedding_parameters(arch: Architecture) -> int:
    """Values of the table that tokens' inputs are looked up in."""
    return arch.vocab_size_per_layer_input * per_layer_width(arch)


@kept
def joint_parameters(arch: Architecture) -> int:
    """Values outside the layers: that table, :func:`joint_shapes`, and a norm of one layer's width."""
    matrices = sum([inputs * outputs for _, inputs, outputs in joint_shapes(arch)])
    return per_layer_embedding_parameters(arch) + matrices + arch.hidden_size_per_layer_input


def per_layer_inputs_prefill(arch: Architecture, tokens: int) -> int:
    """Bytes at once as the inputs of all layers are made, before the first of them: what is looked up and what is made of the embedding,
    the latter widened to fp32 and normalised; the embedding, and two numbers for each norm.
    """
    return tokens * (12 * per_layer_width(arch) + 2 * arch.hidden_size + 8 * arch.num_hidden_layers)


def per_layer_inputs_backward(arch: Architecture, tokens: int) -> int:
    """Bytes at once as the backward pass comes to the norm over them, at its end: the gradient of the inputs, six fp32 tensors as large,
    the embedding and its gradient.
    """
    return tokens * (26 * per_layer_width(arch) + 4 * arch.hidden_size)
