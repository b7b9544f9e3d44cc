"""A small dim line of text that keeps its place when it is empty, so that nothing jumps."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

_SMALL = 0.88


def note_label(parent: QWidget) -> QLabel:
    """One line, never wider than there is room."""
    label = QLabel(parent)
    font = label.font()
    if font.pointSizeF() > 0:
        font.setPointSizeF(_SMALL * font.pointSizeF())
    label.setFont(font)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    label.setFixedHeight(label.fontMetrics().height())
    return label
