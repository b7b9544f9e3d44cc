"""Words for how a run is spread over GPUs."""

from typing import assert_never

from PySide6.QtCore import QCoreApplication

from core.fleet import listed
from core.memory import Device, Interconnect, Offload, Parallelism, Recompute, Scenario, Sharding, Task
from gui.quantities import Numbers

translate = QCoreApplication.translate


def sharding_name(sharding: Sharding) -> str:
    match sharding:
        case Sharding.NONE:
            return translate("Parallel", "nothing (DDP)")
        case Sharding.ZERO1:
            return translate("Parallel", "ZeRO-1: optimizer")
        case Sharding.ZERO2:
            return translate("Parallel", "ZeRO-2: and gradients")
        case Sharding.ZERO3:
            return translate("Parallel", "ZeRO-3: and weights")
        case Sharding.MEGATRON:
            return translate("Parallel", "Megatron: optimizer")
        case Sharding.FSDP:
            return translate("Parallel", "FSDP: everything")
        case Sharding.FSDP_GRAD_OP:
            return translate("Parallel", "FSDP: weights stay gathered")
        case Sharding.FSDP_HYBRID:
            return translate("Parallel", "FSDP: within a machine")
        case Sharding.FSDP2:
            return translate("Parallel", "FSDP2: everything")
        case Sharding.FSDP2_GRAD_OP:
            return translate("Parallel", "FSDP2: weights stay gathered")
        case Sharding.FSDP2_HYBRID:
            return translate("Parallel", "FSDP2: within a machine")
        case _:
            assert_never(sharding)


def sharding_short_name(sharding: Sharding) -> str:
    """In the field's short names."""
    match sharding:
        case Sharding.NONE:
            return "DDP"
        case Sharding.ZERO1 | Sharding.ZERO2 | Sharding.ZERO3:
            return f"ZeRO-{sharding.value[-1]}"
        case Sharding.MEGATRON:
            return translate("Parallel", "distributed optimizer")
        case Sharding.FSDP | Sharding.FSDP2:
            return sharding.value.upper()
        case Sharding.FSDP_GRAD_OP | Sharding.FSDP2_GRAD_OP | Sharding.FSDP_HYBRID | Sharding.FSDP2_HYBRID:
            family, _, how = sharding.value.partition("-")
            return f"{family.upper()} {how}"
        case _:
            assert_never(sharding)


def recompute_name(recompute: Recompute) -> str:
    match recompute:
        case Recompute.NONE:
            return translate("Parallel", "nothing more")
        case Recompute.SELECTIVE:
            return translate("Parallel", "attention scores (selective)")
        case Recompute.MLP:
            return translate("Parallel", "scores and MLP")
        case Recompute.UNIFORM:
            return translate("Parallel", "groups of layers (full, uniform)")
        case Recompute.BLOCK:
            return translate("Parallel", "the first layers (full, block)")
        case Recompute.OPERATIONS:
            return translate("Parallel", "every other product (torchtitan)")
        case _:
            assert_never(recompute)


def offload_name(offload: Offload) -> str:
    match offload:
        case Offload.NONE:
            return translate("Parallel", "on the GPU")
        case Offload.CPU:
            return translate("Parallel", "on the host")
        case Offload.NVME:
            return translate("Parallel", "on NVMe")
        case _:
            assert_never(offload)


def interconnect_name(interconnect: Interconnect) -> str:
    match interconnect:
        case Interconnect.NVLINK:
            return "NVLink"
        case Interconnect.PCIE:
            return "PCIe"
        case _:
            assert_never(interconnect)


def fleet_name(scenario: Scenario, gpu: str) -> str:
    """The card, with how many there are of it."""
    count = scenario.parallel.world_size
    if scenario.parallel.gpus:
        return listed(scenario.parallel.gpus)
    return gpu if count == 1 or not gpu else f"{count} × {gpu}"


def strategy_name(scenario: Scenario) -> str:
    """How a run is spread, in the field's short names: "FSDP2 · DP 8", "TP 8 · PP 4"."""
    parallel = scenario.parallel
    parts = []
    if scenario.task is Task.TRAINING and (parallel.data_parallel_size * parallel.context_parallel_size > 1 or _offloads(parallel)):
        parts.append(sharding_short_name(parallel.sharding))
    for short, size in (
        ("DP", parallel.data_parallel_size),
        ("TP", parallel.tensor_parallel_size),
        ("PP", parallel.pipeline_parallel_size),
        ("CP", parallel.context_parallel_size),
        ("EP", parallel.expert_parallel_size),
    ):
        if size > 1:
            parts.append(f"{short}\u00a0{size}{_uneven(parallel) if short == 'PP' else ''}")
    by_place: dict[Offload, list[str]] = {}
    for what, where in (
        (translate("Parallel", "optimizer"), parallel.offload_optimizer),
        (translate("Parallel", "weights"), parallel.offload_parameters),
        (translate("Parallel", "activations"), parallel.offload_activations),
    ):
        if where is not Offload.NONE:
            by_place.setdefault(where, []).append(what)
    for where, whats in by_place.items():
        parts.append(f"{' + '.join(whats)} {offload_name(where)}")
    return " · ".join(parts) or translate("Parallel", "one GPU")


#: Numbers of layers that are told one by one.
_TOLD_STAGES = 8


def _uneven(parallel: Parallelism) -> str:
    """Layers by stage, where they are said; of llama.cpp the places of ``--tensor-split``."""
    layers = parallel.layers_per_stage
    if len(set(layers)) < 2:
        return ""
    return f"\u00a0({'/'.join(map(str, layers))})" if len(layers) <= _TOLD_STAGES else translate("Parallel", " (uneven)")


def _offloads(parallel: Parallelism) -> bool:
    return not parallel.offload_optimizer is parallel.offload_parameters is parallel.offload_activations is Offload.NONE


def device_name(device: Device, scenario: Scenario, numbers: Numbers) -> str:
    """Which GPUs a film is of."""
    stages, alike = scenario.parallel.pipeline_parallel_size, numbers.count(device.alike)
    if scenario.parallel.world_size == 1:
        return translate("Parallel", "the GPU")
    if device.gpu:
        place = translate("Parallel", "GPU {rank}: {card}").format(rank=device.rank, card=device.gpu)
        return f"{place} (×{alike})" if device.alike > 1 else place
    if stages > 1:
        stage = translate("Parallel", "stage {stage} of {stages}").format(stage=device.stage + 1, stages=stages)
        return f"{stage} (×{alike})" if device.alike > 1 else stage
    if device.alike == scenario.parallel.world_size:
        return translate("Parallel", "each of {count} GPUs").format(count=alike)
    return translate("Parallel", "GPU {rank} and {others} like it").format(rank=device.rank, others=numbers.count(device.alike - 1))
