"""The command ``fitting-room``: the window, or with ``estimate`` an answer in the terminal (for which no Qt is imported).

Exit codes: 0 for every answer, OOM included; 1 where the system failed (no display, a full disk); 2 for a command that makes no
sense, with one line on stderr. What only one of the commands needs is imported by it alone: the window shall not wait for the others'.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core import __version__
from core.catalogue import CatalogueError
from core.known import known_gpus, known_models
from core.lessons.mark import is_lesson_file
from core.memory import Scenario
from core.scenario_file import ScenarioFileError
from core.terminal import FAILED, FILES, MAKES_NO_SENSE, CommandError, HelpAsked, Parser, complain, take_any_letter, write

if TYPE_CHECKING:
    from core.opened import Opened

_WITHOUT_WINDOW = "`fitting-room estimate` needs no window"


def main(argv: list[str] | None = None) -> int:
    """Run the command with ``argv`` (default: that of the process) and return its exit code."""
    take_any_letter()
    arguments = sys.argv[1:] if argv is None else argv
    try:
        match arguments[:1]:
            case ["estimate"]:
                from core.estimate_command import estimate

                return write(estimate(arguments[1:]))
            case ["score"]:
                from core.score_command import score

                return write(score(arguments[1:]))
            case _:
                return _open_window(arguments)
    except (CommandError, ScenarioFileError, CatalogueError) as error:
        return complain(str(error), MAKES_NO_SENSE)
    except HelpAsked as asked:
        return write(str(asked))


def _open_window(arguments: list[str]) -> int:
    parser = Parser(
        prog="fitting-room",
        description="Will this model fit on that GPU? Opens the window.",
        epilog="`fitting-room estimate` answers in the terminal, `fitting-room score` compares with measurements: "
        "see `fitting-room estimate --help` and `fitting-room score --help`.",
        allow_abbrev=False,
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help=f"to open: {FILES}; or a lesson")
    parser.add_argument("--smoke-test", metavar="OUT.png", help="show the window once, save a picture of it, and exit")
    parser.add_argument("--version", action="store_true", help="print the version, and of when the lists of models and GPUs are")
    options = parser.parse_args(arguments)
    if options.version:
        return write(f"fitting-room {__version__} (models of {known_models().date}, GPUs of {known_gpus().date})\n")
    opened = _opened(options.file) if options.file is not None else None
    picture = Path(options.smoke_test) if options.smoke_test is not None else None
    try:
        from gui.app import run_window
        from gui.display import display_problem
    except ImportError as error:
        return complain(f"the window cannot be opened here ({error}); {_WITHOUT_WINDOW}", FAILED)
    problem = display_problem()
    if problem:
        return complain(f"{problem}; {_WITHOUT_WINDOW}", FAILED)
    return run_window(opened, picture)


def _opened(file: str) -> "Opened | Path":
    """What the window is to show of ``file``; a lesson it reads itself."""
    if is_lesson_file(Path(file)):
        return Path(file)
    from core.arguments import DEFAULT_MODEL, model_named, opened_from

    return opened_from(file, Scenario(architecture=model_named(DEFAULT_MODEL)))
