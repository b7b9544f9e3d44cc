"""How a run can be spread over GPUs: all the ways worth trying.

What frameworks refuse is left to ``refusal``; here are the sizes that divide each other.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from core.layers_by_hand import balanced_layers
from core.memory import ONE_GPU, Offload, Parallelism, Runtime, Scenario, Sharding, Task, estimate, refusal
from core.memory.llama_split import balanced_split
from core.memory.parallel import MAX_STAGES
from core.memory.solve import Usable
from core.spreading import tensor_sizes

#: One sequence is divided only where it is long.
LONG_CONTEXT = 8192
_MOST_CONTEXTS = 32
#: Stages beyond it are for models that nobody has.
_MOST_STAGES = 128
#: Micro-batches that keep a pipeline busy, for each stage.
_MICROBATCHES_A_STAGE = 4

_BY_DEEPSPEED = (Sharding.ZERO1, Sharding.ZERO2, Sharding.ZERO3)
_ALL_OF_IT: dict[str, Any] = {"offload_optimizer": Offload.CPU, "offload_parameters": Offload.CPU}
_OFFLOADS: tuple[tuple[Sharding, dict[str, Any]], ...] = (
    (Sharding.ZERO2, {"offload_optimizer": Offload.CPU}),
    (Sharding.ZERO3, {"offload_optimizer": Offload.CPU}),
    (Sharding.ZERO3, _ALL_OF_IT),
)


def strategies(scenario: Scenario, count: int, usable: Usable) -> Iterator[Scenario]:
    """``scenario`` in every way worth trying on ``count`` GPUs that a framework runs; the whole batch of a step stays as near as it can.
    Cards that it names, if there are as many, keep their places; ``usable`` are their bytes.
    """
    every = _training_ways(scenario, count) if scenario.task is Task.TRAINING else _serving_ways(scenario, count, usable)
    for spread in every:
        candidate = replace(scenario, parallel=_named(spread, scenario.parallel.gpus))
        if refusal(candidate) is None:
            yield candidate


def _map_is_tight(scenario: Scenario, by_layers: Parallelism, cards: list[int]) -> bool:
    """Whether another than transformers' own may be needed: it is refused, or leaves one of the ``cards`` less than a tenth."""
    by_itself = replace(scenario, parallel=by_layers)
    if refusal(by_itself) is not None:
        return True
    totals = [device.total_bytes for device in estimate(by_itself).devices for _ in range(device.alike)]
    return any(total > 0.9 * card for total, card in zip(totals, cards, strict=True))


def _named(spread: Parallelism, cards: tuple[str, ...]) -> Parallelism:
    return replace(spread, gpus=cards) if len(cards) == spread.world_size else spread


def _card_bytes(scenario: Scenario, count: int, usable: Usable) -> list[int]:
    names = scenario.parallel.gpus if len(scenario.parallel.gpus) == count else ("",) * count
    return [usable if isinstance(usable, int) else usable.get(name, usable[""]) for name in names]


def _blank(scenario: Scenario) -> Parallelism:
    """What belongs to the machine and the run, not to the strategy."""
    now = scenario.parallel
    names = ("gpus_per_node", "interconnect", "recompute", "recompute_num_layers", "ddp_bucket_bytes", "gradient_as_bucket_view")
    kept: dict[str, Any] = {name: getattr(now, name) for name in names}
    return replace(ONE_GPU, **kept)


def _stage_counts(scenario: Scenario, count: int) -> list[int]:
    most = min(count, scenario.architecture.num_hidden_layers, _MOST_STAGES)
    return [size for size in range(1, most + 1) if count % size == 0]


def _expert_counts(scenario: Scenario, count: int) -> list[int]:
    experts = scenario.architecture.num_experts
    if not experts:
        return [1]
    return [size for size in range(1, min(count, experts) + 1) if count % size == 0 and experts % size == 0]


def _powers(most: int) -> list[int]:
    return [1 << place for place in range(most.bit_length()) if 1 << place <= most]


