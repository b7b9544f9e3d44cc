"""What only the configurations of models have whose layers differ in shape, or share keys and values with each other.

Source: the code that the makers publish beside the weights (configuration_openelm.py, configuration_decilm.py and block_config.py,
configuration_hunyuan.py). Lists have something for each layer, and so no more than a model has layers.
"""

from collections.abc import Callable, Mapping
from typing import Any

from core.catalogue.config_keys import Config, ConfigError, ConfigProblem, integer
from core.memory.architecture import Router
from core.memory.edge import validated
from core.memory.layer_run import MAX_RUNS, Block, LayerRun


def openelm_named(config: Config) -> dict[str, Any]:
    """OpenELM's configuration in the words of other families."""
    heads, groups = _whole(config, "num_query_heads"), _whole(config, "num_kv_heads")
    return {
        **config,
        "hidden_size": integer(config, "model_dim"),
        "num_hidden_layers": integer(config, "num_transformer_layers"),
        "num_attention_heads": heads[0],
        "num_key_value_heads": groups[0],
        "max_position_embeddings": integer(config, "max_context_length", default=2048),
        "tie_word_embeddings": bool(config.get("tie_word_embeddings", config.get("share_input_output_layers", True))),
    }


def _openelm(config: Config, fields: dict[str, Any]) -> None:
    if config.get("ffn_with_glu", True) is not True or config.get("activation_fn_name", "swish") not in ("swish", "silu"):
        raise ConfigError(ConfigProblem.NOT_MODELLED, "ffn_with_glu, activation_fn_name")
    layers, divisor = fields["num_hidden_layers"], integer(config, "ffn_dim_divisor", default=256)
    times = config.get("ffn_multipliers")
    times = _of_layers(times, "ffn_multipliers", layers) if isinstance(times, list) else [times] * min(layers, MAX_RUNS)
    widths = [_divisible(_number(each, "ffn_multipliers") * fields["hidden_size"], divisor) for each in times]
    heads, groups = (_of_layers(_whole(config, key), key, layers) for key in ("num_query_heads", "num_kv_heads"))
    fields["qk_norm"] = config.get("normalize_qk_projections", True) is True
    fields["layer_runs"] = [
        validated(LayerRun, layers=1, num_attention_heads=each, num_key_value_heads=group, intermediate_size=width)
        for each, group, width in zip(heads, groups, widths, strict=True)
    ]


def _divisible(value: float, divisor: int) -> int:
    """``value`` as the nearest multiple of ``divisor``, but not a tenth below it (``make_divisible``)."""
    if divisor < 1:
        raise ConfigError(ConfigProblem.BAD_SIZE, "ffn_dim_divisor")
    nearest = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * value else nearest


def _deci(config: Config, fields: dict[str, Any]) -> None:
    """DeciLM: key and value heads by layer."""
    groups = _of_layers(_whole(config, "num_key_value_heads_per_layer"), "num_key_value_heads_per_layer", fields["num_hidden_layers"])
    fields["layer_runs"] = [validated(LayerRun, layers=1, num_key_value_heads=group) for group in groups]


def _nemotron_nas(config: Config, fields: dict[str, Any]) -> None:
    if config.get("block_configs") is None and config.get("num_key_value_heads_per_layer") is not None:
        return _deci(config, fields)
    blocks = _of_layers(config.get("block_configs"), "block_configs", fields["num_hidden_layers"])
    fields["layer_runs"] = [_nas_layer(block, fields) for block in blocks]
    return None


