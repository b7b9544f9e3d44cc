"""What GPUs of one run send each other: bytes a GPU sends in one step, within its machine and out of it, and how long that takes at best.

To rank strategies by; nothing here enters a verdict on memory. A ring of n sends 2(n-1)/n of what it adds up for everybody, and (n-1)/n of
what it gathers, scatters or exchanges (NCCL's own count, in the notes on performance of nccl-tests). GPUs of one tensor-parallel group are
next to each other, then those that share a sequence, then replicas, then pipeline stages, as Megatron and torch lay them out; a group
that does not lie within one machine is taken to send through the network.
"""

from typing import NamedTuple

from core.memory import Method, Recipe, Runtime, Scenario, Task, parameter_count
from core.memory.formats import bits_per_value
from core.memory.lora import adapter_parameters
from core.memory.parallel import Interconnect, Offload, Recompute, Sharding
from core.memory.parameters import routed_shapes
from core.memory.sharding import DIVIDES_WEIGHTS, GRAD_OP, HYBRID, shares
from core.memory.varied import shapes

#: Bytes a second and direction, as printed: NVLink of an H100; PCIe 4.0 x16 without its framing; one 400 Gbit/s port a GPU.
INSIDE_BYTES_PER_SECOND = {Interconnect.NVLINK: 450e9, Interconnect.PCIE: 25e9}
BETWEEN_BYTES_PER_SECOND = 50e9
HOST_BYTES_PER_SECOND = 25e9

_VALUE_BYTES = 2
"""Of hidden states on the wire."""


class Traffic(NamedTuple):
    """What one GPU sends in one step."""

    inside_bytes: float = 0.0
    between_bytes: float = 0.0
    host_bytes: float = 0.0
    """To and from the memory of its own machine."""

    @property
    def sent_bytes(self) -> int:
        """To other GPUs."""
        return round(self.inside_bytes + self.between_bytes)

    def seconds(self, interconnect: Interconnect) -> float:
        """At best, nothing of it hidden behind computation."""
        inside = self.inside_bytes / INSIDE_BYTES_PER_SECOND[interconnect]
        return inside + self.between_bytes / BETWEEN_BYTES_PER_SECOND + self.host_bytes / HOST_BYTES_PER_SECOND

    def plus(self, size_bytes: float, group: int, stride: int, gpus_per_node: int) -> "Traffic":
        """And ``size_bytes`` that a group of ``group`` GPUs, ``stride`` ranks apart, exchanges."""
        if group == 1 or not size_bytes:
            return self
        if group * stride <= gpus_per_node:
            return self._replace(inside_bytes=self.inside_bytes + size_bytes)
        return self._replace(between_bytes=self.between_bytes + size_bytes)


def idle_share(scenario: Scenario) -> float:
    """Of a step, what a pipeline stands still while it fills and empties: (p-1)/(v*m + p-1) (Narayanan et al. 2021). Of inference, what its
    stages wait for each other's tokens where there are fewer sequences than stages.
    """
    parallel = scenario.parallel
    if scenario.task is not Task.TRAINING:
        return max(0.0, 1.0 - scenario.batch_size / parallel.pipeline_parallel_size)
    waiting = parallel.pipeline_parallel_size - 1
    return waiting / (parallel.virtual_pipeline_parallel_size * parallel.num_microbatches + waiting)


def traffic(scenario: Scenario) -> Traffic:
    """Of one training step, or of one decoded token of every sequence."""
    return _training(scenario) if scenario.task is Task.TRAINING else _decoding(scenario)


def _ring(size: int) -> float:
    return (size - 1) / size


def _decoding(scenario: Scenario) -> Traffic:
    """Two sums of the hidden states a layer over those that share its matrices; handed on once from stage to stage. Replicas of vLLM that
    divide every expert gather each other's states and add up what comes out.
    """
    arch, parallel = scenario.architecture, scenario.parallel
    tensor, stages, node = parallel.tensor_parallel_size, parallel.pipeline_parallel_size, parallel.gpus_per_node
    states = _VALUE_BYTES * scenario.batch_size * arch.hidden_size
    layers = arch.num_hidden_layers / stages
    sent = Traffic().plus(2 * layers * 2 * _ring(tensor) * states, tensor, 1, node)
    sent = sent.plus(states, stages, tensor, node)
    exchanged = 2 * arch.num_moe_layers / stages * arch.num_experts_per_tok * states * _ring(parallel.expert_parallel_size)
    sent = sent.plus(exchanged, parallel.expert_parallel_size, 1, node)
    if scenario.runtime is not Runtime.VLLM or parallel.expert_parallel_size > 1:
        return sent
    replicas = parallel.data_parallel_size
    return sent.plus(2 * arch.num_moe_layers / stages * (replicas - 1) * states, replicas, tensor, node)


