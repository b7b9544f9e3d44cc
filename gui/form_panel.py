"""Rows of a caption and a drop-down that stands for one field of the scenario."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QSizePolicy, QWidget

from gui.widgets.caption import Caption, without_mnemonic
from gui.widgets.choice_slider import CalmComboBox


class FieldBox(CalmComboBox):
    """A drop-down of the values of one field. It asks for a change, and shows what it is told."""

    edited = Signal(object)
    """A dict of the field and the value the user picked."""

    def __init__(self, field: str, choices: Sequence[tuple[str, object]], accessible_name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._field = field
        self._values = [value for _, value in choices]
        self.setObjectName(field)
        self.setAccessibleName(accessible_name)
        self.addItems([label for label, _ in choices])
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.currentIndexChanged.connect(self._on_index)

    def render_value(self, value: object) -> None:
        """Show ``value``; nothing when it is none of the choices."""
        index = self._values.index(value) if value in self._values else -1
        if index != self.currentIndex():
            with QSignalBlocker(self):
                self.setCurrentIndex(index)

    def offer(self, choices: Sequence[tuple[str, object]]) -> None:
        """Put ``choices`` in place of those there are. Idempotent; emits nothing."""
        values = [value for _, value in choices]
        if values != self._values:
            self._values = values
            with QSignalBlocker(self):
                self.clear()
                self.addItems([label for label, _ in choices])

    def _on_index(self, index: int) -> None:
        if index >= 0:
            self.edited.emit({self._field: self._values[index]})


class FormPanel(QWidget):
    """Captioned rows; each caption resets its field at a double click."""

    edited = Signal(object)
    reset_requested = Signal(object)
    """Names of the fields to give their default."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.form = QFormLayout(self)
        self.form.setContentsMargins(0, 0, 0, 0)
        self.form.setVerticalSpacing(6)
        self.form.setHorizontalSpacing(8)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)

    def add_choice(self, field: str, caption: str, choices: Sequence[tuple[str, object]]) -> FieldBox:
        """A row for ``field``; ``choices`` are (words, value)."""
        box = FieldBox(field, choices, without_mnemonic(caption), self)
        box.edited.connect(self.edited)
        self.add_row(field, caption, box)
        return box

    def add_row(self, field: str, caption: str, widget: QWidget) -> None:
        self.form.addRow(self._caption(field, caption, widget), widget)

    def add_wide_row(self, field: str, caption: str, widget: QWidget) -> QWidget:
        """A row whose caption is too long for the column of captions, with ``widget`` right behind it: the line that holds both."""
        line = QWidget(self)
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self.form.horizontalSpacing())
        row.addWidget(self._caption(field, caption, widget))
        row.addWidget(widget)
        row.addStretch(1)
        self.form.addRow(line)
        return line

    def _caption(self, field: str, caption: str, widget: QWidget) -> Caption:
        label = Caption(caption, widget, self)
        label.setProperty("field", field)
        label.resetRequested.connect(self._on_reset)
        return label

    def show_row(self, widget: QWidget, visible: bool) -> None:
        if self.form.isRowVisible(widget) != visible:
            self.form.setRowVisible(widget, visible)

    def _on_reset(self) -> None:
        self.reset_requested.emit((self.sender().property("field"),))
