"""Configurations of Gemma 3n and Gemma 4: layers that differ in shape, reuse keys and values, and have an input of their own.

Source: the configuration classes of transformers 5.24, whose defaults stand where a file is silent.
"""

from collections.abc import Mapping
from typing import Any

from core.catalogue.config_keys import Config, ConfigError, ConfigProblem, integer
from core.memory.layer_run import MAX_RUNS, LayerRun

_PERIOD_OF_4 = 6
_FULL, _SLIDING = "full_attention", "sliding_attention"
#: What readers leave for the architecture to be given when it is made: a run of layers for each of them.
RUNS = "layer_runs"


def _kinds(config: Config, layers: int, period: int) -> list[str]:
    """Whether each layer has a window; where nothing is listed, all but every ``period``-th and, of Gemma 4, the last."""
    if layers > MAX_RUNS:
        raise ConfigError(ConfigProblem.BAD_SIZE, "num_hidden_layers")
    kinds = config.get("layer_types")
    if kinds is None:
        kinds = [_FULL if (place + 1) % period == 0 else _SLIDING for place in range(layers)]
        return [*kinds[:-1], _FULL] if period == _PERIOD_OF_4 else kinds
    if not isinstance(kinds, list) or len(kinds) != layers or not set(kinds) <= {_FULL, _SLIDING}:
        raise ConfigError(ConfigProblem.BAD_SIZE, "layer_types")
    return kinds


def _shared(config: Config, kinds: list[str], default: int) -> int:
    """How many of the last layers reuse keys and values; each kind of them has a layer before that made some."""
    shared = integer(config, "num_kv_shared_layers", default=default)
    own = len(kinds) - shared
    if not 0 <= shared < len(kinds) or not set(kinds[own:]) <= set(kinds[:own]):
        raise ConfigError(ConfigProblem.BAD_SIZE, "num_kv_shared_layers")
    return shared


def _listed(config: Config, key: str, layers: int, default: object) -> list[Any]:
    value = config.get(key, default)
    values = value if isinstance(value, list) else [value] * layers
    if len(values) != layers:
        raise ConfigError(ConfigProblem.BAD_SIZE, key)
    return values


def _window(config: Config, fields: dict[str, Any], kinds: list[str], default: int) -> None:
    window, sliding = integer(config, "sliding_window", default=default), kinds.count(_SLIDING)
    if sliding:
        fields |= {"sliding_window": window, "num_sliding_layers": sliding}
    fields["final_logit_softcapping"] = config.get("final_logit_softcapping") is not None


def gemma3n(config: Config, fields: dict[str, Any]) -> None:
    layers = fields["num_hidden_layers"]
    kinds = _kinds(config, layers, 5)
    shared = _shared(config, kinds, 15)
    widths = [integer({"intermediate_size": width}, "intermediate_size") for width in _listed(config, "intermediate_size", layers, 16384)]
    _window(config, fields, kinds, 512)
    fields["final_logit_softcapping"] = config.get("final_logit_softcapping", 30.0) is not None
    fields |= {
        "intermediate_size": max(widths),
        "hidden_size_per_layer_input": integer(config, "hidden_size_per_layer_input", default=256),
        "vocab_size_per_layer_input": integer(config, "vocab_size_per_layer_input", default=262144),
        "altup_num_inputs": integer(config, "altup_num_inputs", default=4),
        "laurel_rank": integer(config, "laurel_rank", default=64),
        RUNS: [
            LayerRun(layers=1, intermediate_size=width, sliding=kind == _SLIDING, kv_shared=place >= layers - shared)
            for place, (kind, width) in enumerate(zip(kinds, widths, strict=True))
        ],
    }


def gemma4(config: Config, fields: dict[str, Any]) -> None:
    layers = fields["num_hidden_layers"]
    kinds = _kinds(config, layers, _PERIOD_OF_4)
    shared = _shared(config, kinds, 0)
    _window(config, fields, kinds, 512)
    whole = _of_full_layers(config, fields, kinds)
    wide = 2 if config.get("use_double_wide_mlp") else 1
    per_layer = integer(config, "hidden_size_per_layer_input", default=256)
    fields |= {
        "hidden_size_per_layer_input": per_layer,
        "vocab_size_per_layer_input": integer(config, "vocab_size_per_layer_input", default=262144) if per_layer else 0,
        "attention_k_eq_v": bool(config.get("attention_k_eq_v")),
        RUNS: [
            LayerRun(
                layers=1,
                sliding=kind == _SLIDING,
                kv_shared=place >= layers - shared,
                intermediate_size=fields["intermediate_size"] * (wide if place >= layers - shared else 1),
                num_key_value_heads=whole[0] if kind == _FULL else None,
                head_dim=whole[1] if kind == _FULL else None,
            )
            for place, kind in enumerate(kinds)
        ],
    }
    if config.get("enable_moe_block"):
        fields |= {
            "num_experts": integer(config, "num_experts"),
            "num_experts_per_tok": integer(config, "top_k_experts"),
            "moe_intermediate_size": integer(config, "moe_intermediate_size"),
            "experts_beside_mlp": True,
        }


def gemma4_unified(config: Config, fields: dict[str, Any]) -> None:
    """Without inputs for its layers, nor experts."""
    gemma4({"sliding_window": 1024, **config, "hidden_size_per_layer_input": 0, "enable_moe_block": False}, fields)


def _of_full_layers(config: Config, fields: Mapping[str, Any], kinds: list[str]) -> tuple[int, int]:
    """Key and value heads of layers without a window, and their width: by keys of their own, or, as transformers saves it, by layers."""
    heads, width = fields["num_key_value_heads"], integer(config, "global_head_dim", default=512)
    if config.get("attention_k_eq_v"):
        heads = integer(config, "num_global_key_value_heads", default=heads)
    saved = config.get("per_layer_config")
    if isinstance(saved, dict) and kinds.count(_FULL):
        place = str(kinds.index(_FULL))
        first = next((layer for key, layer in saved.items() if isinstance(key, str) and (key.lstrip("0") or "0") == place), None)
        if isinstance(first, dict):
            heads, width = integer(first, "num_key_value_heads", default=heads), integer(first, "head_dim", default=width)
    return heads, width
