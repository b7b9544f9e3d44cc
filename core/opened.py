"""What someone hands over to be opened: a saved scenario, the configuration of a model, its files, or the
configuration of a trainer. It is data, and is never more than read.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from core.catalogue.checkpoint import file_in_folder, is_checkpoint, read_checkpoint
from core.catalogue.hf_config import ImportedModel, Note, read_config
from core.catalogue.models import Model, find_model
from core.choices import settled
from core.launch import read_line
from core.lessons.mark import is_lesson
from core.memory import Method, Runtime, Scenario, Task
from core.memory.edge import contradiction_in
from core.memory.refusal import loaded_as, refusal_of_weights
from core.parallel_options import complaint
from core.scenario_file import FileProblem, ScenarioFileError, comparison_of_json, is_share_text, scenario_of_share_text
from core.small_file import SmallFileError, read_small_file
from core.trainer_config import parse_trainer_config

Notes = tuple[tuple[Note, str], ...]

_OF_CONFIGURATIONS = frozenset({"model_type", "architectures", "text_config", "hidden_size", "n_embd", "_class_name"})


#: What a file that leaves the method open says of training everything.
_OF_FULL_TRAINING = frozenset({"recipe", "weights"})


class Opened(NamedTuple):
    """What was in it."""

    scenario: Scenario
    model: ImportedModel | None
    """Where it was a model's configuration: the scenario is the one before, with that model."""
    notes: Notes = ()
    """What was in it beside what was taken from it."""
    pinned: tuple[Scenario, ...] | None = None
    """What a saved scenario was compared with; None where it was no saved scenario."""


def open_path(path: Path, before: Scenario, models: Sequence[Model] = ()) -> Opened:
    """What is in the file ``path``, or in that of the folder ``path`` that tells most; a trainer's configuration may name one of
    ``models``. Raises ScenarioFileError, ConfigError.
    """
    try:
        if path.is_dir():
            path = file_in_folder(path)
        if is_checkpoint(path) and path.is_file():
            return with_model(before, read_checkpoint(path), serve_with=Runtime.LLAMA_CPP if path.suffix == ".gguf" else None)
    except OSError as error:
        raise ScenarioFileError(str(path), f"cannot be read: {error.strerror}") from error
    try:
        data = read_small_file(path)
    except SmallFileError as error:
        raise ScenarioFileError(str(path), str(error)) from error
    name = path.parent.name if path.name == "config.json" else path.stem
    return open_text(data, before, str(path), name, models)


def open_text(data: bytes, before: Scenario, place: str, name: str = "", models: Sequence[Model] = ()) -> Opened:
    """The same of text, JSON or YAML, which came from ``place``; a model gets ``name``, unless its file knows better."""
    text = data[:20].decode(errors="replace")
    if is_share_text(text):
        return Opened(scenario_of_share_text(data.decode(errors="replace"), place), None)
    if is_lesson(data):
        raise ScenarioFileError(place, "a lesson: save it as a .yaml file and open that in the window")
    config = _config(data)
    if config is None:
        line = read_line(data.decode(errors="replace"))
        if line is not None:
            unknown = ((Note.UNKNOWN_KEYS, ", ".join(line.unknown)),) if line.unknown else ()
            return _with_run(before, line.model_name, line.changes, unknown, place, models)
        trainer = parse_trainer_config(data)
        if trainer is not None:
            return _with_run(before, trainer.model_name, trainer.changes, trainer.notes, place, models)
        saved = comparison_of_json(data, place)
        return Opened(saved.current, None, pinned=tuple(map(settled, saved.pinned)))
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
    return Opened(settled(scenario), model, model.notes)


def _config(data: bytes) -> dict[str, Any] | None:
    """The object that ``data`` is, when it has what only a model's configuration has."""
    try:
        found = json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and _OF_CONFIGURATIONS & found.keys() else None


def _with_run(before: Scenario, model_name: str, said: dict[str, Any], notes: Notes, place: str, models: Sequence[Model]) -> Opened:
    """``before`` with what a configuration or a command line has ``said`` of the run and of its model's name."""
    changes = dict(said)
    if before.method is not Method.FULL and "method" not in said:
        changes = {field: value for field, value in changes.items() if field not in _OF_FULL_TRAINING}
    if model_name:
        model = find_model(models, model_name) or find_model(models, model_name.rpartition("/")[2])
        if model is not None:
            changes["architecture"] = model.architecture
        else:
            notes = ((Note.MODEL_UNKNOWN, model_name[:100]), *notes)
    try:
        asked = before.evolve(**changes)
    except ValidationError as error:
        message = f"its sizes do not go together: {complaint(error)}"
        raise ScenarioFileError(place, message, FileProblem.CONTRADICTION, contradiction=contradiction_in(error)) from error
    possible = settled(asked)
    if possible.parallel != asked.parallel:
        notes = ((Note.ONE_GPU, f"{asked.parallel.world_size} GPUs, {asked.parallel.sharding.value}"), *notes)
    return Opened(possible, None, notes)
