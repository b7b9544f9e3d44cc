"""Configurations of models with mixers that keep a state: which layers have one, and its sizes.

Source: the configuration classes of transformers 5.23, whose defaults stand where a file is silent.
"""

from collections.abc import Callable, Sequence
from typing import Any

from core.catalogue.config_keys import Config, ConfigError, ConfigProblem, integer
from core.memory.architecture import Mixer, Position, Router

#: Code of families that have no attention at all.
WITHOUT_ATTENTION = frozenset({"Mamba", "Mamba2", "FalconMamba"})
#: Names of layers with attention; all others have a mixer.
_ATTENTION = frozenset({"full_attention", "attention"})


def _plain(config: Config, *keys: str) -> None:
    """Refuses what is asked for and not modelled."""
    for key in keys:
        if config.get(key):
            raise ConfigError(ConfigProblem.NOT_MODELLED, key)


def _needed(config: Config, key: str) -> None:
    if not config.get(key, True):
        raise ConfigError(ConfigProblem.NOT_MODELLED, key)


def _listed(config: Config, layers: int) -> list[str] | None:
    """Kinds of layers by name, where the file lists them."""
    for key in ("layer_types", "layers_block_type"):
        kinds = config.get(key)
        if isinstance(kinds, list) and len(kinds) == layers and all(isinstance(kind, str) for kind in kinds):
            return kinds
    return None


def _patterned(fields: dict[str, Any], attends: Sequence[bool]) -> None:
    """Layers of attention and others of a mixer; there may be none of those."""
    attention = sum(attends)
    if attention == len(attends):
        fields |= {"mixer": Mixer.NONE, "mixer_norm": False}
    fields |= {"num_mixer_layers": len(attends) - attention, "num_layers_without_attention": len(attends) - attention}
    fields["num_mixers_after_attention"] = [*reversed(attends), True].index(True)
    fields["num_layers_before_attention"] = attends.index(True) if attention else 0


def _periodic(layers: int, period: int, offset: int) -> list[bool]:
    if period < 1:
        raise ConfigError(ConfigProblem.BAD_SIZE, "attn_layer_period")
    return [layer % period == offset for layer in range(min(layers, 10**5))]


def _attends(kinds: Sequence[str]) -> list[bool]:
    return [kind in _ATTENTION for kind in kinds]


def _mamba2_sizes(config: Config, fields: dict[str, Any], inner: int) -> None:
    """Under the names that hybrids have for them."""
    heads = integer(config, "mamba_n_heads", default=128)
    width = config.get("mamba_d_head", "auto")
    fields |= {
        "mamba_num_heads": heads,
        "mamba_head_dim": inner // max(1, heads) if width in ("auto", None) else integer(config, "mamba_d_head"),
        "ssm_state_size": integer(config, "mamba_d_state", default=256),
        "n_groups": integer(config, "mamba_n_groups", default=1),
        "conv_kernel": integer(config, "mamba_d_conv", default=4),
        "chunk_size": integer(config, "mamba_chunk_size", default=256),
    }
    _needed(config, "mamba_conv_bias")
    _plain(config, "mamba_proj_bias", "attention_bias", "mlp_bias", "projectors_bias")


