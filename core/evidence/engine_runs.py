"""Published figures of engines with a pool of cache blocks (vLLM, SGLang), of ExLlamaV3, and of bare CUDA contexts."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.catalogue.gpus import find_gpu, load_gpus
from core.evidence.models import architecture_of
from core.evidence.records import UnsupportedError
from core.evidence.run_formats import weight_format
from core.memory import ONE_GPU, Architecture, Format, Runtime, Scenario, refusal
from core.memory.edge import validated
from core.memory.inference import kv_cache_bytes
from core.memory.inference_spread import NCCL_SERVING_BYTES, engine_part
from core.memory.runtime import CUDA_CONTEXT_BYTES, EAGER_CUDA_CONTEXT_BYTES, cuda_context_bytes
from core.memory.scenario import ENGINES
from core.memory.serving import (
    NON_TORCH_BYTES,
    activation_peak_bytes,
    graph_pool_bytes,
    kv_pool_bytes,
    served_weight_bytes,
)
from core.memory.units import GIB, ceil_div

_GPUS = Path(__file__).parents[2] / "resources" / "gpus.json"
_SIXTEEN_BIT_CACHES = ("", "none", "auto", "fp16", "f16", "bf16", "bfloat16", "float16")
#: From this version on, prompts are cut into steps of 2048 tokens by default; before, only those of models with long contexts were.
_V1 = (0, 8)
_CHUNKED_TOKENS = 2048
_CHUNKED_FROM_CONTEXT = 32_768
#: Of a card's memory: vLLM's ``gpu_memory_utilization``, SGLang's ``mem_fraction_static``, where the record does not say.
_DEFAULT_SHARE = {Runtime.VLLM: 0.9, Runtime.SGLANG: 0.88}
#: vLLM 0.7 put rows of latent caches on multiples of this many values.
_LATENT_ALIGNMENT = 128
_ABSORBING = (0, 7)
#: Before CUDA 11.7 every kernel was loaded with the context.
_LAZY_LOADING_SINCE = (1, 13)


def is_of_engine(record: Mapping[str, Any]) -> bool:
    """Whether this module reads ``record``."""
    engine = str(record["run"].get("engine"))
    return record["task"] == "inference" and engine in {*ENGINES, "exllamav3", "pytorch", "pycuda"}


def predicted(record: Mapping[str, Any]) -> tuple[str, int]:
    """(reading, bytes). Raises UnsupportedError; KeyError and the like for an odd record."""
    run, component = record["run"], str(record["measured"]["component"])
    engine = str(run["engine"])
    if engine in {"pytorch", "pycuda"}:
        return "cuda_context", _context_bytes(record, component)
    gpus = int((record.get("hardware") or {}).get("n_gpus") or 1)
    if engine in ENGINES and component == "cuda_context":
        return component, NON_TORCH_BYTES + (NCCL_SERVING_BYTES if gpus > 1 else 0)
    architecture = architecture_of(record["model"])
    if gpus > 1:
        return component, _on_one_of(record, architecture, gpus, component)
    if engine == "exllamav3":
        return "process", _exllama_total(run, architecture, component)
    return component, _served(record, _engine_scenario(record, architecture), component)


def _on_one_of(record: Mapping[str, Any], architecture: Architecture, gpus: int, component: str) -> int:
    """Of one of the GPUs that share every matrix; they state what each of them has."""
    if record["run"]["engine"] not in ENGINES:
        raise UnsupportedError("runs of this engine on several GPUs are not modelled")
    scenario = _engine_scenario(record, architecture).evolve(tensor_parallel_size=gpus)
    if refusal(scenario) is not None:
        raise UnsupportedError(f"{gpus} GPUs do not share this model's heads evenly")
    own = replace(scenario, architecture=engine_part(architecture, scenario.parallel, scenario.runtime), parallel=ONE_GPU)
    if component == "activations_peak":
        return activation_peak_bytes(own, architecture.vocab_size)
    return _served(record, own, component)


def _context_bytes(record: Mapping[str, Any], component: str) -> int:
    run = record["run"]
    if component != "cuda_context":
        raise UnsupportedError(f"{component} of {run['engine']} is not modelled")
    version = _version(run)
    loads_all = run["engine"] == "pytorch" and not (version and version >= _LAZY_LOADING_SINCE)
    return EAGER_CUDA_CONTEXT_BYTES if loads_all else context_on_card(record)


def context_on_card(record: Mapping[str, Any]) -> int:
    """Of the card that ``record`` names, where its multiprocessors are known; else as of any."""
    found = find_gpu(load_gpus(_GPUS), _card_words(record))
    return cuda_context_bytes((found.resident_threads if found is not None else None) or 0)


def _card_words(record: Mapping[str, Any]) -> str:
    card = str((record.get("hardware") or {}).get("gpu") or "")
    return re.split(r" util| \(", card.replace("NVIDIA ", ""))[0]


def _version(run: Mapping[str, Any]) -> tuple[int, int] | None:
    """The first two numbers of the version that is stated; None for dates and for nothing."""
    found = re.search(r"(\d+)\.(\d+)(x?)", str(run.get("engine_version") or ""))
    if found is None:
        return None
    return int(found[1]), int(found[2]) * (10 if found[3] else 1)  # "0.2x" is one of the twenties


def _engine_scenario(record: Mapping[str, Any], architecture: Architecture) -> Scenario:
    run = record["run"]
    if record["model"].get("vision_layers") or "vl" in re.split(r"[^a-z0-9]+|\d", str(record["model"].get("name")).lower()):
        raise UnsupportedError("models that also see are not modelled")
    version, context = _version(run), run.get("context")
    fields: dict[str, Any] = {"cuda_graphs": "eager" not in f"{run.get('enforce_eager') or ''} {record['measured'].get('what')}".lower()}
    if version is None or version >= _V1 or run["engine"] == Runtime.SGLANG or not context:
        pass
    elif context > _CHUNKED_FROM_CONTEXT and not architecture.kv_lora_rank:
        fields["max_num_seqs"] = 1  # the profile run of cut prompts ended none of them, and so sampled nothing
    else:
        fields["max_num_batched_tokens"] = _CHUNKED_TOKENS if architecture.kv_lora_rank else max(_CHUNKED_TOKENS, context)
    sizes = re.search(r"(\d+) (?:decode |batch )?sizes", str(record["measured"].get("what")))
    upto = re.search(r"sizes up to (\d+)", str(record["measured"].get("what")))
    if upto is not None or sizes is not None:
        largest = int(upto[1]) if upto is not None else 8 * (int(sizes[1]) - 3) if sizes is not None else 0
        fields["max_num_seqs"] = max(1, largest // 2)
    for field in ("max_num_batched_tokens", "max_num_seqs"):
        if run.get(field):
            fields[field] = run[field]
    return validated(Scenario, architecture=architecture, runtime=run["engine"], weights=_weights(run), kv_cache=_cache(run), **fields)


def _weights(run: Mapping[str, Any]) -> Format:
    text = str(run.get("weight_format") or run.get("precision") or "bf16")
    if "mxfp4" in text.lower():
        return Format.MXFP4
    return weight_format(text)


def _cache(run: Mapping[str, Any]) -> Format:
    cache = str(run.get("kv_dtype") or "").lower().split(" ")[0]
    if cache.startswith("fp8"):
        return Format.FP8
    if cache in _SIXTEEN_BIT_CACHES:
        return Format.BF16
    raise UnsupportedError(f"a KV cache in {cache[:40]} is not modelled")


def _served(record: Mapping[str, Any], scenario: Scenario, component: str) -> int:
    match component:
        case "weights":
            absorbed = _absorbed_bytes(scenario.architecture) if _version(record["run"]) == _ABSORBING else 0
            return served_weight_bytes(scenario.architecture, scenario.weights) + absorbed
        case "kv_cache":
            return _pool(record, scenario)
        case "activations_peak":
            return activation_peak_bytes(scenario)
        case "compute_buffer":
            return graph_pool_bytes(scenario)
        case _:
            raise UnsupportedError(f"{component} of {scenario.runtime.value} is not predicted by itself")


def _absorbed_bytes(arch: Architecture) -> int:
    """What vLLM 0.7 multiplied out beforehand, 16-bit, for every layer with latent attention (VLLM_MLA_PERFORM_MATRIX_ABSORPTION, on by
    default): queries with the keys' unfolding and their rotated part (W_Q_UK, W_QR), values' unfolding with the output (W_UV_O).
    """
    heads, read = arch.num_attention_heads, arch.q_lora_rank or arch.hidden_size
    queries = read * heads * (arch.kv_lora_rank + arch.qk_rope_head_dim)
    return 2 * arch.num_hidden_layers * (queries + heads * arch.kv_lora_rank * arch.hidden_size) if arch.kv_lora_rank else 0


def _pool(record: Mapping[str, Any], scenario: Scenario) -> int:
    """Cache of the tokens that the record states, else what the card named leaves for it."""
    tokens = _stated_tokens(record)
    if tokens:
        if scenario.architecture.kv_lora_rank and _version(record["run"]) == (0, 7):
            width = ceil_div(scenario.architecture.kv_lora_rank + scenario.architecture.qk_rope_head_dim, _LATENT_ALIGNMENT)
            return 2 * tokens * scenario.architecture.num_hidden_layers * width * _LATENT_ALIGNMENT
        return kv_cache_bytes(scenario, tokens)
    return kv_pool_bytes(scenario, card_bytes(record), _share(record))


def _stated_tokens(record: Mapping[str, Any]) -> int | None:
    text = f"{record['measured'].get('what')} {record.get('note')}".replace(",", "")
    found = re.search(r"(\d{3,}) tokens", text)
    if found is not None:
        return int(found[1])
    blocks = re.search(r"(\d{2,}) ?(?:CUDA |GPU )?blocks|blocks:? (\d{2,})", text)
    return 16 * int(blocks[1] or blocks[2]) if blocks is not None else None


def _share(record: Mapping[str, Any]) -> float:
    run = record["run"]
    stated = run.get("gpu_memory_utilization") or run.get("mem_fraction_static")
    found = re.search(
        r"(?:util\w*|mem_fraction\w*)\D{0,3}(0\.\d+)", f"{(record.get('hardware') or {}).get('gpu')} {record['measured'].get('what')}"
    )
    share = float(stated) if stated else float(found[1]) if found is not None else _DEFAULT_SHARE[Runtime(run["engine"])]
    if not 0 < share <= 1:
        raise UnsupportedError(f"{share} of a card is no share")
    return share


def card_bytes(record: Mapping[str, Any]) -> int:
    """What torch reports of the card: as stated in GiB, else what the catalogue holds usable of the card of that name."""
    card = str((record.get("hardware") or {}).get("gpu") or "")
    stated = re.search(r"(\d+(?:\.\d+)?) ?GiB", card)
    if stated is not None:
        return int(float(stated[1]) * GIB)
    found = find_gpu(load_gpus(_GPUS), _card_words(record))
    if found is None:
        raise UnsupportedError("the pool is what a card leaves, and the record names no card that is known")
    return found.usable_bytes


def _exllama_total(run: Mapping[str, Any], arch: Architecture, component: str) -> int:
    """Layers at the bits that the name states and the head at 6, as the converter has it; the embedding stays with the CPU; cache at its
    bits, quantized with a 16-bit scale for 32 values; one step of 2048 tokens (chunk_size); the context.
    """
    found = re.search(r"(\d+(?:\.\d+)?) ?bpw", str(run.get("weight_format")))
    if component != "total" or found is None:
        raise UnsupportedError(f"{component} of exllamav3 in {str(run.get('weight_format'))[:40]} is not modelled")
    text = str(run.get("kv_dtype") or "fp16").lower()
    widths = [float(bits) for bits in re.findall(r"q(\d)", text)]
    cached = sum(bits + 0.5 for bits in widths) / len(widths) if widths else 16.0
    scenario = validated(Scenario, architecture=arch, runtime=Runtime.VLLM, context_length=max(128, run["context"]))
    embedding = arch.vocab_size * arch.hidden_size
    layers = served_weight_bytes(arch, Format.BF16) // 2 - embedding * (1 if arch.tie_word_embeddings else 2)
    cache = kv_cache_bytes(scenario, (run.get("batch") or 1) * int(run["context"]))
    weights = (layers * float(found[1]) + 6 * embedding) / 8
    step = scenario.evolve(max_num_seqs=1)
    return int(weights + cache * cached / 16) + activation_peak_bytes(step) + CUDA_CONTEXT_BYTES
