"""Which choices no real run allows: the whole table, method by format."""

from dataclasses import replace

import pytest

from core.memory import Attention, Format, Method, Reason, Recipe, RefusedError, Scenario, Task, estimate, peak_bytes, reconcile, refusal
from core.memory.architecture import Activation, Router
from core.memory.edge import validated
from core.memory.formats import GGML_BLOCKS, PRECISIONS, TORCH_FORMATS
from core.memory.scenario import ATTENTION_LINEAR

#: For each method the formats that can be trained; full training is by recipe as well.
LORA = {Format.BF16, Format.FP16, Format.FP32}
BITSANDBYTES = {Format.INT8, Format.NF4, Format.NF4_DOUBLE, Format.FP4}
QLORA = BITSANDBYTES | {Format.INT4, Format.GPTQ_INT4, Format.GPTQ_INT8, Format.AWQ_INT4}
FULL = {
    Recipe.PURE16: {Format.BF16, Format.FP16},
    Recipe.MIXED: {Format.BF16, Format.FP16},
    Recipe.AMP: {Format.BF16, Format.FP16, Format.FP32},
    Recipe.FP32: {Format.BF16, Format.FP16, Format.FP32},
}


@pytest.fixture
def training(llama_7b) -> Scenario:
    return Scenario(architecture=llama_7b, task="training", context_length=128)


@pytest.mark.parametrize("weights", sorted(TORCH_FORMATS))
@pytest.mark.parametrize("kv_cache", PRECISIONS)
def test_inference_takes_any_format_for_weights_and_any_for_the_cache(llama_7b, weights, kv_cache):
    assert refusal(validated(Scenario, architecture=llama_7b, weights=weights, kv_cache=kv_cache)) is None


@pytest.mark.parametrize("weights", sorted(GGML_BLOCKS))
@pytest.mark.parametrize("choices", [{}, {"task": "training"}, {"task": "training", "method": "qlora"}])
def test_blocks_of_ggml_are_not_loaded_by_pytorch(llama_7b, choices, weights):
    refused = refusal(validated(Scenario, architecture=llama_7b, weights=weights, **choices))
    assert refused is not None
    assert refused.reason is Reason.FORMAT_OF_ANOTHER_RUNTIME


@pytest.mark.parametrize("weights", Format)
@pytest.mark.parametrize("recipe", Recipe)
def test_full_training(training, recipe, weights):
    possible = refusal(training.evolve(recipe=recipe, weights=weights)) is None
    assert possible == (weights in FULL[recipe])


@pytest.mark.parametrize("weights", Format)
@pytest.mark.parametrize(("method", "formats"), [(Method.LORA, LORA), (Method.QLORA, QLORA)])
def test_adapters(training, method, formats, weights):
    possible = refusal(training.evolve(method=method, weights=weights)) is None
    assert possible == (weights in formats)


@pytest.mark.parametrize("weights", Format)
@pytest.mark.parametrize("method", Method)
def test_the_rule_of_thumb_computes_whatever_it_is_asked(training, method, weights):
    asked = training.evolve(estimator="rule-of-thumb", method=method, weights=weights)
    assert refusal(asked) is None
    assert estimate(asked).total_bytes > 0


@pytest.mark.parametrize(
    ("choices", "reason", "alternatives"),
    [
        ({"weights": "int4"}, Reason.FULL_TRAINING_NEEDS_16_BIT, [{"weights": "bf16"}, {"method": "qlora"}]),
        ({"weights": "int8"}, Reason.FULL_TRAINING_NEEDS_16_BIT, [{"weights": "bf16"}, {"method": "qlora"}]),
        ({"weights": "fp8"}, Reason.FULL_TRAINING_NEEDS_16_BIT, [{"weights": "bf16"}]),
        ({"weights": "fp64"}, Reason.NO_RECIPE_FOR_FORMAT, [{"weights": "bf16"}]),
        ({"weights": "int32"}, Reason.NO_RECIPE_FOR_FORMAT, [{"weights": "bf16"}]),
        ({"weights": "fp32", "recipe": "mixed"}, Reason.RECIPE_STORES_16_BIT, [{"weights": "bf16"}, {"recipe": "fp32"}]),
        ({"weights": "int4", "method": "lora"}, Reason.LORA_BASE_NOT_QUANTIZED, [{"method": "qlora"}, {"weights": "bf16"}]),
        ({"weights": "fp8", "method": "lora"}, Reason.LORA_BASE_FORMAT, [{"weights": "bf16"}]),
        ({"weights": "bf16", "method": "qlora"}, Reason.QLORA_BASE_QUANTIZED, [{"weights": "int4"}, {"method": "lora"}]),
        ({"weights": "fp64", "method": "qlora"}, Reason.QLORA_BASE_QUANTIZED, [{"weights": "int4"}]),
    ],
)
def test_reason_and_what_to_pick_instead(training, choices, reason, alternatives):
    refused = refusal(training.evolve(**choices))
    assert refused is not None
    assert (refused.reason, list(refused.alternatives)) == (reason, alternatives)


@pytest.mark.parametrize("compute", [estimate, peak_bytes])
def test_there_is_no_estimate_of_what_cannot_be_run(training, compute):
    with pytest.raises(RefusedError, match="full_training_needs_16_bit") as caught:
        compute(training.evolve(weights="int4"))
    assert caught.value.refusal == refusal(training.evolve(weights="int4"))


