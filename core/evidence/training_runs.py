"""Published fine-tunes, as scenarios. What a source leaves open is taken as its framework's documented default."""

import re
from collections.abc import Mapping
from typing import Any

from core.evidence.records import UnsupportedError
from core.evidence.run_formats import weight_format
from core.memory import Architecture, Format, Scenario
from core.memory.edge import validated
from core.memory.parallel import PARALLEL_FIELDS
from core.memory.scenario import ALL_LINEAR

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

#: What kinds of training learn from; others are not modelled.
_OBJECTIVES = {"": "next-token", "pretrain": "next-token", "sft": "next-token", "dpo": "dpo", "ipo": "dpo", "kto": "kto"} | {
    name: name for name in ("orpo", "simpo")
}

#: Qwen's finetune.py on one GPU (finetune/*_single_gpu.sh, finetune_ds.sh): LoRA by itself, under autocast; over GPTQ's weights and in full
#: by DeepSpeed, ZeRO-2 with buckets of 2e8 and ZeRO-3 with those that transformers sets, where the model's own loss stays 16-bit.
_QWEN: dict[str, dict[str, Any]] = {
    "lora": {"autocast": True},
    "qlora": {"loss": "narrow", "sharding": "zero2", "reduce_bucket_size": 2 * 10**8, "allgather_bucket_size": 2 * 10**8},
    "full": {"recipe": "mixed", "loss": "narrow", "sharding": "zero3"},
}

#: What frameworks do unless told otherwise, by a part of their name; the first that occurs counts.
#: - ms-swift's benchmark pads batches of texts of very different length (its Benchmark.md).
#: - litgpt trains adapters in the width of the weights (--precision bf16-true), with dropout on their input (config_hub);
#:   it pinned bitsandbytes before 0.43, whose MatMul4Bit held on to its input.
#: - torchtune computes the loss of a chunk of tokens at a time (CEWithChunkedOutputLoss).
_DEFAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("swift", {"varying_lengths": True}),
    ("litgpt", {"lora_bits": 16, "lora_dropout": True, "keep_linear_inputs": True}),
    ("torchtune", {"loss": "fused-linear"}),
)


def training_scenario(run: Mapping[str, Any], architecture: Architecture, note: str = "", *, several: bool = False) -> Scenario:
    """``note`` is the record's remark, which may say more. Raises UnsupportedError for what is not modelled."""
    if run.get("cpu_offload") and not several:
        raise UnsupportedError("offload to the host is not modelled")
    method, objective = _method(str(run["method"]))
    fields: dict[str, Any] = {
        "architecture": architecture,
        "task": "training",
        "method": method,
        "objective": objective,
        "batch_size": run["micro_batch"],
        "context_length": run["seq"],
        "gradient_checkpointing": str(run.get("grad_checkpointing")).startswith("full"),
        "attention": "eager" if run.get("attention_impl") == "eager" else "sdpa",
        **_defaults(str(run.get("framework")), method),
        **_optimizer(run),
        **_loss(str(run.get("chunked_loss/liger") or "")),
        "transformers_release": release(str(run.get("version") or "")),
    }
    if method == "full":
        fields["recipe"] = "mixed" if run.get("master_weights") else fields.get("recipe", "pure16")
    else:
        fields.pop("recipe", None)
        weights = weight_format(str(run["weight_dtype"]))
        fields["train_embeddings"] = "modules_to_save" in note
        fields |= {"weights": weights, "lora_r": run.get("lora_rank") or 8, "lora_target_modules": _targets(run.get("lora_targets"))}
        if method == "qlora":
            fields["upcast_norms"] = _upcasts(str(run.get("framework")), note, weights)
            # fms-hf-tuning quantizes its scales too (bnb_4bit_use_double_quant).
            if weights is Format.NF4 and "fms" in str(run.get("framework")):
                fields["weights"] = Format.NF4_DOUBLE
    spread = {name: fields.pop(name) for name in PARALLEL_FIELDS & fields.keys()}
    return validated(Scenario, **fields).evolve(**spread)


