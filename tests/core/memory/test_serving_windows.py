"""vLLM's cache of models with sliding windows: by hand, and by its log."""

from dataclasses import replace

import pytest

from core.known import known_models
from core.memory import Component, MomentName, Scenario
from core.memory.explain import explain
from core.memory.serving import cached_bytes, max_concurrency
from core.memory.serving_windows import windowed_cache_bytes

MODELS = {model.short_name: model.architecture for model in known_models().rows}


def served(name: str, **fields: object) -> Scenario:
    return Scenario(architecture=MODELS[name]).evolve(runtime="vllm", **fields)


def test_groups_of_as_many_layers_as_the_smaller_kind_has():
    """Gemma 3 27B: 10 whole layers, 52 with a window of 1,024 in six groups of 10; 16 heads of 128, 16 bits, blocks of 16 tokens."""
    run = served("gemma-3-27b-pt", context_length=32768, max_num_batched_tokens=2048)
    page = 16 * 2 * 16 * 128 * 2
    assert cached_bytes(run) == 10 * page * (32768 // 16 + 6 * (-(-(1023 + 2048) // 16) + 1))


def test_kinds_that_are_nearly_as_many_are_groups_of_the_larger():
    arch = replace(MODELS["gemma-3-27b-pt"], num_hidden_layers=11, num_sliding_layers=6)
    run = Scenario(architecture=arch).evolve(runtime="vllm", context_length=16384)
    assert cached_bytes(run) == 6 * 16 * 2 * 16 * 128 * 2 * (16384 // 16 + -(-(1023 + 2048) // 16) + 1)


def test_a_window_in_every_layer():
    run = served("Mistral-7B-v0.1", context_length=32768)
    assert cached_bytes(run) == 32 * 16 * 2 * 8 * 128 * 2 * (-(-(4095 + 2048) // 16) + 1)


def test_smaller_tokens_have_longer_blocks():
    """Gemma 4 31B: what about 50 GB hold, in thousands of tokens: 525 are reported, at an unknown length of a request."""
    lengths = {length: served("gemma-4-31B", context_length=length) for length in (131072, 262144)}
    held = {length: 50e9 / cached_bytes(run) * length / 1000 for length, run in lengths.items()}
    assert held[131072] < 525 < held[262144]


def test_what_does_not_divide_keeps_all_tokens():
    arch = MODELS["gemma-4-E2B"]
    odd = replace(arch, layer_runs=tuple(replace(run, head_dim=384) if not run.sliding else run for run in arch.layer_runs))
    run = Scenario(architecture=odd).evolve(runtime="vllm", context_length=16384)
    assert windowed_cache_bytes(run) is None
    assert cached_bytes(run) > cached_bytes(served("gemma-4-E2B", context_length=16384))


def test_no_window_and_other_engines_keep_all_tokens():
    assert windowed_cache_bytes(served("Llama-3.1-8B", context_length=16384)) is None
    run = served("gemma-3-27b-pt", context_length=32768)
    assert cached_bytes(run.evolve(runtime="sglang")) > 3 * cached_bytes(run)


@pytest.mark.parametrize("prefix", [0, 1000, 16384, 40000])
def test_a_shared_prefix_is_once_in_layers_without_a_window(prefix):
    one = served("gemma-3-27b-pt", context_length=32768, shared_prefix_length=prefix)
    shared = 10 * 16 * 2 * 16 * 128 * 2 * (min(prefix, 32768) // 16)
    assert cached_bytes(one.evolve(batch_size=5)) == 5 * cached_bytes(one) - 4 * shared
    assert max_concurrency(one, 3 * cached_bytes(one)) >= 3


@pytest.mark.parametrize("name", ["gemma-3-27b-pt", "gemma-4-31B", "Mistral-7B-v0.1", "gpt-oss-20b"])
def test_the_explanation_says_what_is_estimated(name):
    run = served(name, context_length=32768, batch_size=4, shared_prefix_length=1000)
    told = explain(run)[MomentName.SERVING][Component.KV_CACHE]
    assert told.value_bytes == cached_bytes(run)
    assert len(told.formula) < 120
    assert "SlidingWindowSpec" in told.source
