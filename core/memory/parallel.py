"""Parallelism: how one run is spread over many GPUs. Frozen and validated; a field of the scenario, by default one GPU.

Sizes are counts of GPUs, in the names that vLLM, Megatron and torch share. Buffers are in bytes or, where the framework counts values, in
values (``_size``); their defaults are those frameworks' own.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Annotated

from annotated_types import Ge, Le, MaxLen

from core.memory.contradiction import Contradiction, ContradictionError
from core.memory.units import MIB

MAX_PARALLEL_SIZE = 65_536
MAX_STAGES = 1024


class Sharding(StrEnum):
    """What replicas of the model divide between them instead of each holding all of it.

    NONE: nothing (DDP). ZERO1, ZERO2, ZERO3: DeepSpeed's optimizer states, and gradients, and weights. MEGATRON: its distributed
    optimizer, which divides states and master weights. FSDP and FSDP2 (torch's ``FullyShardedDataParallel`` and ``fully_shard``): all
    three, gathered again unit by unit; GRAD_OP (``SHARD_GRAD_OP``, ``reshard_after_forward=False``): weights stay gathered from forward to
    backward; HYBRID: divided within a group of ``shard_group_size``, a node, and repeated from group to group.
    """

    NONE = "none"
    ZERO1 = "zero1"
    ZERO2 = "zero2"
    ZERO3 = "zero3"
    MEGATRON = "megatron"
    FSDP = "fsdp"
    FSDP_GRAD_OP = "fsdp-grad-op"
    FSDP_HYBRID = "fsdp-hybrid"
    FSDP2 = "fsdp2"
    FSDP2_GRAD_OP = "fsdp2-grad-op"
    FSDP2_HYBRID = "fsdp2-hybrid"


class Recompute(StrEnum):
    """What of a layer is computed again in the backward pass (Megatron's ``recompute_granularity`` and ``recompute_method``).

    NONE: nothing more than ``gradient_checkpointing`` says. SELECTIVE: the attention's core, its scores. MLP: the MLP too. UNIFORM: groups
    of ``recompute_num_layers`` layers keep their input only; groups of one are ``gradient_checkpointing``. BLOCK: the first
    ``recompute_num_layers`` layers of a stage keep their input only, the others everything. OPERATIONS: every other matrix product and
    what is neither that nor attention (torchtitan's selective checkpointing).
    """

    NONE = "none"
    SELECTIVE = "selective"
    MLP = "mlp"
    UNIFORM = "uniform"
    BLOCK = "block"
    OPERATIONS = "operations"


class Offload(StrEnum):
    """Where something lies while the GPU does not use it."""

    NONE = "none"
    CPU = "cpu"
    NVME = "nvme"


class Interconnect(StrEnum):
    """How the GPUs of one machine reach each other."""

    NVLINK = "nvlink"
    PCIE = "pcie"


_Size = Annotated[int, Ge(1), Le(MAX_PARALLEL_SIZE)]


@dataclass(frozen=True, kw_only=True)
class Parallelism:
    """One run's GPUs and what each of them does. The number of GPUs is the product of the data, tensor, pipeline and context sizes; experts
    are spread over GPUs that are counted already.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- read by pydantic, at the edge

    data_parallel_size: _Size = 1
    """Replicas that read different batches, however the weights are divided between them."""
    tensor_parallel_size: _Size = 1
    pipeline_parallel_size: Annotated[int, Ge(1), Le(MAX_STAGES)] = 1
    context_parallel_size: _Size = 1
    """GPUs that share one sequence."""
    expert_parallel_size: _Size = 1
    """GPUs, of those with different data, that share the experts of a layer."""
    expert_tensor_parallel_size: Annotated[int, Ge(0), Le(MAX_PARALLEL_SIZE)] = 0
    """GPUs that share one expert; 0: as many as share every other matrix."""
    sequence_parallel: bool = False
    """With tensor parallelism, norms and the residual stream are divided by tokens."""

    sharding: Sharding = Sharding.NONE
    shard_group_size: Annotated[int, Ge(0), Le(MAX_PARALLEL_SIZE)] = 0
    """Replicas that divide the model between them in hybrid sharding; 0: those of one machine."""

    fp32_gradients: bool | None = None
    """Gradients are kept and reduced in fp32 beside 16-bit weights (Megatron's ``accumulate_allreduce_grads_in_fp32``, without
    ``--grad-reduce-in-bf16``; DeepSpeed's ``grad_accum_dtype``; FSDP's ``reduce_dtype``); None: as the framework does unless told
    otherwise, which is Megatron alone.
    """

    fp8_linears: bool = False
    """Megatron's linear layers multiply in fp8 and keep their inputs so (Transformer Engine; ``--fp8-format``, ``--fp8-param-gather``)."""

    num_microbatches: Annotated[int, Ge(1), Le(10**6)] = 1
    """Micro-batches of one step: what a pipeline is filled with, else gradients that are accumulated."""
    virtual_pipeline_parallel_size: Annotated[int, Ge(1), Le(MAX_STAGES)] = 1
    """Pieces of the model on each pipeline stage (interleaved 1F1B); 1: plain 1F1B."""
    layers_per_stage: Annotated[tuple[Annotated[int, Ge(0), Le(10**5)], ...], MaxLen(MAX_STAGES)] = ()
    """Layers on each pipeline stage; empty: evenly, what is left over to the first stages."""

    recompute: Recompute = Recompute.NONE
    recompute_num_layers: Annotated[int, Ge(1), Le(10**5)] = 1

    gpus_per_node: Annotated[int, Ge(1), Le(1024)] = 8
    interconnect: Interconnect = Interconnect.NVLINK
    gpus: Annotated[tuple[Annotated[str, MaxLen(200)], ...], MaxLen(1024)] = ()
    """Names of the cards in rank order where they differ; empty: all are the scenario's."""

    offload_parameters: Offload = Offload.NONE
    offload_optimizer: Offload = Offload.NONE
    offload_activations: Offload = Offload.NONE
    offload_optimizer_percent: Annotated[int, Ge(0), Le(100)] = 100
    """Share of the optimizer that is offloaded (DeepSpeed's ``ratio``, Megatron's ``optimizer_offload_fraction``)."""

    ddp_bucket_bytes: Annotated[int, Ge(0), Le(10**12)] = 25 * MIB
    """``bucket_cap_mb`` of DDP."""
    gradient_as_bucket_view: bool = False
    """DDP's gradients lie in its buckets; else beside them."""
    reduce_bucket_size: Annotated[int, Ge(0), Le(10**12)] = 500_000_000
    overlap_comm: bool = True
    """DeepSpeed fills one bucket while it reduces another."""
    allgather_bucket_size: Annotated[int, Ge(0), Le(10**12)] = 500_000_000
    stage3_prefetch_bucket_size: Annotated[int, Ge(0), Le(10**12)] = 50_000_000
    stage3_max_live_parameters: Annotated[int, Ge(0), Le(10**12)] = 1_000_000_000
    stage3_param_persistence_threshold: Annotated[int, Ge(0), Le(10**12)] = 100_000
    forward_prefetch: bool = False
    """FSDP gathers the next unit before the current one has run, in forward too; backward always does."""
    shard_embeddings_apart: bool = False
    """Embedding and head are FSDP units of their own (torchtitan); else the root's."""
    fsdp_activation_checkpointing: bool = False
    """Layers are checkpointed within FSDP's units, by its own wrapper; else around them, as transformers' ``gradient_checkpointing``."""
    sync_each_batch: bool = False
    """FSDP reduces the gradients of every micro-batch; else (``no_sync``, accelerate's default) whole ones add up until the step."""
    limit_all_gathers: bool = True
    """FSDP holds no more than two units gathered at once; else as many as the GPU lags behind."""

    def __post_init__(self) -> None:
        stage = self.data_parallel_size * self.context_parallel_size * self.tensor_parallel_size
        if self.expert_parallel_size > stage:
            raise ContradictionError(Contradiction.EXPERT_PARALLEL, expert_parallel_size=self.expert_parallel_size, gpus_per_stage=stage)
        if self.layers_per_stage and len(self.layers_per_stage) != self.pipeline_parallel_size:
            raise ContradictionError(
                Contradiction.STAGES_NAMED, layers_per_stage=len(self.layers_per_stage), pipeline_parallel_size=self.pipeline_parallel_size
            )
        if self.gpus and len(self.gpus) != self.world_size:
            raise ContradictionError(Contradiction.CARDS_NAMED, gpus=len(self.gpus), world_size=self.world_size)

    @property
    def reduces_in_fp32(self) -> bool:
        """``fp32_gradients``, with what the framework does where nothing is said."""
        return self.sharding is Sharding.MEGATRON if self.fp32_gradients is None else self.fp32_gradients

    @property
    def world_size(self) -> int:
        """All GPUs of the run."""
        return self.gpus_per_stage * self.pipeline_parallel_size

    @property
    def plain(self) -> bool:
        """Whether this is one GPU with everything on it, nothing divided, accumulated or recomputed in another way."""
        return self is ONE_GPU or (
            self.world_size == self.num_microbatches == self.virtual_pipeline_parallel_size == 1
            and self.sharding is Sharding.NONE
            and self.recompute is Recompute.NONE
            and self.offload_parameters is self.offload_optimizer is self.offload_activations is Offload.NONE
        )

    @property
    def gpus_per_stage(self) -> int:
        return self.data_parallel_size * self.tensor_parallel_size * self.context_parallel_size

    @property
    def nodes(self) -> int:
        """Machines, the last of them perhaps not full."""
        return -(-self.world_size // self.gpus_per_node)


ONE_GPU = Parallelism()

#: What can be changed of a scenario by its own name although it is ``parallel``'s.
PARALLEL_FIELDS = frozenset(field.name for field in fields(Parallelism))
