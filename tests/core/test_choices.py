"""The rules by which choices go together, held against the estimates themselves."""

from dataclasses import replace
from itertools import product

import pytest

from core.choices import MAX_LORA_RANK, MIN_LORA_RANK, Meaningless, meaningless, settled, with_changes
from core.memory import Estimator, Format, Method, Optimizer, OptimizerImplementation, Recipe, Runtime, Scenario, Task, estimate, refusal
from core.memory.scenario import QUERY_VALUE, Objective

OTHER_VALUES = {
    "kv_cache": Format.INT4,
    "max_new_tokens": 4000,
    "transformers_release": "before-4.45",
    "max_num_batched_tokens": 100_000,
    "max_num_seqs": 8,
    "ubatch_size": 2048,
    "llama_cpp_build": "before-mid-2026",
    "cuda_graphs": False,
    "recipe": Recipe.PURE16,
    "optimizer": Optimizer.SGD,
    "gradient_checkpointing": True,
    "first_step": True,
    "objective": Objective.SIMPO,
    "precomputed_reference": True,
    "lora_r": 64,
    "lora_bits": 16,
    "lora_dropout": True,
    "autocast": True,
    "lora_target_modules": QUERY_VALUE,
}
RUNS = {
    "inference": {},
    "vllm": {"runtime": Runtime.VLLM},
    "sglang": {"runtime": Runtime.SGLANG},
    "llama.cpp": {"runtime": Runtime.LLAMA_CPP},
    "full": {"task": Task.TRAINING},
    "dpo": {"task": Task.TRAINING, "objective": Objective.DPO},
    "orpo": {"task": Task.TRAINING, "method": Method.LORA, "objective": Objective.ORPO},
    "lora": {"task": Task.TRAINING, "method": Method.LORA},
    "qlora": {"task": Task.TRAINING, "method": Method.QLORA, "weights": Format.INT4},
}


@pytest.fixture
def scenario(llama_7b) -> Scenario:
    return Scenario(architecture=llama_7b)


def stacks(scenario: Scenario) -> list:
    return [moment.stack for moment in estimate(scenario).moments]


class TestMeaningless:
    def test_heads_that_predict_tokens_ahead(self, scenario):
        served = scenario.evolve(runtime=Runtime.VLLM)
        assert meaningless(served, "speculative_tokens") is Meaningless.WITHOUT_PREDICTION_HEADS
        with_heads = replace(scenario.architecture, num_nextn_predict_layers=1)
        assert meaningless(served.evolve(architecture=with_heads), "speculative_tokens") is None
        assert meaningless(scenario, "speculative_tokens") is Meaningless.OF_ANOTHER_RUNTIME
        training = scenario.evolve(task=Task.TRAINING)
        assert meaningless(training, "mtp_num_layers") is Meaningless.WITHOUT_MEGATRON
        assert meaningless(training.evolve(sharding="megatron"), "mtp_num_layers") is None
        assert meaningless(scenario, "mtp_num_layers") is Meaningless.IN_INFERENCE

    @pytest.mark.parametrize("run", RUNS)
    @pytest.mark.parametrize("field", OTHER_VALUES)
    def test_a_field_is_meaningless_exactly_where_it_changes_nothing(self, scenario, field, run):
        before = scenario.evolve(**RUNS[run])
        after = before.evolve(**{field: OTHER_VALUES[field]})
        assert (meaningless(before, field) is None) == (stacks(before) != stacks(after))

    def test_a_fused_loss_of_preferences_is_alike_in_all_releases(self, scenario):
        new = scenario.evolve(task=Task.TRAINING, objective=Objective.DPO, loss="fused-linear")
        assert meaningless(new, "transformers_release") is Meaningless.WITH_PREFERENCES
        assert stacks(new) == stacks(new.evolve(transformers_release="before-4.45"))

    @pytest.mark.parametrize("method", [Method.FULL, Method.LORA])
    def test_so_is_an_implementation(self, scenario, method):
        for optimizer, recipe in product(Optimizer, Recipe):
            run = scenario.evolve(task=Task.TRAINING, method=method, optimizer=optimizer, recipe=recipe)
            different = [stacks(run.evolve(optimizer_implementation=how)) for how in OptimizerImplementation]
            says = meaningless(run, "optimizer_implementation") is None
            assert says == any(one != different[0] for one in different), (optimizer, recipe)

    def test_what_every_run_has_is_never_meaningless(self, scenario):
        for run, field in product(RUNS.values(), ("architecture", "weights", "batch_size", "context_length", "gpu")):
            assert meaningless(scenario.evolve(**run), field) is None

    def test_why(self, scenario):
        training = scenario.evolve(task=Task.TRAINING)
        lora = training.evolve(method=Method.LORA)
        assert meaningless(scenario, "method") is Meaningless.IN_INFERENCE
        assert meaningless(scenario, "cuda_graphs") is Meaningless.OF_ANOTHER_RUNTIME
        assert meaningless(scenario.evolve(runtime=Runtime.VLLM), "attention") is Meaningless.OF_ANOTHER_RUNTIME
        assert meaningless(scenario, "attention") is None
        assert meaningless(training.evolve(runtime=Runtime.VLLM), "attention") is None
        assert meaningless(scenario, "lora_r") is Meaningless.IN_INFERENCE
        assert meaningless(training, "kv_cache") is Meaningless.IN_TRAINING
        assert meaningless(training, "lora_r") is Meaningless.IN_FULL_TRAINING
        assert meaningless(lora, "recipe") is Meaningless.WITH_ADAPTERS
        assert meaningless(training, "optimizer_implementation") is Meaningless.WITH_MASTER_WEIGHTS
        assert meaningless(lora.evolve(optimizer=Optimizer.SGD), "optimizer_implementation") is Meaningless.WITH_OPTIMIZER


