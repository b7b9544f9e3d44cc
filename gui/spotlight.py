"""A ring around the pointer, to be seen from the back of a room."""

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gui.theme import Theme


class Spotlight(QWidget):
    """Follows the pointer over ``body``, above everything, and lets every click through."""

    def __init__(self, theme: Theme, body: QWidget) -> None:
        super().__init__(body)
        self._color = QColor(theme.accent)
        self._pressed = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        side = round(3.2 * self.fontMetrics().height())
        self.setFixedSize(side, side)
        self.hide()
        handle = body.window().windowHandle()
        if handle is not None:
            handle.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The window's own events: its parts keep those of the pointer to themselves."""
        match event.type():
            case QEvent.Type.MouseMove | QEvent.Type.MouseButtonPress | QEvent.Type.MouseButtonRelease:
                if isinstance(event, QMouseEvent):
                    self._follow(event)
            case QEvent.Type.Leave:
                self.hide()
        return False

    def _follow(self, event: QMouseEvent) -> None:
        pressed = event.buttons() != Qt.MouseButton.NoButton
        if pressed != self._pressed:
            self._pressed = pressed
            self.update()
        self.move(event.position().toPoint() - QPoint(self.width() // 2, self.height() // 2))
        if self.isHidden():
            self.show()
            self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self.width() / 16
        inside = QColor(self._color)
        inside.setAlphaF(0.35 if self._pressed else 0.14)
        painter.setBrush(inside)
        painter.setPen(QPen(self._color, width))
        radius = self.width() / 2 - width
        painter.drawEllipse(QPointF(self.width() / 2, self.height() / 2), radius, radius)
        painter.end()
