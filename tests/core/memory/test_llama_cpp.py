"""llama.cpp against what it prints at start: caches and compute buffers of published logs, MiB."""

from dataclasses import replace

import pytest

from core.memory import Architecture, Component, Format, Reason, Scenario, estimate, reconcile, refusal
from core.memory.edge import validated
from core.memory.gguf import file_bytes, head_bytes
from core.memory.llama_cpp import cache_bytes, compute_buffer_bytes, device_weight_bytes
from core.memory.refusal import loaded_as
from core.memory.units import MIB


def shape(layers, hidden, intermediate, heads, kv_heads, vocab, **more) -> Architecture:
    fields = {
        "nominal_parameters": 10**9,
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "head_dim": hidden // heads,
        "vocab_size": vocab,
    }
    return validated(Architecture, **fields | more)


LLAMA_3_8B = shape(32, 4096, 14_336, 32, 8, 128_256)
LLAMA_7B = shape(32, 4096, 11_008, 32, 32, 32_000)
QWEN_3B = shape(36, 2048, 11_008, 16, 2, 151_936)
QWEN3_0_6B = shape(28, 1024, 3072, 16, 8, 151_936, head_dim=128)
OLMOE = shape(16, 2048, 1024, 16, 16, 50_304, num_experts=64, num_experts_per_tok=8, moe_intermediate_size=1024)
LATENT = {"kv_lora_rank": 512, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128}
DEEPSEEK_V3 = shape(61, 7168, 18_432, 128, 128, 129_280, **LATENT)
OLD, NEW = "before-mid-2026", "current"


def run(arch: Architecture, context: int, **choices) -> Scenario:
    base = {"architecture": arch, "runtime": "llama.cpp", "weights": "q4_k_m", "kv_cache": "fp16", "context_length": context}
    return validated(Scenario, **base | choices)


@pytest.mark.parametrize(
    ("arch", "context", "attention", "build", "logged_mib", "within"),
    [
        (LLAMA_3_8B, 8192, "eager", OLD, 560.0, 0),
        (LLAMA_7B, 2048, "eager", OLD, 164.0, 0),
        (LLAMA_7B, 32_768, "eager", OLD, 2144.0, 0),
        (LLAMA_3_8B, 8192, "sdpa", OLD, 258.5, 0),
        (QWEN_3B, 4096, "sdpa", OLD, 300.75, 0),
        (QWEN_3B, 4096, "sdpa", NEW, 80.59, 0.005),
        (QWEN3_0_6B, 4096, "sdpa", NEW, 32.09, 0.005),
        (OLMOE, 4096, "sdpa", NEW, 64.09, 0.005),
        (DEEPSEEK_V3, 32_768, "sdpa", OLD, 3393.0, 0.02),
        (DEEPSEEK_V3, 65_536, "sdpa", OLD, 6081.0, 0.02),
        (DEEPSEEK_V3, 2048, "sdpa", OLD, 503.0, 0.05),
    ],
)
def test_compute_buffers_as_logged(arch, context, attention, build, logged_mib, within):
    scenario = run(arch, context, attention=attention, llama_cpp_build=build)
    assert compute_buffer_bytes(scenario) / MIB == pytest.approx(logged_mib, rel=within, abs=1e-9)


@pytest.mark.parametrize(
    ("arch", "weights", "context", "attention", "layers", "logged_mib"),
    [
        (QWEN_3B, "q4_k_m", 512, "sdpa", 16, 304.75),
        (QWEN_3B, "q4_k_m", 512, "sdpa", 0, 548.18),
        (shape(40, 5120, 13_824, 40, 40, 32_000), "q8_0", 512, "eager", 0, 248.54),
    ],
)
def test_what_stays_with_the_host_goes_through_the_buffer(arch, weights, context, attention, layers, logged_mib):
    scenario = run(arch, context, weights=weights, attention=attention, llama_cpp_build=OLD, n_gpu_layers=layers)
    assert compute_buffer_bytes(scenario) / MIB == pytest.approx(logged_mib, rel=1e-4)


def test_of_experts_the_largest_matrix_goes_through_the_buffer():
    """As logged: 172.37 MiB with a few layers on the card, 64.09 with all."""
    assert compute_buffer_bytes(run(OLMOE, 4096, n_gpu_layers=2)) / MIB == pytest.approx(172.37, rel=0.005)


def test_layers_on_the_host_weigh_nothing_on_the_card():
    every, half, output, none = (run(LLAMA_3_8B, 8192, n_gpu_layers=layers) for layers in (33, 17, 1, 0))
    assert device_weight_bytes(none) == cache_bytes(none) == cache_bytes(output) == 0
    assert 0 < device_weight_bytes(output) < device_weight_bytes(half) < device_weight_bytes(every)
    assert 2 * cache_bytes(half) == cache_bytes(every)


@pytest.mark.parametrize(
    ("arch", "context", "cache", "logged_mib"),
    [
        (LLAMA_3_8B, 8192, "fp16", 1024.0),
        (LLAMA_7B, 2048, "fp16", 1024.0),
        (LLAMA_3_8B, 8192, "q8_0", 544.0),
        (DEEPSEEK_V3, 512, "fp16", 34.3),
    ],
)
def test_caches_as_logged(arch, context, cache, logged_mib):
    assert cache_bytes(run(arch, context, kv_cache=cache)) / MIB == pytest.approx(logged_mib, rel=0.001)


