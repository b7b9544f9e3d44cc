"""The shape of a model: sizes in the field names of a Hugging Face config, and which pieces its layers are made of.

A family of models is a choice of pieces (a norm, an attention, an MLP, experts); nothing here knows families by name.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from annotated_types import Ge, Gt, Le, MaxLen

from core.memory.formats import Format


class Norm(StrEnum):
    """How a norm is computed."""

    RMS = "rms"
    """RMSNorm as Llama has it: the normalised values go back to the width of the input before the weight."""
    RMS_PLUS_ONE = "rms_plus_one"
    """RMSNorm that multiplies by 1 + weight in fp32 (Gemma)."""
    RMS_FP32 = "rms_fp32"
    """RMSNorm whose weight multiplies in fp32 (OLMo 2, gpt-oss)."""
    LAYER = "layer"
    """LayerNorm with weight and bias, one kernel."""
    LAYER_FP32 = "layer_fp32"
    """LayerNorm without a bias, written out in fp32 (Cohere)."""


class Activation(StrEnum):
    """The nonlinearity of an MLP. GATED has three matrices, down(act(gate(x)) * up(x)); the others two."""

    GATED = "gated"
    GELU = "gelu"
    """One kernel."""
    GELU_WRITTEN_OUT = "gelu_written_out"
    """The tanh form as five operations (``gelu_new``)."""
    GELU_RECOMPUTED = "gelu_recomputed"
    """The tanh form written out, of which only the input is kept (BLOOM)."""


class Position(StrEnum):
    """How a layer knows where a token stands."""

    ROTARY = "rotary"
    LEARNED = "learned"
    """A vector for each of ``max_position_embeddings`` positions."""
    ALIBI = "alibi"
    """A bias on the scores that grows with the distance (BLOOM)."""


class Router(StrEnum):
    """How tokens find their experts; decides the width of the routing weights, and so of what they are multiplied with."""

    SOFTMAX = "softmax"
    """Mixtral: routing weights in fp32."""
    SOFTMAX_OF_CHOSEN = "softmax_of_chosen"
    """gpt-oss: a softmax over the scores of the chosen."""
    SOFTMAX_16_BIT = "softmax_16_bit"
    """Qwen: routing weights in the width of the residual stream."""
    SOFTMAX_UNNORMALIZED = "softmax_unnormalized"
    """Qwen2-MoE: as Qwen, but the weights of the chosen are not made to add up to one."""
    SPARSEMIXER = "sparsemixer"
    """Phi-3.5-MoE: a softmax for each choice, over the experts near the best one."""
    EVERY_EXPERT = "every_expert"
    """Llama 4 in transformers: every token goes through every expert, times 0 where it was not chosen."""
    SIGMOID = "sigmoid"
    """DeepSeek-V3: the router itself in fp32, groups, a bias for each expert."""
    SOFTMAX_FP32 = "softmax_fp32"
    """DeepSeek-V2: the router itself in fp32."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A decoder-only transformer. The defaults are Llama's pieces.

    The bounds keep absurd imports out; they are far wider than any model.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- read by pydantic, at the edge

    name: Annotated[str, MaxLen(200)] = ""
    """Empty for a shape made from a parameter count."""
    nominal_parameters: Annotated[int, Gt(0), Le(10**15)]
    """The size in the model's name or on the slider (7e9 for Llama-2-7B). The rule of thumb reckons with it."""

    hidden_size: Annotated[int, Gt(0), Le(10**7)]
    intermediate_size: Annotated[int, Gt(0), Le(10**8)]
    """Of the MLP of a layer without experts."""
    num_hidden_layers: Annotated[int, Gt(0), Le(10**5)]
    num_attention_heads: Annotated[int, Gt(0), Le(10**6)]
    num_key_value_heads: Annotated[int, Gt(0), Le(10**6)]
    head_dim: Annotated[int, Gt(0), Le(10**5)]
    vocab_size: Annotated[int, Gt(0), Le(10**8)]
    tie_word_embeddings: bool = False
    max_position_embeddings: Annotated[int, Ge(0), Le(10**9)] = 0
    """The longest context the makers state; 0 when not stated."""

    norm: Norm = Norm.RMS
    single_norm: bool = False
    """One norm a layer: attention and MLP read its output side by side (Cohere, Falcon-7B)."""
    norms_first: bool = False
    """Both norms are computed before attention and MLP, and held through both (Falcon-40B)."""
    output_norms: bool = False
    """The two norms of a layer are behind attention and MLP, not before (OLMo 2)."""
    post_norms: bool = False
    """A second norm behind attention and behind the MLP, four in a layer (Gemma 2 and 3, GLM-4)."""
    parallel_residual: bool = False
    """Attention and MLP both read the layer's input (GPT-NeoX)."""
    embedding_norm: bool = False
    """A norm over the embeddings (BLOOM)."""
    position: Position = Position.ROTARY
    rotary_dim: Annotated[int, Ge(0), Le(10**5)] = 0
    """Rotated values of each head; 0: all."""
    rotary_in_fp32: bool = False
    """The tables of the rotation stay fp32 (OLMo 2)."""
    rotary_concatenated: bool = False
    """Rotated and other values of a head are put together by concatenation (Phi-3, GPT-NeoX, GLM-4), which changes the layout of the
    output of the attention kernel and costs a copy of it."""
    qkv_bias: bool = False
    """Biases on the q, k and v projections (Qwen2)."""
    attention_bias: bool = False
    """Biases on all four projections of attention (gpt-oss, Phi-3.5-MoE)."""
    head_bias: bool = False
    """A bias on the output matrix (Phi-3.5-MoE)."""
    linear_bias: bool = False
    """Biases on every linear layer (GPT-2, GPT-NeoX)."""
    fused_qkv: bool = False
    """q, k and v come out of one matrix."""
    qk_norm: bool = False
    """A norm over each query and key head (Qwen3, Gemma 3)."""
    qk_norm_whole: bool = False
    """That norm is over all heads together (OLMo 2)."""
    qk_norm_rotated: bool = False
    """A norm without weights over rotated query and key heads (Llama 4); layers that do not rotate have none."""
    num_unrotated_layers: Annotated[int, Ge(0), Le(10**5)] = 0
    """Layers that rotate nothing (Llama 4, every fourth)."""
    broadcast_heads: bool = False
    """One key and value head for all queries is left to broadcasting, not repeated; SDPA has no kernel for that (Falcon-7B)."""
    heads_repeated_early: bool = False
    """Keys and values are repeated for all query heads before they are rotated and cached (Falcon-40B)."""
    mask_always: bool = False
    """SDPA is handed a mask although it could do without (Falcon)."""
    scores_held: bool = False
    """The loop over layers holds on to what a layer returned, eager attention's scores among it, while the next one runs (Falcon)."""
    attention_sinks: bool = False
    """A learned score for each head that takes part in the softmax (gpt-oss); of transformers' attention only eager can."""
    attn_logit_softcapping: bool = False
    """Scores go through tanh (Gemma 2); only eager attention can."""
    softmax_in_fp32: bool = True
    """Eager attention widens its scores for the softmax; GPT-2 does not."""
    final_logit_softcapping: bool = False
    """So do the logits."""
    sliding_window: Annotated[int, Ge(0), Le(10**9)] = 0
    """Tokens that the layers with a sliding window look back on; 0: there are none."""
    num_sliding_layers: Annotated[int, Ge(0), Le(10**5)] = 0
    window_mask_unused: bool = False
    """The mask for a window is made although no layer has one (Qwen2-MoE)."""
    activation: Activation = Activation.GATED
    fused_gate_up: bool = False
    dropout: bool = False
    """Dropout on embeddings, attention and residuals in training (GPT-2's configuration has 0.1)."""

    num_experts: Annotated[int, Ge(0), Le(10**5)] = 0
    """0: no layer has experts."""
    num_experts_per_tok: Annotated[int, Ge(0), Le(10**5)] = 0
    moe_intermediate_size: Annotated[int, Ge(0), Le(10**8)] = 0
    shared_expert_intermediate_size: Annotated[int, Ge(0), Le(10**8)] = 0
    """Width of what every token goes through beside its experts; 0: nothing."""
    shared_expert_gate: bool = False
    """What every token goes through is weighted by a gate of its own (Qwen2-MoE)."""
    first_k_dense_replace: Annotated[int, Ge(0), Le(10**5)] = 0
    """First layers that have a plain MLP instead of experts."""
    router: Router = Router.SOFTMAX
    experts_clamped: bool = False
    """Experts, and their router, have biases, and gate and up are clamped (gpt-oss)."""

    kv_lora_rank: Annotated[int, Ge(0), Le(10**6)] = 0
    """Width of the latent that keys and values are made from (DeepSeek's MLA); 0: plain attention."""
    q_lora_rank: Annotated[int, Ge(0), Le(10**6)] = 0
    """Width of the latent that queries are made from; 0: straight from the input."""
    qk_nope_head_dim: Annotated[int, Ge(0), Le(10**5)] = 0
    qk_rope_head_dim: Annotated[int, Ge(0), Le(10**5)] = 0
    v_head_dim: Annotated[int, Ge(0), Le(10**5)] = 0

    file_format: Format | None = None
    """What the tensors of the file that was opened are stored in; None: no file, its sizes follow from the shape."""
    file_bytes: Annotated[int, Ge(0), Le(10**15)] = 0
    """What they take together."""

    def __post_init__(self) -> None:
        if self.num_attention_heads % self.num_key_value_heads:
            raise ValueError(
                f"num_attention_heads ({self.num_attention_heads}) is not a multiple of num_key_value_heads ({self.num_key_value_heads})"
            )
        if self.num_experts and not 0 < self.num_experts_per_tok <= self.num_experts:
            raise ValueError(f"num_experts_per_tok ({self.num_experts_per_tok}) is not between 1 and num_experts ({self.num_experts})")
        if self.num_experts and not self.moe_intermediate_size:
            raise ValueError("moe_intermediate_size is missing")
        if self.kv_lora_rank and not (self.qk_nope_head_dim and self.qk_rope_head_dim and self.v_head_dim):
            raise ValueError("kv_lora_rank asks for qk_nope_head_dim, qk_rope_head_dim and v_head_dim")
        if bool(self.sliding_window) != bool(self.num_sliding_layers) or self.num_sliding_layers > self.num_hidden_layers:
            raise ValueError("sliding_window and num_sliding_layers go together, and no more layers can slide than there are")

    @property
    def query_size(self) -> int:
        """Width of all query heads, Q = a*d."""
        return self.num_attention_heads * self.head_dim

    @property
    def key_value_size(self) -> int:
        """Width of all key (or value) heads, K = kv*d."""
        return self.num_key_value_heads * self.head_dim

    @property
    def num_cached_heads(self) -> int:
        """Key (or value) heads of one layer that the cache holds."""
        return self.num_attention_heads if self.heads_repeated_early else self.num_key_value_heads

    @property
    def rotated(self) -> int:
        """Values of a head that are rotated."""
        if self.position is not Position.ROTARY:
            return 0
        return self.qk_rope_head_dim or self.rotary_dim or self.head_dim

    @property
    def norms_in_layer(self) -> int:
        """Norms of one layer over its hidden size."""
        return 4 if self.post_norms else 1 if self.single_norm else 2

    @property
    def masks(self) -> int:
        """Masks that are made: one for all that came before, and one for a window, whether a layer uses it or not."""
        return 2 if self.num_sliding_layers or self.window_mask_unused else 1

    @property
    def num_moe_layers(self) -> int:
        """Layers with experts."""
        return max(0, self.num_hidden_layers - self.first_k_dense_replace) if self.num_experts else 0
