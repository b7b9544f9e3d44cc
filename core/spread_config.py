"""How a run is spread over GPUs, in the words of DeepSpeed's JSON and accelerate's YAML, there and back.

Source: DeepSpeed's "Configuration JSON" (zero_optimization, with the defaults of its buckets) and accelerate 1.15's launcher,
FullyShardedDataParallelPlugin, DeepSpeedPlugin and ParallelismConfig: sizes beside replicas go with FSDP2 alone, ``limit_all_gathers`` has
no key, what is offloaded of activations are checkpoints under FSDP2.
"""

from collections.abc import Callable, Mapping
from typing import Any

from core.memory import ONE_GPU, Offload, Parallelism, Sharding
from core.memory.parallel import MAX_PARALLEL_SIZE
from core.memory.sharding import FSDP2

Config = Mapping[str, Any]
_ZERO = {1: Sharding.ZERO1, 2: Sharding.ZERO2, 3: Sharding.ZERO3}
_STAGE = {sharding: stage for stage, sharding in _ZERO.items()}
_BUCKETS = (
    "reduce_bucket_size",
    "allgather_bucket_size",
    "stage3_prefetch_bucket_size",
    "stage3_max_live_parameters",
    "stage3_param_persistence_threshold",
)
#: FSDP's strategies by their names and by their numbers.
_FSDP1 = {
    "FULL_SHARD": Sharding.FSDP,
    "1": Sharding.FSDP,
    "SHARD_GRAD_OP": Sharding.FSDP_GRAD_OP,
    "2": Sharding.FSDP_GRAD_OP,
    "NO_SHARD": Sharding.NONE,
    "3": Sharding.NONE,
    "HYBRID_SHARD": Sharding.FSDP_HYBRID,
    "4": Sharding.FSDP_HYBRID,
}
_FSDP1_NAMES = {Sharding.FSDP: "FULL_SHARD", Sharding.FSDP_GRAD_OP: "SHARD_GRAD_OP", Sharding.FSDP_HYBRID: "HYBRID_SHARD"}
#: Of FSDP's keys, those that say nothing about memory.
_FSDP_OTHERS = (
    "auto_wrap_policy",
    "transformer_layer_cls_to_wrap",
    "state_dict_type",
    "sync_module_states",
    "use_orig_params",
    "cpu_ram_efficient_loading",
    "min_num_params",
    "backward_prefetch",
    "backward_prefetch_policy",
)


class CannotSayError(ValueError):
    """A way to spread a run that the configuration has no words for."""


def whole(value: object, low: int, high: int) -> int | None:
    """``value`` as a whole number within bounds, however it is written; else None."""
    if isinstance(value, str) and (written := value.strip()).isdecimal() and len(written) < 20:
        value = int(written)  # what is stripped goes beyond what int() overlooks
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and low <= value <= high else None


def yes(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() in ("true", "yes", "1"))


# ---- DeepSpeed


def read_zero(zero: Config, unknown: Callable[[str], None]) -> dict[str, Any]:
    """Fields of a scenario that ``zero_optimization`` sets; keys that are not understood go to ``unknown``."""
    changes: dict[str, Any] = {}
    left = dict(zero)
    stage = whole(left.pop("stage", 0), 0, 3)
    if stage is None:
        unknown("zero_optimization.stage")
    else:
        changes["sharding"] = _ZERO.get(stage, Sharding.NONE)
    for key in _BUCKETS:
        if key in left:
            size = whole(left.pop(key), 0, 10**12)
            if size is not None:  # "auto": left to its default
                changes[key] = size
    overlaps = left.pop("overlap_comm", None)
    if stage:  # left to itself, stage 3 does
        changes["overlap_comm"] = yes(overlaps) if overlaps not in (None, "auto") else stage == 3
    changes |= {"offload_optimizer": Offload.NONE, "offload_parameters": Offload.NONE, "offload_optimizer_percent": 100}
    for key, field in (("offload_optimizer", "offload_optimizer"), ("offload_param", "offload_parameters")):
        part = left.pop(key, None)
        if isinstance(part, Mapping):
            changes[field] = _place(part.get("device"))
            share = part.get("ratio")
            if key == "offload_optimizer" and isinstance(share, (int, float)) and 0 <= share <= 1:
                changes["offload_optimizer_percent"] = round(100 * share)
    for key in (
        "contiguous_gradients",
        "reduce_scatter",
        "round_robin_gradients",
        "sub_group_size",
        "allgather_partitions",
    ):
        left.pop(key, None)
    left.pop("stage3_gather_16bit_weights_on_model_save", None)
    left.pop("stage3_max_reuse_distance", None)
    for key in left:
        unknown(f"zero_optimization.{key}")
    return changes