@pytest.mark.parametrize(
    ("method", "weights", "reconciled"),
    [("full", "int4", "bf16"), ("lora", "int8", "bf16"), ("qlora", "bf16", "int4"), ("qlora", "int8", "int8"), ("full", "fp16", "fp16")],
)
def test_a_change_of_method_takes_the_nearest_format_that_it_knows(training, method, weights, reconciled):
    assert reconcile(training.evolve(method=method, weights=weights)).weights == reconciled


def test_leaving_training_needs_no_change(training):
    assert reconcile(training.evolve(task=Task.INFERENCE, weights="int4")).weights == "int4"


class TestPieces:
    def test_adapters_on_experts_that_were_not_measured_are_refused(self, llama_7b):
        experts = replace(llama_7b, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=14336, experts_adapted=True)
        experts = replace(experts, router=Router.SOFTMAX_CORRECTED)
        scenario = Scenario(architecture=experts, task=Task.TRAINING, method=Method.LORA)
        assert refusal(scenario).reason is Reason.ADAPTERS_ON_PIECES
        for change in refusal(scenario).alternatives:
            assert refusal(scenario.evolve(**change)) is None
        assert reconcile(scenario).lora_target_modules == ATTENTION_LINEAR
        assert refusal(scenario.evolve(method=Method.FULL)) is None
        assert refusal(scenario.evolve(task=Task.INFERENCE)) is None

    def test_targets_that_the_model_has_none_of_are_refused(self, llama_7b):
        ungated = replace(llama_7b, activation=Activation.GELU)
        scenario = Scenario(architecture=ungated, task=Task.TRAINING, method=Method.LORA, lora_target_modules=("gate_proj",))
        assert refusal(scenario).reason is Reason.ADAPTERS_ON_PIECES
        assert refusal(scenario.evolve(lora_target_modules=("up_proj",))) is None
        assert reconcile(scenario).lora_target_modules == ATTENTION_LINEAR

    def test_experts_whose_routing_was_measured_in_16_bit_only_are_trained_so(self, llama_7b):
        experts = replace(llama_7b, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=14336)
        assert refusal(Scenario(architecture=experts, task=Task.TRAINING, recipe=Recipe.AMP)) is None
        adapters = Scenario(architecture=experts, task=Task.TRAINING, method=Method.LORA, weights=Format.FP32)
        assert refusal(adapters).reason is Reason.WIDE_TRAINING_OF_PIECES
        experts = replace(experts, router=Router.SOFTMAX_CORRECTED)
        scenario = Scenario(architecture=experts, task=Task.TRAINING, recipe=Recipe.AMP)
        found = refusal(scenario)
        assert found.reason is Reason.WIDE_TRAINING_OF_PIECES
        for change in found.alternatives:
            assert refusal(scenario.evolve(**change)) is None

    def test_capped_scores_need_eager_attention(self, llama_7b):
        capped = replace(llama_7b, attn_logit_softcapping=True)
        scenario = Scenario(architecture=capped)
        found = refusal(scenario)
        assert found.reason is Reason.SDPA_WITHOUT_SOFTCAPPING
        assert refusal(scenario.evolve(**found.alternatives[0])) is None
        training = {"task": Task.TRAINING, "recipe": Recipe.PURE16, "attention": Attention.EAGER, "context_length": 1024}
        plain = estimate(Scenario(architecture=llama_7b).evolve(**training))
        with_tanh = estimate(scenario.evolve(**training))
        forward = [moment.stack.activations for run in (plain, with_tanh) for moment in run.moments if moment.name == "forward"]
        # one 16-bit copy more of the scores in each layer
        assert forward[1] - forward[0] == 32 * 2 * 32 * 1024 * 1024

    def test_adapters_where_layers_have_a_window(self, llama_7b):
        training = {"task": Task.TRAINING, "method": Method.LORA, "context_length": 8192}
        every, some = (Scenario(architecture=replace(llama_7b, sliding_window=4096, num_sliding_layers=n)) for n in (32, 16))
        plain = estimate(Scenario(architecture=llama_7b).evolve(**training)).total_bytes
        half = estimate(some.evolve(**training)).total_bytes - plain
        assert 0 < half < estimate(every.evolve(**training)).total_bytes - plain
        training["gradient_checkpointing"] = True
        plain = estimate(Scenario(architecture=llama_7b).evolve(**training)).total_bytes
        # a window that the sequence outgrows needs a mask
        assert estimate(every.evolve(**training)).total_bytes > plain
        assert estimate(every.evolve(**training | {"context_length": 2048})).total_bytes < plain

    def test_sinks_need_eager_attention(self, llama_7b):
        scenario = Scenario(architecture=replace(llama_7b, attention_sinks=True))
        found = refusal(scenario)
        assert found.reason is Reason.SDPA_WITHOUT_SINKS
        assert refusal(scenario.evolve(**found.alternatives[0])) is None
        assert refusal(scenario.evolve(runtime="vllm")) is None

    def test_reconciling_ends_in_a_run(self, llama_7b):
        odd = replace(llama_7b, attn_logit_softcapping=True, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=64)
        for method in Method:
            for recipe in Recipe:
                for weights in Format:
                    scenario = Scenario(architecture=odd, task=Task.TRAINING, method=method, recipe=recipe, weights=weights)
                    assert estimate(reconcile(scenario)).total_bytes > 0
