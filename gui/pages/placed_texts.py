"""Texts on a picture, none over another: where there is no room for one, it is left out."""

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

_PAD = 3.0


class PlacedTexts:
    """For one painting of ``view``."""

    def __init__(self, view: QRectF, ground: QColor) -> None:
        self._view = view
        self._ground = ground
        self._taken: list[QRectF] = []

    def keep_free(self, rect: QRectF) -> None:
        """Nothing may be written there."""
        self._taken.append(rect)

    def write(self, painter: QPainter, text: str, font: QFont, color: QColor, corners: Iterable[tuple[QPointF, bool, bool]]) -> bool:
        """``text`` at the first of ``corners`` with room for it; False where there is none. A corner is (place, whether the text ends there
        instead of beginning, whether it stands above instead of below).
        """
        metrics = QFontMetricsF(font)
        size = QSizeF(metrics.horizontalAdvance(text) + 2 * _PAD, metrics.height())
        for place, ends, above in corners:
            rect = QRectF(QPointF(place.x() - size.width() * ends, place.y() - size.height() * above), size)
            if self._view.contains(rect) and not any(rect.intersects(other) for other in self._taken):
                self._taken.append(rect)
                painter.fillRect(rect, self._ground)
                painter.setFont(font)
                painter.setPen(color)
                painter.drawText(QPointF(rect.left() + _PAD, rect.top() + metrics.ascent()), text)
                return True
        return False


def around(place: QPointF, gap: float) -> list[tuple[QPointF, bool, bool]]:
    """The corners beside ``place``: first below on the right, then on the left, then above."""
    return [
        (place + QPointF(-gap if ends else gap, -gap if above else gap), ends, above) for above in (False, True) for ends in (False, True)
    ]