def _training(scenario: Scenario) -> Traffic:
    arch, parallel = scenario.architecture, scenario.parallel
    tensor, stages, contexts = parallel.tensor_parallel_size, parallel.pipeline_parallel_size, parallel.context_parallel_size
    node, steps = parallel.gpus_per_node, parallel.num_microbatches
    replicas = parallel.data_parallel_size * contexts
    tokens = scenario.batch_size * scenario.context_length / contexts
    states = _VALUE_BYTES * tokens * arch.hidden_size
    layers = arch.num_hidden_layers / stages
    again = scenario.gradient_checkpointing or parallel.recompute in (Recompute.UNIFORM, Recompute.BLOCK)
    passes = 2 + again  # forward, backward, and forward again

    sent = _of_replicas(scenario, replicas, stride=tensor)
    # A sum after attention and one after the MLP, in every pass (Shoeybi et al. 2019).
    sent = sent.plus(steps * layers * passes * 2 * 2 * _ring(tensor) * states, tensor, 1, node)
    # Keys and values go round; backward, their gradients too.
    keys = sum([shape.cached_layers * shape.key_value_size for shape in shapes(arch)]) / stages
    sent = sent.plus(steps * keys * (passes + 1) * (contexts - 1) * 2 * _VALUE_BYTES * tokens / tensor, contexts, tensor, node)
    handed = states / (tensor if parallel.sequence_parallel else 1)
    sent = sent.plus(steps * parallel.virtual_pipeline_parallel_size * 2 * handed, stages, tensor * replicas, node)
    experts = parallel.expert_parallel_size
    exchanged = steps * arch.num_moe_layers / stages * passes * 2 * arch.num_experts_per_tok * states * _ring(experts)
    sent = sent.plus(exchanged, experts, tensor, node)
    return sent._replace(host_bytes=_offloaded(scenario))


def _local_parameters(scenario: Scenario) -> float:
    """Of one tensor rank of one stage, with its share of the experts."""
    arch, parallel = scenario.architecture, scenario.parallel
    experts = arch.num_moe_layers * sum(inputs * outputs for inputs, outputs in routed_shapes(arch))
    held = parameter_count(arch) - experts + experts / parallel.expert_parallel_size
    return held / (parallel.tensor_parallel_size * parallel.pipeline_parallel_size)


def _held_bytes(scenario: Scenario) -> float:
    """Of the weights that it holds, as they are gathered or moved: a quantized base as it is stored."""
    if scenario.method is Method.QLORA:
        return bits_per_value(scenario.weights) / 8 * _local_parameters(scenario)
    wide = scenario.method is Method.FULL and scenario.recipe is Recipe.FP32
    return (4 if wide else _VALUE_BYTES) * _local_parameters(scenario)


def _trained_parameters(scenario: Scenario) -> float:
    return _local_parameters(scenario) if scenario.method is Method.FULL else adapter_parameters(scenario)


def _of_replicas(scenario: Scenario, replicas: int, stride: int) -> Traffic:
    """Gradients added up over replicas; weights gathered where they are divided (Rajbhandari et al. 2020: twice the weights, or thrice)."""
    parallel = scenario.parallel
    if replicas == 1:
        return Traffic()
    node, steps = parallel.gpus_per_node, parallel.num_microbatches
    width = 4 if scenario.method is Method.FULL and scenario.recipe is Recipe.FP32 else _VALUE_BYTES
    weights = _held_bytes(scenario)
    gradients = max(width, 4 if parallel.reduces_in_fp32 else 0) * _trained_parameters(scenario)
    if parallel.sharding in HYBRID:
        shards = min(parallel.shard_group_size or node // stride or 1, replicas)
        groups = max(1, replicas // shards)
        sent = Traffic().plus(steps * (2 * weights + gradients) * _ring(shards), shards, stride, node)
        return sent.plus(2 * gradients / shards * _ring(groups), groups, stride * shards, node)
    gathered = steps * (1 if parallel.sharding in GRAD_OP else 2) if parallel.sharding in DIVIDES_WEIGHTS else 0
    scattered = steps if gathered or parallel.sharding is Sharding.ZERO2 else 1
    back = 0 if gathered else gradients
    return Traffic().plus((gathered * weights + scattered * gradients + back) * _ring(replicas), replicas, stride, node)


def _offloaded(scenario: Scenario) -> float:
    """Over PCIe: gradients down and weights up where the optimizer is the host's; weights up in both passes where they are."""
    parallel = scenario.parallel
    share = 1 / shares(parallel).dense if parallel.sharding is not Sharding.NONE else 1.0
    moved = 0.0
    if parallel.offload_optimizer is not Offload.NONE:
        moved += 2 * _VALUE_BYTES * _trained_parameters(scenario) * share * parallel.offload_optimizer_percent / 100
    if parallel.offload_parameters is not Offload.NONE:
        moved += 2 * parallel.num_microbatches * _held_bytes(scenario) * share
    if parallel.offload_activations is not Offload.NONE:
        tokens = scenario.batch_size * scenario.context_length / parallel.context_parallel_size
        layers = scenario.architecture.num_hidden_layers / parallel.pipeline_parallel_size
        moved += 2 * parallel.num_microbatches * _VALUE_BYTES * tokens * scenario.architecture.hidden_size * layers
    return moved
