"""Names as people type them: which are the same, and which come close."""

import difflib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

Item = TypeVar("Item")

#: Comparing takes time squared in the length, so no more of a query is compared; no name is longer.
_MAX_COMPARED = 200
#: Below this share of agreement a name is no suggestion.
_MIN_LIKENESS = 0.5
_IGNORED = frozenset(" \t\u00a0-_()")


def lookup_key(name: str) -> str:
    """``name`` without what does not count: case, full width, spaces, hyphens, underscores, parentheses."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character not in _IGNORED)


def find(items: Iterable[Item], query: str, names: Callable[[Item], Iterable[str]]) -> Item | None:
    """The one item that goes by ``query``; None when none does, or more than one."""
    wanted = lookup_key(query)
    found = [item for item in items if any(lookup_key(name) == wanted for name in names(item))]
    return found[0] if len(found) == 1 and wanted else None


def suggest(names: Sequence[str], query: str, limit: int = 3) -> list[str]:
    """Up to ``limit`` of ``names`` most like ``query``, the closest first: those that contain it, then near misses.

    An organisation before a slash may be left out.
    """
    wanted = lookup_key(query[:_MAX_COMPARED])
    if not wanted:
        return []
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)

    def likeness(name: str) -> tuple[bool, float]:
        keys = {lookup_key(name), lookup_key(name.rpartition("/")[2])}
        ratios = []
        for key in keys:
            matcher.set_seq1(key)
            ratios.append(matcher.ratio())
        return any(wanted in key for key in keys), max(ratios)

    scored = [(likeness(name), name) for name in names]
    close = [pair for pair in scored if pair[0] >= (False, _MIN_LIKENESS)]
    return [name for _, name in sorted(close, key=lambda pair: pair[0], reverse=True)[:limit]]
