"""Published runs on several GPUs: how they were spread, and which GPU's memory was stated."""

import re
from collections.abc import Mapping
from typing import Any

from core.evidence.records import UnsupportedError
from core.memory import Device
from core.memory.runtime import CUDA_CONTEXT_BYTES, EAGER_CUDA_CONTEXT_BYTES

#: What sources call ways of sharding, by a part of the name in letters and figures alone; the first that occurs counts.
_SHARDINGS = (
    ("noshard", "none"),
    ("fsdp2hybrid", "fsdp2-hybrid"),
    ("hsdp", "fsdp2-hybrid"),
    ("hybrid", "fsdp-hybrid"),
    ("gradop", "fsdp-grad-op"),
    ("fsdp2", "fsdp2"),
    ("fsdp", "fsdp"),
    ("distributedopt", "megatron"),
    ("distopt", "megatron"),
    ("zero3", "zero3"),
    ("zero2", "zero2"),
    ("zero1", "zero1"),
    ("stage3", "zero3"),
    ("stage2", "zero2"),
    ("stage1", "zero1"),
    ("ddp", "none"),
)


def is_on_several(record: Mapping[str, Any]) -> bool:
    hardware = record.get("hardware")
    return isinstance(hardware, dict) and (hardware.get("n_gpus") or 1) != 1


def is_training_on_several(record: Mapping[str, Any]) -> bool:
    return record["task"] == "training" and is_on_several(record)


def framework_of(record: Mapping[str, Any]) -> str:
    """The framework's name, without its release."""
    return str(record["run"].get("framework") or "?").split()[0].lower()


def sum_over(record: Mapping[str, Any]) -> int:
    """How many GPUs the stated figure adds up."""
    return int(record["hardware"]["n_gpus"]) if record["measured"].get("per_gpu") is False else 1


def changes_on_several(record: Mapping[str, Any]) -> dict[str, Any]:
    """What is different from the same run on one GPU: how it is spread, and what its framework does only then."""
    run = record["run"]
    framework, note = str(run.get("framework")).lower(), str(record.get("note") or "")
    full = str(run["method"]).lower().startswith("full")
    if "real lengths <" in note:
        raise UnsupportedError("its sequences are shorter than the length it states")
    changes = parallel_fields(record)
    if "fms" in framework and re.search(r"(bf16|fp16)=true", note.lower()):
        # accelerate: FSDP's mixed precision over fp32 weights where they are trained, autocast around adapters
        changes |= {"recipe": "mixed"} if full else {"autocast": True}
    if "torchtitan" in framework:  # it compiles layers, not the loss
        compiled = "compile" in str(run.get("chunked_loss/liger") or "")
        changes |= {"recipe": "mixed", "optimizer_implementation": "fused", "fused_kernels": compiled, "loss": "plain"}
        changes |= {"fused_mlp": compiled, "fp32_gradients": True, "shard_embeddings_apart": True}
        if compiled and re.search(r"_2025\d\d_", str(record.get("source"))):
            changes |= {"loss": "fused"}  # it compiles the loss too since
        changes |= {"sync_each_batch": changes["pipeline_parallel_size"] == 1}
        if changes["pipeline_parallel_size"] > 1:
            changes |= _torchtitan_pipeline(record, changes["pipeline_parallel_size"])
    if "torchtune" in framework:  # its recipes for several GPUs; its NF4 scales its scales
        changes |= {"shard_embeddings_apart": True, "fsdp_activation_checkpointing": True}
        if "nf4" in str(run.get("weight_dtype")):
            changes |= {"weights": "nf4-double"}
    if is_megatron(framework):  # a vocabulary-parallel loss that writes the gradient over the logits
        changes |= {"recipe": "mixed", "fused_kernels": True, "fused_mlp": True, "loss": "fused"}
        changes |= {"sequence_parallel": changes["tensor_parallel_size"] > 1}
        changes |= {"fp8_linears": "fp8 current-scaling" in str(run.get("weight_dtype")).lower()}
    if "colossal" in framework:
        changes |= {"transformers_release": "before-4.45", "keep_outputs": True}  # its loops hold them (coati/trainer)
    if "fsdp_qlora" in framework:  # FSDP's own wrapper; torch's bf16 for adapters too
        changes |= {"fsdp_activation_checkpointing": True, "lora_bits": 16}
    if "deepspeed" in framework:
        changes |= {"recipe": "mixed"}
    if "litgpt" in framework and not full:
        changes |= {"sharding": "fsdp-grad-op"}  # torch 2.1 did not divide frozen units again
    return changes


