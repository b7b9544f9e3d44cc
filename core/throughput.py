"""How fast at most: what a card must read and compute, over what it can. A bound, and the share of it that published runs reach.

Rooflines after Williams, Waterman and Patterson (2009): a step takes at least as long as its bytes take through the card's memory, and
at least as long as its operations take on its matrix units. Nothing here enters a verdict on memory.
"""

from dataclasses import replace
from typing import NamedTuple

from core.memory import Architecture, Format, Gpu, Method, Runtime, Scenario, Task, parameter_count
from core.memory.formats import bits_per_value
from core.memory.inference import decode_cache_bytes
from core.memory.mixers import state_bytes
from core.memory.parameters import embedding_parameters
from core.memory.varied import shapes
from core.memory.weights import weight_bytes


class Share(NamedTuple):
    """Of a bound, what published runs reach: the 5th and the 95th percentile."""

    low: float
    high: float


#: Decoding of Qwen2.5-0.5B to 72B in 16, 8 and 4 bits on an A100 (resources/speed.jsonl; worked out anew by its test). Small models are at
#: the lower end: what starts kernels is then slower than what they do.
DECODE_SHARES = {Runtime.TRANSFORMERS: Share(0.01, 0.27), Runtime.VLLM: Share(0.06, 0.61)}
#: Fine-tuning of Llama 2 with NVIDIA's NeMo 24.12 on H100s, LoRA and full: 663 to 787 of 1,979 TFLOP/s in fp8 (its performance summary).
#: Plain PyTorch stays below.
TRAINING_SHARE = Share(0.34, 0.40)


class Speed(NamedTuple):
    """Bounds of a run on one card; None where its maker does not say what it takes."""

    prompt_seconds: float | None
    """At least, for all prompts of the batch."""
    decode_tokens_per_second: float | None
    """At most, over the batch, at full context."""
    train_tokens_per_second: float | None
    """At most."""
    share: Share | None
    """What published runs reach of decoding, or of training; None where none was found."""


def speed_on(scenario: Scenario, gpu: Gpu) -> Speed:
    """Bounds of ``scenario`` on ``gpu``."""
    flops = _flops_per_second(scenario, gpu)
    if scenario.task is Task.TRAINING:
        tokens = training_flops_per_token(scenario)
        return Speed(None, None, flops / tokens if flops else None, TRAINING_SHARE)
    prompt = scenario.batch_size * scenario.prompt_length
    prefill = prompt * _forward_flops(scenario.architecture, scenario.prompt_length) / flops if flops else None
    decode = None
    if gpu.bandwidth_bytes_per_second:
        seconds = decode_bytes(scenario) / gpu.bandwidth_bytes_per_second
        if flops:
            seconds = max(seconds, scenario.batch_size * _forward_flops(scenario.architecture, 2 * scenario.context_length) / flops)
        decode = scenario.batch_size / seconds
    return Speed(prefill, decode, None, DECODE_SHARES.get(scenario.runtime))


def step_seconds(scenario: Scenario, tokens_per_second: float) -> float:
    """Of one micro-batch, forward and backward."""
    return scenario.batch_size * scenario.context_length / tokens_per_second


def hours_for(tokens: int, tokens_per_second: float) -> float:
    return tokens / tokens_per_second / 3600


def cost_of_hours(hours: float, price_per_hour: float) -> float:
    """In whatever currency the price is in."""
    return hours * price_per_hour


def decode_bytes(scenario: Scenario) -> int:
    """What one step of decoding reads: weights, of experts those that the batch's tokens can choose, of the embedding nothing but rows,
    and the whole cache.
    """
    arch = scenario.architecture
    if arch.num_experts:
        arch = _with_experts(arch, min(arch.num_experts, scenario.batch_size * arch.num_experts_per_tok))
    weights = weight_bytes(replace(arch, file_format=None, file_bytes=0), scenario.weights)
    if not arch.tie_word_embeddings:
        weights -= embedding_parameters(arch) * (bits_per_value(Format.BF16) // 8)
    states = state_bytes(arch, scenario.batch_size, 2)  # read and written: twice, but nothing else that is written is counted
    return weights + decode_cache_bytes(scenario, scenario.batch_size * scenario.context_length) + states


def active_parameters(arch: Architecture) -> int:
    """What one token is multiplied with: all but the embedding, and of experts its own."""
    used = _with_experts(arch, arch.num_experts_per_tok) if arch.num_experts else arch
    return parameter_count(used) - (0 if arch.tie_word_embeddings else embedding_parameters(arch))


def _with_experts(arch: Architecture, experts: int) -> Architecture:
    return replace(arch, num_experts=experts, num_experts_per_tok=min(arch.num_experts_per_tok, experts))


def _forward_flops(arch: Architecture, length: int) -> float:
    """Operations a token of a causal sequence: two a parameter, and four a head value and position before it, half of them on average."""
    before = 2.0 * sum([shape.attention_layers * shape.query_size for shape in shapes(arch)]) * length
    return 2.0 * active_parameters(arch) + before


def training_flops_per_token(scenario: Scenario) -> float:
    """Forward, and backward twice that; without gradients of frozen weights once; forward again under checkpointing."""
    passes = (3 if scenario.method is Method.FULL else 2) + scenario.gradient_checkpointing
    return passes * _forward_flops(scenario.architecture, scenario.context_length)


def _flops_per_second(scenario: Scenario, gpu: Gpu) -> int | None:
    """Of matrix products in the width that is computed in: 16 bits, whatever weights are stored in, or 32."""
    dense = gpu.dense_flops_per_second
    if dense is None:
        return None
    if scenario.weights in (Format.FP32, Format.FP64):
        return dense.fp32
    return dense.bf16 or dense.fp16
