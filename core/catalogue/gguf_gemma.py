"""Gemma 3n and Gemma 4 as the header of a GGUF file states them.

Source: the converters of llama.cpp (conversion/gemma.py) and its loaders of both (src/models). Early files of Gemma 3n state the number of
layers that share keys and values as a float.
"""

from collections.abc import Mapping
from typing import Any

from core.catalogue.tensor_file import Tensor

#: A number for each of so many layers at most.
_MOST = 1024
_FULL, _SLIDING = "full_attention", "sliding_attention"


def gemma_config(kind: str, keys: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """What ``config.json`` would say of ``kind``; nothing for other kinds, or where the number of layers is not as it should be."""
    layers = keys.get(f"{kind}.block_count")
    if kind not in ("gemma3n", "gemma4") or type(layers) is not int or not 0 < layers <= _MOST:
        return {}

    def of(name: str, default: object = None) -> Any:
        return keys.get(f"{kind}.{name}", default)

    def by_layer(name: str) -> list[Any]:
        value = of(name)
        values = value if isinstance(value, list) else [value] * layers
        return values if len(values) == layers else [None] * layers

    windows, width = by_layer("attention.sliding_window_pattern"), of("embedding_length_per_layer_input", 0)
    if type(period := windows[0]) is int and period > 1:  # every so many layers one is without
        windows = [(place + 1) % period > 0 for place in range(layers)]
    shared = of("attention.shared_kv_layers", 0)
    found: dict[str, Any] = {
        "hidden_size_per_layer_input": width,
        "num_kv_shared_layers": int(shared) if isinstance(shared, float) and shared.is_integer() else shared,
        "final_logit_softcapping": of("final_logit_softcapping"),
    }
    if all(type(each) in (bool, int) for each in windows):
        found["layer_types"] = [_SLIDING if each else _FULL for each in windows]
    table = tensors.get("per_layer_token_embd.weight")
    if table is not None and type(width) is int and width > 0:
        found["vocab_size_per_layer_input"] = table.values // (width * layers)
    widths = by_layer("feed_forward_length")
    if kind == "gemma3n":
        return found | _streams(of("embedding_length"), of("altup.num_inputs"), tensors) | {"intermediate_size": widths}
    found |= _experts(of) | {"intermediate_size": widths[0], "use_double_wide_mlp": widths[0] != widths[-1]}
    return found | _heads(of, by_layer("attention.head_count_kv"), windows, tensors)


def _streams(hidden: object, streams: object, tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    found: dict[str, Any] = {} if streams is None else {"altup_num_inputs": streams}
    laurel = tensors.get("blk.0.laurel_l.weight")
    if laurel is not None and type(hidden) is int and hidden > 0:
        found["laurel_rank"] = laurel.values // hidden
    return found


def _experts(of: Any) -> dict[str, Any]:
    experts = of("expert_count")
    return {"enable_moe_block": True, "top_k_experts": of("expert_used_count")} if type(experts) is int and experts > 0 else {}


def _heads(of: Any, groups: list[Any], windows: list[Any], tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Layers without a window have heads of their own width, and maybe no matrix for values."""
    found = {"head_dim": of("attention.key_length_swa", of("attention.key_length")), "global_head_dim": of("attention.key_length")}
    found["num_key_value_heads"] = next((group for group, window in zip(groups, windows, strict=True) if window), groups[0])
    for place, (group, window) in enumerate(zip(groups, windows, strict=True)):
        if not window:
            found["per_layer_config"] = {str(place): {"num_key_value_heads": group, "head_dim": found["global_head_dim"]}}
            found["attention_k_eq_v"] = f"blk.{place}.attn_k.weight" in tensors and f"blk.{place}.attn_v.weight" not in tensors
            break
    return {name: value for name, value in found.items() if value is not None}
