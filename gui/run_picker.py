"""Inference, training, LoRA, QLoRA: one of them is on."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from core.memory import Method, Scenario, Task
from gui.theme import Theme, font
from gui.words import run_name

RUNS: tuple[tuple[Task, Method], ...] = (
    (Task.INFERENCE, Method.FULL),
    (Task.TRAINING, Method.FULL),
    (Task.TRAINING, Method.LORA),
    (Task.TRAINING, Method.QLORA),
)


class RunPicker(QWidget):
    """Emits ``picked`` with (task, method)."""

    picked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.group = QButtonGroup(self)
        self.group.setExclusive(True)
        for number, (task, method) in enumerate(RUNS):
            button = QPushButton(run_name(task, method), self)
            button.setObjectName(f"run_{task.value}_{method.value}")
            button.setCheckable(True)
            button.setFont(font(bold=True))
            button.setShortcut(f"Ctrl+{number + 1}")
            button.setToolTip(f"Ctrl+{number + 1}")
            button.setAutoDefault(False)
            button.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            button.setStyleSheet(segment_style(theme))
            self.group.addButton(button, number)
            row.addWidget(button)
        self.group.idClicked.connect(self._on_clicked)

    def render_scenario(self, scenario: Scenario) -> None:
        run = (scenario.task, scenario.method if scenario.task is Task.TRAINING else Method.FULL)
        button = self.group.button(RUNS.index(run))
        if not button.isChecked():
            with QSignalBlocker(self.group):
                button.setChecked(True)
        if not button.focusPolicy() & Qt.FocusPolicy.TabFocus:
            # Tab stops once in a group, and should at the run that is on; Qt cares only when a button gets the focus.
            for other in self.group.buttons():
                other.setFocusPolicy(Qt.FocusPolicy.StrongFocus if other is button else Qt.FocusPolicy.ClickFocus)

    def _on_clicked(self, number: int) -> None:
        self.picked.emit(RUNS[number])


def segment_style(theme: Theme, side_px: int = 14) -> str:
    """The checked button is unmistakable; Fusion's own shade is lost on a projector."""
    return (
        f"QPushButton {{ background: {theme.base}; color: {theme.text}; border: 1px solid {theme.hairline};"
        f" border-radius: 4px; padding: 4px {side_px}px; }}"
        f"QPushButton:checked {{ background: {theme.accent}; color: {theme.on_accent}; border-color: {theme.accent}; }}"
    )
