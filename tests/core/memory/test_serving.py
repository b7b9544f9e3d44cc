"""vLLM and SGLang, against logs that people published."""

from dataclasses import replace

import pytest

from core.memory import Architecture, Cause, Component, Format, MomentName, Runtime, Scenario, estimate, parameter_count, refusal
from core.memory.edge import validated
from core.memory.explain import Symbol, explain
from core.memory.serving import (
    activation_peak_bytes,
    cached_bytes,
    graph_pool_bytes,
    graph_sizes,
    kv_pool_bytes,
    max_concurrency,
    served_weight_bytes,
)
from core.memory.units import GIB, MIB


@pytest.fixture
def llama_31_8b() -> Architecture:
    """meta-llama/Llama-3.1-8B, config.json."""
    return Architecture(
        nominal_parameters=8 * 10**9,
        hidden_size=4096,
        intermediate_size=14336,
        num_hidden_layers=32,
        num_attention_heads=32,
        num_key_value_heads=8,
        head_dim=128,
        vocab_size=128_256,
        max_position_embeddings=131_072,
    )


@pytest.fixture
def gpt_oss() -> Architecture:
    """The sizes of openai/gpt-oss-20b's experts."""
    return Architecture(
        nominal_parameters=21 * 10**9,
        hidden_size=2880,
        intermediate_size=2880,
        num_hidden_layers=24,
        num_attention_heads=64,
        num_key_value_heads=8,
        head_dim=64,
        vocab_size=201_088,
        num_experts=32,
        num_experts_per_tok=4,
        moe_intermediate_size=2880,
    )


@pytest.fixture
def vllm(llama_31_8b) -> Scenario:
    return Scenario(architecture=llama_31_8b, runtime=Runtime.VLLM, batch_size=16, context_length=8192)


def stack(scenario: Scenario, name: MomentName):
    return next(moment.stack for moment in estimate(scenario).moments if moment.name is name)


def test_it_loads_tries_its_largest_step_and_serves(vllm):
    found = estimate(vllm)
    assert [moment.name for moment in found.moments] == ["load", "profile_run", "serving"]
    assert found.peak.name == "serving"


class TestWeights:
    def test_as_the_log_says(self, llama_31_8b):
        """Loading model weights took 14.9888 GB."""
        assert round(served_weight_bytes(llama_31_8b, Format.BF16) / GIB, 4) == 14.9888

    def test_gate_and_up_are_one_matrix(self, llama_31_8b):
        plain = replace(llama_31_8b, max_position_embeddings=0)
        odd = replace(plain, intermediate_size=14336 + 64)  # 112.5 MiB apart, 225 together, in a block of 226
        excess = served_weight_bytes(odd, Format.BF16) - 2 * parameter_count(odd)
        assert excess // MIB == 32

    def test_experts_in_mxfp4_are_padded(self, gpt_oss):
        """Model loading took 13.72 GiB, for gpt-oss-20b."""
        padded = served_weight_bytes(gpt_oss, Format.MXFP4) - served_weight_bytes(replace(gpt_oss, num_hidden_layers=1), Format.MXFP4)
        assert padded / 23 * 24 / GIB == pytest.approx(13.72 - 2 * 2 * 201_088 * 2880 / GIB, rel=0.01)
        assert served_weight_bytes(gpt_oss, Format.BF16) == pytest.approx(2 * parameter_count(gpt_oss), rel=1e-4)


