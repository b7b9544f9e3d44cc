"""How many values a shape has, matrix by matrix. Symbols: h hidden size, i MLP width, Q and K widths of all query and key heads.

What is said of one layer is of a model, or a shape (core.memory.varied), whose layers are alike; totals are of any model.
"""

from core.memory.architecture import Activation, Architecture, Norm, Position, Router
from core.memory.kept import kept
from core.memory.mixers import mixer, mixer_shapes
from core.memory.per_layer_input import beside_shapes, beside_vectors, joint_parameters, joint_shapes, per_layer_width
from core.memory.varied import over_layers, shapes

#: (module name as PEFT knows it, in_features, out_features)
Shape = tuple[str, int, int]


@kept
def attention_shapes(arch: Architecture) -> tuple[Shape, ...]:
    """The matrices of one layer's attention."""
    h, q, k = arch.hidden_size, arch.query_size, arch.key_value_size
    if arch.kv_lora_rank:
        heads, latent = arch.num_attention_heads, arch.kv_lora_rank
        key = arch.qk_nope_head_dim + arch.qk_rope_head_dim
        rank = arch.q_lora_rank
        queries = (("q_a_proj", h, rank), ("q_b_proj", rank, heads * key)) if rank else (("q_proj", h, heads * key),)
        return (
            *queries,
            ("kv_a_proj_with_mqa", h, latent + arch.qk_rope_head_dim),
            ("kv_b_proj", latent, heads * (arch.qk_nope_head_dim + arch.v_head_dim)),
            ("o_proj", heads * arch.v_head_dim, h),
        )
    if arch.keys_shared:
        return (("q_proj", h, q), ("o_proj", q, h))
    if arch.fused_qkv:
        return (("qkv_proj", h, q + 2 * k), ("o_proj", q, h))
    values = () if arch.attention_k_eq_v and not arch.num_sliding_layers else (("v_proj", h, k),)
    return (("q_proj", h, 2 * q if arch.attention_gate else q), ("k_proj", h, k), *values, ("o_proj", q, h))


@kept
def mlp_shapes(arch: Architecture) -> tuple[Shape, ...]:
    """The matrices of one plain MLP."""
    h, i = arch.hidden_size, arch.intermediate_size
    if arch.activation is not Activation.GATED:
        return (("up_proj", h, i), ("down_proj", i, h))
    if arch.fused_gate_up:
        return (("gate_up_proj", h, 2 * i), ("down_proj", i, h))
    return (("gate_proj", h, i), ("up_proj", h, i), ("down_proj", i, h))


def matrices_in_mlp(arch: Architecture) -> int:
    """Of hidden size x intermediate size, fused or not."""
    return 3 if arch.activation is Activation.GATED else 2


def replaced_blocks(arch: Architecture) -> int:
    """Attentions and MLPs of all layers that have a matrix of h x h in their place."""
    return arch.num_replaced_attentions + arch.num_replaced_mlps


def linear_shapes(arch: Architecture) -> tuple[Shape, ...]:
    """The matrices of one layer without experts."""
    return attention_shapes(arch) + mlp_shapes(arch)


def matrix_values(matrices: tuple[Shape, ...]) -> int:
    """Values of all of them."""
    return sum([inputs * outputs for _, inputs, outputs in matrices])


def _edges(matrices: tuple[Shape, ...]) -> int:
    return sum(inputs + outputs for _, inputs, outputs in matrices)


@kept
def layer_linear_parameters(arch: Architecture) -> int:
    """Values in the matrices of one layer without experts; 2hQ + 2hK + 3hi for Llama's pieces."""
    return matrix_values(linear_shapes(arch))


def shared_expert_shapes(arch: Architecture) -> tuple[Shape, ...]:
    """The matrices of what every token goes through beside its experts."""
    h, shared = arch.hidden_size, arch.shared_expert_intermediate_size
    if not shared:
        return ()
    if arch.fused_gate_up:
        return ("gate_up_proj", h, 2 * shared), ("down_proj", shared, h)
    gate = () if arch.experts_ungated else (("gate_proj", h, shared),)
    return (*gate, ("up_proj", h, shared), ("down_proj", shared, h))


def latent_expert_shapes(arch: Architecture) -> tuple[Shape, ...]:
    """The matrices to the latent that experts read, and from the one that they write."""
    h, latent = arch.hidden_size, arch.moe_latent_size
    return (("fc1_latent_proj", h, latent), ("fc2_latent_proj", latent, h)) if latent else ()


def expert_width(arch: Architecture) -> int:
    """Of what experts read and write: the hidden size, or the latent's."""
    return arch.moe_latent_size or arch.hidden_size


def routed_shapes(arch: Architecture) -> tuple[tuple[int, int], ...]:
    """(in, out) of the matrices of all experts of one layer, side by side: gate and up, down."""
    width, m, experts = expert_width(arch), arch.moe_intermediate_size, arch.num_experts
    return (width, (1 if arch.experts_ungated else 2) * m * experts), (m, width * experts)


