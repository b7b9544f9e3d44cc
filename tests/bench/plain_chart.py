"""The yardstick: the same picture in plain pyqtgraph, updated and repainted, with nothing around it.

As many bars, rows and labels as the product's chart, the size of its chart; items made once and updated in place, as
pyqtgraph's documentation recommends. Run as a script it is the bare window that start-up is compared with.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")

import numpy as np
from PySide6.QtWidgets import QApplication, QMainWindow

import pyqtgraph as pg  # isort: skip  # after PySide6, or it picks another binding

COMPONENTS = 11
ROWS = 4


class PlainChart(pg.PlotWidget):  # type: ignore[misc]
    """Stacked horizontal bars with a label in each segment of the first and behind each of the others, and a limit line."""

    def __init__(self) -> None:
        super().__init__()
        self.setMouseEnabled(x=False, y=False)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setXRange(0, 40, padding=0)
        self.setYRange(-1, ROWS + 1, padding=0)
        self.bars = [pg.BarGraphItem(x0=[], width=[], y=[], height=[], brush=pg.intColor(i)) for i in range(COMPONENTS)]
        self.labels = [pg.TextItem(anchor=(0.5, 0.5)) for _ in range(COMPONENTS + ROWS)]
        for item in (*self.bars, *self.labels, pg.InfiniteLine(24.0)):
            self.addItem(item)

    def show_stacks(self, stacks: Sequence[Sequence[float]]) -> None:
        table = np.array(stacks, dtype=float)
        ends = np.cumsum(table, axis=1)
        y = np.arange(len(table), dtype=float)
        height = np.full(len(table), 0.6)
        for column, bar in enumerate(self.bars):
            widths = table[:, column]
            bar.setOpts(x0=ends[:, column] - widths, width=widths, y=y, height=height)
            self.labels[column].setText(f"{widths[0]:.1f}")
            self.labels[column].setPos(ends[0, column] - widths[0] / 2, 0.0)
        for row, label in enumerate(self.labels[COMPONENTS : COMPONENTS + len(table)]):
            label.setText(f"{ends[row, -1]:.1f}")
            label.setPos(ends[row, -1] + 1, float(row))


def main() -> int:
    """Open the bare window, wait for its first paint, leave: what the libraries alone cost."""
    import pydantic

    class State(pydantic.BaseModel):
        batch_size: int = 1

    State()
    app = QApplication(sys.argv)
    window = QMainWindow()
    chart = PlainChart()
    window.setCentralWidget(chart)
    window.resize(1280, 800)
    window.show()
    chart.show_stacks([[1.0] * COMPONENTS] * ROWS)
    window.grab()
    app.processEvents()
    sys.stdout.write(peak_kib())
    return 0


def peak_kib() -> str:
    """VmHWM of this process; ru_maxrss would start from what the parent had when it forked."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    sys.exit(main())