class TestLargestStep:
    def test_the_sampler_decides_for_large_vocabularies(self, vllm):
        """PyTorch activation peak memory takes 1.19 GiB, for Llama-3.1-8B."""
        assert activation_peak_bytes(vllm) / GIB == pytest.approx(1.19, rel=0.02)
        assert next(moment.cause for moment in estimate(vllm).moments if moment.name is MomentName.SERVING) is Cause.LOGITS

    def test_the_layers_do_for_long_steps(self, vllm):
        """0.22 GiB, for the same in steps of 2048 tokens that end no prompt."""
        cut = vllm.evolve(max_num_seqs=1)
        assert activation_peak_bytes(cut) / GIB == pytest.approx(0.22, rel=0.05)
        assert activation_peak_bytes(cut.evolve(max_num_batched_tokens=16_384)) == pytest.approx(8 * activation_peak_bytes(cut), rel=0.01)

    def test_experts_take_room_for_each_that_a_token_goes_to(self, gpt_oss):
        run = Scenario(architecture=gpt_oss, runtime=Runtime.VLLM, max_num_seqs=1)
        more = run.evolve(architecture=replace(gpt_oss, num_experts_per_tok=8))
        assert activation_peak_bytes(more) - activation_peak_bytes(run) == 2048 * 2 * 4 * 3 * 2880

    def test_latent_attention_keeps_its_unfolding_twice(self, llama_31_8b):
        latent = {"kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128}
        shape = replace(llama_31_8b, tie_word_embeddings=True, max_position_embeddings=0, **latent)
        unfolding = 2 * 32 * 32 * (128 + 128) * 512
        assert served_weight_bytes(shape, Format.BF16) == pytest.approx(2 * parameter_count(shape) + unfolding, rel=1e-6)


class TestGraphs:
    def test_their_pool(self, vllm):
        """0.32 GiB is typical of 8B models."""
        assert graph_sizes(256) == 67
        assert graph_pool_bytes(vllm) / GIB == pytest.approx(0.39, abs=0.01)
        assert graph_pool_bytes(vllm.evolve(cuda_graphs=False)) == 0

    def test_sglang_records_the_logits_too(self, vllm):
        assert graph_pool_bytes(vllm.evolve(runtime=Runtime.SGLANG)) - graph_pool_bytes(vllm) == 6 * 512 * 128_256


class TestCache:
    def test_needed_is_whole_blocks(self, vllm):
        one = stack(vllm.evolve(context_length=8177), MomentName.SERVING)
        assert one.kv_cache == 16 * 8192 * 131_072
        sglang = stack(vllm.evolve(context_length=8177, runtime=Runtime.SGLANG), MomentName.SERVING)
        assert sglang.kv_cache == 16 * 8177 * 131_072

    def test_reserved_is_what_is_left(self, vllm):
        """54.93 GiB of a card of 79.14, at 0.9."""
        assert kv_pool_bytes(vllm, int(79.14 * GIB), 0.9) / GIB == pytest.approx(54.93, rel=1e-3)

    def test_sglangs_share_is_weights_and_cache(self, vllm):
        sglang = vllm.evolve(runtime=Runtime.SGLANG)
        share = int(0.5 * 80 * GIB)
        assert kv_pool_bytes(sglang, 80 * GIB, 0.5) == share - served_weight_bytes(vllm.architecture, Format.BF16)

    def test_nothing_may_be_left(self, vllm):
        assert kv_pool_bytes(vllm, 12 * GIB, 0.9) == 0


def test_capped_scores_are_no_matter_for_engines(vllm):
    capped = replace(vllm.architecture, attn_logit_softcapping=True)
    assert refusal(vllm.evolve(architecture=capped)) is None
    assert refusal(vllm.evolve(architecture=capped, runtime=Runtime.TRANSFORMERS)) is not None
    assert refusal(vllm.evolve(architecture=capped, task="training")) is not None


def test_a_published_pool_holds_as_many_blocks_as_its_log_says(llama_7b):
    """A log of vLLM 0.8 on an H100 with a Llama-2-7B in 16 bits: 56.18 GiB for the cache are 7,191 blocks of 16 tokens
    (kubernetes-sigs/gateway-api-inference-extension#550).
    """
    engine = validated(Scenario, architecture=llama_7b, runtime="vllm", context_length=16 * 8)
    assert abs(max_concurrency(engine, round(56.18 * GIB)) * 8 - 7191) <= 8


class TestSharedPrefix:
    """What all sequences begin with is kept once."""

    @pytest.mark.parametrize(("prefix", "shared"), [(0, 0), (15, 0), (16, 16), (1000, 992), (8192, 8192), (100_000, 8192)])
    def test_whole_blocks_of_it_are_there_once(self, vllm, prefix, shared):
        """A token of Llama-3.1-8B takes 128 KiB."""
        found = cached_bytes(vllm.evolve(shared_prefix_length=prefix))
        assert found == (16 * 8192 - 15 * shared) * 128 * 1024

    def test_sglang_shares_token_by_token(self, vllm):
        found = cached_bytes(vllm.evolve(runtime="sglang", shared_prefix_length=15))
        assert found == (16 * 8192 - 15 * 15) * 128 * 1024

    def test_a_lone_sequence_shares_nothing(self, vllm):
        alone = vllm.evolve(batch_size=1)
        assert cached_bytes(alone.evolve(shared_prefix_length=4096)) == cached_bytes(alone)

    @pytest.mark.parametrize("prefix", [0, 16, 4096, 8191])
    def test_a_pool_holds_as_many_as_fit(self, vllm, prefix):
        scenario = vllm.evolve(shared_prefix_length=prefix)
        for pool in (0, 2**30 - 1, 2**30, 7 * 2**30, 40 * 2**30):
            most = max_concurrency(scenario, pool)
            if 0 < most < 4096:
                assert cached_bytes(scenario.evolve(batch_size=most)) <= pool
            if most < 4096:
                assert cached_bytes(scenario.evolve(batch_size=most + 1)) > pool

    def test_where_everything_is_shared_the_engine_counts(self, vllm):
        assert max_concurrency(vllm.evolve(shared_prefix_length=8192), 2**30) == 256
        assert max_concurrency(vllm.evolve(shared_prefix_length=8192), 2**30 - 1) == 0

    def test_it_is_explained(self, vllm):
        part = explain(vllm.evolve(shared_prefix_length=1000))[MomentName.SERVING][Component.KV_CACHE]
        assert Symbol.PREFIX in part.symbols
        assert part.value_bytes == (16 * 8192 - 15 * 992) * 128 * 1024
