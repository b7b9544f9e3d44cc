"""Prints build/bench.json as a short table."""

import json
import sys
from pathlib import Path


def main(path: str) -> None:
    for row in json.loads(Path(path).read_text())["benchmarks"]:
        stats = row["stats"]
        sys.stdout.write(f"{row['name']:42} median {1e6 * stats['median']:12.1f} us\n")
        for name, value in row["extra_info"].items():
            sys.stdout.write(f"{'':6}{name:36} {value:10.3f}\n")


if __name__ == "__main__":
    main(sys.argv[1])
