"""The window of source and bundle on machines unlike the developer's: no network, no fonts, other locales, paths, scales and screens."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from core.memory import Scenario, architecture_from_parameter_count
from core.scenario_file import Comparison, comparison_text

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="by the means of Linux")

Run = Callable[..., subprocess.CompletedProcess[str]]


def painted(run: Run, target: Path, *files: str, **environment: str) -> QImage:
    """The window's picture, and no complaint but Qt's own warnings."""
    done = run("--smoke-test", str(target), *files, **environment)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    picture = QImage(str(target))
    colors = {picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(0, picture.height(), 3)}
    assert len(colors) > 50
    return picture


@pytest.mark.parametrize("scale", ["1.25", "2", "3"])
def test_scales(run_either: Run, tmp_path: Path, scale: str) -> None:
    picture = painted(run_either, tmp_path / "out.png", QT_SCALE_FACTOR=scale)
    assert picture.devicePixelRatio() == 1  # PNG has none
    assert picture.width() == pytest.approx(1280 * float(scale), abs=2)


@pytest.mark.parametrize("locale", ["C", "zh_CN.UTF-8", "nonsense"])
def test_locales(run_either: Run, tmp_path: Path, locale: str) -> None:
    """A file with Chinese in its path, where the locale knows only ASCII."""
    folder = tmp_path / "模型 of mine"
    folder.mkdir()
    scenario = Scenario(architecture=architecture_from_parameter_count(7 * 10**9), context_length=12345)
    file = folder / "场景 1.fitroom.json"
    file.write_bytes(comparison_text(Comparison(current=scenario)))
    said = run_either("estimate", str(file), LC_ALL=locale)
    assert said.returncode == 0, said.stderr
    assert "12,345" in said.stdout
    painted(run_either, folder / "图.png", str(file), LC_ALL=locale)


def test_without_fonts(run_either: Run, tmp_path: Path) -> None:
    """No text, but no crash either."""
    (tmp_path / "fonts.conf").write_text(f"<fontconfig><dir>{tmp_path}/none</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>")
    painted(run_either, tmp_path / "out.png", FONTCONFIG_FILE=str(tmp_path / "fonts.conf"))


def test_a_home_that_is_read_only(run_either: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file" / "x")  # not even root can make a folder there
    painted(
        run_either, tmp_path / "out.png", XDG_DATA_HOME=nowhere, XDG_CONFIG_HOME=nowhere, XDG_STATE_HOME=nowhere, XDG_CACHE_HOME=nowhere
    )


def test_no_network(run_either: Run, tmp_path: Path) -> None:
    """In a network of its own, in which there is nothing, not even this machine."""
    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode != 0:
        pytest.skip("needs the right to make a network of its own")
    painted(partial(run_either, before=("unshare", "--net")), tmp_path / "out.png")


def test_two_screens_of_different_scale(run_either: Run, tmp_path: Path) -> None:
    screens = [
        {"name": "left", "x": 0, "y": 0, "width": 1920, "height": 1080, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1},
        {"name": "right", "x": 1920, "y": 0, "width": 3840, "height": 2160, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 2},
    ]
    (tmp_path / "screens.json").write_text(
        json.dumps({"screens": screens, "synchronousWindowSystemEvents": True, "windowFrameMargins": True})
    )
    painted(run_either, tmp_path / "out.png", QT_QPA_PLATFORM=f"offscreen:configfile={tmp_path}/screens.json")


@pytest.fixture
def wayland(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A Wayland display without a screen; the environment that leads there."""
    if shutil.which("weston") is None:
        pytest.skip("needs weston")
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    environment = {"XDG_RUNTIME_DIR": str(runtime), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = ["weston", "--backend=headless-backend.so", "--socket=wayland-test", "--idle-time=0", "--width=1920", "--height=1080"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        end = time.monotonic() + 20
        while not (runtime / "wayland-test").exists():
            assert server.poll() is None
            assert time.monotonic() < end
        yield {"XDG_RUNTIME_DIR": str(runtime), "WAYLAND_DISPLAY": "wayland-test", "QT_QPA_PLATFORM": "wayland", "DISPLAY": ""}
        server.terminate()


def test_wayland(run_either: Run, tmp_path: Path, wayland: dict[str, str]) -> None:
    painted(run_either, tmp_path / "out.png", **wayland)
