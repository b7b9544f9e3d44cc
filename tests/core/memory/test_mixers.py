"""Mixers that keep a state: what layers are made of, states to the byte, memory that never falls."""

from dataclasses import replace

import pytest

from core.memory import Architecture, Component, Moment, Reason, Runtime, Scenario, Task, estimate, parameter_count, refusal
from core.memory.architecture import Mixer, Norm, Position, Router
from core.memory.contradiction import Contradiction, ContradictionError
from core.memory.edge import validated
from core.memory.explain import explain
from core.memory.mixers import mixer, state_bytes
from core.memory.parameters import largest_layer_parameters
from core.memory.refusal import reconcile
from core.memory.saved import layer_kinds
from core.memory.serving import cached_bytes
from core.memory.serving_states import block_tokens, sequence_bytes, slot_bytes
from core.memory.weights import widened_router_bytes

SIZES = {
    "nominal_parameters": 10**9,
    "hidden_size": 512,
    "intermediate_size": 1024,
    "num_hidden_layers": 8,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "vocab_size": 1000,
}
_SSD = {"mamba_num_heads": 16, "mamba_head_dim": 64, "ssm_state_size": 64, "n_groups": 1, "chunk_size": 128, "conv_kernel": 4}
_SCAN = {"mamba_num_heads": 1024, "ssm_state_size": 16, "time_step_rank": 32, "conv_kernel": 4}
_DELTA = {
    "linear_num_key_heads": 4,
    "linear_num_value_heads": 8,
    "linear_key_head_dim": 64,
    "linear_value_head_dim": 64,
    "conv_kernel": 4,
}
_ONE_IN_FOUR = {"num_mixer_layers": 6, "num_layers_without_attention": 6}
_EXPERTS = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 256}

BAMBA = Architecture(**SIZES, mixer=Mixer.MAMBA2, mixer_norm=True, num_mixers_after_attention=2, **_SSD, **_ONE_IN_FOUR)
FALCON_H1 = Architecture(**SIZES, mixer=Mixer.MAMBA2, mixer_multipliers=True, num_mixer_layers=8, **_SSD)
NEMOTRON_H = Architecture(
    **SIZES,
    mixer=Mixer.MAMBA2,
    mixer_norm=True,
    norm=Norm.RMS_WEIGHT_FP32,
    position=Position.NONE,
    num_mixer_layers=4,
    num_layers_without_attention=7,
    num_layers_without_mlp=5,
    num_mixers_after_attention=2,
    **_SSD,
)
ONLY_MIXERS = {"num_mixer_layers": 8, "num_layers_without_attention": 8, "num_layers_without_mlp": 8, "num_mixers_after_attention": 8}
MAMBA = Architecture(**SIZES, mixer=Mixer.MAMBA, position=Position.NONE, residual_in_fp32=True, logits_in_fp32=True, **_SCAN, **ONLY_MIXERS)
JAMBA = Architecture(
    **SIZES,
    mixer=Mixer.MAMBA,
    mixer_norm=True,
    position=Position.NONE,
    router=Router.SOFTMAX_UNNORMALIZED,
    expert_layer_period=2,
    num_mixers_after_attention=1,
    **_SCAN,
    **_ONE_IN_FOUR,
    **_EXPERTS,
)
QWEN3_NEXT = Architecture(
    **SIZES,
    mixer=Mixer.GATED_DELTA_NET,
    norm=Norm.RMS_WEIGHT_FP32,
    qk_norm=True,
    attention_gate=True,
    rotary_concatenated=True,
    router=Router.SOFTMAX_16_BIT,
    shared_expert_gate=True,
    shared_expert_intermediate_size=256,
    **_DELTA,
    **_ONE_IN_FOUR,
    **_EXPERTS,
)
LFM2 = Architecture(**SIZES, mixer=Mixer.SHORT_CONV, qk_norm=True, conv_kernel=3, num_mixers_after_attention=1, **_ONE_IN_FOUR)
QWEN3_5 = Architecture(
    **SIZES,
    mixer=Mixer.GATED_DELTA_NET,
    mixer_projections_apart=True,
    norm=Norm.RMS_WEIGHT_FP32,
    qk_norm=True,
    attention_gate=True,
    rotary_concatenated=True,
    **_DELTA,
    **_ONE_IN_FOUR,
)
OLMO_HYBRID = Architecture(
    **SIZES,
    mixer=Mixer.GATED_DELTA_NET,
    mixer_projections_apart=True,
    mixer_gate_last=True,
    attention_output_norms=True,
    norm=Norm.RMS_FP32,
    qk_norm=True,
    qk_norm_whole=True,
    position=Position.NONE,
    **_DELTA,
    **_ONE_IN_FOUR,
)
NEMOTRON_3 = replace(
    NEMOTRON_H,
    router=Router.SIGMOID,
    router_in_fp32=True,
    experts_ungated=True,
    shared_expert_intermediate_size=512,
    **_EXPERTS,
)
LATENT_EXPERTS = replace(NEMOTRON_3, moe_latent_size=128)
FALCON_MAMBA = replace(MAMBA, mixer_norm=True, mixer_norm_unweighted=True)
LFM2_MOE = replace(LFM2, router=Router.SIGMOID_16_BIT, first_k_dense_replace=2, **_EXPERTS)
GRANITE = replace(BAMBA, router=Router.SOFTMAX_OF_CHOSEN_16_BIT, shared_expert_intermediate_size=512, **_EXPERTS)

