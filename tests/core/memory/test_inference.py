from dataclasses import asdict, replace

import pytest

from core.memory import Cause, Format, MomentName, Scenario, estimate, parameter_count
from core.memory.attention import AttentionPath, attention_path
from core.memory.components import Stack
from core.memory.numerics import numerics
from core.memory.units import GIB, MIB


@pytest.fixture
def scenario(llama_7b) -> Scenario:
    return Scenario(architecture=llama_7b)


def moment(scenario: Scenario, name: MomentName):
    return next(found for found in estimate(scenario).moments if found.name == name)


def test_it_loads_reads_the_prompt_and_decodes(scenario):
    assert [found.name for found in estimate(scenario).moments] == ["load", "prefill", "decode"]


class TestWeights:
    def test_16_bit_weights_take_two_bytes_a_parameter(self, scenario, llama_7b):
        result = estimate(scenario)
        rotary_frequencies = 4 * llama_7b.head_dim
        assert result.moments[0].stack.weights == 2 * parameter_count(llama_7b) + rotary_frequencies
        assert result.bytes_per_parameter == pytest.approx(2, abs=1e-6)

    def test_they_are_resident_throughout(self, scenario):
        assert len({found.stack.weights for found in estimate(scenario).moments}) == 1

    def test_embedding_head_and_norms_stay_16_bit_under_quantization(self, scenario, llama_7b):
        fp8 = moment(scenario.evolve(weights="fp8"), MomentName.LOAD).stack.weights
        outside_linears = 2 * 32_000 * 4096 + (2 * 32 + 1) * 4096
        assert fp8 == parameter_count(llama_7b) + outside_linears + 4 * llama_7b.head_dim

    def test_what_is_dequantized_needs_one_matrix_in_16_bits(self, scenario, llama_7b):
        matrix = 2 * llama_7b.hidden_size * llama_7b.intermediate_size
        wide, narrow = (moment(scenario.evolve(weights=fmt), MomentName.PREFILL).stack.workspace for fmt in ("bf16", "int4"))
        assert narrow - wide == matrix


class TestKeyValueCache:
    @pytest.mark.parametrize(("fmt", "bytes_per_value"), [("bf16", 2), ("fp32", 4), ("fp8", 1)])
    def test_a_key_and_a_value_a_layer_head_and_token(self, scenario, fmt, bytes_per_value):
        cache = moment(scenario.evolve(kv_cache=fmt, batch_size=3, context_length=1000), MomentName.DECODE).stack.kv_cache
        assert cache == 2 * 32 * 32 * 128 * 3 * 1000 * bytes_per_value

    def test_grouped_heads_share_it(self, scenario, llama_70b):
        cache = moment(scenario.evolve(architecture=llama_70b), MomentName.DECODE).stack.kv_cache
        assert cache == 2 * 80 * 8 * 128 * 4096 * 2

    def test_its_format_is_not_that_of_the_weights(self, scenario):
        one, other = (moment(scenario.evolve(weights=fmt), MomentName.DECODE).stack.kv_cache for fmt in ("int4", "fp32"))
        assert one == other

    def test_a_short_prompt_leaves_it_to_decode(self, scenario):
        generated = scenario.evolve(max_new_tokens=4095)
        assert moment(generated, MomentName.PREFILL).stack.kv_cache == 2 * 32 * 4096 * 2
        assert moment(generated, MomentName.DECODE).stack.kv_cache == moment(scenario, MomentName.DECODE).stack.kv_cache


class TestPrefill:
    def test_logits_of_all_positions_are_kept_only_when_asked(self, scenario, llama_7b):
        wide = asdict(llama_7b) | {"vocab_size": 128_256}
        long = scenario.evolve(architecture=wide, batch_size=4, context_length=2049, logits_to_keep=0)
        stack, cause = moment(long, MomentName.PREFILL)[1:]
        assert cause is Cause.LOGITS
        assert stack.logits == 2 * 128_256 * 4 * 2048
        assert moment(long.evolve(logits_to_keep=1), MomentName.PREFILL).cause is Cause.MLP

    def test_eager_attention_writes_its_scores(self, scenario):
        stack, cause = moment(scenario.evolve(attention="eager", context_length=16_384), MomentName.PREFILL)[1:]
        assert cause is Cause.ATTENTION
        assert stack.workspace > 10 * 32 * 16_383**2
        assert moment(scenario.evolve(context_length=16_384), MomentName.PREFILL).stack.workspace < GIB