def _nas_layer(block: object, fields: Mapping[str, Any]) -> LayerRun:
    """One entry of ``block_configs``."""
    attention, ffn = (_part(block, name) for name in ("attention", "ffn"))
    _nothing_of(attention, "window_length", "num_sink_tokens", "mamba", "llama4")
    _nothing_of(ffn, "moe")
    sizes: dict[str, int] = {}
    kind, mlp = _block(attention), _block(ffn)
    if kind is Block.WHOLE:
        heads, group = fields["num_attention_heads"], integer(attention, "n_heads_in_group")
        if group < 1 or heads % group:
            raise ConfigError(ConfigProblem.BAD_SIZE, f"n_heads_in_group {group}")
        sizes["num_key_value_heads"] = heads // group
    if mlp is Block.WHOLE:
        times, hidden = ffn.get("ffn_mult"), fields["hidden_size"]
        wide = integer(ffn, "intermediate_size", default=0)
        # Two thirds of that many hidden sizes, in whole multiples of 256.
        sizes["intermediate_size"] = wide or -(-int(2 * _number(times, "ffn_mult") * hidden / 3) // 256) * 256
    return validated(LayerRun, layers=1, attention=kind, mlp=mlp, **sizes)


def _part(block: object, name: str) -> Mapping[str, Any]:
    part = block.get(name) if isinstance(block, dict) else None
    if not isinstance(part, dict):
        raise ConfigError(ConfigProblem.BAD_SIZE, f"block_configs: {name}")
    return part


def _block(part: Mapping[str, Any]) -> Block:
    return Block.NONE if part.get("no_op") else Block.LINEAR if part.get("replace_with_linear") else Block.WHOLE


def _nothing_of(part: Mapping[str, Any], *keys: str) -> None:
    found = [key for key in keys if part.get(key) is not None]
    if found:
        raise ConfigError(ConfigProblem.NOT_MODELLED, f"block_configs: {', '.join(found)}")


def _hunyuan(config: Config, fields: dict[str, Any]) -> None:
    """Hunyuan-Large and what came after it: every so many layers share the keys and values of the first of them (``use_cla``)."""
    fields["head_dim"] = integer(config, "attention_head_dim", "head_dim", default=fields["head_dim"])
    fields["qk_norm"] = config.get("use_qk_norm", True) is True
    if config.get("use_mla"):
        raise ConfigError(ConfigProblem.NOT_MODELLED, "use_mla")
    if config.get("mlp_bias"):
        raise ConfigError(ConfigProblem.NOT_MODELLED, "mlp_bias")
    layers = fields["num_hidden_layers"]
    experts = _alike(config, "num_experts", 1)
    if experts > 1:
        width = _alike(config, "moe_intermediate_size", fields["intermediate_size"])
        shared = _alike(config, "num_shared_expert", 1) if config.get("use_mixed_mlp_moe", config.get("model_type") != "hunyuan") else 0
        fields |= {
            "num_experts": experts,
            "num_experts_per_tok": _alike(config, "moe_topk", integer(config, "num_experts_per_tok", default=1)),
            "moe_intermediate_size": width,
            "shared_expert_intermediate_size": shared * fields["intermediate_size"],
            "first_k_dense_replace": integer(config, "moe_layer_num_skipped", default=0),
            "router": Router.SOFTMAX_16_BIT,
            "shared_expert_first": shared > 0,
        }
    if config.get("use_cla"):
        factor = integer(config, "cla_share_factor", default=1)
        if factor < 1 or layers > MAX_RUNS:
            raise ConfigError(ConfigProblem.BAD_SIZE, "cla_share_factor")
        fields["layer_runs"] = [LayerRun(layers=1, kv_shared=layer % factor > 0) for layer in range(max(1, layers))]


def _alike(config: Config, key: str, default: int) -> int:
    """A number, or a list of it for every layer."""
    value = config.get(key)
    if isinstance(value, list) and value and all(each == value[0] for each in value):
        value = value[0]
    return integer({key: value}, key, default=default)


def _whole(config: Config, key: str) -> list[int]:
    values = config.get(key)
    if not isinstance(values, list) or not 0 < len(values) <= MAX_RUNS or any(type(value) is not int for value in values):
        raise ConfigError(ConfigProblem.BAD_SIZE, key)
    return values


def _of_layers(values: object, key: str, layers: int) -> list[Any]:
    """``values``, a list with one for each layer."""
    if not isinstance(values, list) or len(values) != layers or not 0 < layers <= MAX_RUNS:
        raise ConfigError(ConfigProblem.BAD_SIZE, key)
    return values


def _number(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10**4:
        raise ConfigError(ConfigProblem.BAD_SIZE, key)
    return float(value)


#: Code of a family: what only its configuration has.
READERS: dict[str, Callable[[Config, dict[str, Any]], None]] = {
    "OpenELM": _openelm,
    "DeciLM": _nemotron_nas,
    "HunYuan": _hunyuan,
}
