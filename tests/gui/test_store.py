import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from core.memory import Format, Method, Reason, Recipe, Scenario, Task, architecture_from_parameter_count
from gui.store import MAX_UNDO, Store


class Listener:
    """Keeps what a store says."""

    def __init__(self, store: Store) -> None:
        self.changed: list[Scenario] = []
        self.refused: list[object] = []
        store.changed.connect(self.changed.append)
        store.refused.connect(self.refused.append)


@pytest.fixture
def store(qapp: object) -> Store:
    return Store(Scenario(architecture=architecture_from_parameter_count(7 * 10**9)))


@pytest.fixture
def heard(store: Store) -> Listener:
    return Listener(store)


def turn() -> None:
    """One turn of the event loop."""
    QCoreApplication.processEvents()


def test_many_changes_in_one_turn_are_announced_once(store: Store, heard: Listener) -> None:
    for batch_size in range(2, 302):
        assert store.dispatch(batch_size=batch_size)
    assert heard.changed == []
    turn()
    assert [scenario.batch_size for scenario in heard.changed] == [301]
    turn()
    assert len(heard.changed) == 1


def test_the_state_is_there_at_once(store: Store) -> None:
    store.dispatch(context_length=8192)
    assert store.scenario.context_length == 8192


def test_no_change_is_no_news_and_nothing_to_undo(store: Store, heard: Listener) -> None:
    assert store.dispatch(batch_size=store.scenario.batch_size)
    turn()
    assert heard.changed == []
    assert not store.can_undo


def test_undo_and_redo_go_back_and_forth(store: Store, heard: Listener) -> None:
    first = store.scenario
    store.dispatch(batch_size=2)
    store.dispatch(context_length=8192)
    last = store.scenario
    store.undo()
    assert (store.scenario.batch_size, store.scenario.context_length) == (2, first.context_length)
    store.undo()
    assert store.scenario == first
    assert not store.can_undo
    store.redo()
    store.redo()
    assert store.scenario == last
    assert not store.can_redo
    turn()
    assert heard.changed == [last]


def test_undo_without_a_past_and_redo_without_a_future_do_nothing(store: Store, heard: Listener) -> None:
    first = store.scenario
    store.undo()
    store.redo()
    turn()
    assert store.scenario is first
    assert heard.changed == []


def test_a_new_change_ends_the_future(store: Store) -> None:
    store.dispatch(batch_size=2)
    store.undo()
    store.dispatch(batch_size=3)
    assert not store.can_redo


def test_a_gesture_is_one_step(store: Store) -> None:
    first = store.scenario
    store.dispatch(batch_size=2)
    store.begin_gesture()
    for context_length in range(1000, 1200):
        store.dispatch(context_length=context_length)
        turn()
    store.end_gesture()
    store.undo()
    assert store.scenario == first.evolve(batch_size=2)
    store.undo()
    assert store.scenario == first
    assert not store.can_undo
    store.redo()
    store.redo()
    assert store.scenario.context_length == 1199


def test_two_gestures_are_two_steps(store: Store) -> None:
    for batch_size in (8, 16):
        store.begin_gesture()
        store.dispatch(batch_size=batch_size - 1)
        store.dispatch(batch_size=batch_size)
        store.end_gesture()
    store.undo()
    assert store.scenario.batch_size == 8
    store.undo()
    assert store.scenario.batch_size == 1


def test_undo_amid_a_gesture_loses_nothing(store: Store) -> None:
    """Ctrl+Z with the button still held: what is dragged afterwards can be undone, and redo does not lead elsewhere."""
    first = store.scenario
    store.begin_gesture()
    store.dispatch(batch_size=50)
    store.undo()
    store.dispatch(batch_size=60)
    store.end_gesture()
    assert not store.can_redo
    store.undo()
    assert store.scenario == first


def test_the_end_of_a_gesture_is_announced_even_without_a_change(store: Store, heard: Listener) -> None:
    """Axes that kept still and screen readers wait for it."""
    store.begin_gesture()
    assert store.in_gesture
    store.end_gesture()
    assert not store.in_gesture
    turn()
    assert heard.changed == [store.scenario]
    store.end_gesture()
    turn()
    assert len(heard.changed) == 1


def test_undo_remembers_so_many_steps_and_no_more(store: Store) -> None:
    for batch_size in range(2, MAX_UNDO + 50):
        store.dispatch(batch_size=batch_size)
    steps = 0
    while store.can_undo:
        store.undo()
        steps += 1
    assert steps == MAX_UNDO
    assert store.scenario.batch_size == MAX_UNDO + 49 - MAX_UNDO


@pytest.mark.parametrize(
    "changes", [{"batch_size": 0}, {"batch_size": 10**9}, {"context_length": "many"}, {"weights": "int3"}, {"no_such": 1}]
)
def test_what_is_invalid_is_refused_in_words(store: Store, heard: Listener, changes: dict[str, object]) -> None:
    before = store.scenario
    assert not store.dispatch(**changes)
    turn()
    assert store.scenario is before
    assert heard.changed == []
    assert not store.can_undo
    assert [type(said) for said in heard.refused] == [str]
    assert heard.refused[0]


def test_what_no_real_run_allows_is_refused_with_its_reason(store: Store, heard: Listener) -> None:
    store.dispatch(task=Task.TRAINING)
    before = store.scenario
    assert not store.dispatch(weights=Format.INT4)
    assert not store.replace(before.evolve(method=Method.QLORA))
    assert not store.replace(before.evolve(recipe=Recipe.MIXED, weights=Format.FP32))
    assert store.scenario is before
    assert heard.refused == [Reason.FULL_TRAINING_NEEDS_16_BIT, Reason.QLORA_BASE_QUANTIZED, Reason.RECIPE_STORES_16_BIT]


def test_history_says_when_undo_and_redo_become_possible(store: Store, qtbot: QtBot) -> None:
    with qtbot.waitSignal(store.history_changed):
        store.dispatch(batch_size=2)
    assert (store.can_undo, store.can_redo) == (True, False)
    with qtbot.waitSignal(store.history_changed):
        store.undo()
    assert (store.can_undo, store.can_redo) == (False, True)