class TestDecode:
    def test_the_cache_grows_by_a_copy_of_one_layers_keys(self, scenario):
        stack, cause = moment(scenario, MomentName.DECODE)[1:]
        assert cause is Cause.CACHE_GROWTH
        assert stack.workspace == 32 * 128 * 4096 * 2

    def test_one_long_vocabulary_can_outweigh_a_short_cache(self, scenario, llama_7b):
        wide = scenario.evolve(architecture=asdict(llama_7b) | {"vocab_size": 10**6}, batch_size=64, context_length=128)
        assert moment(wide, MomentName.DECODE).cause is Cause.LOGITS

    def test_grouped_heads_are_repeated_where_the_kernel_does_not_know_them(self, scenario, llama_70b):
        fp32 = scenario.evolve(architecture=llama_70b, weights="fp32", kv_cache="fp32")
        assert moment(fp32, MomentName.DECODE).cause is Cause.ATTENTION
        assert moment(fp32.evolve(attention="eager"), MomentName.DECODE).cause is Cause.ATTENTION


class TestAttentionKernel:
    @pytest.mark.parametrize(
        ("weights", "grouped", "path"),
        [
            ("bf16", False, AttentionPath.FLASH),
            ("bf16", True, AttentionPath.FLASH),
            ("int4", True, AttentionPath.FLASH),
            ("fp32", False, AttentionPath.EFFICIENT),
            ("fp32", True, AttentionPath.MATH),
            ("fp64", False, AttentionPath.MATH),
        ],
    )
    def test_sdpa_chooses_by_width_and_heads(self, scenario, llama_7b, llama_70b, weights, grouped, path):
        chosen = scenario.evolve(weights=weights, architecture=llama_70b if grouped else llama_7b)
        assert attention_path(chosen.attention, numerics(chosen), chosen.architecture) is path

    @pytest.mark.parametrize("weights", Format)
    def test_eager_is_eager(self, scenario, weights):
        chosen = scenario.evolve(weights=weights, attention="eager")
        assert attention_path(chosen.attention, numerics(chosen), chosen.architecture) is AttentionPath.EAGER


def test_a_process_has_its_cuda_context_and_its_allocators_reserve(scenario):
    for found in estimate(scenario).moments:
        stack: Stack = found.stack
        assert stack.runtime == 426 * MIB
        assert stack.reserve == (stack.activations + stack.logits + stack.workspace) // 3
        assert stack.communication == 0


class TestReleases:
    def test_before_4_45_the_whole_prompt_had_logits_in_fp32_too(self, scenario):
        old = scenario.evolve(transformers_release="before-4.45", context_length=4097)
        assert moment(old, MomentName.PREFILL).stack.logits == 6 * 32_000 * 4096
        assert moment(old, MomentName.PREFILL).cause is Cause.LOGITS

    def test_and_every_layer_its_tables(self, scenario, llama_7b):
        now, old = (moment(scenario.evolve(transformers_release=release), MomentName.LOAD).stack for release in ("current", "before-4.45"))
        assert old.weights - now.weights == 2 * 2 * 32 * llama_7b.max_position_embeddings * 128


class TestKernels:
    def test_gptq_holds_room_for_a_matrix_from_the_start(self, scenario, llama_7b):
        matrix = 2 * llama_7b.hidden_size * llama_7b.intermediate_size
        gptq = scenario.evolve(weights=Format.GPTQ_INT4)
        assert {found.stack.workspace >= matrix for found in estimate(gptq).moments} == {True}

    def test_awq_decodes_without(self, scenario):
        awq, plain = (moment(scenario.evolve(weights=fmt), MomentName.DECODE).stack for fmt in ("awq-int4", "int4"))
        assert awq.workspace < plain.workspace

    def test_awq_loads_a_head_that_it_lets_go(self, scenario, llama_7b):
        tied = scenario.evolve(architecture=replace(llama_7b, tie_word_embeddings=True), weights=Format.AWQ_INT4)
        load, decode = (moment(tied, name).stack.weights for name in (MomentName.LOAD, MomentName.DECODE))
        assert load - decode == 2 * 32_000 * 4096
        old = tied.evolve(transformers_release="before-4.45")
        assert moment(old, MomentName.LOAD).stack.weights == moment(old, MomentName.DECODE).stack.weights

    def test_a_matrix_is_widened_before_the_last_tensor_of_the_mlp_is_there(self, scenario, llama_7b):
        long = scenario.evolve(context_length=32_769)
        wide, narrow = (moment(long.evolve(weights=fmt), MomentName.PREFILL).stack for fmt in ("bf16", "awq-int4"))
        assert narrow.activations + narrow.workspace == wide.activations + wide.workspace