def test_the_context_is_padded_to_whole_blocks():
    assert cache_bytes(run(LLAMA_7B, 1000)) == cache_bytes(run(LLAMA_7B, 1024))
    assert cache_bytes(run(LLAMA_7B, 1000, attention="eager")) == cache_bytes(run(LLAMA_7B, 1024, attention="eager"))
    assert cache_bytes(run(LLAMA_7B, 990, attention="eager")) < cache_bytes(run(LLAMA_7B, 990))


def test_layers_with_a_window_keep_it_and_a_micro_batch():
    """1024 + 512 cells (a fixture of llama.cpp's own tests)."""
    sliding = shape(6, 1024, 4096, 8, 4, 32_000, sliding_window=1024, num_sliding_layers=5)
    whole, windowed = (cache_bytes(run(sliding, 8192, llama_cpp_build=build)) for build in (OLD, NEW))
    per_cell = 2 * 2 * sliding.key_value_size
    assert whole == 6 * 8192 * per_cell
    assert windowed == (8192 + 5 * 1536) * per_cell


def test_embeddings_stay_with_the_host():
    """The log of Llama-3-8B Q4_0 puts 281.81 MiB there."""
    scenario = run(LLAMA_3_8B, 4096)
    found = estimate(scenario)
    assert found.moments[0].stack.weights == device_weight_bytes(scenario)
    assert [moment.name for moment in found.moments] == ["load", "serving"]
    parts = {component for component, size in zip(Component, found.peak.stack, strict=True) if size}
    assert parts == {Component.WEIGHTS, Component.KV_CACHE, Component.WORKSPACE, Component.RUNTIME}


class TestFormats:
    @pytest.mark.parametrize(
        ("asked", "loaded"), [("int4", "q4_k_m"), ("nf4", "q4_k_m"), ("fp8", "q8_0"), ("int8", "q8_0"), ("bf16", "bf16")]
    )
    def test_of_pytorch_have_a_file_type_of_as_many_bits(self, asked, loaded):
        assert loaded_as(run(LLAMA_7B, 1024), Format(asked)) is Format(loaded)

    @pytest.mark.parametrize(
        ("file", "loaded"), [("q4_k_m", "int4"), ("q6_k", "int8"), ("q8_0", "int8"), ("fp16", "fp16"), ("iq2_xs", "int4")]
    )
    def test_of_files_have_a_precision_in_pytorch(self, file, loaded):
        assert loaded_as(run(LLAMA_7B, 1024, runtime="transformers", weights="bf16"), Format(file)) is Format(loaded)

    def test_one_of_the_other_runtime_is_refused_and_reconciled(self):
        scenario = run(LLAMA_7B, 1024, weights="int4")
        refused = refusal(scenario)
        assert refused is not None
        assert refused.reason is Reason.FORMAT_OF_ANOTHER_RUNTIME
        assert refusal(reconcile(scenario)) is None

    def test_wide_integers_are_of_no_file(self):
        assert loaded_as(run(LLAMA_7B, 1024), Format.INT64) is Format.INT64
        assert refusal(run(LLAMA_7B, 1024, weights="int64")) is not None


class TestHost:
    def test_beside_a_full_card_it_keeps_the_embeddings(self):
        """Llama-3-8B in Q4_K_M: 281.81 MiB in llama.cpp's log."""
        kept = estimate(run(LLAMA_3_8B, 4096)).host_bytes
        assert kept.weights / MIB == pytest.approx(281.81, abs=0.01)
        assert kept.kv_cache == 0

    @pytest.mark.parametrize("arch", [LLAMA_3_8B, QWEN_3B, replace(QWEN_3B, tie_word_embeddings=True)])
    def test_what_is_not_on_the_card_is_there(self, arch):
        whole = file_bytes(arch, Format.Q4_K_M)
        for layers in (0, 7, arch.num_hidden_layers + 1):
            result = estimate(run(arch, 4096, n_gpu_layers=layers))
            twice = head_bytes(arch, Format.Q4_K_M) if arch.tie_word_embeddings and layers else 0
            assert result.host_bytes.weights + result.moments[0].stack.weights == whole + twice
            assert result.host_bytes.kv_cache + result.peak.stack.kv_cache == cache_bytes(run(arch, 4096))

    def test_other_runtimes_and_the_rule_of_thumb_keep_nothing_there(self):
        scenario = run(LLAMA_3_8B, 4096)
        assert estimate(scenario.evolve(runtime="vllm", weights="bf16")).host_bytes.total_bytes == 0
        assert estimate(scenario.evolve(estimator="rule-of-thumb", weights="bf16", kv_cache="bf16")).host_bytes.total_bytes == 0

    def test_an_opened_file_knows_its_size(self):
        opened = replace(LLAMA_3_8B, file_format=Format.Q4_K_M, file_bytes=5 * 10**9)
        result = estimate(run(opened, 4096, n_gpu_layers=9))
        assert result.host_bytes.weights + result.moments[0].stack.weights == 5 * 10**9
