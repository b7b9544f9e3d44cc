"""A small form for a card of one's own, or for the usable memory of a known one."""

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QDoubleSpinBox, QFormLayout, QLabel, QLineEdit, QWidget

from core.catalogue.gpus import unnumbered
from core.memory import Gpu
from core.memory.units import GIB
from gui.quantities import ByteUnit

_MAX_GIB = 100_000.0


class CardDialog(QDialog):
    """Filled with ``card``; ``values`` is what was entered, ``wants_removal`` whether the card is to be forgotten instead."""

    def __init__(self, card: Gpu | None, own: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("card_dialog")
        self.setWindowTitle(self.tr("Your card"))
        self.wants_removal = False
        self.name_box = QLineEdit(unnumbered(card.name) if card is not None else "", self)
        self.name_box.setMaxLength(100)
        self.memory_box, self.usable_box = self._gib_box(), self._gib_box()
        if card is not None:
            self.memory_box.setValue(card.memory_bytes / GIB)
            self.usable_box.setValue(card.usable_bytes / GIB)
        note = QLabel(self.tr("Usable: what one process can have, without what the driver, ECC and the display take."), self)
        note.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel, self)
        if own:
            remove = self.buttons.addButton(self.tr("Forget"), QDialogButtonBox.ButtonRole.DestructiveRole)
            remove.setObjectName("forget_card")
            remove.clicked.connect(self._on_remove)
        form = QFormLayout(self)
        form.addRow(self.tr("Name"), self.name_box)
        form.addRow(self.tr("Memory"), self.memory_box)
        form.addRow(self.tr("Usable"), self.usable_box)
        form.addRow(note)
        form.addRow(self.buttons)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.memory_box.valueChanged.connect(self._on_memory)
        self.name_box.textChanged.connect(self._check)
        self._check()

    @property
    def values(self) -> tuple[str, int, int]:
        """(name, memory, usable) with both in bytes; no more is usable than there is."""
        memory = round(self.memory_box.value() * GIB)
        return unnumbered(self.name_box.text()), memory, min(memory, round(self.usable_box.value() * GIB))

    def _gib_box(self) -> QDoubleSpinBox:
        box = QDoubleSpinBox(self)
        box.setDecimals(2)
        box.setRange(0.25, _MAX_GIB)
        box.setSuffix(f"\u00a0{ByteUnit.GIB.value}")
        return box

    def _on_memory(self, gib: float) -> None:
        self.usable_box.setMaximum(gib)

    def _check(self) -> None:
        self.buttons.button(QDialogButtonBox.StandardButton.Save).setEnabled(bool(unnumbered(self.name_box.text())))

    def _on_remove(self) -> None:
        self.wants_removal = True
        self.accept()
