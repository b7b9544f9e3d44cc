"""The command ``fitting-room score``: estimates beside measurements."""

import json
from pathlib import Path

from core import evidence
from core.arguments import known_calibration
from core.known import known_gpus
from core.terminal import CommandError, Parser


def score(arguments: list[str]) -> str:
    """The answer to ``fitting-room score``. Raises CommandError, CatalogueError."""
    parser = Parser(
        prog="fitting-room score",
        description="How far estimates are from measurements, by kind of run.",
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="+", metavar="FILE.jsonl", help="measurements, one JSON record a line")
    parser.add_argument("--json", action="store_true", help="print every record's outcome as JSON")
    options = parser.parse_args(arguments)
    yardstick = evidence.Yardstick(known_calibration(), tuple(sorted({gpu.usable_bytes for gpu in known_gpus().rows})))
    try:
        rows = evidence.score_files([Path(file) for file in options.files], yardstick)
    except evidence.EvidenceFileError as error:
        raise CommandError(str(error)) from error
    return json.dumps(evidence.as_json(rows), indent=1) + "\n" if options.json else evidence.as_text(rows)
