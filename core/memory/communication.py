"""Buffers of what GPUs tell each other, gathered weights among them; and what the library for it takes outside of torch.

Sources: as core.memory.sharding; Megatron-Core's memory buffer of sequence parallelism and its point-to-point buffers; ring attention's
next block of keys and values; the receive buffers and kept outputs of torch's ``PipelineStage``; NCCL's own memory: 544 MB for a group of
two A100, 688 MB for a larger one (NCCL issue 964).
"""

from typing import NamedTuple

from core.memory.division import Stage
from core.memory.numerics import Numerics
from core.memory.parallel import Parallelism, Sharding
from core.memory.scenario import Method, Scenario
from core.memory.sharding import DEEPSPEED, FSDP, FSDP1, FSDP2, GRAD_OP, shares
from core.memory.units import MIB

#: Of one group of GPUs, by whether it has two or more.
NCCL_PAIR_BYTES, NCCL_GROUP_BYTES = 544 * 10**6, 688 * 10**6
#: Of a communicator of one GPU, which DeepSpeed makes all the same (NCCL issue 864).
NCCL_ALONE_BYTES = 512 * MIB


class Traffic(NamedTuple):
    """Bytes of buffers at each moment."""

    always: int
    """From the start on, between steps too."""
    at_loss: int
    """Beside that, when the forward pass ends and the loss is computed."""
    in_layer: int
    """Beside that, while a layer runs backward."""
    in_step: int
    in_backward: int = 0
    """Beside that, from the beginning of the backward pass to its end."""

    @property
    def of_backward(self) -> "Traffic":
        """The same with what is there through the backward pass."""
        return self._replace(at_loss=self.at_loss + self.in_backward, in_layer=self.in_layer + self.in_backward)


class Unit(NamedTuple):
    """What is gathered at once: bytes of one layer, of what stands outside the layers, and of all of it; and trained values likewise."""

    layer: int
    root: int
    model: int
    trained_layer: int
    trained_root: int
    trained: int


def library_bytes(parallel: Parallelism) -> int:
    """NCCL's own memory: of every group of several GPUs that this one belongs to."""
    if parallel.sharding in DEEPSPEED and parallel.world_size == 1:
        return NCCL_ALONE_BYTES
    groups = (
        shares(parallel).dense,
        parallel.tensor_parallel_size,
        parallel.pipeline_parallel_size,
        parallel.context_parallel_size,
        parallel.expert_parallel_size,
    )
    return sum(NCCL_PAIR_BYTES if size == 2 else NCCL_GROUP_BYTES for size in groups if size > 1)


def traffic(scenario: Scenario, n: Numerics, parallel: Parallelism, unit: Unit, stage: Stage) -> Traffic:
    """All buffers of one GPU of ``stage`` whose own scenario is ``scenario``."""
    of_replicas = _of_replicas(scenario, n, parallel, unit)
    within = _within_layers(scenario, n, parallel) + _between_stages(scenario, n, parallel, stage)
    return of_replicas._replace(at_loss=of_replicas.at_loss + within, in_layer=of_replicas.in_layer + within)


