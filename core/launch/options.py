"""The words of a command line: options with their values."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from core.memory.parallel import MAX_PARALLEL_SIZE
from core.spread_config import whole

Names = Mapping[str, tuple[str, ...]]
"""What an option that stands for a field is called, the usual name first."""


class Launcher(StrEnum):
    MEGATRON = "megatron"
    VLLM = "vllm"
    SGLANG = "sglang"
    LLAMA_CPP = "llama.cpp"


class LaunchLine(NamedTuple):
    """What a command line says."""

    launcher: Launcher
    model_name: str
    changes: dict[str, Any]
    """Fields of a scenario."""
    unknown: tuple[str, ...]
    """Options that were not understood."""


class Options:
    """Options with their values, taken one by one; what is left was not understood."""

    def __init__(self, words: list[str]) -> None:
        self._left: dict[str, str] = {}
        self.plain: list[str] = []
        name = ""
        for word in words:
            if word.startswith("-") and not re.fullmatch(r"-\d+(\.\d+)?", word):
                name, equals, value = word.partition("=")
                self._left[name] = value if equals else ""
                name = "" if equals else name
            elif name:
                self._left[name], name = word, ""
            else:
                self.plain.append(word)

    def take(self, *names: str) -> str | None:
        """The value of the first of ``names`` that is there, empty for a flag; None where none is."""
        found = [self._left.pop(name) for name in names if name in self._left]
        return found[0] if found else None

    def size(self, *names: str, high: int = MAX_PARALLEL_SIZE) -> int | None:
        """A whole number, also with a suffix as vLLM reads it: 128k are thousands, 128K are 1024s. What is none is not understood."""
        name = next((name for name in names if name in self._left), None)
        value = self.take(*names)
        if name is None or value is None:
            return None
        short = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([kKmM])", value.strip())
        found = whole(float(short[1]) * _SUFFIXES[short[2]] if short else value, 0, high)
        if found is None:
            self.leave(name)
        return found

    def flag(self, *names: str) -> bool:
        value = self.take(*names)
        if value:  # "--flag word": the word is not its value
            self.plain.append(value)
        return value is not None

    def has(self, *names: str) -> bool:
        """Whether one of ``names`` is there, and not taken yet."""
        return any(name in self._left for name in names)

    def leave(self, name: str) -> None:
        """``name`` was taken, and not understood."""
        self._left[name] = ""

    def left(self) -> tuple[str, ...]:
        return tuple(sorted(self._left))[:20]


_SUFFIXES = {"k": 10**3, "K": 2**10, "m": 10**6, "M": 2**20}


def sizes(options: Options, names: Names, high: int = MAX_PARALLEL_SIZE) -> dict[str, Any]:
    found = {field: options.size(*each, high=high) for field, each in names.items()}
    return {field: size for field, size in found.items() if size}
