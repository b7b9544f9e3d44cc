"""Terms and what they mean, in every language of the window, with where to read on."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, FailFast, Field

from core.catalogue.file import CatalogueError, CatalogueFile, check_unique, read_catalogue
from core.catalogue.texts import Text

MAX_TERMS = 500


class Link(BaseModel):
    """A page to read on at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    title: str = Field(min_length=1, max_length=120)
    """As the page calls itself, whatever its language."""
    url: str = Field(pattern=r"^https://[^\s\"<>]+$", max_length=300)


class Term(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    name: Text
    hint: Text
    """In one sentence, for a tooltip."""
    text: Text
    """Whole; **bold**, and [words](another_term)."""
    see: tuple[str, ...] = Field(default=(), max_length=12)
    """Other terms, by id."""
    links: tuple[str, ...] = Field(default=(), max_length=8)
    """By id."""


class _GlossaryFile(CatalogueFile):
    format: Literal["fitting-room glossary"]
    links: Annotated[tuple[Link, ...], FailFast()] = Field(max_length=MAX_TERMS)
    terms: Annotated[tuple[Term, ...], FailFast()] = Field(max_length=MAX_TERMS)


class Glossary:
    """Terms by id, in the file's order."""

    def __init__(self, terms: tuple[Term, ...] = (), links: tuple[Link, ...] = ()) -> None:
        self.terms = {term.id: term for term in terms}
        self.links = {link.id: link for link in links}


def load_glossary(path: Path) -> Glossary:
    """Raises CatalogueError, also where a term points to what is not there."""
    file = read_catalogue(path, _GlossaryFile)
    check_unique(path, (term.id for term in file.terms))
    check_unique(path, (link.id for link in file.links))
    glossary = Glossary(file.terms, file.links)
    for term in file.terms:
        missing = {*term.see} - glossary.terms.keys() | {*term.links} - glossary.links.keys()
        if missing:
            raise CatalogueError(path, f"{term.id} points to {min(missing)!r}, which is not there")
    return glossary
