"""JSON of somebody else's making, parsed within bounds: how far a short text can blow up in memory is limited first."""

import json
from typing import Any

#: A text of this many values takes some 150 MB at most; the largest index on the Hub (Kimi K2) has 0.2 million.
MAX_VALUES = 1_000_000


def parse_bounded(data: bytes) -> Any:
    """What ``data`` says. Raises ValueError where it is no JSON, nests too deep, or has more than MAX_VALUES values."""
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MAX_VALUES:
        raise ValueError("too many values")
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("nested too deep") from None
