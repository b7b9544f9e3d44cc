"""What this is: version, the data it knows with their dates and sources, and the licences of all that is in it."""

import json
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QMessageBox, QTextBrowser, QVBoxLayout, QWidget

from core import __version__
from core.known import known_gpus, known_models, user_folder
from gui import assets
from gui.help.rich import section_html, table_html, title_html
from gui.problems import log_folder

#: Distributions that are shipped with it, and the licence of each (as its own metadata have it).
LIBRARIES = {
    "PySide6-Essentials": "LGPL-3.0",
    "pyqtgraph": "MIT",
    "numpy": "BSD-3-Clause",
    "pydantic": "MIT",
    "PyYAML": "MIT",
    "huggingface_hub": "Apache-2.0",
    "httpx2": "BSD-3-Clause",
    "nvidia-ml-py": "BSD-3-Clause",
    "annotated-types": "MIT",
}


def licences_folder() -> Path:
    """The terms of everything that is shipped: gathered in a bundle; from source, those of the application itself."""
    return assets.RESOURCES.parent / "licenses" if getattr(sys, "frozen", False) else assets.RESOURCES.parent


class About(QDialog):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("about")
        self.setWindowTitle(self.tr("About Fitting Room"))
        text = QTextBrowser(self)
        text.setObjectName("about_text")
        text.setAccessibleName(self.windowTitle())
        text.setHtml(self._about_html())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        licences = buttons.addButton(self.tr("Licences"), QDialogButtonBox.ButtonRole.HelpRole)
        licences.setObjectName("about_licences")
        licences.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(licences_folder()))))
        about_qt = buttons.addButton(self.tr("About Qt"), QDialogButtonBox.ButtonRole.HelpRole)
        about_qt.setObjectName("about_qt")
        about_qt.clicked.connect(lambda: QMessageBox.aboutQt(self))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addWidget(buttons)
        line = self.fontMetrics().height()
        self.resize(40 * line, 32 * line)

    def _about_html(self) -> str:
        what = self.tr("Will this model fit on that GPU? GPU memory for inference and training of language models, live and explained.")
        own = self.tr("Fitting Room is free software under the Apache License 2.0. Every row of the data has its own source beside it.")
        article = self.tr("It grew out of an article on what training and serving open models costs (开源大模型训练及推理所需显卡成本).")
        data = table_html(self._data(), head=(self.tr("Data"), self.tr("As of"), self.tr("From")))
        libraries = table_html(_libraries(), head=(self.tr("Made with"), self.tr("Version"), self.tr("Licence")))
        name = title_html(self.tr("Fitting Room") + f" {__version__}")
        here = table_html(self._here(), head=(self.tr("On this machine"), ""))
        private = self.tr("Nothing is sent anywhere; the network is asked only for a model that you name by its id.")
        parts = (
            name,
            section_html(what),
            escape(own),
            " ",
            escape(article),
            " ",
            escape(private),
            "<p>",
            data,
            "<p>",
            here,
            "<p>",
            libraries,
        )
        return "".join(parts)

    def _here(self) -> Iterator[tuple[str, str]]:
        yield self.tr("newer lists (models.json, gpus.json) are taken from"), str(user_folder())
        yield self.tr("what went wrong is written to"), str(log_folder())
        yield self.tr("the terms of all that is inside, and how to replace Qt (LGPL)"), str(licences_folder())

    def _data(self) -> Iterator[tuple[str, str, str]]:
        yield self.tr("models"), str(known_models().date), self.tr("config.json of each on the Hugging Face Hub, and its makers’ papers")
        yield (
            self.tr("graphics cards"),
            str(known_gpus().date),
            self.tr("their makers’ data sheets; usable memory as runs have reported it"),
        )
        runs = sum(_lines(path) for path in assets.EVIDENCE.glob("*.jsonl"))
        measured = self.tr("{number} measurements, each with its source").format(number=f"{runs:,}")
        yield self.tr("bands"), _date(assets.CALIBRATION), measured
        yield self.tr("glossary"), _date(assets.GLOSSARY), self.tr("written for this window; its links lead to the papers and manuals")


def _libraries() -> Iterator[tuple[str, str, str]]:
    from importlib.metadata import PackageNotFoundError, metadata  # when it is asked for: the window opens sooner

    for name, licence in LIBRARIES.items():
        try:
            found = metadata(name)["Version"]
        except PackageNotFoundError:  # in a bundle that leaves metadata out
            found = ""
        yield name, found, licence


def _date(path: Path) -> str:
    try:
        found = json.loads(path.read_bytes())
        return str(found.get("date", "")) if isinstance(found, dict) else ""
    except (OSError, ValueError):
        return ""


def _lines(path: Path) -> int:
    try:
        return sum(1 for line in path.read_bytes().splitlines() if line.strip())
    except OSError:
        return 0
