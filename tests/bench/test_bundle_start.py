"""Start of the built application to its painted window, beside that of the source on the same machine, in turns."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "dist" / "fitting-room" / "fitting-room"


def test_start_of_the_bundle(benchmark, tmp_path: Path) -> None:
    if not BUNDLE.is_file():
        pytest.skip("nothing was built: make bundle")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)}
    source: list[float] = []
    built: list[float] = []

    def start(program: list[str]) -> float:
        began = time.perf_counter()
        subprocess.run([*program, "--smoke-test", str(tmp_path / "out.png")], check=True, env=environment, cwd=tmp_path)
        return time.perf_counter() - began

    def both() -> None:
        source.append(start([sys.executable, "-m", "gui"]))
        built.append(start([str(BUNDLE)]))

    benchmark.pedantic(both, rounds=7, warmup_rounds=1)
    info = {"source_start_s": statistics.median(source[1:]), "bundle_start_s": statistics.median(built[1:])}
    info["bundle_start_ratio"] = info["bundle_start_s"] / info["source_start_s"]
    benchmark.extra_info.update(info)
    assert info["bundle_start_ratio"] <= 1.5
