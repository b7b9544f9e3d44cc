"""A lesson is read whole, or what is wrong is told with its line."""

import pytest
from lesson_text import LESSON

from core.lessons.lesson import Control
from core.lessons.mark import is_lesson
from core.lessons.problems import LessonError, LessonProblem
from core.lessons.reader import read_heading

P = LessonProblem


def complaint(read, text: str) -> LessonError:
    with pytest.raises(LessonError) as caught:
        read(text)
    return caught.value


def test_a_lesson_as_it_was_written(read):
    lesson = read(LESSON)
    assert (lesson.id, lesson.title.in_language("zh_CN"), lesson.title.in_language("fr")) == ("half", "一半", "Half")
    (step,) = lesson.steps
    assert step.control is Control.PRECISION
    assert step.scene == {"model": "Llama-2-7b-hf", "weights": "bf16"}


def test_one_language_is_enough(read):
    lesson = read(LESSON.replace("{en: Half, zh: 一半}", "Half"))
    assert lesson.title.in_language("zh_CN") == "Half"


@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "detail"),
    [
        ("id: half", "id: half\nid: whole", 4, P.NOT_YAML, "'id' is there twice"),
        ("{en: Half, zh: 一半}", "{en: Half", 5, P.NOT_YAML, ""),
        ("version: 1\n", "", 1, P.MISSING_KEY, "version"),
        ("version: 1", "version: 2", 2, P.WRONG_VALUE, "version: Input should be 1"),
        ("id: half", "id: Half a", 3, P.WRONG_VALUE, "id: "),
        ("    control: precision", "    controll: precision", 9, P.UNKNOWN_KEY, "controll"),
        ("    control: precision", "    control: steering wheel", 9, P.WRONG_VALUE, "control: "),
        ("  - title: {en: Narrower, zh: 更窄}\n    text", "  - text", 7, P.MISSING_KEY, "title"),
        ("They take {weights_bytes}", "They take {wieghts_bytes}", 8, P.UNKNOWN_FIGURE, "{wieghts_bytes}"),
        ("They take {weights_bytes}", "They take {before.weights_bytes}", 8, P.UNKNOWN_FIGURE, "{before.weights_bytes}"),
        ("They take {weights_bytes}", "They take {weights_bytes - batch_size}", 8, P.WRONG_VALUE, "these two"),
        ("They take {weights_bytes}", "They take {weights_bytes", 8, P.WRONG_VALUE, "a brace"),
        ("model: Llama-2-7b-hf", "model: Lama-2", 10, P.UNKNOWN_MODEL, "Lama-2"),
        ("weights: bf16}", "weights: bf16, gpu: RTX 9999}", 10, P.UNKNOWN_GPU, "RTX 9999"),
        ("weights: bf16}", "weights: int3}", 10, P.WRONG_VALUE, "weights"),
        ("weights: bf16}", "weights: int8, task: training}", 10, P.NO_SUCH_RUN, "full_training_needs_16_bit"),
        ("weights: bf16}", "context_length: long}", 10, P.WRONG_VALUE, "not a number"),
        ("done: {weights: [int8, fp8]}", "done: {weihgts: int8}", 12, P.UNKNOWN_FIGURE, "weihgts"),
        ("done: {weights: [int8, fp8]}", "done: {total_bytes: {at_most: much}}", 12, P.WRONG_VALUE, "8 GiB"),
        ("done: {weights: [int8, fp8]}", "done: {total_bytes: {below: 8 GiB}}", 12, P.WRONG_VALUE, "at_least"),
        ("done: {weights: [int8, fp8]}", "done: {weights: bf16}", 12, P.DONE_AT_START, ""),
        ("answer: {weights: int8}", "answer: {weights: fp32}", 13, P.ANSWER_FAILS, ""),
        ("    answer: {weights: int8}\n", "", 7, P.WRONG_VALUE, "come together"),
        ("    then: ", "    others: {start: {weights: int8}}\n    then: ", 14, P.WRONG_VALUE, "names already"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(read, old, new, line, problem, detail):
    assert old in LESSON
    error = complaint(read, LESSON.replace(old, new))
    assert (error.place, error.line, error.problem) == ("mine.yaml", line, problem)
    assert detail in error.detail


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("[]", 1),
        ("a: &x [1]\nb: *x", 1),
        ("a: " + "[" * 5000, 1),
        ("a: 2026-99-99", 1),
        ("\x00", 1),
        ("a: !!python/object:os.system x", 1),
        ("x" * 70_000, 1),
    ],
)
def test_hostile_files_are_refused(read, text, line):
    assert complaint(read, text).line == line


def test_the_first_mistake_of_several_is_told(read):
    text = LESSON.replace("id: half", "id: A B").replace("control: precision", "control: wheel")
    assert complaint(read, text).line == 3


def test_the_heading_is_read_without_the_steps():
    head = read_heading(LESSON.replace("control: precision", "control: [").encode(), "mine.yaml")
    assert (head.id, head.title.in_language("en")) == ("half", "Half")
    with pytest.raises(LessonError):
        read_heading(b"format: fitting-room lesson\nsteps: []", "mine.yaml")


def test_lessons_are_told_from_other_files():
    assert is_lesson(LESSON.encode())
    assert is_lesson(b"\xef\xbb\xbfformat: 'fitting-room lesson'\nsteps: [")
    assert not is_lesson(b'{"format": "fitting-room scenario"}')
    assert not is_lesson(b"base_model: fitting-room lesson")