HYBRIDS = {
    "bamba": BAMBA,
    "falcon-h1": FALCON_H1,
    "nemotron-h": NEMOTRON_H,
    "mamba": MAMBA,
    "jamba": JAMBA,
    "qwen3-next": QWEN3_NEXT,
    "qwen3.5": QWEN3_5,
    "olmo-hybrid": OLMO_HYBRID,
    "granite": GRANITE,
    "lfm2": LFM2,
    "lfm2-moe": LFM2_MOE,
    "nemotron-3": NEMOTRON_3,
    "nemotron-3-super": LATENT_EXPERTS,
    "falcon-mamba": FALCON_MAMBA,
}
hybrids = pytest.mark.parametrize("arch", HYBRIDS.values(), ids=HYBRIDS)


def moments(arch: Architecture, **choices: object) -> dict[str, Moment]:
    return {moment.name: moment for moment in estimate(validated(Scenario, architecture=arch, **choices)).moments}


class TestLayers:
    def test_kinds_add_up(self):
        assert [(kind.layers, kind.attends, kind.mixes, kind.has_mlp) for kind in layer_kinds(NEMOTRON_H, 128)] == [
            (4, False, True, False),
            (1, True, False, False),
            (3, False, False, True),
        ]
        assert [(kind.layers, kind.attends, kind.mixes) for kind in layer_kinds(FALCON_H1, 128)] == [(8, True, True)]
        assert [(kind.layers, kind.experts) for kind in layer_kinds(JAMBA, 128)] == [(4, True), (2, False), (2, False)]

    @hybrids
    def test_what_a_layer_has_is_counted_once(self, arch):
        """Parameters of all layers are those of each kind, added up."""
        more = replace(arch, vocab_size=arch.vocab_size + 1)
        assert parameter_count(more) - parameter_count(arch) == 2 * arch.hidden_size
        assert 0 < largest_layer_parameters(arch) < parameter_count(arch)

    def test_the_largest_layer_of_a_model_without_mixers(self):
        """Two norms, q and o, k and v, three matrices of the MLP."""
        assert largest_layer_parameters(Architecture(**SIZES)) == 2 * 512 + 2 * 512 * 512 + 2 * 512 * 128 + 3 * 512 * 1024

    @pytest.mark.parametrize(
        ("wrong", "of", "contradiction"),
        [
            ({"num_mixer_layers": 0}, BAMBA, Contradiction.MIXER_LAYERS),
            ({"num_mixer_layers": 9}, BAMBA, Contradiction.MIXER_LAYERS),
            ({"num_layers_without_mlp": 1}, BAMBA, Contradiction.MLP_LAYERS),
            ({"conv_kernel": 0}, BAMBA, Contradiction.MIXER_SIZES),
            ({"chunk_size": 0}, BAMBA, Contradiction.MIXER_SIZES),
            ({"ssm_state_size": 0}, BAMBA, Contradiction.MIXER_SIZES),
            ({"time_step_rank": 0}, JAMBA, Contradiction.MIXER_SIZES),
            ({"linear_num_value_heads": 6}, QWEN3_NEXT, Contradiction.LINEAR_HEADS),
            ({"linear_key_head_dim": 0}, QWEN3_NEXT, Contradiction.LINEAR_HEADS),
            ({"mixer": Mixer.NONE}, BAMBA, Contradiction.LAYERS_WITHOUT_MIXER),
        ],
        ids=str,
    )
    def test_what_cannot_be(self, wrong, of, contradiction):
        with pytest.raises(ContradictionError) as caught:
            replace(of, **wrong)
        assert caught.value.contradiction is contradiction


