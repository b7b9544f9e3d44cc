"""Scoring the estimate against measurements. The formulas of :mod:`core.memory` know nothing of them."""

from core.evidence.records import EvidenceFileError
from core.evidence.score import Yardstick, as_json, as_text, part_errors, score_files

__all__ = ["EvidenceFileError", "Yardstick", "as_json", "as_text", "part_errors", "score_files"]
