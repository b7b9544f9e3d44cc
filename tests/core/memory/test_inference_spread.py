"""Inference on many GPUs: what published runs took of each, and what adds up."""

from dataclasses import replace

import pytest
from any_scenario import SHAPE
from hypothesis import given, settings
from hypothesis import strategies as st

from core.memory import Architecture, Reason, Scenario, estimate, reconcile, refusal
from core.memory.architecture import Position
from core.memory.components import MomentName
from core.memory.estimate import moments_of
from core.memory.inference_spread import engine_pool
from core.memory.llama_split import balanced_split
from core.memory.runtime import CUDA_CONTEXT_BYTES
from core.memory.serving import NON_TORCH_BYTES, kv_pool_bytes, max_concurrency
from core.memory.units import GIB, MIB

LLAMA_7B = Scenario(architecture=Architecture(**SHAPE))
QWEN_32B = Scenario(
    runtime="vllm",
    architecture=Architecture(
        nominal_parameters=32 * 10**9,
        hidden_size=5120,
        intermediate_size=27648,
        num_hidden_layers=64,
        num_attention_heads=40,
        num_key_value_heads=8,
        head_dim=128,
        vocab_size=152064,
        qkv_bias=True,
        max_position_embeddings=32768,
    ),
)


def moment(device, name):
    return next(moment.stack for moment in device.moments if moment.name is name)


def test_two_gpus_of_vllm_take_what_their_log_says():
    """Qwen2.5-32B on two L40S: model weights 30.71 GiB, activation peak 1.26 GiB, non-torch 0.30 GiB, per GPU."""
    (device,) = estimate(QWEN_32B.evolve(tensor_parallel_size=2)).devices
    assert device.alike == 2
    load, profile = moment(device, MomentName.LOAD), moment(device, MomentName.PROFILE_RUN)
    assert load.weights / GIB == pytest.approx(30.71, rel=0.005)
    assert (profile.activations + profile.logits + profile.workspace + profile.inputs) / GIB == pytest.approx(1.26, rel=0.15)
    assert (load.runtime - CUDA_CONTEXT_BYTES) / GIB == pytest.approx(0.30, rel=0.01)


