"""One bar for each distinct GPU of a run, and one for the host's memory: which of them is the tightest, and why."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.memory import Component, FitStatus, HostBytes
from gui.frame import Frame
from gui.icons import paint_status
from gui.parallel_words import device_name
from gui.theme import FontSize, Theme, font, readable_on
from gui.words import component_name

_PAD = 6.0
#: What the host keeps, as the components whose colours it has.
_HOST_PARTS = {
    "weights": Component.WEIGHTS,
    "gradients": Component.GRADIENTS,
    "optimizer": Component.OPTIMIZER,
    "activations": Component.ACTIVATIONS,
    "kv_cache": Component.KV_CACHE,
    "buffers": Component.COMMUNICATION,
}


@dataclass(frozen=True, slots=True)
class _Bar:
    name: str
    parts: tuple[tuple[Component, int], ...]
    status: FitStatus | None
    usable_bytes: int | None
    tightest: bool

    @property
    def total_bytes(self) -> int:
        return sum(size for _, size in self.parts)


class DeviceBars(QWidget):
    """Painted at once, in the colours of the chart; a run on 64 stages is as quick as one on two."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("device_bars")
        self.setAccessibleName(self.tr("Memory of each GPU"))
        self._theme = theme
        self._frame: Frame | None = None
        self._bars: list[_Bar] = []
        self._font, self._small, self._strong = font(), font(FontSize.SMALL), font(bold=True)
        self._row = round(1.9 * QFontMetricsF(self._font).height())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def render_frame(self, frame: Frame) -> None:
        """Show the GPUs of ``frame``, and its host where that keeps anything."""
        self._frame = frame
        devices = frame.estimate.devices
        worst = max(devices, key=frame.pressure)
        bars = [
            _Bar(
                device_name(device, frame.scenario, frame.numbers),
                tuple((part, size) for part, size in zip(Component, device.peak.stack, strict=True) if size),
                fit.status if (fit := frame.fit_of(device)) is not None else None,
                fit.usable_bytes if fit is not None else None,
                device is worst and len(devices) > 1,
            )
            for device in devices
        ]
        host = frame.estimate.host_bytes
        if any(host):
            bars.append(_Bar(self.tr("host memory of one machine"), _host_parts(host), None, None, tightest=False))
        self._bars = bars
        self.setMinimumHeight(self.height_of(len(bars)))
        self.setAccessibleDescription(self.text())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, self.height_of(len(self._bars)))

    def height_of(self, most: int) -> int:
        """Of the first ``most`` bars, in pixels."""
        return round(min(most, len(self._bars)) * self._row + _PAD)

    def text(self) -> str:
        """The same in words."""
        if self._frame is None:
            return ""
        numbers = self._frame.numbers
        return "; ".join(f"{bar.name} {numbers.bytes(bar.total_bytes)}" for bar in self._bars)

    def tightest_row(self) -> int:
        """Where the tightest GPU's bar ends, from the top, in pixels."""
        return next((round((number + 1) * self._row) for number, bar in enumerate(self._bars) if bar.tightest), 0)

    # -- painting

    def _view(self) -> QRectF:
        """Where bars are: right of their names, left of their figures."""
        # As wide as each is painted, and a little more: what is measured is rounded.
        names = max((QFontMetricsF(self._font_of(bar)).horizontalAdvance(bar.name) + 1 for bar in self._bars), default=0.0)
        left = min(names, 0.34 * self.width()) + 2 * _PAD
        right = QFontMetricsF(self._strong).horizontalAdvance("88.8\u00a0GiB ◂") + self._side + 3 * _PAD
        return QRectF(left, 0, max(40.0, self.width() - left - right), self.height())

    def _font_of(self, bar: _Bar) -> QFont:
        return self._strong if bar.tightest else self._font

    @property
    def _side(self) -> float:
        return 0.85 * QFontMetricsF(self._font).height()

    def _top(self) -> float:
        """The amount at the right end. A host that keeps far more than a GPU does not squeeze the GPUs' bars: its own is cut."""
        cards = [max(bar.total_bytes, bar.usable_bytes or 0) for bar in self._bars if bar.status is not None or bar.usable_bytes]
        return 1.03 * max(cards or [bar.total_bytes for bar in self._bars], default=1)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._frame is None:
            return
        painter = QPainter(self)
        view, top = self._view(), self._top()
        for number, bar in enumerate(self._bars):
            cell = QRectF(0, number * self._row, self.width(), self._row)
            if event.region().intersects(cell.toAlignedRect()):
                self._paint_bar(painter, bar, cell, view, top)
        painter.end()

    def _paint_bar(self, painter: QPainter, bar: _Bar, cell: QRectF, view: QRectF, top: float) -> None:
        assert self._frame is not None
        painter.setFont(self._font_of(bar))
        painter.setPen(QColor(self._theme.text))
        metrics = QFontMetricsF(painter.font())
        name = metrics.elidedText(bar.name, Qt.TextElideMode.ElideRight, view.left() - 2 * _PAD)
        painter.drawText(
            QRectF(0, cell.top(), view.left() - _PAD, cell.height()), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, name
        )
        body = QRectF(view.left(), cell.top() + 0.16 * cell.height(), view.width(), 0.68 * cell.height())
        self._paint_parts(painter, bar, body, top)
        if bar.usable_bytes is not None:
            x = body.left() + body.width() * min(1.0, bar.usable_bytes / top)
            color = self._theme.status_color(FitStatus.OOM) if bar.status is FitStatus.OOM else QColor(self._theme.text)
            painter.setPen(QPen(color, 2, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, cell.top()), QPointF(x, cell.bottom()))
        after = view.right() + _PAD
        if bar.status is not None:
            box = QRectF(after, cell.center().y() - self._side / 2, self._side, self._side)
            paint_status(painter, box, bar.status, self._theme.status_color(bar.status))
        amount = self._frame.numbers.bytes(bar.total_bytes) + (" ◂" if bar.tightest else "")
        painter.setFont(self._font_of(bar))
        painter.setPen(QColor(self._theme.text))
        place = QRectF(after + self._side + _PAD, cell.top(), self.width(), cell.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, amount)

    def _paint_parts(self, painter: QPainter, bar: _Bar, body: QRectF, top: float) -> None:
        assert self._frame is not None
        at = 0
        metrics = QFontMetricsF(self._small)
        painter.setFont(self._small)
        for component, size in bar.parts:
            left, right = (body.left() + body.width() * min(1.0, amount / top) for amount in (at, at + size))
            at += size
            if right - left < 0.5:
                continue
            color = self._theme.component(component)
            part = QRectF(left, body.top(), max(1.0, right - left - 2), body.height())
            painter.fillRect(part, color)
            text = self._frame.numbers.figure(size).number
            for words in (f"{component_name(component)} {text}", text):
                if metrics.horizontalAdvance(words) + 6 < part.width():
                    painter.setPen(readable_on(color))
                    painter.drawText(part, Qt.AlignmentFlag.AlignCenter, words)
                    break
        if at > top:  # cut: the rest of it is further right
            painter.setPen(QPen(QColor(self._theme.window), 3))
            for x in (body.right() - 12, body.right() - 6):
                painter.drawLine(QPointF(x - 4, body.bottom()), QPointF(x + 4, body.top()))

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent) and self._frame is not None:
            row = event.pos().y() // self._row
            if row < len(self._bars):
                bar, numbers = self._bars[row], self._frame.numbers
                lines = "<br>".join(f"{component_name(part)}: {numbers.bytes(size)}" for part, size in bar.parts)
                QToolTip.showText(event.globalPos(), f"<b>{bar.name}</b><br>{lines}", self)
                return True
            QToolTip.hideText()
            return True
        return super().event(event)  # type: ignore[arg-type]


def _host_parts(host: HostBytes) -> tuple[tuple[Component, int], ...]:
    return tuple((part, size) for name, part in _HOST_PARTS.items() if (size := getattr(host, name)))
