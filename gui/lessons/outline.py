"""A calm line around the part of the window that a lesson speaks of. It covers nothing and takes no click."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

_MARGIN, _WIDTH, _RADIUS = 4, 2, 6


class Outline(QWidget):
    """Lies over ``body``, and follows what it is drawn around."""

    def __init__(self, color: QColor, body: QWidget) -> None:
        super().__init__(body)
        self.setObjectName("lesson_outline")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._color, self._body = color, body
        self._parts: list[QWidget] = []
        self._watched: list[QObject] = []
        self.hide()

    def show_around(self, parts: Sequence[QWidget]) -> None:
        """Draw it around all of ``parts``; nothing for none."""
        if list(parts) == self._parts:
            self._place()
            return
        for watched in self._watched:
            if isValid(watched):  # a part may be gone before it gives the focus away
                watched.removeEventFilter(self)
        self._parts, self._watched = list(parts), []
        for part in parts:
            here: QWidget | None = part
            while here is not None and here is not self._body:
                here.installEventFilter(self)
                self._watched.append(here)
                here = here.parentWidget()
        if self._parts:
            self._body.installEventFilter(self)
            self._watched.append(self._body)
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.LayoutRequest):
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        seen = QRect()
        for part in self._parts:
            seen = seen.united(self._in_sight(part))
        if seen.isEmpty():
            self.hide()
            return
        frame = seen.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN).intersected(self._body.rect())
        if frame != self.geometry():
            self.setGeometry(frame)
            inner = self.rect().adjusted(_RADIUS, _RADIUS, -_RADIUS, -_RADIUS)
            # Only the line's own pixels: what lies within is painted as if there were no line.
            self.setMask(QRegion(self.rect()).subtracted(QRegion(inner)))
        self.raise_()
        self.show()

    def _in_sight(self, part: QWidget) -> QRect:
        """Where ``part`` is, without what is scrolled away."""
        if not part.isVisibleTo(self._body):
            return QRect()
        rect = QRect(part.mapTo(self._body, QPoint()), part.size())
        here = part.parentWidget()
        while here is not None and here is not self._body:
            rect = rect.intersected(QRect(here.mapTo(self._body, QPoint()), here.size()))
            here = here.parentWidget()
        return rect

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._color, _WIDTH))
        edge = _WIDTH // 2
        painter.drawRoundedRect(self.rect().adjusted(edge, edge, -edge, -edge), _RADIUS, _RADIUS)
