"""The evidence and the calibration that ship with the product."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.evidence import part_errors, score_files
from core.evidence.score import summary

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


@pytest.fixture(scope="module")
def exact():
    return score_files([path for path in EVIDENCE if path.stem.startswith("exact")])


def test_tensors_of_real_code_are_met_at_every_moment(exact):
    """Of %: median 0.01, 95th percentile 0.1, worst 5, over every case whose pieces are known."""
    found = summary(exact)
    assert found.keys() == {"exact train", "exact lora", "exact prefill"}
    for errors in found.values():
        assert errors["median_pct"] <= 0.01
        assert errors["p95_pct"] <= 0.1
        assert errors["worst_pct"] <= 5
    assert sum(errors["supported"] for errors in found.values()) >= 400


def test_the_first_set_is_met_whole():
    """All of its 232 cases, worst 0.5 %."""
    found = summary(score_files([path for path in EVIDENCE if path.stem == "exact"]))
    assert sum(errors["supported"] for errors in found.values()) == 232
    assert all(errors["worst_pct"] <= 0.5 for errors in found.values())


@pytest.mark.parametrize("part", ["weights", "optimizer"])
def test_so_is_each_part_that_is_alive_then(exact, part):
    for errors in part_errors(exact).values():
        assert errors.get(part, {"worst_pct": 0})["worst_pct"] <= 0.5


def test_gradients_too_but_for_one_that_is_being_made(exact):
    for errors in part_errors(exact).values():
        assert errors.get("gradients", {"p95_pct": 0})["p95_pct"] <= 0.01
