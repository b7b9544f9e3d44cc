"""Configurations of families of which little but their pieces is special: Phi, GPT-BigCode, ERNIE 4.5, Seed-OSS, StableLM.

Source: the configuration classes of transformers 5.24, whose defaults stand where a file is silent.
"""

from typing import Any

from core.catalogue.config_keys import Config, ConfigError, ConfigProblem, integer


def _refuse(reason: str) -> None:
    raise ConfigError(ConfigProblem.NOT_MODELLED, reason)


def phi(config: Config, fields: dict[str, Any]) -> None:
    if config.get("qk_layernorm"):
        _refuse("qk_layernorm")
    fields.setdefault("rotary_dim", fields["head_dim"] // 2)
    fields |= {"dropout": bool(config.get("resid_pdrop", 0.0)), "embedding_dropout": bool(config.get("embd_pdrop", 0.0))}


def gpt_bigcode(config: Config, fields: dict[str, Any]) -> None:
    if not config.get("multi_query", True):
        _refuse("multi_query")
    fields["num_key_value_heads"] = 1


def ernie4_5(config: Config, _fields: dict[str, Any]) -> None:
    if config.get("use_bias"):
        _refuse("use_bias")


def ernie4_5_moe(config: Config, fields: dict[str, Any]) -> None:
    ernie4_5(config, fields)
    layers, last = fields["num_hidden_layers"], integer(config, "moe_layer_end_index", default=-1)
    if integer(config, "moe_layer_interval", default=1) != 1 or last not in (-1, layers - 1):
        _refuse("moe_layer_interval, moe_layer_end_index")
    width = integer(config, "moe_intermediate_size")
    fields |= {
        "num_experts": integer(config, "moe_num_experts", "num_experts"),
        "num_experts_per_tok": integer(config, "moe_k", "num_experts_per_tok"),
        "moe_intermediate_size": width,
        "shared_expert_intermediate_size": width * integer(config, "moe_num_shared_experts", default=0),
        "first_k_dense_replace": integer(config, "moe_layer_start_index", default=1),
    }


def seed_oss(config: Config, fields: dict[str, Any]) -> None:
    fields["qkv_bias"] = bool(config.get("attention_bias", True))
    if config.get("attention_out_bias") or config.get("mlp_bias"):
        _refuse("attention_out_bias, mlp_bias")


def stablelm(config: Config, fields: dict[str, Any]) -> None:
    if config.get("use_parallel_residual") or config.get("qk_layernorm"):
        _refuse("use_parallel_residual, qk_layernorm")
    fields["qkv_bias"] = bool(config.get("use_qkv_bias"))
    fields.setdefault("rotary_dim", fields["head_dim"] // 4)


def layers_with_experts(config: Config, fields: dict[str, Any]) -> None:
    """Where layers are listed one by one: all after the first few have experts."""
    kinds = config.get("mlp_layer_types")
    if not isinstance(kinds, list) or not kinds:
        return
    dense = next((index for index, kind in enumerate(kinds) if kind == "sparse"), len(kinds))
    if any(kind != "sparse" for kind in kinds[dense:]):
        _refuse("mlp_layer_types")
    fields["first_k_dense_replace"] = dense
