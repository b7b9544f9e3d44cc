"""Models with mixers that keep a state, as the header of a GGUF file states them.

Source: the keys that llama.cpp's converter writes for them (``ssm.…``, ``shortconv.l_cache``; heads and widths by layer, 0 where a layer
has none of it). How many tokens are computed at once is no key: the defaults of transformers stand.
"""

from collections.abc import Mapping
from typing import Any

#: Their names, and those of the same code in transformers.
MODEL_TYPES = {
    "mamba": "mamba",
    "mamba2": "mamba2",
    "jamba": "jamba",
    "falcon-h1": "falcon_h1",
    "nemotron_h": "nemotron_h",
    "nemotron_h_moe": "nemotron_h",
    "granitehybrid": "granitemoehybrid",
    "lfm2": "lfm2",
    "lfm2moe": "lfm2_moe",
    "qwen3next": "qwen3_next",
    "qwen35": "qwen3_5_text",
    "qwen35moe": "qwen3_5_moe_text",
}


def hybrid_config(kind: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """What ``config.json`` would say of the mixers of ``kind``; nothing for models without. What is missing or odd is left out, and
    complained of where it is read.
    """
    if kind not in MODEL_TYPES:
        return {}

    def key(name: str) -> Any:
        return keys.get(f"{kind}.{name}")

    inner, state, heads = key("ssm.inner_size"), key("ssm.state_size"), key("ssm.time_step_rank")
    conv, groups, hidden = key("ssm.conv_kernel"), key("ssm.group_count"), key("embedding_length")
    found: dict[str, Any] = {"model_type": MODEL_TYPES[kind]}
    by_layer = key("attention.head_count_kv")
    attends = [_positive(count) for count in by_layer] if isinstance(by_layer, list) else []
    if attends and all(type(count) is int for count in by_layer):
        found["num_key_value_heads"] = max(1, *by_layer)
        found["layer_types"] = ["full_attention" if attending else "linear_attention" for attending in attends]
    match kind:
        case "mamba":
            found |= {"state_size": state, "conv_kernel": conv, "time_step_rank": heads, "expand": _over(inner, hidden)}
            if key("ssm.dt_b_c_rms") is True:
                found["model_type"] = "falcon_mamba"
        case "mamba2":
            found |= {"state_size": state, "conv_kernel": conv, "num_heads": heads, "head_dim": _over(inner, heads), "n_groups": groups}
        case "jamba":
            found |= {"mamba_d_state": state, "mamba_d_conv": conv, "mamba_dt_rank": heads, "mamba_expand": _over(inner, hidden)}
            found["num_experts"] = key("expert_count") or 1
        case "falcon-h1" | "granitehybrid":
            found |= {"mamba_d_ssm": inner, "mamba_d_state": state, "mamba_n_heads": heads, "mamba_d_head": _over(inner, heads)}
            found |= {"mamba_d_conv": conv, "mamba_n_groups": groups}
            if kind == "granitehybrid":
                shared = key("expert_shared_feed_forward_length") or key("feed_forward_length")
                found |= {"num_local_experts": key("expert_count") or 0, "shared_intermediate_size": shared}
        case "nemotron_h" | "nemotron_h_moe":
            found |= {"ssm_state_size": state, "mamba_num_heads": heads, "mamba_head_dim": _over(inner, heads)}
            found |= {"conv_kernel": conv, "n_groups": groups}
            ahead = key("nextn_predict_layers")
            if _positive(ahead):
                attends = attends[:-ahead]
                found |= {"num_hidden_layers": len(attends), "num_nextn_predict_layers": ahead}
            found |= _blocks(attends, key("feed_forward_length"), "moe" if kind == "nemotron_h_moe" else "mlp")
            found |= {"n_routed_experts": key("expert_count"), "moe_latent_size": key("moe_latent_size")}
            found["moe_shared_expert_intermediate_size"] = key("expert_shared_feed_forward_length")
        case "lfm2moe":
            found |= {"conv_L_cache": key("shortconv.l_cache"), "num_dense_layers": key("leading_dense_block_count")}
        case "lfm2":
            found |= {
                "conv_L_cache": key("shortconv.l_cache"),
                "block_auto_adjust_ff_dim": False,
                "block_ff_dim": key("feed_forward_length"),
            }
        case _:
            found |= {"linear_key_head_dim": state, "linear_num_key_heads": groups, "linear_num_value_heads": heads}
            found |= {"linear_value_head_dim": _over(inner, heads), "linear_conv_kernel_dim": conv}
            found["full_attention_interval"] = key("full_attention_interval")
    return {name: value for name, value in found.items() if value is not None}


def _blocks(attends: list[bool], widths: Any, wide: str) -> dict[str, Any]:
    """Nemotron-H's, a block a layer: with heads, with a width, or else a mixer."""
    if not isinstance(widths, list) or len(widths) < len(attends):
        return {}
    kinds = [
        "full_attention" if attending else wide if _positive(width) else "linear_attention"
        for attending, width in zip(attends, widths, strict=False)
    ]
    return {"layer_types": kinds, "intermediate_size": max((width for width in widths if isinstance(width, int)), default=0)}


def _positive(value: Any) -> bool:
    return isinstance(value, int) and value > 0


def _over(whole: Any, part: Any) -> int | None:
    return whole // part if _positive(whole) and _positive(part) else None