def expert_shapes(arch: Architecture) -> tuple[tuple[int, int], ...]:
    """(in, out) of the matrices of all experts of one layer, side by side, of what every token goes through, and of the latents'."""
    h, shared = arch.hidden_size, arch.shared_expert_intermediate_size
    latent = tuple((inputs, outputs) for _, inputs, outputs in latent_expert_shapes(arch))
    beside = ((h, (1 if arch.experts_ungated else 2) * shared), (shared, h)) if shared else ()
    return routed_shapes(arch) + beside + latent


def routed_parameters(arch: Architecture) -> int:
    """Values of all experts of one layer, and nothing beside them: 3Ehm (2Enm without a gate, of a latent n), and biases."""
    biases = arch.num_experts * (2 * arch.moe_intermediate_size + arch.hidden_size) if arch.experts_clamped else 0
    return sum([inputs * outputs for inputs, outputs in routed_shapes(arch)]) + biases


def router_parameters(arch: Architecture) -> int:
    """Values of the matrix that scores experts, E*h, and of the gate of what is shared; ERNIE 4.5's biases are parameters."""
    biases = arch.num_experts if arch.router is Router.SOFTMAX_CORRECTED else 0
    return (arch.num_experts + arch.shared_expert_gate) * arch.hidden_size + biases


def expert_parameters(arch: Architecture) -> int:
    """Values in the experts of one layer, what every token goes through and the router included."""
    return sum([inputs * outputs for inputs, outputs in expert_shapes(arch)]) + router_parameters(arch)


def moe_linear_parameters(arch: Architecture) -> int:
    """Values in the matrices of one layer with experts, the router's included."""
    return matrix_values(attention_shapes(arch)) + expert_parameters(arch)


def norm_parameters(arch: Architecture, width: int) -> int:
    """Values of one norm over ``width`` values: a weight, and a bias, where it has them."""
    return 2 * width if arch.norm is Norm.LAYER else 0 if arch.norm is Norm.LAYER_BARE else width


@kept
def layer_vector_parameters(arch: Architecture) -> int:
    """Values of one layer with attention and an MLP that are no matrix: norms, q/k norms, norms of latents, biases."""
    return arch.norms_in_layer * norm_parameters(arch, arch.hidden_size) + _attention_vectors(arch) + _mlp_vectors(arch)


def attention_parameters(arch: Architecture) -> int:
    """Values of one layer's attention, without the norm before it."""
    return matrix_values(attention_shapes(arch)) + _attention_vectors(arch)


@kept
def vector_parameters(arch: Architecture) -> int:
    """The same of all layers, whatever blocks they have; with what mixers have that is no matrix."""
    return over_layers(_vectors, arch)


def _vectors(arch: Architecture) -> int:
    values = arch.attention_layers * _attention_vectors(arch) + arch.mlp_layers * _mlp_vectors(arch)
    values += arch.num_hidden_layers * beside_vectors(arch)
    if not arch.num_mixer_layers:
        blocks = arch.attention_layers + arch.mlp_layers + replaced_blocks(arch)
        return arch.norms_in_layer * blocks // 2 * norm_parameters(arch, arch.hidden_size) + values
    values += arch.layer_norms * norm_parameters(arch, arch.hidden_size)
    return values + arch.num_mixer_layers * mixer(arch).vector_parameters(arch)


def _attention_vectors(arch: Architecture) -> int:
    """Values of one attention that are no matrix: biases, norms of heads and latents, sinks."""
    values, keys = 0, 0 if arch.keys_shared else arch.key_value_size
    if arch.linear_bias:
        values += sum([outputs for _, _, outputs in attention_shapes(arch)])
    elif arch.qkv_bias or arch.attention_bias:
        values += arch.query_size + 2 * keys + (arch.hidden_size if arch.attention_bias else 0)
    if arch.qk_norm:
        values += arch.query_size + keys if arch.qk_norm_whole else (1 if arch.keys_shared else 2) * arch.head_dim
    if arch.attention_sinks:
        values += arch.num_attention_heads
    return values + arch.kv_lora_rank + arch.q_lora_rank


def _mlp_vectors(arch: Architecture) -> int:
    """Values of one MLP, or of experts, that are no matrix: biases."""
    values = 0
    if arch.mlp_bias or arch.linear_bias:
        values += sum([outputs for _, _, outputs in mlp_shapes(arch)])
    if arch.experts_clamped:
        values += arch.num_experts * (2 * arch.moe_intermediate_size + arch.hidden_size + 1)
    return values


def largest_layer_parameters(arch: Architecture) -> int:
    """Values of the layer that has most."""
    return max([_layer_parameters(shape) for shape in shapes(arch)])


