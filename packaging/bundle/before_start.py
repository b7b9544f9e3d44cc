"""Run before anything else in the frozen application, so that nothing of Qt is loaded that is not used."""

import sys
from types import ModuleType

from _pyi_rth_utils import qt  # PyInstaller's


def _no_qt_conf(*_: object) -> None:
    """PyInstaller's would load Qt even for the command in the terminal, to tell it where it lies; PySide's wheels know."""


qt.create_embedded_qt_conf = _no_qt_conf


# pyqtgraph imports two modules that it never uses with its OpenGL off: it only derives a class from the one widget and asks whether another
# is one. They would be 10 MB and a tenth of the start.
def _made(name: str) -> type:
    if name != "QOpenGLWidget":
        raise AttributeError(name)
    from PySide6.QtWidgets import QWidget

    widget = type("QOpenGLWidget", (QWidget,), {})
    _widgets.QOpenGLWidget = widget  # type: ignore[attr-defined]
    return widget


sys.modules["PySide6.QtOpenGL"] = ModuleType("PySide6.QtOpenGL")
sys.modules["PySide6.QtOpenGLWidgets"] = _widgets = ModuleType("PySide6.QtOpenGLWidgets")
_widgets.__getattr__ = _made  # type: ignore[method-assign]
