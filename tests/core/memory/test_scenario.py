from dataclasses import FrozenInstanceError

import pytest
from pydantic import ValidationError

from core.memory import MAX_PARAMETERS, MIN_PARAMETERS, Format, Scenario, Task, parameter_count, with_parameter_count
from core.memory.family import own_count
from core.memory.scenario import clamp_parameters


@pytest.fixture
def scenario(llama_7b) -> Scenario:
    return Scenario(architecture=llama_7b)


class TestEvolve:
    def test_it_gives_a_changed_copy(self, scenario):
        changed = scenario.evolve(task="training", weights="int8")
        assert (changed.task, changed.weights) == (Task.TRAINING, Format.INT8)
        assert (scenario.task, scenario.weights) == (Task.INFERENCE, Format.BF16)

    def test_without_changes_it_is_equal(self, scenario):
        assert scenario.evolve() == scenario

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("batch_size", 0),
            ("batch_size", 4097),
            ("batch_size", 1.5),
            ("context_length", 127),
            ("context_length", 10_485_761),
            ("context_length", "many"),
            ("weights", "int3"),
            ("task", "dreaming"),
            ("max_new_tokens", 0),
            ("logits_to_keep", 2),
            ("lora_r", 0),
            ("lora_r", 65_537),
            ("lora_target_modules", ()),
            ("lora_target_modules", ("lm_head",)),
            ("name", "x" * 201),
            ("version", 2),
            ("format", "something else"),
            ("architecture", None),
            ("colour", "blue"),
        ],
    )
    def test_it_validates(self, scenario, field, value):
        with pytest.raises(ValidationError, match=field):
            scenario.evolve(**{field: value})

    def test_a_scenario_cannot_be_changed_in_place(self, scenario):
        with pytest.raises(FrozenInstanceError):
            scenario.batch_size = 2


class TestPrompt:
    def test_the_whole_context_but_the_token_to_come(self, scenario):
        assert scenario.evolve(context_length=4096).prompt_length == 4095

    def test_what_is_generated_is_no_prompt(self, scenario):
        assert scenario.evolve(context_length=4096, max_new_tokens=1024).prompt_length == 3072

    def test_there_is_always_one_token_to_start_from(self, scenario):
        assert scenario.evolve(context_length=128, max_new_tokens=4096).prompt_length == 1


class TestParameterCount:
    def test_it_leaves_the_preset_and_nothing_else(self, scenario):
        moved = with_parameter_count(scenario.evolve(batch_size=8), 13 * 10**9)
        assert moved.architecture.name == ""
        assert moved.architecture.nominal_parameters == 13 * 10**9
        assert moved.evolve(architecture=scenario.architecture) == scenario.evolve(batch_size=8)

    @pytest.mark.parametrize("parameters", [MIN_PARAMETERS - 1, MAX_PARAMETERS + 1])
    def test_outside_the_range_is_refused(self, scenario, parameters):
        with pytest.raises(ValueError, match="must lie between"):
            with_parameter_count(scenario, parameters)

    @pytest.mark.parametrize(
        ("wanted", "possible"), [(1, MIN_PARAMETERS), (7 * 10**9, 7 * 10**9), (10**15, MAX_PARAMETERS)], ids=["small", "within", "large"]
    )
    def test_the_nearest_possible_size(self, wanted, possible):
        assert clamp_parameters(wanted) == possible

    def test_own_count_is_that_of_the_shape(self, scenario):
        assert own_count(7 * 10**9) == parameter_count(with_parameter_count(scenario, 7 * 10**9).architecture)
