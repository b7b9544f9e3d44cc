"""Optimizers: states they keep, and what a step needs at once.

Sources: measured storages of torch 2.13's optimizers and of transformers' Adafactor (without momentum); bitsandbytes' blockwise 8-bit
states (one byte a value and one fp32 scale for 256 values, two states). Symbols: n trained values, w bytes of one.
"""

from typing import assert_never

from core.memory.numerics import Numerics
from core.memory.scenario import Optimizer, OptimizerImplementation
from core.memory.units import ceil_div

#: Values that share one scale in bitsandbytes' 8-bit states.
_BLOCK = 256


def optimizer_state_bytes(optimizer: Optimizer, n: Numerics, trained: int, factored: int) -> int:
    """States and fp32 master weights of ``trained`` values; of ``factored``, where one is kept for each row and column only. Scalar step
    counters count as nothing, paged states neither: they lie in memory that the driver moves to the host when the card is short of it.
    """
    master = n.master * trained
    match optimizer:
        case Optimizer.ADAMW | Optimizer.ADAM:
            return master + 2 * n.state * trained
        case Optimizer.ADAMW8BIT:
            return master + 2 * (trained + 4 * ceil_div(trained, _BLOCK))
        case Optimizer.PAGED_ADAMW8BIT:
            return master
        case Optimizer.ADAFACTOR:
            return master + 4 * factored
        case Optimizer.SGD_MOMENTUM:
            return master + n.state * trained
        case Optimizer.SGD:
            return master
        case _:
            assert_never(optimizer)


def optimizer_step_bytes(
    optimizer: Optimizer,
    implementation: OptimizerImplementation,
    n: Numerics,
    trained: int,
    largest: int,
) -> int:
    """What the step needs beside states and gradients.

    With master weights (DeepSpeed, apex) a fp32 copy of the gradients, and fused arithmetic. Else Adam in foreach form makes a full copy
    of the second moments (``_foreach_sqrt``; before torch 2.1 ``_foreach_add`` of epsilon made another), in a plain loop two copies of the
    ``largest`` parameter, fused none.
    """
    if n.master:
        return 4 * trained
    if optimizer is Optimizer.ADAFACTOR:
        # One parameter at a time: its update and that update scaled, fp32, beside fp32 copies of a 16-bit parameter and gradient.
        return (16 if n.weight == 2 else 8) * largest
    if optimizer not in (Optimizer.ADAMW, Optimizer.ADAM):
        return 0
    match implementation:
        case OptimizerImplementation.FOREACH:
            return n.state * trained
        case OptimizerImplementation.FOREACH_BEFORE_2_1:
            return 2 * n.state * trained
        case OptimizerImplementation.FORLOOP:
            return 2 * n.state * largest
        case OptimizerImplementation.FUSED:
            return 0
        case _:
            assert_never(implementation)
