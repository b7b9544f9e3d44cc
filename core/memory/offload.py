"""What lies on the host instead of on the GPU, and what the host needs for it.

Sources: DeepSpeed's memory requirements (docs/code-docs/source/memory.rst: 16 bytes a parameter of master weights, states and fp32
gradients, times an ``additional_buffer_factor`` of 1.5 that is its authors' margin and is not taken here) and the defaults of its
configuration (``buffer_count`` 5 and 4 of ``buffer_size`` 1e8); torch's ``CPUOffload``, which moves weights, gradients and states of FSDP
together; Megatron-Core's ``HybridDeviceOptimizer``, measured to save 8 bytes a parameter, its states, linearly in the share that is
offloaded (Megatron-Bridge, Qwen3-30B-A3B on 16 H100).
"""

from typing import NamedTuple

from core.memory.components import HostBytes
from core.memory.numerics import Numerics
from core.memory.parallel import Offload, Parallelism, Sharding
from core.memory.sharding import DEEPSPEED, DIVIDES_GRADIENTS
from core.memory.training import ModelState

#: Of DeepSpeed's swapping to disk: buffers, and values in each.
_PARAMETER_BUFFERS, _OPTIMIZER_BUFFERS, _BUFFER_VALUES = 5, 4, 10**8


class Offloaded(NamedTuple):
    """What is left on the GPU, and what one GPU puts on its host."""

    model: ModelState
    host: HostBytes


def offloaded(model: ModelState, n: Numerics, parallel: Parallelism) -> Offloaded:
    """``model`` on one GPU, less what is moved. ``n`` are the widths of the optimizer."""
    weights, optimizer = parallel.offload_parameters, parallel.offload_optimizer
    if weights is optimizer is Offload.NONE:
        return Offloaded(model, HostBytes())
    moved_weights = model.weights if weights is not Offload.NONE else 0
    moved_states = model.optimizer * parallel.offload_optimizer_percent // 100 if optimizer is not Offload.NONE else 0
    if parallel.sharding is Sharding.MEGATRON and n.master:
        moved_states -= moved_states * n.master // (n.master + 2 * n.state)  # master weights stay
    # The host steps on gradients of its own: in fp32, each moved as soon as it is reduced.
    moves_gradients = parallel.sharding in DIVIDES_GRADIENTS and moved_states > 0
    moved_gradients = model.gradients if moves_gradients else 0
    left = model._replace(
        weights=model.weights - moved_weights,
        optimizer=model.optimizer - moved_states,
        gradients=model.gradients - moved_gradients,
        stepped_gradients=model.stepped_gradients - moved_gradients,
        step_work=model.step_work if moved_states == 0 else model.step_work * (100 - parallel.offload_optimizer_percent) // 100,
    )
    host_gradients = 0
    if moved_gradients and parallel.sharding in DEEPSPEED:
        host_gradients = 4 * moved_gradients // max(1, n.gradient)
    elif moved_gradients:
        host_gradients = moved_gradients
    on_disk = moved_weights * (weights is Offload.NVME) + moved_states * (optimizer is Offload.NVME)
    buffers = 0
    if weights is Offload.NVME:
        buffers += min(moved_weights, _PARAMETER_BUFFERS * _BUFFER_VALUES * n.weight)
    if optimizer is Offload.NVME:
        buffers += min(moved_states, _OPTIMIZER_BUFFERS * _BUFFER_VALUES * 4)
    host = HostBytes(
        weights=moved_weights * (weights is Offload.CPU),
        gradients=host_gradients,
        optimizer=moved_states * (optimizer is Offload.CPU),
        buffers=buffers,
        nvme=on_disk,
    )
    return Offloaded(left, host)


def on_machine(host: HostBytes, parallel: Parallelism) -> HostBytes:
    """What one full machine keeps for all of its GPUs."""
    gpus = min(parallel.gpus_per_node, parallel.world_size)
    return HostBytes(*(gpus * size for size in host))
