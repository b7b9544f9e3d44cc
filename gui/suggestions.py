"""Strategies that fit, ranked, as a list to take one from: found in slices, with progress and a way to stop."""

from collections.abc import Iterator
from dataclasses import replace
from heapq import nsmallest

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from core.memory import ONE_GPU, Scenario
from core.suggest import Strategy, rank, smallest_count, sweep
from gui.after_frame import AfterFrame
from gui.frame import Frame
from gui.parallel_words import strategy_name
from gui.quantities import Numbers
from gui.theme import font

_ROOT = QModelIndex()
AnyIndex = QModelIndex | QPersistentModelIndex
_MOST = 12


class _Table(QAbstractTableModel):
    """Rows: strategies, the best first."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.strategies: list[Strategy] = []
        self._numbers: Numbers | None = None

    def show_strategies(self, strategies: list[Strategy], numbers: Numbers) -> None:
        if strategies == self.strategies and numbers is self._numbers:
            return
        self.beginResetModel()
        self.strategies, self._numbers = strategies, numbers
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.strategies)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else 5

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Strategy"), self.tr("Per GPU"), self.tr("Free"), self.tr("Sent a step"), self.tr("Idle"))[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return (
                self.tr("How the run is spread; a double-click takes it"),
                self.tr("What the GPU that needs most needs"),
                self.tr("What it leaves free of its card"),
                self.tr("What one GPU sends to others in one step; of decoding, for one token of every sequence"),
                self.tr("Share of a step that a pipeline stands still"),
            )[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == 0 else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or self._numbers is None:
            return None
        strategy, numbers = self.strategies[index.row()], self._numbers
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return (
                strategy_name(strategy.scenario),
                numbers.bytes(strategy.estimate.total_bytes),
                numbers.share(strategy.fit.headroom_fraction),
                numbers.bytes(strategy.traffic.total_bytes) if strategy.traffic.total_bytes else "–",
                numbers.share(strategy.idle) if strategy.idle else "–",
            )[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if index.column() == 0 else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


class Suggestions(QWidget):
    """Emits ``picked`` with the scenario of the strategy that is taken."""

    picked = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._frame: Frame | None = None
        self._asked: tuple[Scenario, str] | None = None
        self._of_count = False
        self._tried = 0
        self._found: list[Strategy] = []
        self._work = AfterFrame(self)
        self._work.done.connect(self._on_done)
        self.suggest_button = self._button("suggest", self.tr("Suggest strategies"), self.suggest)
        self.suggest_button.setToolTip(self.tr("Every way to spread this run over these GPUs that fits, what is sent least first"))
        self.fewest_button = self._button("fewest", self.tr("Fewest GPUs"), self.find_fewest)
        self.fewest_button.setToolTip(self.tr("The smallest number of the chosen card that works at all"))
        self.use_button = self._button("use_strategy", self.tr("Use"), self._use)
        self.use_button.setToolTip(self.tr("Spread the run like the chosen strategy"))
        self.stop_button = self._button("stop_suggesting", self.tr("Stop"), self.stop)
        self.progress = QLabel(self)
        self.progress.setObjectName("suggest_progress")
        self.progress.setTextFormat(Qt.TextFormat.PlainText)
        self.progress.setWordWrap(True)
        self.model = _Table(self)
        self.view = QTableView(self)
        self.view.setObjectName("strategies")
        self.view.setAccessibleName(self.tr("Strategies that fit"))
        self.view.setModel(self.model)
        self.view.setFrameShape(QTableView.Shape.NoFrame)
        self.view.setShowGrid(False)
        self.view.setTabKeyNavigation(False)
        self.view.setFont(font())
        self.view.setWordWrap(False)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.view.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(round(1.6 * self.fontMetrics().height()))
        self.view.activated.connect(self._take)
        row = QHBoxLayout()
        row.addWidget(self.suggest_button)
        row.addWidget(self.fewest_button)
        row.addWidget(self.use_button)
        row.addWidget(self.stop_button)
        row.addWidget(self.progress, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.view, 1)
        self._show_state()

    def _button(self, name: str, text: str, slot: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        return button

    @property
    def busy(self) -> bool:
        return self._work.busy

    # -- what the window says

    def render_frame(self, frame: Frame) -> None:
        """What was found for another run or card is not shown beside this one; what is under way is given up."""
        self._frame = frame
        if self._asked is not None and self._asked != _question(frame):
            self._work.start(iter(()))
            self._asked = None
            self._found = []
            self._tried = 0
            self.progress.setText("")
        self._show_state()

    def _show_state(self) -> None:
        possible = self._frame is not None and self._frame.gpu is not None
        self.suggest_button.setEnabled(possible and not self.busy)
        self.fewest_button.setEnabled(possible and not self.busy)
        self.stop_button.setVisible(self.busy)
        if not possible and self._frame is not None:
            self.progress.setText(self.tr("Pick a GPU first."))
        self.view.setVisible(bool(self._found))
        tall = QSizePolicy.Policy.Expanding if self._found else QSizePolicy.Policy.Maximum
        self.setSizePolicy(QSizePolicy.Policy.Expanding, tall)
        self.use_button.setVisible(bool(self._found) and not self.busy)
        if self._frame is not None:
            self.model.show_strategies(nsmallest(_MOST, self._found, key=rank), self._frame.numbers)
            if self._found and not self.view.selectionModel().hasSelection():
                self.view.selectRow(0)

    # -- what the user does

    def suggest(self) -> None:
        """Look for strategies on as many GPUs as there are."""
        frame = self._frame
        if frame is not None and frame.gpu is not None:
            self._start(frame, sweep(frame.scenario, frame.scenario.parallel.world_size, frame.gpu, frame.calibration), of_count=False)

    def find_fewest(self) -> None:
        """Look for the smallest number of GPUs."""
        frame = self._frame
        if frame is not None and frame.gpu is not None:
            self._start(frame, smallest_count(frame.scenario, frame.gpu, frame.calibration), of_count=True)

    def stop(self) -> None:
        """Leave it at what was found."""
        self._work.start(iter(()))
        self._show_state()

    def _start(self, frame: Frame, strategies: Iterator[Strategy | None], *, of_count: bool) -> None:
        self._asked, self._found, self._tried, self._of_count = _question(frame), [], 0, of_count
        self._work.start(self._collect(strategies))
        self._show_progress()
        self._show_state()

    def _collect(self, strategies: Iterator[Strategy | None]) -> Iterator[object]:
        for strategy in strategies:
            self._tried += 1
            if strategy is not None:
                self._found.append(strategy)
            if self._tried % 20 == 0:
                self._show_progress()
            yield None

    def _show_progress(self) -> None:
        assert self._frame is not None
        count = self._frame.numbers.count
        self.progress.setText(self.tr("{tried} tried, {found} fit").format(tried=count(self._tried), found=count(len(self._found))))

    def _on_done(self) -> None:
        if self._asked is not None and self._frame is not None:
            self._show_progress()
            if not self._found:
                self.progress.setText(self._nothing())
            elif self._of_count:
                fewest = self._frame.numbers.count(self._found[0].scenario.parallel.world_size)
                gpu = self._frame.gpu.name if self._frame.gpu is not None else ""
                self.progress.setText(self.tr("{count} × {gpu} are the fewest that work.").format(count=fewest, gpu=gpu))
        self._show_state()

    def _nothing(self) -> str:
        if self._of_count:
            return self.tr("Not even thousands of this card are enough: one GPU’s part does not get small enough.")
        return self.tr("No strategy surely fits on so many; try more GPUs, or Fewest GPUs.")

    def _use(self) -> None:
        for row in self.view.selectionModel().selectedRows():
            self._take(row)

    def _take(self, index: QModelIndex) -> None:
        self.picked.emit(self.model.strategies[index.row()].scenario)


def _question(frame: Frame) -> tuple[Scenario, str]:
    """What strategies are an answer to: the run without how it is spread, and the card."""
    return replace(frame.scenario, parallel=ONE_GPU), frame.gpu.name if frame.gpu is not None else ""