def write_zero(parallel: Parallelism) -> dict[str, Any]:
    """``zero_optimization`` of DeepSpeed. Raises CannotSayError."""
    _only_replicas(parallel, "DeepSpeed")
    if parallel.sharding not in (Sharding.NONE, *_STAGE):
        raise CannotSayError(f"DeepSpeed has no {parallel.sharding.value}")
    zero: dict[str, Any] = {"stage": _STAGE.get(parallel.sharding, 0)}
    zero |= {key: getattr(parallel, key) for key in _BUCKETS if getattr(parallel, key) != getattr(ONE_GPU, key)}
    if zero["stage"]:
        zero["overlap_comm"] = parallel.overlap_comm
    if parallel.offload_optimizer is not Offload.NONE:
        zero["offload_optimizer"] = _offloaded_to(parallel.offload_optimizer)
        if parallel.offload_optimizer_percent != 100:
            zero["offload_optimizer"]["ratio"] = parallel.offload_optimizer_percent / 100
    if parallel.offload_parameters is not Offload.NONE:
        zero["offload_param"] = _offloaded_to(parallel.offload_parameters)
    return zero


#: Where a disk is mounted is for the user to say.
NVME_PATH = "/local_nvme"


def _offloaded_to(place: Offload) -> dict[str, Any]:
    return {"device": place.value, "pin_memory": True} | ({"nvme_path": NVME_PATH} if place is Offload.NVME else {})


def _place(device: object) -> Offload:
    return Offload(device) if device in ("cpu", "nvme") else Offload.NONE


def _only_replicas(parallel: Parallelism, whose: str) -> None:
    if parallel.world_size != parallel.data_parallel_size or parallel.expert_parallel_size > 1:
        raise CannotSayError(f"{whose}’s file divides replicas only; tensor, pipeline, context and expert sizes are the launcher’s")
    if parallel.offload_activations is not Offload.NONE:
        raise CannotSayError(f"{whose} has no field for offloaded activations")


# ---- accelerate

#: Of DeepSpeed's plugin, those that say nothing about memory.
_PLUGIN_OTHERS = frozenset(
    {
        "gradient_clipping",
        "zero3_init_flag",
        "zero3_save_16bit_model",
        "deepspeed_multinode_launcher",
        "offload_optimizer_nvme_path",
        "offload_param_nvme_path",
    }
)
_SIZES = {
    "parallelism_config_tp_size": "tensor_parallel_size",
    "parallelism_config_cp_size": "context_parallel_size",
}
_SIZES_OTHERS = frozenset({"parallelism_config_cp_comm_strategy", "parallelism_config_cp_backend"})


