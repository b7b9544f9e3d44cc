"""What is wrong with a lesson's file, where, and what to do."""

from difflib import get_close_matches
from pathlib import Path
from typing import assert_never

from PySide6.QtCore import QCoreApplication

from core.lessons.figures import FIGURES
from core.lessons.problems import LessonError, LessonProblem
from core.memory import Reason
from gui.problem_words import refusal_reason

translate = QCoreApplication.translate


def lesson_problem(error: LessonError) -> str:
    """One line, with the file's name and the line in it."""
    where = translate("LessonWords", "{file}, line {line}:").format(file=Path(error.place).name[:80], line=error.line)
    return f"{where} {_problem(error.problem, error.detail[:200])}"


def _problem(problem: LessonProblem, detail: str) -> str:
    match problem:
        case LessonProblem.NOT_YAML:
            text = translate("LessonWords", "this is no YAML ({detail}). Check the indents, and put quotes around texts with “: ”.")
        case LessonProblem.UNKNOWN_KEY:
            text = translate("LessonWords", "a lesson has no “{detail}” here. Check the spelling, or remove it.")
        case LessonProblem.MISSING_KEY:
            text = translate("LessonWords", "“{detail}” is missing here. Add it.")
        case LessonProblem.WRONG_VALUE:
            text = translate("LessonWords", "this cannot be so: {detail}. Change the value.")
        case LessonProblem.UNKNOWN_FIGURE:
            near = ", ".join(get_close_matches(detail.strip("{}"), FIGURES, n=3, cutoff=0.5)) or "total_bytes"
            text = translate("LessonWords", "there is no figure {detail}. Perhaps {near}?").replace("{near}", near)
        case LessonProblem.UNKNOWN_MODEL:
            text = translate("LessonWords", "no model is called “{detail}”. Write it as the model list does, or give “parameters”.")
        case LessonProblem.UNKNOWN_GPU:
            text = translate("LessonWords", "no card is called “{detail}”. Write it as the GPU list does.")
        case LessonProblem.NO_SUCH_RUN:
            text = translate("LessonWords", "no real run is like this. {detail}")
            detail = refusal_reason(Reason(detail))
        case LessonProblem.DONE_AT_START:
            text = translate("LessonWords", "what “done” asks for is so from the start. Ask for something that has yet to change.")
        case LessonProblem.ANSWER_FAILS:
            text = translate("LessonWords", "the “answer” does not do what “done” asks for. Change one of them.")
        case _:
            assert_never(problem)
    return text.format(detail=detail)
