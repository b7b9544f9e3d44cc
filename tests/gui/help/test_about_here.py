"""What About says of this machine: its folders, and the terms of what is inside."""

import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QTextBrowser

from core.known import known_models, user_folder
from gui import assets
from gui.help.about import About, licences_folder
from gui.session import state_path


def test_folders_and_dates(room: Any) -> None:
    about = About(room.window)
    said = about.findChild(QTextBrowser, "about_text").toPlainText()
    about.deleteLater()
    for part in ("Nothing is sent anywhere", str(user_folder()), str(known_models().date)):
        assert part in said


def test_the_terms_open(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("gui.help.about.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile()))
    about = About(room.window)
    about.show()
    room.bot.mouseClick(about.findChild(QPushButton, "about_licences"), Qt.MouseButton.LeftButton)
    about.deleteLater()
    assert opened == [str(licences_folder())]
    assert (licences_folder() / "LICENSE").is_file()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert licences_folder() == assets.RESOURCES.parent / "licenses"


def test_the_folder_is_where_qt_puts_the_applications_own(qapp: QApplication) -> None:
    """core finds it without Qt."""
    before = qapp.applicationName(), qapp.organizationName()
    qapp.setApplicationName("FittingRoom")
    qapp.setOrganizationName("FittingRoom")
    try:
        assert Path(state_path()).parent == user_folder()
    finally:
        qapp.setApplicationName(before[0])
        qapp.setOrganizationName(before[1])
