"""Twenty thousand slider changes in one process: nothing grows, nothing drifts.

PySide6 6.12.0 lost some nineteen references to None with every turn of the event loop and so killed Python 3.11, where None can die;
pyqtgraph has leaked items. Both show here.
"""

import gc
import sys
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QCoreApplication, QObject, QPoint
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

CHANGES = 20_000
WARM_UP = 2_000
MAX_GROWTH_BYTES = 8 * 2**20
#: Drift of reference counts, a change. A loss is fatal when the count reaches zero; 6.12.0 would exceed this a thousandfold.
MAX_LOST = 0.02
#: Python may keep what the binding leaves over: 6.11.3 a reference or two to None, harmless even in a year of use.
MAX_LEFT_OVER = 10

IMMORTAL = (None, True, False)


class Kept(NamedTuple):
    """What a process holds on to."""

    resident_bytes: int
    qt_objects: int
    graphics_items: int
    wrappers: int
    references: tuple[int, ...]


class Dragger:
    """Drags the sliders to and fro; every stop of the pointer that changes something is painted before the next."""

    def __init__(self, room: Any, bot: QtBot) -> None:
        self._room, self._bot = room, bot
        self._sliders = cycle(("parameters", "batch", "context"))
        self._changes = 0
        room.store.changed.connect(self._count)

    def _count(self) -> None:
        self._changes += 1

    def drag(self, changes: int) -> None:
        """Until the window has answered so many changes."""
        end = self._changes + changes
        while self._changes < end:
            name = next(self._sliders)
            track = self._room.track(name)
            self._room.press_handle(name)
            here = round(track.tick_x(track.value()))
            for x in (*range(here, track.width()), *range(track.width(), 0, -1), *range(0, here)):
                self._bot.mouseMove(track, QPoint(x, track.height() // 2))
                QCoreApplication.processEvents()
            self._room.release(name)
            QCoreApplication.processEvents()

    def kept(self) -> Kept:
        """Taken in one and the same state: the example, after so many steps to undo that they are all alike."""
        for number in range(250):
            self._room.set(batch_size=2 + number % 2)
        self._room.set(batch_size=1)
        gc.collect()
        window = self._room.window
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return Kept(
            resident_bytes=1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")),
            qt_objects=len(window.findChildren(QObject)),
            graphics_items=len(window.chart.findChild(pg.PlotWidget).scene().items()),
            wrappers=len(Shiboken.getAllValidWrappers()),
            references=tuple(map(sys.getrefcount, IMMORTAL)),
        )


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads its memory from /proc")
def test_twenty_thousand_slider_changes(room: Any, qtbot: QtBot) -> None:
    room.window.resize(room.window.minimumSizeHint())  # the same work, fewer pixels
    room.find(QLineEdit, "gpu_filter").setText("4090")  # every card is judged, a few rows are painted
    dragger = Dragger(room, qtbot)
    dragger.drag(WARM_UP)
    before = dragger.kept()
    dragger.drag(CHANGES)
    after = dragger.kept()

    assert after.resident_bytes - before.resident_bytes < MAX_GROWTH_BYTES
    assert after.qt_objects == before.qt_objects
    assert after.graphics_items == before.graphics_items
    assert after.wrappers <= before.wrappers
    for one, was, now in zip(IMMORTAL, before.references, after.references, strict=True):
        assert -MAX_LOST * CHANGES < now - was < MAX_LEFT_OVER * CHANGES, one
