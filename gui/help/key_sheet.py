"""All keys on one sheet, read from the actions themselves."""

from collections.abc import Iterable

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from gui.help.rich import section_html, table_html
from gui.widgets.caption import without_mnemonic


class KeySheet(QDialog):
    """What the actions and buttons of ``window`` do by which keys."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("key_sheet")
        self.setWindowTitle(self.tr("Keys"))
        text = QTextBrowser(self)
        text.setObjectName("key_sheet_text")
        text.setAccessibleName(self.windowTitle())
        text.setHtml(self._sheet_html(window))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addWidget(buttons)
        line = self.fontMetrics().height()
        self.resize(34 * line, 34 * line)

    def _sheet_html(self, window: QWidget) -> str:
        runs = [(button.text(), button.shortcut()) for button in window.findChildren(QPushButton) if not button.shortcut().isEmpty()]
        sections = [
            (self.tr("Kind of run"), [(without_mnemonic(name), _native([key])) for name, key in runs]),
            (self.tr("Actions"), list(_of_actions(window))),
            (
                self.tr("Sliders and boxes"),
                [
                    (self.tr("to the next control"), _native(["Tab"])),
                    (self.tr("one step"), "← →"),
                    (self.tr("double or halve"), _native(["PgUp", "PgDown"])),
                    (self.tr("to either end"), _native(["Home", "End"])),
                    (self.tr("apply what was typed"), _native(["Return"])),
                    (self.tr("give the old value back"), _native(["Esc"])),
                    (self.tr("to a control by its underlined letter"), f"{_native(['Alt+X']).removesuffix('X')}…"),
                ],
            ),
            (
                self.tr("Legend"),
                [
                    (self.tr("from part to part"), "← ↑ ↓ →"),
                    (self.tr("the formula of a part"), _native(["Return"])),
                    (self.tr("out of the bars, and in again"), _native(["Space"])),
                ],
            ),
            (
                self.tr("In a presentation"),
                [
                    (self.tr("a prepared scenario: pinned, A to I"), "1 … 9"),
                    (self.tr("the next of them, or the one before"), _native(["PgDown", "PgUp"])),
                    (self.tr("back to where a demonstration began"), _native(["0"])),
                    (self.tr("back to the window"), _native(["Esc"])),
                ],
            ),
        ]
        return "".join(section_html(title) + table_html(rows, right=True) for title, rows in sections)


def _of_actions(window: QWidget) -> Iterable[tuple[str, str]]:
    """In the order of their names, all that can be called by a key on this system."""
    named = [action for action in window.findChildren(QAction) if action.parent() is window and not action.shortcut().isEmpty()]
    for action in sorted(named, key=lambda action: action.text().casefold()):
        yield action.text(), _native(action.shortcuts())


def _native(keys: Iterable[QKeySequence | str]) -> str:
    return "  ·  ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)
