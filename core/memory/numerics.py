"""How wide things are during a run: the widths that every piece's formula is written in."""

from typing import NamedTuple

from core.memory.architecture import Norm
from core.memory.formats import Format, compute_bytes
from core.memory.scenario import Method, Recipe, Scenario, Task


class Numerics(NamedTuple):
    """Bytes per value.

    ``weight`` of a stored unquantized weight; ``compute`` of what matrix products take and give; ``residual`` of the residual
    stream; ``gradient``, ``master`` and ``state`` per trained value; ``autocast`` whether products take 16-bit copies of
    wider weights and inputs.
    """

    weight: int
    compute: int
    residual: int
    gradient: int = 0
    master: int = 0
    state: int = 0
    autocast: bool = False

    @property
    def casts_weights(self) -> bool:
        """Whether products take 16-bit copies of wider weights."""
        return self.autocast and self.weight == 4


#: Weights, gradients and states in the 16-bit type, as a plain ``model.to(bfloat16)`` trains.
_PURE16 = Numerics(weight=2, compute=2, residual=2, gradient=2, state=2)
#: DeepSpeed's and apex's 16-bit optimizers: fp32 master weights and states beside 16-bit weights and gradients.
_MIXED = Numerics(weight=2, compute=2, residual=2, gradient=2, master=4, state=4)
#: torch.autocast over fp32 weights.
_AMP = Numerics(weight=4, compute=2, residual=4, gradient=4, state=4, autocast=True)
_FP32 = Numerics(weight=4, compute=4, residual=4, gradient=4, state=4)
#: The same under autocast, which has nothing to cast but what LayerNorm, an fp32 kernel to it, reads and gives.
_PURE16_AUTOCAST = _PURE16._replace(autocast=True)
_RECIPES = {Recipe.PURE16: _PURE16, Recipe.MIXED: _MIXED, Recipe.AMP: _AMP, Recipe.FP32: _FP32}

#: PEFT keeps adapters in fp32 (``autocast_adapter_dtype``), hence their gradients and states, beside a 16-bit or fp32 base.
_LORA16 = Numerics(weight=2, compute=2, residual=2, gradient=4, state=4)
#: PEFT's prepare_model_for_kbit_training has norms compute and return fp32, which makes the whole residual stream, and so the
#: inputs that checkpointing keeps, fp32. Measured: Mistral-7B, r = 16 on q, k, v, o, 4 x 4096 tokens, bitsandbytes 4-bit, checkpointing
#: peaks at 19.25 GiB where the same run without that preparation peaks at 15.25 (fms-acceleration benchmarks, A100 80 GB).
_QLORA = Numerics(weight=2, compute=2, residual=4, gradient=4, state=4)
_LORA32 = Numerics(weight=4, compute=4, residual=4, gradient=4, state=4)
_LORA16_AUTOCAST = _LORA16._replace(autocast=True)
_LORA32_AUTOCAST = Numerics(weight=4, compute=2, residual=4, gradient=4, state=4, autocast=True)

_INFERENCE = {width: Numerics(weight=width, compute=width, residual=width) for width in (2, 4, 8)}


def widens_norms(scenario: Scenario) -> bool:
    """Whether full training of 16-bit weights is another under autocast."""
    pure = scenario.autocast and scenario.recipe is Recipe.PURE16 and scenario.method is Method.FULL
    return pure and scenario.architecture.norm is Norm.LAYER


def numerics(scenario: Scenario) -> Numerics:
    """The widths ``scenario`` runs in."""
    if scenario.task is Task.INFERENCE:
        return _INFERENCE[compute_bytes(scenario.weights)]
    if scenario.method is Method.FULL:
        return _PURE16_AUTOCAST if widens_norms(scenario) else _RECIPES[scenario.recipe]
    if scenario.method is Method.QLORA:
        return _QLORA if scenario.upcast_norms else _LORA16
    if scenario.autocast:
        return _LORA32_AUTOCAST if scenario.weights is Format.FP32 else _LORA16_AUTOCAST
    if scenario.weights is Format.FP32:
        return _LORA32
    return _LORA16._replace(gradient=2, state=2) if scenario.lora_bits == 16 else _LORA16
