"""What someone hands over to be opened: a saved scenario, the configuration of a model, or its files. It is data, and is never more than
read.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from core.catalogue.checkpoint import file_in_folder, is_checkpoint, read_checkpoint
from core.catalogue.hf_config import ImportedModel, read_config
from core.choices import settled
from core.memory import Runtime, Scenario, Task
from core.memory.refusal import loaded_as, refusal_of_weights
from core.scenario_file import ScenarioFileError, scenario_of_json
from core.small_file import SmallFileError, read_small_file

_OF_CONFIGURATIONS = frozenset({"model_type", "architectures", "text_config", "hidden_size", "n_embd"})


class Opened(NamedTuple):
    """What was in it."""

    scenario: Scenario
    model: ImportedModel | None
    """Where it was a model's configuration: the scenario is the one before, with that model."""


def open_path(path: Path, before: Scenario) -> Opened:
    """What is in the file ``path``, or in that of the folder ``path`` that tells most. Raises ScenarioFileError, ConfigError."""
    try:
        if path.is_dir():
            path = file_in_folder(path)
        if is_checkpoint(path) and path.is_file():
            return with_model(before, read_checkpoint(path), serve_with=Runtime.LLAMA_CPP if path.suffix == ".gguf" else None)
    except OSError as error:
        raise ScenarioFileError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        data = read_small_file(path)
    except SmallFileError as error:
        raise ScenarioFileError(f"{path}: {error}") from error
    name = path.parent.name if path.name == "config.json" else path.stem
    return open_json(data, before, str(path), name)


def open_json(data: bytes, before: Scenario, place: str, name: str = "") -> Opened:
    """The same of JSON text, which came from ``place``; a model gets ``name``, unless its file knows better."""
    config = _config(data)
    if config is None:
        return Opened(scenario_of_json(data, place), None)
    own = config.get("_name_or_path")
    model = read_config(config, own.rpartition("/")[2] if isinstance(own, str) and own else name)
    return with_model(before, model)


def with_model(before: Scenario, model: ImportedModel, serve_with: Runtime | None = None) -> Opened:
    """``before`` with ``model``, and with the one runtime that reads its file, if there is only one."""
    if serve_with is not None:
        before = settled(before.evolve(task=Task.INFERENCE, runtime=serve_with))
    scenario = settled(before.evolve(architecture=model.architecture))
    if model.weights is not None:
        weights = loaded_as(scenario, model.weights)
        if refusal_of_weights(scenario, weights) is None:
            scenario = scenario.evolve(weights=weights)
    return Opened(settled(scenario), model)


def _config(data: bytes) -> dict[str, Any] | None:
    """The object that ``data`` is, when it has what only a model's configuration has."""
    try:
        found = json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and _OF_CONFIGURATIONS & found.keys() else None
