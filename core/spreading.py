"""What a number of GPUs means when nothing else is said, and which sizes go together."""

from dataclasses import replace

from core.memory import ONE_GPU, Method, Parallelism, Runtime, Scenario, Sharding, Task, refusal
from core.memory.parallel import MAX_STAGES
from core.memory.parallel_refusal import groups_served, tensor_size_possible
from core.memory.scenario import ENGINES


def with_gpus(scenario: Scenario, count: int) -> Scenario:
    """``scenario`` on ``count`` GPUs, divided as it is now as far as that goes, else in the way most runs of its kind are.

    Full training shards everything over replicas (FSDP2), adapters are trained on replicas; vLLM and SGLang divide every matrix, and more
    than a machine or the heads allow go to further stages; transformers and llama.cpp give each GPU some of the layers.
    """
    now = scenario.parallel
    blank = replace(ONE_GPU, gpus_per_node=now.gpus_per_node, interconnect=now.interconnect)
    if count == 1:
        return scenario.evolve(parallel=blank)
    if scenario.task is Task.INFERENCE:
        served = scenario.evolve(parallel=_serving(scenario, blank, count))
        if scenario.runtime in ENGINES and refusal(served) is not None:  # no pipeline of this model
            return scenario.evolve(parallel=replace(blank, data_parallel_size=count))
        if now.expert_parallel_size > 1:
            spread = with_size(served, "expert_parallel_size", count)
            return spread if refusal(spread) is None else served
        return served
    inner = now.tensor_parallel_size * now.pipeline_parallel_size * now.context_parallel_size
    if (now.world_size > 1 or now.sharding is not Sharding.NONE) and count % inner == 0:
        replicas = count // inner
        experts = now.expert_parallel_size if replicas % now.expert_parallel_size == 0 else 1
        kept = scenario.evolve(parallel=replace(now, gpus=(), data_parallel_size=replicas, expert_parallel_size=experts))
        if refusal(kept) is None:
            return kept
    sharding = now.sharding
    if now.world_size == 1 and sharding is Sharding.NONE:
        sharding = Sharding.FSDP2 if scenario.method is Method.FULL else Sharding.NONE
    return scenario.evolve(parallel=replace(blank, num_microbatches=now.num_microbatches, data_parallel_size=count, sharding=sharding))


def _serving(scenario: Scenario, spread: Parallelism, count: int) -> Parallelism:
    if scenario.runtime not in ENGINES:
        return replace(spread, pipeline_parallel_size=min(count, scenario.architecture.num_hidden_layers, MAX_STAGES))
    tensor = max(size for size in tensor_sizes(scenario, count, spread.gpus_per_node))
    stages = count // tensor
    if stages > scenario.architecture.num_hidden_layers:
        return replace(spread, tensor_parallel_size=tensor, data_parallel_size=stages)
    return replace(spread, tensor_parallel_size=tensor, pipeline_parallel_size=stages)


def tensor_sizes(scenario: Scenario, count: int, gpus_per_node: int) -> list[int]:
    """Sizes that divide ``count`` and the heads, and lie within one machine, from 1."""
    most = min(count, gpus_per_node)
    possible = [size for size in range(1, most + 1) if count % size == 0 and tensor_size_possible(scenario.architecture, size)]
    return [size for size in possible if groups_served(scenario, size)]


def with_size(scenario: Scenario, field: str, size: int) -> Scenario:
    """``scenario`` with another size of one dimension; replicas make up for it where the number of GPUs can stay.

    Raises pydantic.ValidationError where sizes do not go together.
    """
    now = scenario.parallel
    served = scenario.task is Task.INFERENCE and scenario.runtime in ENGINES
    if field == "expert_parallel_size":
        # Engines spread them over all GPUs of a stage, or not at all.
        everywhere = now.tensor_parallel_size * now.data_parallel_size
        return scenario.evolve(expert_parallel_size=everywhere if served and size > 1 else size)
    names = ("tensor_parallel_size", "pipeline_parallel_size", "context_parallel_size")
    sizes = {name: getattr(now, name) for name in names} | {field: size}
    if scenario.task is Task.INFERENCE and scenario.runtime is Runtime.LLAMA_CPP and size > 1:
        sizes = dict.fromkeys(names, 1) | {field: size}  # by layers or by rows, never by both
    tensor, stages, contexts = (sizes[name] for name in names)
    replicas = max(1, now.world_size // (tensor * stages * contexts))
    experts = min(now.expert_parallel_size, replicas * contexts * tensor)
    if served and now.expert_parallel_size > 1:
        experts = replicas * tensor
    return scenario.evolve(
        **sizes,
        data_parallel_size=replicas,
        expert_parallel_size=experts,
        sequence_parallel=now.sequence_parallel if tensor > 1 else False,
        layers_per_stage=now.layers_per_stage if len(now.layers_per_stage) == stages else (),
        virtual_pipeline_parallel_size=now.virtual_pipeline_parallel_size if stages > 1 else 1,
        gpus=now.gpus if len(now.gpus) == replicas * tensor * stages * contexts else (),
    )
