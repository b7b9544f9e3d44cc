"""The GPU list as a table model: every card with its fit, sortable and filtered without a proxy.

Headroom and its percentage order cards as the room on them does, whatever the scenario, so a change of scenario never re-sorts; it
only changes texts, and, with "only those that fit", where the list ends.
"""

from collections.abc import Iterable
from enum import IntEnum

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QFont

from core.catalogue.gpus import unnumbered
from core.memory import Estimate, Fit, FitStatus, Gpu, Scenario, judge, room_on
from gui.icons import status_icon
from gui.quantities import Numbers
from gui.theme import Theme, font
from gui.words import status_word

AnyIndex = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    NAME = 0
    MEMORY = 1
    STATUS = 2
    HEADROOM = 3
    SHARE = 4


#: A headroom that is told in larger units than the column's; the tip has the figure.
MOST_NEGATIVE = "\u2212>9999"

_MARK = "◆"

_ROOT = QModelIndex()
NUMERIC = frozenset({Column.MEMORY, Column.HEADROOM, Column.SHARE})


class GpuTable(QAbstractTableModel):
    """Rows are the visible cards in display order; ``gpu_at`` says which."""

    visible_changed = Signal()

    def __init__(self, gpus: tuple[Gpu, ...], theme: Theme, icon_side: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._gpus = gpus
        self._theme = theme
        self._fits: dict[int, Fit] = {}  # by room: many cards have as much
        self._figures: dict[int, tuple[str, str]] = {}  # headroom and share of those that were asked for
        self._scenario: Scenario | None = None  # what is judged
        self._room: dict[str, int] = {}
        self._numbers: Numbers | None = None
        self._filter = ""
        self._only_fitting = False
        self._sort_column, self._sort_order = Column.MEMORY, Qt.SortOrder.DescendingOrder
        self._here: tuple[Gpu, ...] = ()
        self._visible: list[Gpu] = []
        self._chosen = ""
        self._marked: frozenset[str] = frozenset()
        self._icons = {status: status_icon(status, theme, icon_side) for status in FitStatus}
        self._colors = {status: QColor(color) for status, color in theme.status.items()}
        self._bold = font(bold=True)
        self._regular = font()
        self._relist()

    # -- what the window says

    def render_fits(self, estimate: Estimate, scenario: Scenario, numbers: Numbers) -> None:
        """Judge every card by ``estimate``, of ``scenario``, and announce the cells that may have changed: names and sizes only with unit
        or choice.
        """
        chosen, before = scenario.gpu, self._scenario
        self._scenario = scenario
        if before is None or (before.resident_threads, before.estimator) != (scenario.resident_threads, scenario.estimator):
            self._measure()
        total, stack, sure = estimate.total_bytes, estimate.peak.stack, estimate.sure_bytes
        fits_before = self._fits
        all_changed = self._numbers is not numbers or self._chosen != chosen
        self._numbers = numbers
        self._chosen = chosen
        self._fits = {room: judge(total, room, stack, sure) for room in set(self._room.values())}
        self._figures.clear()
        if self._only_fitting:
            self._arrange()
        if not self._visible:
            return
        last = len(self._visible) - 1
        if all_changed:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(Column) - 1)
            self.dataChanged.emit(self.index(0, 0), self.index(last, len(Column) - 1))
            return
        self.dataChanged.emit(self.index(0, Column.HEADROOM), self.index(last, Column.SHARE))
        turned = {room for room, fit in self._fits.items() if room not in fits_before or fit.status is not fits_before[room].status}
        rows = [row for row, gpu in enumerate(self._visible) if self._room[gpu.name] in turned] if turned else []
        if rows:
            self.dataChanged.emit(self.index(rows[0], 0), self.index(rows[-1], Column.STATUS))

    def cell(self, row: int, column: int) -> tuple[str, FitStatus | None, bool]:
        """(text, status of the card, whether it is the chosen one): all that painting needs."""
        gpu = self._visible[row]
        fit = self.fit_of(gpu.name)
        return self._text(gpu, column), fit.status if fit is not None else None, gpu.name == self._chosen

    def set_gpus(self, gpus: tuple[Gpu, ...]) -> None:
        """Other cards than before."""
        self._gpus = gpus
        self._relist()

    def gpu_named(self, name: str) -> Gpu | None:
        """The card of this machine, or of the list, that is called ``name``."""
        return next((gpu for gpu in (*self._here, *self._gpus) if gpu.name == name), None)

    def set_here(self, here: tuple[Gpu, ...]) -> None:
        """The cards of this machine: always the first rows. Their usable memory may change; names are taken by nobody else."""
        if here == self._here:
            return
        if [gpu.name for gpu in here] == [gpu.name for gpu in self._here]:
            new = {gpu.name: gpu for gpu in here}
            self._visible = [new.get(gpu.name, gpu) for gpu in self._visible]
        self._here = here
        self._relist()

    def set_filter(self, text: str) -> None:
        self._filter = text.casefold().strip()
        self._arrange()

    def set_only_fitting(self, only: bool) -> None:
        self._only_fitting = only
        self._arrange()

    def fit_of(self, name: str) -> Fit | None:
        return self._fits.get(self._room.get(name, 0))

    def gpu_at(self, row: int) -> Gpu | None:
        return self._visible[row] if 0 <= row < len(self._visible) else None

    def row_of(self, name: str) -> int:
        """Where ``name`` stands; -1 when it is filtered away."""
        return next((row for row, gpu in enumerate(self._visible) if gpu.name == name), -1)

    # -- what Qt asks

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._visible)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in NUMERIC else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        unit = self._numbers.unit.value if self._numbers is not None else ""
        match Column(section):
            case Column.NAME:
                return self.tr("GPU")
            case Column.MEMORY:
                return unit
            case Column.STATUS:
                return self.tr("Fit")
            case Column.HEADROOM:
                return self.tr("Free {unit}").format(unit=unit)
            case Column.SHARE:
                return "%"

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        gpu = self.gpu_at(index.row())
        if gpu is None:
            return None
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(gpu, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column in NUMERIC else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.FontRole:
            return self._font(gpu)
        fit = self.fit_of(gpu.name)
        if fit is None:
            return None
        if role == Qt.ItemDataRole.DecorationRole and column == Column.NAME:
            return self._icons[fit.status]
        if role == Qt.ItemDataRole.ForegroundRole and column in (Column.STATUS, Column.HEADROOM):
            return self._colors[fit.status]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return self._tip(gpu, fit)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sort_column, self._sort_order = Column(column), order
        self._arrange()

    # -- inside

    def _font(self, gpu: Gpu) -> QFont:
        return self._bold if gpu.name == self._chosen else self._regular

    def _text(self, gpu: Gpu, column: int) -> str:
        if column == Column.NAME:
            return self._with_mark(self._name_here(gpu) if gpu in self._here else gpu.name, gpu)
        fit, numbers = self.fit_of(gpu.name), self._numbers
        if fit is None or numbers is None:
            return ""
        if column == Column.STATUS:
            return status_word(fit.status)
        if column == Column.MEMORY:
            return numbers.capacity(gpu.memory_bytes)
        figures = self._figures.get(self._room[gpu.name])
        if figures is None:
            headroom = numbers.figure(fit.headroom_bytes)
            number = headroom.number if headroom.unit == numbers.unit else MOST_NEGATIVE
            figures = self._figures[self._room[gpu.name]] = number, numbers.share(fit.headroom_fraction)
        return figures[column == Column.SHARE]

    def plain_name(self, row: int) -> str:
        """Without the remark that it is in this machine."""
        gpu = self._visible[row]
        return self._with_mark(gpu.name, gpu)

    def _with_mark(self, name: str, gpu: Gpu) -> str:
        return f"{name} {_MARK}" if gpu.name in self._marked else name

    def is_marked(self, name: str) -> bool:
        return name in self._marked

    def set_marked(self, names: Iterable[str]) -> None:
        """Set these names off: their cards are lines on the curve and the map."""
        self._marked = frozenset(names)
        if self._visible:
            self.dataChanged.emit(self.index(0, Column.NAME), self.index(len(self._visible) - 1, Column.NAME))

    def _name_here(self, gpu: Gpu) -> str:
        """With its number only where there are several alike."""
        plain = unnumbered(gpu.name)
        alone = sum(unnumbered(other.name) == plain for other in self._here) == 1
        return self.tr("Here: {name}").format(name=plain if alone else gpu.name)

    def _tip(self, gpu: Gpu, fit: Fit) -> str:
        numbers = self._numbers
        if numbers is None:
            return ""
        return self.tr("{vendor} {name}: {memory} on the box, {usable} usable by one process. {word}, {headroom} free ({share}).").format(
            vendor=gpu.vendor,
            name=gpu.name,
            memory=numbers.bytes(gpu.memory_bytes),
            usable=numbers.bytes(gpu.usable_bytes),
            word=status_word(fit.status),
            headroom=numbers.bytes(fit.headroom_bytes),
            share=numbers.share(fit.headroom_fraction),
        )

    def _matches(self, gpu: Gpu) -> bool:
        if self._filter and not all(word in f"{gpu.vendor} {gpu.name}".casefold() for word in self._filter.split()):
            return False
        if not self._only_fitting:
            return True
        fit = self.fit_of(gpu.name)
        return fit is None or fit.status is not FitStatus.OOM

    def _sort_key(self, gpu: Gpu) -> tuple[int | str, ...]:
        if self._sort_column is Column.NAME:
            return (gpu.name.casefold(),)
        size = gpu.memory_bytes if self._sort_column is Column.MEMORY else self._room[gpu.name]
        return (size, gpu.launch_year or 0, gpu.name)

    def _relist(self) -> None:
        self._measure()
        self._arrange()

    def _measure(self) -> None:
        every = (*self._gpus, *self._here)
        self._room = {gpu.name: room_on(gpu, self._scenario) if self._scenario is not None else gpu.usable_bytes for gpu in every}

    def _arrange(self) -> None:
        visible = [gpu for gpu in self._gpus if self._matches(gpu)]
        visible.sort(key=self._sort_key, reverse=self._sort_order is Qt.SortOrder.DescendingOrder)
        visible[:0] = [gpu for gpu in self._here if self._matches(gpu)]
        if visible != self._visible:
            self.beginResetModel()
            self._visible = visible
            self.endResetModel()
            self.visible_changed.emit()
