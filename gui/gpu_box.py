"""The chosen card as a drop-down, where there is no room for the list."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from gui.gpu_table import GpuTable
from gui.widgets.caption import without_mnemonic
from gui.widgets.choice_slider import CalmComboBox


class GpuBox(QWidget):
    """Shows the rows of ``table``, each with the mark of its fit. Emits ``picked`` with the name of a card."""

    picked = Signal(str)

    def __init__(self, table: GpuTable, parent: QWidget) -> None:
        super().__init__(parent)
        self._table = table
        self._box = CalmComboBox(self)
        self._box.setObjectName("gpu_box")
        self._box.setModel(table)
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._box.setMinimumContentsLength(14)
        self._box.setMaxVisibleItems(16)
        caption = self.tr("GP&U")
        self._caption = QLabel(caption, self)
        self._caption.setBuddy(self._box)
        self._box.setAccessibleName(without_mnemonic(caption))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 10, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._caption, 0, Qt.AlignmentFlag.AlignRight)
        row.addWidget(self._box)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self._box)
        self._box.activated.connect(self._on_activated)

    def render_choice(self, name: str) -> None:
        """Show ``name``, also where the list's filter leaves it out."""
        with QSignalBlocker(self._box):
            self._box.setPlaceholderText(name)
            self._box.setCurrentIndex(self._table.row_of(name))

    def _on_activated(self, row: int) -> None:
        gpu = self._table.gpu_at(row)
        if gpu is not None:
            self.picked.emit(gpu.name)
