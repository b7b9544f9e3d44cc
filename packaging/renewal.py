"""What the scripts that renew a catalogue share: write it, or say that it is out of date."""

import json
from pathlib import Path


def renew(path: Path, key: str, rows: list[dict], script: str, *, check: bool, indent: int) -> int:
    """Make ``rows`` what the catalogue ``path`` has under ``key``; with ``check`` only compare. Returns the exit status."""
    catalogue = json.loads(path.read_text(encoding="utf-8"))
    if rows == catalogue[key]:
        return 0
    if check:
        print(f"resources/{path.name} is out of date: run packaging/{script}")
        return 1
    path.write_text(json.dumps(catalogue | {key: rows}, indent=indent, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(rows)} {key}")
    return 0
