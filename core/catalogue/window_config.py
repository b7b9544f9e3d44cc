"""Configurations of models some of whose layers look back on a window of tokens only."""

from collections.abc import Callable
from typing import Any

from core.catalogue.config_keys import Config, integer


def window(fields: dict[str, Any], window: object, layers: int) -> None:
    if isinstance(window, int) and not isinstance(window, bool) and window > 0 and layers > 0:
        fields |= {"sliding_window": window, "num_sliding_layers": min(layers, fields["num_hidden_layers"])}


def listed(config: Config, kind: str, default: int) -> int:
    """How many layers of a kind ``layer_types`` lists; ``default`` where it lists nothing."""
    kinds = config.get("layer_types")
    return sum(each == kind for each in kinds) if isinstance(kinds, list) else default


def every_layer_slides(config: Config, fields: dict[str, Any]) -> None:
    window(fields, config.get("sliding_window"), listed(config, "sliding_attention", fields["num_hidden_layers"]))


def listed_layers_slide(config: Config, fields: dict[str, Any]) -> None:
    window(fields, config.get("sliding_window"), listed(config, "sliding_attention", 0))


def all_but_every(period: int) -> Callable[[Config, dict[str, Any]], None]:
    """All layers slide but each ``period``-th."""

    def read(config: Config, fields: dict[str, Any]) -> None:
        layers = fields["num_hidden_layers"]
        each = integer(config, "sliding_window_pattern", default=period)
        window(fields, config.get("sliding_window"), listed(config, "sliding_attention", layers - layers // max(1, each)))

    return read


def qwen(config: Config, fields: dict[str, Any]) -> None:
    if config.get("use_sliding_window"):
        later = fields["num_hidden_layers"] - integer(config, "max_window_layers", default=28)
        window(fields, config.get("sliding_window"), listed(config, "sliding_attention", later))


def gemma2(config: Config, fields: dict[str, Any]) -> None:
    fields |= {
        "attn_logit_softcapping": config.get("attn_logit_softcapping", 50.0) is not None,
        "final_logit_softcapping": config.get("final_logit_softcapping", 30.0) is not None,
    }
    layers = fields["num_hidden_layers"]
    window(fields, config.get("sliding_window", 4096), listed(config, "sliding_attention", (layers + 1) // 2))
