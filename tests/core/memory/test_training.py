from dataclasses import asdict

import pytest

from core.memory import Cause, MomentName, Optimizer, OptimizerImplementation, Recipe, Scenario, estimate, parameter_count
from core.memory.components import Stack
from core.memory.lora import adapter_parameters

PARAMETERS = 6_738_415_616
EMBEDDING = 32_000 * 4096


@pytest.fixture
def scenario(llama_7b) -> Scenario:
    return Scenario(architecture=llama_7b, task="training", recipe="pure16", batch_size=2, context_length=1024)


def stack_of(scenario: Scenario, name: MomentName) -> Stack:
    return next(moment.stack for moment in estimate(scenario).moments if moment.name == name)


def test_a_step_has_five_moments(scenario):
    names = [moment.name for moment in estimate(scenario).moments]
    assert names == ["load", "forward", "backward", "optimizer_step", "between_steps"]


class TestModelState:
    """Weights + gradients + optimizer, bytes a parameter, in a steady state: the choice peers leave unstated."""

    @pytest.mark.parametrize(
        ("optimizer", "pure16", "mixed", "amp", "fp32"),
        [
            (Optimizer.ADAMW, 8, 16, 16, 16),
            (Optimizer.ADAM, 8, 16, 16, 16),
            (Optimizer.SGD_MOMENTUM, 6, 12, 12, 12),
            (Optimizer.SGD, 4, 8, 8, 8),
            (Optimizer.ADAMW8BIT, 6 + 1 / 32, 10 + 1 / 32, 10 + 1 / 32, 10 + 1 / 32),
        ],
    )
    def test_bytes_per_parameter(self, scenario, optimizer, pure16, mixed, amp, fp32):
        by_recipe = {Recipe.PURE16: pure16, Recipe.MIXED: mixed, Recipe.AMP: amp, Recipe.FP32: fp32}
        for recipe, expected in by_recipe.items():
            result = estimate(scenario.evolve(optimizer=optimizer, recipe=recipe))
            assert result.bytes_per_parameter == pytest.approx(expected, abs=1e-6), recipe

    def test_an_8_bit_state_has_one_scale_for_256_values(self, scenario):
        states = stack_of(scenario.evolve(optimizer="adamw8bit"), MomentName.BETWEEN_STEPS).optimizer
        assert states == 2 * (PARAMETERS + 4 * -(-PARAMETERS // 256))

    def test_fp32_master_weights_are_the_optimizers(self, scenario):
        stack = stack_of(scenario.evolve(recipe="mixed"), MomentName.OPTIMIZER_STEP)
        assert stack.weights == 2 * PARAMETERS + 4 * 128
        assert stack.gradients == 2 * PARAMETERS
        assert stack.optimizer == 12 * PARAMETERS


class TestOptimizerStep:
    @pytest.mark.parametrize(
        ("implementation", "work"),
        [
            (OptimizerImplementation.FOREACH, 2 * PARAMETERS),
            (OptimizerImplementation.FORLOOP, 2 * 2 * EMBEDDING),
            (OptimizerImplementation.FUSED, 0),
        ],
    )
    def test_adamw_by_implementation(self, scenario, implementation, work):
        assert stack_of(scenario.evolve(optimizer_implementation=implementation), MomentName.OPTIMIZER_STEP).workspace == work

    @pytest.mark.parametrize("optimizer", [Optimizer.SGD, Optimizer.SGD_MOMENTUM, Optimizer.ADAMW8BIT])
    def test_the_others_need_nothing_beside_their_states(self, scenario, optimizer):
        assert stack_of(scenario.evolve(optimizer=optimizer), MomentName.OPTIMIZER_STEP).workspace == 0

    def test_master_weights_need_the_gradients_in_fp32(self, scenario):
        mixed = scenario.evolve(recipe="mixed", optimizer_implementation="fused")
        assert stack_of(mixed, MomentName.OPTIMIZER_STEP).workspace == 4 * PARAMETERS

    def test_gradients_are_whole_in_it_and_gone_after_it(self, scenario):
        assert stack_of(scenario, MomentName.OPTIMIZER_STEP).gradients == 2 * PARAMETERS
        assert stack_of(scenario, MomentName.BETWEEN_STEPS).gradients == 0


class TestFirstStep:
    def test_states_come_with_the_first_optimizer_step(self, scenario):
        first = scenario.evolve(first_step=True)
        assert stack_of(first, MomentName.FORWARD).optimizer == stack_of(first, MomentName.BACKWARD).optimizer == 0
        assert stack_of(first, MomentName.OPTIMIZER_STEP).optimizer == 4 * PARAMETERS

    def test_a_steady_step_has_them_throughout(self, scenario):
        for name in (MomentName.FORWARD, MomentName.BACKWARD, MomentName.OPTIMIZER_STEP, MomentName.BETWEEN_STEPS):
            assert stack_of(scenario, name).optimizer == 4 * PARAMETERS
        assert stack_of(scenario, MomentName.LOAD).optimizer == 0


class TestForward:
    def test_logits_and_their_log_softmax_are_fp32(self, scenario):
        tokens = 2 * 1024
        assert stack_of(scenario, MomentName.FORWARD).logits == (4 + 6) * 32_000 * tokens
        assert stack_of(scenario.evolve(recipe="fp32"), MomentName.FORWARD).logits == (4 + 4) * 32_000 * tokens

    def test_inputs_are_ids_and_labels(self, scenario):
        assert stack_of(scenario, MomentName.FORWARD).inputs == 2 * 8 * 2 * 1024

    def test_checkpointing_keeps_one_input_a_layer(self, scenario):
        shallower = asdict(scenario.architecture) | {"num_hidden_layers": 31}
        kept, one_less = (
            stack_of(scenario.evolve(gradient_checkpointing=True, architecture=arch), MomentName.FORWARD).activations
            for arch in (scenario.architecture, shallower)
        )
        assert kept - one_less == 2 * 4096 * 2 * 1024

    def test_autocast_keeps_16_bit_copies_of_the_weights(self, scenario):
        short = scenario.evolve(batch_size=1, context_length=128)
        copies = 2 * (PARAMETERS - EMBEDDING - 65 * 4096)
        amp, pure16 = (stack_of(short.evolve(recipe=recipe), MomentName.FORWARD).activations for recipe in ("amp", "pure16"))
        assert amp - pure16 == pytest.approx(copies, rel=0.02)


class TestBackward:
    @pytest.mark.parametrize(
        ("choices", "cause"),
        [
            ({"batch_size": 1, "context_length": 128}, Cause.EMBEDDING),
            ({"batch_size": 32}, Cause.LOSS),
            ({"gradient_checkpointing": True, "batch_size": 4}, Cause.MLP),
            ({"gradient_checkpointing": True, "attention": "eager", "context_length": 8192}, Cause.ATTENTION),
        ],
    )
    def test_where_its_peak_is(self, scenario, choices, cause):
        moments = estimate(scenario.evolve(**choices)).moments
        assert next(moment.cause for moment in moments if moment.name == MomentName.BACKWARD) is cause

    def test_tied_embeddings_add_their_two_gradients_into_a_third(self, scenario, llama_7b):
        tied = scenario.evolve(architecture=asdict(llama_7b) | {"tie_word_embeddings": True}, batch_size=1, context_length=128)
        stack = stack_of(tied, MomentName.BACKWARD)
        assert stack.gradients == 2 * parameter_count(tied.architecture)
        assert stack.workspace == 2 * 2 * EMBEDDING


class TestAdapters:
    @pytest.fixture
    def lora(self, scenario) -> Scenario:
        return scenario.evolve(method="lora")

    def test_rank_16_on_all_linear_layers_trains_40_million_values(self, lora):
        """39,976,960: what PEFT prints for Llama-2-7B."""
        assert adapter_parameters(lora) == 39_976_960
        assert adapter_parameters(lora.evolve(lora_target_modules=("q_proj", "v_proj"), lora_r=8)) == 4_194_304

    def test_only_adapters_have_gradients_and_states_all_in_fp32(self, lora):
        stack = stack_of(lora, MomentName.OPTIMIZER_STEP)
        trained = adapter_parameters(lora)
        assert (stack.gradients, stack.optimizer) == (4 * trained, 8 * trained)
        assert stack.weights == 2 * PARAMETERS + 4 * 128 + 4 * trained

    def test_the_largest_adapter_decides_a_plain_loops_step(self, lora):
        work = stack_of(lora.evolve(optimizer_implementation="forloop"), MomentName.OPTIMIZER_STEP).workspace
        assert work == 2 * 4 * 16 * 11008

    def test_a_quantized_base_takes_less_and_dequantizes(self, lora):
        qlora = lora.evolve(method="qlora", weights="int4")
        assert stack_of(qlora, MomentName.LOAD).weights < 0.35 * stack_of(lora, MomentName.LOAD).weights
        matrix = 2 * 4096 * 11008
        difference = stack_of(qlora, MomentName.FORWARD).workspace - stack_of(lora, MomentName.FORWARD).workspace
        assert difference == matrix

    def test_an_fp32_base_computes_in_fp32_but_its_adapters_share_their_inputs(self, lora):
        narrow, wide = (stack_of(run, MomentName.FORWARD).activations for run in (lora, lora.evolve(weights="fp32")))
        assert 1.1 * narrow < wide < 1.3 * narrow

    def test_fewer_targets_save_less(self, lora):
        few = lora.evolve(lora_target_modules=("q_proj",))
        assert stack_of(few, MomentName.FORWARD).activations < stack_of(lora, MomentName.FORWARD).activations

    @pytest.mark.parametrize("targets", [("q_proj", "k_proj"), ("q_proj",), ("k_proj",)])
    def test_q_and_k_norms_keep_their_fp32_input(self, lora, llama_7b, targets):
        with_norms = lora.evolve(architecture=asdict(llama_7b) | {"qk_norm": True}, lora_target_modules=targets)
        without = with_norms.evolve(architecture=llama_7b)
        per_token = 4 * (4096 + 4096 + 32 + 32)
        # nothing asks for the gradient of the first layer's queries or keys unless something before them is trained
        untrained = len({"q_proj", "k_proj"} - set(targets))
        difference = stack_of(with_norms, MomentName.FORWARD).activations - stack_of(without, MomentName.FORWARD).activations
        assert difference == 2 * 1024 * (32 * per_token - untrained * 4 * (4096 + 32))


def test_q_and_k_norms_keep_more_when_they_are_trained(scenario, llama_7b):
    with_norms = scenario.evolve(architecture=asdict(llama_7b) | {"qk_norm": True})
    assert stack_of(with_norms, MomentName.FORWARD).activations > stack_of(scenario, MomentName.FORWARD).activations
