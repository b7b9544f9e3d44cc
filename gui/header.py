"""The bar at the top: kind of run, what is done most, and a menu of everything else."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from core.memory import Scenario
from gui.run_picker import RunPicker
from gui.theme import Theme
from gui.window_actions import FOLD_FIRST, HEADER, MENU, WindowActions


class Header(QWidget):
    """Its buttons show the window's actions; those it is too narrow for stand in its menu."""

    def __init__(self, actions: WindowActions, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(4)
        self.runs = RunPicker(theme, self)
        row.addWidget(self.runs)
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

    def render_scenario(self, scenario: Scenario) -> None:
        self.runs.render_scenario(scenario)

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
            for action in self._actions.all(group):
                _add(menu, action)
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
        return [self.runs, self.menu_button]

    def _width(self, parts: Sequence[QWidget]) -> int:
        return sum(part.sizeHint().width() + self._row.spacing() for part in parts)

    def minimumSizeHint(self) -> QSize:
        margins = self._row.contentsMargins()
        return QSize(self._width(self._always()) + margins.left() + margins.right(), self._row.minimumSize().height())


def _add(menu: QMenu, action: QAction) -> None:
    """An action that has a menu of its own would only open that: it comes first in there."""
    own = action.menu()
    if not isinstance(own, QMenu):
        menu.addAction(action)
        return
    below = menu.addMenu(action.text())
    below.setToolTipsVisible(True)
    below.addAction(action.text(), action.shortcut(), action.trigger)
    below.addSeparator()
    own.aboutToShow.emit()  # it may fill itself only now
    below.addActions(own.actions())
