"""Models with mixers in llama.cpp, against what it prints: sizes of files, states, caches and compute buffers of published logs."""

import pytest

from core.memory import Architecture, Format, Scenario, estimate
from core.memory.architecture import Mixer, Norm, Position, Router
from core.memory.edge import validated
from core.memory.gguf import experts_bytes, file_bytes, largest_matrix_bytes, layers_bytes
from core.memory.llama_cpp import cache_bytes, compute_buffer_bytes, experts_on_host, host_bytes, recurrent_cell_bytes
from core.memory.units import MIB

GIB = 1024 * MIB


def lfm2_moe(layers: int, attention: int, intermediate: int, experts: int, width: int) -> Architecture:
    fields = {"hidden_size": 2048, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 65_536}
    fields |= {"intermediate_size": intermediate, "num_hidden_layers": layers, "tie_word_embeddings": True, "qk_norm": True}
    fields |= {"num_experts": experts, "num_experts_per_tok": 4, "moe_intermediate_size": width, "first_k_dense_replace": 2}
    fields |= {"mixer": Mixer.SHORT_CONV, "conv_kernel": 3, "router": Router.SIGMOID_16_BIT}
    mixers = layers - attention
    fields |= {"num_mixer_layers": mixers, "num_layers_without_attention": mixers, "num_mixers_after_attention": 2}
    return validated(Architecture, nominal_parameters=10**9, **fields)


def qwen3_5(layers: int, hidden: int, intermediate: int, heads: int, kv_heads: int, value_heads: int, **more: object) -> Architecture:
    mixers = layers - layers // 4
    fields = {"hidden_size": hidden, "intermediate_size": intermediate, "num_hidden_layers": layers, "num_attention_heads": heads}
    fields |= {"num_key_value_heads": kv_heads, "head_dim": 256, "rotary_dim": 64, "vocab_size": 248_320, "norm": Norm.RMS_WEIGHT_FP32}
    fields |= {"mixer": Mixer.GATED_DELTA_NET, "mixer_projections_apart": True, "qk_norm": True, "attention_gate": True}
    fields |= {"conv_kernel": 4, "linear_num_key_heads": 16, "linear_num_value_heads": value_heads}
    fields |= {"linear_key_head_dim": 128, "linear_value_head_dim": 128}
    fields |= {"num_mixer_layers": mixers, "num_layers_without_attention": mixers}
    return validated(Architecture, nominal_parameters=10**9, **fields | more)