def read_accelerate(config: Config, take: Callable[[str], Any], unknown: Callable[[str], None]) -> dict[str, Any]:
    """Fields of a scenario that an accelerate file sets about GPUs; ``take`` reads a key and marks it as read."""
    processes = whole(take("num_processes"), 1, MAX_PARALLEL_SIZE) or 1
    machines = whole(config.get("num_machines", 1), 1, MAX_PARALLEL_SIZE) or 1
    changes: dict[str, Any] = {"data_parallel_size": processes, "sharding": Sharding.NONE}
    changes |= {"offload_optimizer": Offload.NONE, "offload_parameters": Offload.NONE, "offload_activations": Offload.NONE}
    if machines > 1 and processes % machines == 0:
        changes["gpus_per_node"] = processes // machines
    kind = take("distributed_type")
    parts = {key: part for key in ("fsdp_config", "deepspeed_config", "parallelism_config", "megatron_lm_config") if (part := take(key))}
    fsdp, zero, sizes = (parts.get(key, {}) for key in ("fsdp_config", "deepspeed_config", "parallelism_config"))
    if kind == "FSDP" and isinstance(fsdp, Mapping):
        changes |= _read_fsdp(fsdp, unknown)
    elif kind == "DEEPSPEED" and isinstance(zero, Mapping):
        changes |= _read_plugin(zero, unknown)
    elif kind not in (None, "NO", "MULTI_GPU", "MULTI_CPU"):
        unknown(f"distributed_type {str(kind)[:20]}")
    if isinstance(sizes, Mapping) and sizes:
        changes |= _read_sizes(sizes, processes, changes.get("gpus_per_node", 0), unknown)
    return changes


def divides_states(config: Config) -> bool:
    """Whether an accelerate file has fp32 master weights divided, as FSDP and DeepSpeed keep them, rather than autocast."""
    return config.get("distributed_type") in ("FSDP", "DEEPSPEED")


