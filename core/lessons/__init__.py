"""Lessons as data: what a step sets up, asks for, checks and explains, in every language that its file has.

A lesson is a file that a teacher writes. It is bounded and read as data alone, and it is proved when it is read, so that a mistake is told
with its line, and not found before a class.
"""

from core.catalogue.texts import Text
from core.lessons.figures import View
from core.lessons.lesson import Control, Lesson, Picture, Step, Tab
from core.lessons.problems import LessonError, LessonProblem, PartError
from core.lessons.reader import Heading, is_lesson, read_heading, read_lesson
from core.lessons.stage import Stage
from core.lessons.template import Amount, filled

__all__ = [
    "Amount",
    "Control",
    "Heading",
    "Lesson",
    "LessonError",
    "LessonProblem",
    "PartError",
    "Picture",
    "Stage",
    "Step",
    "Tab",
    "Text",
    "View",
    "filled",
    "is_lesson",
    "read_heading",
    "read_lesson",
]
