"""The evidence and the calibration that ship with the product."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EVIDENCE = sorted((ROOT / "resources" / "evidence").glob("*.jsonl"))


def test_the_calibration_is_what_formulas_and_measurements_give():
    """Else a formula has changed: run packaging/calibrate.py."""
    check = subprocess.run([sys.executable, ROOT / "packaging" / "calibrate.py", "--check"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.parametrize("path", EVIDENCE, ids=lambda path: path.stem)
def test_every_record_names_its_source(path):
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert records
    assert all(len(record["source"]) > 10 for record in records)


def test_all_five_files_are_there():
    assert [path.stem for path in EVIDENCE] == ["exact", "exact_modern", "inference", "oom", "training"]
