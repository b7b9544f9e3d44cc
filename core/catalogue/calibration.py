"""The calibration that ships with the product."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from core.catalogue.file import CatalogueError, CatalogueFile, read_catalogue
from core.memory.calibration import Band, Calibration, PartError

MAX_KINDS = 100


class CalibrationFile(CatalogueFile):
    """As it lies on disk; ``packaging/calibrate.py`` writes it."""

    format: Literal["fitting-room calibration"]
    method: str = Field(min_length=1, max_length=4000)
    source: str = Field(min_length=1, max_length=4000)
    context_low_bytes: int = Field(ge=0)
    context_high_bytes: int = Field(ge=0)
    bands: dict[str, Band] = Field(max_length=MAX_KINDS)
    parts: dict[str, dict[str, PartError]] = Field(max_length=MAX_KINDS)


def load_calibration(path: Path) -> Calibration:
    """Raises CatalogueError."""
    file = read_catalogue(path, CalibrationFile)
    for kind, band in file.bands.items():
        if not band.lower <= band.low <= band.high <= band.upper:
            raise CatalogueError(path, f"the bounds of {kind[:100]!r} are out of order")
    return Calibration(
        date=file.date.isoformat(),
        method=file.method,
        context_low_bytes=file.context_low_bytes,
        context_high_bytes=file.context_high_bytes,
        bands=file.bands,
        parts=file.parts,
    )
