"""What is known of models and cards on this machine: the lists that came along, or newer ones that the user has put into a folder."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

from core.catalogue.file import CatalogueError
from core.catalogue.gpus import read_gpus
from core.catalogue.models import Model, read_models
from core.memory import Gpu

RESOURCES = Path(__file__).resolve().parents[1] / "resources"
MODELS, GPUS = "models.json", "gpus.json"

Row = TypeVar("Row")
Reader = Callable[[Path], tuple[tuple[Row, ...], date]]


@dataclass(frozen=True)
class Known(Generic[Row]):
    """A list, when its facts were last gone through, and the file it is from."""

    rows: tuple[Row, ...]
    date: date
    path: Path
    ignored: str = ""
    """Why a list in the user's folder is not used, in one line of English; empty where there is none, or it is."""


def user_folder() -> Path:
    """Where the application keeps its own, and looks for newer lists: the folder that Qt calls AppDataLocation, found without Qt."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 -- Path's would fail for a user without a home
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        named = os.environ.get("XDG_DATA_HOME", "")
        base = Path(named) if named.startswith("/") else home / ".local" / "share"
    return base / "FittingRoom" / "FittingRoom"


def known_models(shipped: Path | None = None, own: Path | None = None) -> Known[Model]:
    """The models of the folder ``own`` (default: the user's) if its list is valid and not older than that of ``shipped`` (default: what
    came along). Raises CatalogueError where even that one cannot be used.
    """
    return _newest(MODELS, read_models, shipped or RESOURCES, own or user_folder())


def known_gpus(shipped: Path | None = None, own: Path | None = None) -> Known[Gpu]:
    """The same for cards."""
    return _newest(GPUS, read_gpus, shipped or RESOURCES, own or user_folder())


def ignored_lists() -> list[str]:
    """Why lists in the user's folder are not used, one line for each; next to nothing to ask where there are none."""
    folder = user_folder()
    found: list[str] = []
    if (folder / MODELS).exists():
        found.append(known_models().ignored)
    if (folder / GPUS).exists():
        found.append(known_gpus().ignored)
    return [complaint for complaint in found if complaint]


def _newest(name: str, read: Reader[Row], shipped: Path, own: Path) -> Known[Row]:
    rows, when = read(shipped / name)
    came_along = Known(rows, when, shipped / name)
    try:
        path = own / name
        if not path.exists():
            return came_along
        own_rows, own_date = read(path)
    except (CatalogueError, OSError) as error:  # OSError: a folder that may not be entered
        return Known(rows, when, shipped / name, f"{error}; the list that came along is used, of {when}")
    if own_date < when:
        return Known(rows, when, shipped / name, f"{path}: of {own_date}, older than the list that came along, of {when}, which is used")
    return Known(own_rows, own_date, path)
