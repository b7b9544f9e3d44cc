"""The shape of a model, in the field names of a Hugging Face config, and how many parameters that shape has."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le, MaxLen


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A dense decoder-only transformer: RMSNorm, rotary attention (MHA, GQA or MQA), SwiGLU MLP.

    The bounds keep absurd imports out; they are far wider than any model.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- read by pydantic, at the edge

    name: Annotated[str, MaxLen(200)] = ""
    """Empty for a shape made from a parameter count."""
    nominal_parameters: Annotated[int, Gt(0), Le(10**15)]
    """The size in the model's name or on the slider (7e9 for Llama-2-7B). The rule of thumb reckons with it."""

    hidden_size: Annotated[int, Gt(0), Le(10**7)]
    intermediate_size: Annotated[int, Gt(0), Le(10**8)]
    num_hidden_layers: Annotated[int, Gt(0), Le(10**5)]
    num_attention_heads: Annotated[int, Gt(0), Le(10**6)]
    num_key_value_heads: Annotated[int, Gt(0), Le(10**6)]
    head_dim: Annotated[int, Gt(0), Le(10**5)]
    vocab_size: Annotated[int, Gt(0), Le(10**8)]
    tie_word_embeddings: bool = False
    qkv_bias: bool = False
    """Biases on the q, k and v projections (Qwen2)."""
    qk_norm: bool = False
    """RMSNorm over each query and key head (Qwen3)."""
    max_position_embeddings: Annotated[int, Ge(0)] = 0
    """The longest context the makers state; 0 when not stated."""

    def __post_init__(self) -> None:
        if self.num_attention_heads % self.num_key_value_heads:
            raise ValueError(
                f"num_attention_heads ({self.num_attention_heads}) is not a multiple of num_key_value_heads ({self.num_key_value_heads})"
            )

    @property
    def query_size(self) -> int:
        """Width of all query heads, Q = a*d."""
        return self.num_attention_heads * self.head_dim

    @property
    def key_value_size(self) -> int:
        """Width of all key (or value) heads, K = kv*d."""
        return self.num_key_value_heads * self.head_dim


def linear_shapes(arch: Architecture) -> tuple[tuple[str, int, int], ...]:
    """The matrices of one layer as (module name, in_features, out_features)."""
    h, i, q, k = arch.hidden_size, arch.intermediate_size, arch.query_size, arch.key_value_size
    return (
        ("q_proj", h, q),
        ("k_proj", h, k),
        ("v_proj", h, k),
        ("o_proj", q, h),
        ("gate_proj", h, i),
        ("up_proj", h, i),
        ("down_proj", i, h),
    )


def layer_linear_parameters(arch: Architecture) -> int:
    """Values in the matrices of one layer: 2hQ + 2hK + 3hi."""
    return arch.hidden_size * (2 * arch.query_size + 2 * arch.key_value_size + 3 * arch.intermediate_size)


def layer_vector_parameters(arch: Architecture) -> int:
    """Values of one layer that are no matrix: two norms, q/k norms, biases."""
    values = 2 * arch.hidden_size
    if arch.qkv_bias:
        values += arch.query_size + 2 * arch.key_value_size
    if arch.qk_norm:
        values += 2 * arch.head_dim
    return values


def embedding_parameters(arch: Architecture) -> int:
    """Values of one vocabulary matrix: V*h."""
    return arch.vocab_size * arch.hidden_size


def head_parameters(arch: Architecture) -> int:
    """Values of the output head; 0 when it is the embedding itself."""
    return 0 if arch.tie_word_embeddings else embedding_parameters(arch)


def parameter_count(arch: Architecture) -> int:
    """All values a training run would update, exactly."""
    layer = layer_linear_parameters(arch) + layer_vector_parameters(arch)
    outside = embedding_parameters(arch) + head_parameters(arch) + arch.hidden_size
    return arch.num_hidden_layers * layer + outside
