"""Models whose layers differ in shape, as the header of a GGUF file states them: by lists with a number for each layer.

Source: llama.cpp's converters for OpenELM and DeciLM, and what its ``llm_build_deci`` makes of zeros: a layer without heads has no
attention, one without key and value heads a single matrix in its place, one without a width no MLP.
"""

from collections.abc import Mapping
from typing import Any

#: A number for each of so many layers at most.
_MOST = 1024


def varied_config(kind: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """What ``config.json`` would say of the layers of ``kind``; nothing for other kinds, or where lists are not as they should be, which is
    complained of where the configuration is read.
    """
    if kind not in ("openelm", "deci"):
        return {}
    layers = keys.get(f"{kind}.block_count")
    if type(layers) is not int or not 0 < layers <= _MOST:
        return {}

    def by_layer(name: str) -> list[int]:
        value = keys.get(f"{kind}.{name}")
        values = [value] * layers if type(value) is int else value
        return values if isinstance(values, list) and all(type(each) is int and 0 <= each <= 10**8 for each in values) else []

    heads, groups, widths = (by_layer(name) for name in ("attention.head_count", "attention.head_count_kv", "feed_forward_length"))
    if not len(heads) == len(groups) == len(widths) == layers:
        return {}
    hidden = keys.get(f"{kind}.embedding_length")
    if kind == "openelm":
        if type(hidden) is not int or hidden < 1:
            return {}
        times = [width / hidden for width in widths]
        return {
            "model_dim": hidden,
            "num_transformer_layers": layers,
            "num_query_heads": heads,
            "num_kv_heads": groups,
            "ffn_multipliers": times,
            "ffn_dim_divisor": 1,
            "max_context_length": keys.get(f"{kind}.context_length", 2048),
        }
    blocks = [_block(*sizes) for sizes in zip(heads, groups, widths, strict=True)]
    return {"model_type": "nemotron-nas", "num_attention_heads": max(1, *heads), "intermediate_size": None, "block_configs": blocks}


def _block(heads: int, groups: int, width: int) -> dict[str, Any]:
    if not heads:
        attention: dict[str, Any] = {"no_op": True}
    else:
        attention = {"n_heads_in_group": heads // groups} if groups else {"replace_with_linear": True}
    return {"attention": attention, "ffn": {"intermediate_size": width} if width else {"no_op": True}}
