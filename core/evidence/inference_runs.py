"""Published runs of inference, as scenarios."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.evidence.records import UnsupportedError
from core.evidence.run_formats import weight_format
from core.memory import Architecture, Scenario
from core.memory.edge import validated


def inference_scenario(run: Mapping[str, Any], architecture: Architecture, component: str) -> Scenario:
    """Raises UnsupportedError for what is not modelled."""
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
    weights = weight_format(str(run["weight_format"]))
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
