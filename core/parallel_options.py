"""The options of the command line that spread a run over GPUs, and the fields of a scenario that they set."""

import argparse
import shlex
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any

from core.choices import with_changes
from core.fleet import listed, on_cards
from core.memory import ONE_GPU, Gpu, Interconnect, Offload, Parallelism, Recompute, Scenario, Sharding, Task
from core.memory.parallel import MAX_PARALLEL_SIZE, MAX_STAGES, PARALLEL_FIELDS
from core.spreading import with_gpus

#: The option of each field of parallelism that has one.
OPTIONS = {
    "data_parallel_size": "--data-parallel",
    "tensor_parallel_size": "--tensor-parallel",
    "pipeline_parallel_size": "--pipeline-parallel",
    "context_parallel_size": "--context-parallel",
    "expert_parallel_size": "--expert-parallel",
    "expert_tensor_parallel_size": "--expert-tensor-parallel",
    "sequence_parallel": "--sequence-parallel",
    "sharding": "--sharding",
    "shard_group_size": "--shard-group",
    "fp32_gradients": "--fp32-gradients",
    "fp8_linears": "--fp8-linears",
    "num_microbatches": "--micro-batches",
    "virtual_pipeline_parallel_size": "--virtual-stages",
    "layers_per_stage": "--layers-per-stage",
    "recompute": "--recompute",
    "recompute_num_layers": "--recompute-layers",
    "gpus_per_node": "--gpus-per-node",
    "interconnect": "--interconnect",
    "gpus": "--cards",
    "offload_parameters": "--offload-parameters",
    "offload_optimizer": "--offload-optimizer",
    "offload_activations": "--offload-activations",
    "offload_optimizer_percent": "--offload-optimizer-percent",
}
_COUNTS = {
    "data_parallel_size": (MAX_PARALLEL_SIZE, "replicas that read different batches"),
    "tensor_parallel_size": (MAX_PARALLEL_SIZE, "GPUs that share every matrix"),
    "pipeline_parallel_size": (MAX_STAGES, "stages that share the layers"),
    "context_parallel_size": (MAX_PARALLEL_SIZE, "GPUs that share a sequence"),
    "expert_parallel_size": (MAX_PARALLEL_SIZE, "GPUs that share the experts of a layer"),
    "expert_tensor_parallel_size": (MAX_PARALLEL_SIZE, "GPUs that share one expert (default: as every matrix)"),
    "shard_group_size": (MAX_PARALLEL_SIZE, "replicas that divide the model in hybrid sharding (default: those of a machine)"),
    "num_microbatches": (10**6, "micro-batches of a step: in the pipeline, or accumulated"),
    "virtual_pipeline_parallel_size": (MAX_STAGES, "pieces of the model on a stage, interleaved (default: 1)"),
    "recompute_num_layers": (10**5, "layers of a group, or of a stage, by --recompute (default: 1)"),
    "gpus_per_node": (1024, "GPUs of one machine (default: 8)"),
    "offload_optimizer_percent": (100, "share of the optimizer that is offloaded (default: 100)"),
}
_FLAGS = {
    "sequence_parallel": "divide norms and the residual stream too (default: off)",
    "fp32_gradients": "keep and reduce gradients in fp32 (default: as Megatron does with --sharding megatron, else off)",
    "fp8_linears": "Megatron's linear layers multiply in fp8 and keep their inputs so (default: off)",
}
_CHOICES: dict[str, tuple[type[StrEnum], str]] = {
    "sharding": (Sharding, "what replicas divide between them (default: of --gpus alone fsdp2 in full training; else none, DDP)"),
    "recompute": (Recompute, "what of a layer is computed again (default: as --checkpointing says)"),
    "interconnect": (Interconnect, "between the GPUs of a machine (default: nvlink)"),
    "offload_parameters": (Offload, "where weights lie meanwhile (default: none, on the GPU)"),
    "offload_optimizer": (Offload, "likewise the optimizer"),
    "offload_activations": (Offload, "likewise what is kept for the backward pass"),
}

Count = Callable[[int, int], Callable[[str], int]]
Choice = Callable[[argparse._ActionsContainer, str, Iterable[str] | type[StrEnum], str], None]


