"""The GPU picker: filter, "only those that fit", and the sortable list."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.machine import Reading
from core.memory import Estimate, FitStatus, Gpu, Scenario
from core.memory.parallel import MAX_PARALLEL_SIZE
from core.quantity import Kind, QuantityError
from gui.card_dialog import CardDialog
from gui.gpu_list import GpuList
from gui.gpu_table import MOST_NEGATIVE, Column, GpuTable
from gui.machine_line import MachineLine
from gui.own_cards import OwnCards
from gui.problem_words import quantity_problem
from gui.quantities import Numbers
from gui.theme import FontSize, Theme, font
from gui.widgets.calm import WindowUndo
from gui.widgets.quantity_box import QuantityBox
from gui.words import status_word


class GpuPicker(QWidget):
    """Emits ``picked`` with the name of a card; shows what it is told."""

    picked = Signal(object)
    count_edited = Signal(object)
    """How many cards there should be."""
    free_only_toggled = Signal(bool)
    cards_changed = Signal()
    """Other cards are listed than were judged."""

    def __init__(self, cards: OwnCards, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen = ""
        line = self.fontMetrics().height()

        self.filter_box = QLineEdit(self)
        self.filter_box.setObjectName("gpu_filter")
        self.filter_box.setPlaceholderText(self.tr("Filter GPUs"))
        self.filter_box.setAccessibleName(self.tr("Filter GPUs"))
        self.filter_box.setClearButtonEnabled(True)
        WindowUndo(self.filter_box)
        self.only_fitting_box = QCheckBox(self.tr("Only those that &fit"), self)
        self.only_fitting_box.setObjectName("gpu_only_fitting")

        self.count_box = self._build_count(theme.status_color(FitStatus.OOM))
        self.table = GpuTable(cards.gpus(), theme, round(0.85 * line), self)
        self.list_view = GpuList(self.table, theme, round(0.85 * line), self)
        self.list_view.setObjectName("gpu_list")
        self.list_view.setAccessibleName(self.tr("GPUs and whether the scenario fits on them"))
        self.list_view.setAccessibleDescription(self.tr("Ctrl+click, or the menu key, marks cards for the curve and the map."))
        self._style_list(line)

        self.edit_button = QToolButton(self)
        self.edit_button.setObjectName("edit_card")
        self.edit_button.setText("…")
        self.edit_button.setAccessibleName(self.tr("Your card"))
        self.edit_button.setToolTip(self.tr("Enter a card of your own, or what is usable of the chosen one"))
        self.edit_button.clicked.connect(self._edit)
        self._cards = cards
        cards.changed.connect(self._on_cards)
        self.list_view.mark_toggled.connect(cards.marked.toggle)
        cards.marked.changed.connect(self._on_marked)
        self.table.set_marked(cards.marked.names)
        self.machine_line = MachineLine(self)
        self.machine_line.free_only_toggled.connect(self.free_only_toggled)

        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self.count_box)
        top.addWidget(QLabel("×", self))
        top.addWidget(self.filter_box, 1)
        top.addWidget(self.only_fitting_box)
        top.addWidget(self.edit_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.machine_line)
        layout.addLayout(top)
        layout.addWidget(self.count_box.message)
        layout.addWidget(self.list_view, 1)

        self.filter_box.textChanged.connect(self.table.set_filter)
        self.only_fitting_box.toggled.connect(self.table.set_only_fitting)
        self.table.visible_changed.connect(self._select_chosen)
        # Not currentRowChanged: a list that gets the focus gives itself a current row, and reaching it is not picking.
        self.list_view.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.list_view.activated.connect(self._pick)

    def _build_count(self, refused: QColor) -> QuantityBox:
        def explain(error: QuantityError) -> str:
            return quantity_problem(error, "1", str(MAX_PARALLEL_SIZE))

        box = QuantityBox(kind=Kind.COUNT, low=1, high=MAX_PARALLEL_SIZE, to_text=str, explain=explain, parent=self)
        box.setObjectName("gpu_count.box")
        box.message.setObjectName("gpu_count.message")
        box.setRefusedColor(refused)
        box.setFixedWidth(self.fontMetrics().horizontalAdvance("8888") + 12)
        box.describe(self.tr("Number of GPUs"), self.tr("How many of the chosen card; how the run is spread over them is in the tab GPUs"))
        box.setToolTip(box.accessibleDescription())
        box.render_value(1)
        box.edited.connect(self.count_edited)
        return box

    def _style_list(self, line: int) -> None:
        view = self.list_view
        view.setFont(font())
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setShowGrid(False)
        view.setFrameShape(GpuList.Shape.NoFrame)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setIconSize(QSize(round(0.85 * line), round(0.85 * line)))
        rows = view.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(round(1.55 * line))
        header = view.horizontalHeader()
        header.setFont(font(FontSize.SMALL))
        header.setHighlightSections(False)
        header.setMinimumSectionSize(2 * line)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        metrics = QFontMetrics(font(bold=True))  # as the chosen row is
        widest = {
            Column.MEMORY: ["1,024"],
            Column.STATUS: [status_word(status) for status in FitStatus],
            Column.HEADROOM: [MOST_NEGATIVE],
            Column.SHARE: ["\u2212>999%"],
        }
        for column, texts in widest.items():
            header.resizeSection(column, max(map(metrics.horizontalAdvance, texts)) + round(0.5 * line))
        header.setSortIndicator(Column.MEMORY, Qt.SortOrder.DescendingOrder)
        view.setSortingEnabled(True)

    def render_fits(self, estimate: Estimate, scenario: Scenario, numbers: Numbers) -> None:
        """Judge every card against ``estimate``, which is of ``scenario``, and mark the chosen one."""
        chosen = scenario.gpu
        self.count_box.render_value(scenario.parallel.world_size)
        self.table.render_fits(estimate, scenario, numbers)
        if chosen != self._chosen:
            self._chosen = chosen
            self._select_chosen()

    def _on_cards(self) -> None:
        self.table.set_gpus(self._cards.gpus())
        self.cards_changed.emit()

    def _on_marked(self) -> None:
        self.table.set_marked(self._cards.marked.names)
        self.cards_changed.emit()

    def _edit(self) -> None:
        """Of the chosen card, or of one of the user's own."""
        dialog = CardDialog(self.table.gpu_named(self._chosen), self._cards.is_own(self._chosen), self)
        if dialog.exec():
            entered, memory_bytes, usable_bytes = dialog.values
            if dialog.wants_removal:
                self._cards.remove(self._chosen)
            else:
                self._cards.enter(entered, memory_bytes, usable_bytes)
                self.picked.emit(entered)
        dialog.deleteLater()

    def render_machine(self, reading: Reading, here: tuple[Gpu, ...], numbers: Numbers) -> None:
        """Show the cards of this machine, ``here`` as rows to pick."""
        self.machine_line.render_reading(reading, numbers)
        self.table.set_here(here)

    def copy_view(self, other: "GpuPicker") -> None:
        """Filter and sort as ``other`` does."""
        self.filter_box.setText(other.filter_box.text())
        self.only_fitting_box.setChecked(other.only_fitting_box.isChecked())
        header = other.list_view.horizontalHeader()
        self.list_view.sortByColumn(header.sortIndicatorSection(), header.sortIndicatorOrder())

    def _select_chosen(self) -> None:
        row = self.table.row_of(self._chosen)
        selection = self.list_view.selectionModel()
        if row < 0:
            selection.clear()
        else:
            index = self.table.index(row, 0)
            flags = QItemSelectionModel.SelectionFlag
            selection.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
            if not self.list_view.viewport().rect().contains(self.list_view.visualRect(index)):
                self.list_view.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    def _on_selection_changed(self) -> None:
        for row in self.list_view.selectionModel().selectedRows():
            self._pick(row)

    def _pick(self, index: QModelIndex) -> None:
        gpu = self.table.gpu_at(index.row())
        if gpu is not None and gpu.name != self._chosen:
            self.picked.emit(gpu.name)
