"""Rules of the house that no single module can keep."""

import importlib.util
import json
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

import core

ROOT = Path(__file__).resolve().parent.parent
PYTHON_FILES = sorted(path for folder in ("core", "gui") for path in (ROOT / folder).rglob("*.py"))


@pytest.fixture(scope="module")
def tracked() -> dict[str, str]:
    """Every text file that git knows, by its path."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    names = [name for name in listed.split("\0") if name and (ROOT / name).is_file()]
    if not names:
        pytest.skip("nothing is committed yet")
    return {name: data.decode() for name in names if b"\0" not in (data := (ROOT / name).read_bytes())}


@pytest.mark.parametrize("folder", ["tests", "packaging"])
def test_folder_is_no_package(folder: str) -> None:
    """``packaging/__init__.py`` would shadow the library that pytest imports; under tests/ equal names would collide."""
    assert list((ROOT / folder).rglob("__init__.py")) == []


def test_packaging_is_still_the_library() -> None:
    spec = importlib.util.find_spec("packaging")
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(sysconfig.get_path("purelib"))


def test_version_has_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    assert project["tool"]["hatch"]["version"]["path"] == "core/__init__.py"
    statement = re.compile(r"^\s*(?:__)?version(?:__)?\s*(?::\s*\w+\s*)?=\s*[\"']", re.IGNORECASE | re.MULTILINE)
    holders = [path.relative_to(ROOT).as_posix() for path in PYTHON_FILES if statement.search(path.read_text(encoding="utf-8"))]
    assert holders == ["core/__init__.py"]


def test_changelog_knows_the_version() -> None:
    assert f"## [{core.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_importing_core_is_light() -> None:
    """A fresh process, because this one has loaded Qt."""
    code = "import json, sys, core; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True)
    top_level = {name.partition(".")[0] for name in json.loads(ran.stdout)}
    assert "core" in top_level
    assert top_level.isdisjoint({"PySide6", "shiboken6", "pyqtgraph", "numpy", "gui"})


@pytest.mark.parametrize("upper", ["report", "scenario_file", "choices", "small_file", "quantity", "catalogue", "evidence", "cli"])
def test_the_ground_floor_may_not_look_up(upper: str) -> None:
    """Every module of core has its floor in import-linter's contract, and core.memory is below them all."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (floors,) = (contract for contract in contracts if contract["type"] == "layers")
    assert floors["containers"] == ["core"]
    assert floors["exhaustive"]
    *above, ground = floors["layers"]
    assert ground == "memory"
    assert upper in {name for layer in above for name in layer.split(" | ")}


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_module_fits_one_sitting(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 400, f"{lines} lines: more than one concept lives here"


# Homes of a machine's users and folders of a build machine; names of package registries and of their mirrors.
ELSEWHERE = re.compile(
    r"(?<![\w.])/(?:root|home/\w+|Users/\w+|work|workspace|builds)/"
    r"|[A-Z]:\\Users\\"
    r"|\b(?:[\w-]+\.)*(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|deb\.debian\.org|archive\.ubuntu\.com|pkg\.dev)\b"
    r"|\bmirrors?\.[\w-]+\."
    r"|--(?:extra-)?index-url|--find-links|/simple/"
)


def test_no_file_names_a_machine_or_a_registry(tracked: dict[str, str]) -> None:
    this = Path(__file__).relative_to(ROOT).as_posix()
    found = [f"{name}: {hit.group()}" for name, text in tracked.items() if name != this for hit in ELSEWHERE.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    "text", ["/root/.cache", "/home/ann/x", "see /work/shared", r"C:\Users\ann", "https://pypi.org/simple/", "--index-url x"]
)
def test_rule_finds_machines_and_registries(text: str) -> None:
    assert ELSEWHERE.search(text)


@pytest.mark.parametrize("text", ["core/memory/work/", "tests/root/", "homework/x", "a frame/work unit"])
def test_rule_leaves_own_paths_alone(text: str) -> None:
    assert ELSEWHERE.search(text) is None


def test_readmes_name_pictures_that_exist() -> None:
    for readme in (ROOT / "README.md", ROOT / "README.zh_CN.md"):
        pictures = re.findall(r"(?:!\[[^\]]*\]\(|<img[^>]* src=\")([^)\"]+)", readme.read_text(encoding="utf-8"))
        assert pictures
        assert [name for name in pictures if not (ROOT / name).is_file()] == []
