"""Tab *Table*: the same numbers as the chart, component by moment, to read aloud, select and copy."""

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from core.memory import Component
from gui.frame import Frame
from gui.icons import swatch
from gui.pages.log_plot import faint
from gui.pages.page import Page
from gui.theme import Theme, font
from gui.words import component_name, moment_name

_ROOT = QModelIndex()
AnyIndex = QModelIndex | QPersistentModelIndex


class _Numbers(QAbstractTableModel):
    """Rows: components, then the three readings; columns: moments."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._columns: list[str] = []
        self._rows: list[tuple[str, Component | None, list[int]]] = []
        self._frame: Frame | None = None
        self._pointed: Component | None = None
        self._bold = font(bold=True)
        self._side = round(0.75 * parent.fontMetrics().height())

    def show_frame(self, frame: Frame) -> None:
        moments = frame.estimate.moments
        columns = [
            self.tr("{moment} (peak)").format(moment=moment_name(m.name)) if m is frame.estimate.peak else moment_name(m.name)
            for m in moments
        ]
        rows: list[tuple[str, Component | None, list[int]]] = []
        for place, component in enumerate(Component):
            sizes = [moment.stack[place] for moment in moments]
            if any(sizes):
                rows.append((component_name(component), component, sizes))
        readings = [moment.stack.readings for moment in moments]
        rows.append((self.tr("Allocated"), None, [reading.allocated_bytes for reading in readings]))
        rows.append((self.tr("Reserved"), None, [reading.reserved_bytes for reading in readings]))
        rows.append((self.tr("Process (nvidia-smi)"), None, [reading.process_bytes for reading in readings]))
        same_shape = [row[0] for row in rows] == [row[0] for row in self._rows] and columns == self._columns
        if not same_shape:
            self.beginResetModel()
        self._columns, self._rows, self._frame = columns, rows, frame
        if same_shape:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(columns) - 1))
        else:
            self.endResetModel()

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation is Qt.Orientation.Horizontal:
            return self._columns[section] if role == Qt.ItemDataRole.DisplayRole else None
        name, component, _ = self._rows[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return name
        if role == Qt.ItemDataRole.DecorationRole and component is not None:
            return swatch(self._theme.component(component), self._side)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or self._frame is None:
            return None
        _, component, sizes = self._rows[index.row()]
        size = sizes[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._frame.numbers.bytes(size) if size else "–"
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleDescriptionRole:
                return self.tr("{count} bytes").format(count=self._frame.numbers.count(size))
            case Qt.ItemDataRole.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            case Qt.ItemDataRole.FontRole:
                return self._bold if component is None else None
            case Qt.ItemDataRole.ForegroundRole:
                return None if size else QColor(self._theme.dim_text)
            case Qt.ItemDataRole.BackgroundRole:
                return faint(QColor(self._theme.accent), 0.18) if component is not None and component is self._pointed else None
        return None

    def component(self, row: int) -> Component | None:
        """None of the readings below."""
        return self._rows[row][1] if 0 <= row < len(self._rows) else None

    def show_pointed(self, component: Component | None) -> None:
        if component is not self._pointed:
            self._pointed = component
            if self._rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self._columns) - 1))

    def exact(self, row: int, column: int) -> int:
        return self._rows[row][2][column]


class TablePage(Page):
    """Ctrl+C copies what is selected, or all of it, in bytes, for a spreadsheet."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.model = _Numbers(theme, self)
        self.view = QTableView(self)
        self.view.setObjectName("numbers_table")
        self.view.setAccessibleName(self.tr("Memory by component and moment"))
        self.view.setModel(self.model)
        self.view.setFrameShape(QTableView.Shape.NoFrame)
        self.view.setShowGrid(False)
        self.view.setTabKeyNavigation(False)
        self.view.setFont(font())
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.view.horizontalHeader().setHighlightSections(False)
        self.view.verticalHeader().setHighlightSections(False)
        self.view.verticalHeader().setDefaultSectionSize(round(1.7 * self.fontMetrics().height()))
        self.view.setToolTip(self.tr("Ctrl+C copies the table, in bytes"))
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.view)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy)
        self.view.setMouseTracking(True)
        self.view.entered.connect(self._on_entered)
        self.view.viewport().installEventFilter(self)
        self.view.clicked.connect(self._on_clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addWidget(self.view)

    def show_frame(self, frame: Frame) -> None:
        self.model.show_frame(frame)

    def show_pointed(self, component: Component | None) -> None:
        self.model.show_pointed(component)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """The pointer leaves the cells."""
        if event.type() == QEvent.Type.Leave:
            self.pointed.emit(None)
        return False

    def _on_entered(self, index: QModelIndex) -> None:
        self.pointed.emit(self.model.component(index.row()))

    def _on_clicked(self, index: QModelIndex) -> None:
        self.chosen.emit(self.model.component(index.row()))

    def copy(self) -> None:
        """Put the selected cells, or all of them, on the clipboard."""
        cells = {(index.row(), index.column()) for index in self.view.selectionModel().selectedIndexes()}
        if len(cells) < 2:
            cells = {(row, column) for row in range(self.model.rowCount()) for column in range(self.model.columnCount())}
        rows, columns = sorted({row for row, _ in cells}), sorted({column for _, column in cells})
        header = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        lines = ["\t".join(["", *(str(self.model.headerData(column, header[0])) for column in columns)])]
        for row in rows:
            values = [str(self.model.exact(row, column)) if (row, column) in cells else "" for column in columns]
            lines.append("\t".join([str(self.model.headerData(row, header[1])), *values]))
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")
