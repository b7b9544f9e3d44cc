"""Records of published measurements: totals and single components of runs that others made."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from core.evidence.records import UnsupportedError
from core.memory import Architecture, MomentName, Readings, Scenario, Stack, estimate, parameter_count
from core.memory.edge import validated
from core.memory.units import GB, GIB

#: A shape whose own count is further from the stated one is not the model that was run.
_COUNT_TOLERANCE = 0.01

_WEIGHT_FORMATS = (
    ("gptq-int8", "int8"),
    ("gptq-int4", "int4"),
    ("awq-int4", "int4"),
    ("int8", "int8"),
    ("fp8", "fp8"),
    ("bf16", "bf16"),
    ("bfloat16", "bf16"),
    ("fp16", "fp16"),
    ("f16", "fp16"),
    ("fp32", "fp32"),
)
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


class Prediction(NamedTuple):
    reading: str
    predicted_bytes: int
    measured_bytes: int


def predict(record: Mapping[str, Any]) -> Prediction:
    """The reading that was measured. Raises UnsupportedError, RefusedError; KeyError and the like for an odd record."""
    measured = record["measured"]
    scenario = scenario_of(record)
    bytes_measured = int(measured["bytes"])
    component, quantity = str(measured["component"]), str(measured["quantity"])
    result = estimate(scenario)
    if component == "weights":
        return Prediction("weights", result.moments[0].stack.weights, bytes_measured)
    if component == "kv_cache":
        stacks = [moment.stack for moment in result.moments]
        return Prediction("kv_cache", max(stack.kv_cache for stack in stacks), bytes_measured)
    if quantity == "torch_allocated_at_end":
        return Prediction("allocated_at_end", _at_end({moment.name: moment.stack for moment in result.moments}), bytes_measured)
    if component != "total":
        raise UnsupportedError(f"{component} is not predicted by itself")
    return _total(result.readings, quantity, bytes_measured, unit_sure=measured.get("unit_sure") is not False)


def _at_end(stacks: Mapping[MomentName, Stack]) -> int:
    """What is left when a run has ended: the level between steps, or weights and the full cache."""
    if MomentName.BETWEEN_STEPS in stacks:
        stack = stacks[MomentName.BETWEEN_STEPS]
        return stack.weights + stack.optimizer
    stack = stacks[MomentName.DECODE]
    return stack.weights + stack.kv_cache


def _total(readings: Readings, quantity: str, measured: int, *, unit_sure: bool) -> Prediction:
    named = {
        "torch_peak_allocated": ("allocated", readings.allocated_bytes),
        "torch_peak_reserved": ("reserved", readings.reserved_bytes),
        "process_memory": ("process", readings.process_bytes),
    }
    if quantity in named:
        candidates = [named[quantity]]
    elif quantity == "not_stated":
        candidates = list(named.values())
    else:
        raise UnsupportedError(f"the reading {quantity} is not predicted")
    # where it is open whether GB or GiB was meant, the nearer counts
    measures = (measured,) if unit_sure else (measured, measured * GIB // GB)
    pairs = [Prediction(name, predicted, each) for name, predicted in candidates for each in measures]
    return min(pairs, key=lambda pair: abs(pair.predicted_bytes - pair.measured_bytes) / pair.measured_bytes)


def scenario_of(record: Mapping[str, Any]) -> Scenario:
    """Raises UnsupportedError for what is not modelled."""
    hardware = record.get("hardware") or {}
    if (hardware.get("n_gpus") or 1) != 1:
        raise UnsupportedError("runs on several GPUs are not modelled")
    architecture = architecture_of(record["model"])
    if record["task"] == "training":
        return _training(record["run"], architecture)
    return _inference(record["run"], architecture, str(record["measured"]["component"]))


def architecture_of(model: Mapping[str, Any]) -> Architecture:
    """A dense model of Llama's pieces, or one with experts, that adds up to the stated parameters."""
    if model.get("kv_lora_rank") or model.get("attention_type") == "mla" or model.get("sliding_window"):
        raise UnsupportedError("latent attention and windows are not read from such records")
    heads = model["heads"]
    experts: dict[str, Any] = {}
    if model.get("experts"):
        experts = {
            "num_experts": model["experts"],
            "num_experts_per_tok": model["experts_per_token"],
            "moe_intermediate_size": model.get("moe_intermediate") or model["intermediate"],
        }
    arch = validated(
        Architecture,
        name=str(model["name"])[:200],
        nominal_parameters=model["n_params"],
        hidden_size=model["hidden"],
        intermediate_size=model["intermediate"],
        num_hidden_layers=model["layers"],
        num_attention_heads=heads,
        num_key_value_heads=model.get("kv_heads") or heads,
        head_dim=model.get("head_dim") or model["hidden"] // heads,
        vocab_size=model["vocab"],
        tie_word_embeddings=bool(model.get("tied_embeddings")),
        **experts,
    )
    with_biases = replace(arch, qkv_bias=True)
    stated = model["n_params"]
    nearest = min((arch, with_biases), key=lambda candidate: abs(parameter_count(candidate) - stated))
    if abs(parameter_count(nearest) - stated) > _COUNT_TOLERANCE * stated:
        raise UnsupportedError(f"this build does not add up to its {stated:,} parameters")
    return nearest


