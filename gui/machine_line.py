"""One line above the list of cards: what is in this machine, and how much of it is in use."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QWidget

from core.machine import MachineCard, MachineProblem, Process, Reading
from gui.quantities import Numbers
from gui.theme import FontSize, font

_SHOWN_PROCESSES = 8


class MachineLine(QWidget):
    """Hidden until it is told of a reading. ``free_only_toggled``: judge by what is free now, or by the whole card."""

    free_only_toggled = Signal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text = QLabel(self)
        self.text.setObjectName("machine_text")
        self.text.setFont(font(FontSize.SMALL))
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.free_only_box = QCheckBox(self.tr("Free now"), self)
        self.free_only_box.setObjectName("machine_free_only")
        self.free_only_box.setFont(font(FontSize.SMALL))
        self.free_only_box.setChecked(True)
        self.free_only_box.setToolTip(self.tr("Judge the cards of this machine by what is free now; else by the whole card"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.free_only_box)
        self.free_only_box.toggled.connect(self.free_only_toggled)
        self.hide()

    def render_reading(self, reading: Reading, numbers: Numbers) -> None:
        cards = reading.cards
        self.free_only_box.setVisible(any(card.used_bytes is not None for card in cards))
        lost = any(problem is MachineProblem.CARD_LOST for problem, _ in reading.problems)
        if cards and lost:
            total = numbers.bytes(sum(card.total_bytes for card in cards))
            self.text.setText(self.tr("A GPU does not answer any more; {total} here").format(total=total))
        else:
            self.text.setText(self._summary(cards, numbers) if cards else self._nothing(reading))
        details = [self._details(card, numbers) for card in cards]
        details += [self._problem(problem, detail) for problem, detail in reading.problems]
        self.text.setToolTip("\n".join(details))
        self.text.setAccessibleDescription("; ".join(details))
        self.show()

    def _summary(self, cards: tuple[MachineCard, ...], numbers: Numbers) -> str:
        used = sum(card.used_bytes or 0 for card in cards)
        total = sum(card.total_bytes for card in cards)
        if all(card.used_bytes is None for card in cards):
            return self.tr("Here: {total}").format(total=numbers.bytes(total))
        if len(cards) == 1:
            return self.tr("Here: {used} of {total} in use").format(used=numbers.bytes(used), total=numbers.bytes(total))
        text = self.tr("Here: {count} GPUs, {used} of {total} in use")
        return text.format(count=len(cards), used=numbers.bytes(used), total=numbers.bytes(total))

    def _nothing(self, reading: Reading) -> str:
        if any(problem is not MachineProblem.NO_DRIVER for problem, _ in reading.problems):
            return self.tr("This machine’s GPU does not answer")
        return self.tr("No GPU found in this machine")

    def _problem(self, problem: MachineProblem, detail: str) -> str:
        match problem:
            case MachineProblem.NO_DRIVER:
                return self.tr("No driver for NVIDIA GPUs is installed ({detail}).").format(detail=detail[:200])
            case MachineProblem.DRIVER_FAILS:
                return self.tr("The driver fails: {detail}. Restart it, or the machine.").format(detail=detail[:200])
            case MachineProblem.CARD_LOST:
                return self.tr("A GPU does not answer any more ({detail}).").format(detail=detail[:200])

    def _details(self, card: MachineCard, numbers: Numbers) -> str:
        if card.used_bytes is None:
            return f"{card.name}: {numbers.bytes(card.total_bytes)}"
        text = self.tr("{name}: {used} of {total} in use, {free} free").format(
            name=card.name, used=numbers.bytes(card.used_bytes), total=numbers.bytes(card.total_bytes), free=numbers.bytes(card.free_bytes)
        )
        shown = [self._process(process, numbers) for process in card.processes[:_SHOWN_PROCESSES]]
        if len(card.processes) > _SHOWN_PROCESSES:
            shown.append("…")
        return "\n    ".join([text, *shown])

    def _process(self, process: Process, numbers: Numbers) -> str:
        used = self.tr("unknown") if process.used_bytes is None else numbers.bytes(process.used_bytes)
        return f"{process.name or process.pid}: {used}"
