"""The real window, as a process of its own on an X display, driven by xdotool and judged by what stands on the screen: that of the source,
and that of the bundle where one was built.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage

from core.memory import Component, FitStatus
from gui.theme import DARK, LIGHT

pytestmark = pytest.mark.desktop

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BUNDLE = ROOT / "dist" / "fitting-room" / "fitting-room"
PROGRAMS = {"source": [sys.executable, "-m", "gui"], "bundle": [str(BUNDLE)]}
PATIENCE_S = 30.0
#: English, light, and no stranger who is to be greeted.
SETTINGS = '[General]\ntheme=light\nlanguage=en\nlessons="{\\"greeted\\": true}"\n'
#: Where things are to be looked for: the control column, the verdict band, the GPU list (of a window of 1280x800 at the origin).
CONTROLS_WIDTH, VERDICT_TOP, LIST_LEFT = 270, 715, 960


def xdotool(*words: str | int) -> str:
    done = subprocess.run(["xdotool", *map(str, words)], capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    return done.stdout.strip()


class RealWindow:
    """One running process and what can be seen of it."""

    def __init__(self, home: Path, program: list[str], *arguments: str) -> None:
        self.home = home
        self.state = home / "data" / "FittingRoom" / "FittingRoom" / "last.fitroom.json"
        environment = {
            **os.environ,
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
        }
        self.process = subprocess.Popen([*program, *arguments], env=environment, cwd=home, stderr=subprocess.PIPE, text=True)
        self.id = xdotool("search", "--sync", "--onlyvisible", "--pid", self.process.pid).splitlines()[-1]
        if self.origin() != (0, 0):
            xdotool("windowmove", "--sync", self.id, 0, 0)
        if self.size() != (1280, 800):
            xdotool("windowsize", "--sync", self.id, 1280, 800)
        xdotool("windowfocus", self.id)
        self.wait_for(lambda: self.status() is not None, "a verdict")

    def _geometry(self) -> dict[str, int]:
        pairs = (line.split("=") for line in xdotool("getwindowgeometry", "--shell", self.id).splitlines())
        return {name: int(value) for name, value in pairs}

    def origin(self) -> tuple[int, int]:
        geometry = self._geometry()
        return geometry["X"], geometry["Y"]

    def size(self) -> tuple[int, int]:
        geometry = self._geometry()
        return geometry["WIDTH"], geometry["HEIGHT"]

    def picture(self) -> QImage:
        target = self.home / "screen.png"
        subprocess.run([sys.executable, str(HERE / "screen.py"), str(target)], check=True, timeout=PATIENCE_S)
        return QImage(str(target))

    def status(self) -> FitStatus | None:
        """Which of the three colours the verdict has; None while there is none."""
        picture = self.picture()
        counts = dict.fromkeys(FitStatus, 0)
        colors = {QColor(color).rgb(): status for status, color in LIGHT.status.items()}
        for y in range(VERDICT_TOP, min(800, picture.height())):
            for x in range(0, 400):
                status = colors.get(picture.pixel(x, y))
                if status is not None:
                    counts[status] += 1
        best = max(counts, key=lambda status: counts[status])
        return best if counts[best] > 100 else None

    def handles(self) -> list[tuple[int, int]]:
        """Middles of the slider handles in the control column, from the top: the thick runs of the accent colour."""
        picture, accent = self.picture(), QColor(LIGHT.accent).rgb()
        rows: dict[int, list[int]] = {}
        for y in range(90, VERDICT_TOP):
            run = [x for x in range(CONTROLS_WIDTH) if picture.pixel(x, y) == accent]
            if run:
                rows[y] = run
        bands: list[list[int]] = []
        for y in sorted(rows):
            if bands and y - bands[-1][-1] <= 2:
                bands[-1].append(y)
            else:
                bands.append([y])
        middles = []
        for band in bands:
            if len(band) >= 12:  # a handle; the groove alone is four rows high
                top = rows[band[1]]
                middles.append((sum(top) // len(top), (band[0] + band[-1]) // 2))
        return middles

    def drag(self, start: tuple[int, int], x: int) -> None:
        xdotool("mousemove", *start, "mousedown", 1)
        for step in range(1, 9):
            xdotool("mousemove", start[0] + (x - start[0]) * step // 8, start[1])
        xdotool("mouseup", 1)

    def wait_for(self, holds: Callable[[], bool], what: str) -> None:
        """Look again and again; a look takes a few tenths of a second."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            if self.process.poll() is not None:
                assert self.process.stderr is not None
                pytest.fail(f"the window is gone while waiting for {what}: {self.process.stderr.read()}")
            assert time.monotonic() < end, f"never saw {what}"

    def close(self) -> int:
        """Ctrl+Q; returns the exit code."""
        xdotool("windowfocus", "--sync", self.id)
        # The window may be gone before the keys are let go, of which xdotool complains.
        subprocess.run(["xdotool", "key", "ctrl+q"], capture_output=True, timeout=PATIENCE_S)
        return self.process.wait(PATIENCE_S)


