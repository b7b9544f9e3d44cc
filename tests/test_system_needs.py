"""The script that ``make`` runs before anything else: it must say what is missing, and never report success without it."""

import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def needs(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, on a Debian machine where nothing is missing; only ``install`` is watched."""
    spec = importlib.util.spec_from_file_location("system_needs", ROOT / "packaging" / "system_needs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(module, "loadable", lambda soname: True)
    monkeypatch.setattr(module.shutil, "which", lambda program: "/usr/bin/" + program)
    monkeypatch.setattr(module, "missing_font", list)
    monkeypatch.setattr(module, "can_install", lambda: False)
    return module


def lack_cursor_library(needs: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "loadable", lambda soname: soname != "libxcb-cursor.so.0")


def test_nothing_missing(needs: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert needs.check_window() == 0
    assert needs.check_test() == 0
    assert capsys.readouterr() == ("", "")


def test_without_root_the_exact_line_is_printed(
    needs: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lack_cursor_library(needs, monkeypatch)
    assert needs.check_window() == 1
    assert "apt-get install -y --no-install-recommends libxcb-cursor0\n" in capsys.readouterr().err


def test_root_installs_what_is_missing(needs: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    lack_cursor_library(needs, monkeypatch)
    monkeypatch.setattr(needs, "can_install", lambda: True)
    installed: list[str] = []

    def install(packages: list[str]) -> None:
        installed.extend(packages)
        monkeypatch.setattr(needs, "loadable", lambda soname: True)

    monkeypatch.setattr(needs, "install", install)
    assert needs.check_window() == 0
    assert installed == ["libxcb-cursor0"]


def test_failed_installation_is_a_failure(needs: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    lack_cursor_library(needs, monkeypatch)
    monkeypatch.setattr(needs, "can_install", lambda: True)
    monkeypatch.setattr(needs, "install", lambda packages: None)
    assert needs.check_window() == 1


def test_font_is_advised_for_the_window_and_required_for_the_tests(
    needs: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(needs, "missing_font", lambda: ["fonts-noto-cjk"])
    assert needs.check_window() == 0
    assert "fonts-noto-cjk" in capsys.readouterr().err
    assert needs.check_test() == 1


def test_old_python_is_named(needs: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 2))
    assert needs.check_python() == 1
    assert "3.11 or newer is needed" in capsys.readouterr().err


def test_minimum_python_is_that_of_the_project(needs: ModuleType) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["requires-python"] == ">=" + ".".join(map(str, needs.MINIMUM_PYTHON))
