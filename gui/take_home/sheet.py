"""A picture of the chart to take home: the real parts, laid out anew in the light theme, as pixels, as SVG or as PDF."""

from dataclasses import replace

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPoint, QRect, QSize, QSizeF, Qt
from PySide6.QtGui import QImage, QPageSize, QPainter, QPdfWriter, QRegion
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from core.memory import Estimator, FitStatus, estimate
from gui.chart import MemoryChart
from gui.frame import Frame
from gui.headline import Headline
from gui.icons import status_pixmap
from gui.legend import Legend
from gui.pins import Pin
from gui.theme import LIGHT, FontSize, font

#: The light theme, on white: most pages and slides are.
PAPER = replace(LIGHT, window="#ffffff")

#: Widths in pixels that a picture may have.
LEAST_WIDTH_PX, USUAL_WIDTH_PX, MOST_WIDTH_PX = 400, 2400, 8000
#: Size in lines of text: what a slide or a page has room for.
_WIDE, _HIGH = 68, 38
_LINES_PER_PIN = 0.9
_POINTS_PER_PIXEL = 0.75  # at 96 dpi


class Sheet(QWidget):
    """Never shown: it is painted. ``delete`` it afterwards."""

    def __init__(self, frame: Frame, pins: tuple[Pin, ...], sentence: str, made_by: str, *, lines_high: int = _HIGH) -> None:
        super().__init__()
        self.setPalette(PAPER.palette())
        self.setAutoFillBackground(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
        headline, chart, legend = Headline(self), MemoryChart(PAPER, self), Legend(PAPER, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 10)
        column.setSpacing(8)
        column.addWidget(headline)
        if sentence:
            column.addLayout(self._verdict(sentence, frame.fit.status if frame.fit is not None else None))
        column.addWidget(chart, 1)
        column.addWidget(legend)
        if made_by:
            column.addWidget(self._footer(made_by))
        line = self.fontMetrics().height()
        headline.render_estimate(frame.scenario, frame.estimate, frame.numbers)
        legend.render_estimate(frame.estimate, frame.numbers)
        self.resize(_WIDE * line, round((lines_high + _LINES_PER_PIN * len(pins)) * line))
        self.show()  # on no screen: it lays the parts out
        rule_of_thumb = estimate(frame.scenario.evolve(estimator=Estimator.RULE_OF_THUMB))
        chart.render_frame(frame, rule_of_thumb.total_bytes, pins)
        for _ in range(2):  # a change of columns asks for another turn
            column.invalidate()
            column.activate()
        chart.make_gaps()

    def _verdict(self, sentence: str, status: FitStatus | None) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 0, 0)
        words = QLabel(sentence, self)
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setWordWrap(True)
        words.setFont(font(FontSize.TITLE, bold=True))
        if status is not None:
            mark = QLabel(self)
            mark.setPixmap(status_pixmap(status, PAPER, round(1.5 * self.fontMetrics().height()), 4.0))
            row.addWidget(mark)
            palette = words.palette()
            palette.setColor(palette.ColorRole.WindowText, PAPER.status_color(status))
            words.setPalette(palette)
        row.addWidget(words, 1)
        return row

    def _footer(self, made_by: str) -> QLabel:
        label = QLabel(made_by, self)
        label.setFont(font(FontSize.SMALL))
        label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
        return label

    def paint_on(self, painter: QPainter) -> None:
        """At (0, 0), a pixel of it being a unit of ``painter``."""
        self.render(painter, QPoint(), QRegion(), QWidget.RenderFlag.DrawWindowBackground | QWidget.RenderFlag.DrawChildren)

    def image(self, width_px: int) -> QImage:
        """Null where the machine has no memory for it."""
        scale = width_px / self.width()
        image = QImage(QSize(width_px, round(self.height() * scale)), QImage.Format.Format_RGB32)
        if image.isNull():
            return image
        image.fill(PAPER.window)
        painter = QPainter(image)
        painter.scale(scale, scale)
        self.paint_on(painter)
        painter.end()
        return image

    def png(self, width_px: int) -> bytes:
        """Empty where the machine has no memory for it."""
        buffer = _Bytes()
        self.image(width_px).save(buffer, "PNG")  # type: ignore[call-overload]  # the stub wants bytes, PySide refuses them
        return buffer.bytes()

    def svg(self, title: str) -> bytes:
        buffer = _Bytes()
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setResolution(self.logicalDpiX())  # else text is not as large as the room that is left for it
        generator.setSize(self.size())
        generator.setViewBox(QRect(QPoint(), self.size()))
        generator.setTitle(title)
        painter = QPainter(generator)
        self.paint_on(painter)
        painter.end()
        return buffer.bytes()

    def pdf(self, title: str) -> bytes:
        """One page, as large as the picture."""
        buffer = _Bytes()
        writer = QPdfWriter(buffer)
        writer.setTitle(title)
        writer.setPageSize(QPageSize(QSizeF(self.size()) * _POINTS_PER_PIXEL, QPageSize.Unit.Point))
        writer.setPageMargins(QMarginsF())
        painter = QPainter(writer)
        scale = writer.width() / self.width()
        painter.scale(scale, scale)
        self.paint_on(painter)
        painter.end()
        return buffer.bytes()


class _Bytes(QBuffer):
    """Open for writing."""

    def __init__(self) -> None:
        super().__init__()
        self._data = QByteArray()
        self.setBuffer(self._data)
        self.open(QIODevice.OpenModeFlag.WriteOnly)

    def bytes(self) -> bytes:
        self.close()
        return bytes(self._data.data())
