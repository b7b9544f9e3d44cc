"""What a command's arguments name: files and models to open, models and GPUs of the catalogues."""

import sys
from pathlib import Path

from core.catalogue import find_gpu, find_model, load_calibration, suggest
from core.catalogue.config_keys import ConfigError
from core.complaints import note_words
from core.hub import HubError, fetch, parse_reference
from core.known import RESOURCES, known_gpus, known_models
from core.memory import Architecture, Gpu, Scenario
from core.memory.calibration import Calibration
from core.opened import Opened, open_path, with_model
from core.terminal import CommandError

DEFAULT_MODEL = "meta-llama/Llama-2-7b-hf"

#: What an argument that is no file begins with.
_HUBS = frozenset({"hf", "huggingface", "modelscope", "https", "http"})


def opened_from(file: str, before: Scenario) -> Opened:
    """What is in ``file``; what of a model's configuration was not taken is said on the side. Raises ScenarioFileError, CommandError."""
    reference = parse_reference(file) if file.partition(":")[0] in _HUBS else None
    try:
        opened = with_model(before, fetch(reference)) if reference is not None else open_path(Path(file), before, known_models().rows)
    except (ConfigError, HubError) as error:
        raise CommandError(f"{file}: {error}") from error
    for note, detail in opened.notes:
        print(f"note: {note_words(note, detail)}", file=sys.stderr)
    return opened


def known_calibration() -> Calibration:
    """The bands that came along. Raises CatalogueError."""
    return load_calibration(RESOURCES / "calibration.json")


def model_named(name: str) -> Architecture:
    """Of the catalogue. Raises CommandError, CatalogueError, as does the next."""
    models = known_models().rows
    found = find_model(models, name)
    if found is None:
        raise CommandError(f"unknown model {name!r}; {_closest([model.name for model in models], name)}, or --params N for any size")
    return found.architecture


def gpu_named(name: str) -> Gpu:
    gpus = known_gpus().rows
    found = find_gpu(gpus, name)
    if found is None:
        raise CommandError(f"unknown GPU {name!r}; {_closest([gpu.name for gpu in gpus], name)}")
    return found


def _closest(names: list[str], query: str) -> str:
    close = suggest(names, query)
    return f"perhaps {' or '.join(close)}" if close else "`fitting-room estimate --help` lists the names"