def test_experts_of_vllm_are_divided_by_all_its_replicas():
    """Its guide to data parallel deployment: without expert parallelism they form a tensor parallel group of size DP x TP."""
    experts = replace(QWEN_32B.architecture, num_experts=64, num_experts_per_tok=4, moe_intermediate_size=2048)
    vllm = QWEN_32B.evolve(architecture=experts)
    for runtime, divided in (("vllm", True), ("sglang", False)):
        one, four = (estimate(vllm.evolve(runtime=runtime, data_parallel_size=size)).devices[0] for size in (1, 4))
        saved = moment(one, MomentName.LOAD).weights - moment(four, MomentName.LOAD).weights
        of_experts = 2 * 64 * 64 * 3 * 5120 * 2048
        assert saved == pytest.approx(of_experts * 3 // 4 if divided else 0, rel=0.001)


class TestPool:
    """What is left for the cache of an engine."""

    CARD = 44 * GIB

    def test_of_one_gpu_it_is_the_engines_own(self):
        alone = QWEN_32B.evolve(weights="fp8")
        pool = kv_pool_bytes(alone, self.CARD, 0.9)
        assert engine_pool(alone, self.CARD, 0.9) == (pool, max_concurrency(alone, pool))
        assert pool > 0

    @pytest.mark.parametrize("spread", [{"tensor_parallel_size": 2}, {"pipeline_parallel_size": 2}, {"tensor_parallel_size": 8}])
    def test_it_is_what_the_largest_step_leaves_of_each_gpu(self, spread):
        run = QWEN_32B.evolve(**spread)
        found = engine_pool(run, self.CARD, 0.9)
        left = []
        for device in estimate(run).devices:
            profile = moment(device, MomentName.PROFILE_RUN)
            left.append(int(0.9 * self.CARD) - sum(profile._replace(reserve=0)) + CUDA_CONTEXT_BYTES)
        assert found.pool_bytes in [pytest.approx(size, abs=MIB) for size in left]
        assert found.sequences > 10

    def test_as_many_sequences_as_it_holds_are_what_fills_it(self):
        run = QWEN_32B.evolve(tensor_parallel_size=2)
        found = engine_pool(run, self.CARD, 0.9)
        (device,) = estimate(run.evolve(batch_size=found.sequences)).devices
        (one_more,) = estimate(run.evolve(batch_size=found.sequences + 1)).devices
        assert moment(device, MomentName.SERVING).kv_cache <= found.pool_bytes < moment(one_more, MomentName.SERVING).kv_cache

    def test_the_stage_with_least_room_decides(self):
        even, uneven = (
            engine_pool(QWEN_32B.evolve(pipeline_parallel_size=2, layers_per_stage=layers), self.CARD, 0.9) for layers in [(), (24, 40)]
        )
        assert uneven.sequences < even.sequences

    def test_replicas_have_a_pool_each(self):
        pair = engine_pool(QWEN_32B.evolve(tensor_parallel_size=2), self.CARD, 0.9)
        eight = engine_pool(QWEN_32B.evolve(tensor_parallel_size=2, data_parallel_size=4), self.CARD, 0.9)
        assert eight == (pair.pool_bytes, 4 * pair.sequences)

    def test_nothing_may_be_left(self):
        assert engine_pool(QWEN_32B.evolve(tensor_parallel_size=2), 24 * GIB, 0.9) == (0, 0)


def test_a_gpu_by_itself_talks_to_nobody():
    for replicas in (1, 4):
        (device,) = estimate(QWEN_32B.evolve(data_parallel_size=replicas)).devices
        assert moment(device, MomentName.LOAD).runtime == CUDA_CONTEXT_BYTES + NON_TORCH_BYTES
        assert device.moments == estimate(QWEN_32B).devices[0].moments


def test_keys_and_values_are_repeated_beyond_their_heads():
    def cache(size):
        (device,) = estimate(QWEN_32B.evolve(tensor_parallel_size=size)).devices
        return moment(device, MomentName.SERVING).kv_cache

    assert cache(8) * 8 == cache(1)
    assert cache(40) == cache(8)


def test_latents_are_whole_on_every_gpu():
    latent = replace(
        QWEN_32B.architecture,
        kv_lora_rank=512,
        qk_nope_head_dim=128,
        qk_rope_head_dim=64,
        v_head_dim=128,
        num_key_value_heads=40,
        qkv_bias=False,
    )
    one, four = (estimate(QWEN_32B.evolve(architecture=latent, tensor_parallel_size=size)).devices[0] for size in (1, 4))
    assert moment(one, MomentName.SERVING).kv_cache == moment(four, MomentName.SERVING).kv_cache


def test_experts_go_to_gpus_whole():
    experts = replace(QWEN_32B.architecture, num_experts=64, num_experts_per_tok=4, moe_intermediate_size=1408)
    alone = estimate(QWEN_32B.evolve(architecture=experts)).devices[0]
    shared = estimate(QWEN_32B.evolve(architecture=experts, data_parallel_size=8, expert_parallel_size=8)).devices[0]
    gone = 2 * 64 * 7 // 8 * 64 * 3 * 1408 * 5120  # bytes of seven eighths of the experts of 64 layers
    assert moment(alone, MomentName.LOAD).weights - moment(shared, MomentName.LOAD).weights == pytest.approx(gone, rel=1e-3)
    divided = estimate(QWEN_32B.evolve(architecture=experts, tensor_parallel_size=8)).devices[0]
    both = estimate(QWEN_32B.evolve(architecture=experts, tensor_parallel_size=8, expert_parallel_size=8)).devices[0]
    assert moment(both, MomentName.LOAD).weights == pytest.approx(moment(divided, MomentName.LOAD).weights, rel=0.01)


@pytest.mark.parametrize(
    ("replicas", "possible"),
    [(256, [{"data_parallel_size": 1}]), (2048, [{"data_parallel_size": 1}]), (3, [{"data_parallel_size": 1}])],
)
def test_gpus_that_share_an_expert_have_equal_parts(replicas, possible):
    """Replicas of vLLM share them; 1408 is 11 x 128. SGLang's have copies."""
    experts = replace(QWEN_32B.architecture, num_experts=64, num_experts_per_tok=4, moe_intermediate_size=1408)
    served = QWEN_32B.evolve(architecture=experts, data_parallel_size=replicas)
    refused = refusal(served)
    assert refused is not None
    assert refused.reason is Reason.EXPERT_WIDTH
    assert [each for each in refused.alternatives if "parallel" not in each] == possible
    for alternative in refused.alternatives:
        assert refusal(served.evolve(**alternative)) is None
    assert refusal(served.evolve(runtime="sglang")) is None
    assert refusal(served.evolve(data_parallel_size=128)) is None
    wide = refusal(served.evolve(architecture=replace(experts, moe_intermediate_size=1400), data_parallel_size=64))
    assert wide is not None
    assert wide.alternatives[0] == {"expert_parallel_size": 64}


def test_an_expert_is_divided_evenly_in_training_too():
    experts = replace(QWEN_32B.architecture, num_experts=64, num_experts_per_tok=4, moe_intermediate_size=1408)
    run = QWEN_32B.evolve(architecture=experts, task="training", tensor_parallel_size=8, expert_tensor_parallel_size=6)
    refused = refusal(run)
    assert refused is not None
    assert refused.reason is Reason.EXPERT_WIDTH
    assert refusal(reconcile(run)) is None


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("runtime", ["transformers", "vllm"])
@pytest.mark.parametrize("stages", [2, 4, 5])
def test_stages_hold_the_model_once(runtime, stages, tied):
    whole = LLAMA_7B.evolve(runtime=runtime, architecture=replace(LLAMA_7B.architecture, tie_word_embeddings=tied))
    spread = estimate(whole.evolve(pipeline_parallel_size=stages))
    weights = sum(device.alike * moment(device, MomentName.LOAD).weights for device in spread.devices)
    once = moment(estimate(whole).devices[0], MomentName.LOAD).weights
    matrix = 2 * whole.architecture.vocab_size * whole.architecture.hidden_size
    copies = matrix if tied and runtime == "vllm" else 0  # the embedding is the head too, on another stage
    assert weights == pytest.approx(once + copies, rel=2e-3)
    cache = sum(device.alike * moment(device, device.moments[-1].name).kv_cache for device in spread.devices)
    assert cache == pytest.approx(moment(estimate(whole).devices[0], spread.devices[0].moments[-1].name).kv_cache, rel=0.02)


def test_a_tied_head_is_with_its_embedding_in_transformers():
    tied = LLAMA_7B.evolve(architecture=replace(LLAMA_7B.architecture, tie_word_embeddings=True), pipeline_parallel_size=4)
    first, *_, last = estimate(tied).devices
    assert moment(first, MomentName.PREFILL).weights > moment(last, MomentName.PREFILL).weights


def test_learned_positions_are_the_first_gpus():
    learned = LLAMA_7B.evolve(
        architecture=replace(LLAMA_7B.architecture, position=Position.LEARNED, max_position_embeddings=8192), pipeline_parallel_size=2
    )
    first, last = estimate(learned).devices
    table = 2 * 8192 * learned.architecture.hidden_size
    norm = 2 * learned.architecture.hidden_size
    assert moment(first, MomentName.LOAD).weights - moment(last, MomentName.LOAD).weights == pytest.approx(table - norm, abs=64)


class TestLlamaCpp:
    SCENARIO = LLAMA_7B.evolve(runtime="llama.cpp", weights="fp16", kv_cache="fp16", attention="eager", llama_cpp_build="before-mid-2026")

    def test_four_gpus_take_what_their_log_says(self):
        """Compute buffers of 320.5 + 3 x 296 MiB, a cache of 2048 MiB in all."""
        found = estimate(self.SCENARIO.evolve(pipeline_parallel_size=4))
        buffers = [moment(device, MomentName.SERVING).workspace / MIB for device in found.devices for _ in range(device.alike)]
        assert buffers == pytest.approx([320.5, 296, 296, 296], rel=0.002)
        assert sum(device.alike * moment(device, MomentName.SERVING).kv_cache for device in found.devices) == 2048 * MIB

    def test_gpus_together_hold_what_one_does(self):
        one = estimate(self.SCENARIO)
        found = estimate(self.SCENARIO.evolve(pipeline_parallel_size=3))
        weights = sum(device.alike * moment(device, MomentName.LOAD).weights for device in found.devices)
        assert weights == pytest.approx(moment(one.devices[0], MomentName.LOAD).weights, abs=8)

    def layers(self, scenario):
        """Of each GPU, by its cache."""
        every = estimate(scenario.evolve(pipeline_parallel_size=1, layers_per_stage=())).devices[0]
        one = moment(every, MomentName.SERVING).kv_cache // scenario.architecture.num_hidden_layers
        found = estimate(scenario).devices
        return [moment(device, MomentName.SERVING).kv_cache // one for device in found for _ in range(device.alike)]

    def test_layers_follow_the_proportion_that_is_given(self):
        """Of 33 places, the last of which is the output's."""
        assert self.layers(self.SCENARIO.evolve(pipeline_parallel_size=2, layers_per_stage=(3, 1))) == [25, 7]
        assert self.layers(self.SCENARIO.evolve(pipeline_parallel_size=2)) == [17, 15]

    def test_sixteen_gpus_have_the_layers_that_their_log_says(self):
        """ik_llama.cpp #239, a model of 61 layers: the eighth has three, the next four."""
        deep = self.SCENARIO.evolve(architecture=replace(self.SCENARIO.architecture, num_hidden_layers=61), pipeline_parallel_size=16)
        assert self.layers(deep) == [4, 4, 4, 4, 4, 4, 4, 3, 4, 4, 4, 4, 4, 4, 4, 2]

    @pytest.mark.parametrize("usable", [(24, 24, 24, 24), (24, 12, 80), (8, 8)])
    @pytest.mark.parametrize("changes", [{}, {"n_gpu_layers": 20}, {"n_gpu_layers": 0}])
    def test_a_balanced_split_leaves_no_card_much_fuller_than_another(self, usable, changes):
        run = self.SCENARIO.evolve(pipeline_parallel_size=len(usable), **changes)
        shares = balanced_split(run, [size * GIB for size in usable])
        assert sum(shares) == min(33, changes.get("n_gpu_layers", 33)) + (not changes.get("n_gpu_layers", 33))
        devices = [device for device in estimate(run.evolve(layers_per_stage=shares)).devices for _ in range(device.alike)]
        full = [device.total_bytes / size / GIB for device, size in zip(devices, usable, strict=True)]
        if all(shares):
            assert max(full) - min(full) < 2 * 0.6 / min(usable)  # a layer takes 0.4 GiB

    def test_layers_whose_experts_are_the_hosts_count_for_little(self):
        run = self.EXPERTS.evolve(n_cpu_moe=16, pipeline_parallel_size=2)
        even = estimate(run).total_bytes
        balanced = balanced_split(run, [80 * GIB, 80 * GIB])
        assert balanced[0] > 20
        assert estimate(run.evolve(layers_per_stage=balanced)).total_bytes < 0.65 * even

    def test_a_share_too_small_for_a_place_leaves_the_output_to_another(self):
        run = self.SCENARIO.evolve(pipeline_parallel_size=2, layers_per_stage=(999, 1))
        first, last = estimate(run).devices
        assert moment(last, MomentName.LOAD).weights == 0
        assert moment(first, MomentName.LOAD).weights == moment(estimate(self.SCENARIO).devices[0], MomentName.LOAD).weights

    def test_rows_are_divided_and_the_cache_is_not(self):
        first, other = estimate(self.SCENARIO.evolve(tensor_parallel_size=3)).devices
        assert other.alike == 2
        assert moment(first, MomentName.SERVING).kv_cache > 0 == moment(other, MomentName.SERVING).kv_cache
        assert moment(first, MomentName.LOAD).weights == moment(other, MomentName.LOAD).weights

    def test_what_is_not_on_a_gpu_is_on_the_host(self):
        for changes in ({"n_gpu_layers": 0}, {"n_gpu_layers": 17}, {"n_gpu_layers": 17, "pipeline_parallel_size": 2}, {}):
            found = estimate(self.SCENARIO.evolve(**changes))
            here = sum(device.alike * moment(device, MomentName.SERVING).kv_cache for device in found.devices)
            assert here + found.host_bytes.kv_cache == 2048 * MIB
            weights = sum(device.alike * moment(device, MomentName.LOAD).weights for device in found.devices)
            assert weights + found.host_bytes.weights == pytest.approx(6738415616 * 2, rel=0.001)
            assert found.host_bytes.total_bytes > 0

    EXPERTS = SCENARIO.evolve(
        architecture=replace(
            SCENARIO.architecture, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=14336, first_k_dense_replace=2
        )
    )

    def test_experts_can_stay_with_the_host(self):
        one = 2 * 8 * 3 * 14336 * 4096  # bytes of a layer's

        def card(**changes):
            found = estimate(self.EXPERTS.evolve(**changes))
            return sum(device.alike * moment(device, MomentName.LOAD).weights for device in found.devices), found.host_bytes.weights

        here, there = card()
        for layers in (1, 5, 30):
            left, kept = card(n_cpu_moe=layers)
            assert here - left == kept - there == layers * one
            spread, _ = card(n_cpu_moe=layers, pipeline_parallel_size=3)
            assert spread == pytest.approx(left, abs=8)
        assert card(n_cpu_moe=31) == card(n_cpu_moe=30)  # two layers have none
        assert card(n_cpu_moe=5, n_gpu_layers=20)[0] == card(n_gpu_layers=20)[0]  # of layers that are the host's anyway
        assert card(n_cpu_moe=20, n_gpu_layers=20)[0] == card(n_gpu_layers=20)[0] - 9 * one  # layers 13 to 21 of 32

    def test_what_stays_is_copied_through_the_buffer(self):
        def buffer(**changes):
            return moment(estimate(self.EXPERTS.evolve(**changes)).devices[0], MomentName.SERVING).workspace

        assert buffer(n_cpu_moe=1) == buffer(n_gpu_layers=32) > buffer()
        assert estimate(self.SCENARIO.evolve(n_cpu_moe=5)) == estimate(self.SCENARIO)  # a model without any

    def test_without_layers_the_cards_hold_nothing(self):
        found = estimate(self.SCENARIO.evolve(n_gpu_layers=0, pipeline_parallel_size=2))
        assert all(moment(device, MomentName.LOAD).weights == 0 for device in found.devices)


@settings(deadline=None)
@given(
    st.sampled_from(["transformers", "vllm", "sglang", "llama.cpp"]),
    st.sampled_from([2, 3, 4, 8, 16]),
    st.integers(1, 16),
    st.integers(128, 32768),
)
def test_each_gpu_needs_less_than_one_alone(runtime, stages, batch, context):
    one = LLAMA_7B.evolve(runtime=runtime, batch_size=batch, context_length=context, weights="q8_0" if runtime == "llama.cpp" else "bf16")
    many = estimate(one.evolve(pipeline_parallel_size=stages))
    assert sum(device.alike for device in many.devices) == stages
    copies = 4 * 4 * one.ubatch_size * one.architecture.hidden_size  # llama.cpp's inputs
    assert many.total_bytes < estimate(one).total_bytes + copies + 200 * MIB
    assert many.total_bytes == max(device.total_bytes for device in many.devices)


@pytest.mark.parametrize("runtime", ["transformers", "vllm", "llama.cpp"])
def test_a_film_alone_is_the_same_film(runtime):
    spread = LLAMA_7B.evolve(runtime=runtime, pipeline_parallel_size=4, weights="q8_0" if runtime == "llama.cpp" else "bf16")
    for device in estimate(spread).devices:
        assert moments_of(spread, device.stage) == device.moments
