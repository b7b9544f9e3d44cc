"""Prints nothing; saves a picture of the whole X screen: ``python screen.py OUT.png``. A process of its own, as any onlooker is."""

import sys

from PySide6.QtGui import QGuiApplication

app = QGuiApplication(sys.argv)
screen = app.primaryScreen()
sys.exit(0 if screen is not None and screen.grabWindow(0).save(sys.argv[1], "PNG") else 1)
