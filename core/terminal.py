"""What every command does alike in a terminal: it reads its options without argparse's usage, answers, and complains in one line."""

import argparse
import contextlib
import io
import os
import sys
import textwrap
from typing import NoReturn

OK, FAILED, MAKES_NO_SENSE = 0, 1, 2

#: What a command opens.
FILES = (
    "a scenario; a model (config.json, safetensors, GGUF, a folder of them, hf:ORGANISATION/NAME); or a configuration of DeepSpeed, "
    "accelerate, axolotl or LLaMA-Factory"
)


class CommandError(Exception):
    """A command that makes no sense, and why."""


class HelpAsked(Exception):  # noqa: N818 -- no error
    """The help that somebody wants to read, to be written as every answer is: a reader may go away amid it."""


class Parser(argparse.ArgumentParser):
    """Leaves it to the caller to say what is wrong, in one line and without the usage, and to write the help."""

    def print_help(self, file: object = None) -> NoReturn:  # noqa: ARG002 -- argparse has it
        raise HelpAsked(self.format_help())

    def error(self, message: str) -> NoReturn:
        raise CommandError(message)


def take_any_letter() -> None:
    """A model may be named in any script; a terminal may know only ASCII."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def wrapped(names: list[str]) -> str:
    """Names in lines of at most 78 characters, none of them broken."""
    unbroken = ", ".join(name.replace(" ", "\N{NO-BREAK SPACE}") for name in names)
    lines = textwrap.fill(unbroken, 78, break_on_hyphens=False, initial_indent="  ", subsequent_indent="  ")
    return lines.replace("\N{NO-BREAK SPACE}", " ")


def complain(message: str, code: int) -> int:
    """One line, whatever control characters a name or a path may hold."""
    printable = "".join(character if character.isprintable() else " " for character in message)
    if sys.stderr is not None:
        print(f"fitting-room: {' '.join(printable.split())[:1000]}", file=sys.stderr)
    return code


def write(text: str) -> int:
    if sys.stdout is None:
        return OK
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # What is still buffered would fail once more when the interpreter ends.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # whoever read has seen enough
            return FAILED
        return complain(f"cannot write the answer: {error.strerror}", FAILED)
    return OK
