"""Configurations of models with experts, and of those with latent attention.

Source: the configuration classes of transformers 5.23, whose defaults stand where a file is silent.
"""

from typing import Any

from core.catalogue.config_keys import Config, ConfigError, ConfigProblem, integer
from core.catalogue.further_config import layers_with_experts
from core.catalogue.window_config import every_layer_slides, listed, window
from core.memory.architecture import Router


def experts(config: Config, fields: dict[str, Any], width: int) -> None:
    fields |= {
        "num_experts": some(config, "num_experts", "num_local_experts", "n_routed_experts"),
        "num_experts_per_tok": integer(config, "num_experts_per_tok"),
        "moe_intermediate_size": width,
    }


def some(config: Config, *keys: str) -> int:
    """A size without which the family is another."""
    size = integer(config, *keys)
    if size < 1:
        raise ConfigError(ConfigProblem.BAD_SIZE, keys[0])
    return size


def qwen_experts(config: Config, fields: dict[str, Any]) -> None:
    if config.get("mlp_only_layers") or config.get("decoder_sparse_step", 1) != 1:
        raise ConfigError(ConfigProblem.NOT_MODELLED, "decoder_sparse_step, mlp_only_layers")
    experts(config, fields, integer(config, "moe_intermediate_size"))
    shared = integer(config, "shared_expert_intermediate_size", default=0)
    if fields.get("shared_expert_gate"):
        fields["shared_expert_intermediate_size"] = shared
        fields["qkv_bias"] = bool(config.get("qkv_bias", True))
    fields["router"] = Router.SOFTMAX_16_BIT if config.get("norm_topk_prob") else Router.SOFTMAX_UNNORMALIZED


def mixtral(config: Config, fields: dict[str, Any]) -> None:
    experts(config, fields, fields["intermediate_size"])
    every_layer_slides(config, fields)


def phimoe(config: Config, fields: dict[str, Any]) -> None:
    fields |= {key: bool(config.get(name)) for key, name in (("attention_bias", "attention_bias"), ("head_bias", "lm_head_bias"))}
    experts(config, fields, fields["intermediate_size"])


def gpt_oss(config: Config, fields: dict[str, Any]) -> None:
    fields["attention_bias"] = bool(config.get("attention_bias", True))
    experts(config, fields, fields["intermediate_size"])
    window(fields, config.get("sliding_window"), listed(config, "sliding_attention", (fields["num_hidden_layers"] + 1) // 2))


def latent(config: Config, fields: dict[str, Any]) -> None:
    fields |= {
        "kv_lora_rank": some(config, "kv_lora_rank"),
        "q_lora_rank": integer(config, "q_lora_rank", default=0),
        "qk_nope_head_dim": integer(config, "qk_nope_head_dim"),
        "qk_rope_head_dim": integer(config, "qk_rope_head_dim"),
        "v_head_dim": integer(config, "v_head_dim", default=fields["head_dim"]),
    }
    fields["head_dim"] = fields["qk_nope_head_dim"] + fields["qk_rope_head_dim"]


def deepseek_experts(config: Config, fields: dict[str, Any]) -> None:
    if config.get("moe_layer_freq", 1) != 1:
        raise ConfigError(ConfigProblem.NOT_MODELLED, "moe_layer_freq")
    width = integer(config, "moe_intermediate_size")
    experts(config, fields, width)
    fields |= {
        "shared_expert_intermediate_size": width * integer(config, "n_shared_experts", default=0),
        "first_k_dense_replace": integer(config, "first_k_dense_replace", default=0),
    }


def deepseek(config: Config, fields: dict[str, Any]) -> None:
    deepseek_experts(config, fields)
    latent(config, fields)


def glm4_moe(config: Config, fields: dict[str, Any]) -> None:
    deepseek_experts(config, fields)
    fields |= {"qk_norm": bool(config.get("use_qk_norm")), "qkv_bias": bool(config.get("attention_bias"))}
    fields.setdefault("rotary_dim", fields["head_dim"] // 2)


def olmoe(config: Config, fields: dict[str, Any]) -> None:
    experts(config, fields, fields["intermediate_size"])
    if config.get("norm_topk_prob"):
        fields["router"] = Router.SOFTMAX_16_BIT


def llama4(config: Config, fields: dict[str, Any]) -> None:
    experts(config, fields, fields["intermediate_size"])
    layers = fields["num_hidden_layers"]
    step = integer(config, "interleave_moe_layer_step", default=1)
    if step > 1:
        fields |= {"expert_layer_period": step, "intermediate_size": integer(config, "intermediate_size_mlp", default=16384)}
    rotating = config.get("no_rope_layers")
    unrotated = sum(not rotates for rotates in rotating) if isinstance(rotating, list) and rotating else layers // 4
    fields |= {"shared_expert_intermediate_size": fields["moe_intermediate_size"], "num_unrotated_layers": min(layers, unrotated)}
    window(fields, config.get("attention_chunk_size", 8192), layers - unrotated)


def minimax_m2(config: Config, fields: dict[str, Any]) -> None:
    experts(config, fields, fields["intermediate_size"])
    rotated = integer(config, "rotary_dim", default=0)
    if rotated:
        fields["rotary_dim"] = rotated


def glm4_moe_lite(config: Config, fields: dict[str, Any]) -> None:
    deepseek(config, fields)
    fields["first_k_dense_replace"] = integer(config, "first_k_dense_replace", default=1)
    layers_with_experts(config, fields)


def glm4v_moe_text(config: Config, fields: dict[str, Any]) -> None:
    glm4_moe({"attention_bias": True, **config}, fields)
