"""Which pieces the layers of a family are made of, by the name of its code in transformers.

Source: the modelling code of transformers 5.23, checked by the tensors it makes (tests/core/memory/test_exact.py). A family that is not
here is not known, whatever its sizes.
"""

from collections.abc import Mapping
from typing import Any

from core.memory.architecture import Activation, Mixer, Norm, Position, Router

PIECES: Mapping[str, Mapping[str, Any]] = {
    "Llama": {},
    "Mistral": {},
    "Qwen2": {"qkv_bias": True},
    "Qwen3": {"qk_norm": True},
    "Qwen3Moe": {"qk_norm": True, "router": Router.SOFTMAX_16_BIT, "experts_adapted": True},
    "Granite": {"embedding_multiplied": True},
    "SmolLM3": {},
    "Phi3": {"fused_qkv": True, "fused_gate_up": True, "rotary_concatenated": True},
    "Mixtral": {"experts_adapted": True},
    "Llama4Text": {"qk_norm_rotated": True, "softmax_in_fp32": False, "router": Router.EVERY_EXPERT},
    "GptOss": {
        "norm": Norm.RMS_FP32,
        "attention_bias": True,
        "attention_sinks": True,
        "softmax_in_fp32": False,
        "router": Router.SOFTMAX_OF_CHOSEN,
        "experts_clamped": True,
    },
    "Olmo2": {"norm": Norm.RMS_FP32, "output_norms": True, "rotary_in_fp32": True, "qk_norm": True, "qk_norm_whole": True},
    "Cohere2": {"norm": Norm.LAYER_FP32, "single_norm": True, "parallel_residual": True},
    "Qwen2Moe": {"qkv_bias": True, "router": Router.SOFTMAX_UNNORMALIZED, "shared_expert_gate": True, "window_mask_unused": True},
    "Phimoe": {"norm": Norm.LAYER, "attention_bias": True, "head_bias": True, "router": Router.SPARSEMIXER},
    "DeepseekV2": {"router": Router.SOFTMAX_FP32, "experts_adapted": True},
    "DeepseekV3": {"router": Router.SIGMOID, "experts_adapted": True},
    "Ministral": {},
    "Glm4": {"post_norms": True, "qkv_bias": True, "fused_gate_up": True, "rotary_concatenated": True, "rotary_interleaved": True},
    "Gemma": {"norm": Norm.RMS_PLUS_ONE},
    "Gemma2": {"norm": Norm.RMS_PLUS_ONE, "post_norms": True},
    "Gemma3Text": {"norm": Norm.RMS_PLUS_ONE, "post_norms": True, "qk_norm": True},
    "GPTNeoX": {
        "norm": Norm.LAYER,
        "parallel_residual": True,
        "linear_bias": True,
        "fused_qkv": True,
        "rotary_concatenated": True,
        "activation": Activation.GELU,
    },
    "Falcon": {
        "norm": Norm.LAYER,
        "single_norm": True,
        "parallel_residual": True,
        "fused_qkv": True,
        "broadcast_heads": True,
        "mask_always": True,
        "scores_held": True,
        "softmax_in_fp32": False,
        "activation": Activation.GELU,
    },
    "Bloom": {
        "norm": Norm.LAYER,
        "position": Position.ALIBI,
        "embedding_norm": True,
        "scores_held": True,
        "linear_bias": True,
        "fused_qkv": True,
        "activation": Activation.GELU_RECOMPUTED,
    },
    "GPT2": {
        "norm": Norm.LAYER,
        "position": Position.LEARNED,
        "linear_bias": True,
        "fused_qkv": True,
        "activation": Activation.GELU_WRITTEN_OUT,
        "dropout": True,
        "softmax_in_fp32": False,
    },
    "Qwen3Next": {
        "norm": Norm.RMS_WEIGHT_FP32,
        "mixer": Mixer.GATED_DELTA_NET,
        "qk_norm": True,
        "attention_gate": True,
        "rotary_concatenated": True,
        "router": Router.SOFTMAX_16_BIT,
        "shared_expert_gate": True,
    },
    "FalconH1": {"mixer": Mixer.MAMBA2, "mixer_multipliers": True},
    "Bamba": {"mixer": Mixer.MAMBA2, "mixer_norm": True, "rotary_concatenated": True},
    "NemotronH": {
        "norm": Norm.RMS_WEIGHT_FP32,
        "mixer": Mixer.MAMBA2,
        "mixer_norm": True,
        "position": Position.NONE,
        "activation": Activation.RELU_SQUARED,
        "logits_in_fp32": True,
    },
    "Jamba": {"mixer": Mixer.MAMBA, "mixer_norm": True, "position": Position.NONE, "router": Router.SOFTMAX_UNNORMALIZED},
    "Mamba": {"mixer": Mixer.MAMBA, "position": Position.NONE, "logits_in_fp32": True},
    "Mamba2": {"mixer": Mixer.MAMBA2, "mixer_norm": True, "position": Position.NONE, "logits_in_fp32": True},
}
