"""The middle of the window: tabs on the same scenario. Only the open one is rendered."""

from collections.abc import Iterator

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from core.memory import Component
from core.run_log import Said
from gui.chart import MemoryChart
from gui.frame import Frame
from gui.legend import Legend
from gui.own_cards import OwnCards
from gui.pages.compare import ComparePage
from gui.pages.curve import CurvePage
from gui.pages.evidence import EvidencePage
from gui.pages.explain import ExplainPage
from gui.pages.film import FilmPage
from gui.pages.fleet import FleetPage
from gui.pages.map import MapPage
from gui.pages.page import Page
from gui.pages.table import TablePage
from gui.pins import Pins
from gui.store import Store
from gui.theme import Theme


class BreakdownPage(Page):
    """The chart; the window renders it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.chart = MemoryChart(theme, self)
        self.chart.pointed.connect(self.pointed)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.chart)

    def show_pointed(self, component: Component | None) -> None:
        self.chart.show_pointed(component)

    def show_without(self, hidden: frozenset[Component]) -> None:
        self.chart.show_without(hidden)

    def minimumSizeHint(self) -> QSize:
        return self._column.minimumSize()


class Explorer(QWidget):
    """Emits ``wants_frame`` when another tab was opened, or shows something else. What is picked on a curve or a map goes to ``store``.

    The legend stands under every tab. A component that is pointed at or chosen anywhere is set off everywhere.
    """

    wants_frame = Signal()

    def __init__(self, pins: Pins, store: Store, cards: OwnCards, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.legend = Legend(theme, self)
        self.breakdown = BreakdownPage(theme, self)
        self.film = FilmPage(cards.prices, theme, self)
        self.curve = CurvePage(cards.marked, theme, self)
        self.map = MapPage(theme, self)
        self.fleet = FleetPage(store, cards.gpus, theme, self)
        self.table = TablePage(theme, self)
        self.explain = ExplainPage(theme, self)
        self.compare = ComparePage(pins, store, theme, self)
        self.evidence = EvidencePage(cards, theme, self)
        self.tabs = QTabBar(self)
        self.tabs.setObjectName("tabs")
        self.tabs.setAccessibleName(self.tr("Views"))
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(True)
        self._stack = QStackedWidget(self)
        self.pages: list[Page] = []
        for page, name, tip in (
            (self.breakdown, self.tr("Breakdown"), self.tr("What the peak is made of")),
            (self.film, self.tr("Over time"), self.tr("Memory from moment to moment, and the three readings")),
            (self.curve, self.tr("Curve"), self.tr("Memory against context, batch or parameters")),
            (self.map, self.tr("Map"), self.tr("Which contexts and batches fit")),
            (self.fleet, self.tr("GPUs"), self.tr("How many, how the run is spread over them, and which is the tightest")),
            (self.table, self.tr("Table"), self.tr("The same numbers, to read and copy")),
            (self.compare, self.tr("Compare"), self.tr("Beside the scenarios that are pinned")),
            (self.explain, self.tr("Explain"), self.tr("Every byte with its formula and source")),
            (self.evidence, self.tr("Evidence"), self.tr("Predicted against measured, and the log of your own run")),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(name), tip)
            self._stack.addWidget(_scrolling(page, self) if page is self.fleet else page)
            self.pages.append(page)
            page.pointed.connect(self._on_pointed)
            page.chosen.connect(self.choose)
        self.tabs.currentChanged.connect(self._on_tab)
        self.curve.wants_frame.connect(self.wants_frame)
        self._chosen: Component | None = None
        self._hidden: frozenset[Component] = frozenset()
        self.legend.pointed.connect(self._on_pointed)
        self.legend.toggled.connect(self.toggle)
        for part in (self.legend, self.breakdown.chart, self.film):
            part.picked.connect(self._on_picked)
        for plane in (self.curve, self.map):
            plane.picked.connect(store.replace)
            plane.gesture_started.connect(store.begin_gesture)
            plane.gesture_finished.connect(store.end_gesture)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.tabs)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.legend)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_less(self) -> None:
        """As much as an audience needs: the tab that is open."""
        self.tabs.hide()
        self.legend.show_less()
        self.breakdown.chart.show_less()

    @property
    def page(self) -> Page:
        """The open one."""
        return self.pages[self.tabs.currentIndex()]

    def show_frame(self, frame: Frame) -> None:
        self.page.show_frame(frame)

    def follow(self, frame: Frame) -> Iterator[object]:
        yield from self.page.follow(frame)

    def open_page(self, name: str) -> None:
        """The tab of the page that is called ``name`` here: ``film``, ``map`` …"""
        self.tabs.setCurrentIndex(self.pages.index(getattr(self, name)))

    def toggle(self, component: Component) -> None:
        """Leave ``component`` out of the bars, or take it in again."""
        self._hide(self._hidden ^ {component})

    def _hide(self, hidden: frozenset[Component]) -> None:
        self._hidden = hidden
        self.legend.show_without(hidden)
        for page in self.pages:
            page.show_without(hidden)

    def choose(self, component: Component | None) -> None:
        """Keep ``component`` set off, here and in the explanation; none for None."""
        self._chosen = component
        if component is not None:
            self.explain.show_component(component)
        self._on_pointed(None)

    def _on_picked(self, component: Component | None) -> None:
        """Of a bar, an area or the legend: its explanation opens. A click on nothing lets go."""
        self.choose(component)
        if component is not None:
            self.tabs.setCurrentIndex(self.pages.index(self.explain))

    def _on_pointed(self, component: Component | None) -> None:
        shown = component if component is not None else self._chosen
        self.legend.show_pointed(shown)
        self.page.show_pointed(shown)

    def show_log(self, said: tuple[Said, ...]) -> None:
        """Open the evidence with what a log says."""
        self.evidence.show_log(said)
        self.tabs.setCurrentIndex(self.pages.index(self.evidence))

    def copy_view(self, other: "Explorer") -> None:
        """Open the tab that ``other`` has open, with what it has been given."""
        self.evidence.copy_state(other.evidence)
        self.curve.copy_view(other.curve)
        self.tabs.setCurrentIndex(other.tabs.currentIndex())
        self._hide(other._hidden)
        self.choose(other._chosen)

    def _on_tab(self, number: int) -> None:
        self._stack.setCurrentIndex(number)
        self.wants_frame.emit()
        self._on_pointed(None)


def _scrolling(page: Page, parent: QWidget) -> QScrollArea:
    """Around a page whose controls would else be squeezed where the type is large."""
    area = QScrollArea(parent)
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setMinimumHeight(1)
    return area
