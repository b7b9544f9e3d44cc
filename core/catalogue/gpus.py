"""Cards people run models on."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal

from pydantic import FailFast, Field

from core.catalogue.file import MAX_ROWS, CatalogueFile, check_unique, read_catalogue
from core.catalogue.names import find
from core.memory import Gpu

#: Words that drivers and shops put around a name that is unique without them.
_PRODUCT_LINES = frozenset({"geforce", "rtx", "gtx", "radeon", "rx", "instinct", "tesla", "gpu"})

#: What drivers put into a name beside the card and its memory.
_OF_DRIVERS = re.compile(r"SXM\d*|HBM\w*|PCIe|PCIE|Generation|Edition|GPU")
_SIZE = re.compile(r"\d+GB")
#: ECC takes a sixteenth of what is printed.
_NEAR = 0.08
#: Between a card's name and its number in a machine.
_NUMBER_SIGN = " #"


class _GpuFile(CatalogueFile):
    format: Literal["fitting-room gpus"]
    gpus: Annotated[tuple[Gpu, ...], FailFast()] = Field(max_length=MAX_ROWS)


def load_gpus(path: Path) -> tuple[Gpu, ...]:
    """The cards of a catalogue file, in its order. Raises CatalogueError."""
    return read_gpus(path)[0]


def read_gpus(path: Path) -> tuple[tuple[Gpu, ...], date]:
    """The same, with when its facts were last gone through. Raises CatalogueError."""
    file = read_catalogue(path, _GpuFile)
    check_unique(path, (gpu.name for gpu in file.gpus))
    return file.gpus, file.date


def find_gpu(gpus: Iterable[Gpu], query: str) -> Gpu | None:
    """The card that ``query`` names, with or without its vendor and product line; None when none or several could be meant.

    The words of a remark in parentheses can be left out: "H100 (80GB SXM)" goes by "H100", "H100 80GB" and "H100 SXM".
    """
    return find(gpus, _without_product_line(query), _names)


def numbered(name: str, number: int) -> str:
    """What the ``number``-th card of a machine, of that name, is called: no card of a catalogue is called so."""
    return f"{name}{_NUMBER_SIGN}{number}"


def unnumbered(name: str) -> str:
    """The same without its number."""
    return name.partition(_NUMBER_SIGN)[0].strip()


def find_reported(gpus: Iterable[Gpu], name: str, memory_bytes: int) -> Gpu | None:
    """The card that its driver calls ``name`` ("NVIDIA H100 80GB HBM3", "Tesla V100-SXM2-16GB") and gives ``memory_bytes``."""
    cards = tuple(gpus)
    words = name.replace("-", " ").split()
    plain = [word for word in words if not _OF_DRIVERS.fullmatch(word)]
    spoken = [[word.rstrip("0123456789") if word.startswith("SXM") else word for word in words if not word.startswith("HBM")], plain]
    spoken.append([word for word in plain if not _SIZE.fullmatch(word)])
    size = f"{round(memory_bytes / 2**30)}GB"
    if "PCIe" in words:
        spoken.insert(0, [*spoken[-1], "PCIe", size])
    spoken.append([*spoken[-1], size])
    for candidate in ([name], *spoken):
        found = find_gpu(cards, " ".join(candidate))
        if found is not None and abs(found.memory_bytes - memory_bytes) <= _NEAR * memory_bytes:
            return found
    return None


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