def layer_parameters(arch: Architecture) -> int:
    """Values of one layer of a shape without mixers: of attention and an MLP or experts, or what it has of them."""
    norms = arch.norms_in_layer * norm_parameters(arch, arch.hidden_size) // 2
    values = attention_parameters(arch) + norms if arch.attention_layers else 0
    if arch.mlp_layers:
        values += (expert_parameters(arch) if arch.num_moe_layers else matrix_values(mlp_shapes(arch))) + _mlp_vectors(arch) + norms
    replaced = (arch.num_replaced_attentions > 0) + (arch.num_replaced_mlps > 0)
    if arch.experts_beside_mlp:
        values += matrix_values(mlp_shapes(arch))
    return values + replaced * (arch.hidden_size**2 + norms) + matrix_values(beside_shapes(arch)) + beside_vectors(arch)


def _layer_parameters(arch: Architecture) -> int:
    """The same of the largest layer; with mixers one of a mixer or attention, or both in one layer, and an MLP or experts."""
    if not arch.num_mixer_layers:
        return layer_parameters(arch)
    norm = norm_parameters(arch, arch.hidden_size)
    mixing = matrix_values(mixer_shapes(arch)) + mixer(arch).vector_parameters(arch)
    attention = attention_parameters(arch) if arch.attention_layers else 0
    together = arch.attention_layers + arch.num_mixer_layers > arch.num_hidden_layers
    mixing = (mixing + attention if together else max(mixing, attention)) + norm
    if not arch.mlp_layers:
        return mixing
    mlp = (expert_parameters(arch) if arch.num_moe_layers else matrix_values(mlp_shapes(arch))) + norm
    return mixing + mlp if arch.mlp_layers == arch.num_hidden_layers else max(mixing, mlp)


def largest_dense_matrix(arch: Architecture) -> int:
    """Values of the largest matrix of attention or an MLP: from hidden size to the MLP's width or to all queries."""
    return arch.hidden_size * max([max(shape.intermediate_size, shape.query_size) for shape in shapes(arch)])


def embedding_parameters(arch: Architecture) -> int:
    """Values of one vocabulary matrix: V*h."""
    return arch.vocab_size * arch.hidden_size


def head_parameters(arch: Architecture) -> int:
    """Values of the output head; 0 when it is the embedding itself."""
    return 0 if arch.tie_word_embeddings else embedding_parameters(arch)


def position_parameters(arch: Architecture) -> int:
    """Values of learned positions."""
    return arch.max_position_embeddings * arch.hidden_size if arch.position is Position.LEARNED else 0


@kept
def outside_parameters(arch: Architecture) -> int:
    """All values outside the layers: embedding, positions, final norm, head."""
    final_norm = norm_parameters(arch, arch.hidden_size)
    bias = arch.vocab_size if arch.head_bias else 0
    norms = 2 * final_norm if arch.embedding_norm else final_norm
    return embedding_parameters(arch) + position_parameters(arch) + norms + head_parameters(arch) + bias + joint_parameters(arch)


@kept
def linear_parameters(arch: Architecture) -> int:
    """Values in the matrices of all layers."""
    return over_layers(_linear, arch)


def _linear(arch: Architecture) -> int:
    with_experts = arch.num_moe_layers
    values = arch.attention_layers * matrix_values(attention_shapes(arch))
    if arch.num_mixer_layers:
        values += arch.num_mixer_layers * matrix_values(mixer_shapes(arch))
    values += arch.plain_mlp_layers * matrix_values(mlp_shapes(arch)) + arch.num_hidden_layers * matrix_values(beside_shapes(arch))
    if replaced_blocks(arch):
        values += replaced_blocks(arch) * arch.hidden_size**2
    return values + with_experts * expert_parameters(arch) if with_experts else values


@kept
def factored_parameters(arch: Architecture) -> int:
    """Values of a factored second moment: one for each row and column of a matrix (of every expert's), all of a vector."""
    h = arch.hidden_size
    tables = (1 if arch.tie_word_embeddings else 2) * (arch.vocab_size + h)
    if arch.position is Position.LEARNED:
        tables += arch.max_position_embeddings + h
    if arch.hidden_size_per_layer_input:
        tables += arch.vocab_size_per_layer_input + per_layer_width(arch) + arch.hidden_size_per_layer_input
    tables += _edges(joint_shapes(arch))
    return over_layers(_factored, arch) + tables + vector_parameters(arch) + norm_parameters(arch, h)


def _factored(arch: Architecture) -> int:
    h, with_experts = arch.hidden_size, arch.num_moe_layers
    total = arch.attention_layers * _edges(attention_shapes(arch)) + arch.plain_mlp_layers * _edges(mlp_shapes(arch))
    total += arch.num_hidden_layers * _edges(beside_shapes(arch))
    total += arch.num_mixer_layers * _edges(mixer_shapes(arch)) + 2 * h * replaced_blocks(arch)
    if with_experts:
        m, width, halves = arch.moe_intermediate_size, expert_width(arch), 1 if arch.experts_ungated else 2
        experts = arch.num_experts * ((1 + halves) * m + 2 * width + 1) + h
        experts += _edges(shared_expert_shapes(arch)) + _edges(latent_expert_shapes(arch))
        total += with_experts * experts
    return total


@kept
def parameter_count(arch: Architecture) -> int:
    """All values a training run would update, exactly."""
    return linear_parameters(arch) + vector_parameters(arch) + outside_parameters(arch)
