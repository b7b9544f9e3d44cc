"""Cards people run models on."""

from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal

from pydantic import FailFast, Field

from core.catalogue.file import MAX_ROWS, CatalogueFile, check_unique, read_catalogue
from core.catalogue.names import find
from core.memory import Gpu

#: Words that drivers and shops put around a name that is unique without them.
_PRODUCT_LINES = frozenset({"geforce", "rtx", "gtx", "radeon", "rx", "instinct", "tesla", "gpu"})


class _GpuFile(CatalogueFile):
    format: Literal["fitting-room gpus"]
    gpus: Annotated[tuple[Gpu, ...], FailFast()] = Field(max_length=MAX_ROWS)


def load_gpus(path: Path) -> tuple[Gpu, ...]:
    """The cards of a catalogue file, in its order. Raises CatalogueError."""
    gpus = read_catalogue(path, _GpuFile).gpus
    check_unique(path, (gpu.name for gpu in gpus))
    return gpus


def find_gpu(gpus: Iterable[Gpu], query: str) -> Gpu | None:
    """The card that ``query`` names, with or without its vendor and product line; None when none or several could be meant.

    The words of a remark in parentheses can be left out: "H100 (80GB SXM)" goes by "H100", "H100 80GB" and "H100 SXM".
    """
    return find(gpus, _without_product_line(query), _names)


def _names(gpu: Gpu) -> Iterator[str]:
    plain, _, remark = gpu.name.partition(" (")
    # Four parts at most: the choices double with each.
    words = remark.rstrip(")").split(maxsplit=3)
    for count in range(len(words) + 1):
        for chosen in combinations(words, count):
            name = " ".join((plain, *chosen))
            # The full name too: in "RTX4090" no word can be left out.
            for spelling in {name, _without_product_line(name)}:
                yield spelling
                yield f"{gpu.vendor} {spelling}"


def _without_product_line(name: str) -> str:
    return " ".join(word for word in name.split() if word.casefold() not in _PRODUCT_LINES)
