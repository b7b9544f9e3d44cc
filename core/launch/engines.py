"""Options of the engines that serve: ``vllm serve``, SGLang's server and llama-server, there and back."""

import json
import re
from typing import Any

from core.launch.options import Launcher, LaunchLine, Names, Options, sizes
from core.memory import Attention, Format, Parallelism, Runtime, Scenario, Sharding, Task
from core.memory.scenario import MAX_BATCH_SIZE, MAX_CONTEXT_LENGTH, MAX_SPECULATIVE_TOKENS
from core.spread_config import CannotSayError, whole

_VLLM_SIZES: Names = {
    "tensor_parallel_size": ("--tensor-parallel-size", "-tp"),
    "pipeline_parallel_size": ("--pipeline-parallel-size", "-pp"),
    "data_parallel_size": ("--data-parallel-size", "-dp"),
}
_SGLANG_SIZES: Names = {
    "tensor_parallel_size": ("--tp-size", "--tp", "--tensor-parallel-size"),
    "pipeline_parallel_size": ("--pp-size", "--pp", "--pipeline-parallel-size"),
    "data_parallel_size": ("--dp-size", "--dp", "--data-parallel-size"),
    "expert_parallel_size": ("--ep-size", "--ep", "--expert-parallel-size"),
}
_VLLM_QUANTIZATION = {Format.AWQ_INT4: "awq", Format.GPTQ_INT4: "gptq", Format.FP8: "fp8", Format.NF4: "bitsandbytes"}
#: What a checkpoint says of itself; no option makes an engine load them.
_BY_CHECKPOINT = frozenset({Format.GPTQ_INT8, Format.FP8_BLOCK, Format.MXFP4, Format.NVFP4})
_DTYPES = {Format.BF16: "bfloat16", Format.FP16: "float16", Format.FP32: "float32"}
_ONE = {"tensor_parallel_size": 1, "pipeline_parallel_size": 1, "data_parallel_size": 1, "expert_parallel_size": 1}
_BLANK: dict[str, Any] = {"task": Task.INFERENCE, "context_parallel_size": 1, "gpus": (), "layers_per_stage": (), "sharding": Sharding.NONE}


def _serves(scenario: Scenario, runtime: Runtime) -> None:
    if scenario.task is not Task.INFERENCE or scenario.runtime is not runtime:
        raise CannotSayError(f"the line of {runtime.value} is for inference in {runtime.value}")


def to_vllm(scenario: Scenario, model: str) -> list[str]:
    _serves(scenario, Runtime.VLLM)
    words = ["vllm", "serve", model, "--max-model-len", str(scenario.context_length)]
    words += ["--max-num-seqs", str(scenario.max_num_seqs), "--max-num-batched-tokens", str(scenario.max_num_batched_tokens)]
    words += _written_sizes(scenario, _VLLM_SIZES)
    words += ["--enable-expert-parallel"] if scenario.parallel.expert_parallel_size > 1 else []
    words += _written_format(scenario) + (["--kv-cache-dtype", "fp8"] if scenario.kv_cache is Format.FP8 else [])
    if scenario.speculative_tokens:
        words += ["--speculative-config", json.dumps({"method": "mtp", "num_speculative_tokens": scenario.speculative_tokens})]
    return words if scenario.cuda_graphs else [*words, "--enforce-eager"]


def _read_vllm_drafts(options: Options) -> dict[str, Any]:
    """``--speculative-config``, as JSON or key by key; a draft model of its own, or another way to draft, is left as not understood."""
    named = {key: options.take(f"--speculative-config.{key}") for key in ("method", "num_speculative_tokens")}
    text = options.take("--speculative-config", "-sc")
    try:
        told = json.loads(text) if text and len(text) < MAX_JSON_CHARACTERS else None
    except (ValueError, RecursionError):
        told = None
    found = told if isinstance(told, dict) else named
    method, count = found.get("method"), whole(str(found.get("num_speculative_tokens")), 1, MAX_SPECULATIVE_TOKENS)
    if isinstance(method, str) and method.endswith("mtp") and "model" not in found and count:
        return {"speculative_tokens": count}
    if text is not None or any(value is not None for value in named.values()):
        options.leave("--speculative-config")
    return {"speculative_tokens": 0}


