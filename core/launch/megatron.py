"""Megatron-LM's options (megatron/training/arguments.py), there and back."""

import re
from typing import Any

from core.launch.options import Launcher, LaunchLine, Options, sizes
from core.memory import Architecture, Format, Method, Offload, Optimizer, Recipe, Recompute, Scenario, Sharding, Task
from core.memory.architecture import MAX_PREDICTION_HEADS, Activation, Norm, Position
from core.memory.division import layers_of_stages
from core.memory.scenario import MAX_CONTEXT_LENGTH
from core.spread_config import CannotSayError

#: Options of the model's shape, which its name says here: with a value, and without.
_SHAPE = (
    "hidden-size",
    "ffn-hidden-size",
    "num-attention-heads",
    "num-query-groups",
    "kv-channels",
    "max-position-embeddings",
    "position-embedding-type",
    "normalization",
    "num-experts",
    "moe-router-topk",
    "moe-ffn-hidden-size",
    "moe-layer-freq",
    "moe-shared-expert-intermediate-size",
    "q-lora-rank",
    "kv-lora-rank",
    "qk-head-dim",
    "qk-pos-emb-head-dim",
    "v-head-dim",
    "tokenizer-type",
    "vocab-size",
)
_SHAPE_FLAGS = (
    "group-query-attention",
    "swiglu",
    "disable-bias-linear",
    "add-qkv-bias",
    "qk-layernorm",
    "untie-embeddings-and-output-weights",
    "multi-latent-attention",
)


