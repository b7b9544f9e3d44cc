"""How one value lies in memory: the bits of the formats, from 64 down to 4, drawn to one scale."""

from typing import NamedTuple

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from core.memory import Component, Format
from core.memory.formats import bits_per_value
from gui.theme import FontSize, Theme, font, readable_on


class _Bits(NamedTuple):
    """A sign, an exponent, and the rest is fraction (IEEE 754, bfloat16, OCP's E4M3); of integers the first bit is the sign."""

    fmt: Format
    exponent: int

    @property
    def fraction(self) -> int:
        return bits_per_value(self.fmt) - 1 - self.exponent


LAYOUTS = (
    _Bits(Format.FP64, 11),
    _Bits(Format.FP32, 8),
    _Bits(Format.BF16, 8),
    _Bits(Format.FP16, 5),
    _Bits(Format.FP8, 4),
    _Bits(Format.INT64, 0),
    _Bits(Format.INT32, 0),
    _Bits(Format.INT8, 0),
    _Bits(Format.INT4, 0),
)
_WIDEST = 64


class BitLayouts(QWidget):
    """Sign, exponent and fraction in three shades; the number of bits and bytes stands behind each. ``show_format`` marks one."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: Format | None = None
        self.setFont(font(FontSize.SMALL))
        self._row = round(1.25 * QFontMetricsF(self.font()).height())
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setObjectName("bit_layouts")
        self.setAccessibleName(self.tr("Bits of the number formats"))
        told = [
            self.tr("{format}: {bits} bits (bytes: {bytes})").format(format=fmt.value, bits=bits_per_value(fmt), bytes=_bytes_text(fmt))
            for fmt, _ in LAYOUTS
        ]
        self.setAccessibleDescription("; ".join(told))

    def show_format(self, fmt: Format) -> None:
        """Mark the row of ``fmt``."""
        if fmt is not self._shown:
            self._shown = fmt
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, self._row * (len(LAYOUTS) + 1))

    def minimumSizeHint(self) -> QSize:
        return QSize(220, self._row * (len(LAYOUTS) + 1))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        metrics = QFontMetricsF(self.font())
        names = max(metrics.horizontalAdvance(fmt.value) for fmt, _ in LAYOUTS) + 8
        sizes = metrics.horizontalAdvance("0.5 B") + 8
        bit = (self.width() - names - sizes) / _WIDEST
        colors = [self._theme.component(part) for part in (Component.ACTIVATIONS, Component.KV_CACHE, Component.WEIGHTS)]
        text, dim = QColor(self._theme.text), QColor(self._theme.dim_text)
        for place, layout in enumerate(LAYOUTS):
            top = place * self._row
            shown = layout.fmt is self._shown
            painter.setPen(text if shown else dim)
            bold = painter.font()
            bold.setBold(shown)
            painter.setFont(bold)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, top, names, self._row), middle, layout.fmt.value)
            left = names
            for width, color in zip((1, layout.exponent, layout.fraction), colors, strict=True):
                if width:
                    box = QRectF(left, top + 2, width * bit - 1, self._row - 4)
                    painter.fillRect(box, color)
                    if width * bit > metrics.horizontalAdvance("52") + 4:
                        painter.setPen(readable_on(color))
                        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(width))
                    left += width * bit
            painter.setPen(text if shown else dim)
            painter.drawText(QRectF(left + 6, top, sizes + self.width(), self._row), middle, f"{_bytes_text(layout.fmt)} B")
            bold.setBold(False)
            painter.setFont(bold)
        self._paint_key(painter, colors, metrics, len(LAYOUTS) * self._row, names)

    def _paint_key(self, painter: QPainter, colors: list[QColor], metrics: QFontMetricsF, top: float, left: float) -> None:
        side = 0.6 * self._row
        painter.setPen(QColor(self._theme.dim_text))
        for color, words in zip(colors, (self.tr("sign"), self.tr("exponent"), self.tr("fraction or integer")), strict=True):
            painter.fillRect(QRectF(left, top + (self._row - side) / 2, side, side), color)
            left += side + 4
            width = metrics.horizontalAdvance(words)
            painter.drawText(QRectF(left, top, width + 4, self._row), Qt.AlignmentFlag.AlignVCenter, words)
            left += width + 14


def _bytes_text(fmt: Format) -> str:
    return f"{bits_per_value(fmt) / 8:g}"