@pytest.fixture(params=list(PROGRAMS))
def program(request: pytest.FixtureRequest) -> list[str]:
    """How the window is started."""
    if request.param == "bundle" and not BUNDLE.is_file():
        pytest.skip("nothing was built: make bundle")
    return PROGRAMS[request.param]


@pytest.fixture
def start(tmp_path: Path, program: list[str]) -> Iterator[Callable[..., RealWindow]]:
    (tmp_path / "config" / "FittingRoom").mkdir(parents=True)
    (tmp_path / "config" / "FittingRoom" / "FittingRoom.conf").write_text(SETTINGS)
    opened: list[RealWindow] = []

    def open_window(*arguments: str, before: tuple[str, ...] = ()) -> RealWindow:
        opened.append(RealWindow(tmp_path, [*before, *program], *arguments))
        return opened[-1]

    yield open_window
    for window in opened:
        window.process.kill()
        window.process.wait(PATIENCE_S)
        if window.process.stderr is not None:
            window.process.stderr.close()


def test_drag_pick_undo_and_find_it_again(start: Callable[[], RealWindow]) -> None:
    window = start()
    assert window.status() is FitStatus.FITS
    handles = window.handles()
    assert len(handles) == 4, "parameters, precision, batch, context"

    window.drag(handles[3], CONTROLS_WIDTH - 20)
    window.wait_for(lambda: window.status() is FitStatus.OOM, "the verdict turn at a long context")
    xdotool("key", "--window", window.id, "ctrl+z")
    window.wait_for(lambda: window.status() is FitStatus.FITS, "the drag undone in one step")

    xdotool("mousemove", LIST_LEFT + 60, 640, "click", 1)  # far below the chosen card: a smaller one
    window.wait_for(lambda: window.status() in (FitStatus.TIGHT, FitStatus.OOM), "the verdict of a smaller card")

    assert window.close() == 0
    saved = json.loads(window.state.read_text())
    assert saved["gpu"] != "RTX 4090"
    assert saved["context_length"] == 4096

    again = start()
    assert again.status() is not FitStatus.FITS
    assert again.close() == 0
    assert json.loads(again.state.read_text()) == saved


def test_a_killed_window_comes_back_as_it_was(start: Callable[[], RealWindow]) -> None:
    """It is saved a second after the last change, not only at the end."""
    window = start()
    window.drag(window.handles()[3], CONTROLS_WIDTH - 20)
    window.wait_for(window.state.exists, "the state file")
    saved = json.loads(window.state.read_text())
    assert saved["context_length"] > 100_000
    window.process.kill()
    window.process.wait(PATIENCE_S)

    again = start()
    assert again.status() is FitStatus.OOM
    assert again.close() == 0
    assert json.loads(again.state.read_text()) == saved


