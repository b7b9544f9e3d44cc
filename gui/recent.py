"""Files that were opened or saved lately, as a menu."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from gui.session import Preferences

MAX_RECENT = 8


class RecentFiles(QObject):
    """The latest first, kept in ``preferences``. Emits ``picked`` with a Path."""

    picked = Signal(object)

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences

    @property
    def paths(self) -> list[str]:
        return self._preferences.recent_files

    def add(self, path: Path) -> None:
        """Put ``path`` first."""
        try:
            name = str(path.resolve())
        except OSError:  # a path that leads nowhere any more
            return
        if "\n" not in name:
            self._preferences.recent_files = [name, *(other for other in self.paths if other != name)][:MAX_RECENT]

    def menu(self, parent: QWidget) -> QMenu:
        """A menu that shows what there is when it comes up."""
        menu = QMenu(parent)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(lambda: self._fill(menu))
        return menu

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        for name in self.paths:
            path = Path(name)
            action = menu.addAction(path.name.replace("&", "&&"))
            action.setToolTip(name)
            action.triggered.connect(lambda _checked=False, path=path: self.picked.emit(path))
        if menu.isEmpty():
            menu.addAction(self.tr("Nothing was opened or saved yet")).setEnabled(False)
