"""A model by the files it is stored in: safetensors with the ``config.json`` beside them, or GGUF, which has both in one.

The size of the weights is then what the tensors take, not what a formula says.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.catalogue.config_keys import ConfigError, ConfigProblem
from core.catalogue.gguf_file import GgufFile, read_gguf
from core.catalogue.hf_config import ImportedModel, Note, read_config
from core.catalogue.safetensors_file import INDEX_NAME, read_index, read_tensors
from core.catalogue.tensor_file import Tensor, TensorFileError, Tensors, summed
from core.memory import Format, parameter_count
from core.small_file import SmallFileError, read_small_file

#: Files of a checkpoint, by the end of their name.
ENDINGS = (".safetensors", ".safetensors.index.json", ".gguf")
ONE_FILE_NAME = "model.safetensors"
CONFIG_NAME = "config.json"
_WIDE = {"BF16": Format.BF16, "F16": Format.FP16, "F32": Format.FP32}
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")
#: A shape that has more or fewer values than the tensors by this share is not theirs.
_TOLERANCE = 0.005


def is_checkpoint(path: Path) -> bool:
    """Whether ``path`` is named as a file of tensors."""
    return path.name.endswith(ENDINGS)


def file_in_folder(folder: Path) -> Path:
    """The file that tells most of the model in ``folder``: its tensors with its configuration, its only GGUF model, or the latter alone.
    Raises OSError.
    """
    if (folder / CONFIG_NAME).is_file():
        return next((folder / name for name in (INDEX_NAME, ONE_FILE_NAME) if (folder / name).is_file()), folder / CONFIG_NAME)
    models = [path for path in sorted(folder.glob("*.gguf"))[:1000] if not _is_later_part(path) and not path.name.startswith("mmproj")]
    return models[0] if len(models) == 1 else folder / CONFIG_NAME


def _is_later_part(path: Path) -> bool:
    part = _PART.search(path.name)
    return part is not None and part[1] != "00001"


def read_checkpoint(path: Path, name: str = "") -> ImportedModel:
    """The model whose file ``path`` is, called ``name`` or after its folder. Raises ConfigError."""
    try:
        return _read_gguf_model(path) if path.suffix == ".gguf" else _read_safetensors_model(path, name)
    except TensorFileError as error:
        raise ConfigError(ConfigProblem.BAD_FILE, str(error)) from error
    except (OSError, ValueError) as error:  # ValueError: a null character in a name, an empty file cannot be mapped
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(ConfigProblem.BAD_FILE, getattr(error, "strerror", None) or str(error)) from error


def config_beside(path: Path) -> Any:
    """What the configuration in the folder of ``path`` says. Raises ConfigError."""
    try:
        return json.loads(read_small_file(path.with_name(CONFIG_NAME)))
    except SmallFileError as error:
        raise ConfigError(ConfigProblem.CONFIG_MISSING, path.name) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(ConfigProblem.NO_MODEL, CONFIG_NAME) from error


def _read_safetensors_model(path: Path, name: str) -> ImportedModel:
    config = config_beside(path)
    model = read_config(config, name or path.parent.name)
    layers = model.architecture.num_hidden_layers
    if path.name.endswith(".json"):
        found = read_index(path, layers)
        if found is None:
            return _noted(model, Note.PARTS_MISSING)
        if isinstance(found, int):
            fmt = model.weights or _stated_format(config)
            return _with_bytes(model, fmt, found)
        return with_tensors(model, summed(found, layers))
    if path.name != ONE_FILE_NAME and (path.parent / INDEX_NAME).is_file():  # one of several
        return _read_safetensors_model(path.parent / INDEX_NAME, name)
    return with_tensors(model, summed(iter(read_tensors(path)), layers))


def _stated_format(config: dict[str, Any]) -> Format:
    inner = config.get("text_config")
    stated = config.get("torch_dtype") or config.get("dtype") or (inner.get("torch_dtype") if isinstance(inner, dict) else None)
    return {"float16": Format.FP16, "float32": Format.FP32}.get(str(stated), Format.BF16)


def with_tensors(model: ImportedModel, tensors: Tensors) -> ImportedModel:
    """``model`` with the size that its tensors take."""
    main = max(tensors.bytes_by_dtype, key=lambda dtype: tensors.bytes_by_dtype[dtype], default="")
    fmt = model.weights or _WIDE.get(main)
    if fmt is None:
        return _noted(model, Note.QUANTIZATION_UNKNOWN)
    told = _with_bytes(model, fmt, tensors.size_bytes)
    # Values packed into wider ones, and their scales, count otherwise.
    return told if model.weights is not None else _counted(told, tensors)


def _counted(model: ImportedModel, tensors: Tensors) -> ImportedModel:
    parameters = parameter_count(model.architecture)
    if abs(tensors.values - parameters) <= _TOLERANCE * parameters:
        return model
    return _noted(model, Note.TENSORS_DIFFER, f"{tensors.values:,}")


def _with_bytes(model: ImportedModel, fmt: Format, size_bytes: int) -> ImportedModel:
    if not 0 < size_bytes < 10**15:
        return model
    architecture = replace(model.architecture, file_format=fmt, file_bytes=size_bytes)
    return _noted(model._replace(architecture=architecture, weights=fmt), Note.TENSORS_COUNTED, str(size_bytes))


def _noted(model: ImportedModel, note: Note, detail: str = "") -> ImportedModel:
    return model._replace(notes=(*model.notes, (note, detail)))


def _read_gguf_model(path: Path) -> ImportedModel:
    first = read_gguf(path)
    name = first.keys.get("general.name")
    files = _parts(path, first)
    whole = GgufFile(first.keys, [tensor for part in files or [first] for tensor in part.tensors])
    model = read_config(whole.config(), name if isinstance(name, str) and name else path.stem)
    if files is None:
        return _noted(model._replace(weights=first.file_format), Note.PARTS_MISSING)
    tensors = summed(_all(files), model.architecture.num_hidden_layers)
    if first.file_format is None:
        return _counted(_noted(model, Note.QUANTIZATION_UNKNOWN), tensors)
    return _counted(_with_bytes(model, first.file_format, tensors.size_bytes), tensors)


def _all(files: Iterable[GgufFile]) -> Any:
    return (tensor for file in files for tensor in file.tensors if not _is_constant(tensor))


def _is_constant(tensor: Tensor) -> bool:
    """Tables that llama.cpp stores with a model and that are no parameters."""
    return tensor.name.startswith("rope_f")


def _parts(path: Path, first: GgufFile) -> list[GgufFile] | None:
    """All files of the model; None where some are missing."""
    part = _PART.search(path.name)
    if first.parts == 1 or part is None:
        return [first] if first.parts == 1 else None
    paths = [path.with_name(f"{path.name[: part.start()]}-{number:05}-of-{part[2]}.gguf") for number in range(1, first.parts + 1)]
    if part[1] != "00001" or not all(other.is_file() for other in paths):
        return None
    return [first, *(read_gguf(other) for other in paths[1:])]
