"""The caption of a control: names it, carries its mnemonic, and resets it on a double click or by a key."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QMouseEvent
from PySide6.QtWidgets import QLabel, QWidget

# Resets the control that has the focus. A single key would clash with typing into a box.
RESET_KEY = "Ctrl+Shift+R"


class Caption(QLabel):
    """A label whose double click asks for the default of the control it names."""

    resetRequested = Signal()

    def __init__(self, text: str, buddy: QWidget, parent: QWidget) -> None:
        super().__init__(text, parent)
        self.setBuddy(buddy)
        self.setToolTip(self.tr("Double-click, or {key} in the control: back to the example’s value").format(key=reset_key_text()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.resetRequested.emit()

    def plain_text(self) -> str:
        """The caption as a screen reader should say it: without the mark of the mnemonic."""
        return without_mnemonic(self.text())


def reset_key_text() -> str:
    """The key as this system writes it."""
    return QKeySequence(RESET_KEY).toString(QKeySequence.SequenceFormat.NativeText)


def request_reset(part: QWidget | None, inside: QWidget) -> bool:
    """Ask for the default of the control that ``part`` is, or is a part of; False where nothing ``inside`` has a caption for it."""
    captions: dict[QWidget | None, Caption] = {caption.buddy(): caption for caption in inside.findChildren(Caption)}
    while part is not None and part is not inside:
        caption = captions.get(part) or captions.get(part.focusProxy())
        if caption is not None:
            caption.resetRequested.emit()
            return True
        part = part.parentWidget()
    return False


def without_mnemonic(caption: str) -> str:
    """``caption`` without the mark of its mnemonic; Chinese captions carry theirs as "批量(&B)"."""
    plain = caption
    start = plain.find("(&")
    if start > 0 and plain[start + 3 : start + 4] == ")":
        plain = plain[:start] + plain[start + 4 :]
    return plain.replace("&&", "\0").replace("&", "").replace("\0", "&").strip()
