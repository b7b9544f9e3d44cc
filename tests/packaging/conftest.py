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


@pytest.fixture
def run(bundle: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the built program, far from this checkout, in a bare environment with a home of its own."""

    def run_it(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen", **environment}
        own = {name: value for name, value in own.items() if value}
        command = [str(bundle / "fitting-room"), *arguments]
        return subprocess.run(command, env=own, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    return run_it