def _delta_net(config: Config, fields: dict[str, Any]) -> None:
    layers = fields["num_hidden_layers"]
    kinds = _listed(config, layers)
    period = integer(config, "full_attention_interval", default=4)
    _patterned(fields, _attends(kinds) if kinds else _periodic(layers, period, period - 1))
    fields.setdefault("rotary_dim", fields["head_dim"] // 4)
    fields |= {
        "conv_kernel": integer(config, "linear_conv_kernel_dim", default=4),
        "linear_num_key_heads": integer(config, "linear_num_key_heads", default=16),
        "linear_num_value_heads": integer(config, "linear_num_value_heads", default=32),
        "linear_key_head_dim": integer(config, "linear_key_head_dim", default=128),
        "linear_value_head_dim": integer(config, "linear_value_head_dim", default=128),
    }
    _plain(config, "attention_bias")
    fields["state_in_fp32"] = config.get("mamba_ssm_dtype") == "float32"


def _qwen3_next(config: Config, fields: dict[str, Any]) -> None:
    _delta_net(config, fields)
    _plain(config, "mlp_only_layers")
    if config.get("decoder_sparse_step", 1) != 1:
        raise ConfigError(ConfigProblem.NOT_MODELLED, "decoder_sparse_step")
    _delta_experts(config, fields, {"experts": 512, "each": 10})


def _qwen3_5_moe(config: Config, fields: dict[str, Any]) -> None:
    _delta_net(config, fields)
    _delta_experts(config, fields, {"experts": 256, "each": 8})


def _delta_experts(config: Config, fields: dict[str, Any], silent: dict[str, int]) -> None:
    experts = integer(config, "num_experts", default=silent["experts"])
    if experts:
        fields |= {
            "num_experts": experts,
            "num_experts_per_tok": integer(config, "num_experts_per_tok", default=silent["each"]),
            "moe_intermediate_size": integer(config, "moe_intermediate_size", default=512),
            "shared_expert_intermediate_size": integer(config, "shared_expert_intermediate_size", default=512),
        }


def _olmo_hybrid(config: Config, fields: dict[str, Any]) -> None:
    layers, heads = fields["num_hidden_layers"], fields["num_attention_heads"]
    kinds = _listed(config, layers)
    attends = _attends(kinds) if kinds else _periodic(layers, 4, 3)
    if not any(attends):
        attends[-1:] = [True]
    _patterned(fields, attends)
    keys = integer(config, "linear_num_key_heads", default=heads)
    width = integer(config, "linear_key_head_dim", default=3 * fields["hidden_size"] // (4 * max(1, keys)))
    fields |= {
        "conv_kernel": integer(config, "linear_conv_kernel_dim", default=4),
        "linear_num_key_heads": keys,
        "linear_num_value_heads": integer(config, "linear_num_value_heads", default=heads),
        "linear_key_head_dim": width,
        "linear_value_head_dim": integer(config, "linear_value_head_dim", default=2 * width),
    }
    rope = config.get("rope_parameters")
    if (rope.get("rope_theta") if isinstance(rope, dict) else config.get("rope_theta")) is not None:
        fields["position"] = Position.ROTARY
    _plain(config, "attention_bias")


def _kimi_linear(config: Config, fields: dict[str, Any]) -> None:
    """Its own file has the sizes of mixers in a part of its own, and counts layers from one."""
    layers, inner = fields["num_hidden_layers"], config.get("linear_attn_config")
    linear: Config = inner if isinstance(inner, dict) else {}
    kinds, listed = _listed(config, layers), linear.get("full_attn_layers")
    if kinds is None and isinstance(listed, list):
        attends = [layer + 1 in listed for layer in range(min(layers, 10**5))]
    else:
        attends = _attends(kinds) if kinds else [0 < layer == layer // 4 * 4 for layer in range(min(layers, 10**5))]
    _patterned(fields, attends)
    heads = integer(linear, "num_heads", default=integer(config, "linear_num_heads", default=32))
    width = integer(linear, "head_dim", default=integer(config, "linear_head_dim", default=128))
    kernel = integer(linear, "short_conv_kernel_size", default=integer(config, "linear_conv_kernel_dim", default=4))
    fields |= dict.fromkeys(("linear_num_key_heads", "linear_num_value_heads"), heads)
    fields |= dict.fromkeys(("linear_key_head_dim", "linear_value_head_dim"), width) | {"conv_kernel": kernel}
    fields |= {
        "kv_lora_rank": integer(config, "kv_lora_rank", default=512),
        "q_lora_rank": integer(config, "q_lora_rank", default=0),
        "qk_nope_head_dim": integer(config, "qk_nope_head_dim", default=128),
        "qk_rope_head_dim": integer(config, "qk_rope_head_dim", default=64),
        "v_head_dim": integer(config, "v_head_dim", default=128),
    }
    fields["head_dim"] = fields["qk_nope_head_dim"] + fields["qk_rope_head_dim"]
    width = integer(config, "moe_intermediate_size", default=1024)
    fields |= {
        "num_experts": integer(config, "num_experts", "num_local_experts", default=256),
        "num_experts_per_tok": integer(config, "num_experts_per_token", "num_experts_per_tok", default=8),
        "moe_intermediate_size": width,
        "shared_expert_intermediate_size": width * integer(config, "num_shared_experts", "n_shared_experts", default=1),
        "first_k_dense_replace": _dense_before(config, layers),
        "max_position_embeddings": integer(config, "model_max_length", "max_position_embeddings", default=1048576),
    }
    if config.get("moe_layer_freq", 1) != 1:
        raise ConfigError(ConfigProblem.NOT_MODELLED, "moe_layer_freq")
    _plain(config, "attention_bias", "mla_use_qk_norm")
    _needed(config, "mla_use_nope")


def _dense_before(config: Config, layers: int) -> int:
    """First layers with a plain MLP; there are none later."""
    kinds = config.get("mlp_layer_types")
    if not (isinstance(kinds, list) and len(kinds) == layers):
        return integer(config, "first_k_dense_replace", default=1)
    plain = [*(kind == "dense" for kind in kinds), False].index(False)
    if "dense" in kinds[plain:]:
        raise ConfigError(ConfigProblem.NOT_MODELLED, "mlp_layer_types")
    return plain


def _falcon_h1(config: Config, fields: dict[str, Any]) -> None:
    inner = config.get("mamba_d_ssm") or integer(config, "mamba_expand", default=2) * fields["hidden_size"]
    fields |= {"num_mixer_layers": fields["num_hidden_layers"], "mixer_norm": bool(config.get("mamba_rms_norm"))}
    _mamba2_sizes(config, fields, inner)


def _bamba(config: Config, fields: dict[str, Any]) -> None:
    layers = fields["num_hidden_layers"]
    kinds, indices = _listed(config, layers), config.get("attn_layer_indices")
    listed = set(indices) if isinstance(indices, list) and all(isinstance(index, int) for index in indices) else set()
    _patterned(fields, _attends(kinds) if kinds else [layer in listed for layer in range(min(layers, 10**5))])
    fields["rotary_dim"] = fields["head_dim"] // 2
    _mamba2_sizes(config, fields, integer(config, "mamba_expand", default=2) * fields["hidden_size"])


def _granite(config: Config, fields: dict[str, Any]) -> None:
    layers, shared = fields["num_hidden_layers"], integer(config, "shared_intermediate_size", default=1024)
    kinds = _listed(config, layers)
    _patterned(fields, _attends(kinds) if kinds else [False] * min(layers, 10**5))
    if config.get("position_embedding_type") == "rope":
        fields["position"] = Position.ROTARY
    _mamba2_sizes(config, fields, integer(config, "mamba_expand", default=2) * fields["hidden_size"])
    experts = integer(config, "num_local_experts", default=8)
    if experts:
        fields |= {
            "num_experts": experts,
            "num_experts_per_tok": integer(config, "num_experts_per_tok", default=2),
            "moe_intermediate_size": fields["intermediate_size"],
            "shared_expert_intermediate_size": shared,
        }
    fields["intermediate_size"] = shared


def _short_convolutions(config: Config, fields: dict[str, Any]) -> None:
    layers = fields["num_hidden_layers"]
    kinds, indices = _listed(config, layers), config.get("full_attn_idxs")
    listed = set(indices) if isinstance(indices, list) and all(isinstance(index, int) for index in indices) else set(range(layers))
    _patterned(fields, _attends(kinds) if kinds else [layer in listed for layer in range(min(layers, 10**5))])
    fields["conv_kernel"] = integer(config, "conv_L_cache", default=3)
    _plain(config, "conv_bias")
    if config.get("tie_embedding") is False:
        fields["tie_word_embeddings"] = False


def _lfm2_moe(config: Config, fields: dict[str, Any]) -> None:
    _short_convolutions(config, fields)
    _needed(config, "use_expert_bias")
    _needed(config, "norm_topk_prob")
    fields |= {
        "num_experts": integer(config, "num_experts", default=32),
        "num_experts_per_tok": integer(config, "num_experts_per_tok", default=4),
        "moe_intermediate_size": integer(config, "moe_intermediate_size", default=1792),
        "first_k_dense_replace": integer(config, "num_dense_layers", default=2),
    }


def _lfm2(config: Config, fields: dict[str, Any]) -> None:
    _short_convolutions(config, fields)
    width = integer(config, "block_ff_dim", "intermediate_size", default=12288)
    if config.get("block_auto_adjust_ff_dim", True):
        times, multiple = config.get("block_ffn_dim_multiplier", 1.0), integer(config, "block_multiple_of", default=256)
        width = 2 * width // 3
        if isinstance(times, int | float) and multiple > 0:
            width = -(-int(times * width) // multiple) * multiple
    fields["intermediate_size"] = width


def _jamba(config: Config, fields: dict[str, Any]) -> None:
    layers, hidden = fields["num_hidden_layers"], fields["hidden_size"]
    period, offset = integer(config, "attn_layer_period", default=8), integer(config, "attn_layer_offset", default=4)
    kinds = _listed(config, layers)
    _patterned(fields, _attends(kinds) if kinds else _periodic(layers, period, offset))
    fields |= _mamba_sizes(config, hidden, "mamba_expand", "mamba_d_state", "mamba_d_conv", "mamba_dt_rank")
    _needed(config, "mamba_conv_bias")
    _plain(config, "mamba_proj_bias")
    experts = integer(config, "num_experts", default=16)
    if experts > 1:
        fields |= {
            "num_experts": experts,
            "num_experts_per_tok": integer(config, "num_experts_per_tok", default=2),
            "moe_intermediate_size": fields["intermediate_size"],
            "expert_layer_period": integer(config, "expert_layer_period", default=2),
        }
        if integer(config, "expert_layer_offset", default=1) != fields["expert_layer_period"] - 1:
            raise ConfigError(ConfigProblem.NOT_MODELLED, "expert_layer_offset")


def _mamba_sizes(config: Config, hidden: int, expand: str, state: str, conv: str, rank: str) -> dict[str, Any]:
    stated = config.get(rank, "auto")
    return {
        "mamba_num_heads": integer(config, expand, default=2) * hidden,
        "ssm_state_size": integer(config, state, default=16),
        "conv_kernel": integer(config, conv, default=4),
        "time_step_rank": -(-hidden // 16) if stated == "auto" else integer(config, rank),
    }


def _no_attention(fields: dict[str, Any]) -> None:
    """Nothing but mixers: one norm a layer, and as good as one head."""
    layers = fields["num_hidden_layers"]
    fields |= {"num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": 1}
    fields |= {"num_mixer_layers": layers, "num_layers_without_attention": layers, "num_layers_without_mlp": layers}
    fields["num_mixers_after_attention"] = layers


def _mamba(config: Config, fields: dict[str, Any]) -> None:
    _no_attention(fields)
    fields |= _mamba_sizes(config, fields["hidden_size"], "expand", "state_size", "conv_kernel", "time_step_rank")
    fields["residual_in_fp32"] = bool(config.get("residual_in_fp32", True))
    fields["mamba_num_heads"] = integer(config, "intermediate_size", default=0) or fields["mamba_num_heads"]
    fields["intermediate_size"] = fields["mamba_num_heads"]
    _needed(config, "use_conv_bias")
    _plain(config, "use_bias")


def _mamba2(config: Config, fields: dict[str, Any]) -> None:
    _no_attention(fields)
    fields |= {
        "mamba_num_heads": integer(config, "num_heads", default=128),
        "mamba_head_dim": integer(config, "head_dim", default=64),
        "ssm_state_size": integer(config, "state_size", default=128),
        "n_groups": integer(config, "n_groups", default=8),
        "conv_kernel": integer(config, "conv_kernel", default=4),
        "chunk_size": integer(config, "chunk_size", default=256),
        "residual_in_fp32": bool(config.get("residual_in_fp32", True)),
    }
    fields["intermediate_size"] = fields["mamba_num_heads"] * fields["mamba_head_dim"]
    _needed(config, "use_conv_bias")
    _plain(config, "use_bias")


_NEMOTRON_BLOCKS = {"M": "linear_attention", "*": "full_attention", "-": "mlp", "E": "moe"}


def _nemotron_h(config: Config, fields: dict[str, Any]) -> None:
    pattern, kinds = config.get("hybrid_override_pattern"), _listed(config, fields["num_hidden_layers"])
    if isinstance(pattern, str) and set(pattern) <= _NEMOTRON_BLOCKS.keys() and 0 < len(pattern) <= 10**5:
        kinds = [_NEMOTRON_BLOCKS[block] for block in pattern]
    if kinds is None:
        raise ConfigError(ConfigProblem.BAD_SIZE, "hybrid_override_pattern")
    kinds = [{"mamba": "linear_attention", "attention": "full_attention"}.get(kind, kind) for kind in kinds]
    layers, attention, mixers = len(kinds), kinds.count("full_attention"), kinds.count("linear_attention")
    after = kinds[len(kinds) - kinds[::-1].index("full_attention") :] if attention else kinds
    fields |= {
        "num_hidden_layers": layers,
        "num_mixer_layers": mixers,
        "num_layers_without_attention": layers - attention,
        "num_layers_without_mlp": attention + mixers,
        "num_mixers_after_attention": after.count("linear_attention"),
        "num_layers_before_attention": kinds.index("full_attention") if attention else 0,
        "mamba_num_heads": integer(config, "mamba_num_heads", default=128),
        "mamba_head_dim": integer(config, "mamba_head_dim", default=64),
        "ssm_state_size": integer(config, "ssm_state_size", default=128),
        "n_groups": integer(config, "n_groups", "mamba_n_groups", default=8),
        "conv_kernel": integer(config, "conv_kernel", "mamba_d_conv", default=4),
        "chunk_size": integer(config, "chunk_size", "mamba_chunk_size", default=128),
        "residual_in_fp32": bool(config.get("residual_in_fp32")),
        "state_in_fp32": config.get("mamba_ssm_cache_dtype", "float32") == "float32",
    }
    if "moe" in kinds:
        _nemotron_experts(config, fields, kinds)
    _needed(config, "use_conv_bias")
    _plain(config, "use_bias", "mamba_proj_bias", "attention_bias", "mlp_bias")


def _nemotron_experts(config: Config, fields: dict[str, Any], kinds: Sequence[str]) -> None:
    """Blocks of experts; beside them there are plain MLPs only before the first of those."""
    plain = kinds.count("mlp")
    if plain and "mlp" in kinds[kinds.index("moe") :]:
        raise ConfigError(ConfigProblem.NOT_MODELLED, "mlp, moe")
    fields |= {
        "num_experts": integer(config, "n_routed_experts", default=8),
        "num_experts_per_tok": integer(config, "num_experts_per_tok", default=2),
        "moe_intermediate_size": integer(config, "moe_intermediate_size", default=7688),
        "shared_expert_intermediate_size": integer(config, "moe_shared_expert_intermediate_size", default=7688),
        "moe_latent_size": integer(config, "moe_latent_size", default=0),
        "first_k_dense_replace": plain,
        "experts_ungated": True,
        "router_in_fp32": True,
        "router": Router.SIGMOID,
    }
    _needed(config, "norm_topk_prob")


#: Code of a family: what only its configuration has.
READERS: dict[str, Callable[[Config, dict[str, Any]], None]] = {
    "Qwen3Next": _qwen3_next,
    "Qwen3_5": _delta_net,
    "Qwen3_5Moe": _qwen3_5_moe,
    "OlmoHybrid": _olmo_hybrid,
    "KimiLinear": _kimi_linear,
    "GraniteMoeHybrid": _granite,
    "Lfm2": _lfm2,
    "Lfm2Moe": _lfm2_moe,
    "FalconH1": _falcon_h1,
    "Bamba": _bamba,
    "Jamba": _jamba,
    "Mamba": _mamba,
    "Mamba2": _mamba2,
    "NemotronH": _nemotron_h,
}