class TestStates:
    def test_mamba_2(self):
        """Mamba2-2.7B: 16 H*P*N and 2*D*w bytes a layer: 170.5 MB in all (measured in transformers 5.23)."""
        arch = replace(MAMBA, mixer=Mixer.MAMBA2, mamba_num_heads=80, ssm_state_size=128, mamba_head_dim=64, n_groups=1, chunk_size=256)
        arch = replace(arch, num_hidden_layers=64, **dict.fromkeys(ONLY_MIXERS, 64))
        assert state_bytes(arch, 1, 2) == 64 * (2 * 5376 * 4 + 4 * 80 * 64 * 128) == 170_524_672

    @hybrids
    def test_they_do_not_grow_with_the_context(self, arch):
        short, long = (moments(arch, context_length=length)["decode"].stack.kv_cache for length in (1000, 3000))
        keys_and_values = 4 * arch.attention_layers * arch.key_value_size
        assert long - short == 2000 * keys_and_values
        assert short == 1000 * keys_and_values + state_bytes(arch, 1, 2)

    def test_only_keys_and_values_are_quantized(self):
        plain, narrow = (moments(BAMBA, kv_cache=fmt)["decode"].stack.kv_cache for fmt in ("bf16", "fp8"))
        assert plain - state_bytes(BAMBA, 1, 2) == 2 * (narrow - state_bytes(BAMBA, 1, 2))


@hybrids
@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"attention": "eager"},
        {"weights": "fp32"},
        {"weights": "int4"},
        {"task": "training"},
        {"task": "training", "gradient_checkpointing": True},
        {"task": "training", "gradient_checkpointing": True, "optimizer": "adafactor", "attention": "eager"},
        {"task": "training", "recipe": "pure16", "gradients": "accumulated"},
        {"task": "training", "gradients": "in-backward", "loss": "fused-linear"},
        {"task": "training", "objective": "dpo", "gradient_checkpointing": True},
        {"task": "training", "objective": "kto"},
        {"task": "training", "method": "lora"},
        {"task": "training", "method": "lora", "lora_dropout": True},
        {"task": "training", "method": "lora", "gradient_checkpointing": True, "attention": "eager", "lora_dropout": True},
        {"task": "training", "method": "qlora", "weights": "nf4", "lora_target_modules": ("q_proj", "k_proj", "v_proj", "o_proj")},
        {"task": "training", "method": "lora", "lora_target_modules": ("gate_proj", "up_proj", "down_proj"), "lora_dropout": True},
    ],
    ids=str,
)
def test_memory_never_falls(arch, choices):
    scenario = validated(Scenario, architecture=arch, context_length=128, **choices)
    if choices.get("method") and refusal(scenario) is not None:
        return  # adapters on what was not measured, or of which there is none
    assert refusal(scenario) is None
    lengths = [estimate(scenario.evolve(context_length=length)).total_bytes for length in range(128, 1400, 31)]
    assert lengths == sorted(lengths)
    batches = [estimate(scenario.evolve(batch_size=batch)).total_bytes for batch in (1, 2, 3, 7, 20)]
    assert batches == sorted(batches)