def test_the_ranks_are_those_of_a_scenario(scenario):
    assert scenario.evolve(lora_r=MIN_LORA_RANK).evolve(lora_r=MAX_LORA_RANK).lora_r == MAX_LORA_RANK
    for beyond in (MIN_LORA_RANK - 1, MAX_LORA_RANK + 1):
        with pytest.raises(ValueError, match="lora_r"):
            scenario.evolve(lora_r=beyond)


class TestWithChanges:
    @pytest.mark.parametrize(
        ("held", "changes", "implied"),
        [
            ({}, {"recipe": Recipe.FP32}, {"weights": Format.FP32}),
            ({}, {"recipe": Recipe.AMP}, {"weights": Format.FP32}),
            ({"recipe": Recipe.AMP, "weights": Format.FP32}, {"recipe": Recipe.FP32}, {}),
            ({"recipe": Recipe.AMP, "weights": Format.FP32}, {"recipe": Recipe.PURE16}, {"weights": Format.BF16}),
            ({"weights": Format.FP16}, {"recipe": Recipe.PURE16}, {}),
            ({}, {"weights": Format.FP32}, {"recipe": Recipe.FP32}),
            ({"recipe": Recipe.AMP}, {"weights": Format.FP32}, {}),
            ({"recipe": Recipe.FP32, "weights": Format.FP32}, {"weights": Format.FP16}, {"recipe": Recipe.MIXED}),
            ({}, {"weights": Format.INT8}, {}),
            ({}, {"method": Method.QLORA}, {"weights": Format.INT4}),
            ({"weights": Format.INT8}, {"method": Method.QLORA}, {}),
            ({"weights": Format.INT8}, {"method": Method.LORA}, {}),
            ({"method": Method.LORA}, {"weights": Format.FP32}, {}),
            ({"method": Method.LORA}, {"batch_size": 3}, {}),
        ],
    )
    def test_what_one_choice_implies_for_another(self, scenario, held, changes, implied):
        before = scenario.evolve(task=Task.TRAINING, **held)
        assert with_changes(before, changes) == before.evolve(**changes, **implied)

    @pytest.mark.parametrize(
        "changes",
        [
            {"recipe": Recipe.FP32, "weights": Format.BF16},
            {"recipe": Recipe.MIXED, "weights": Format.FP32},
            {"method": Method.QLORA, "weights": Format.BF16},
        ],
        ids=str,
    )
    def test_what_was_asked_for_is_left(self, scenario, changes):
        before = scenario.evolve(task=Task.TRAINING)
        assert with_changes(before, changes) == before.evolve(**changes)

    @pytest.mark.parametrize("changes", [{"weights": Format.FP32}, {"recipe": Recipe.FP32}, {"method": Method.QLORA}], ids=str)
    def test_inference_implies_nothing(self, scenario, changes):
        assert with_changes(scenario, changes) == scenario.evolve(**changes)

    @pytest.mark.parametrize("recipe", [Recipe.FP32, Recipe.AMP])
    def test_the_weights_that_a_recipe_stores_are_the_same_by_either_name(self, scenario, recipe):
        """So that what is implied changes no figure."""
        run = scenario.evolve(task=Task.TRAINING, recipe=recipe)
        assert stacks(run) == stacks(run.evolve(weights=Format.FP32))


class TestSettled:
    @pytest.mark.parametrize("estimator", Estimator)
    @pytest.mark.parametrize("recipe", Recipe)
    @pytest.mark.parametrize("weights", Format)
    @pytest.mark.parametrize("run", RUNS)
    def test_it_can_be_run_and_is_settled(self, scenario, run, weights, recipe, estimator):
        asked = scenario.evolve(**RUNS[run]).evolve(weights=weights, recipe=recipe, estimator=estimator)
        found = settled(asked)
        assert refusal(found) is None
        assert settled(found) == found
        assert found.evolve(weights=weights) == asked

    def test_a_recipe_in_fp32_shows_fp32(self, scenario):
        assert settled(scenario.evolve(task=Task.TRAINING, recipe=Recipe.AMP)).weights is Format.FP32
