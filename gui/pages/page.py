"""What all tabs are: a view of the same scenario."""

from collections.abc import Iterator

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QWidget

from core.memory import Component
from gui.frame import Frame


class Page(QWidget):
    """Shows a frame: what is cheap at once, by ``show_frame``; the rest afterwards, by ``follow``. Only the open tab is asked.

    Pages that tell components apart emit ``pointed`` with the one under the pointer, or None, and ``chosen`` with one that was selected.
    """

    pointed = Signal(object)
    chosen = Signal(object)

    def show_frame(self, frame: Frame) -> None:
        """On the frame itself. Idempotent; emits nothing."""

    def follow(self, frame: Frame) -> Iterator[object]:  # noqa: ARG002 -- for those that need it
        """After it, in slices; each ``yield`` is a place where it may be left for good."""
        return iter(())

    def show_pointed(self, component: Component | None) -> None:
        """Set ``component`` off from the others, wherever it is pointed at."""

    def show_without(self, hidden: frozenset[Component]) -> None:
        """Leave ``hidden`` out of a picture."""

    def hasHeightForWidth(self) -> bool:
        """Nor do wrapped lines in them push the window's other parts away."""
        return False

    def minimumSizeHint(self) -> QSize:
        """Pages share their place with the chart, which decides how small it may be."""
        return QSize(1, 1)