#: More than any configuration of speculative decoding has.
MAX_JSON_CHARACTERS = 2000


def _written_sizes(scenario: Scenario, names: Names) -> list[str]:
    words: list[str] = []
    for field, (name, *_) in names.items():
        size = getattr(scenario.parallel, field)
        words += [name, str(size)] if size > 1 else []
    return words


def _written_format(scenario: Scenario) -> list[str]:
    if scenario.kv_cache not in (Format.BF16, Format.FP16, Format.FP8):
        raise CannotSayError(f"no option gives it a cache in {scenario.kv_cache.value}")
    if scenario.weights in _DTYPES:
        return ["--dtype", _DTYPES[scenario.weights]]
    if scenario.weights in _VLLM_QUANTIZATION:
        return ["--quantization", _VLLM_QUANTIZATION[scenario.weights]]
    if scenario.weights in _BY_CHECKPOINT:
        return []
    raise CannotSayError(f"no option makes it load {scenario.weights.value}")


def _read_format(options: Options) -> dict[str, Any]:
    dtype, quantization = options.take("--dtype"), options.take("--quantization", "-q")
    cache = options.take("--kv-cache-dtype") or ""
    changes: dict[str, Any] = {"kv_cache": Format.FP8 if cache.startswith("fp8") else Format.BF16}
    known = {
        "awq": Format.AWQ_INT4,
        "awq_marlin": Format.AWQ_INT4,
        "gptq": Format.GPTQ_INT4,
        "gptq_marlin": Format.GPTQ_INT4,
        "fp8": Format.FP8,
        "bitsandbytes": Format.NF4,
    }
    types = {name: fmt for fmt, name in _DTYPES.items()} | {"half": Format.FP16, "auto": Format.BF16}
    weights = known.get(quantization or "") or types.get(dtype or "")
    return changes | ({"weights": weights} if weights is not None else {})


def is_vllm_image(word: str) -> bool:
    """Whether ``word`` names vLLM's image for containers, whose arguments are those of the server."""
    return "vllm-openai" in word.partition(":")[0]


def from_vllm(words: list[str]) -> LaunchLine:
    image = next((number + 1 for number, word in enumerate(words) if is_vllm_image(word)), 0)
    options = Options(words[image or next((number + 1 for number, word in enumerate(words) if word in ("serve", "-m")), 0) :])
    changes = _BLANK | _ONE | {"runtime": Runtime.VLLM} | sizes(options, _VLLM_SIZES)
    changes |= sizes(options, {"context_length": ("--max-model-len",)}, MAX_CONTEXT_LENGTH)
    changes |= sizes(options, {"max_num_seqs": ("--max-num-seqs",)}, MAX_BATCH_SIZE)
    tokens = options.size("--max-num-batched-tokens", high=MAX_CONTEXT_LENGTH)
    changes |= {"max_num_batched_tokens": tokens} if tokens else {}
    if options.flag("--enable-expert-parallel"):
        changes["expert_parallel_size"] = changes["tensor_parallel_size"] * changes["data_parallel_size"]
    changes |= _read_format(options) | _read_vllm_drafts(options) | {"cuda_graphs": not options.flag("--enforce-eager")}
    model = options.take("--model") or next((word for word in options.plain if not word.startswith("vllm.")), "")
    return LaunchLine(Launcher.VLLM, model, changes, options.left())


def to_sglang(scenario: Scenario, model: str) -> list[str]:
    _serves(scenario, Runtime.SGLANG)
    words = ["python", "-m", "sglang.launch_server", "--model-path", model, "--context-length", str(scenario.context_length)]
    words += ["--max-running-requests", str(scenario.max_num_seqs), "--chunked-prefill-size", str(scenario.max_num_batched_tokens)]
    words += _sglang_sizes(scenario.parallel) + _written_format(scenario)
    words += ["--kv-cache-dtype", "fp8_e5m2"] if scenario.kv_cache is Format.FP8 else []
    drafts = scenario.speculative_tokens
    if drafts:
        words += ["--speculative-algorithm", "NEXTN", "--speculative-num-steps", str(drafts)]
        words += ["--speculative-eagle-topk", "1", "--speculative-num-draft-tokens", str(drafts + 1)]
    return words if scenario.cuda_graphs else [*words, "--disable-cuda-graph"]