def _weights(text: str) -> str:
    lowered = text.lower()
    for part, fmt in _WEIGHT_FORMATS:
        if part in lowered:
            return fmt
    if "nf4" in lowered or "int4" in lowered or "4-bit" in lowered:
        return "int4"
    raise UnsupportedError(f"the weight format {text[:60]} is not modelled")


def _inference(run: Mapping[str, Any], architecture: Architecture, component: str) -> Scenario:
    engine = str(run["engine"])
    cache = str(run.get("kv_dtype") or "fp16")
    if component == "kv_cache":
        if "llama" not in engine and engine != "transformers":
            raise UnsupportedError(f"the pool of caches that {engine} reserves is not modelled")
        if cache not in {"f16", "fp16", "bf16", "fp16 or bf16 (not stated)", "auto (=weights dtype)"}:
            raise UnsupportedError(f"a KV cache in {cache} is not modelled")
        context = max(128, run["context"])
        found = validated(Scenario, architecture=architecture, batch_size=run.get("batch") or 1, context_length=context)
        if context != run["context"]:
            raise UnsupportedError("contexts below 128 tokens are not modelled")
        return found
    if engine != "transformers":
        raise UnsupportedError(f"the runtime {engine} is not modelled")
    version = str(run.get("engine_version") or "")
    if component == "total" and ("4.38" in version or version.startswith("20")):
        raise UnsupportedError("logits of all positions, with an fp32 copy, as transformers had them before 4.45, are not modelled")
    if "sharded" in str(run.get("weight_format")):
        raise UnsupportedError("sharded weights are not modelled")
    weights = _weights(str(run["weight_format"]))
    if architecture.tie_word_embeddings and ("awq" in str(run["weight_format"]) or weights == "fp8"):
        # Such checkpoints carry a 16-bit head of their own: the published peaks of Qwen2.5 (AWQ) and Qwen3 (FP8) hold it.
        architecture = replace(architecture, tie_word_embeddings=False)
    generated = run.get("generated_tokens") or 1
    return validated(
        Scenario,
        architecture=architecture,
        weights=weights,
        batch_size=run.get("batch") or 1,
        context_length=max(128, (run.get("prompt_tokens") or 1) + generated),
        max_new_tokens=generated,
        attention="eager" if run.get("attention_impl") == "eager" else "sdpa",
    )


def _training(run: Mapping[str, Any], architecture: Architecture) -> Scenario:
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
        fields |= {"weights": _weights(str(run["weight_dtype"])), "lora_r": run.get("lora_rank") or 8}
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