def add_options(parser: argparse.ArgumentParser, count: Count, choice: Choice) -> None:
    """``count`` makes the type of a number between two; ``choice`` adds an option with values."""
    group = parser.add_argument_group("on several GPUs")
    group.add_argument("--gpus", dest="world_size", type=count(1, MAX_PARALLEL_SIZE**2), metavar="N", help="how many there are")
    for field, (most, text) in _COUNTS.items():
        group.add_argument(OPTIONS[field], dest=field, type=count(1, most), metavar="N", help=text)
    for field, text in _FLAGS.items():
        group.add_argument(OPTIONS[field], dest=field, action=argparse.BooleanOptionalAction, help=text)
    for field, (values, text) in _CHOICES.items():
        choice(group, OPTIONS[field], values, text)
    layers = "layers on each stage, as in 10,12,10 (default: even)"
    group.add_argument(OPTIONS["layers_per_stage"], dest="layers_per_stage", type=_numbers, metavar="N,N…", help=layers)
    cards = "the cards in rank order where they differ, as in 'RTX 4090, 2 x RTX 3090'; each is judged by itself"
    group.add_argument(OPTIONS["gpus"], dest="gpus", metavar="NAME,NAME…", help=cards)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: not numbers with commas between them") from error


#: What is said of machines and of a step, not of how they are divided.
_OF_THE_MACHINE = frozenset({"num_microbatches", "gpus_per_node", "interconnect"})


def spread_as_asked(base: Scenario, changes: dict[str, Any], world_size: int | None, cards: Sequence[Gpu]) -> Scenario:
    """``base`` with ``changes`` on ``world_size`` GPUs, or on ``cards`` in rank order; where nothing is said of how they are divided, in
    the way most runs of their kind are. Raises ValueError, pydantic's too.
    """
    said = (PARALLEL_FIELDS & changes.keys()) - _OF_THE_MACHINE
    serves = changes.get("task", base.task) == Task.INFERENCE
    count = world_size if world_size is not None or said or not cards else len(cards)
    if count is not None and not said - ({"expert_parallel_size"} if serves else set()):
        experts = changes.get("expert_parallel_size")
        rest = {field: value for field, value in changes.items() if field != "expert_parallel_size"}
        scenario = with_gpus(with_changes(base, rest), count)
        scenario = scenario if experts is None else scenario.evolve(expert_parallel_size=experts)
    else:
        scenario = with_changes(base, changes if count is None else with_world_size(base.parallel, changes, count))
    if not cards:
        return scenario
    if len(cards) != scenario.parallel.world_size:
        return scenario.evolve(gpus=tuple(card.name for card in cards))  # which says what contradicts what
    layers = changes.get("layers_per_stage")
    scenario = on_cards(scenario, cards)
    return scenario if layers is None else scenario.evolve(layers_per_stage=layers)


def with_world_size(before: Parallelism, changes: dict[str, Any], world_size: int) -> dict[str, Any]:
    """``changes`` and as many replicas as make ``world_size`` GPUs of the parallel sizes. Raises ValueError where none do."""

    def size(field: str) -> int:
        return int(changes.get(field, getattr(before, field)))

    each = size("tensor_parallel_size") * size("pipeline_parallel_size") * size("context_parallel_size")
    replicas = changes.get("data_parallel_size", world_size // each)
    if each * replicas != world_size:
        spread = " x ".join(f"{OPTIONS[field]} {size(field)}" for field in _MULTIPLIED if size(field) > 1)
        raise ValueError(f"--gpus {world_size} is not what {spread} make, or a multiple")
    return changes | {"data_parallel_size": replicas}


_MULTIPLIED = ("data_parallel_size", "tensor_parallel_size", "pipeline_parallel_size", "context_parallel_size")


def complaint(error: ValueError) -> str:
    """What is wrong with parallel sizes that contradict each other, in one line: ``error`` is pydantic's, or of :func:`with_world_size`."""
    errors = getattr(error, "errors", None)
    return str(errors()[0]["msg"]).removeprefix("Value error, ") if errors else str(error)


def option(field: str, value: object) -> str:
    """``field`` set to ``value``, as it is typed; empty where it is to be left out."""
    if field == "parallel":
        return "--gpus 1"
    if value == ():
        return ""
    if field == "lora_target_modules":
        return "--lora-targets attention"
    return f"{OPTIONS.get(field) or '--' + field.replace('_', '-')} {value}"


def spread_words(parallel: Parallelism) -> str:
    """What is not as on one GPU, as it is typed."""
    found = []
    for field, name in OPTIONS.items():
        value = getattr(parallel, field)
        if value == getattr(ONE_GPU, field):
            continue
        shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
        if field == "gpus":
            shown = shlex.quote(listed(value))
        found.append(name if value is True else f"--no-{name[2:]}" if value is False else f"{name} {shown}")
    return " ".join(found)