def test_save_and_open_again(start: Callable[..., RealWindow], tmp_path: Path) -> None:
    window = start()
    window.drag(window.handles()[3], CONTROLS_WIDTH - 20)
    window.wait_for(lambda: window.status() is FitStatus.OOM, "the verdict turn at a long context")
    target = tmp_path / "m.fitroom.json"  # one key: of a word that xdotool types, a letter may be lost
    xdotool("key", "--window", window.id, "ctrl+s")
    dialog = xdotool("search", "--sync", "--onlyvisible", "--pid", window.process.pid, "--name", "Save").splitlines()[-1]
    xdotool("windowfocus", "--sync", dialog, "key", "--clearmodifiers", "ctrl+a")
    xdotool("key", "--clearmodifiers", "m")
    xdotool("key", "--clearmodifiers", "Return")
    window.wait_for(target.exists, "the file")
    saved = json.loads(target.read_text())
    assert saved["context_length"] > 100_000
    assert window.close() == 0

    window.state.unlink()
    again = start(str(target))
    assert again.status() is FitStatus.OOM
    assert again.close() == 0
    assert json.loads(again.state.read_text()) == saved


def test_two_windows_at_once(start: Callable[..., RealWindow]) -> None:
    """Each keeps its own scenario; neither is overwritten by whichever closes last."""
    first = start()
    first.drag(first.handles()[3], CONTROLS_WIDTH - 20)
    first.wait_for(lambda: first.status() is FitStatus.OOM, "the verdict turn in the first")
    second = start()
    assert second.status() is FitStatus.FITS, "the second begins with the example"
    assert first.close() == 0
    assert second.close() == 0
    assert json.loads(first.state.read_text())["context_length"] > 100_000
    assert json.loads(first.state.with_name("last-2.fitroom.json").read_text())["context_length"] == 4096


def test_a_full_disk(start: Callable[..., RealWindow]) -> None:
    """No file may grow past 100 bytes: the window goes on, and what was saved before is still whole."""
    window = start()
    assert window.close() == 0
    saved = window.state.read_text()
    window = start(before=("prlimit", "--fsize=100"))
    window.drag(window.handles()[3], CONTROLS_WIDTH - 20)
    window.wait_for(lambda: window.status() is FitStatus.OOM, "the verdict turn, with nothing to be saved")
    assert window.close() == 0
    assert window.state.read_text() == saved


def test_a_display_that_goes_away(start: Callable[..., RealWindow], monkeypatch: pytest.MonkeyPatch) -> None:
    """The scenario was saved a second after the last change."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1080x24", "-ac", "-noreset", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read) as numbers:
            monkeypatch.setenv("DISPLAY", f":{numbers.readline().strip()}")
        window = start()
        window.drag(window.handles()[3], CONTROLS_WIDTH - 20)
        window.wait_for(window.state.exists, "the state file")
        server.kill()
        assert window.process.wait(PATIENCE_S) != 0
    assert json.loads(window.state.read_text())["context_length"] > 100_000
    monkeypatch.undo()
    again = start()
    assert again.status() is FitStatus.OOM
    assert again.close() == 0


@pytest.mark.parametrize("platform", ["xcb", "offscreen"])
def test_smoke_test_of_the_command(tmp_path: Path, platform: str) -> None:
    target = tmp_path / "out.png"
    command = [sys.executable, "-c", "import sys; from core.cli import main; sys.exit(main(sys.argv[1:]))", "--smoke-test", str(target)]
    environment = {**os.environ, "QT_QPA_PLATFORM": platform, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, cwd=tmp_path, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    picture = QImage(str(target))
    assert picture.width() >= 1000
    painted = {picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(0, picture.height(), 3)}
    assert QColor(LIGHT.components[Component.WEIGHTS]).rgb() in painted or QColor(DARK.components[Component.WEIGHTS]).rgb() in painted
    assert len(painted) > 50
