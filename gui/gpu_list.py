"""The GPU list's view: paints its cells in one go, straight from the table's own values.

A delegate is called once a cell, with an option and an index made for that call; in a list whose figures change at every tick of a drag
that takes longer than the painting itself.
"""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QTableView, QWidget

from gui.gpu_table import NUMERIC, AnyIndex, Column, GpuTable
from gui.icons import status_pixmap
from gui.text_widths import TextWidths
from gui.theme import Theme, font

_PADDING = 3
_ICON_GAP = 6
_COLOURED = (Column.STATUS, Column.HEADROOM)
#: Nearly all names of cards are no longer than so many lines are high.
_LONG_NAME = 11.5


class GpuList(QTableView):
    """Draws text, colour and mark of every cell; the selected row in the accent. Emits ``mark_toggled`` with the name of a card."""

    mark_toggled = Signal(object)

    def __init__(self, table: GpuTable, theme: Theme, icon_side: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._table = table
        self._theme = theme
        self._side = icon_side
        self._fonts = (font(), font(bold=True))
        self._widths = (TextWidths(self._fonts[0]), TextWidths(self._fonts[1]))
        self._cap_height = self._widths[0].metrics.capHeight()
        self._text, self._on_accent, self._accent = QColor(theme.text), QColor(theme.on_accent), QColor(theme.accent)
        self._share_px = 0
        self._status = {status: QColor(color) for status, color in theme.status.items()}
        self.setModel(table)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Names come before shares of the card, which the tip has as well."""
        super().resizeEvent(event)
        columns = [column for column in Column if column is not Column.NAME]
        name_px = self.viewport().width() - sum(self._wanted_px(column) for column in columns)
        too_narrow = name_px < _LONG_NAME * self._widths[0].metrics.height() + self._side + _ICON_GAP + 2 * _PADDING
        if too_narrow != self.isColumnHidden(Column.SHARE):
            self.setColumnHidden(Column.SHARE, too_narrow)

    def _wanted_px(self, column: Column) -> int:
        """Its width, hidden or not."""
        if column is Column.SHARE and not self.isColumnHidden(column):
            self._share_px = self.columnWidth(column)
        return self._share_px if column is Column.SHARE else self.columnWidth(column)

    def dataChanged(self, first: AnyIndex, last: AnyIndex, roles: Sequence[int] = ()) -> None:
        """Only what is in sight: Qt repaints everything where a range goes beyond it, or ends in a column that is hidden."""
        columns = [column for column in range(first.column(), last.column() + 1) if not self.isColumnHidden(column)]
        top, bottom = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        rows = max(first.row(), top), min(last.row(), bottom) if bottom >= 0 else last.row()
        if columns and rows[0] <= rows[1]:
            super().dataChanged(self._table.index(rows[0], columns[0]), self._table.index(rows[1], columns[-1]), list(roles))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """With Ctrl a row is marked, not chosen."""
        marks = event.button() == Qt.MouseButton.LeftButton and bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if not (marks and self._toggle(self.indexAt(event.position().toPoint()))):
            super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        index = self.indexAt(event.pos()) if by_mouse else self.currentIndex()
        gpu = self._table.gpu_at(index.row())
        if gpu is None:
            return
        menu = QMenu(self)
        action = menu.addAction(self.tr("A line on the curve and the map (Ctrl+click)"))
        action.setCheckable(True)
        action.setChecked(self._table.is_marked(gpu.name))
        action.triggered.connect(lambda: self._toggle(index))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos() if by_mouse else self.viewport().mapToGlobal(self.visualRect(index).center()))

    def _toggle(self, index: QModelIndex) -> bool:
        gpu = self._table.gpu_at(index.row())
        if gpu is not None:
            self.mark_toggled.emit(gpu.name)
        return gpu is not None

    def currentChanged(self, current: AnyIndex, previous: AnyIndex) -> None:
        super().currentChanged(current, previous)
        self.viewport().update()  # Qt asks for the two cells; the frame is about their rows

    def paintEvent(self, event: QPaintEvent) -> None:
        region, bounds = event.region(), event.rect()
        first, last = self.rowAt(bounds.top()), self.rowAt(bounds.bottom())
        if first < 0:
            return  # below the last row
        if last < 0:
            last = self._table.rowCount() - 1
        columns = [(column, self.columnViewportPosition(column), self.columnWidth(column)) for column in Column]
        current = self.currentIndex().row() if self.hasFocus() else -1
        selected = {index.row() for index in self.selectionModel().selectedRows()}
        painter = QPainter(self.viewport())
        for row in range(first, last + 1):
            top, height = self.rowViewportPosition(row), self.rowHeight(row)
            for column, left, width in columns:
                box = QRect(left, top, width, height)
                if region.intersects(box):
                    self._paint_cell(painter, row, column, box, selected=row in selected)
            if row == current and row not in selected:  # where the keys are, before Enter picks it
                painter.setPen(self._accent)
                painter.drawRect(QRect(0, top, self.viewport().width() - 1, height - 1))
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
        x, right = float(box.left() + _PADDING), box.right() - _PADDING
        if column in NUMERIC:
            x = right - self._widths[chosen](text)
        elif column is Column.NAME:
            if status is not None:
                pixmap = status_pixmap(status, self._theme, self._side, self.devicePixelRatioF())
                painter.drawPixmap(QPointF(x, box.top() + (box.height() - self._side + 1) / 2), pixmap)
            x += self._side + _ICON_GAP
            if self._widths[chosen](text) > right - x:  # that it is here is said above the list, too
                text = self._table.plain_name(row)
            text = self._elided(text, chosen, right - x)
        painter.drawText(QPointF(x, box.top() + (box.height() + self._cap_height) / 2), text)

    def _elided(self, text: str, bold: bool, room: float) -> str:
        widths = self._widths[bold]
        return text if widths(text) <= room else widths.metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room)
