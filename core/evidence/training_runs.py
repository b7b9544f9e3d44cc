"""Published fine-tunes, as scenarios."""

from collections.abc import Mapping
from typing import Any

from core.evidence.records import UnsupportedError
from core.evidence.run_formats import weight_format
from core.memory import Architecture, Scenario
from core.memory.edge import validated

#: As PEFT, litgpt and Qwen's own code name the layers that adapters are put on.
_TARGETS = {
    "query": "q_proj",
    "key": "k_proj",
    "value": "v_proj",
    "projection": "o_proj",
    "q": "q_proj",
    "v": "v_proj",
    "output_proj": "o_proj",
    "w1": "gate_proj",
    "w2": "up_proj",
}
_SEVERAL_TARGETS = {
    "c_attn": ("q_proj", "k_proj", "v_proj"),
    "c_proj": ("o_proj", "down_proj"),
    "mlp": ("gate_proj", "up_proj", "down_proj"),
}
_KNOWN_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def training_scenario(run: Mapping[str, Any], architecture: Architecture) -> Scenario:
    """Raises UnsupportedError for what is not modelled."""
    if run.get("chunked_loss/liger"):
        raise UnsupportedError("fused kernels and losses are not modelled")
    if run.get("cpu_offload") or run.get("optimizer_in_bwd"):
        raise UnsupportedError("offload and optimizers in the backward pass are not modelled")
    optimizer = str(run.get("optimizer") or "adamw").lower()
    if "galore" in optimizer or "paged" in optimizer or "8bit" in optimizer:
        raise UnsupportedError(f"the optimizer {optimizer[:60]} is not modelled")
    method = str(run["method"])
    if method not in {"full", "lora", "qlora"}:
        raise UnsupportedError(f"the method {method[:60]} is not modelled")
    fields: dict[str, Any] = {
        "architecture": architecture,
        "task": "training",
        "method": method,
        "batch_size": run["micro_batch"],
        "context_length": run["seq"],
        "gradient_checkpointing": run.get("grad_checkpointing") == "full",
        "attention": "eager" if run.get("attention_impl") == "eager" else "sdpa",
        "optimizer": "sgd" if optimizer.startswith("sgd") else "adamw",
        "optimizer_implementation": "fused" if "fused" in optimizer else "foreach",
    }
    if method == "full":
        fields["recipe"] = "mixed" if run.get("master_weights") else "pure16"
    else:
        fields |= {"weights": weight_format(str(run["weight_dtype"])), "lora_r": run.get("lora_rank") or 8}
        fields["lora_target_modules"] = _targets(run.get("lora_targets"))
    return validated(Scenario, **fields)


def _targets(named: Any) -> tuple[str, ...]:
    """The modules of Llama's build that are meant; q and v, PEFT's default for it, when nothing is said."""
    if named is None:
        return ("q_proj", "v_proj")
    if isinstance(named, str):
        words = named.split()
        named = [words[0]] if words else []
        if named == ["ALL"] or named == ["all-linear"]:
            return _KNOWN_TARGETS
    found: list[str] = []
    for name in named:
        found += _SEVERAL_TARGETS.get(name, (_TARGETS.get(name, name),))
    known = tuple(dict.fromkeys(name for name in found if name != "head"))
    if not known or any(name not in _KNOWN_TARGETS for name in known):
        raise UnsupportedError("adapters on these layers are not modelled")
    return known
