"""Paints a cell of the GPU list straight from the table's own values.

The stock delegate asks the model for seven roles a cell and lets the style draw each; with a list that changes at every tick of a drag that
alone takes longer than everything else together.
"""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.gpu_table import NUMERIC, Column, GpuTable
from gui.icons import status_pixmap
from gui.theme import Theme, font

#: Widths remembered; forgotten all at once past that, so that a long drag does not hoard them.
_MAX_MEASURED = 5000


class GpuDelegate(QStyledItemDelegate):
    """Draws text, colour and mark of one cell; selection in the accent, focus as a line below."""

    def __init__(self, table: GpuTable, theme: Theme, icon_side: int, parent: QObject) -> None:
        super().__init__(parent)
        self._table = table
        self._theme = theme
        self._side = icon_side
        self._regular, self._bold = font(), font(bold=True)
        self._text, self._on_accent, self._accent = QColor(theme.text), QColor(theme.on_accent), QColor(theme.accent)
        self._metrics = (QFontMetricsF(self._regular), QFontMetricsF(self._bold))
        self._cap_height = self._metrics[0].capHeight()
        self._advances: dict[tuple[str, bool], float] = {}
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
                painter.drawPixmap(QPointF(left, box.top() + (box.height() - self._side + 1) / 2), pixmap)
            left += self._side + 6
            text = self._elided(text, chosen, right - left)
        if selected:
            ink = self._on_accent
        elif status is not None and column in (Column.STATUS, Column.HEADROOM):
            ink = self._status[status]
        else:
            ink = self._text
        painter.setPen(ink)
        x = float(left) if column not in NUMERIC else right - self._advance(text, chosen)
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
