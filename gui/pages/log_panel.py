"""The log of one's own run beside the estimate, part by part; and what is known of this machine from such logs."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QPushButton, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from core.memory import estimate
from core.memory.calibration import process_kind
from core.run_log import Overhead, Said, What, estimated, overhead
from gui.frame import Frame
from gui.log_words import process_name, what_name
from gui.own_cards import OwnCards
from gui.theme import FontSize, font

#: What a process is told of a card's memory is at least this share of what is printed on it.
_LEAST_SHARE = 0.8
#: Logs say hundredths of a GiB.
_ROUNDED_BYTES = 2**30 // 50


class LogPanel(QWidget):
    """A table of the log, where there is one; what is measured for this machine stays until it is removed here."""

    def __init__(self, cards: OwnCards, parent: QWidget) -> None:
        super().__init__(parent)
        self._cards = cards
        self._frame: Frame | None = None
        self.said: tuple[Said, ...] = ()
        self.hint = QLabel(self)
        self.hint.setObjectName("log_hint")
        self.hint.setWordWrap(True)
        self.hint.setTextFormat(Qt.TextFormat.PlainText)
        self.hint.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self.forget_button = self._button("forget_log", self.tr("Forget the log"), self._forget)
        self.table = self._table()
        self.measure_button = self._button("measure_overhead", "", self._measure)
        self.measure_button.setToolTip(self.tr("Kept for this machine alone, and removed here; the calibration that ships stays as it is"))
        self.card_button = self._button("measure_card", "", self._measure_card)
        self.card_button.setToolTip(self.tr("Kept as a card of your own, and changed or removed by “…” above the list"))
        self.own = QLabel(self)
        self.own.setObjectName("own_overheads")
        self.own.setWordWrap(True)
        self.own.setTextFormat(Qt.TextFormat.PlainText)
        self.own.setFont(font(FontSize.SMALL))
        self.remove_button = self._button("remove_overheads", self.tr("Remove"), self._remove)
        self._lay_out()
        cards.overheads.changed.connect(self._render)
        self._render()

    def _button(self, name: str, text: str, slot: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        return button

    def _table(self) -> QTableWidget:
        table = QTableWidget(0, 4, self)
        table.setObjectName("log_table")
        table.setAccessibleName(self.tr("The log beside the estimate"))
        table.setHorizontalHeaderLabels([self.tr("What"), self.tr("Log"), self.tr("Estimate"), self.tr("Difference")])
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setFrameShape(QTableWidget.Shape.NoFrame)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setFont(font())
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(round(1.5 * self.fontMetrics().height()))
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return table

    def _lay_out(self) -> None:
        top, below, own = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.hint, 1)
        top.addWidget(self.forget_button, 0, Qt.AlignmentFlag.AlignTop)
        below.addWidget(self.measure_button)
        below.addWidget(self.card_button)
        below.addStretch(1)
        own.addWidget(self.own, 1)
        own.addWidget(self.remove_button, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.table)
        layout.addLayout(below)
        layout.addLayout(own)

    # -- rendering

    def show_frame(self, frame: Frame) -> None:
        self._frame = frame
        self._render()

    def show_log(self, said: tuple[Said, ...]) -> None:
        """Lay what a log says beside the estimate; nothing for none."""
        self.said = said
        self._render()

    def _render(self) -> None:
        frame, said = self._frame, self.said
        self.forget_button.setVisible(bool(said))
        self.table.setVisible(bool(said))
        if said:
            self.hint.setText(self.tr("What the log says, beside the estimate of the scenario on screen: set it as it was run."))
        else:
            self.hint.setText(
                self.tr("It said it fits, and it ran out? Paste (Ctrl+V) or open the log of the run, and see the difference, part by part.")
            )
        if frame is not None:
            self._fill(frame, said)
            self._render_own(frame)
        self._render_offers()

    def _fill(self, frame: Frame, said: Sequence[Said]) -> None:
        table, numbers = self.table, frame.numbers
        card_bytes = frame.gpu.usable_bytes if frame.gpu is not None else None
        table.setRowCount(len(said))
        for row, (what, value_bytes) in enumerate(said):
            found = estimated(what, frame.scenario, frame.estimate, card_bytes)
            difference = "" if found is None else numbers.bytes(found - value_bytes, signed=True) if found != value_bytes else "="
            texts = (what_name(what), numbers.bytes(value_bytes), "–" if found is None else numbers.bytes(found), difference)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                table.setItem(row, column, item)
        height = table.horizontalHeader().sizeHint().height() + len(said) * table.verticalHeader().defaultSectionSize()
        table.setFixedHeight(min(height + 2, round(16 * self.fontMetrics().height())))

    def _render_own(self, frame: Frame) -> None:
        numbers = frame.numbers
        text = self.tr("On this machine {process} take {measured} beside their tensors, not {estimated} (from a log, {day}).")
        own = [
            text.format(
                process=process_name(each.kind),
                measured=numbers.bytes(each.measured_bytes),
                estimated=numbers.bytes(each.estimated_bytes),
                day=each.day,
            )
            for each in self._cards.overheads.all
        ]
        self.own.setText("\n".join(own))
        self.own.setVisible(bool(own))
        self.remove_button.setVisible(bool(own))

    def _render_offers(self) -> None:
        """What could be learnt from the log, where it differs from what is known."""
        frame, found, card_bytes = self._frame, self._overhead(), self._card_bytes()
        known = self._cards.overheads.of(process_kind(frame.scenario)) if frame is not None else None
        offered = found is not None and (known is None or known.measured_bytes != found.measured_bytes)
        self.measure_button.setVisible(offered)
        self.card_button.setVisible(card_bytes is not None)
        if frame is None:
            return
        if offered and found is not None:
            text = self.tr("From now on, reckon with {amount} beside the tensors")
            self.measure_button.setText(text.format(amount=frame.numbers.bytes(found.measured_bytes)))
        if card_bytes is not None and frame.gpu is not None:
            text = self.tr("{gpu}: {amount} usable")
            self.card_button.setText(text.format(gpu=frame.gpu.name, amount=frame.numbers.bytes(card_bytes)))

    def _overhead(self) -> Overhead | None:
        """What the log says of this machine, against what is estimated without knowing it."""
        frame = self._frame
        return overhead(self.said, frame.scenario, estimate(frame.scenario)) if frame is not None and self.said else None

    def _card_bytes(self) -> int | None:
        """What the log's process was told of the chosen card, where that is another amount than is known."""
        gpu = self._frame.gpu if self._frame is not None else None
        told = dict(self.said).get(What.CARD)
        if gpu is None or told is None or not _LEAST_SHARE * gpu.memory_bytes <= told <= gpu.memory_bytes:
            return None
        return told if abs(told - gpu.usable_bytes) > _ROUNDED_BYTES else None

    # -- what the user does

    def _forget(self) -> None:
        self.show_log(())

    def _measure(self) -> None:
        found = self._overhead()
        if found is not None and self._frame is not None:
            self._cards.overheads.measure(process_kind(self._frame.scenario), *found)

    def _measure_card(self) -> None:
        told, gpu = self._card_bytes(), self._frame.gpu if self._frame is not None else None
        if told is not None and gpu is not None:
            self._cards.enter(gpu.name, gpu.memory_bytes, told)

    def _remove(self) -> None:
        for own in self._cards.overheads.all:
            self._cards.overheads.forget(own.kind)
