"""No member of an enum is without its word, in any language that is shipped."""

from collections.abc import Callable, Iterator
from enum import StrEnum

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QApplication

from core.memory import (
    Attention,
    Component,
    FitCause,
    FitStatus,
    Format,
    Method,
    MomentName,
    Optimizer,
    Reason,
    Recipe,
    Runtime,
    Task,
)
from core.quantity import Problem, QuantityError
from gui import assets, problem_words, words

LANGUAGES = ["en", *sorted(path.stem.removeprefix("fitting-room_") for path in assets.TRANSLATIONS.glob("fitting-room_*.qm"))]

OF_MEMBERS: list[tuple[Callable[..., str], type[StrEnum]]] = [
    (words.component_name, Component),
    (words.component_meaning, Component),
    (words.moment_name, MomentName),
    (words.status_word, FitStatus),
    (words.recipe_name, Recipe),
    (words.optimizer_name, Optimizer),
    (words.attention_name, Attention),
    (words.runtime_name, Runtime),
    (words.format_name, Format),
    (problem_words.refusal_reason, Reason),
]
SENTENCES = [
    *(words.component_meaning(component) for component in Component),
    *(problem_words.refusal_reason(reason) for reason in Reason),
    *(words.fit_cause(cause) for cause in FitCause if cause is not FitCause.NONE),
]
"""In English: imported before any translator is installed."""


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    translator = QTranslator()
    if request.param != "en":
        assert translator.load(f"fitting-room_{request.param}", str(assets.TRANSLATIONS))
        qapp.installTranslator(translator)
    yield request.param
    qapp.removeTranslator(translator)


@pytest.mark.parametrize(("word", "members"), OF_MEMBERS, ids=lambda value: getattr(value, "__name__", None))
def test_every_member_has_a_word_of_its_own(language: str, word: Callable[..., str], members: type[StrEnum]) -> None:
    said = [word(member) for member in members]
    assert all(text.strip() for text in said)
    assert len(set(said)) == len(said)


def test_every_kind_of_run_has_a_word_of_its_own(language: str) -> None:
    said = {words.run_name(Task.INFERENCE, method) for method in Method}
    assert len(said) == 1
    said |= {words.run_name(Task.TRAINING, method) for method in Method}
    assert len(said) == 1 + len(Method)
    assert all(said)


def test_only_what_fits_has_no_cause(language: str) -> None:
    assert words.fit_cause(FitCause.NONE) == ""
    said = [words.fit_cause(cause) for cause in FitCause if cause is not FitCause.NONE]
    assert all(said)
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_says_what_would_be_right(language: str, problem: Problem) -> None:
    said = problem_words.quantity_problem(QuantityError(problem, 128, 4096, "frogs"), "128", "4k")
    assert said
    assert "{" not in said
    expected = {
        Problem.EMPTY: ["128", "4k"],
        Problem.NOT_A_NUMBER: ["128"],
        Problem.UNKNOWN_SUFFIX: ["frogs"],
        Problem.TOO_SMALL: ["128"],
        Problem.TOO_LARGE: ["4k"],
    }
    for part in expected.get(problem, []):
        assert part in said


def test_sentences_are_translated(language: str) -> None:
    """Proper names may be the same everywhere; sentences are not."""
    said = {
        *(words.component_meaning(component) for component in Component),
        *(problem_words.refusal_reason(reason) for reason in Reason),
        *(words.fit_cause(cause) for cause in FitCause if cause is not FitCause.NONE),
    }
    assert len(said) == len(SENTENCES)
    assert said == set(SENTENCES) if language == "en" else said.isdisjoint(SENTENCES)
