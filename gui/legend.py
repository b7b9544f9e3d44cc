"""The legend: what each colour is and how much of the peak it takes. Always in sight, also the chart's numbers as text."""

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from core.memory import Component, Estimate
from gui.quantities import Numbers
from gui.theme import FontSize, Theme, font
from gui.widgets.spoken import say
from gui.words import component_meaning, component_name

# Components that are alive at one peak of a single GPU, at most; three columns of them, or two where those would be too narrow.
_ENTRIES = 9
_WIDE, _NARROW = 3, 2
_GAP_PX = {_WIDE: 14, _NARROW: 7}  # after each column
_PAD_PX = 5  # on either side of a name


class Legend(QWidget):
    """A grid of swatches, names and figures, painted at once: eleven labels would cost a frame more. Emits ``pointed`` with the component
    under the pointer, or None, and ``picked`` with one whose name is clicked, or None.
    """

    pointed = Signal(object)
    picked = Signal(object)
    toggled = Signal(object)
    """The component whose swatch was clicked."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("legend")
        self._theme = theme
        self._entries: list[tuple[Component, str, str]] = []
        self._pointed: Component | None = None
        self._at: Component | None = None
        """Where the keys are."""
        self._hidden: frozenset[Component] = frozenset()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._font = font()
        self._small = font(FontSize.SMALL)
        self._metrics = QFontMetricsF(self._font)
        self._side = 0.75 * self._metrics.height()
        self._share_px = QFontMetricsF(self._small).horizontalAdvance("100%") + 4
        self._columns = _WIDE
        self._names = {component: component_name(component) for component in Component}
        self._advances = {component: self._metrics.horizontalAdvance(name) for component, name in self._names.items()}
        self.setAccessibleName(self.tr("Legend"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_less(self) -> None:
        """As much as an audience needs: no shares."""
        self._share_px = 0.0
        self.updateGeometry()

    @property
    def _row_height(self) -> float:
        return 1.45 * self._metrics.height()

    @property
    def _height(self) -> int:
        return round(-(-_ENTRIES // self._columns) * self._row_height)

    def _need(self, columns: int) -> int:
        """The width at which, in so many columns, names of some length stand beside their figures."""
        texts = self._metrics.horizontalAdvance("Activations") + self._metrics.horizontalAdvance("12.6\u00a0GiB")
        return math.ceil(columns * (self._side + 2 * _PAD_PX + texts + self._share_px + _GAP_PX[columns]))

    def sizeHint(self) -> QSize:
        return QSize(self._need(_WIDE), self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._need(_NARROW), self._height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        columns = _WIDE if self.width() >= self._need(_WIDE) else _NARROW
        if columns != self._columns:
            self._columns = columns
            self.updateGeometry()

    def render_estimate(self, estimate: Estimate, numbers: Numbers) -> None:
        """Show the components of the peak; those that take nothing are left out."""
        total = estimate.total_bytes
        entries = []
        for component, value_bytes in zip(Component, estimate.peak.stack, strict=True):
            if value_bytes:
                share = numbers.share(value_bytes / total) if 200 * value_bytes >= total else "<1%"
                entries.append((component, numbers.bytes(value_bytes), share))
        before, self._entries = self._entries, entries
        if len(entries) != len(before):
            self.update()
            return
        for place, (entry, old) in enumerate(zip(entries, before, strict=True)):
            if entry != old:
                self.update(self._cell(place).toAlignedRect())

    def text(self) -> str:
        """The same in words, for screen readers and the clipboard."""
        return "; ".join(f"{self._names[component]} {amount} ({share})" for component, amount, share in self._entries)

    def _cell(self, place: int) -> QRectF:
        row, column = divmod(place, self._columns)
        width = self.width() / self._columns
        return QRectF(column * width, row * self._row_height, width, self._row_height)

    def paintEvent(self, event: QPaintEvent) -> None:
        region = event.region()
        painter = QPainter(self)
        middle = Qt.AlignmentFlag.AlignVCenter
        text, dim = QColor(self._theme.text), QColor(self._theme.dim_text)
        side = self._side
        for place, (component, amount, share) in enumerate(self._entries):
            cell = self._cell(place)
            if not region.intersects(cell.toAlignedRect()):
                continue
            cell.adjust(0, 0, -_GAP_PX[self._columns], 0)
            if component is self._pointed:
                painter.setPen(text)
                painter.drawRect(cell.adjusted(0, 1, _GAP_PX[self._columns] / 2, -2))
            swatch = QRectF(cell.left(), cell.center().y() - side / 2, side, side)
            if component in self._hidden:
                painter.setPen(self._theme.component(component))
                painter.drawRect(swatch.adjusted(0.5, 0.5, -0.5, -0.5))
            else:
                painter.fillRect(swatch, self._theme.component(component))
            if self._share_px:
                painter.setPen(dim)
                painter.setFont(self._small)
                painter.drawText(cell, middle | Qt.AlignmentFlag.AlignRight, share)
            painter.setPen(text)
            painter.setFont(self._font)
            figures = cell.adjusted(0, 0, -self._share_px, 0)
            painter.drawText(figures, middle | Qt.AlignmentFlag.AlignRight, amount)
            room = figures.width() - side - 2 * _PAD_PX - self._metrics.horizontalAdvance(amount)
            name = self._names[component]
            if self._advances[component] > room:
                name = self._metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(cell.adjusted(side + _PAD_PX, 0, 0, 0), middle | Qt.AlignmentFlag.AlignLeft, name)
        painter.end()

    def show_pointed(self, component: Component | None) -> None:
        """Set ``component`` off from the others."""
        if component is not self._pointed:
            self._pointed = component
            self.update()

    def show_without(self, hidden: frozenset[Component]) -> None:
        """Mark ``hidden`` as left out of the bars."""
        if hidden != self._hidden:
            self._hidden = hidden
            self.update()

    def _component_at(self, place: QPointF) -> Component | None:
        return next((entry[0] for number, entry in enumerate(self._entries) if self._cell(number).contains(place)), None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointed.emit(self._component_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        for place, (component, _, _) in enumerate(self._entries):
            cell = self._cell(place)
            if cell.contains(event.position()):
                on_swatch = event.position().x() < cell.left() + self._side + _PAD_PX
                (self.toggled if on_swatch else self.picked).emit(component)
                return
        self.picked.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from one to the next, Enter and Space do what a click on name and square does."""
        steps: dict[int, int] = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns,
            Qt.Key.Key_Down: self._columns,
        }
        key, components = event.key(), [component for component, _, _ in self._entries]
        here = components.index(self._at) if self._at in components else 0
        if key in steps and components:
            self._go_to(min(max(here + steps[key], 0), len(components) - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and components:
            self.picked.emit(components[here])
        elif key == Qt.Key.Key_Space and components:
            self.toggled.emit(components[here])
        else:
            event.ignore()

    def _go_to(self, place: int) -> None:
        self._at, amount, share = self._entries[place]
        said = self.tr("{name}: {amount}, {share}. Enter explains it, Space leaves it out of the bars.")
        said = said.format(name=self._names[self._at], amount=amount, share=share)
        self.setAccessibleDescription(said)
        say(self, said)
        self.pointed.emit(self._at)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        components = [component for component, _, _ in self._entries]
        if components and event.reason() is not Qt.FocusReason.MouseFocusReason:
            self._go_to(components.index(self._at) if self._at in components else 0)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.pointed.emit(None)

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(None)
        super().leaveEvent(event)

    def event(self, event: object) -> bool:
        if isinstance(event, QHelpEvent):
            for place, (component, amount, _share) in enumerate(self._entries):
                if self._cell(place).contains(event.pos().toPointF()):
                    meaning = f"<b>{self._names[component]}</b> {amount}<br>{component_meaning(component)}"
                    hint = self.tr("Click the name to see its formula, the square to leave it out of the bars.")
                    QToolTip.showText(event.globalPos(), f"{meaning}<br><i>{hint}</i>", self)
                    return True
            QToolTip.hideText()
            return True
        return super().event(event)  # type: ignore[arg-type]
