"""Models people run, each with its exact shape."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationInfo, field_validator

from core.catalogue.file import MAX_ROWS, CatalogueFile, check_unique, read_catalogue
from core.catalogue.names import find
from core.memory import Architecture


class Model(BaseModel):
    """A published model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[^/\s]+/[^/\s]+$", max_length=200)
    """With the organisation, as on the Hugging Face Hub."""
    aliases: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(default=(), max_length=20)
    """Other names of the same shape, without the organisation: the original release, the instruction-tuned one."""
    family: str = Field(min_length=1, max_length=100)
    license: str = Field(min_length=1, max_length=100)
    published_parameters: int = Field(gt=0)
    """The makers' count, to check the shape against."""
    parameters_source: str = Field(min_length=1)
    source: str = Field(min_length=1)
    """Where the shape is from."""
    architecture: Architecture
    """Named by the model's short name."""

    @field_validator("architecture", mode="before")
    @classmethod
    def _named(cls, fields: object, info: ValidationInfo) -> object:
        """Before there is an Architecture: to make each of hundreds anew takes longer than all else that reading them does."""
        if not isinstance(fields, dict):
            return fields
        runs = {"layer_runs": tuple(fields["layer_runs"])} if isinstance(fields.get("layer_runs"), list) else {}  # no longer JSON here
        return fields | runs | {"name": info.data.get("name", "").rpartition("/")[2]}

    @property
    def short_name(self) -> str:
        """Without the organisation."""
        return self.architecture.name


class _ModelFile(CatalogueFile):
    format: Literal["fitting-room models"]
    models: Annotated[tuple[Model, ...], FailFast()] = Field(max_length=MAX_ROWS)


def load_models(path: Path) -> tuple[Model, ...]:
    """The models of a catalogue file, in its order. Raises CatalogueError."""
    return read_models(path)[0]


def read_models(path: Path) -> tuple[tuple[Model, ...], date]:
    """The same, with when its facts were last gone through. Raises CatalogueError."""
    file = read_catalogue(path, _ModelFile)
    check_unique(path, (model.name for model in file.models))
    return file.models, file.date


def find_model(models: Iterable[Model], query: str) -> Model | None:
    """The model that ``query`` names, with or without its organisation; None when none or several could be meant."""
    return find(models, query, _names)


def _names(model: Model) -> Iterator[str]:
    organisation = model.name.partition("/")[0]
    for name in (model.short_name, *model.aliases):
        yield name
        yield f"{organisation}/{name}"