def _read_fsdp(fsdp: Config, unknown: Callable[[str], None]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    left = {str(key).removeprefix("fsdp_"): value for key, value in fsdp.items()}
    for key in _FSDP_OTHERS:
        left.pop(key, None)
    version = whole(left.pop("version", 1), 1, 2)
    strategy = left.pop("sharding_strategy", None)
    reshard = left.pop("reshard_after_forward", True)
    if version == 2:
        changes["sharding"] = Sharding.FSDP2 if yes(reshard) else Sharding.FSDP2_GRAD_OP
    else:
        named = _FSDP1.get(str(strategy if strategy is not None else reshard).upper())
        changes["sharding"] = named if named is not None else Sharding.FSDP
    if yes(left.pop("offload_params", False)):
        changes |= {"offload_parameters": Offload.CPU, "offload_optimizer": Offload.CPU}
    changes["gradient_checkpointing"] = yes(left.pop("activation_checkpointing", False))
    if yes(left.pop("activation_checkpointing_offload", False)):
        changes["offload_activations"] = Offload.CPU
    changes["forward_prefetch"] = yes(left.pop("forward_prefetch", False))
    changes["limit_all_gathers"] = yes(left.pop("limit_all_gathers", True))
    for key in left:
        unknown(f"fsdp_{key}")
    return changes


def _read_plugin(plugin: Config, unknown: Callable[[str], None]) -> dict[str, Any]:
    changes: dict[str, Any] = {"sharding": _ZERO.get(whole(plugin.get("zero_stage"), 0, 3) or 0, Sharding.NONE)}
    changes["offload_optimizer"] = _place(plugin.get("offload_optimizer_device"))
    changes["offload_parameters"] = _place(plugin.get("offload_param_device"))
    steps = whole(plugin.get("gradient_accumulation_steps"), 1, 10**6)
    if steps is not None:
        changes["num_microbatches"] = steps
    said = {"zero_stage", "offload_optimizer_device", "offload_param_device", "gradient_accumulation_steps"}
    for key in plugin.keys() - said - _PLUGIN_OTHERS:
        unknown(f"deepspeed_config.{key}")
    return changes


def _read_sizes(sizes: Config, processes: int, gpus_per_node: int, unknown: Callable[[str], None]) -> dict[str, Any]:
    """Replicas are what is left of the processes; those that are whole copies make the sharding hybrid."""
    changes: dict[str, Any] = {field: whole(sizes.get(key, 1), 1, MAX_PARALLEL_SIZE) or 1 for key, field in _SIZES.items()}
    replicas = processes // (changes["tensor_parallel_size"] * changes["context_parallel_size"])
    changes["data_parallel_size"] = max(1, replicas)
    copies = whole(sizes.get("parallelism_config_dp_replicate_size", 1), 1, MAX_PARALLEL_SIZE) or 1
    shards = whole(sizes.get("parallelism_config_dp_shard_size", 1), 1, MAX_PARALLEL_SIZE) or 1
    if copies > 1 and shards > 1:
        changes |= {"sharding": Sharding.FSDP2_HYBRID, "shard_group_size": 0 if shards == gpus_per_node else shards}
    known = {*_SIZES, *_SIZES_OTHERS, "parallelism_config_dp_replicate_size", "parallelism_config_dp_shard_size"}
    for key in sizes.keys() - known:
        unknown(str(key))
    return changes


def write_accelerate(parallel: Parallelism, *, gradient_checkpointing: bool) -> dict[str, Any]:
    """What an accelerate file says of GPUs. Raises CannotSayError."""
    fields: dict[str, Any] = {"num_machines": parallel.nodes, "num_processes": parallel.world_size}
    if parallel.nodes > 1 and parallel.world_size != parallel.nodes * parallel.gpus_per_node:
        raise CannotSayError("accelerate’s machines have as many GPUs each")
    if parallel.pipeline_parallel_size > 1 or parallel.expert_parallel_size > 1:
        raise CannotSayError("accelerate has no pipeline stages and no expert parallelism")
    if parallel.sharding is Sharding.MEGATRON:
        raise CannotSayError("accelerate’s file leaves the distributed optimizer to Megatron")
    sizes = parallel.tensor_parallel_size * parallel.context_parallel_size > 1
    if sizes and parallel.sharding not in FSDP2:
        raise CannotSayError("accelerate divides matrices and sequences with FSDP2 only")
    if parallel.sharding in _STAGE:
        return fields | {"distributed_type": "DEEPSPEED", "deepspeed_config": _write_plugin(parallel)}
    if parallel.sharding is Sharding.NONE:
        offloaded = {parallel.offload_optimizer, parallel.offload_parameters, parallel.offload_activations}
        if offloaded != {Offload.NONE}:
            raise CannotSayError("accelerate offloads with FSDP or DeepSpeed only")
        return fields | {"distributed_type": "NO" if parallel.world_size == 1 else "MULTI_GPU"}
    return fields | {"distributed_type": "FSDP", "fsdp_config": _write_fsdp(parallel, gradient_checkpointing)} | _write_sizes(parallel)


def _write_plugin(parallel: Parallelism) -> dict[str, Any]:
    if parallel.offload_activations is not Offload.NONE:
        raise CannotSayError("accelerate offloads activations with FSDP2 only")
    if any(getattr(parallel, key) != getattr(ONE_GPU, key) for key in (*_BUCKETS, "offload_optimizer_percent")):
        raise CannotSayError("accelerate leaves DeepSpeed’s buckets and shares to a file of DeepSpeed’s own")
    plugin: dict[str, Any] = {"zero_stage": _STAGE[parallel.sharding], "gradient_accumulation_steps": parallel.num_microbatches}
    for what, place in (("optimizer", parallel.offload_optimizer), ("param", parallel.offload_parameters)):
        plugin[f"offload_{what}_device"] = place.value
        plugin |= {f"offload_{what}_nvme_path": NVME_PATH} if place is Offload.NVME else {}
    return plugin


def _write_fsdp(parallel: Parallelism, gradient_checkpointing: bool) -> dict[str, Any]:
    if (parallel.offload_optimizer is Offload.NONE) != (parallel.offload_parameters is Offload.NONE):
        raise CannotSayError("FSDP offloads weights and optimizer together")
    if Offload.NVME in (parallel.offload_optimizer, parallel.offload_parameters):
        raise CannotSayError("FSDP does not offload to NVMe")
    if not parallel.limit_all_gathers:
        raise CannotSayError("accelerate’s file has no key that lets FSDP gather as many units as the GPU lags behind")
    fsdp: dict[str, Any] = {
        "fsdp_auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        "fsdp_activation_checkpointing": gradient_checkpointing,
        "fsdp_offload_params": parallel.offload_parameters is not Offload.NONE,
    }
    if parallel.offload_activations is not Offload.NONE:
        if parallel.sharding not in FSDP2 or not gradient_checkpointing:
            raise CannotSayError("accelerate offloads activations with FSDP2 and checkpointing only")
        fsdp["fsdp_activation_checkpointing_offload"] = True
    if parallel.sharding in FSDP2:
        if parallel.forward_prefetch:
            raise CannotSayError("accelerate has no forward prefetch with FSDP2")
        return fsdp | {"fsdp_version": 2, "fsdp_reshard_after_forward": parallel.sharding is not Sharding.FSDP2_GRAD_OP}
    if parallel.sharding is Sharding.FSDP_HYBRID and parallel.shard_group_size not in (0, parallel.gpus_per_node):
        raise CannotSayError("accelerate’s file divides within a machine, or with FSDP2 within a group of another size")
    return fsdp | {
        "fsdp_version": 1,
        "fsdp_sharding_strategy": _FSDP1_NAMES[parallel.sharding],
        "fsdp_forward_prefetch": parallel.forward_prefetch,
    }


def _write_sizes(parallel: Parallelism) -> dict[str, Any]:
    sizes = {key: size for key, field in _SIZES.items() if (size := getattr(parallel, field)) > 1}
    hybrid = parallel.sharding is Sharding.FSDP2_HYBRID
    if not sizes and not hybrid:
        return {}
    shards = parallel.data_parallel_size
    if hybrid:
        shards = min(parallel.shard_group_size or parallel.gpus_per_node, parallel.data_parallel_size)
    if parallel.data_parallel_size % shards:
        raise CannotSayError("accelerate’s groups have as many GPUs each")
    sizes["parallelism_config_dp_replicate_size"] = parallel.data_parallel_size // shards
    sizes["parallelism_config_dp_shard_size"] = shards
    return {"parallelism_config": sizes}


# ---- axolotl and LLaMA-Factory, which name a file of DeepSpeed's

DEEPSPEED_FILE = "ds_config.json"


def write_axolotl(parallel: Parallelism, *, gradient_checkpointing: bool) -> dict[str, Any]:
    """What axolotl's file says of GPUs; replicas are the launcher's. Raises CannotSayError."""
    if parallel.pipeline_parallel_size > 1 or parallel.expert_parallel_size > 1 or parallel.sharding is Sharding.MEGATRON:
        raise CannotSayError("axolotl has no pipeline stages, no expert parallelism and no distributed optimizer")
    fields: dict[str, Any] = {}
    if parallel.tensor_parallel_size > 1:
        fields["tensor_parallel_size"] = parallel.tensor_parallel_size
    if parallel.context_parallel_size > 1:
        fields["context_parallel_size"] = parallel.context_parallel_size
    if parallel.sharding in _STAGE:
        write_zero(parallel)  # whether that file can say it
        return fields | {"deepspeed": DEEPSPEED_FILE}
    if parallel.sharding is Sharding.NONE:
        return fields
    fsdp = {key.removeprefix("fsdp_"): value for key, value in _write_fsdp(parallel, gradient_checkpointing).items()}
    return fields | {"fsdp_version": fsdp.pop("version"), "fsdp_config": fsdp}


def write_llama_factory(parallel: Parallelism) -> dict[str, Any]:
    """The same of LLaMA-Factory, whose FSDP is accelerate's file. Raises CannotSayError."""
    if parallel.world_size != parallel.data_parallel_size or parallel.sharding is Sharding.MEGATRON:
        raise CannotSayError("LLaMA-Factory divides replicas only")
    if parallel.sharding in _STAGE:
        write_zero(parallel)
        return {"deepspeed": DEEPSPEED_FILE}
    return {}
