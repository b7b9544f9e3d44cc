import pytest

from core.catalogue import Model, find_model
from core.memory import Scenario, estimate, parameter_count, reconcile
from core.memory.edge import validated

#: Totals of the published safetensors files.
EXACT = {
    "meta-llama/Llama-2-7b-hf": 6_738_415_616,
    "meta-llama/Llama-2-13b-hf": 13_015_864_320,
    "meta-llama/Llama-2-70b-hf": 68_976_648_192,
    "meta-llama/Llama-3.1-8B": 8_030_261_248,
    "meta-llama/Llama-3.2-1B": 1_235_814_400,
    "TinyLlama/TinyLlama-1.1B-Chat-v1.0": 1_100_048_384,
    "mistralai/Mistral-7B-v0.3": 7_248_023_552,
    "Qwen/Qwen2.5-0.5B": 494_032_768,
    "Qwen/Qwen2.5-7B": 7_615_616_512,
    "Qwen/Qwen3-8B": 8_190_735_360,
}


def by_name(models: tuple[Model, ...], name: str) -> Model:
    return next(model for model in models if model.name == name)


def test_at_least_twelve_models(models):
    assert len(models) >= 12


def test_every_shape_has_the_published_number_of_parameters(models):
    for model in models:
        counted = parameter_count(model.architecture) + model.architecture.vision_parameters
        assert counted == pytest.approx(model.published_parameters, rel=0.005), model.name


@pytest.mark.parametrize(("name", "parameters"), EXACT.items())
def test_known_counts_are_met_exactly(models, name, parameters):
    assert parameter_count(by_name(models, name).architecture) == parameters


def test_nominal_sizes_are_those_in_the_names(models):
    for name, nominal in {
        "meta-llama/Llama-2-7b-hf": 7 * 10**9,
        "meta-llama/Llama-2-70b-hf": 70 * 10**9,
        "Qwen/Qwen2.5-0.5B": 5 * 10**8,
        "TinyLlama/TinyLlama-1.1B-Chat-v1.0": 11 * 10**8,
    }.items():
        assert by_name(models, name).architecture.nominal_parameters == nominal


def test_nominal_and_published_sizes_belong_together(models):
    # A digit too many would go further; Qwen2.5-1.5B distilled with an own head is 18 % above its name.
    for model in models:
        assert model.architecture.nominal_parameters == pytest.approx(model.published_parameters, rel=0.2), model.name


def test_every_row_states_sources_licence_and_context(models):
    for model in models:
        for text in (model.source, model.parameters_source, model.license, model.family):
            assert len(text.strip()) >= 2, model.name
        assert model.architecture.max_position_embeddings >= 1024, model.name


def test_architectures_are_named_without_the_organisation(models):
    model = by_name(models, "Qwen/Qwen3-8B")
    assert model.architecture.name == model.short_name == "Qwen3-8B"


def test_every_architecture_can_be_estimated(models):
    for model in models:
        scenario = reconcile(validated(Scenario, architecture=model.architecture))
        assert estimate(scenario).total_bytes > 2 * model.published_parameters, model.name


@pytest.mark.parametrize(
    "query",
    ["meta-llama/Llama-2-70b-hf", "llama-2-70b-hf", "Llama-2-70B", "LLAMA 2 70B", "meta-llama/llama-2-70b", "llama2-70b", "Ｌlama-2-70b"],
)
def test_names_match_as_people_type_them(models, query):
    found = find_model(models, query)
    assert found is not None
    assert found.name == "meta-llama/Llama-2-70b-hf"


@pytest.mark.parametrize(
    "query", ["", "   ", "-", "/", "llama", "meta-llama/", "someone/Llama-2-70b-hf", "Llama-2-70b-hf-awq", "x" * 10**6]
)
def test_other_names_match_nothing(models, query):
    assert find_model(models, query) is None


def test_every_name_and_alias_leads_to_its_own_row(models):
    for model in models:
        for name in (model.name, model.short_name, *model.aliases):
            assert find_model(models, name) is model, name


def test_a_short_name_of_two_organisations_is_not_guessed(models):
    first = by_name(models, "Qwen/Qwen3-8B")
    second = first.model_copy(update={"name": "Other/Qwen3-8B"})
    assert find_model((first, second), "Qwen3-8B") is None
    assert find_model((first, second), "other/qwen3-8b") is second
