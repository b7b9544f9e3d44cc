"""Reading a file that somebody made or was sent: it may be missing, huge, a pipe that never ends, or nothing to read at all."""

from pathlib import Path

#: Some 30 times the size of a catalogue, 700 times that of a scenario.
MAX_FILE_BYTES = 2**20


class SmallFileError(Exception):
    """A file that cannot be read whole, and why, in one line of English without its path."""


def read_small_file(path: Path) -> bytes:
    """All of the regular file ``path``, which has MAX_FILE_BYTES at most. Raises SmallFileError."""
    try:
        # A pipe or a device could block, or never end.
        if path.exists() and not path.is_file():
            raise SmallFileError("not a regular file")
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise SmallFileError(f"cannot be read: {reason}") from error
    if len(data) > MAX_FILE_BYTES:
        raise SmallFileError("larger than 1 MiB")
    return data
