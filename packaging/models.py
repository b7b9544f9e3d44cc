"""Renew ``resources/models.json`` from ``models.jsonl`` beside this file: models as their makers' config.json describes them.

    python packaging/models.py            write the rows that models.jsonl has; rows that it does not have stay as they are
    python packaging/models.py --check    only compare; exit status 1 where they differ

A row whose architecture does not add up to the published count within half a percent is refused.
"""

import argparse
import json
import sys
from pathlib import Path

from renewal import renew

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.catalogue.hf_config import read_config  # noqa: E402
from core.memory import Architecture, parameter_count  # noqa: E402
from core.memory.edge import to_json  # noqa: E402
from core.memory.layer_run import LayerRun  # noqa: E402

FACTS = Path(__file__).with_name("models.jsonl")
CATALOGUE = ROOT / "resources" / "models.json"
TOLERANCE = 0.005


def fields(architecture: Architecture) -> dict:
    """What is not its default."""
    plain = _said(json.loads(to_json(architecture)), Architecture)
    runs = [_said(run, LayerRun) for run in plain.pop("layer_runs", ())]
    return {name: value for name, value in plain.items() if name != "name"} | ({"layer_runs": runs} if runs else {})


def _said(plain: dict, of: type) -> dict:
    defaults = {name: field.default for name, field in of.__dataclass_fields__.items()}
    return {name: value for name, value in plain.items() if value != defaults[name]}


def row(facts: dict) -> dict:
    """A row of the catalogue."""
    architecture = read_config(facts["config"], facts["name"].rpartition("/")[2]).architecture
    published = facts["published_parameters"]
    counted = parameter_count(architecture) + architecture.vision_parameters
    if abs(counted - published) > TOLERANCE * published:
        raise SystemExit(f"{facts['name']}: counts {counted:,}, published {published:,}")
    return {
        "name": facts["name"],
        "aliases": facts.get("aliases", []),
        "family": facts["family"],
        "license": facts["license"],
        "published_parameters": published,
        "parameters_source": facts["parameters_source"],
        "source": facts.get("source", f"config.json of {facts['name']} on the Hugging Face Hub, quoted from memory"),
        "architecture": fields(architecture) | {"nominal_parameters": facts["nominal_parameters"]},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    catalogue = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    made = {facts["name"]: row(facts) for facts in map(json.loads, FACTS.read_text(encoding="utf-8").splitlines())}
    kept = [made.pop(model["name"], model) for model in catalogue["models"]]
    rows = kept + list(made.values())
    order = list(dict.fromkeys(model["family"] for model in rows))
    rows.sort(key=lambda model: order.index(model["family"]))
    return renew(CATALOGUE, "models", rows, Path(__file__).name, check=check, indent=2)


if __name__ == "__main__":
    sys.exit(main())
