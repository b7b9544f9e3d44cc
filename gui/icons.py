"""Status marks drawn as shapes: a tick, a triangle, a cross. Drawn, since no font can be relied on to have them alike."""

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

from core.memory import FitStatus
from gui.theme import Theme, readable_on


def paint_status(painter: QPainter, box: QRectF, status: FitStatus, color: QColor) -> None:
    """Paint the mark of ``status`` into the square ``box``: round for fits, triangle for tight, square for OOM."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    side = box.width()
    ink = QPen(readable_on(color), side * 0.12, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)

    def at(x: float, y: float) -> QPointF:
        return QPointF(box.left() + x * side, box.top() + y * side)

    match status:
        case FitStatus.FITS:
            painter.drawEllipse(box.adjusted(0.5, 0.5, -0.5, -0.5))
            painter.setPen(ink)
            painter.drawPolyline(QPolygonF([at(0.28, 0.53), at(0.44, 0.69), at(0.73, 0.34)]))
        case FitStatus.TIGHT:
            painter.drawPolygon(QPolygonF([at(0.5, 0.04), at(0.99, 0.94), at(0.01, 0.94)]))
            painter.setPen(ink)
            painter.drawLine(at(0.5, 0.38), at(0.5, 0.62))
            painter.drawPoint(at(0.5, 0.80))
        case FitStatus.OOM:
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), side * 0.15, side * 0.15)
            painter.setPen(ink)
            painter.drawLine(at(0.3, 0.3), at(0.7, 0.7))
            painter.drawLine(at(0.7, 0.3), at(0.3, 0.7))
    painter.restore()


def status_pixmap(status: FitStatus, theme: Theme, side: int, ratio: float = 1.0) -> QPixmap:
    """The mark on its own, ``side`` logical pixels wide."""
    return _pixmap(status, theme.status[status], side, ratio)


@lru_cache(maxsize=64)
def _pixmap(status: FitStatus, color: str, side: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(QSize(round(side * ratio), round(side * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_status(painter, QRectF(0, 0, side, side), status, QColor(color))
    painter.end()
    return pixmap


def status_icon(status: FitStatus, theme: Theme, side: int) -> QIcon:
    icon = QIcon()
    for ratio in (1.0, 2.0, 3.0):
        pixmap = status_pixmap(status, theme, side, ratio)
        icon.addPixmap(pixmap)
        icon.addPixmap(pixmap, QIcon.Mode.Selected)  # else the style tints it
    return icon


def swatch(color: QColor, side: int, ratio: float = 1.0) -> QPixmap:
    """A square of ``color``, ``side`` logical pixels wide."""
    pixmap = QPixmap(QSize(round(side * ratio), round(side * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(color)
    return pixmap
