"""Newer lists in the user's folder are used, broken and older ones are told and left alone."""

import json
from pathlib import Path

import pytest

from core.cli import main
from core.known import RESOURCES, ignored_lists, known_gpus, known_models, user_folder


def gpus(**changes: object) -> str:
    content = json.loads((RESOURCES / "gpus.json").read_text(encoding="utf-8"))
    return json.dumps({**content, "gpus": content["gpus"][:3], **changes})


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's, which is empty."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "数据 1"))
    user_folder().mkdir(parents=True)
    return user_folder()


def test_without_lists_of_ones_own(folder):
    assert known_gpus().path == RESOURCES / "gpus.json"
    assert len(known_gpus().rows) > 100
    assert known_models().ignored == ""
    assert ignored_lists() == []


def test_a_newer_list_is_used(folder, capsys):
    (folder / "gpus.json").write_text(gpus(date="2999-01-01"), encoding="utf-8")
    known = known_gpus()
    assert (len(known.rows), known.date.year, known.path, known.ignored) == (3, 2999, folder / "gpus.json", "")
    assert main(["--version"]) == 0
    assert "GPUs of 2999-01-01" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "gpus.json: "),
        ("{}", "gpus.json: "),
        (gpus(date="2999-01-01", gpus=[{"name": "no card"}]), "gpus.0"),
        (gpus(date="2999-01-01", format="fitting-room models"), "format"),
        (gpus(date="2001-01-01"), "older than the list that came along"),
        ("x" * 2**21, "larger than 1 MiB"),
    ],
)
def test_what_cannot_be_used_is_told_and_left_alone(folder, capsys, content, why):
    (folder / "gpus.json").write_text(content, encoding="utf-8")
    known = known_gpus()
    assert known.path == RESOURCES / "gpus.json"
    assert why in known.ignored
    assert ignored_lists() == [known.ignored]
    assert main(["estimate", "--gpu", "RTX 4090"]) == 0
    said = capsys.readouterr()
    assert "Fits" in said.out or "fits" in said.out
    assert said.err == f"note: {known.ignored}\n"


def test_a_folder_that_is_none(folder, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    assert known_models().path == RESOURCES / "models.json"


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/d"}, "/d/FittingRoom/FittingRoom"),
        ("linux", {"XDG_DATA_HOME": "relative"}, "/h/.local/share/FittingRoom/FittingRoom"),
        ("linux", {"XDG_DATA_HOME": ""}, "/h/.local/share/FittingRoom/FittingRoom"),
        ("darwin", {}, "/h/Library/Application Support/FittingRoom/FittingRoom"),
        ("win32", {"APPDATA": "/a"}, "/a/FittingRoom/FittingRoom"),
        ("win32", {"APPDATA": ""}, "/h/AppData/Roaming/FittingRoom/FittingRoom"),
    ],
)
def test_the_folder(monkeypatch, platform, variables, expected):
    monkeypatch.setattr("sys.platform", platform)
    for name, value in {"HOME": "/h", **variables}.items():
        monkeypatch.setenv(name, value)
    assert user_folder() == Path(expected)
