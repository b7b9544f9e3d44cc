"""What training learns from: preference methods, their reference model, the loss they have."""

from typing import Any

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox

from core.memory import Method, Task, estimate
from core.memory.scenario import Loss, Objective


def pick(room: Any, name: str, text: str) -> None:
    with room.change():
        box = room.find(QComboBox, name)
        box.setCurrentIndex(box.findText(text))


@pytest.fixture
def training(room: Any) -> Any:
    room.set(task=Task.TRAINING, recipe="pure16", context_length=1024)
    return room


def test_a_reference_model_is_held_unless_it_was_asked_before(training: Any) -> None:
    reference = training.find(QCheckBox, "precomputed_reference")
    assert reference.isHidden() or not reference.isVisible()
    before = estimate(training.scenario).moments[0].stack.weights
    pick(training, "objective", "DPO, IPO")
    assert reference.isVisible()
    assert estimate(training.scenario).moments[0].stack.weights > 1.9 * before
    with training.change():
        reference.setChecked(True)
    assert training.scenario.precomputed_reference
    assert estimate(training.scenario).moments[0].stack.weights == before
    pick(training, "objective", "SimPO")
    assert not reference.isVisible()


@pytest.mark.parametrize("method", Method)
def test_every_method_learns_from_preferences(training: Any, method: Method) -> None:
    if method is not Method.FULL:
        training.set(method=method, weights="int4" if method is Method.QLORA else "bf16")
    for text, objective in (("KTO", Objective.KTO), ("ORPO", Objective.ORPO), ("next token (SFT)", Objective.NEXT_TOKEN)):
        pick(training, "objective", text)
        assert training.scenario.objective is objective


def test_a_loss_that_the_method_does_not_have_becomes_the_plain_one(training: Any) -> None:
    training.set(loss=Loss.FUSED_LINEAR)
    pick(training, "objective", "KTO")
    assert training.scenario.loss is Loss.FUSED_LINEAR
    pick(training, "objective", "ORPO")
    assert training.scenario.loss is Loss.PLAIN


def test_a_loss_that_is_not_plain_is_told_where_it_is_folded_away(training: Any) -> None:
    assert "loss" not in training.text("more_summary")
    training.set(loss=Loss.FUSED_LINEAR)
    assert "loss in chunks" in training.text("more_summary")
    training.set(task=Task.INFERENCE)
    assert "loss" not in training.text("more_summary")
