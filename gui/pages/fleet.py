"""Tab *GPUs*: how many there are, how the run is spread over them, a bar for each that differs, and strategies that fit."""

from collections.abc import Callable, Iterable

from pydantic import ValidationError
from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from core.choices import with_changes
from core.fleet import named_cards, on_cards
from core.memory import Gpu
from core.memory.edge import contradiction_in
from core.parallel_options import complaint
from core.spreading import with_gpus, with_size
from gui.device_bars import DeviceBars
from gui.frame import Frame
from gui.pages.page import Page
from gui.parallel_words import device_name, fleet_name, strategy_name
from gui.problem_words import contradiction
from gui.store import Store
from gui.strategy_editor import StrategyEditor
from gui.suggestions import Suggestions
from gui.theme import Theme
from gui.widgets.hairline import hairline

#: Bars that are there to see without scrolling among them.
_SEEN_BARS = 5


class FleetPage(Page):
    """What is picked or typed goes to ``store``; a choice that no framework runs is put back, and the reason said."""

    refused = Signal(object)
    """A str: sizes that do not go together."""

    def __init__(self, store: Store, cards: Callable[[], Iterable[Gpu]], theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._cards = cards
        self._store = store
        self._frame: Frame | None = None
        self.editor = StrategyEditor(theme, self)
        self.summary = QLabel(self)
        self.summary.setObjectName("fleet_summary")
        self.summary.setWordWrap(True)
        self.bars = DeviceBars(theme, self)
        self.suggestions = Suggestions(self)
        self._rows = QScrollArea(self)
        self._rows.setWidget(self.bars)
        self._rows.setWidgetResizable(True)
        self._rows.setFrameShape(QFrame.Shape.NoFrame)
        self._rows.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.editor.count_edited.connect(self.set_count)
        self.editor.size_edited.connect(self._on_size)
        self.editor.edited.connect(self._on_edited)
        self.editor.cards_edited.connect(self._on_cards)
        self.suggestions.picked.connect(self._take)
        self._column = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.editor)
        layout.addWidget(hairline(self))
        layout.addWidget(self.summary)
        layout.addWidget(self._rows, 2)
        layout.addWidget(self.suggestions, 4)
        layout.addStretch(0)

    def minimumSizeHint(self) -> QSize:
        """It scrolls as a whole where its controls find no room."""
        return QSize(1, self._column.minimumSize().height())

    def show_frame(self, frame: Frame) -> None:
        self._frame = frame
        self.editor.render_scenario(frame.scenario)
        self.summary.setText(self._summary(frame))
        self.bars.render_frame(frame)
        self._rows.setMinimumHeight(self.bars.height_of(_SEEN_BARS))
        self._rows.setMaximumHeight(self.bars.sizeHint().height())
        self.suggestions.render_frame(frame)
        row = self.bars.tightest_row()
        if row and not frame.dragging:
            self._rows.ensureVisible(0, row, 0, QRect(0, 0, 1, row).height() // 8)

    def _summary(self, frame: Frame) -> str:
        scenario, devices = frame.scenario, frame.estimate.devices
        spread = strategy_name(scenario)
        text = f"{fleet_name(scenario, scenario.gpu)} · {spread}" if scenario.gpu else spread
        if scenario.parallel.nodes > 1:
            machines = self.tr("%Ln machine(s)", "", scenario.parallel.nodes)
            text = f"{machines} · {text}"
        if len(devices) > 1:
            worst = max(devices, key=frame.pressure)
            tightest = device_name(worst, scenario, frame.numbers)
            words = self.tr("tightest: {device}").format(device=tightest)
            text = f"{text} · {words}"
        return text

    # -- intents

    def set_count(self, count: int) -> None:
        """Spread the run over ``count`` GPUs, in the usual way."""
        self._take(with_gpus(self._store.scenario, count))

    def _on_size(self, change: tuple[str, int]) -> None:
        try:
            wanted = with_size(self._store.scenario, *change)
        except ValidationError as error:
            self._complain(error)
            return
        self._take(wanted)

    def _on_cards(self, text: str) -> None:
        """Cards in rank order, as they were typed."""
        try:
            cards = named_cards(text, self._cards())
        except LookupError as error:
            self.refused.emit(self.tr("“{name}” names no card of the list, or more than one.").format(name=error.args[0]))
            self._put_back()
            return
        self._take(on_cards(self._store.scenario, cards))

    def _on_edited(self, changes: dict[str, object]) -> None:
        try:
            wanted = with_changes(self._store.scenario, changes)
        except ValidationError as error:
            self._complain(error)
            return
        self._take(wanted)

    def _take(self, wanted: object) -> None:
        if not self._store.replace(wanted):  # type: ignore[arg-type]  # a Scenario, through a signal
            self._put_back()

    def _complain(self, error: ValidationError) -> None:
        found = contradiction_in(error)
        detail = contradiction(found) if found is not None else complaint(error)
        self.refused.emit(self.tr("These sizes do not go together: {detail}").format(detail=detail))
        self._put_back()

    def _put_back(self) -> None:
        if self._frame is not None:
            self.editor.render_scenario(self._frame.scenario)