def _sglang_sizes(parallel: Parallelism) -> list[str]:
    """Replicas that share experts are SGLang's data parallel attention, whose ``--tp-size`` counts them too."""
    sizes = {field: getattr(parallel, field) for field in _SGLANG_SIZES}
    together = parallel.expert_parallel_size > 1 and parallel.data_parallel_size > 1
    if together:
        sizes["tensor_parallel_size"] *= parallel.data_parallel_size
    words = [word for field, size in sizes.items() if size > 1 for word in (_SGLANG_SIZES[field][0], str(size))]
    return [*words, "--enable-dp-attention"] if together else words


def _read_sglang_sizes(options: Options) -> dict[str, Any]:
    found = _ONE | sizes(options, _SGLANG_SIZES)
    if options.flag("--enable-dp-attention"):
        every, replicas = found["tensor_parallel_size"], found["data_parallel_size"]
        if every % replicas == 0 and found["expert_parallel_size"] == every:
            return found | {"tensor_parallel_size": every // replicas}
        options.leave("--enable-dp-attention")
        return found | {"data_parallel_size": 1}
    return found


def _read_sglang_drafts(options: Options) -> dict[str, Any]:
    """A chain of drafts by the model's own heads (NEXTN, which is another name of EAGLE where no draft model is named); 3 where no number
    is given, as SGLang takes then. Trees and other ways are left as not understood.
    """
    algorithm = options.take("--speculative-algorithm", "--speculative-algo")
    steps = options.size("--speculative-num-steps", high=MAX_SPECULATIVE_TOKENS)
    width, rows = options.size("--speculative-eagle-topk"), options.size("--speculative-num-draft-tokens")
    if algorithm is None:
        return {"speculative_tokens": 0}
    of_model = options.has("--speculative-draft-model-path", "--speculative-draft")
    chain = width in (None, 1) and (rows is None or rows == (steps or 3) + 1)
    if algorithm.upper() in ("NEXTN", "EAGLE") and chain and not of_model:
        return {"speculative_tokens": steps or 3}
    options.leave("--speculative-algorithm")
    return {"speculative_tokens": 0}


def from_sglang(words: list[str]) -> LaunchLine:
    options = Options(words[words.index("sglang.launch_server") + 1 :] if "sglang.launch_server" in words else words)
    changes = _BLANK | {"runtime": Runtime.SGLANG} | _read_sglang_sizes(options)
    changes |= sizes(options, {"context_length": ("--context-length",)}, MAX_CONTEXT_LENGTH)
    changes |= sizes(options, {"max_num_seqs": ("--max-running-requests",)}, MAX_BATCH_SIZE)
    tokens = options.size("--chunked-prefill-size", high=MAX_CONTEXT_LENGTH)
    changes |= {"max_num_batched_tokens": tokens} if tokens else {}
    changes |= _read_format(options) | _read_sglang_drafts(options) | {"cuda_graphs": not options.flag("--disable-cuda-graph")}
    return LaunchLine(Launcher.SGLANG, options.take("--model-path", "--model") or "", changes, options.left())


# ---- llama.cpp

_CACHE_TYPES = {
    Format.BF16: "bf16",
    Format.FP16: "f16",
    Format.FP32: "f32",
    Format.Q8_0: "q8_0",
    Format.Q4_0: "q4_0",
    Format.Q4_1: "q4_1",
    Format.Q5_0: "q5_0",
    Format.Q5_1: "q5_1",
    Format.IQ4_NL: "iq4_nl",
}
#: What ``--tensor-split`` is scaled to where its shares are no whole numbers.
_SHARES = 1000


def to_llama_cpp(scenario: Scenario, model: str) -> list[str]:
    _serves(scenario, Runtime.LLAMA_CPP)
    parallel = scenario.parallel
    words = ["llama-server", "-m", f"{model}-{scenario.weights.value}.gguf", "-c", str(scenario.batch_size * scenario.context_length)]
    words += ["-np", str(scenario.batch_size), "-ub", str(scenario.ubatch_size)]
    if scenario.kv_cache not in _CACHE_TYPES:
        raise CannotSayError(f"llama.cpp has no cache type {scenario.kv_cache.value}")
    cache = _CACHE_TYPES[scenario.kv_cache]
    words += ["--cache-type-k", cache, "--cache-type-v", cache]
    words += ["-ngl", str(scenario.n_gpu_layers)] + (["--n-cpu-moe", str(scenario.n_cpu_moe)] if scenario.n_cpu_moe else [])
    if parallel.world_size > 1:
        words += ["--split-mode", "row" if parallel.tensor_parallel_size > 1 else "layer"]
        shares = parallel.layers_per_stage or (1,) * parallel.world_size
        words += ["--tensor-split", ",".join(map(str, shares))]
    return [*words, "--flash-attn", "on" if scenario.attention is Attention.SDPA else "off"]


def from_llama_cpp(words: list[str]) -> LaunchLine:
    options = Options(words[1:])
    changes = _BLANK | _ONE | {"runtime": Runtime.LLAMA_CPP}
    sequences = options.size("-np", "--parallel", high=4096) or 1
    context = options.size("-c", "--ctx-size", high=10**10)
    changes["batch_size"] = sequences
    changes |= {"context_length": context // sequences} if context and context // sequences >= 128 else {}
    changes |= sizes(options, {"ubatch_size": ("-ub", "--ubatch-size")})
    layers = options.take("-ngl", "--gpu-layers", "--n-gpu-layers")
    wanted = whole(layers, 0, 10**5)  # "all" and "auto" too mean all that fit
    changes["n_gpu_layers"] = wanted if wanted is not None else 10**5
    every = 10**5 if options.flag("--cpu-moe", "-cmoe") else 0
    changes["n_cpu_moe"] = options.size("--n-cpu-moe", "-ncmoe", high=10**5) or every
    keys, values = options.take("--cache-type-k", "-ctk"), options.take("--cache-type-v", "-ctv")
    types = {name: fmt for fmt, name in _CACHE_TYPES.items()}
    if keys == values and keys in types:
        changes["kv_cache"] = types[keys]
    changes |= _read_split(options)
    if _experts_overridden(options):
        changes["n_cpu_moe"] = 10**5
    flash = options.take("-fa", "--flash-attn")
    changes["attention"] = Attention.EAGER if flash in ("off", "0", "false") else Attention.SDPA
    file = (options.take("-m", "--model") or "").rpartition("/")[2].removesuffix(".gguf")
    named = max((fmt for fmt in Format if file.lower().endswith(f"-{fmt.value}")), key=lambda fmt: len(fmt.value), default=None)
    if named is not None:
        changes["weights"] = named
        file = file[: -len(named.value) - 1]
    return LaunchLine(Launcher.LLAMA_CPP, file, changes, options.left())


def _read_split(options: Options) -> dict[str, Any]:
    """``--split-mode`` and ``--tensor-split``; by tensor, with the cache divided too, is left as not understood."""
    mode, split = options.take("--split-mode", "-sm") or "layer", options.take("--tensor-split", "-ts")
    if mode == "tensor":
        options.leave("--split-mode")
    shares = [float(share) for share in (split or "").split(",") if re.fullmatch(r"\d{1,5}(\.\d{1,7})?", share.strip())][:1024]
    if len(shares) < 2 or mode not in ("layer", "row") or not any(shares):
        return {}
    if mode == "row":
        return {"tensor_parallel_size": len(shares)}
    whole_shares = all(share == int(share) for share in shares)
    layers = tuple(round(share if whole_shares else share / max(shares) * _SHARES) for share in shares)
    return {"pipeline_parallel_size": len(shares)} | ({"layers_per_stage": layers} if len(set(layers)) > 1 else {})


def _experts_overridden(options: Options) -> bool:
    """Whether ``--override-tensor`` leaves the experts of all layers to the host: ``exps=CPU``, or a pattern that names no layers. It is
    looked at, not matched: a pattern may take for ever. Others are left as not understood.
    """
    override = options.take("-ot", "--override-tensor")
    if override is None:
        return False
    pattern, _, place = override.rpartition("=")
    every = "exps" in pattern and "," not in pattern and not re.search(r"blk\\?\.\(?\[?\d", pattern)
    if every and place.upper() == "CPU":
        return True
    options.leave("--override-tensor")
    return False
