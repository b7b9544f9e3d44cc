"""What was built, to be tested as it is: skipped where nothing was."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packaging" / "bundle"))  # no package: it would shadow the library packaging


@pytest.fixture(scope="session")
def bundle() -> Path:
    """The folder of the built application."""
    folder = ROOT / "dist" / "fitting-room"
    if not (folder / "fitting-room").is_file():
        pytest.skip("nothing was built: make bundle")
    return folder


Run = Callable[..., subprocess.CompletedProcess[str]]


def runner(program: list[str], home: Path, **always: str) -> Run:
    """Runs ``program`` in ``home``, in a bare environment, by the command ``before`` it."""

    def run_it(*arguments: str, before: tuple[str, ...] = (), **environment: str) -> subprocess.CompletedProcess[str]:
        bare = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen"}
        own = {name: value for name, value in {**bare, **always, **environment}.items() if value}
        return subprocess.run([*before, *program, *arguments], env=own, cwd=home, capture_output=True, text=True, timeout=60)

    return run_it


@pytest.fixture
def run(bundle: Path, tmp_path: Path) -> Run:
    """Runs the built program, far from this checkout, with a home of its own."""
    return runner([str(bundle / "fitting-room")], tmp_path)


@pytest.fixture(params=["source", "bundle"])
def run_either(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """The same, of the source and of the bundle."""
    if request.param == "source":
        return runner([sys.executable, "-m", "gui"], tmp_path, PYTHONPATH=str(ROOT))
    return runner([str(request.getfixturevalue("bundle") / "fitting-room")], tmp_path)
