"""Words for why a file, or a pasted text, cannot be opened, and what to do."""

from typing import assert_never

from PySide6.QtCore import QCoreApplication

from core.scenario_file import FileProblem, ScenarioFileError
from gui.problem_words import contradiction

translate = QCoreApplication.translate

_LONGEST = 200


def file_problem(error: ScenarioFileError) -> str:
    detail = contradiction(error.contradiction) if error.contradiction is not None else error.detail
    values = {"place": error.place[-_LONGEST:], "detail": detail[:_LONGEST]}
    return _text(error.problem).format_map(values)


def _text(problem: FileProblem) -> str:
    match problem:
        case FileProblem.UNREADABLE:
            return translate("File", "{place} could not be opened: {detail}.")
        case FileProblem.NO_JSON:
            return translate("File", "{place} could not be opened: it is no JSON, or only a part of it. Get it once more.")
        case FileProblem.NEWER:
            return translate(
                "File",
                "{place} could not be opened: a newer Fitting Room made it (version {detail} of the file; this one reads version 1). "
                "Update Fitting Room to open it.",
            )
        case FileProblem.UNKNOWN_FIELD:
            return translate(
                "File",
                "{place} could not be opened: it has a field that is not known here, {detail}. Is it misspelt, or of a newer version? "
                "Nothing was guessed.",
            )
        case FileProblem.MISSING_FIELD:
            return translate("File", "{place} could not be opened: it lacks the field {detail}.")
        case FileProblem.IMPOSSIBLE_VALUE:
            return translate("File", "{place} could not be opened: a value in it cannot be ({detail}). Correct it there.")
        case FileProblem.CONTRADICTION:
            return translate("File", "{place} could not be opened: it contradicts itself. {detail}")
        case FileProblem.CUT:
            return translate("File", "{place} could not be opened: the text was cut or changed on its way. Copy all of it once more.")
        case _:
            assert_never(problem)
