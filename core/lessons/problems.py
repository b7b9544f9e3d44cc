"""What can be wrong with a lesson's file. The window has the words."""

from enum import StrEnum


class LessonProblem(StrEnum):
    """Each with what ``detail`` is."""

    NOT_YAML = "not_yaml"
    """why, in a few words of English"""
    UNKNOWN_KEY = "unknown_key"
    """the key"""
    MISSING_KEY = "missing_key"
    """the key"""
    WRONG_VALUE = "wrong_value"
    """what is wrong, in English"""
    UNKNOWN_FIGURE = "unknown_figure"
    """what stands in the braces, or the name in a condition"""
    UNKNOWN_MODEL = "unknown_model"
    """its name"""
    UNKNOWN_GPU = "unknown_gpu"
    """its name"""
    NO_SUCH_RUN = "no_such_run"
    """the refusal's Reason"""
    DONE_AT_START = "done_at_start"
    """empty: what is asked for is so before the learner does anything"""
    ANSWER_FAILS = "answer_fails"
    """empty: the step's own answer does not do what is asked for"""


class LessonError(ValueError):
    """A file that is no lesson: where, and what is wrong. ``place`` is a path or another name for where it came from."""

    def __init__(self, place: str, line: int, problem: LessonProblem, detail: str = "") -> None:
        super().__init__(f"{place}, line {line}: {problem.value.replace('_', ' ')} {detail}".rstrip())
        self.place, self.line, self.problem, self.detail = place, line, problem, detail


class PartError(ValueError):
    """The same of a part whose line is not known yet."""

    def __init__(self, problem: LessonProblem, detail: str = "") -> None:
        super().__init__(f"{problem.value} {detail}")
        self.problem, self.detail = problem, detail
