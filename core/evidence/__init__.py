"""Scoring the estimate against measurements. The formulas of :mod:`core.memory` know nothing of them."""

from core.evidence.records import EvidenceFileError
from core.evidence.score import as_json, as_text, score_files

__all__ = ["EvidenceFileError", "as_json", "as_text", "score_files"]