def _torchtitan_pipeline(record: Mapping[str, Any], stages: int) -> dict[str, Any]:
    """Its defaults: as many micro-batches as GPUs in the pipeline (``pipeline_parallel_microbatches``), two pieces of the model on each
    where the schedule is interleaved, layers that are left over to the pieces between the first and the last (``generate_split_points``).
    """
    note = str(record.get("note") or "")
    pieces = 2 if "interleaved" in note.lower() else 1
    each, more = divmod(int(record["model"]["layers"]), stages * pieces)
    layers = [each + (0 < place <= more) for place in range(stages * pieces)]
    found: dict[str, Any] = {
        "virtual_pipeline_parallel_size": pieces,
        "layers_per_stage": tuple(sum(layers[stage::stages]) for stage in range(stages)),
    }
    local = re.search(r"local batch (\d+) ", note)
    if local and "microbatch size not stated" in note:
        found |= {"batch_size": int(local[1]) // stages, "num_microbatches": stages}
    return found


def parallel_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """How the run of ``record`` was spread, as fields of Parallelism. Raises UnsupportedError where it is not said."""
    hardware, run = record["hardware"], record["run"]
    sizes = {name: int(hardware.get(short) or 1) for name, short in _SIZES.items()}
    known = sizes["tensor_parallel_size"] * sizes["pipeline_parallel_size"] * sizes["context_parallel_size"]
    if not hardware.get("dp"):
        sizes["data_parallel_size"] = max(1, int(hardware["n_gpus"]) // known)
    if known * sizes["data_parallel_size"] != int(hardware["n_gpus"]):
        raise UnsupportedError("the parallel sizes do not multiply to the number of GPUs")
    stated = re.sub(r"[^a-z0-9]", "", str(hardware.get("zero_stage/fsdp") or "none").lower())
    sharding = next((name for part, name in _SHARDINGS if part in stated), "none")
    framework = str(run.get("framework")).lower()
    of_megatron = is_megatron(framework)
    if of_megatron and sharding in ("zero1", "none"):
        sharding = "megatron"
    note = str(record.get("note") or "")
    virtual = re.search(r"VPP=(\d+)", note)
    offload = str(run.get("cpu_offload") or "")
    in_pipeline = re.search(r"local batch (\d+) = microbatches", note)
    accumulated = int(in_pipeline[1] if in_pipeline else run.get("grad_accum") or 1)
    fields = {
        **sizes,
        "sharding": sharding,
        "sequence_parallel": bool(hardware.get("sp")),
        "num_microbatches": accumulated,
        "virtual_pipeline_parallel_size": int(virtual[1]) if virtual else 1,
        # experts are whole in its recipes
        "expert_tensor_parallel_size": int(hardware.get("etp") or (1 if of_megatron and sizes["expert_parallel_size"] > 1 else 0)),
        **_recompute(str(run.get("grad_checkpointing") or ""), framework),
        # its buffers of gradients are fp32 but in recipes for FP8
        "fp32_gradients": sharding == "megatron" and "fp8" not in str(run.get("weight_dtype")).lower(),
    }
    if "activation" in offload:
        fields |= {"offload_activations": "cpu"}
    if "param" in offload:
        fields |= {"offload_parameters": "cpu", "offload_optimizer": "cpu"}
    elif offload and offload != "activations":
        fields |= {"offload_optimizer": "cpu"}
    return fields


def context_beyond(record: Mapping[str, Any]) -> int:
    """Bytes that the CUDA context of the run takes beyond today's: its driver loads every kernel when the process starts.

    Lazy loading asks for CUDA 11.7 and its driver, 515 (CUDA programming guide, "Lazy Loading"); FlagPerf's PaddleNLP runs had 470.129
    (their README), and PaddlePaddle alone took 713 and 840 MB on such drivers (its issues 24753 and 27795).
    """
    loads_all = "paddlenlp" in str(record["run"].get("framework")).lower()
    return EAGER_CUDA_CONTEXT_BYTES - CUDA_CONTEXT_BYTES if loads_all else 0


def is_megatron(framework: str) -> bool:
    """Whether the framework is Megatron-Core or built on it."""
    return "megatron" in framework or "nemo" in framework


_SIZES = {
    "data_parallel_size": "dp",
    "tensor_parallel_size": "tp",
    "pipeline_parallel_size": "pp",
    "context_parallel_size": "cp",
    "expert_parallel_size": "ep",
}


def _recompute(stated: str, framework: str) -> dict[str, Any]:
    """What is computed again beyond whole layers, or in groups of more than one."""
    grouped = re.search(r"(uniform|block)\D{0,3}(\d+)", stated)
    if grouped and (grouped[1] == "block" or int(grouped[2]) > 1):
        return {"gradient_checkpointing": False, "recompute": grouped[1], "recompute_num_layers": int(grouped[2])}
    if "selective" not in stated:
        return {}
    if "mlp" in stated:
        return {"recompute": "mlp"}
    return {"recompute": "operations" if "torchtitan" in framework else "selective"}


def stated_device(record: Mapping[str, Any], devices: tuple[Device, ...]) -> Device:
    """The GPU whose memory ``record`` states: of the stage it names, of the last rank where a framework logs that, else the fullest."""
    remarks = f"{record['measured'].get('what')} {record.get('note')}"
    named = re.search(r"\bstage (\d+) of \d+", remarks)
    if re.search(r"\blast rank\b", remarks):
        return devices[-1]
    if named:
        index = int(named[1])
        return [device for device in devices if device.stage <= index][-1]
    return max(devices, key=lambda device: device.total_bytes)