def to_megatron(scenario: Scenario, model: str) -> list[str]:
    arch, parallel = scenario.architecture, scenario.parallel
    if scenario.task is not Task.TRAINING or scenario.method is not Method.FULL:
        raise CannotSayError("Megatron-LM’s line is for full training")
    if arch.layer_runs:
        raise CannotSayError("Megatron-LM’s line has one shape for all layers")
    if parallel.sharding not in (Sharding.NONE, Sharding.MEGATRON):
        raise CannotSayError(f"Megatron-LM’s line has no {parallel.sharding.value}")
    if parallel.offload_parameters is not Offload.NONE or parallel.offload_activations is not Offload.NONE:
        raise CannotSayError("Megatron-LM offloads the optimizer only")
    if scenario.recipe not in (Recipe.MIXED, Recipe.FP32):
        raise CannotSayError(f"Megatron-LM has no recipe {scenario.recipe.value}")
    node = min(parallel.gpus_per_node, parallel.world_size)
    if parallel.world_size % node:
        raise CannotSayError("torchrun’s machines have as many GPUs each")
    words = ["torchrun", "--nproc-per-node", str(node), "--nnodes", str(parallel.world_size // node), "pretrain_gpt.py"]
    for name, value in (
        ("num-layers", arch.num_hidden_layers),
        ("hidden-size", arch.hidden_size),
        ("ffn-hidden-size", arch.intermediate_size),
        ("num-attention-heads", arch.num_attention_heads),
        ("num-query-groups", arch.num_key_value_heads),
        ("kv-channels", arch.head_dim),
        ("vocab-size", arch.vocab_size),
        ("seq-length", scenario.context_length),
        ("max-position-embeddings", max(scenario.context_length, arch.max_position_embeddings)),
        ("micro-batch-size", scenario.batch_size),
        ("global-batch-size", scenario.batch_size * parallel.num_microbatches * parallel.data_parallel_size),
        ("tensor-model-parallel-size", parallel.tensor_parallel_size),
        ("pipeline-model-parallel-size", parallel.pipeline_parallel_size),
        ("context-parallel-size", parallel.context_parallel_size),
    ):
        words += [f"--{name}", str(value)]
    words += _build(arch)
    if arch.num_experts:
        words += [*_experts(arch), "--expert-model-parallel-size", str(parallel.expert_parallel_size)]
    if parallel.expert_tensor_parallel_size:
        words += ["--expert-tensor-parallel-size", str(parallel.expert_tensor_parallel_size)]
    if scenario.mtp_num_layers:
        words += ["--mtp-num-layers", str(scenario.mtp_num_layers)]
    if parallel.virtual_pipeline_parallel_size > 1:
        words += ["--num-virtual-stages-per-pipeline-rank", str(parallel.virtual_pipeline_parallel_size)]
    words += ["--sequence-parallel"] if parallel.sequence_parallel else []
    words += ["--fp8-format", "hybrid", "--fp8-param-gather"] if parallel.fp8_linears else []
    words += ["--use-distributed-optimizer"] if parallel.sharding is Sharding.MEGATRON else []
    words += _megatron_stages(scenario) + _megatron_recompute(scenario)
    if parallel.offload_optimizer is not Offload.NONE:
        words += ["--optimizer-cpu-offload", "--optimizer-offload-fraction", str(parallel.offload_optimizer_percent / 100)]
    words += ["--optimizer", _megatron_optimizer(scenario.optimizer)]
    return [*words, *_megatron_precision(scenario), "--tokenizer-type", "HuggingFaceTokenizer", "--tokenizer-model", model]


def _megatron_precision(scenario: Scenario) -> list[str]:
    """With bf16 gradients are fp32 unless it is told otherwise, with fp16 the other way round."""
    if scenario.recipe is not Recipe.MIXED:
        return []
    wide = scenario.parallel.reduces_in_fp32
    if scenario.weights is Format.FP16:
        return ["--fp16", *(["--accumulate-allreduce-grads-in-fp32"] if wide else [])]
    return ["--bf16", *([] if wide else ["--grad-reduce-in-bf16"])]


def _build(arch: Architecture) -> list[str]:
    """The pieces of a layer, as far as there are options for them. Raises CannotSayError."""
    if arch.num_mixer_layers or arch.parallel_residual or arch.post_norms or arch.output_norms:
        raise CannotSayError("pretrain_gpt.py has no options for layers like this model’s")
    words = ["--normalization", "RMSNorm" if arch.norm is Norm.RMS else "LayerNorm"]
    words += ["--position-embedding-type", _POSITIONS[arch.position]] if arch.position in _POSITIONS else []
    for flag, wanted in (
        ("group-query-attention", arch.num_key_value_heads < arch.num_attention_heads),
        ("swiglu", arch.activation is Activation.GATED),
        ("disable-bias-linear", not arch.linear_bias),
        ("add-qkv-bias", arch.qkv_bias),
        ("qk-layernorm", arch.qk_norm),
        ("untie-embeddings-and-output-weights", not arch.tie_word_embeddings),
    ):
        words += [f"--{flag}"] if wanted else []
    if arch.kv_lora_rank:
        words += ["--multi-latent-attention", "--kv-lora-rank", str(arch.kv_lora_rank)]
        words += ["--q-lora-rank", str(arch.q_lora_rank)] if arch.q_lora_rank else []
        words += ["--qk-head-dim", str(arch.qk_nope_head_dim), "--qk-pos-emb-head-dim", str(arch.qk_rope_head_dim)]
        words += ["--v-head-dim", str(arch.v_head_dim)]
    return words


_POSITIONS = {Position.ROTARY: "rope", Position.LEARNED: "learned_absolute"}


def _experts(arch: Architecture) -> list[str]:
    words = ["--num-experts", str(arch.num_experts), "--moe-router-topk", str(arch.num_experts_per_tok)]
    words += ["--moe-ffn-hidden-size", str(arch.moe_intermediate_size)]
    if arch.shared_expert_intermediate_size:
        words += ["--moe-shared-expert-intermediate-size", str(arch.shared_expert_intermediate_size)]
    if arch.expert_layer_period > 1:
        words += ["--moe-layer-freq", str(arch.expert_layer_period)]
    elif arch.first_k_dense_replace:
        dense = arch.first_k_dense_replace
        words += ["--moe-layer-freq", f"([0]*{dense}+[1]*{arch.num_hidden_layers - dense})"]
    return words


def _megatron_optimizer(optimizer: Optimizer) -> str:
    if optimizer in (Optimizer.ADAM, Optimizer.ADAMW):
        return "adam"
    if optimizer is Optimizer.SGD_MOMENTUM:
        return "sgd"
    raise CannotSayError(f"Megatron-LM has no optimizer {optimizer.value}")


def _megatron_stages(scenario: Scenario) -> list[str]:
    layers = layers_of_stages(scenario.architecture, scenario.parallel)
    if len(set(layers)) == 1:
        if layers[0] % scenario.parallel.virtual_pipeline_parallel_size:
            raise CannotSayError("Megatron-LM’s virtual stages have as many layers each")
        return []
    if scenario.parallel.virtual_pipeline_parallel_size > 1:
        raise CannotSayError("Megatron-LM’s virtual stages have as many layers each")
    if len(layers) > 2 and len(set(layers[1:-1])) > 1:
        raise CannotSayError("Megatron-LM’s options let only the first and last stage differ")
    return ["--decoder-first-pipeline-num-layers", str(layers[0]), "--decoder-last-pipeline-num-layers", str(layers[-1])]


def _megatron_recompute(scenario: Scenario) -> list[str]:
    parallel = scenario.parallel
    every = ["--recompute-granularity", "full", "--recompute-method", "uniform", "--recompute-num-layers", "1"]
    if scenario.gradient_checkpointing:
        return every
    match parallel.recompute:
        case Recompute.SELECTIVE:
            return ["--recompute-granularity", "selective"]
        case Recompute.MLP:
            return ["--recompute-granularity", "selective", "--recompute-modules", "core_attn", "mlp"]
        case Recompute.UNIFORM | Recompute.BLOCK:
            words = ["--recompute-granularity", "full", "--recompute-method", parallel.recompute.value]
            return [*words, "--recompute-num-layers", str(parallel.recompute_num_layers)]
        case Recompute.OPERATIONS:
            raise CannotSayError("torchtitan’s selective checkpointing is not Megatron-LM’s")
        case Recompute.NONE:
            return []


def from_megatron(words: list[str]) -> LaunchLine:
    options = Options(words)
    changes: dict[str, Any] = {"task": Task.TRAINING, "method": Method.FULL, "gpus": (), "layers_per_stage": ()}
    nodes, node = options.size("--nnodes") or 1, options.size("--nproc-per-node", "--nproc_per_node", high=1024)
    changes |= {
        "tensor_parallel_size": options.size("--tensor-model-parallel-size") or 1,
        "pipeline_parallel_size": options.size("--pipeline-model-parallel-size") or 1,
        "context_parallel_size": options.size("--context-parallel-size") or 1,
        "expert_parallel_size": options.size("--expert-model-parallel-size") or 1,
        "expert_tensor_parallel_size": options.size("--expert-tensor-parallel-size") or 0,
        "virtual_pipeline_parallel_size": options.size("--num-virtual-stages-per-pipeline-rank") or 1,
        "mtp_num_layers": options.size("--mtp-num-layers", high=MAX_PREDICTION_HEADS) or 0,
        "sequence_parallel": options.flag("--sequence-parallel"),
        "fp8_linears": options.take("--fp8-format") in ("hybrid", "e4m3"),
        "sharding": Sharding.MEGATRON if options.flag("--use-distributed-optimizer") else Sharding.NONE,
    }
    inner = changes["tensor_parallel_size"] * changes["pipeline_parallel_size"] * changes["context_parallel_size"]
    replicas = max(1, nodes * (node or inner) // inner)
    changes |= {"data_parallel_size": replicas} | ({"gpus_per_node": node} if node and nodes > 1 else {})
    changes |= sizes(options, {"batch_size": ("--micro-batch-size",), "context_length": ("--seq-length",)}, MAX_CONTEXT_LENGTH)
    everything = options.size("--global-batch-size", high=10**9)
    changes["num_microbatches"] = max(1, (everything or 1) // (replicas * changes.get("batch_size", 1)))
    changes |= _read_recompute(options)
    offloaded, share = options.flag("--optimizer-cpu-offload"), options.take("--optimizer-offload-fraction")
    changes["offload_optimizer"] = Offload.CPU if offloaded else Offload.NONE
    if share is not None and re.fullmatch(r"[01](\.\d{1,6})?", share):
        changes["offload_optimizer_percent"] = min(100, round(100 * float(share)))
    half, brain = options.flag("--fp16"), options.flag("--bf16")
    narrow, wide = options.flag("--grad-reduce-in-bf16"), options.flag("--accumulate-allreduce-grads-in-fp32")
    reduced_in_fp32 = wide or (brain and not narrow)
    usual = reduced_in_fp32 is (changes["sharding"] is Sharding.MEGATRON) or not (half or brain)
    changes["fp32_gradients"] = None if usual else reduced_in_fp32
    changes |= {"recipe": Recipe.MIXED if half or brain else Recipe.FP32}
    changes["weights"] = Format.FP16 if half else Format.BF16 if brain else Format.FP32
    changes["optimizer"] = Optimizer.SGD_MOMENTUM if options.take("--optimizer") == "sgd" else Optimizer.ADAMW
    changes |= _read_stages(options, changes["pipeline_parallel_size"])
    for shape in _SHAPE:
        options.take(f"--{shape}")
    for shape in _SHAPE_FLAGS:
        options.flag(f"--{shape}")
    options.flag("--fp8-param-gather")
    return LaunchLine(Launcher.MEGATRON, options.take("--tokenizer-model") or "", changes, options.left())


def _read_recompute(options: Options) -> dict[str, Any]:
    kind, method = options.take("--recompute-granularity"), options.take("--recompute-method")
    layers, modules = options.size("--recompute-num-layers", high=10**5), options.take("--recompute-modules")
    changes: dict[str, Any] = {"recompute": Recompute.NONE, "recompute_num_layers": 1, "gradient_checkpointing": False}
    if kind == "selective" or options.flag("--recompute-activations"):
        return changes | {"recompute": Recompute.MLP if modules is not None and "mlp" in options.plain else Recompute.SELECTIVE}
    if kind == "full" and method == "uniform" and (layers or 1) == 1:
        return changes | {"gradient_checkpointing": True}
    if kind == "full":
        return changes | {"recompute": Recompute.BLOCK if method == "block" else Recompute.UNIFORM, "recompute_num_layers": layers or 1}
    return changes


def _read_stages(options: Options, stages: int) -> dict[str, Any]:
    first = options.size("--decoder-first-pipeline-num-layers", high=10**5)
    last = options.size("--decoder-last-pipeline-num-layers", high=10**5)
    layers = options.size("--num-layers", high=10**5)
    if first is None or last is None or layers is None or stages < 2 or (stages > 2 and (layers - first - last) % (stages - 2)):
        return {}
    middle = (layers - first - last) // (stages - 2) if stages > 2 else 0
    return {"layers_per_stage": (first, *(middle,) * (stages - 2), last)} if middle >= 0 else {}
