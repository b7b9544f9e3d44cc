"""Write the product's copy of the evidence: every measurement with what is needed to predict it, and its source.

    packaging/evidence.py DIRECTORY   reads exact*.jsonl, inference.jsonl, training.jsonl and oom.jsonl there, writes resources/evidence/

The records keep their form, so that `fitting-room score` reads both; quotations, remarks and breakdowns are left out.
"""

import json
import sys
from pathlib import Path

RESOURCES = Path(__file__).parents[1] / "resources" / "evidence"
EXACT_SOURCE = "tensors of transformers 5.23 and PEFT on torch 2.13, tracked on the CUDA code path without a card"
_LEFT_OUT = {"quote", "note", "confidence"}
_MODEL_LEFT_OUT = {"architecture_source"}
_PARTS = ("peak", "params", "buffers", "grads", "optimizer", "saved", "kv", "temp")


def _published(record: dict) -> dict:
    kept = {key: value for key, value in record.items() if key not in _LEFT_OUT}
    kept["model"] = {key: value for key, value in record["model"].items() if key not in _MODEL_LEFT_OUT and value is not None}
    kept["run"] = {key: value for key, value in record["run"].items() if value is not None}
    kept["hardware"] = {key: value for key, value in record["hardware"].items() if value is not None}
    # Said in words only: how a run was configured.
    if record.get("note"):
        kept["note"] = record["note"]
    return kept


def _exact(record: dict) -> dict:
    result = record["result"]
    peaks = {}
    for name, moment in result.items():
        if isinstance(moment, dict) and "peak" in moment:
            peaks[name] = {part: moment[part] for part in _PARTS if part in moment}
        elif name in ("load", "after_zero"):
            peaks[name] = moment
    return {key: value for key, value in record.items() if key != "result"} | {"result": peaks, "source": EXACT_SOURCE}


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(sys.argv[1])
    RESOURCES.mkdir(exist_ok=True)
    for name in ("exact", "exact_modern", "inference", "training", "oom"):
        compact = _exact if name.startswith("exact") else _published
        lines = (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        written = [json.dumps(compact(json.loads(line)), ensure_ascii=False, separators=(",", ":")) for line in lines]
        target = RESOURCES / f"{name}.jsonl"
        target.write_text("\n".join(written) + "\n", encoding="utf-8")
        print(f"{target.name}: {len(written)} records, {target.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
