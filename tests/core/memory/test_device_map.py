"""Layers that transformers gives each GPU: maps that it made of models on the meta device (5.24, torch 2.13, 16-bit, cards of 80 GiB)."""

from dataclasses import replace

import pytest
from any_scenario import SHAPE
from test_mixers import BAMBA, NEMOTRON_H

from core.memory import Architecture, Reason, Runtime, Scenario, estimate, reconcile, refusal
from core.memory.components import MomentName
from core.memory.device_map import device_map, engine_layers
from core.memory.formats import Format
from core.memory.runtime import CUDA_CONTEXT_BYTES


def shape(**sizes: object) -> Architecture:
    return Architecture(**SHAPE | sizes)


LLAMA_7B = shape()
LLAMA_70B = shape(
    hidden_size=8192, intermediate_size=28672, num_hidden_layers=80, num_attention_heads=64, num_key_value_heads=8, vocab_size=128256
)
SMALL_TIED = shape(
    hidden_size=896,
    intermediate_size=4864,
    num_hidden_layers=24,
    num_attention_heads=14,
    num_key_value_heads=2,
    head_dim=64,
    vocab_size=151936,
    tie_word_embeddings=True,
    qkv_bias=True,
)
MIXTRAL = shape(intermediate_size=14336, num_key_value_heads=8, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=14336)
WIDE_VOCABULARY = shape(
    hidden_size=2048,
    intermediate_size=8192,
    num_hidden_layers=16,
    num_attention_heads=16,
    num_key_value_heads=2,
    vocab_size=256000,
    qkv_bias=True,
)


@pytest.mark.parametrize(
    ("arch", "layers"),
    [
        (LLAMA_7B, (16, 16)),
        (LLAMA_7B, (10, 12, 10)),
        (LLAMA_7B, (7, 9, 9, 7)),
        (LLAMA_7B, (3, 5, 5, 5, 5, 5, 4, 0)),
        (LLAMA_70B, (40, 40)),
        (LLAMA_70B, (19, 22, 22, 17)),
        (LLAMA_70B, (9, 11, 11, 11, 11, 11, 11, 5)),
        (SMALL_TIED, (17, 7)),
        (SMALL_TIED, (12, 12, 0)),
        (SMALL_TIED, (9, 15, 0, 0)),
        (MIXTRAL, (16, 16)),
        (MIXTRAL, (8, 9, 9, 6)),
        (MIXTRAL, (4, 5, 5, 5, 5, 5, 3, 0)),
        (WIDE_VOCABULARY, (10, 6)),
        (WIDE_VOCABULARY, (4, 12, 0)),
        (WIDE_VOCABULARY, (1, 15, 0, 0)),
    ],
    ids=str,
)
def test_maps_are_met(arch, layers):
    assert device_map(arch, Format.BF16, len(layers)).layers == layers


def test_the_head_is_where_there_was_room():
    assert [device_map(WIDE_VOCABULARY, Format.BF16, gpus)[1:] for gpus in (2, 3, 4)] == [(0, 1), (0, 1), (0, 2)]
    assert device_map(SMALL_TIED, Format.BF16, 4)[1:] == (0, 0)


def test_small_layers_may_all_be_on_the_first():
    """Where a quarter more than the embedding is more than they take."""
    tiny = replace(SMALL_TIED, num_hidden_layers=2)
    assert device_map(tiny, Format.BF16, 2).layers == (2, 0)


def test_what_is_quantized_while_it_loads_leaves_a_tenth_free():
    assert device_map(LLAMA_70B, Format.NF4, 4).layers[0] < device_map(LLAMA_70B, Format.GPTQ_INT4, 4).layers[0]


def test_layers_that_differ_are_looked_at_one_by_one():
    """Three plain layers before those with experts are small."""
    dense = replace(MIXTRAL, first_k_dense_replace=12)
    counts = device_map(dense, Format.BF16, 2).layers
    assert counts[0] > 16
    assert sum(counts) == 32


def test_a_gpu_without_layers_has_what_is_left():
    """The head of a wide vocabulary by itself, with its logits; then nothing, not even a context."""
    served = Scenario(architecture=WIDE_VOCABULARY).evolve(pipeline_parallel_size=4, batch_size=2)
    devices = estimate(served).devices
    moments = [{moment.name: moment.stack for moment in device.moments} for device in devices]
    head = 2 * 256000 * 2048
    assert moments[2][MomentName.LOAD].weights == head
    assert moments[2][MomentName.PREFILL].logits == 2 * 256000 * 2
    assert moments[2][MomentName.LOAD].runtime == CUDA_CONTEXT_BYTES
    assert devices[3].total_bytes == 0
    whole = estimate(served.evolve(pipeline_parallel_size=1)).moments[0].stack.weights
    assert sum(stacks[MomentName.LOAD].weights for stacks in moments) == pytest.approx(whole, rel=0.001)


def test_the_tightest_gpu_has_more_than_its_share():
    """Of Llama-2-7B on eight GPUs five layers of 32."""
    one = Scenario(architecture=LLAMA_7B)
    worst = estimate(one.evolve(pipeline_parallel_size=8)).peak.stack.weights
    assert worst / estimate(one).peak.stack.weights == pytest.approx(5 * 404.8 / 13477, rel=0.01)


def test_layers_that_are_given_stay():
    given = Scenario(architecture=LLAMA_7B).evolve(pipeline_parallel_size=2, layers_per_stage=(20, 12))
    assert [device.moments[0].stack.weights > 7 * 10**9 for device in estimate(given).devices] == [True, False]


def test_single_blocks_without_a_mixer_are_found_where_layers_really_are():
    for arch, gpus in ((BAMBA, 4), (NEMOTRON_H, 2)):
        assert refusal(Scenario(architecture=arch).evolve(pipeline_parallel_size=gpus)) is None
    split = Scenario(architecture=NEMOTRON_H).evolve(pipeline_parallel_size=8)
    refused = refusal(split)
    assert refused is not None
    assert refused.reason is Reason.SEVERAL_GPUS
    assert refusal(reconcile(split)) is None


def test_attention_may_come_before_every_mixer():
    """Each GPU needs a mixer, so that both may have four layers, though one layer by itself is none that is modelled."""
    arch = replace(NEMOTRON_H, num_mixers_after_attention=4)
    assert sum(device_map(arch, Format.BF16, 2).layers) == 8
    assert refusal(Scenario(architecture=arch).evolve(pipeline_parallel_size=2)) is None


@pytest.mark.parametrize(
    ("runtime", "layers", "stages"),
    [
        ("vllm", 32, (8, 8, 8, 8)),
        ("vllm", 62, (15, 16, 16, 15)),
        ("vllm", 61, (15, 15, 16, 15)),
        ("vllm", 63, (16, 16, 16, 15)),
        ("vllm", 5, (3, 2)),
        ("vllm", 3, (1, 1, 1)),
        ("sglang", 62, (15, 15, 16, 16)),
        ("sglang", 5, (2, 3)),
    ],
    ids=str,
)
def test_layers_of_an_engine_that_are_left_over(runtime, layers, stages):
    """vLLM spares the last stage, which has the head, and the first as long as it can; SGLang gives them to the last."""
    assert engine_layers(Runtime(runtime), layers, len(stages)) == stages
    served = Scenario(architecture=replace(LLAMA_7B, num_hidden_layers=layers), runtime=runtime).evolve(pipeline_parallel_size=len(stages))
    assert estimate(served).moments == estimate(served.evolve(layers_per_stage=stages)).moments