@hybrids
def test_every_component_is_explained(arch):
    engines = {"vllm": "HybridAttention", "sglang": "MambaPool", "llama.cpp": "recurrent memory"}
    served = [{"runtime": name, "context_length": 1000} for name in engines]
    served[2]["weights"] = "q4_k_m"
    for choices in ({"context_length": 1000}, *served, {"task": "training", "context_length": 300}):
        scenario = validated(Scenario, architecture=arch, **choices)
        found = explain(scenario)
        if scenario.runtime is not Runtime.TRANSFORMERS:
            assert engines[scenario.runtime] in found["serving"][Component.KV_CACHE].source
        for moment in estimate(scenario).moments:
            for component, size in zip(Component, moment.stack, strict=True):
                if size:
                    assert found[moment.name][component].value_bytes == size
    assert "mamba-ssm" in found["backward"][Component.ACTIVATIONS].source


class TestRefused:
    @hybrids
    def test_wide_training(self, arch):
        training = validated(Scenario, architecture=arch, task=Task.TRAINING)
        assert refusal(training) is None
        assert refusal(training.evolve(recipe="amp", weights="fp32")).reason is Reason.WIDE_TRAINING_OF_PIECES

    @hybrids
    def test_adapters_where_they_were_measured(self, arch):
        lora = validated(Scenario, architecture=arch, task=Task.TRAINING, method="lora")
        measured = arch.mixer is not Mixer.MAMBA and not arch.attention_output_norms
        assert (refusal(lora) is None) == measured
        for choices in ({"lora_bits": 16}, {"autocast": True}, {"weights": "fp32"}, {"fused_kernels": True}):
            assert refusal(lora.evolve(**choices)).reason is Reason.ADAPTERS_ON_PIECES
        assert refusal(lora.evolve(lora_target_modules=("q_proj", "down_proj"))).reason is Reason.ADAPTERS_ON_PIECES
        assert (refusal(lora.evolve(method="qlora", weights="nf4")) is None) == measured

    def test_experts_that_peft_adapts_are_left_to_full_training_or_attention(self):
        refused = refusal(validated(Scenario, architecture=replace(QWEN3_NEXT, experts_adapted=True), task=Task.TRAINING, method="lora"))
        assert refused.reason is Reason.ADAPTERS_ON_PIECES
        assert [list(fix) for fix in refused.alternatives] == [["lora_target_modules"], ["method"]]
        refused = refusal(validated(Scenario, architecture=MAMBA, task=Task.TRAINING, method="lora"))
        assert [list(fix) for fix in refused.alternatives] == [["method"]]


def test_a_single_sequence_of_one_chunk_is_not_laid_out_anew():
    """Measured: the einsums of one chunk of one sequence take their operands as they lie; with a batch each is copied."""
    one, two = (mixer(BAMBA).saved(BAMBA, batch, 128) for batch in (1, 2))
    assert two - 2 * one == 2 * 128 * 8 * 16 * 64 - (2 * 128**2 + 8 * 16 + 2 * 4)


QWEN3_NEXT_80B = replace(
    QWEN3_NEXT,
    num_hidden_layers=48,
    num_mixer_layers=36,
    num_layers_without_attention=36,
    hidden_size=2048,
    num_attention_heads=16,
    head_dim=256,
    linear_num_key_heads=16,
    linear_num_value_heads=32,
    linear_key_head_dim=128,
    linear_value_head_dim=128,
)


