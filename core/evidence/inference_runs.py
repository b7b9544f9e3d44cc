"""Published runs of inference in transformers, as scenarios, and what torch's counters add to them."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.evidence.records import UnsupportedError
from core.evidence.run_formats import weight_format
from core.memory import Architecture, Format, MomentName, Scenario, Stack, estimate
from core.memory.allocator import CUBLAS_WORKSPACE_BYTES, CUBLAS_WORKSPACE_HOPPER_BYTES, unsplit_weight_bytes
from core.memory.edge import validated
from core.memory.scenario import TransformersRelease

#: Where ``generate()`` began to ask for the last position's logits alone.
_LAST_LOGITS_SINCE, _LAST_LOGITS_RELEASED = (4, 45), (2024, 9)
#: Longest contexts that the catalogue, which has later builds of the same sizes, does not say: Qwen2's configurations, 32 768 all.
_POSITIONS = (("qwen2-", 32_768),)
_HOPPER = ("h100", "h200", "h20", "h800", "gh200")


def inference_scenario(run: Mapping[str, Any], architecture: Architecture, component: str, name: str = "") -> Scenario:
    """``name`` is the model's. Raises UnsupportedError for what is not modelled."""
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
    if "sharded" in str(run.get("weight_format")):
        raise UnsupportedError("sharded weights are not modelled")
    weights = weight_format(str(run["weight_format"]))
    if architecture.tie_word_embeddings and weights is Format.FP8:
        # Such checkpoints carry a 16-bit head of their own: Qwen3's published levels hold it.
        architecture = replace(architecture, tie_word_embeddings=False)
    for part, positions in _POSITIONS:
        if part in name.lower():
            architecture = replace(architecture, max_position_embeddings=positions)
    generated = run.get("generated_tokens") or 1
    return validated(
        Scenario,
        architecture=architecture,
        weights=weights,
        kv_cache=_cache_format(run, weights),
        batch_size=run.get("batch") or 1,
        context_length=max(128, _prompt(run, component, generated) + generated),
        max_new_tokens=generated,
        transformers_release=_release(run),
        logits_to_keep=0 if "all" in str(run.get("logits")) else 1,
        attention="eager" if run.get("attention_impl") == "eager" else "sdpa",
    )


def _prompt(run: Mapping[str, Any], component: str, generated: int) -> int:
    """Tokens of the prompt; weights alone need none."""
    if component == "weights":
        return 1
    tokens = run.get("prompt_tokens")
    if tokens is None and run.get("context"):
        tokens = run["context"] - generated
    if tokens is None:
        raise UnsupportedError("the record states no length")
    return int(tokens)


def _release(run: Mapping[str, Any]) -> TransformersRelease:
    """From "transformers 4.38.2, torch 2.1", "4.46" or a date; the current one where nothing is said."""
    text = str(run.get("engine_version") or "")
    dated = re.match(r"(20\d\d)-(\d\d)", text)
    numbered = re.search(r"transformers[ =v]*(\d+)\.(\d+)", text) or re.match(r"v?(\d+)\.(\d+)", text)
    old = False
    if dated is not None:
        old = (int(dated[1]), int(dated[2])) < _LAST_LOGITS_RELEASED
    elif numbered is not None:
        old = (int(numbered[1]), int(numbered[2])) < _LAST_LOGITS_SINCE
    return TransformersRelease.BEFORE_4_45 if old else TransformersRelease.CURRENT


def _cache_format(run: Mapping[str, Any], weights: Format) -> Format:
    """As wide as the model computes, unless another width is stated."""
    stated = str(run.get("kv_dtype") or "auto").lower().split(" ")[0]
    if stated in {"int8", "int4", "fp32", "fp8"}:
        return Format(stated)
    if stated in {"auto", "fp16", "bf16", "f16", "float16", "bfloat16", "16-bit"}:
        return weights if weights is Format.FP32 else Format.BF16
    raise UnsupportedError(f"a KV cache in {stated[:40]} is not modelled")


def is_sum_over_gpus(record: Mapping[str, Any]) -> bool:
    """Whether the record adds up what torch counted on each of several GPUs that hold a part of the layers each."""
    measured = record["measured"]
    summed = measured.get("per_gpu") is False or "sum over GPUs" in f"{measured.get('what')} {record.get('note')}"
    of_transformers = record["task"] == "inference" and record["run"].get("engine") == "transformers"
    return of_transformers and summed and measured["quantity"] == "torch_peak_allocated"


def torch_counted_bytes(record: Mapping[str, Any], scenario: Scenario) -> int:
    """What torch's counter of allocated bytes holds beside the tensors of ``scenario``: unsplit ends of blocks, cuBLAS's workspace.
    For several GPUs that are summed, also what each of them but the last has of its own in prefill.
    """
    if record["task"] != "inference":
        return 0
    hardware = record.get("hardware") or {}
    hopper = any(card in str(hardware.get("gpu")).lower() for card in _HOPPER)
    gpus = hardware.get("n_gpus") or 1
    workspace = gpus * (CUBLAS_WORKSPACE_HOPPER_BYTES if hopper else CUBLAS_WORKSPACE_BYTES)
    parts = _others_working_sets(scenario, gpus) if gpus > 1 else 0
    return workspace + unsplit_weight_bytes(scenario.architecture, scenario.weights) + parts


def _others_working_sets(scenario: Scenario, gpus: int) -> int:
    """Of the GPUs that have layers and no head, if the run peaks in prefill. The first is also handed the model's output, fp32 logits
    before 4.45 (``io_same_device`` of accelerate's dispatch_model).
    """
    if estimate(scenario).peak.name is not MomentName.PREFILL:
        return 0
    current = estimate(scenario.evolve(transformers_release=TransformersRelease.CURRENT, logits_to_keep=1))
    stack: Stack = next(moment.stack for moment in current.moments if moment.name is MomentName.PREFILL)
    own = stack.activations + stack.workspace
    old = scenario.transformers_release is TransformersRelease.BEFORE_4_45
    output = 4 * old * scenario.architecture.vocab_size * scenario.batch_size * scenario.prompt_length
    return (gpus - 2) * own + max(own, output)
