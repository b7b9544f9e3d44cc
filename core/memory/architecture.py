"""The shape of a model: sizes in the field names of a Hugging Face config, and which pieces its layers are made of.

A family of models is a choice of pieces (a norm, an attention, an MLP, experts); nothing here knows families by name.
"""

from dataclasses import dataclass
from typing import Annotated, Never

from annotated_types import Ge, Gt, Le, MaxLen

from core.memory.coherence import check_mixer, check_runs
from core.memory.contradiction import Contradiction, ContradictionError
from core.memory.formats import Format
from core.memory.layer_run import MAX_RUNS, LayerRun
from core.memory.pieces import Activation, Mixer, Norm, Position, Router

__all__ = ["MAX_PREDICTION_HEADS", "Activation", "Architecture", "Mixer", "Norm", "Position", "Router"]

#: More heads that predict tokens ahead than any model has.
MAX_PREDICTION_HEADS = 64


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
    """Where no layer has attention, 1, as the two that follow: nothing is reckoned with them."""
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
    attention_output_norms: bool = False
    """Those of layers with attention are, those of layers with a mixer are not (OLMo Hybrid)."""
    post_norms: bool = False
    """A second norm behind attention and behind the MLP, four in a layer (Gemma 2 and 3, GLM-4)."""
    parallel_residual: bool = False
    """Attention and MLP both read the layer's input (GPT-NeoX)."""
    embedding_multiplied: bool = False
    """The embeddings are multiplied by a number behind their module (Granite)."""
    embedding_norm: bool = False
    """A norm over the embeddings (BLOOM)."""
    hidden_divided: bool = False
    """What the last norm gives is divided by a number before the head (MiniCPM3)."""
    position: Position = Position.ROTARY
    positions_of_each_sequence: bool = False
    """Learned positions are looked up for every sequence by itself (OPT)."""
    rotary_dim: Annotated[int, Ge(0), Le(10**5)] = 0
    """Rotated values of each head; 0: all."""
    rotary_in_fp32: bool = False
    """The tables of the rotation stay fp32 (OLMo 2)."""
    rotary_interleaved: bool = False
    """Values that are rotated together stand side by side, for which every layer makes tables of its own (GLM-4)."""
    rotary_before_widening: bool = False
    """Rotated queries and keys are widened to fp32 for the scores, and each layer makes tables of its own for either (GPT-J)."""
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
    mlp_bias: bool = False
    """Biases on those of the MLP (GPT-J)."""
    fused_qkv: bool = False
    """q, k and v come out of one matrix."""
    qk_norm: bool = False
    """A norm over each query and key head (Qwen3, Gemma 3)."""
    qk_norm_whole: bool = False
    """That norm is over all heads together (OLMo 2)."""
    value_norm: bool = False
    """A norm without weights over each value head (Gemma 3n, Gemma 4)."""
    attention_k_eq_v: bool = False
    """Layers without a window make their values of what they make their keys of (Gemma 4)."""
    qk_norm_after_rotation: bool = False
    """Query and key heads are rotated first (Hunyuan)."""
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
    mask_kept: bool = False
    """A mask of all positions, a byte for each pair of them, is loaded with the model (GPT-BigCode)."""
    final_logit_softcapping: bool = False
    """So do the logits."""
    sliding_window: Annotated[int, Ge(0), Le(10**9)] = 0
    """Tokens that the layers with a sliding window look back on; 0: there are none."""
    num_sliding_layers: Annotated[int, Ge(0), Le(10**5)] = 0
    window_mask_alone: bool = False
    """Where layers have a window, no mask is made but that (Mistral, StarCoder2)."""
    window_mask_unused: bool = False
    """The mask for a window is made although no layer has one (Qwen2-MoE)."""
    activation: Activation = Activation.GATED
    fused_gate_up: bool = False
    dropout: bool = False
    """Dropout on residuals in training (GPT-2's configuration has 0.1)."""
    attention_dropout: bool = False
    """On the probabilities of attention."""
    embedding_dropout: bool = False
    """On the embeddings."""

    num_experts: Annotated[int, Ge(0), Le(10**5)] = 0
    """0: no layer has experts."""
    num_experts_per_tok: Annotated[int, Ge(0), Le(10**5)] = 0
    moe_intermediate_size: Annotated[int, Ge(0), Le(10**8)] = 0
    shared_expert_intermediate_size: Annotated[int, Ge(0), Le(10**8)] = 0
    """Width of what every token goes through beside its experts; 0: nothing."""
    shared_expert_gate: bool = False
    """What every token goes through is weighted by a gate of its own (Qwen2-MoE)."""
    shared_expert_first: bool = False
    """What every token goes through runs before the experts, and its output is held through them (Hunyuan)."""
    first_k_dense_replace: Annotated[int, Ge(0), Le(10**5)] = 0
    """First layers that have a plain MLP instead of experts."""
    expert_layer_period: Annotated[int, Gt(0), Le(10**5)] = 1
    """Of the layers after those, each how-many-th has experts, the others a plain MLP (Jamba: every second)."""
    router: Router = Router.SOFTMAX
    experts_adapted: bool = False
    """Adapters that PEFT is asked to put on MLPs go onto the experts, whose matrices are made anew with them (Mixtral, DeepSeek)."""
    experts_beside_mlp: bool = False
    """Every layer has its experts beside a plain MLP (Gemma 4), and norms for either."""
    router_in_fp32: bool = False
    """Its matrix and the experts' biases are stored in fp32 whatever the model is (Nemotron 3)."""
    experts_ungated: bool = False
    """Experts, and what every token goes through, have no gate, but two matrices each (Nemotron 3)."""
    moe_latent_size: Annotated[int, Ge(0), Le(10**7)] = 0
    """Width that tokens are projected to before their experts, and back from behind them (Nemotron 3 Super); 0: they are not."""
    experts_clamped: bool = False
    """Experts, and their router, have biases, and gate and up are clamped (gpt-oss)."""

    kv_lora_rank: Annotated[int, Ge(0), Le(10**6)] = 0
    """Width of the latent that keys and values are made from (DeepSeek's MLA); 0: plain attention."""
    q_lora_rank: Annotated[int, Ge(0), Le(10**6)] = 0
    """Width of the latent that queries are made from; 0: straight from the input."""
    qk_nope_head_dim: Annotated[int, Ge(0), Le(10**5)] = 0
    qk_rope_head_dim: Annotated[int, Ge(0), Le(10**5)] = 0
    v_head_dim: Annotated[int, Ge(0), Le(10**5)] = 0

    mixer: Mixer = Mixer.NONE
    num_mixer_layers: Annotated[int, Ge(0), Le(10**5)] = 0
    """Layers that have it."""
    num_layers_without_attention: Annotated[int, Ge(0), Le(10**5)] = 0
    num_layers_without_mlp: Annotated[int, Ge(0), Le(10**5)] = 0
    """Where a layer is a single block: a mixer, attention or an MLP (Nemotron-H), or nothing but a mixer (Mamba)."""
    num_layers_before_attention: Annotated[int, Ge(0), Le(10**5)] = 0
    """Layers before the first with attention; 0 where it is the first, or not known: they are taken to alternate evenly."""
    num_mixers_after_attention: Annotated[int, Ge(0), Le(10**5)] = 0
    """Layers with a mixer behind the last attention; 0 where attention comes last (Qwen3-Next, Falcon-H1)."""
    conv_kernel: Annotated[int, Ge(0), Le(10**4)] = 0
    """Tokens that the convolution before the state looks at, and that it keeps."""
    conv_dim: Annotated[int, Ge(0), Le(10**7)] = 0
    """Channels of a short convolution; 0: as many as the hidden size has."""
    mamba_num_heads: Annotated[int, Ge(0), Le(10**7)] = 0
    """Of Mamba, whose every channel has a state of its own, its channels."""
    mamba_head_dim: Annotated[int, Ge(0), Le(10**5)] = 0
    """Of Mamba 1."""
    ssm_state_size: Annotated[int, Ge(0), Le(10**5)] = 0
    n_groups: Annotated[int, Ge(0), Le(10**5)] = 0
    """Groups of heads that share what goes into the state and what is read from it."""
    chunk_size: Annotated[int, Ge(0), Le(10**5)] = 0
    """Tokens that are computed as one matrix product."""
    time_step_rank: Annotated[int, Ge(0), Le(10**6)] = 0
    mixer_norm: bool = False
    """Mamba 2: a gated norm over the output, which Falcon-H1 has not. Mamba: norms over what the input is made into (Jamba)."""
    mixer_norm_unweighted: bool = False
    """Those norms of Mamba have no weights to train (Falcon-Mamba)."""
    mixer_multipliers: bool = False
    """What goes into a mixer, and what its first matrix makes of it, is scaled (Falcon-H1)."""
    linear_num_key_heads: Annotated[int, Ge(0), Le(10**6)] = 0
    linear_num_value_heads: Annotated[int, Ge(0), Le(10**6)] = 0
    linear_key_head_dim: Annotated[int, Ge(0), Le(10**5)] = 0
    linear_value_head_dim: Annotated[int, Ge(0), Le(10**5)] = 0
    state_in_fp32: bool = False
    """The configuration asks engines to keep recurrent states in fp32 (Nemotron-H, Qwen3.5); transformers always does."""
    mixer_projections_apart: bool = False
    """What a gated delta net makes of its input comes out of a matrix each for the convolution, the gate, decay and step (Qwen3.5)."""
    mixer_gate_last: bool = False
    """The gate of a gated delta net is made once its output is there (OLMo Hybrid)."""
    attention_gate: bool = False
    """The output of attention is multiplied by a gate as wide as the queries (Qwen3-Next)."""
    residual_in_fp32: bool = False
    """The residual stream is fp32 from the first layer on (Mamba-2)."""
    logits_in_fp32: bool = False
    """The model returns fp32 logits (Mamba-2, Nemotron-H)."""

    layer_runs: Annotated[tuple[LayerRun, ...], MaxLen(MAX_RUNS)] = ()
    """Where layers differ in shape, runs of alike ones in order; the sizes above are then the largest layer's, counts of layers those of
    all runs. Empty: all layers are alike but for what is said elsewhere. :func:`core.memory.varied.with_runs` makes such a model."""
    num_kv_shared_layers: Annotated[int, Ge(0), Le(10**5)] = 0
    """Layers that reuse the keys and values of an earlier one."""
    num_replaced_attentions: Annotated[int, Ge(0), Le(10**5)] = 0
    """Of the layers without attention, those that have one matrix instead."""
    num_replaced_mlps: Annotated[int, Ge(0), Le(10**5)] = 0
    num_nextn_predict_layers: Annotated[int, Ge(0), Le(MAX_PREDICTION_HEADS)] = 0
    """Heads that predict tokens ahead, each with a layer of its own; counted apart (:mod:`core.memory.prediction`)."""
    nextn_plain_mlp: bool = False
    """Their layers have a plain MLP although the model's have experts (ERNIE 4.5)."""

    hidden_size_per_layer_input: Annotated[int, Ge(0), Le(10**6)] = 0
    """Width of what each layer gets of every token beside the residual stream (Gemma 3n, Gemma 4); 0: nothing."""
    vocab_size_per_layer_input: Annotated[int, Ge(0), Le(10**8)] = 0
    """Tokens that those have a vector for; the table holds one for every layer."""
    altup_num_inputs: Annotated[int, Ge(0), Le(10**4)] = 0
    """Residual streams that are predicted from each other, of which one goes through the layers (Gemma 3n); 0: there is one alone."""
    laurel_rank: Annotated[int, Ge(0), Le(10**6)] = 0
    """Of what goes around attention through two matrices (Gemma 3n)."""

    vision_parameters: Annotated[int, Ge(0), Le(10**13)] = 0
    """Values of a vision tower and of what joins it to the model: loaded beside it, never quantized, and frozen in training."""

    file_format: Format | None = None
    """What the tensors of the file that was opened are stored in; None: no file, its sizes follow from the shape."""
    file_bytes: Annotated[int, Ge(0), Le(10**15)] = 0
    """What they take together."""

    def __post_init__(self) -> None:
        if not self.layer_runs and self.num_attention_heads % self.num_key_value_heads:
            self.contradicts(Contradiction.KEY_VALUE_HEADS, "num_attention_heads", "num_key_value_heads")
        if self.num_experts and not 0 < self.num_experts_per_tok <= self.num_experts:
            self.contradicts(Contradiction.EXPERTS_PER_TOKEN, "num_experts_per_tok", "num_experts")
        if self.num_experts and not self.moe_intermediate_size:
            self.contradicts(Contradiction.EXPERT_WIDTH, "num_experts", "moe_intermediate_size")
        if self.kv_lora_rank and not (self.qk_nope_head_dim and self.qk_rope_head_dim and self.v_head_dim):
            self.contradicts(Contradiction.LATENT_WIDTHS, "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")
        if bool(self.sliding_window) != bool(self.num_sliding_layers) or self.num_sliding_layers > self.num_hidden_layers:
            self.contradicts(Contradiction.WINDOW, "sliding_window", "num_sliding_layers", "num_hidden_layers")
        if self.layer_runs:
            check_runs(self)
        elif self.num_kv_shared_layers or self.num_replaced_attentions or self.num_replaced_mlps:
            self.contradicts(Contradiction.RUN_TOTALS, "num_kv_shared_layers", "num_replaced_attentions", "num_replaced_mlps")
        elif self.mixer is not Mixer.NONE:
            check_mixer(self)
        elif self.num_mixer_layers or self.num_layers_without_attention or self.num_layers_without_mlp:
            self.contradicts(
                Contradiction.LAYERS_WITHOUT_MIXER, "num_mixer_layers", "num_layers_without_attention", "num_layers_without_mlp"
            )

    def contradicts(self, contradiction: Contradiction, *names: str) -> Never:
        """Raise ContradictionError with the fields of these ``names``."""
        raise ContradictionError(contradiction, **{name: getattr(self, name) for name in names})

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
    def rotates_windows_apart(self) -> bool:
        """Whether layers with a window rotate by another base, and so by tables of their own (Gemma 3, OLMo 3; not EXAONE 4)."""
        return bool(self.num_sliding_layers) and self.qk_norm and (self.qk_norm_whole or not self.output_norms)

    @property
    def norms_in_layer(self) -> int:
        """Norms of one layer over its hidden size."""
        return 4 if self.post_norms else 1 if self.single_norm else 2

    @property
    def masks(self) -> int:
        """Masks that are made: one for all that came before, and one for a window, whether a layer uses it or not."""
        both = self.num_sliding_layers and not self.window_mask_alone
        return 2 if both or self.window_mask_unused else 1

    @property
    def num_moe_layers(self) -> int:
        """Layers with experts."""
        if not self.num_experts:
            return 0
        later = max(0, self.mlp_layers - self.first_k_dense_replace)
        return later if self.expert_layer_period == 1 else later // self.expert_layer_period

    @property
    def plain_mlp_layers(self) -> int:
        """Layers with a plain MLP."""
        return self.mlp_layers if self.experts_beside_mlp else self.mlp_layers - self.num_moe_layers

    @property
    def attention_layers(self) -> int:
        """Layers with attention."""
        return self.num_hidden_layers - self.num_layers_without_attention

    @property
    def cached_layers(self) -> int:
        """Layers with keys and values of their own."""
        return self.attention_layers - self.num_kv_shared_layers

    @property
    def keys_shared(self) -> bool:
        """Of a shape (:mod:`core.memory.varied`): its layers reuse the keys and values of an earlier one."""
        return self.num_kv_shared_layers > 0

    @property
    def mlp_layers(self) -> int:
        """Layers with an MLP, plain or of experts."""
        return self.num_hidden_layers - self.num_layers_without_mlp

    @property
    def mixing_layers(self) -> int:
        """Layers that look at other tokens: by attention, a mixer, or both (Falcon-H1)."""
        return min(self.num_hidden_layers, self.attention_layers + self.num_mixer_layers)

    @property
    def layer_norms(self) -> int:
        """Norms over the hidden size in all layers of a model with mixers: one before each block, which attention and a mixer side by side
        share.
        """
        return self.mixing_layers + self.mlp_layers
