"""By what a lesson's file is known, before anything of it is read."""

import re
from pathlib import Path

from core.small_file import SmallFileError, read_small_file

_MARK = re.compile(rb"^(?:\xef\xbb\xbf)?format: *[\"']?fitting-room lesson", re.MULTILINE)
#: Of files that can be lessons.
_SUFFIXES = frozenset({".yaml", ".yml"})
#: The mark stands near the beginning, after remarks at most.
_HEAD_BYTES = 2**14


def is_lesson(data: bytes) -> bool:
    """Whether ``data`` says of itself that it is a lesson, broken or not."""
    return _MARK.search(data[:_HEAD_BYTES]) is not None


def is_lesson_file(path: Path) -> bool:
    """Whether ``path`` is such a file; one that cannot be read is none."""
    try:
        return path.suffix.lower() in _SUFFIXES and path.is_file() and is_lesson(read_small_file(path))
    except (SmallFileError, OSError, ValueError):  # ValueError: a null character in the path
        return False
