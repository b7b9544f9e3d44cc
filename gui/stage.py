"""A presentation: prepared scenarios, called up by number, and one key back to where a demonstration began."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from core.memory import Scenario
from core.scenario_file import MAX_PINNED
from gui.glide import GLIDE_MS
from gui.pins import Pins
from gui.run_picker import RunPicker, segment_style
from gui.store import Store
from gui.theme import Theme, font

#: Type is so many times larger, if the screen is large enough for all that is shown: so many lines of text wide and high.
LARGEST_TYPE, LEAST_TYPE = 2.0, 1.25
_LINES_WIDE, _LINES_HIGH = 55.0, 32.0
#: With a lesson below.
_LEAST_WITH_LESSON, _LINES_WITH_LESSON = 1.1, 40.0


def type_factor(width_px: int, height_px: int, line_px: int, *, lesson: bool = False) -> float:
    """How much larger the type is on a screen of that size, where a line of the system's type is ``line_px`` high; ``lesson``: one is
    shown, too.
    """
    lines_high, least = (_LINES_WITH_LESSON, _LEAST_WITH_LESSON) if lesson else (_LINES_HIGH, LEAST_TYPE)
    fits = min(width_px / (_LINES_WIDE * line_px), height_px / (lines_high * line_px))
    return min(max(fits, least), LARGEST_TYPE)


class Stage(QObject):
    """Shows the scenarios that are pinned, in their order. Emits ``moving`` right before the scenario changes."""

    moving = Signal()

    def __init__(self, store: Store, pins: Pins, parent: QObject) -> None:
        super().__init__(parent)
        self._store, self._pins = store, pins
        self._start = store.scenario
        self.place: int | None = None
        self.glide_ms = GLIDE_MS
        self.turn_page: Callable[[int], bool] = lambda _by: False
        """Of the lesson that is open, if there is one."""

    def begin(self) -> None:
        """What is on screen now is where the first demonstration begins."""
        self._start = self._store.scenario
        self.place = self._pins.scenarios.index(self._start) if self._start in self._pins.scenarios else None

    @property
    def changed(self) -> bool:
        """Whether the demonstration has left where it began."""
        return self._store.scenario != self._start

    def recall(self, place: int) -> None:
        """Show the prepared scenario at ``place``, counted from 0; nothing where there is none."""
        if 0 <= place < len(self._pins.scenarios):
            self.place, self._start = place, self._pins.scenarios[place]
            self.reset()

    def step(self, by: int) -> None:
        """The next step of a lesson, or without one the next prepared scenario; or the one before."""
        if self.turn_page(by):
            return
        here = self.place if self.place is not None else (-1 if by > 0 else len(self._pins.scenarios))
        self.recall(here + by)

    def reset(self) -> None:
        """Back to where the demonstration began."""
        self.moving.emit()
        self._store.replace(self._start)


class StageBar(QWidget):
    """Kind of run, what is shown, and a button for each prepared scenario; keys of its own as long as it is there."""

    left = Signal()

    def __init__(self, stage: Stage, pins: Pins, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._stage = stage
        self.runs = RunPicker(theme, self)
        self._title = QLabel(self)
        self._title.setObjectName("stage_title")
        self._title.setFont(font(bold=True))
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._name = ""
        self._places: list[QPushButton] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(6)
        row.addWidget(self.runs)
        row.addWidget(self._title, 1)
        for place, pin in enumerate(pins.pins):
            button = self._button(str(place + 1), theme)
            button.setCheckable(True)
            button.setObjectName(f"stage_{place + 1}")
            name = scenario_title(pin.scenario)
            button.setToolTip(name)
            button.setAccessibleName(f"{place + 1} {name}")
            button.clicked.connect(self._on_place)
            self._places.append(button)
            row.addWidget(button)
        leave = self._button(self.tr("End"), theme)
        leave.setObjectName("stage_end")
        leave.setToolTip(self.tr("Back to the window (Esc or F11)"))
        leave.clicked.connect(self.left)
        row.addWidget(leave)
        for number in range(1, MAX_PINNED + 1):
            self._key(str(number)).activated.connect(self._on_number)
        self._key("0").activated.connect(stage.reset)
        self._key("PgDown").activated.connect(self._on_next)
        self._key("PgUp").activated.connect(self._on_previous)
        self._key("Escape").activated.connect(self.left)

    def _button(self, text: str, theme: Theme) -> QPushButton:
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        button.setStyleSheet(segment_style(theme, 8))
        return button

    def _key(self, keys: str) -> QShortcut:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setAutoRepeat(False)
        return shortcut

    def render_scenario(self, scenario: Scenario) -> None:
        self.runs.render_scenario(scenario)
        place = self._stage.place
        for number, button in enumerate(self._places):
            button.setChecked(number == place)
        self._name = scenario_title(scenario)
        if self._stage.changed:
            self._name = self.tr("{name} · changed, 0 resets").format(name=self._name)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = self._title.fontMetrics()
        self._title.setText(metrics.elidedText(self._name, Qt.TextElideMode.ElideRight, self._title.width()))

    def _on_number(self) -> None:
        shortcut = self.sender()
        if isinstance(shortcut, QShortcut):
            self._stage.recall(int(shortcut.key().toString()) - 1)

    def _on_place(self) -> None:
        button = self.sender()
        if isinstance(button, QPushButton):
            self._stage.recall(self._places.index(button))
            button.setChecked(True)  # also where it was on already

    def _on_next(self) -> None:
        self._stage.step(1)

    def _on_previous(self) -> None:
        self._stage.step(-1)


def scenario_title(scenario: Scenario) -> str:
    """What it is called, or else its model; empty where that has no name either."""
    return scenario.name or scenario.architecture.name
