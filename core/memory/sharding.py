"""What replicas of the model divide between them, and what they gather again to compute with.

Sources: DeepSpeed's stage_1_and_2.py, stage3.py and its configuration's defaults; torch's FSDP notes (the root's unit stays gathered,
backward gathers the next unit before the current one is done) and fully_shard; DDP's buckets (a whole copy of the gradients unless they
are views of them); Megatron-Core's distributed optimizer (fp32 or 16-bit gradient buffers of all parameters, states and master weights
divided). Measured: Mistral-7B, FSDP over 2 and 4 A100 (fms-acceleration benchmarks); Llama-2-7B, ZeRO-2 over 2 and 4 H800 (ColossalChat).
Symbols: P trained values of a GPU's part, N replicas that divide them.
"""

from typing import NamedTuple

from core.memory.numerics import Numerics
from core.memory.parallel import Parallelism, Sharding

FSDP1 = frozenset({Sharding.FSDP, Sharding.FSDP_GRAD_OP, Sharding.FSDP_HYBRID})
FSDP2 = frozenset({Sharding.FSDP2, Sharding.FSDP2_GRAD_OP, Sharding.FSDP2_HYBRID})
FSDP = FSDP1 | FSDP2
HYBRID = frozenset({Sharding.FSDP_HYBRID, Sharding.FSDP2_HYBRID})
GRAD_OP = frozenset({Sharding.FSDP_GRAD_OP, Sharding.FSDP2_GRAD_OP})
DEEPSPEED = frozenset({Sharding.ZERO1, Sharding.ZERO2, Sharding.ZERO3})

#: Where each GPU holds a part only of the optimizer's states, of the gradients, of the weights.
DIVIDES_STATES = FSDP | DEEPSPEED | {Sharding.MEGATRON}
DIVIDES_GRADIENTS = FSDP | {Sharding.ZERO2, Sharding.ZERO3}
DIVIDES_WEIGHTS = FSDP | {Sharding.ZERO3}


class Values(NamedTuple):
    """Numbers of values on one GPU: of everything that all replicas have, and of experts, which fewer replicas share."""

    dense: int
    routed: int = 0

    @property
    def all(self) -> int:
        return self.dense + self.routed


class Shares(NamedTuple):
    """Among how many GPUs each kind is divided."""

    dense: int
    routed: int

    def of(self, values: Values) -> int:
        """Values that fall to one GPU; every part is as long as the longest."""
        return -(-values.dense // self.dense) - (-values.routed // self.routed)


WHOLE = Shares(1, 1)


def shares(parallel: Parallelism) -> Shares:
    """Replicas that divide dense values, and those that divide an expert's: N = data x context, and of them and the tensor-parallel ones
    that are left beside expert parallelism. Hybrid sharding divides within a group.
    """
    dense = parallel.data_parallel_size * parallel.context_parallel_size
    t = parallel.tensor_parallel_size
    of_expert = parallel.expert_parallel_size * (parallel.expert_tensor_parallel_size or t)
    routed = max(1, dense * t // of_expert)
    if parallel.sharding in HYBRID:
        group = parallel.shard_group_size or parallel.gpus_per_node
        return Shares(min(dense, group), min(routed, group))
    return Shares(dense, routed)


class Widths(NamedTuple):
    """Bytes a trained value takes on the GPU: stored weight, stored gradient, master weight and state; and gathered to compute."""

    weight: int
    gradient: int
    numerics: Numerics
    """Of the optimizer and its step."""
    gathered: int


def widths(n: Numerics, parallel: Parallelism) -> Widths:
    """FSDP's mixed precision divides fp32 weights, gathers 16-bit ones and reduces into fp32 gradients: its master weights are its weights.
    Elsewhere gradients are as wide as weights, unless they are asked for in fp32.
    """
    if parallel.sharding in FSDP and n.master:
        of_shard = n._replace(weight=n.master, gradient=n.master, master=0)
        return Widths(n.master, n.master, of_shard, n.weight)
    gradient = 4 if parallel.reduces_in_fp32 else n.gradient
    return Widths(n.weight, gradient, n._replace(gradient=gradient), n.weight)
