"""Recompute resources/calibration.json from the measurements in resources/evidence.

packaging/calibrate.py            writes the file
packaging/calibrate.py --check    exit code 1 if the file is not what the formulas and the measurements give
"""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from core.catalogue import load_gpus  # noqa: E402
from core.evidence import part_errors, score_files  # noqa: E402
from core.evidence.bands import METHOD, bands, residuals  # noqa: E402
from core.memory.runtime import cuda_context_bytes  # noqa: E402

TARGET = ROOT / "resources" / "calibration.json"
EVIDENCE = ROOT / "resources" / "evidence"
#: The smallest bare context published of a PyTorch 2 (RTX 3090, torch 2.7), and the largest that a card of the catalogue makes by its
#: multiprocessors (core.memory.runtime).
CONTEXT_LOW_BYTES = 256 * 2**20
CONTEXT_HIGH_BYTES = max(cuda_context_bytes(gpu.resident_threads or 0) for gpu in load_gpus(ROOT / "resources" / "gpus.json"))


#: What the exact records call a kind of run.
KINDS = {"exact prefill": "inference transformers", "exact train": "training full", "exact lora": "training lora"}


def _rounded(error: dict) -> dict:
    return {name: value if name == "moments" else round(value, 4) for name, value in error.items()}


def made() -> dict:
    rows = score_files([EVIDENCE / "inference.jsonl", EVIDENCE / "training.jsonl"])
    tracked = part_errors(score_files([EVIDENCE / "exact.jsonl", EVIDENCE / "exact_modern.jsonl"]))
    return {
        "format": "fitting-room calibration",
        "version": 1,
        "date": datetime.now(tz=UTC).date().isoformat(),
        "method": METHOD,
        "source": "resources/evidence/inference.jsonl and training.jsonl: every record names its own",
        "context_low_bytes": CONTEXT_LOW_BYTES,
        "context_high_bytes": CONTEXT_HIGH_BYTES,
        "parts": {KINDS[kind]: {part: _rounded(error) for part, error in parts.items()} for kind, parts in sorted(tracked.items())},
        "bands": {kind: asdict(band) for kind, band in bands(residuals(rows)).items()},
    }


def main() -> int:
    new = made()
    if "--check" in sys.argv[1:]:
        old = json.loads(TARGET.read_text(encoding="utf-8"))
        same = {**old, "date": ""} == {**new, "date": ""}
        print(
            "resources/calibration.json is up to date" if same else "resources/calibration.json is out of date: run packaging/calibrate.py"
        )
        return 0 if same else 1
    TARGET.write_text(json.dumps(new, indent=1) + "\n", encoding="utf-8")
    for kind, band in new["bands"].items():
        print(kind, band)
    return 0


if __name__ == "__main__":
    sys.exit(main())
