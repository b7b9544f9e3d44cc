"""Opening what someone hands over."""

import json

import pytest
from header_files import QWEN

from core.catalogue.config_keys import ConfigError
from core.memory import Format, Scenario, Task
from core.memory.edge import to_json
from core.memory.family import architecture_from_parameter_count
from core.opened import open_path, open_text
from core.scenario_file import ScenarioFileError


@pytest.fixture
def before() -> Scenario:
    return Scenario(architecture=architecture_from_parameter_count(7 * 10**9), batch_size=3, gpu="T4")


def test_a_scenario_replaces_all(before, tmp_path):
    path = tmp_path / "saved.fitroom.json"
    path.write_bytes(to_json(before.evolve(batch_size=5)))
    opened = open_path(path, before)
    assert opened.scenario.batch_size == 5
    assert opened.model is None


def test_a_configuration_replaces_the_model_alone(before, tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(QWEN))
    opened = open_path(path, before)
    assert opened.scenario == before.evolve(architecture=opened.model.architecture)
    assert opened.model.architecture.nominal_parameters == 494_032_768
    assert opened.model.architecture.name == "mine"


def test_a_folder_is_opened_by_its_configuration(before, tmp_path):
    folder = tmp_path / "Qwen2.5-0.5B 副本"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(QWEN))
    assert open_path(folder, before).scenario.architecture.name == folder.name
    assert open_text(json.dumps(QWEN | {"_name_or_path": "Qwen/Own"}).encode(), before, "clipboard").scenario.architecture.name == "Own"


def test_a_format_that_cannot_be_is_left(before):
    """A checkpoint in GPTQ is inferred with; it is no base for full training."""
    data = json.dumps(QWEN | {"quantization_config": {"quant_method": "gptq", "bits": 4}}).encode()
    assert open_text(data, before, "clipboard").scenario.weights is Format.GPTQ_INT4
    training = before.evolve(task=Task.TRAINING)
    assert open_text(data, training, "clipboard").scenario.weights is Format.BF16


@pytest.mark.parametrize("text", ["", "{", "[]", '{"x": 1}', "[" * 100_000, '{"version": 2}', "1" * 5000])
def test_nonsense_is_a_complaint(before, text):
    with pytest.raises(ScenarioFileError, match=r"^here: "):
        open_text(text.encode(), before, "here")


def test_so_is_a_model_that_is_not_known(before, tmp_path):
    with pytest.raises(ConfigError):
        open_text(b'{"model_type": "bert"}', before, "here")
    with pytest.raises(ConfigError, match="diffusion"):
        open_text(b'{"_class_name": "FluxPipeline", "_diffusers_version": "0.30"}', before, "here")
    with pytest.raises(ScenarioFileError, match="missing"):
        open_path(tmp_path / "missing.json", before)
    with pytest.raises(ScenarioFileError, match=r"config\.json"):
        open_path(tmp_path, before)


def test_a_lesson_is_no_scenario_and_is_said_to_be_one(tmp_path, llama_7b):
    path = tmp_path / "mine.yaml"
    path.write_text("format: fitting-room lesson\nsteps: []\n")
    with pytest.raises(ScenarioFileError, match="a lesson"):
        open_path(path, Scenario(architecture=llama_7b))