def _of_replicas(scenario: Scenario, n: Numerics, parallel: Parallelism, unit: Unit) -> Traffic:
    sharding = parallel.sharding
    if sharding is Sharding.NONE:
        several = shares(parallel).dense > 1
        copies = n.gradient * unit.trained if several and not parallel.gradient_as_bucket_view else 0
        return Traffic(copies, 0, 0, 0)
    if sharding is Sharding.MEGATRON:
        return Traffic(0, 0, 0, 0)
    if sharding in FSDP:
        return _of_fsdp(scenario, n, parallel, unit)
    if sharding is not Sharding.ZERO3:
        # Buffers of the bucket's whole size, in the model's width, from the beginning of the backward pass on (DeepSpeed's ``ipg_buffer``);
        # in a pipeline while layers run alone, as eight stages of PaddleNLP's runs have it.
        buffers = n.compute * parallel.reduce_bucket_size * (2 if parallel.overlap_comm else 1)
        return Traffic(0, 0, buffers, 0) if parallel.pipeline_parallel_size > 1 else Traffic(0, 0, 0, 0, buffers)
    bucket = n.gradient * min(parallel.reduce_bucket_size, unit.trained)
    # Weights stay gathered until there are stage3_max_live_parameters of them; the next ones are fetched ahead.
    values = max(1, unit.model // max(1, n.weight))
    live = min(unit.model, max(unit.layer + unit.root, unit.model * min(values, _ahead(parallel)) // values))
    return Traffic(bucket, live, live, 0)


def _ahead(parallel: Parallelism) -> int:
    return parallel.stage3_max_live_parameters + parallel.stage3_prefetch_bucket_size


def _of_fsdp(scenario: Scenario, n: Numerics, parallel: Parallelism, unit: Unit) -> Traffic:
    """One unit runs while the next is gathered; FSDP does not gather frozen ones ahead. The root, embedding and head, stays gathered
    throughout, and so does the gradient of the head; a unit's gradients are copied to be reduced, in the width that is asked for. Of
    embeddings that are units of their own only the head's stays. A pipeline, and GRAD_OP, keep all gathered.
    """
    head = scenario.architecture.vocab_size * scenario.architecture.hidden_size
    gradients = n.gradient * (unit.trained_layer + min(unit.trained_root, head))
    if parallel.sharding in FSDP2:
        gradients += (4 if parallel.reduces_in_fp32 else n.gradient) * unit.trained_layer
    if parallel.sharding in GRAD_OP or parallel.pipeline_parallel_size > 1:
        return Traffic(0, unit.model, unit.model + gradients, 0)
    root = min(unit.root, n.compute * head) if parallel.shard_embeddings_apart else unit.root
    ahead = 1 if parallel.limit_all_gathers else 3
    waits = parallel.sharding in FSDP1 and scenario.method is not Method.FULL
    return Traffic(0, root + unit.layer, root + (1 if waits else 1 + ahead) * unit.layer + gradients, 0)


def _within_layers(scenario: Scenario, n: Numerics, parallel: Parallelism) -> int:
    """Of tensor, sequence, context, expert and pipeline parallelism: what the other GPUs' tokens take here, and what is sent on."""
    arch, tokens = scenario.architecture, scenario.batch_size * scenario.context_length
    t = parallel.tensor_parallel_size
    states = n.compute * arch.hidden_size * tokens
    total = 0
    if parallel.sequence_parallel and t > 1:
        total += states  # gathered for the products of a layer
    if parallel.context_parallel_size > 1:
        total += 4 * n.compute * arch.key_value_size * tokens  # the next block's keys and values, and their gradients
    if parallel.expert_parallel_size > 1:
        total += 2 * arch.num_experts_per_tok * states  # copies that are sent and received
    return total


def _between_stages(scenario: Scenario, n: Numerics, parallel: Parallelism, stage: Stage) -> int:
    """Of a pipeline. Megatron and DeepSpeed have room for one micro-batch in and out. torch's stages (beside FSDP) have a buffer for what
    every micro-batch of a step brings, and for the gradient of what it gives, and hold on to that until its backward pass; what comes in
    is the saved input of a layer once it is there.
    """
    if parallel.pipeline_parallel_size == 1:
        return 0
    tokens = scenario.batch_size * scenario.context_length
    message = n.compute * scenario.architecture.hidden_size * tokens
    message //= parallel.tensor_parallel_size if parallel.sequence_parallel else 1
    if parallel.sharding not in FSDP:
        return 2 * message
    pieces, v = stage.in_flight
    every = parallel.num_microbatches
    receive, send = v - stage.first, v - stage.last
    waiting = (every * v - pieces) * receive // v
    return message * (waiting + every * send + pieces * send // v)