class TestServed:
    """States in vLLM's cache."""

    def test_blocks_are_those_of_its_logs(self):
        """What it is set to there: 544 tokens for Qwen3-Next, 528 for Qwen3.5-9B and 1056 with an fp8 cache."""
        served = validated(Scenario, architecture=QWEN3_NEXT_80B, runtime=Runtime.VLLM)
        assert block_tokens(served) == 544
        wide = served.evolve(architecture=replace(QWEN3_NEXT_80B, num_key_value_heads=4, state_in_fp32=True))
        assert block_tokens(wide) == 528
        assert block_tokens(wide.evolve(kv_cache="fp8")) == 1056

    @pytest.mark.parametrize("context", [128, 544, 545, 262144])
    def test_a_sequence_takes_whole_blocks(self, context):
        served = validated(Scenario, architecture=QWEN3_NEXT_80B, runtime=Runtime.VLLM, context_length=context)
        assert sequence_bytes(served) == 12 * 544 * 2048 * (-(-context // 544) + 3)

    def test_groups_of_as_many_layers(self):
        served = validated(Scenario, architecture=FALCON_H1, runtime=Runtime.VLLM, context_length=128)
        assert sequence_bytes(served) == 2 * 8 * block_tokens(served) * 512

    @pytest.mark.parametrize(
        ("layers", "heads", "values", "slots", "conv_gb", "state_gb"), [(48, 16, 48, 360, 0.99, 50.77), (24, 16, 32, 64, 0.07, 3.05)]
    )
    def test_slots_as_sglang_logs_them(self, layers, heads, values, slots, conv_gb, state_gb):
        """GB are of 2^30 bytes there. Qwen3.6-27B and Qwen3.5-9B have these mixers."""
        arch = replace(QWEN3_5, num_hidden_layers=64, num_mixer_layers=layers, num_layers_without_attention=layers)
        arch = replace(arch, linear_num_key_heads=heads, linear_num_value_heads=values, linear_key_head_dim=128, linear_value_head_dim=128)
        assert (slots + 1) * slot_bytes(arch) / 2**30 == pytest.approx(conv_gb + state_gb, abs=0.01)

    def test_a_sequence_takes_slots_and_tokens(self):
        one, two = (
            validated(Scenario, architecture=QWEN3_5, runtime=Runtime.SGLANG, context_length=1000, batch_size=count) for count in (1, 2)
        )
        keys_and_values = 1000 * 4 * 2 * QWEN3_5.key_value_size
        assert cached_bytes(one) == keys_and_values + 6 * slot_bytes(QWEN3_5)
        assert cached_bytes(two) - cached_bytes(one) == keys_and_values + 5 * slot_bytes(QWEN3_5)

    def test_states_as_they_are_without_attention(self):
        served = validated(Scenario, architecture=MAMBA, runtime=Runtime.VLLM, context_length=4096)
        assert sequence_bytes(served) == 8 * (2 * 3 * 1024 + 2 * 1024 * 16)

    @hybrids
    @pytest.mark.parametrize("runtime", [Runtime.VLLM, Runtime.SGLANG, Runtime.LLAMA_CPP])
    def test_totals_never_fall_with_context_or_batch(self, arch, runtime):
        def total(context, batch):
            weights = "q4_k_m" if runtime is Runtime.LLAMA_CPP else "bf16"
            choices = {"runtime": runtime, "weights": weights, "context_length": context, "batch_size": batch}
            served = validated(Scenario, architecture=arch, **choices)
            assert refusal(served) is None
            return estimate(served).total_bytes

        for batch in (1, 4):
            totals = [total(context, batch) for context in (128, 500, 1000, 10000, 100000)]
            assert totals == sorted(totals)
        assert total(1000, 1) <= total(1000, 4)


def test_a_model_with_mixers_is_not_split_between_gpus_in_training():
    split = Scenario(architecture=BAMBA).evolve(task=Task.TRAINING, recipe="pure16", tensor_parallel_size=2)
    refused = refusal(split)
    assert refused is not None
    assert refused.reason is Reason.MIXER_SPLIT
    assert refusal(split.evolve(**refused.alternatives[0])) is None


class TestKimiLinear:
    """Kimi Linear: a delta net whose channels decay each by themselves, beside latent attention."""

    ARCH = Architecture(
        **SIZES | {"head_dim": 192},
        mixer=Mixer.KIMI_DELTA,
        state_in_fp32=True,
        position=Position.NONE,
        router=Router.SIGMOID,
        router_in_fp32=True,
        shared_expert_intermediate_size=256,
        kv_lora_rank=512,
        qk_nope_head_dim=128,
        qk_rope_head_dim=64,
        v_head_dim=128,
        conv_kernel=4,
        linear_num_key_heads=32,
        linear_num_value_heads=32,
        linear_key_head_dim=128,
        linear_value_head_dim=128,
        **_ONE_IN_FOUR,
        **_EXPERTS,
    )

    def test_states_are_fp32_and_the_convolution_16_bit(self):
        assert state_bytes(self.ARCH, 3, 2) == 3 * self.ARCH.num_mixer_layers * (4 * 32 * 128 * 128 + 2 * 3 * 4096 * 4)

    def test_routers_and_time_steps_stay_fp32(self):
        routers, steps = 8 * 8 * self.ARCH.hidden_size, self.ARCH.num_mixer_layers * 4096
        assert widened_router_bytes(self.ARCH, 2) == 2 * (routers + steps)
        assert widened_router_bytes(self.ARCH, 4) == 0

    def test_a_prompt_of_a_single_chunk(self):
        """Measured: 2 x 50 tokens, 8 heads of 64."""
        small = replace(self.ARCH, **dict.fromkeys(("linear_num_key_heads", "linear_num_value_heads"), 8))
        small = replace(small, **dict.fromkeys(("linear_key_head_dim", "linear_value_head_dim"), 64))
        around = 786_432 + 98_304 + 3 * 102_400 + 25_600 + 6_400 + 1_200  # states, latents, embeddings, residual, ids
        assert mixer(small).forward_peak(small, 2, 50, 2) == 55_224_304 - around

    def test_blocks_of_vllm_are_those_of_its_log(self):
        """Kimi-Linear-48B-A3B: "attention block size" 1888."""
        assert block_tokens(validated(Scenario, architecture=self.ARCH, runtime="vllm")) == 1888

    @pytest.mark.parametrize("runtime", [Runtime.TRANSFORMERS, Runtime.VLLM, Runtime.SGLANG])
    def test_it_is_served(self, runtime):
        scenario = validated(Scenario, architecture=self.ARCH, runtime=runtime, context_length=1000)
        found = explain(scenario)
        for moment in estimate(scenario).moments:
            for component, size in zip(Component, moment.stack, strict=True):
                assert not size or found[moment.name][component].value_bytes == size
        totals = [estimate(scenario.evolve(context_length=length)).total_bytes for length in range(128, 3000, 77)]
        assert totals == sorted(totals)

    @pytest.mark.parametrize(
        "choices", [{}, {"method": "lora"}, {"method": "qlora", "weights": "nf4"}, {"recipe": "amp", "weights": "fp32"}]
    )
    def test_training_is_refused_by_name(self, choices):
        training = validated(Scenario, architecture=self.ARCH, task=Task.TRAINING, **choices)
        assert refusal(training).reason is Reason.TRAINING_OF_PIECES
        assert reconcile(training).task is Task.INFERENCE

    def test_so_is_llama_cpp(self):
        scenario = validated(Scenario, architecture=self.ARCH, runtime=Runtime.LLAMA_CPP, weights="q4_k_m")
        refused = refusal(scenario)
        assert refused.reason is Reason.RUNTIME_ON_PIECES
        assert all(refusal(scenario.evolve(**change)) is None for change in refused.alternatives)

    def test_nothing_is_said_of_what_is_not_modelled(self):
        with pytest.raises(NotImplementedError):
            mixer(self.ARCH).saved(self.ARCH, 1, 128)
