"""Heads that predict tokens ahead: what they have, and what who loads them takes for it."""

from dataclasses import replace

import pytest
from any_scenario import SHAPE
from hypothesis import given
from hypothesis import strategies as st

from core.memory import (
    Architecture,
    Component,
    Format,
    MomentName,
    Parallelism,
    Reason,
    RefusedError,
    Runtime,
    Scenario,
    Sharding,
    Task,
    estimate,
    parameter_count,
    reconcile,
    refusal,
)
from core.memory.architecture import Mixer, Norm, Router
from core.memory.explain import Symbol, explain
from core.memory.parallel import Recompute
from core.memory.prediction import prediction_parameters, verified_rows, with_prediction_layers
from core.memory.scenario import Method, Objective
from core.memory.serving import SAMPLER_BYTES_PER_LOGIT, cached_bytes, graph_pool_bytes, kv_pool_bytes, loaded_weight_bytes
from core.memory.serving_states import sequence_bytes, slots_bytes, state_page_bytes
from core.memory.units import GIB

#: deepseek-ai/DeepSeek-V3, config.json.
DEEPSEEK_V3 = Architecture(
    nominal_parameters=671 * 10**9,
    hidden_size=7168,
    intermediate_size=18_432,
    num_hidden_layers=61,
    num_attention_heads=128,
    num_key_value_heads=128,
    head_dim=192,
    vocab_size=129_280,
    max_position_embeddings=163_840,
    num_experts=256,
    num_experts_per_tok=8,
    moe_intermediate_size=2048,
    shared_expert_intermediate_size=2048,
    first_k_dense_replace=3,
    router=Router.SIGMOID,
    kv_lora_rank=512,
    q_lora_rank=1536,
    qk_nope_head_dim=128,
    qk_rope_head_dim=64,
    v_head_dim=128,
    num_nextn_predict_layers=1,
)
#: XiaomiMiMo/MiMo-7B-Base, config.json.
DENSE = Architecture(
    nominal_parameters=7 * 10**9,
    hidden_size=4096,
    intermediate_size=11_008,
    num_hidden_layers=36,
    num_attention_heads=32,
    num_key_value_heads=8,
    head_dim=128,
    vocab_size=151_680,
    qkv_bias=True,
    num_nextn_predict_layers=1,
)
#: Layers like Qwen3-Next's, few of them.
HYBRID = Architecture(
    **SHAPE
    | {"hidden_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256}
    | {"norm": Norm.RMS_WEIGHT_FP32, "mixer": Mixer.GATED_DELTA_NET, "num_mixer_layers": 9, "num_layers_without_attention": 9}
    | {"conv_kernel": 4, "linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_key_head_dim": 128}
    | {"linear_value_head_dim": 128, "qk_norm": True, "attention_gate": True, "num_nextn_predict_layers": 1}
)
SINGLE_BLOCKS = replace(HYBRID, num_layers_without_mlp=10, num_mixer_layers=7, num_layers_without_attention=9, mixer=Mixer.GATED_DELTA_NET)


def serving(arch: Architecture, drafts: int = 1, **changes: object) -> Scenario:
    return Scenario(architecture=arch, runtime=Runtime.VLLM, speculative_tokens=drafts).evolve(**changes)


class TestCount:
    def test_deepseek_v3_is_671_b_and_685_with_copies_of_the_shared_matrices(self):
        """11.5 B of its own (README_WEIGHTS.md); the Hub counts 684,489,845,504, with a bias for each expert of 59 layers."""
        own = prediction_parameters(DEEPSEEK_V3, 1)
        assert own == pytest.approx(11.5e9, rel=0.01)
        biases = 59 * 256
        assert parameter_count(DEEPSEEK_V3) + own + 2 * 129_280 * 7168 + biases == 684_489_845_504

    def test_a_head_is_a_layer_a_matrix_and_three_norms(self):
        h, layers = 4096, DENSE.num_hidden_layers
        one_layer = parameter_count(DENSE) - parameter_count(replace(DENSE, num_hidden_layers=layers - 1))
        assert prediction_parameters(DENSE, 1) == one_layer + 2 * h * h + 3 * h

    def test_it_is_counted_apart(self):
        assert parameter_count(DENSE) == parameter_count(replace(DENSE, num_nextn_predict_layers=0))
        assert prediction_parameters(DENSE, 0) == 0

    def test_a_heads_layer_may_have_a_plain_mlp_although_others_have_experts(self):
        ernie = replace(DEEPSEEK_V3, nextn_plain_mlp=True)
        more = with_prediction_layers(ernie, 1)
        assert more.num_moe_layers == ernie.num_moe_layers
        assert more.num_hidden_layers == ernie.num_hidden_layers + 1

    def test_of_a_hybrid_it_has_attention(self):
        more = with_prediction_layers(HYBRID, 1)
        assert (more.attention_layers, more.num_mixer_layers, more.mlp_layers) == (4, 9, 13)


class TestWhoLoadsThem:
    @pytest.mark.parametrize("runtime", [Runtime.TRANSFORMERS, Runtime.LLAMA_CPP])
    def test_other_runtimes_do_not(self, runtime):
        weights = {"weights": Format.Q8_0} if runtime is Runtime.LLAMA_CPP else {}
        plain = Scenario(architecture=replace(DENSE, num_nextn_predict_layers=0), runtime=runtime).evolve(**weights)
        asked = plain.evolve(architecture=DENSE, speculative_tokens=3)
        assert estimate(plain).moments == estimate(asked).moments

    @pytest.mark.parametrize("runtime", [Runtime.VLLM, Runtime.SGLANG])
    def test_engines_only_to_draft(self, runtime):
        plain = Scenario(architecture=replace(DENSE, num_nextn_predict_layers=0), runtime=runtime)
        assert estimate(plain).moments == estimate(plain.evolve(architecture=DENSE)).moments
        drafting = plain.evolve(architecture=DENSE, speculative_tokens=1)
        more = loaded_weight_bytes(drafting) - loaded_weight_bytes(plain)
        assert more == pytest.approx(2 * prediction_parameters(DENSE, 1), rel=0.005)
        assert estimate(drafting).moments[0].stack.weights == loaded_weight_bytes(drafting)

    def test_a_model_without_heads_drafts_nothing(self):
        plain = serving(replace(DENSE, num_nextn_predict_layers=0), 0)
        assert estimate(plain).moments == estimate(plain.evolve(speculative_tokens=3)).moments

    def test_sglang_loads_the_first_alone(self):
        three = replace(DENSE, num_nextn_predict_layers=3)
        sglang, vllm = (loaded_weight_bytes(serving(three, 3, runtime=runtime)) for runtime in (Runtime.SGLANG, Runtime.VLLM))
        assert sglang == loaded_weight_bytes(serving(DENSE, 3, runtime=Runtime.SGLANG))
        assert vllm - sglang == pytest.approx(4 * prediction_parameters(DENSE, 1), rel=0.005)

    def test_what_joins_them_is_16_bit_in_any_format(self):
        narrow = serving(DENSE, weights=Format.INT4)
        more = loaded_weight_bytes(narrow) - loaded_weight_bytes(narrow.evolve(speculative_tokens=0))
        layer = prediction_parameters(DENSE, 1) - 2 * 4096 * 4096
        assert more == pytest.approx(layer * 0.52 + 4 * 4096 * 4096, rel=0.02)

    def test_a_files_bytes_are_the_models_alone(self):
        stored = replace(DENSE, file_format=Format.BF16, file_bytes=15 * 10**9)
        file, rule = serving(stored), serving(DENSE)
        more = [loaded_weight_bytes(run) - loaded_weight_bytes(run.evolve(speculative_tokens=0)) for run in (file, rule)]
        assert more[0] == more[1]


class TestDrafting:
    def test_the_cache_has_layers_more(self):
        run = serving(DENSE, batch_size=4, context_length=8192)
        assert cached_bytes(run) * 36 == cached_bytes(run.evolve(speculative_tokens=0)) * 37

    def test_each_draft_is_a_row_of_logits(self):
        run = serving(DENSE, 1, max_num_seqs=64)
        rows, peak = verified_rows(run), estimate(run).moments[-1]
        assert rows == 128
        assert peak.stack.logits == rows * SAMPLER_BYTES_PER_LOGIT * 151_680
        profile = {moment.name: moment.stack for moment in estimate(run).moments}[MomentName.PROFILE_RUN]
        assert profile.logits == rows // 2 * SAMPLER_BYTES_PER_LOGIT * 151_680

    def test_rows_are_tokens_of_the_step(self):
        assert verified_rows(serving(DENSE, 7, max_num_seqs=64, max_num_batched_tokens=256)) == 256
        assert verified_rows(serving(DENSE, 7, max_num_seqs=64, max_num_batched_tokens=8)) == 64

    def test_fp32_logits_are_made_a_gib_at_a_time(self):
        run = serving(DENSE, 15, max_num_seqs=256, max_num_batched_tokens=8192)
        at_once = GIB // (4 * 151_680)
        assert estimate(run).moments[-1].stack.logits == 151_680 * (2 * 4096 + 36 * at_once)

    def test_the_pool_is_what_heads_leave(self):
        drafting, plain = serving(DENSE), serving(DENSE, 0)
        assert kv_pool_bytes(drafting, 80 * GIB, 0.9) < kv_pool_bytes(plain, 80 * GIB, 0.9)

    def test_graphs_run_a_heads_layer_for_each_draft(self):
        few, more = (graph_pool_bytes(serving(DENSE, drafts, max_num_seqs=256)) for drafts in (1, 5))
        assert more - few == 67 * 4 * 192 * 1024

    def test_states_are_kept_for_each_draft(self):
        run = serving(HYBRID, 3)
        assert state_page_bytes(HYBRID, 3) - state_page_bytes(HYBRID) == 2 * 3 * 8192
        assert sequence_bytes(run) > sequence_bytes(run.evolve(speculative_tokens=0))
        mamba = replace(HYBRID, num_mixer_layers=12, num_layers_without_attention=12, num_mixers_after_attention=12)
        bare = serving(mamba, 3)
        assert sequence_bytes(bare) == 12 * 4 * state_page_bytes(mamba, 3)

    def test_sglang_keeps_a_state_for_each_row_that_is_verified(self):
        """(sequences + 1) x rows of recurrent states, and k + w - 1 columns (SGLang's MambaPool)."""
        more = slots_bytes(HYBRID, 8, 3) - slots_bytes(HYBRID, 8)
        assert more == 9 * 9 * (2 * 8192 * (3 + 3) + 4 * 4 * 32 * 128 * 128)
        run = serving(HYBRID, 3, runtime=Runtime.SGLANG, batch_size=8)
        plain = run.evolve(speculative_tokens=0)
        layers = 4 * (cached_bytes(plain) - slots_bytes(HYBRID, 8)) // 3
        assert cached_bytes(run) == layers + slots_bytes(HYBRID, 8, 3)

    @pytest.mark.parametrize(("tensor", "stages"), [(4, 1), (1, 2), (2, 2)])
    def test_on_several_gpus_they_are_the_last_stages(self, tensor, stages):
        spread = Parallelism(tensor_parallel_size=tensor, pipeline_parallel_size=stages)
        with_heads, without = (
            [device.moments[0].stack.weights for device in estimate(serving(DENSE, drafts, parallel=spread)).devices] for drafts in (1, 0)
        )
        first, last = (with_heads[end] - without[end] for end in (0, -1))
        matrix, embedding = 2 * 2 * 4096 * 4096, 2 * 151_680 * 4096 // tensor
        layer = 2 * (prediction_parameters(DENSE, 1) - 2 * 4096 * 4096) // tensor
        assert last == pytest.approx(layer + matrix + (embedding if stages > 1 else 0), rel=0.02)
        assert first == (last if stages == 1 else 0)

    def test_its_symbols_and_sources(self):
        told = explain(serving(DENSE, 2))[MomentName.SERVING]
        assert Symbol.NEXTN in told[Component.KV_CACHE].symbols
        assert Symbol.DRAFTS in told[Component.LOGITS].symbols
        assert "three norms" in told[Component.WEIGHTS].source
        for runtime, words in ((Runtime.TRANSFORMERS, "leaves out"), (Runtime.VLLM, "alone"), (Runtime.LLAMA_CPP, "TENSOR_SKIP")):
            weights = {"weights": Format.Q8_0} if runtime is Runtime.LLAMA_CPP else {}
            plain = Scenario(architecture=DENSE, runtime=runtime).evolve(**weights)
            assert words in explain(plain)[MomentName.LOAD][Component.WEIGHTS].source

    @given(drafts=st.integers(0, 31), seqs=st.integers(1, 4096), tokens=st.integers(1, 100_000))
    def test_a_draft_more_never_takes_less(self, drafts, seqs, tokens):
        run = serving(DENSE, drafts, max_num_seqs=seqs, max_num_batched_tokens=tokens)
        assert estimate(run).total_bytes <= estimate(run.evolve(speculative_tokens=drafts + 1)).total_bytes


class TestRefused:
    @pytest.mark.parametrize(
        ("run", "reason"),
        [
            (serving(SINGLE_BLOCKS), Reason.PREDICTION_HEADS_ON_PIECES),
            (serving(replace(DENSE, num_nextn_predict_layers=3), 4), Reason.SPECULATIVE_TOKENS),
        ],
    )
    def test_engines(self, run, reason):
        refused = refusal(run)
        assert refused is not None
        assert refused.reason is reason
        assert refusal(reconcile(run)) is None
        with pytest.raises(RefusedError):
            estimate(run)

    def test_as_many_drafts_as_heads_fewer_or_a_multiple(self):
        three = replace(DENSE, num_nextn_predict_layers=3)
        assert [refusal(serving(three, drafts)) is None for drafts in (1, 2, 3, 4, 6)] == [True, True, True, False, True]
        assert refusal(serving(three, 4, runtime=Runtime.SGLANG)) is None


MEGATRON = Parallelism(
    tensor_parallel_size=2, pipeline_parallel_size=2, data_parallel_size=2, num_microbatches=4, sharding=Sharding.MEGATRON
)


def training(heads: int = 1, **changes: object) -> Scenario:
    return Scenario(architecture=DENSE, task=Task.TRAINING, mtp_num_layers=heads, parallel=MEGATRON, context_length=2048).evolve(**changes)


class TestTrained:
    def test_they_are_on_the_last_stage_with_the_embedding(self):
        with_heads, without = (estimate(training(heads)).devices for heads in (1, 0))
        assert with_heads[0].moments == without[0].moments
        layer = prediction_parameters(DENSE, 1) - 2 * 4096 * 4096 - 3 * 4096
        # The layer's matrices and biases are divided, its two norms are not; so is the matrix that joins, by columns, and the embedding.
        values = (layer - 2 * 4096) // 2 + 2 * 4096 + 4096 * 4096 + 3 * 4096 + 151_680 * 4096 // 2
        more = with_heads[-1].moments[0].stack.weights - without[-1].moments[0].stack.weights
        assert more == pytest.approx(2 * values, rel=1e-3)

    def test_a_tied_embedding_is_there_already(self):
        tied = replace(DENSE, tie_word_embeddings=True)
        more = [
            estimate(training(1, architecture=arch)).devices[-1].moments[0].stack.weights
            - estimate(training(0, architecture=arch)).devices[-1].moments[0].stack.weights
            for arch in (DENSE, tied)
        ]
        assert more[0] - more[1] == 2 * 151_680 * 4096 // 2

    def test_each_has_logits_and_a_loss_of_its_own(self):
        one, two = (
            max(moment.stack.logits for moment in estimate(training(heads)).devices[-1].moments if moment.name is MomentName.FORWARD)
            for heads in (1, 2)
        )
        assert two - one == 4 * 151_680 // 2 * 2048

    @pytest.mark.parametrize("checkpointing", [False, True])
    def test_each_keeps_a_layers_activations(self, checkpointing):
        kept = [
            max(moment.stack.activations for moment in estimate(training(heads, gradient_checkpointing=checkpointing)).devices[-1].moments)
            for heads in (0, 1, 2)
        ]
        assert kept[0] < kept[1] < kept[2]
        assert kept[2] - kept[1] == kept[1] - kept[0]

    def test_blocks_that_are_computed_again_leave_the_heads_alone(self):
        block = replace(MEGATRON, recompute=Recompute.BLOCK, recompute_num_layers=18)
        every = replace(MEGATRON, recompute=Recompute.BLOCK, recompute_num_layers=100)
        first, second = (estimate(training(1, parallel=parallel)).devices[-1].moments for parallel in (block, every))
        assert first == second

    def test_on_one_stage_the_embedding_is_not_there_twice(self):
        flat = replace(MEGATRON, pipeline_parallel_size=1)
        more = [estimate(training(heads, parallel=flat)).devices[0].moments[0].stack.weights for heads in (1, 2)]
        plain = estimate(training(0, parallel=flat)).devices[0].moments[0].stack.weights
        assert more[1] - more[0] == more[0] - plain

    @pytest.mark.parametrize(
        "changes",
        [
            {"parallel": Parallelism()},
            {"parallel": replace(MEGATRON, sharding=Sharding.NONE)},
            {"method": Method.LORA},
            {"parallel": Parallelism(), "objective": Objective.DPO},
        ],
    )
    def test_others_train_none(self, changes):
        run = training(0, **changes)
        assert estimate(run).moments == estimate(run.evolve(mtp_num_layers=2)).moments

    def test_bytes_per_parameter_count_them_too(self):
        flat = replace(MEGATRON, pipeline_parallel_size=1, tensor_parallel_size=1, data_parallel_size=1, num_microbatches=1)
        assert estimate(training(2, parallel=flat)).bytes_per_parameter == pytest.approx(
            estimate(training(0, parallel=flat)).bytes_per_parameter, rel=1e-4
        )

    def test_its_symbols_and_sources(self):
        told = explain(training(2), estimate(training(2)).devices[-1])[MomentName.FORWARD]
        assert Symbol.TRAINED_HEADS in told[Component.LOGITS].symbols
        assert "read, not measured" in told[Component.WEIGHTS].source
        transformers = training(0, parallel=Parallelism())
        assert "leaves out" in explain(transformers)[MomentName.LOAD][Component.WEIGHTS].source
        dpo = transformers.evolve(objective=Objective.DPO)
        assert "reference model" in explain(dpo)[MomentName.LOAD][Component.WEIGHTS].source

    @pytest.mark.parametrize(
        ("run", "reason"),
        [
            (training(1, architecture=HYBRID, parallel=Parallelism(sharding=Sharding.MEGATRON)), Reason.PREDICTION_HEADS_ON_PIECES),
            (
                training(1, parallel=replace(MEGATRON, recompute=Recompute.UNIFORM, recompute_num_layers=2)),
                Reason.PREDICTION_HEADS_RECOMPUTED,
            ),
        ],
    )
    def test_refused(self, run, reason):
        refused = refusal(run)
        assert refused is not None
        assert refused.reason is reason
        assert refusal(reconcile(run)) is None

    @given(heads=st.integers(0, 8), stages=st.integers(1, 4), tensor=st.sampled_from([1, 2, 4, 8]), checkpointing=st.booleans())
    def test_a_head_more_takes_more_of_the_last_stage_and_of_no_other(self, heads, stages, tensor, checkpointing):
        spread = replace(MEGATRON, pipeline_parallel_size=stages, tensor_parallel_size=tensor, num_microbatches=stages)
        fewer, more = (
            estimate(training(count, parallel=spread, gradient_checkpointing=checkpointing)).devices for count in (heads, heads + 1)
        )
        assert fewer[-1].total_bytes < more[-1].total_bytes
        if stages > 1:
            assert fewer[0].moments == more[0].moments
