"""The rule of thumb: the arithmetic of the article this product grew out of, figures and all.

Source: "GPU cost of training and serving open large models" (开源大模型训练及推理所需显卡成本). It multiplies *nominal* sizes
(7e9 for Llama-2-7B) by plain bytes per value; int8 is exactly 1 byte, int4 half a byte. It gives the order of magnitude,
as its author says. Where its text contradicts its own worked example (AdamW's moments), the example is followed.
"""

from collections.abc import Iterator
from typing import assert_never

from core.memory.architecture import Architecture
from core.memory.components import Cause, Moment, MomentName, Stack
from core.memory.formats import QUANTIZED, Format, bits_per_value
from core.memory.scenario import Method, Optimizer, Recipe, Scenario, Task
from core.memory.units import GIB, ceil_div


def nominal_weight_bytes(parameters: int, fmt: Format) -> int:
    """Size of ``parameters`` values: parameters * bits / 8."""
    return ceil_div(parameters * bits_per_value(fmt), 8)


def optimizer_bytes(parameters: int, fmt: Format, optimizer: Optimizer) -> int:
    """Adam and AdamW twice the weights; 8-bit AdamW 2 bytes a parameter; SGD, with its moving averages, once the weights; Adafactor,
    which the article does not know, like SGD.
    """
    match optimizer:
        case Optimizer.ADAM | Optimizer.ADAMW:
            return 2 * nominal_weight_bytes(parameters, fmt)
        case Optimizer.ADAMW8BIT | Optimizer.PAGED_ADAMW8BIT:
            return 2 * parameters
        case Optimizer.SGD | Optimizer.SGD_MOMENTUM | Optimizer.ADAFACTOR:
            return nominal_weight_bytes(parameters, fmt)
        case _:
            assert_never(optimizer)


def activation_bytes_per_sample(arch: Architecture, context_length: int, fmt: Format) -> int:
    """(hidden + intermediate) * context * layers * bytes a value: 990 MB for Llama-2-7B, 2048 tokens, int8."""
    values = (arch.hidden_size + arch.intermediate_size) * context_length * arch.num_hidden_layers
    return ceil_div(values * bits_per_value(fmt), 8)


def article_format(scenario: Scenario) -> Format:
    """The one precision the rule reckons in: the weights' own, or fp32 where a recipe stores fp32."""
    training_in_fp32 = (
        scenario.task is Task.TRAINING
        and scenario.method is Method.FULL
        and scenario.recipe in (Recipe.AMP, Recipe.FP32)
        and scenario.weights not in QUANTIZED
    )
    return Format.FP32 if training_in_fp32 else scenario.weights


def rule_of_thumb_moments(scenario: Scenario) -> Iterator[Moment]:
    """Inference is the weights. Training, always full training, adds gradients of their size, the optimizer and activations. Over several
    GPUs people divide all of it by how many there are, what a sequence takes by how many share the sequence.
    """
    fmt = article_format(scenario)
    parameters, gpus = scenario.architecture.nominal_parameters, scenario.parallel.world_size
    weights = ceil_div(nominal_weight_bytes(parameters, fmt), gpus)
    load = Stack(weights=weights)
    yield Moment(MomentName.LOAD, load, Cause.RESIDENT)
    if scenario.task is Task.INFERENCE:
        yield Moment(MomentName.DECODE, load, Cause.RESIDENT)
        return
    sample = activation_bytes_per_sample(scenario.architecture, scenario.context_length, fmt)
    step = load._replace(
        gradients=weights,
        optimizer=ceil_div(optimizer_bytes(parameters, fmt, scenario.optimizer), gpus),
        activations=ceil_div(sample * scenario.batch_size, gpus // scenario.parallel.data_parallel_size),
    )
    yield Moment(MomentName.BACKWARD, step, Cause.RESIDENT)


def ladder_format(card_bytes: int) -> Format:
    """The article's fixed ladder for a 7B model: under 32 GB of card half precision, under 16 int8, under 8 int4."""
    for below_gib, fmt in ((8, Format.INT4), (16, Format.INT8), (32, Format.FP16)):
        if card_bytes < below_gib * GIB:
            return fmt
    return Format.FP32
