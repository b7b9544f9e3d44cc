"""Taking home what is on screen: as a picture, a page, a table or a text, into a file or onto the clipboard."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QDir, QMimeData, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QInputDialog, QWidget

from gui.frame import Frame
from gui.pins import Pins
from gui.saving import suggested_name
from gui.session import save_bytes
from gui.take_home.page import as_page
from gui.take_home.report import Report, report_of
from gui.take_home.sheet import LEAST_WIDTH_PX, MOST_WIDTH_PX, USUAL_WIDTH_PX, Sheet
from gui.take_home.texts import as_csv, as_markdown, as_tabs

#: Lines of text that the picture on a page is high.
_LINES_ON_PAGE = 30


@dataclass(frozen=True, slots=True)
class OnScreen:
    """What is taken home."""

    frame: Frame
    verdict: str


class TakeHome(QObject):
    """Asks ``on_screen`` for what there is to take, and says what came of it to ``say``."""

    def __init__(self, window: QWidget, pins: Pins, on_screen: Callable[[], OnScreen], say: Callable[[str], None]) -> None:
        super().__init__(window)
        self._window, self._pins, self._on_screen, self._say = window, pins, on_screen, say
        self._folder = ""
        self._kind = 0

    def ask(self) -> None:
        """Let the user say what and where to, and save it there."""
        kinds = [
            self.tr("Report, one page (*.pdf)"),
            self.tr("Chart, pixels (*.png)"),
            self.tr("Chart, to scale and edit (*.svg)"),
            self.tr("Chart, to print (*.pdf)"),
            self.tr("Table, in bytes (*.csv)"),
            self.tr("Report as text (*.md)"),
        ]
        suffixes = [".pdf", ".png", ".svg", ".pdf", ".csv", ".md"]
        name = suggested_name(self._on_screen().frame.scenario) + suffixes[self._kind]
        place = QDir(self._folder).filePath(name) if self._folder else name
        chosen, kind = QFileDialog.getSaveFileName(self._window, self.tr("Take it home"), place, ";;".join(kinds), kinds[self._kind])
        if not chosen:
            return
        self._kind = kinds.index(kind) if kind in kinds else self._kind
        path = Path(chosen)
        named = [place for place, suffix in enumerate(suffixes) if suffix == path.suffix.lower()]
        if not named:
            path = path.with_name(path.name + suffixes[self._kind])
        elif self._kind not in named:  # a name typed with another ending than that of the kind: the name is what was meant
            self._kind = named[0]
        self._save_as(path, self._kind)

    def _save_as(self, path: Path, kind: int) -> None:
        match kind:
            case 0:
                self.save_page(path)
            case 1:
                width, given = QInputDialog.getInt(
                    self._window,
                    self.tr("Picture"),
                    self.tr("Width in pixels"),
                    USUAL_WIDTH_PX,
                    LEAST_WIDTH_PX,
                    MOST_WIDTH_PX,
                    100,
                )
                if given:
                    self.save_png(path, width)
            case 2:
                self.save_svg(path)
            case 3:
                self.save_pdf(path)
            case 4:
                self._write(path, as_csv(self._report()))
            case _:
                shown = self._on_screen()
                self._write(path, as_markdown(self._report(), shown.frame.numbers).encode())

    def save_page(self, path: Path) -> None:
        """The report on one page."""
        shown, report = self._on_screen(), self._report()
        sheet = Sheet(shown.frame, self._pins.pins, "", "", lines_high=_LINES_ON_PAGE)
        self._write(path, as_page(report, sheet, shown.frame.numbers))
        sheet.deleteLater()

    def save_png(self, path: Path, width_px: int) -> None:
        sheet = self._sheet()
        self._write(path, sheet.png(width_px))
        sheet.deleteLater()

    def save_svg(self, path: Path) -> None:
        sheet = self._sheet()
        self._write(path, sheet.svg(self._report().title))
        sheet.deleteLater()

    def save_pdf(self, path: Path) -> None:
        sheet = self._sheet()
        self._write(path, sheet.pdf(self._report().title))
        sheet.deleteLater()

    def copy_image(self) -> None:
        """Onto the clipboard, as pixels, and to scale for those who take that."""
        sheet = self._sheet()
        data = QMimeData()
        data.setImageData(sheet.image(USUAL_WIDTH_PX))
        data.setData("image/svg+xml", sheet.svg(self._report().title))
        QGuiApplication.clipboard().setMimeData(data)
        sheet.deleteLater()
        self._say(self.tr("The chart is on the clipboard, as a picture."))

    def copy_table(self) -> None:
        QGuiApplication.clipboard().setText(as_tabs(self._report()))
        self._say(self.tr("The table is on the clipboard, in bytes: paste it into a spreadsheet."))

    def _report(self) -> Report:
        shown = self._on_screen()
        return report_of(shown.frame, shown.verdict)

    def _sheet(self) -> Sheet:
        shown = self._on_screen()
        return Sheet(shown.frame, self._pins.pins, shown.verdict, self._report().made_by)

    def _write(self, path: Path, data: bytes) -> None:
        self._folder = str(path.parent)
        problem = save_bytes(path, data) if data else self.tr("there is no memory for a picture of that size")
        if problem:
            text = self.tr("Nothing was saved to {path}: {problem}. Pick another place; nothing is lost here.")
            self._say(text.format(path=path, problem=problem.rstrip(".")))
        else:
            self._say(self.tr("Saved to {path}.").format(path=path))
