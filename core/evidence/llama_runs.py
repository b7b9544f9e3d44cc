"""Published figures of llama.cpp, its fork ik_llama.cpp and Ollama: files, caches, compute buffers, totals."""

import re
from collections.abc import Mapping
from typing import Any

from core.evidence.models import architecture_of
from core.evidence.records import UnsupportedError
from core.memory import Architecture, Format, Runtime, Scenario
from core.memory.edge import validated
from core.memory.formats import CACHE_FORMATS, FILE_TYPES, matrix_bytes
from core.memory.gguf import file_bytes
from core.memory.llama_cpp import cache_bytes, compute_buffer_bytes, device_weight_bytes, host_bytes, layers_on_host
from core.memory.runtime import CUDA_CONTEXT_BYTES
from core.memory.scenario import LlamaCppBuild
from core.memory.units import MIB

#: Names of files and caches that are not the name of the type.
_NAMES = {"f16": "fp16", "f32": "fp32", "q4_k": "q4_k_m", "q5_k": "q5_k_m", "q3_k": "q3_k_m", "mxfp4": "ggml-mxfp4"}
#: What Ollama's runner without a card has in memory beside file and cache: eight readings of VmRSS, of a model of 0.5 billion at three
#: contexts, state 88.8 to 89.6 MB. Of its compute buffer the system counts what was touched.
_RUNNER_BYTES = 85 * MIB
#: Before the n_outputs cap (llama.cpp pull request 23764).
_CAPPED_SINCE = (2026, 6)


def is_of_llama_cpp(record: Mapping[str, Any]) -> bool:
    engine = str(record["run"].get("engine") or "").lower()
    return record["task"] == "inference" and ("llama.cpp" in engine or engine == "ollama")


def predicted_of_llama_cpp(record: Mapping[str, Any]) -> tuple[str, int]:
    """(what was predicted, bytes). Raises UnsupportedError for what is not modelled."""
    run, component = record["run"], str(record["measured"]["component"])
    if component == "weights":
        return "weights", _weights(record)
    hardware = record.get("hardware") or {}
    if component == "kv_cache":
        arch = architecture_of(record["model"], exact=False)
        return "kv_cache", _cache(run, arch, _scenario(run, arch))
    if (hardware.get("n_gpus") or 1) > 1:
        raise UnsupportedError("runs on several GPUs are not modelled")
    if component == "compute_buffer":
        return "compute_buffer", compute_buffer_bytes(_with_host(record))
    if component == "total":
        scenario = scenario_of_llama_cpp(record)
        arch = scenario.architecture
        if "cpu" in str(hardware.get("gpu")).lower():
            weights = host_bytes(scenario.evolve(n_gpu_layers=0), 0).weights
            return "process", weights + _cache(run, arch, scenario) + _RUNNER_BYTES
        return "process", device_weight_bytes(scenario) + _cache(run, arch, scenario) + compute_buffer_bytes(scenario) + CUDA_CONTEXT_BYTES
    raise UnsupportedError(f"{component} of llama.cpp is not predicted by itself")


def scenario_of_llama_cpp(record: Mapping[str, Any]) -> Scenario:
    """The run with the file it loaded. Raises UnsupportedError."""
    file = _file_type(str(record["run"].get("weight_format")))
    return _scenario(record["run"], architecture_of(record["model"])).evolve(weights=file)


def _with_host(record: Mapping[str, Any]) -> Scenario:
    """The run with as many layers on the card as the record says: all, n, or "a few", which take what one takes."""
    # llama-cpp-python takes 512 where nothing is said.
    scenario = _scenario({**record["run"], "context": record["run"].get("context") or 512}, architecture_of(record["model"], exact=False))
    said = " ".join(str(text) for text in (record["measured"].get("what"), record.get("note")))
    counted = re.search(r"n_gpu_layers=(\d+)|offloaded (\d+)/", said)
    if counted is None and not re.search("partial offload|a few layers offloaded", said):
        return scenario
    placed = scenario.evolve(n_gpu_layers=int(counted[1] or counted[2]) if counted else 2)
    if "ik_" in str(record["run"].get("engine")) and scenario.architecture.num_experts and layers_on_host(placed):
        raise UnsupportedError("which experts the fork copies to the card hangs on options that the record does not state")
    return placed.evolve(weights=_file_type(str(record["run"].get("weight_format") or "q4_k_m"))) if layers_on_host(placed) else placed


