"""Strategies that fit, ranked, as a list to take one from: found in slices, with progress and a way to stop."""

from collections.abc import Iterator
from dataclasses import replace
from enum import IntEnum
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
from core.network import BETWEEN_BYTES_PER_SECOND, HOST_BYTES_PER_SECOND, INSIDE_BYTES_PER_SECOND
from core.suggest import Strategy, keeps_activations, rank, smallest_count, sweep
from gui.after_frame import AfterFrame
from gui.frame import Frame
from gui.parallel_words import interconnect_name, strategy_name
from gui.quantities import Numbers
from gui.theme import font

_ROOT = QModelIndex()
AnyIndex = QModelIndex | QPersistentModelIndex
_MOST = 12


class _Column(IntEnum):
    STRATEGY = 0
    PER_GPU = 1
    FREE = 2
    HOST = 3
    SENT = 4
    WAITING = 5


class _Table(QAbstractTableModel):
    """Rows: strategies, the best first."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.strategies: list[Strategy] = []
        self._numbers: Numbers | None = None
        self._counted = False

    def show_strategies(self, strategies: list[Strategy], numbers: Numbers, *, counted: bool) -> None:
        """``counted``: they are on different numbers of GPUs, which are told."""
        if strategies == self.strategies and numbers is self._numbers and counted is self._counted:
            return
        self.beginResetModel()
        self.strategies, self._numbers, self._counted = strategies, numbers, counted
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.strategies)

    def columnCount(self, parent: AnyIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(_Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return {
                _Column.STRATEGY: self.tr("Strategy"),
                _Column.PER_GPU: self.tr("Per GPU"),
                _Column.FREE: self.tr("Free"),
                _Column.HOST: self.tr("Host"),
                _Column.SENT: self.tr("Sent a step"),
                _Column.WAITING: self.tr("Waiting"),
            }[_Column(section)]
        if role == Qt.ItemDataRole.ToolTipRole:
            return {
                _Column.STRATEGY: self.tr("How the run is spread; a double-click takes it. ≈ fits by the estimate, but not surely"),
                _Column.PER_GPU: self.tr("What the GPU that needs most needs"),
                _Column.FREE: self.tr("What it leaves free of its card"),
                _Column.HOST: self.tr("What lies in the host memory of one machine"),
                _Column.SENT: self.tr("What one GPU sends to others in one step; of decoding, for one token of every sequence"),
                _Column.WAITING: self.tr("What GPUs wait for each other, none of it hidden, over what they compute: the order of the list"),
            }[_Column(section)]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or self._numbers is None:
            return None
        strategy, column = self.strategies[index.row()], _Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(strategy, column, self._numbers)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._reason(strategy, column, self._numbers)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column)
        return None

    def _text(self, strategy: Strategy, column: _Column, numbers: Numbers) -> str:
        match column:
            case _Column.STRATEGY:
                name = strategy_name(strategy.scenario)
                if self._counted:
                    name = f"{numbers.count(strategy.scenario.parallel.world_size)} × · {name}"
                return name if strategy.fits else f"≈ {name}"
            case _Column.PER_GPU:
                return numbers.bytes(strategy.fit.usable_bytes - strategy.fit.headroom_bytes)
            case _Column.FREE:
                return numbers.share(strategy.fit.headroom_fraction)
            case _Column.HOST:
                host = strategy.estimate.host_bytes.total_bytes
                return numbers.bytes(host) if host else "–"
            case _Column.SENT:
                sent = strategy.traffic.sent_bytes
                return numbers.fine_bytes(sent) if sent else "–"
            case _Column.WAITING:
                if 0 < strategy.waiting < 0.005:
                    return "<1%"
                return numbers.share(strategy.waiting) if strategy.waiting else "–"

    def _reason(self, strategy: Strategy, column: _Column, numbers: Numbers) -> str:
        """What the text of a cell leaves out."""
        if column is _Column.WAITING:
            parts = [self._text(strategy, column, numbers)]
            if strategy.idle:
                parts.append(self.tr("The pipeline stands still for {share} of a step.").format(share=numbers.share(strategy.idle)))
            if strategy.traffic.host_bytes:
                moved = numbers.fine_bytes(strategy.traffic.host_bytes)
                parts.append(self.tr("{size} go to the host and back in a step.").format(size=moved))
            return "\n".join(parts)
        if column is _Column.STRATEGY and not strategy.fits:
            return self.tr("Fits by the estimate, but not surely: runs of this kind differ by more.")
        return self._text(strategy, column, numbers)


def _side(section: int) -> int:
    side = Qt.AlignmentFlag.AlignLeft if section == _Column.STRATEGY else Qt.AlignmentFlag.AlignRight
    return int(side | Qt.AlignmentFlag.AlignVCenter)


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
        header.setSectionResizeMode(_Column.STRATEGY, QHeaderView.ResizeMode.Stretch)
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
            best = list(self._found) if self._of_count else nsmallest(_MOST, self._found, key=rank)
            self.model.show_strategies(best, self._frame.numbers, counted=self._of_count)
            self.view.setColumnHidden(_Column.HOST, not any(each.estimate.host_bytes.total_bytes for each in self.model.strategies))
            if self._found and not self.view.selectionModel().hasSelection():
                self.view.selectRow(0)

    # -- what the user does

    def suggest(self) -> None:
        """Look for strategies on as many GPUs as there are."""
        frame = self._frame
        if frame is not None and frame.gpu is not None:
            count, usable = frame.scenario.parallel.world_size, frame.usable(frame.gpu)
            self._start(frame, sweep(frame.scenario, count, frame.gpu, frame.calibration, usable), of_count=False)

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
                self.progress.setText(self._fewest())
            else:
                self.progress.setText(f"{self.progress.text()} · {self._order()}")
        self._show_state()

    def _fewest(self) -> str:
        """How many do: perhaps, surely, and without the host's memory."""
        assert self._frame is not None
        numbers, gpu = self._frame.numbers, self._frame.gpu.name if self._frame.gpu is not None else ""
        parts: list[str] = []
        lent = False  # from the host, by the one before
        for strategy in self._found:
            count = numbers.count(strategy.scenario.parallel.world_size)
            host = strategy.estimate.host_bytes.total_bytes if strategy.traffic.host_bytes else 0
            if not parts or host:
                words = self.tr("{count} × {gpu}").format(count=count, gpu=gpu)
                if host:
                    words = self.tr("{cards} and {size} of host memory").format(cards=words, size=numbers.bytes(host))
            elif lent:
                words = self.tr("{count} with nothing left to the host").format(count=count)
            else:
                words = self.tr("surely {count}").format(count=count)
            parts.append(words if strategy.fits else f"≈ {words}")
            lent = bool(host)
        if not self._found[-1].fits:
            parts.append(self.tr("surely no number"))
        return self.tr("Fewest that work: {counts}").format(counts="; ".join(parts))

    def _order(self) -> str:
        """By what the list is sorted."""
        assert self._frame is not None

        def speed(bytes_per_second: float) -> str:
            return str(round(bytes_per_second / 1e9))

        link = self._frame.scenario.parallel.interconnect
        return self.tr("by waiting at printed link speeds: {link} {inside}, network {between}, host {host} GB/s a GPU").format(
            link=interconnect_name(link),
            inside=speed(INSIDE_BYTES_PER_SECOND[link]),
            between=speed(BETWEEN_BYTES_PER_SECOND),
            host=speed(HOST_BYTES_PER_SECOND),
        )

    def _nothing(self) -> str:
        if self._of_count:
            return self.tr("Not even thousands of this card are enough: one GPU’s part does not get small enough.")
        if self._frame is not None and keeps_activations(self._frame.scenario):
            return self.tr("No strategy fits on so many; try gradient checkpointing, more GPUs, or Fewest GPUs.")
        return self.tr("No strategy fits on so many; try more GPUs, or Fewest GPUs.")

    def _use(self) -> None:
        for row in self.view.selectionModel().selectedRows():
            self._take(row)

    def _take(self, index: QModelIndex) -> None:
        self.picked.emit(self.model.strategies[index.row()].scenario)


def _question(frame: Frame) -> tuple[Scenario, str]:
    """What strategies are an answer to: the run without how it is spread, and the card."""
    return replace(frame.scenario, parallel=ONE_GPU), frame.gpu.name if frame.gpu is not None else ""
