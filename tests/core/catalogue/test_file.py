import json
import os
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from core.catalogue import CatalogueError, load_gpus, load_models

RESOURCES = Path(__file__).parents[3] / "resources"
GPUS = RESOURCES / "gpus.json"
MODELS = RESOURCES / "models.json"


def content(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def written(tmp_path: Path, data: bytes | str | dict) -> Path:
    path = tmp_path / "catalogue.json"
    if isinstance(data, dict):
        data = json.dumps(data)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def complaint(path: Path, load=load_gpus) -> str:
    with pytest.raises(CatalogueError) as caught:
        load(path)
    assert caught.value.path == path
    assert str(caught.value) == f"{path}: {caught.value.message}"
    assert caught.value.message.isprintable()
    return caught.value.message


def test_what_is_loaded_cannot_be_changed(models, gpus):
    with pytest.raises(ValueError, match="frozen"):
        models[0].name = "other"
    with pytest.raises(FrozenInstanceError):
        gpus[0].usable_bytes = 1


@pytest.mark.parametrize("load", [load_gpus, load_models])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"\xff\xfe{}",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'"gpus"',
        b"[" * 200_000,
        b'{"gpus":' * 100_000,
        b'{"format":"fitting-room gpus","version":1,"date":"2026-11-23","gpus":[' + b"1," * 300_000 + b"1]}",
        b'{"format":"fitting-room models","version":1,"date":"2026-11-23","models":[' + b"{}," * 300_000 + b"{}]}",
        b'{"version":' + b"9" * 500_000 + b"}",
        b'{"gpus":[{"memory_bytes":NaN}]}',
        b"{" + b",".join(b'"%d":0' % n for n in range(80_000)) + b"}",
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else value.__name__,
)
def test_broken_files_are_refused(tmp_path, load, data):
    assert complaint(written(tmp_path, data), load)


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(2**26)
    assert "larger than" in complaint(path)


def test_a_missing_file_is_refused(tmp_path):
    assert "cannot be read" in complaint(tmp_path / "nothing.json")


def test_what_is_no_file_is_refused(tmp_path):
    assert complaint(tmp_path) == "not a regular file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path):
    path = tmp_path / "pipe.json"
    os.mkfifo(path)
    assert complaint(path) == "not a regular file"


def test_an_impossible_path_is_refused():
    assert "cannot be read" in complaint(Path("a\0b"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("memory_bytes", -1),
        ("memory_bytes", "25769803776"),
        ("memory_bytes", 1.5),
        ("usable_bytes", None),
        ("usable_bytes", True),
        ("name", ""),
        ("name", "x" * 201),
        ("source", ""),
        ("flops", 1),
    ],
)
def test_the_complaint_names_row_and_field(tmp_path, field, value):
    data = content(GPUS)
    data["gpus"][3][field] = value
    assert complaint(written(tmp_path, data)).startswith(f"gpus.3.{field}: ")


@pytest.mark.parametrize("field", ["usable_source", "name", "memory_bytes"])
def test_a_missing_field_is_named(tmp_path, field):
    data = content(GPUS)
    del data["gpus"][3][field]
    assert complaint(written(tmp_path, data)).startswith(f"gpus.3.{field}: ")


@pytest.mark.parametrize("name", ["Llama", "a/b/c", "a b/c", "/c", "a/"])
def test_a_model_is_named_with_its_organisation(tmp_path, name):
    data = content(MODELS)
    data["models"][0]["name"] = name
    assert complaint(written(tmp_path, data), load_models).startswith("models.0.name: ")


def test_an_impossible_shape_is_refused(tmp_path):
    data = content(MODELS)
    data["models"][1]["architecture"]["num_key_value_heads"] = 7
    assert complaint(written(tmp_path, data), load_models).startswith("models.1.architecture: ")


@pytest.mark.parametrize(("field", "value"), [("version", 2), ("format", "fitting-room models"), ("date", "soon"), ("extra", 1)])
def test_another_kind_of_file_is_refused(tmp_path, field, value):
    assert complaint(written(tmp_path, content(GPUS) | {field: value})).startswith(f"{field}: ")


def test_control_characters_of_the_file_are_not_repeated(tmp_path):
    assert "\x1b" not in complaint(written(tmp_path, content(GPUS) | {"\x1b[31m\n": 1}))


@pytest.mark.parametrize("twin", ["RTX 4090", "rtx 4090", "RTX-4090", "ＲＴＸ4090"])
def test_two_cards_of_one_name_are_refused(tmp_path, twin):
    data = content(GPUS)
    data["gpus"][0]["name"] = twin
    assert complaint(written(tmp_path, data)) == f"{twin!r} and 'RTX 4090' are the same name"


def test_two_models_of_one_name_are_refused(tmp_path):
    data = content(MODELS)
    data["models"][0]["name"] = data["models"][1]["name"].upper()
    assert "are the same name" in complaint(written(tmp_path, data), load_models)


@pytest.mark.parametrize(("path", "load"), [(GPUS, load_gpus), (MODELS, load_models)])
def test_names_are_unique_whatever_their_case(path, load):
    names = [row.name.casefold() for row in load(path)]
    assert len(set(names)) == len(names)