def _weights(record: Mapping[str, Any]) -> int:
    """The whole file, or what of it lies on the card, as the record says."""
    file = _file_type(str(record["run"].get("weight_format")))
    arch = architecture_of(record["model"])
    on_card = re.search(r"(CUDA|GPU|device)\w* (model )?buffer|offloaded", str(record["measured"].get("what")))
    if on_card is None:
        return file_bytes(arch, file)
    return device_weight_bytes(validated(Scenario, architecture=arch, runtime=Runtime.LLAMA_CPP, weights=file))


def _file_type(text: str) -> Format:
    word = re.split(r"[\s(]", text.strip().lower().replace("-", "_"))[0]
    word = re.sub(r"_r\d$", "", word)  # rows woven into each other, as long as before
    name = _NAMES.get(word, word)
    if name not in {fmt.value for fmt in FILE_TYPES}:
        raise UnsupportedError(f"the file type {text[:60]} is not modelled")
    return Format(name)


def _cache_formats(run: Mapping[str, Any]) -> list[Format]:
    """Of keys and values; one name says both. Quantized values need flash attention: Ollama silently caches 16 bits without."""
    names = str(run.get("kv_dtype") or "f16").lower().split("/")
    formats = []
    for name in (names[0], names[-1]):
        plain = _NAMES.get(name.strip(), name.strip()) if "not stated" not in name and "auto" not in name else "fp16"
        if plain not in {fmt.value for fmt in CACHE_FORMATS}:
            raise UnsupportedError(f"a KV cache in {name[:40]} is not modelled")
        formats.append(Format(plain))
    if run.get("engine") == "ollama" and "flash_attn=0" in str(run.get("attention_impl")):
        return [Format.FP16, Format.FP16]
    return formats


def _scenario(run: Mapping[str, Any], arch: Architecture) -> Scenario:
    context = run.get("context")
    if not context:
        raise UnsupportedError("the record states no context")
    attention = str(run.get("attention_impl") or "")
    return validated(
        Scenario,
        architecture=arch,
        runtime=Runtime.LLAMA_CPP,
        weights=Format.FP16,
        kv_cache=_cache_formats(run)[0],
        batch_size=run.get("batch") or 1,
        context_length=max(128, context),
        attention="eager" if "flash_attn=0" in attention or "fa off" in attention else "sdpa",
        ubatch_size=run.get("n_ubatch") or 512,
        llama_cpp_build=_build(run),
    )


def _build(run: Mapping[str, Any]) -> LlamaCppBuild:
    """The fork never got the cap; of llama.cpp and Ollama, by the date that the version names, and old where it names none."""
    dated = re.search(r"(20\d\d)-(\d\d)", str(run.get("engine_version")))
    new = dated is not None and (int(dated[1]), int(dated[2])) >= _CAPPED_SINCE and "ik_" not in str(run.get("engine"))
    return LlamaCppBuild.CURRENT if new else LlamaCppBuild.BEFORE_MID_2026


def _cache(run: Mapping[str, Any], arch: Architecture, scenario: Scenario) -> int:
    """As logged: of the cells stated, which are padded already; latent attention as keys and values of all heads where it was not used."""
    cells, (keys, values) = run["context"] * scenario.batch_size, _cache_formats(run)
    if not arch.kv_lora_rank:
        if scenario.llama_cpp_build is LlamaCppBuild.CURRENT and arch.num_sliding_layers:
            return cache_bytes(scenario)
        rows = arch.num_hidden_layers * cells
        return matrix_bytes(keys, rows, arch.key_value_size) + matrix_bytes(values, rows, arch.key_value_size)
    used = re.search(r"mla_attn=(\d)", str(run.get("attention_impl")))
    rows, rope = arch.num_hidden_layers * cells, arch.qk_rope_head_dim
    if used is not None and used[1] != "0":
        latent = matrix_bytes(keys, rows, arch.kv_lora_rank + rope)
        # The first kind without flash attention keeps the latents a second time, transposed.
        transposed = used[1] == "1" and "flash_attn=0" in str(run.get("attention_impl"))
        return latent + (matrix_bytes(values, rows, arch.kv_lora_rank) if transposed else 0)
    heads = arch.num_attention_heads
    return matrix_bytes(keys, rows, heads * (arch.qk_nope_head_dim + rope)) + matrix_bytes(values, rows, heads * arch.v_head_dim)