def _method(stated: str) -> tuple[str, str]:
    """What is trained, and on which objective: "full", "LoRA DPO"."""
    named, _, kind = stated.lower().partition(" ")
    objective = _OBJECTIVES.get(kind.strip("()"))
    if named not in {"full", "lora", "qlora"} or objective is None:
        raise UnsupportedError(f"the method {stated[:60]} is not modelled")
    return named, objective


def _defaults(framework: str, method: str) -> dict[str, Any]:
    if "finetune.py" in framework.lower():
        return _QWEN[method]
    return next((dict(defaults) for part, defaults in _DEFAULTS if part in framework.lower()), {})


def _optimizer(run: Mapping[str, Any]) -> dict[str, Any]:
    """The optimizer, how torch runs it, and how long gradients live."""
    stated = str(run.get("optimizer") or "adamw").lower()
    if "galore" in stated:
        raise UnsupportedError(f"the optimizer {stated[:60]} is not modelled")
    eight_bit = "8bit" in stated.replace("-", "")
    if eight_bit:
        optimizer = "paged-adamw8bit" if "paged" in stated else "adamw8bit"
    elif "paged" in stated:
        raise UnsupportedError(f"the optimizer {stated[:60]} is not modelled")
    elif "adafactor" in stated:
        optimizer = "adafactor"
    else:
        optimizer = "sgd" if stated.startswith("sgd") else "adamw"
    accumulated = (run.get("grad_accum") or 1) > 1
    gradients = "in-backward" if run.get("optimizer_in_bwd") else "accumulated" if accumulated else "per-step"
    return {
        "optimizer": optimizer,
        "optimizer_implementation": "fused" if "fused" in stated else _foreach(str(run.get("version") or "")),
        "gradients": gradients,
    }


def _foreach(version: str) -> str:
    """AdamW's form by the release of torch that ``version`` names."""
    torch = re.search(r"torch\D{0,3}(\d+)\.(\d+)", version.lower())
    return "foreach-before-2.1" if torch is not None and (int(torch[1]), int(torch[2])) < (2, 1) else "foreach"


def _loss(stated: str) -> dict[str, Any]:
    words = stated.lower()
    if not words:
        return {}
    # Liger's default, cut cross-entropy and chunked losses never have all logits; other kernels write the gradient over them.
    linear = any(part in words for part in ("linear", "cce", "cut", "chunk")) or words.startswith("liger")
    return {"loss": "fused-linear" if linear else "fused", "fused_kernels": "norm" in words or words.startswith("liger")}


def _upcasts(framework: str, note: str, weights: Format) -> bool:
    """Whether PEFT's prepare_model_for_kbit_training was called: by transformers' own ways for bitsandbytes' formats, not by litgpt,
    torchtune or fms-acceleration's faster ones, nor over GPTQ's.
    """
    if "litgpt" in framework or "torchtune" in framework or "framework_config=accelerated" in note:
        return False
    return weights not in (Format.GPTQ_INT4, Format.GPTQ_INT8, Format.AWQ_INT4)


def release(version: str) -> str:
    """The release of transformers that ``version`` names; the current one where it names none."""
    found = re.search(r"transformers\D{0,3}(\d+)\.(\d+)", version)
    if found is None:
        return "current"
    stated = (int(found[1]), int(found[2]))
    return "before-4.45" if stated < (4, 45) else "before-4.50" if stated < (4, 50) else "current"


def _targets(named: Any) -> tuple[str, ...]:
    """The modules of Llama's build that are meant; q and v, PEFT's default for it, when nothing is said."""
    if named is None:
        return ("q_proj", "v_proj")
    if isinstance(named, str):
        words = re.split(r"[\s,]+", named.strip())
        if words[0].lower() in {"all", "all-linear"}:
            return ALL_LINEAR
        named = words[:1]
    found: list[str] = []
    for name in named:
        found += _SEVERAL_TARGETS.get(name, (_TARGETS.get(name, name),))
    known = tuple(dict.fromkeys(name for name in found if name != "head"))
    if not known or any(name not in ALL_LINEAR for name in known):
        raise UnsupportedError("adapters on these layers are not modelled")
    return known
