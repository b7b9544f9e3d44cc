"""What the layers of a model may be made of: norms, activations, positions, mixers, routers of experts."""

from enum import StrEnum


class Norm(StrEnum):
    """How a norm is computed."""

    RMS = "rms"
    """RMSNorm as Llama has it: the normalised values go back to the width of the input before the weight."""
    RMS_PLUS_ONE = "rms_plus_one"
    """RMSNorm that multiplies by 1 + weight in fp32 (Gemma)."""
    RMS_FP32 = "rms_fp32"
    """RMSNorm whose weight multiplies in fp32 (OLMo 2, gpt-oss)."""
    RMS_WEIGHT_FP32 = "rms_weight_fp32"
    """The same, with a copy of the weight (or of 1 + it) in fp32 (Nemotron-H, Qwen3-Next)."""
    RMS_POWER = "rms_power"
    """The same, with the reciprocal root as a power of a mean, which is kept too (Gemma 4)."""
    LAYER = "layer"
    """LayerNorm with weight and bias, one kernel."""
    LAYER_FP32 = "layer_fp32"
    """LayerNorm without a bias, written out in fp32 (Cohere)."""
    LAYER_BARE = "layer_bare"
    """LayerNorm without weight or bias, of fp32 copies (OLMo)."""


class Activation(StrEnum):
    """The nonlinearity of an MLP. GATED has three matrices, down(act(gate(x)) * up(x)); the others two."""

    GATED = "gated"
    RELU_SQUARED = "relu_squared"
    """(Nemotron-H)."""
    GELU = "gelu"
    """One kernel."""
    GELU_WRITTEN_OUT = "gelu_written_out"
    """The tanh form as five operations (``gelu_new``)."""
    RELU = "relu"
    """Of which backward needs only the output (OPT)."""
    GELU_RECOMPUTED = "gelu_recomputed"
    """The tanh form written out, of which only the input is kept (BLOOM)."""


class Position(StrEnum):
    """How a layer knows where a token stands."""

    ROTARY = "rotary"
    LEARNED = "learned"
    """A vector for each of ``max_position_embeddings`` positions."""
    ALIBI = "alibi"
    """A bias on the scores that grows with the distance (BLOOM)."""
    NONE = "none"
    """Only by what a state has seen before it (Jamba, Nemotron-H)."""


class Mixer(StrEnum):
    """What a layer has instead of attention, or beside it: a mixer that keeps the past in a state of fixed size."""

    NONE = "none"
    MAMBA = "mamba"
    """A selective scan over channels (Mamba, Jamba)."""
    MAMBA2 = "mamba2"
    """State-space duality: heads, and chunks that are matrix products (Mamba-2, Bamba, Falcon-H1, Nemotron-H, Granite 4)."""
    GATED_DELTA_NET = "gated_delta_net"
    """Linear attention by a gated delta rule, in chunks of 64 (Qwen3-Next, Qwen3.5)."""
    KIMI_DELTA = "kimi_delta"
    """The same with a decay of each channel, not of each head (Kimi Linear)."""
    SHORT_CONV = "short_conv"
    """A convolution over a few tokens between two gates (LFM2)."""


class Router(StrEnum):
    """How tokens find their experts; decides the width of the routing weights, and so of what they are multiplied with."""

    SOFTMAX = "softmax"
    """Mixtral: routing weights in fp32."""
    SOFTMAX_OF_CHOSEN = "softmax_of_chosen"
    """gpt-oss: a softmax over the scores of the chosen."""
    SOFTMAX_OF_CHOSEN_16_BIT = "softmax_of_chosen_16_bit"
    """Granite: the same over scores in fp32, with routing weights in the width of the residual stream."""
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
    SIGMOID_16_BIT = "sigmoid_16_bit"
    """LFM2: sigmoids in the width of the residual stream, a bias for each expert."""
    SIGMOID_ALONE = "sigmoid_alone"
    """MiniMax-M2: a bias for each expert, no groups, and a router in the width of the residual stream."""
    SOFTMAX_SCALED = "softmax_scaled"
    """Gemma 4: of an input that is normalised and scaled, with a weight for each expert."""
    SOFTMAX_CORRECTED = "softmax_corrected"
    """ERNIE 4.5: the router itself in fp32, a bias for each expert, and routing weights in the width of the residual stream."""
