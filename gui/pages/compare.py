"""Tab *Compare*: the scenario beside those that are pinned, component by component, with the difference."""

from typing import NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.memory import Component, FitStatus, Gpu, Scenario
from gui.frame import Frame
from gui.icons import swatch
from gui.pages.page import Page
from gui.pins import Pin, Pins
from gui.quantities import Numbers
from gui.store import Store
from gui.theme import Theme, font
from gui.words import component_name, format_name, run_name, status_word

_ROOT = QModelIndex()
AnyIndex = QModelIndex | QPersistentModelIndex
#: With more columns there is room for the difference alone.
_WIDE_COLUMNS = 3


class _Row(NamedTuple):
    name: str
    component: Component | None
    cells: tuple[str, ...]
    tips: tuple[str, ...]
    colors: tuple[str | None, ...]


class _Differences(QAbstractTableModel):
    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._side = round(0.75 * parent.fontMetrics().height())
        self._bold = font(bold=True)
        self._columns: tuple[str, ...] = ()
        self._rows: list[_Row] = []

    def show_frame(self, frame: Frame, pins: tuple[Pin, ...]) -> None:
        columns = (self.tr("now"), *(pin.letter for pin in pins))
        scenarios = (frame.scenario, *(pin.scenario for pin in pins))
        estimates = (frame.estimate, *(pin.estimate for pin in pins))
        numbers = frame.numbers
        rows = [
            self._words(self.tr("Name"), tuple(scenario.name or "–" for scenario in scenarios)),
            self._words(self.tr("Model"), tuple(_model(scenario, numbers) for scenario in scenarios)),
            self._words(self.tr("Run"), tuple(run_name(scenario.task, scenario.method) for scenario in scenarios)),
            self._words(self.tr("Weights as"), tuple(format_name(scenario.weights) for scenario in scenarios)),
            self._words(self.tr("Batch × context"), tuple(_tokens(scenario, numbers) for scenario in scenarios)),
        ]
        if frame.gpu is not None:
            pairs = zip(estimates, scenarios, strict=True)
            found = [status for each, of in pairs if (status := frame.status_of(each, of)) is not None]
            rows.append(self._fits(frame.gpu, found))
        rows.append(self._sizes(self.tr("Peak"), None, tuple(each.total_bytes for each in estimates), numbers))
        for place, component in enumerate(Component):
            sizes = tuple(each.peak.stack[place] for each in estimates)
            if any(sizes):
                rows.append(self._sizes(component_name(component), component, sizes, numbers))
        same_shape = columns == self._columns and [row.name for row in rows] == [row.name for row in self._rows]
        if not same_shape:
            self.beginResetModel()
        self._columns, self._rows = columns, rows
        if same_shape:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(columns) - 1))
        else:
            self.endResetModel()

    def _words(self, name: str, texts: tuple[str, ...]) -> _Row:
        return _Row(name, None, texts, texts, (None,) * len(texts))

    def _fits(self, gpu: Gpu, found: list[FitStatus]) -> _Row:
        words = tuple(map(status_word, found))
        return _Row(gpu.name, None, words, words, tuple(self._theme.status[status] for status in found))

    def _sizes(self, name: str, component: Component | None, sizes: tuple[int, ...], numbers: Numbers) -> _Row:
        now = sizes[0]
        cells, tips = [numbers.bytes(now) if now else "–"], [numbers.bytes(now)]
        for size in sizes[1:]:
            amount = numbers.bytes(size) if size else "–"
            difference = numbers.bytes(size - now, signed=True) if size != now else "="
            figure = str(numbers.figure(size - now, signed=True).number) if size != now else "="
            cells.append(f"{amount} ({figure})" if len(sizes) <= _WIDE_COLUMNS + 1 else figure if size != now else amount)
            tips.append(f"{amount} ({difference})")
        return _Row(name, component, tuple(cells), tuple(tips), (None,) * len(sizes))

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation is Qt.Orientation.Horizontal:
            return self._columns[section] if role == Qt.ItemDataRole.DisplayRole else None
        row = self._rows[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name
        if role == Qt.ItemDataRole.DecorationRole and row.component is not None:
            return swatch(self._theme.component(row.component), self._side)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.cells[index.column()]
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleDescriptionRole:
                return row.tips[index.column()]
            case Qt.ItemDataRole.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            case Qt.ItemDataRole.FontRole:
                return self._bold if index.column() == 0 else None
            case Qt.ItemDataRole.ForegroundRole:
                color = row.colors[index.column()]
                return QColor(color) if color else None
        return None


class ComparePage(Page):
    """Buttons act on the column that is chosen; a double-click on a pin goes back to it."""

    def __init__(self, pins: Pins, store: Store, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._pins, self._store = pins, store
        self._frame: Frame | None = None
        hint = self.tr(
            "Pin a scenario (Ctrl+D) to compare others with it. Up to nine, saved with the file; keys 1 to 9 in a presentation (F11)."
        )
        self.hint = QLabel(hint, self)
        self.hint.setObjectName("compare_hint")
        self.hint.setWordWrap(True)
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        self.hint.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self.model = _Differences(theme, self)
        self.view = QTableView(self)
        self.view.setObjectName("compare_table")
        self.view.setAccessibleName(self.tr("Scenarios compared"))
        self.view.setModel(self.model)
        self.view.setFrameShape(QTableView.Shape.NoFrame)
        self.view.setShowGrid(False)
        self.view.setTabKeyNavigation(False)
        self.view.setFont(font())
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectColumns)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.view.horizontalHeader().setMinimumSectionSize(round(4.6 * self.fontMetrics().height()))
        self.view.verticalHeader().setDefaultSectionSize(round(1.6 * self.fontMetrics().height()))
        self.view.selectionModel().selectionChanged.connect(self._show_buttons)
        self.view.doubleClicked.connect(self.restore)
        row = QHBoxLayout()
        self.buttons: dict[str, QPushButton] = {}
        for name, text, slot in (
            ("restore", self.tr("Restore"), self.restore),
            ("swap", self.tr("Swap"), self.swap),
            ("rename", self.tr("Name…"), self.ask_name),
            ("remove", self.tr("Unpin"), self.remove),
        ):
            button = QPushButton(text, self)
            button.setObjectName(f"compare_{name}")
            button.setAutoDefault(False)
            button.clicked.connect(slot)
            self.buttons[name] = button
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.addWidget(self.hint)
        layout.addLayout(row)
        layout.addWidget(self.view, 1)
        self._show_buttons()

    def show_frame(self, frame: Frame) -> None:
        self._frame = frame
        chosen = self._column
        self.model.show_frame(frame, self._pins.pins)
        self.hint.setVisible(not self._pins.pins)
        if chosen is not None and chosen < self.model.columnCount():
            self.view.selectColumn(chosen)
        elif self._pins.pins:
            self.view.selectColumn(1)
        self._show_buttons()

    @property
    def _column(self) -> int | None:
        return next((index.column() for index in self.view.selectionModel().selectedIndexes()), None)

    @property
    def _place(self) -> int | None:
        """Of the chosen pin."""
        column = self._column
        return column - 1 if column and column <= len(self._pins.pins) else None

    def _show_buttons(self) -> None:
        for name, button in self.buttons.items():
            button.setVisible(bool(self._pins.pins))
            button.setEnabled(self._place is not None or name == "rename")

    # -- what the user does

    def restore(self) -> None:
        """Go back to the chosen pin."""
        place = self._place
        if place is not None:
            self._store.replace(self._pins.scenarios[place])

    def swap(self) -> None:
        """The pin comes on screen, and what is there takes its place."""
        place = self._place
        if place is not None:
            pinned, now = self._pins.scenarios[place], self._store.scenario
            if self._store.replace(pinned):
                self._pins.put(place, now)

    def remove(self) -> None:
        place = self._place
        if place is not None:
            self._pins.remove(place)

    def ask_name(self) -> None:
        """Name the chosen scenario; the one on screen where no pin is chosen."""
        place = self._place
        scenario = self._store.scenario if place is None else self._pins.scenarios[place]
        title = self.tr("Name of the scenario")
        name, given = QInputDialog.getText(self, title, self.tr("Name"), QLineEdit.EchoMode.Normal, scenario.name)
        if not given:
            return
        named = name.strip()[:200]
        if place is None:
            self._store.dispatch(name=named)
        else:
            self._pins.put(place, scenario.evolve(name=named))


def _model(scenario: Scenario, numbers: Numbers) -> str:
    return scenario.architecture.name or numbers.parameters(scenario.architecture.nominal_parameters)


def _tokens(scenario: Scenario, numbers: Numbers) -> str:
    return f"{numbers.count(scenario.batch_size)} × {numbers.count(scenario.context_length)}"
