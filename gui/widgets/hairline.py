"""A thin line between two parts of the window."""

from PySide6.QtWidgets import QFrame, QWidget


def hairline(parent: QWidget) -> QFrame:
    """Horizontal, one pixel."""
    line = QFrame(parent)
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFrameShadow(QFrame.Shadow.Plain)
    line.setForegroundRole(line.palette().ColorRole.Mid)
    line.setFixedHeight(1)
    return line
