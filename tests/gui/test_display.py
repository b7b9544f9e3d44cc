"""A window needs a display that answers: Qt would abort where none does."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gui.display import display_problem

ROOT = Path(__file__).resolve().parents[2]
VARIABLES = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "XDG_SESSION_TYPE", "XDG_RUNTIME_DIR")
NO_SUCH_SCREEN = ":60001"

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only X11 and Wayland can be missing")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@linux
def test_without_any_display() -> None:
    assert "set DISPLAY" in display_problem()


@linux
@pytest.mark.parametrize("display", [NO_SUCH_SCREEN, "nonsense", "localhost:60001"])
@pytest.mark.parametrize("platform", ["", "xcb", "wayland;xcb"])
def test_a_dead_x_server_is_named(monkeypatch: pytest.MonkeyPatch, display: str, platform: str) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    assert f"DISPLAY={display}" in display_problem()


@linux
def test_a_dead_compositor_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
    monkeypatch.setenv("DISPLAY", NO_SUCH_SCREEN)
    assert display_problem() == f"no display answers at WAYLAND_DISPLAY=wayland-7 or DISPLAY={NO_SUCH_SCREEN}"


@linux
@pytest.mark.parametrize(
    "session", [{"WAYLAND_DISPLAY": "wayland-0"}, {"XDG_SESSION_TYPE": "wayland"}, {"QT_QPA_PLATFORM": "wayland"}], ids=str
)
def test_a_compositor_that_answers_will_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, session: dict[str, str]) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name, value in session.items():
        monkeypatch.setenv(name, value)
    assert display_problem()
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(tmp_path)  # a socket's path may be no longer than 108 bytes
        listening.bind("wayland-0")
        listening.listen()
        assert display_problem() == ""


@linux
@pytest.mark.parametrize("platform", ["offscreen", "minimal", "vnc:size=800x600", "offscreen:enable_fonts"])
def test_platforms_that_ask_no_display(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    assert display_problem() == ""


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_systems_that_always_have_one(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert display_problem() == ""


@linux
@pytest.mark.parametrize("display", [NO_SUCH_SCREEN, None])
@pytest.mark.parametrize(
    "command", [["-m", "gui"], ["-c", "import sys; from core.cli import main; sys.exit(main())"]], ids=["gui", "command"]
)
def test_the_command_says_so_in_one_line_and_does_not_abort(command: list[str], display: str | None) -> None:
    environment = {"PYTHONPATH": str(ROOT), **{name: value for name, value in os.environ.items() if name not in VARIABLES}}
    if display is not None:
        environment["DISPLAY"] = display
    done = subprocess.run([sys.executable, *command], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("fitting-room: ")
    assert done.stderr.count("\n") == 1
    assert "display" in done.stderr
