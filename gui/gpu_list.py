"""The GPU list's view: paints its cells in one go, straight from the table's own values.

A delegate is called once a cell, with an option and an index made for that call; in a list whose figures change at every tick of a drag
that takes three times as long as the painting itself.
"""

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QTableView, QWidget

from gui.gpu_table import NUMERIC, Column, GpuTable
from gui.icons import status_pixmap
from gui.theme import Theme, font

#: Widths remembered; forgotten all at once past that, so that a long drag does not hoard them.
_MAX_MEASURED = 5000
_PADDING = 3
_ICON_GAP = 6
_COLOURED = (Column.STATUS, Column.HEADROOM)


class GpuList(QTableView):
    """Draws text, colour and mark of every cell; the selected row in the accent."""

    def __init__(self, table: GpuTable, theme: Theme, icon_side: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._table = table
        self._theme = theme
        self._side = icon_side
        self._fonts = (font(), font(bold=True))
        self._metrics = (QFontMetricsF(self._fonts[0]), QFontMetricsF(self._fonts[1]))
        self._cap_height = self._metrics[0].capHeight()
        self._advances: dict[tuple[str, bool], float] = {}
        self._text, self._on_accent, self._accent = QColor(theme.text), QColor(theme.on_accent), QColor(theme.accent)
        self._status = {status: QColor(color) for status, color in theme.status.items()}
        self.setModel(table)

    def paintEvent(self, event: QPaintEvent) -> None:
        region, bounds = event.region(), event.rect()
        first = self.rowAt(bounds.top())
        if first < 0:
            return  # below the last row
        last = self.rowAt(bounds.bottom())
        columns = [(column, self.columnViewportPosition(column), self.columnWidth(column)) for column in Column]
        selected = {index.row() for index in self.selectionModel().selectedRows()}
        painter = QPainter(self.viewport())
        for row in range(first, (last if last >= 0 else self._table.rowCount() - 1) + 1):
            top, height = self.rowViewportPosition(row), self.rowHeight(row)
            for column, left, width in columns:
                box = QRect(left, top, width, height)
                if region.intersects(box):
                    self._paint_cell(painter, row, column, box, selected=row in selected)
        painter.end()

    def _paint_cell(self, painter: QPainter, row: int, column: Column, box: QRect, *, selected: bool) -> None:
        text, status, chosen = self._table.cell(row, column)
        if selected:
            painter.fillRect(box, self._accent)
            painter.setPen(self._on_accent)
        elif status is not None and column in _COLOURED:
            painter.setPen(self._status[status])
        else:
            painter.setPen(self._text)
        painter.setFont(self._fonts[chosen])
        left, right = box.left() + _PADDING, box.right() - _PADDING
        x = float(left)
        if column == Column.NAME:
            if status is not None:
                pixmap = status_pixmap(status, self._theme, self._side, self.devicePixelRatioF())
                painter.drawPixmap(QPointF(left, box.top() + (box.height() - self._side + 1) / 2), pixmap)
            x += self._side + _ICON_GAP
            text = self._elided(text, chosen, right - x)
        elif column in NUMERIC:
            x = right - self._advance(text, chosen)
        painter.drawText(QPointF(x, box.top() + (box.height() + self._cap_height) / 2), text)

    def _advance(self, text: str, bold: bool) -> float:
        """Width of ``text``. The same few hundred figures come again and again, and measuring costs as much as drawing."""
        key = (text, bold)
        known = self._advances.get(key)
        if known is None:
            if len(self._advances) > _MAX_MEASURED:
                self._advances.clear()
            known = self._advances[key] = self._metrics[bold].horizontalAdvance(text)
        return known

    def _elided(self, text: str, bold: bool, room: float) -> str:
        if self._advance(text, bold) <= room:
            return text
        return self._metrics[bold].elidedText(text, Qt.TextElideMode.ElideRight, room)
