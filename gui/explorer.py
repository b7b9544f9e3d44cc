"""The middle of the window: tabs on the same scenario. Only the open one is rendered."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from core.memory import Component
from core.run_log import Said
from gui.chart import MemoryChart
from gui.frame import Frame
from gui.legend import Legend
from gui.own_cards import OwnCards
from gui.pages.page import Page
from gui.pins import Pins
from gui.store import Store
from gui.theme import Theme

if TYPE_CHECKING:
    from gui.pages.compare import ComparePage
    from gui.pages.curve import CurvePage
    from gui.pages.evidence import EvidencePage
    from gui.pages.explain import ExplainPage
    from gui.pages.film import FilmPage
    from gui.pages.fleet import FleetPage
    from gui.pages.map import MapPage
    from gui.pages.table import TablePage

_P = TypeVar("_P", bound=Page)


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


#: The tabs, left to right, by the name of their page here.
_TABS = ("breakdown", "film", "curve", "map", "fleet", "table", "compare", "explain", "evidence")


class Explorer(QWidget):
    """Emits ``wants_frame`` when another tab was opened, or shows something else. What is picked on a curve or a map goes to ``store``.

    The legend stands under every tab. A component that is pointed at or chosen anywhere is set off everywhere. A page is made when it is
    first opened, or asked for by its name: the window shall not wait for what nobody sees.
    """

    wants_frame = Signal()
    refused = Signal(object)
    """A str: why what was picked in a tab cannot be."""

    def __init__(self, pins: Pins, store: Store, cards: OwnCards, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._pins, self._store, self._cards, self._theme = pins, store, cards, theme
        self._chosen: Component | None = None
        self._hidden: frozenset[Component] = frozenset()
        self._made: dict[str, Page] = {}
        self.legend = Legend(theme, self)
        self.tabs = QTabBar(self)
        self.tabs.setObjectName("tabs")
        self.tabs.setAccessibleName(self.tr("Views"))
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(True)
        self._stack = QStackedWidget(self)
        for name, tip in (
            (self.tr("Breakdown"), self.tr("What the peak is made of")),
            (self.tr("Over time"), self.tr("Memory from moment to moment, and the three readings")),
            (self.tr("Curve"), self.tr("Memory against context, batch or parameters")),
            (self.tr("Map"), self.tr("Which contexts and batches fit")),
            (self.tr("GPUs"), self.tr("How many, how the run is spread over them, and which is the tightest")),
            (self.tr("Table"), self.tr("The same numbers, to read and copy")),
            (self.tr("Compare"), self.tr("Beside the scenarios that are pinned")),
            (self.tr("Explain"), self.tr("Every byte with its formula and source")),
            (self.tr("Evidence"), self.tr("Predicted against measured, and the log of your own run")),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(name), tip)
            self._stack.addWidget(QWidget(self))
        self._stack.setCurrentWidget(self.breakdown)
        self.tabs.currentChanged.connect(self._on_tab)
        self.legend.pointed.connect(self._on_pointed)
        self.legend.toggled.connect(self.toggle)
        for part in (self.legend, self.breakdown.chart):
            part.picked.connect(self._on_picked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.tabs)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.legend)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @cached_property
    def breakdown(self) -> BreakdownPage:
        return self._placed("breakdown", BreakdownPage(self._theme, self))

    @cached_property
    def film(self) -> "FilmPage":
        from gui.pages.film import FilmPage

        page = self._placed("film", FilmPage(self._cards.prices, self._theme, self))
        page.picked.connect(self._on_picked)
        return page

    @cached_property
    def curve(self) -> "CurvePage":
        from gui.pages.curve import CurvePage

        page = self._placed("curve", CurvePage(self._cards.marked, self._theme, self))
        page.wants_frame.connect(self.wants_frame)
        self._take_picks(page)
        return page

    @cached_property
    def map(self) -> "MapPage":
        from gui.pages.map import MapPage

        page = self._placed("map", MapPage(self._theme, self))
        self._take_picks(page)
        return page

    @cached_property
    def fleet(self) -> "FleetPage":
        from gui.pages.fleet import FleetPage

        page = self._placed("fleet", FleetPage(self._store, self._cards.gpus, self._theme, self))
        page.refused.connect(self.refused)
        return page

    @cached_property
    def table(self) -> "TablePage":
        from gui.pages.table import TablePage

        return self._placed("table", TablePage(self._theme, self))

    @cached_property
    def compare(self) -> "ComparePage":
        from gui.pages.compare import ComparePage

        return self._placed("compare", ComparePage(self._pins, self._store, self._theme, self))

    @cached_property
    def explain(self) -> "ExplainPage":
        from gui.pages.explain import ExplainPage

        page = self._placed("explain", ExplainPage(self._theme, self))
        if self._chosen is not None:
            page.show_component(self._chosen)
        return page

    @cached_property
    def evidence(self) -> "EvidencePage":
        from gui.pages.evidence import EvidencePage

        return self._placed("evidence", EvidencePage(self._cards, self._theme, self))

    def _placed(self, name: str, page: _P) -> _P:
        """``page``, new, where an empty widget kept its place."""
        self._made[name] = page
        page.pointed.connect(self._on_pointed)
        page.chosen.connect(self.choose)
        page.show_without(self._hidden)
        number = _TABS.index(name)
        place = self._stack.widget(number)
        assert place is not None
        self._stack.insertWidget(number, _scrolling(page, self) if name == "fleet" else page)
        self._stack.removeWidget(place)
        place.deleteLater()
        return page

    def _take_picks(self, plane: "CurvePage | MapPage") -> None:
        plane.picked.connect(self._store.replace)
        plane.gesture_started.connect(self._store.begin_gesture)
        plane.gesture_finished.connect(self._store.end_gesture)

    def show_less(self) -> None:
        """As much as an audience needs: the tab that is open."""
        self.tabs.hide()
        self.legend.show_less()
        self.breakdown.chart.show_less()

    @property
    def page(self) -> Page:
        """The open one."""
        return self._page(self.tabs.currentIndex())

    @property
    def pages(self) -> list[Page]:
        """Every one, made by now."""
        return [self._page(number) for number in range(len(_TABS))]

    def _page(self, number: int) -> Page:
        page: Page = getattr(self, _TABS[number])
        return page

    def show_frame(self, frame: Frame) -> None:
        self.page.show_frame(frame)

    def follow(self, frame: Frame) -> Iterator[object]:
        yield from self.page.follow(frame)

    def open_page(self, name: str) -> None:
        """The tab of the page that is called ``name`` here: ``film``, ``map`` …"""
        self.tabs.setCurrentIndex(_TABS.index(name))

    def toggle(self, component: Component) -> None:
        """Leave ``component`` out of the bars, or take it in again."""
        self._hide(self._hidden ^ {component})

    def _hide(self, hidden: frozenset[Component]) -> None:
        self._hidden = hidden
        self.legend.show_without(hidden)
        for page in self._made.values():
            page.show_without(hidden)

    def choose(self, component: Component | None) -> None:
        """Keep ``component`` set off, here and in the explanation; none for None."""
        self._chosen = component
        if component is not None and "explain" in self._made:
            self.explain.show_component(component)
        self._on_pointed(None)

    def _on_picked(self, component: Component | None) -> None:
        """Of a bar, an area or the legend: its explanation opens. A click on nothing lets go."""
        self.choose(component)
        if component is not None:
            self.open_page("explain")

    def _on_pointed(self, component: Component | None) -> None:
        shown = component if component is not None else self._chosen
        self.legend.show_pointed(shown)
        self.page.show_pointed(shown)

    def show_log(self, said: tuple[Said, ...]) -> None:
        """Open the evidence with what a log says."""
        self.evidence.show_log(said)
        self.open_page("evidence")

    def copy_view(self, other: "Explorer") -> None:
        """Open the tab that ``other`` has open, with what it has been given."""
        if "evidence" in other._made:
            self.evidence.copy_state(other.evidence)
        if "curve" in other._made:
            self.curve.copy_view(other.curve)
        self.tabs.setCurrentIndex(other.tabs.currentIndex())
        self._hide(other._hidden)
        self.choose(other._chosen)

    def _on_tab(self, number: int) -> None:
        self._page(number)
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
