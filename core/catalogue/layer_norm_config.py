"""Configurations of families with LayerNorm and an MLP without a gate: Falcon, OPT, GPT-J, StarCoder2, GPT-NeoX.

Source: the configuration classes of transformers 5.23, whose defaults stand where a file is silent.
"""

from typing import Any

from core.catalogue.config_keys import Config, ConfigError, ConfigProblem, integer


def _refuse(reason: str) -> None:
    raise ConfigError(ConfigProblem.NOT_MODELLED, reason)


def gpt_neox(config: Config, fields: dict[str, Any]) -> None:
    fields.setdefault("rotary_dim", fields["head_dim"] // 4)
    fields["parallel_residual"] = bool(config.get("use_parallel_residual", True))


def falcon(config: Config, fields: dict[str, Any]) -> None:
    if config.get("alibi") or config.get("bias") or not config.get("parallel_attn", True):
        _refuse("alibi, bias, parallel_attn")
    fields["num_key_value_heads"] = 1
    if config.get("new_decoder_architecture"):
        heads = integer(config, "num_kv_heads", "n_head_kv", default=fields["num_attention_heads"])
        single = integer(config, "num_ln_in_parallel_attn", default=2) == 1
        fields |= {"num_key_value_heads": heads, "broadcast_heads": False, "heads_repeated_early": True}
        fields |= {"single_norm": single, "norms_first": not single}
    elif not config.get("multi_query", True):
        _refuse("multi_query")
    fields["intermediate_size"] = integer(config, "ffn_hidden_size", default=4 * fields["hidden_size"])


def opt(config: Config, fields: dict[str, Any]) -> None:
    if not config.get("do_layer_norm_before", True):
        _refuse("do_layer_norm_before")
    if integer(config, "word_embed_proj_dim", default=fields["hidden_size"]) != fields["hidden_size"]:
        _refuse("word_embed_proj_dim")
    # two positions more than it says
    fields["max_position_embeddings"] = integer(config, "max_position_embeddings", default=2048) + 2
    fields["intermediate_size"] = integer(config, "ffn_dim")
    fields["dropout"] = bool(config.get("dropout", 0.1))


def gptj(config: Config, fields: dict[str, Any]) -> None:
    fields["rotary_dim"] = integer(config, "rotary_dim", default=64)
    fields["max_position_embeddings"] = integer(config, "n_positions", default=2048)


def starcoder2(config: Config, fields: dict[str, Any]) -> None:
    window = config.get("sliding_window")
    if isinstance(window, int) and not isinstance(window, bool) and window > 0:
        fields |= {"sliding_window": window, "num_sliding_layers": fields["num_hidden_layers"]}
    fields["linear_bias"] = bool(config.get("use_bias", True))
    dropped = bool(config.get("residual_dropout", 0.0))
    fields |= {"dropout": dropped, "embedding_dropout": dropped}
