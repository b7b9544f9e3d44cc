"""Paints a cell of the GPU list straight from the table's own values.

The stock delegate asks the model for seven roles a cell and lets the style draw each; with a list that changes at every tick of a drag that
alone takes longer than everything else together.
"""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.gpu_table import NUMERIC, Column, GpuTable
from gui.icons import status_pixmap
from gui.theme import Theme, font


class GpuDelegate(QStyledItemDelegate):
    """Draws text, colour and mark of one cell; selection in the accent, focus as a line below."""

    def __init__(self, table: GpuTable, theme: Theme, icon_side: int, parent: QObject) -> None:
        super().__init__(parent)
        self._table = table
        self._theme = theme
        self._side = icon_side
        self._regular, self._bold = font(), font(bold=True)
        self._text, self._on_accent, self._accent = QColor(theme.text), QColor(theme.on_accent), QColor(theme.accent)
        self._alignments = [
            (Qt.AlignmentFlag.AlignRight if column in NUMERIC else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
            for column in Column
        ]
        self._status = {status: QColor(color) for status, color in theme.status.items()}

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        column = index.column()
        text, status, chosen = self._table.cell(index.row(), column)
        box: QRect = option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(box, self._accent)
        painter.setFont(self._bold if chosen else self._regular)
        left, right = box.left() + 3, box.right() - 3
        if column == Column.NAME:
            if status is not None:
                pixmap = status_pixmap(status, self._theme, self._side, painter.device().devicePixelRatioF())
                painter.drawPixmap(left, box.center().y() - self._side // 2, pixmap)
            left += self._side + 6
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, right - left)
        if selected:
            ink = self._on_accent
        elif status is not None and column in (Column.STATUS, Column.HEADROOM):
            ink = self._status[status]
        else:
            ink = self._text
        painter.setPen(ink)
        painter.drawText(QRectF(left, box.top(), right - left, box.height()), self._alignments[column], text)
