"""The bar at the top: kind of run, what is done most, and a menu of everything else."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from core.memory import Method, Scenario, Task
from gui.theme import Theme, font
from gui.window_actions import FOLD_FIRST, HEADER, MENU, WindowActions
from gui.words import run_name

RUNS: tuple[tuple[Task, Method], ...] = (
    (Task.INFERENCE, Method.FULL),
    (Task.TRAINING, Method.FULL),
    (Task.TRAINING, Method.LORA),
    (Task.TRAINING, Method.QLORA),
)


class Header(QWidget):
    """Emits ``run_picked`` with (task, method); its buttons show the window's actions. Buttons it is too narrow for stand in its menu."""

    run_picked = Signal(object)

    def __init__(self, actions: WindowActions, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
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
            button.setStyleSheet(_segment_style(theme))
            self.group.addButton(button, number)
            row.addWidget(button)
        row.addStretch(1)
        self._tools = {name: self._tool(actions[name]) for name in HEADER}
        self.menu_button = QToolButton(self)
        self.menu_button.setObjectName("menu")
        self.menu_button.setText(self.tr("More"))
        self.menu_button.setToolTip(self.tr("Everything else, and help"))
        self.menu_button.setAutoRaise(True)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(self.menu_button)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self._fill_menu)
        self.menu_button.setMenu(menu)
        row.addWidget(self.menu_button)
        self.group.idClicked.connect(self._on_clicked)

    def _tool(self, action: QAction) -> QToolButton:
        tool = QToolButton(self)
        tool.setDefaultAction(action)
        tool.setAutoRaise(True)
        if action.menu() is not None:
            tool.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        tool.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._row.addWidget(tool)
        return tool

    def _fill_menu(self) -> None:
        """What there is no room for as a button comes first."""
        menu = self.menu_button.menu()
        menu.clear()
        folded = tuple(name for name, tool in self._tools.items() if tool.isHidden())
        for group in (folded, *MENU):
            menu.addActions(self._actions.all(group))
            menu.addSeparator()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        """Show as many buttons as there is room for."""
        margins = self._row.contentsMargins()
        room = self.width() - margins.left() - margins.right() - self._width(self._always())
        needs = {name: self._width([tool]) for name, tool in self._tools.items()}
        shown = set(self._tools)
        for name in FOLD_FIRST:
            if sum(needs[other] for other in shown) <= room:
                break
            shown.discard(name)
        for name, tool in self._tools.items():
            tool.setVisible(name in shown)

    def _always(self) -> list[QWidget]:
        return [*self.group.buttons(), self.menu_button]

    def _width(self, parts: Sequence[QWidget]) -> int:
        return sum(part.sizeHint().width() + self._row.spacing() for part in parts)

    def minimumSizeHint(self) -> QSize:
        margins = self._row.contentsMargins()
        return QSize(self._width(self._always()) + margins.left() + margins.right(), self._row.minimumSize().height())

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
        self.run_picked.emit(RUNS[number])


def _segment_style(theme: Theme) -> str:
    """The checked button is unmistakable; Fusion's own shade is lost on a projector."""
    return (
        f"QPushButton {{ background: {theme.base}; color: {theme.text}; border: 1px solid {theme.hairline};"
        " border-radius: 4px; padding: 4px 14px; }"
        f"QPushButton:checked {{ background: {theme.accent}; color: {theme.on_accent}; border-color: {theme.accent}; }}"
        f"QPushButton:focus {{ border: 2px solid {theme.text}; padding: 3px 13px; }}"
    )
