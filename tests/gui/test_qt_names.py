"""No name of ours hides one of Qt's: ``self.actions = {}`` would take ``QWidget.actions()`` away from everyone, silently."""

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, SignalInstance
from PySide6.QtWidgets import QGraphicsItem

from core.memory import Method, Task

#: Virtual functions that Qt and pyqtgraph call and subclasses are meant to give; beside these, everything that ends in "Event".
MEANT = {
    *("sizeHint", "minimumSizeHint", "event", "eventFilter"),
    *("rowCount", "columnCount", "headerData", "data", "sort"),
    *("paint", "boundingRect", "tickStrings", "tickSpacing"),
    *("currentChanged", "dataChanged", "filterAcceptsRow", "focusNextPrevChild", "hasHeightForWidth"),
}


def of_ours(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "gui"


def subclasses(of: type) -> Iterator[type]:
    for cls in of.__subclasses__():
        yield cls
        yield from subclasses(cls)


def hidden(cls: type, names: Any) -> set[str]:
    """Which of ``names`` the foreign bases of ``cls`` have too."""
    foreign = {name for base in cls.__mro__ if not of_ours(base) and base is not object for name in vars(base)}
    return {name for name in names if name in foreign and not name.startswith("__")}


def test_no_class_hides_a_name_of_its_base(room: Any) -> None:
    """With the window open, every module with a widget is loaded."""
    ours = {cls for base in (QObject, QGraphicsItem) for cls in subclasses(base) if of_ours(cls)}
    assert len(ours) > 15
    # Signals and metaobjects that shiboken puts into each class are no work of ours.
    found = {(cls.__name__, name) for cls in ours for name in hidden(cls, vars(cls)) if name != "staticMetaObject"}
    assert {(cls, name) for cls, name in found if name not in MEANT and not name.endswith("Event")} == set()


@pytest.mark.parametrize("fields", [{}, {"task": Task.TRAINING, "method": Method.LORA}])
def test_no_object_hides_a_name_of_its_base(room: Any, fields: dict[str, Any]) -> None:
    room.set(batch_size=2, **fields)
    objects = [room.controller, room.store, room.window, *room.window.findChildren(QObject)]
    ours = [item for item in objects if of_ours(type(item))]
    assert len(ours) > 25
    for item in ours:
        # Signals of the base are put into the object by shiboken when they are first asked for.
        own = [name for name, value in vars(item).items() if not isinstance(value, SignalInstance)]
        assert hidden(type(item), own) == set(), type(item)


def test_the_check_sees_what_it_is_for(room: Any) -> None:
    assert hidden(type(room.window), ["actions", "_estimate", "chart"]) == {"actions"}
