"""Reading a catalogue file. It may be missing, huge, broken or hostile; all a caller ever sees is a CatalogueError."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from core.catalogue.names import lookup_key
from core.small_file import SmallFileError, read_small_file

MAX_ROWS = 2000


class CatalogueError(Exception):
    """A catalogue file that cannot be used, and why, in one line of English."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


class CatalogueFile(BaseModel):
    """What every catalogue states beside its rows. Subclasses narrow ``format`` and add the rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str
    version: Literal[1]
    date: date
    """When the facts were last gone through."""


FileType = TypeVar("FileType", bound=CatalogueFile)


def read_catalogue(path: Path, file_type: type[FileType]) -> FileType:
    """The validated content of ``path``. Raises CatalogueError."""
    try:
        return file_type.model_validate_json(read_small_file(path), strict=True)
    except SmallFileError as error:
        raise CatalogueError(path, str(error)) from error
    except ValidationError as error:
        raise CatalogueError(path, _first_complaint(error)) from error


def check_unique(path: Path, names: Iterable[str]) -> None:
    """Raises CatalogueError where two names could not be told apart when looked up."""
    seen: dict[str, str] = {}
    for name in names:
        key = lookup_key(name)
        if key in seen:
            raise CatalogueError(path, f"{seen[key]!r} and {name!r} are the same name")
        seen[key] = name


def _first_complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    # The place can hold keys of the file itself, which may be anything.
    place = "".join(character for character in ".".join(map(str, first["loc"]))[:200] if character.isprintable())
    return f"{place}: {first['msg']}" if place else first["msg"]