_EXPERTS = {"num_experts": 256, "num_experts_per_tok": 8, "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512}
QWEN_0_8B = qwen3_5(24, 1024, 3584, 8, 2, 16, tie_word_embeddings=True)
QWEN_27B = qwen3_5(64, 5120, 17_408, 24, 4, 48)
QWEN_35B = qwen3_5(40, 2048, 512, 16, 2, 32, router=Router.SOFTMAX_16_BIT, shared_expert_gate=True, **_EXPERTS)
LFM2_8B, LFM2_24B = lfm2_moe(24, 6, 7168, 32, 1792), lfm2_moe(40, 10, 11_776, 64, 1536)
NEMOTRON_3_ULTRA_MIXER = {"mamba_num_heads": 256, "mamba_head_dim": 64, "ssm_state_size": 128, "n_groups": 8, "chunk_size": 128}
NEMOTRON_3 = validated(
    Architecture,
    nominal_parameters=10**9,
    hidden_size=8192,
    intermediate_size=2688,
    num_hidden_layers=108,
    num_attention_heads=64,
    num_key_value_heads=2,
    head_dim=128,
    vocab_size=131_072,
    mixer=Mixer.MAMBA2,
    mixer_norm=True,
    position=Position.NONE,
    conv_kernel=4,
    num_mixer_layers=48,
    num_layers_without_attention=96,
    num_layers_without_mlp=60,
    router=Router.SIGMOID,
    experts_ungated=True,
    num_experts=16,
    num_experts_per_tok=4,
    moe_intermediate_size=512,
    **NEMOTRON_3_ULTRA_MIXER,
)
OLD, NEW = "before-mid-2026", "current"


def run(arch: Architecture, context: int, **choices: object) -> Scenario:
    base = {"architecture": arch, "runtime": "llama.cpp", "weights": "q4_k_m", "kv_cache": "fp16", "context_length": context}
    return validated(Scenario, **base | choices)


@pytest.mark.parametrize(("arch", "logged_gib"), [(LFM2_8B, 4.41), (LFM2_24B, 12.54)])
def test_files_are_as_large_as_llama_bench_says(arch, logged_gib):
    assert file_bytes(arch, Format.Q4_0) / GIB == pytest.approx(logged_gib, abs=0.005)


@pytest.mark.parametrize(
    ("arch", "sequences", "logged_mib"),
    [(QWEN_35B, 1, 62.81), (QWEN_35B, 4, 251.25), (QWEN_27B, 1, 149.62), (QWEN_0_8B, 4, 77.06), (NEMOTRON_3, 4, 1576.5)],
)
def test_states_as_logged(arch, sequences, logged_mib):
    assert sequences * arch.num_mixer_layers * recurrent_cell_bytes(arch) / MIB == pytest.approx(logged_mib, abs=0.01)


@pytest.mark.parametrize(
    ("arch", "context", "kv_cache", "logged_mib"),
    [(QWEN_35B, 54_784, "fp16", 1070.0), (QWEN_27B, 131_072, "q4_0", 2304.0), (QWEN_27B, 262_144, "q8_0", 8704.0)],
)
def test_keys_and_values_of_the_layers_with_attention_as_logged(arch, context, kv_cache, logged_mib):
    states = arch.num_mixer_layers * recurrent_cell_bytes(arch)
    assert (cache_bytes(run(arch, context, kv_cache=kv_cache)) - states) / MIB == logged_mib


@pytest.mark.parametrize(
    ("arch", "context", "build", "ubatch", "logged_mib", "within"),
    [
        (QWEN_27B, 16_384, NEW, 512, 138.02, 0.001),
        (QWEN_0_8B, 2048, NEW, 512, 42.58, 0.02),
        (QWEN_27B, 4096, OLD, 512, 505.0, 0.02),
        (QWEN_27B, 4096, OLD, 2048, 2054.0, 0.04),
        (QWEN_35B, 54_784, OLD, 512, 493.0, 0.01),
    ],
)
def test_compute_buffers_as_logged(arch, context, build, ubatch, logged_mib, within):
    scenario = run(arch, context, llama_cpp_build=build, ubatch_size=ubatch)
    assert compute_buffer_bytes(scenario) / MIB == pytest.approx(logged_mib, rel=within)


@pytest.mark.parametrize("arch", [QWEN_27B, QWEN_35B, LFM2_8B, NEMOTRON_3], ids=["dense", "experts", "lfm2", "single blocks"])
class TestLayersOnTheHost:
    def test_card_and_host_have_everything_between_them(self, arch):
        scenario = run(arch, 4096)
        whole = cache_bytes(scenario)
        for layers in range(1, arch.num_hidden_layers + 1):
            split = scenario.evolve(n_gpu_layers=layers)
            host = host_bytes(split, 0)
            assert cache_bytes(split) + host.kv_cache == whole
        assert layers_bytes(arch, Format.Q4_K_M, arch.num_hidden_layers) == 4 * arch.hidden_size

    def test_each_layer_more_on_the_card_takes_no_less(self, arch):
        totals = [estimate(run(arch, 4096, n_gpu_layers=layers)).moments[0].stack.weights for layers in range(arch.num_hidden_layers + 2)]
        assert totals == sorted(totals)

    def test_experts_may_stay(self, arch):
        every = experts_bytes(arch, Format.Q4_K_M, 0, arch.num_hidden_layers)
        assert bool(every) == bool(arch.num_experts)
        half = arch.num_hidden_layers // 2
        parts = (experts_bytes(arch, Format.Q4_K_M, 0, half), experts_bytes(arch, Format.Q4_K_M, half, arch.num_hidden_layers))
        assert sum(parts) == every
        assert experts_bytes(arch, Format.Q4_K_M, half, half) == 0
        assert largest_matrix_bytes(arch, Format.Q4_K_M) <= file_bytes(arch, Format.Q4_K_M)
        away = run(arch, 4096, n_cpu_moe=4)
        assert experts_on_host(away) == (0 if not arch.num_experts else 4 if arch is not LFM2_8B else 6)