def _training_ways(scenario: Scenario, count: int) -> Iterator[Parallelism]:
    now, blank = scenario.parallel, _blank(scenario)
    sequences = now.data_parallel_size * now.num_microbatches  # of micro_batch size, in one step
    longest = min(_MOST_CONTEXTS, count) if scenario.context_length >= LONG_CONTEXT else 1
    for tensor in tensor_sizes(scenario, count, blank.gpus_per_node):
        for stages in _stage_counts(scenario, count // tensor):
            for contexts in _powers(longest):
                replicas, rest = divmod(count, tensor * stages * contexts)
                if rest:
                    continue
                microbatches = max(1, round(sequences / replicas))
                if stages > 1:
                    microbatches = max(microbatches, _MICROBATCHES_A_STAGE * stages)
                spread = replace(
                    blank,
                    tensor_parallel_size=tensor,
                    sequence_parallel=tensor > 1,
                    pipeline_parallel_size=stages,
                    context_parallel_size=contexts,
                    data_parallel_size=replicas,
                    num_microbatches=microbatches,
                )
                yield from _divided(scenario, spread, replicas * contexts, inner=tensor * stages * contexts)


def _divided(scenario: Scenario, spread: Parallelism, replicas: int, *, inner: int) -> Iterator[Parallelism]:
    """What replicas divide between them: torch's and DeepSpeed's ways where nothing else is divided, else Megatron's and torch's."""
    for experts in _expert_counts(scenario, replicas):
        with_experts = replace(spread, expert_parallel_size=experts)
        distributed = replace(with_experts, sharding=Sharding.MEGATRON, fp8_linears=scenario.parallel.fp8_linears)
        alone = inner > 1 and scenario.architecture.num_mixer_layers > 0  # nobody else divides mixers
        possible = (replicas > 1 or alone) and refusal(replace(scenario, parallel=distributed)) is None
        if possible:
            yield distributed
        if inner == 1 or not possible:  # beside it whole states on every replica send as much, and take more
            yield with_experts
    if replicas == 1:
        if inner == 1:
            yield from (replace(spread, sharding=sharding, **offload) for sharding, offload in _OFFLOADS)
        return
    yield replace(spread, sharding=Sharding.FSDP2)
    if inner > 1:
        return
    yield replace(spread, sharding=Sharding.FSDP2_GRAD_OP)
    if spread.nodes > 1:
        yield replace(spread, sharding=Sharding.FSDP2_HYBRID)
    yield from (replace(spread, sharding=sharding) for sharding in _BY_DEEPSPEED)
    yield from (replace(spread, sharding=sharding, **offload) for sharding, offload in (*_OFFLOADS, (Sharding.FSDP2, _ALL_OF_IT)))


def _serving_ways(scenario: Scenario, count: int, usable: Usable) -> Iterator[Parallelism]:
    """Replicas that share nothing, each divided by matrices or by layers."""
    blank = _blank(scenario)
    if scenario.runtime is Runtime.TRANSFORMERS:
        if count <= scenario.architecture.num_hidden_layers:
            by_layers = replace(blank, pipeline_parallel_size=count)
            yield by_layers
            cards = _card_bytes(scenario, count, usable)
            layers = (
                balanced_layers(scenario, by_layers, cards) if count <= MAX_STAGES and _map_is_tight(scenario, by_layers, cards) else ()
            )
            if layers:
                yield replace(by_layers, layers_per_stage=layers)
        return
    if scenario.runtime is Runtime.LLAMA_CPP:
        if count <= min(scenario.architecture.num_hidden_layers, MAX_STAGES):
            by_layers = replace(blank, pipeline_parallel_size=count)
            yield by_layers
            if count > 1:
                yield replace(by_layers, layers_per_stage=balanced_split(scenario, _card_bytes(scenario, count, usable)))
        return  # its split by rows is slower, and given up by its authors (docs/multi-gpu.md)
    for tensor in tensor_sizes(scenario, count, blank.gpus_per_node):
        for stages in _stage_counts(scenario, count // tensor):
            replicas = count // (tensor * stages)
            spread = replace(blank, tensor_parallel_size=tensor, pipeline_parallel_size=stages, data_parallel_size=replicas)
            yield spread
            if scenario.architecture.num_experts and stages == 1 and count > 1:
                yield replace(spread, expert_parallel_size=count)
