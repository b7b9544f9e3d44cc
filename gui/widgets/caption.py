"""The caption of a control: names it, carries its mnemonic, and resets it on a double click."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QLabel, QWidget


class Caption(QLabel):
    """A label whose double click asks for the default of the control it names."""

    resetRequested = Signal()

    def __init__(self, text: str, buddy: QWidget, parent: QWidget) -> None:
        super().__init__(text, parent)
        self.setBuddy(buddy)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.resetRequested.emit()

    def plain_text(self) -> str:
        """The caption as a screen reader should say it: without the mark of the mnemonic."""
        return without_mnemonic(self.text())


def without_mnemonic(caption: str) -> str:
    """``caption`` without the mark of its mnemonic; Chinese captions carry theirs as "批量(&B)"."""
    plain = caption
    start = plain.find("(&")
    if start > 0 and plain[start + 3 : start + 4] == ")":
        plain = plain[:start] + plain[start + 4 :]
    return plain.replace("&&", "\0").replace("&", "").replace("\0", "&").strip()
