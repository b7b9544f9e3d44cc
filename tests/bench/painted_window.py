"""Starts the product's window as ``fitting-room`` does, up to its first picture, and prints its peak memory in KiB."""

import sys
import tempfile
from pathlib import Path

from plain_chart import peak_kib
from PySide6.QtCore import QSettings

from gui.app import Controller, make_application
from gui.session import Preferences


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        app = make_application(["fitting-room"])
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        controller = Controller(app, Preferences(settings), Path(folder) / "last.fitroom.json")
        controller.window.resize(1280, 800)
        controller.window.show()
        controller.window.grab()
        app.processEvents()
        sys.stdout.write(peak_kib())
    return 0


if __name__ == "__main__":
    sys.exit(main())
