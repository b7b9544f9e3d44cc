"""What the window is filled with: the parts and where they stand, by how much room there is.

The middle scrolls where it finds no room; the list of cards folds into a drop-down first. All is measured in lines of text, so that a
larger type (zoom) and a smaller window are one thing.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from gui.catalogue import Catalogue
from gui.controls import Controls
from gui.explorer import Explorer
from gui.focus_ring import FocusRing
from gui.gpu_box import GpuBox
from gui.gpu_picker import GpuPicker
from gui.header import Header
from gui.headline import Headline
from gui.lessons.panel import LessonPanel
from gui.model_shelf import ModelShelf
from gui.own_cards import OwnCards
from gui.pins import Pins
from gui.quantities import Numbers
from gui.spotlight import Spotlight
from gui.stage import Stage, StageBar
from gui.store import Store
from gui.theme import Theme
from gui.verdict import Verdict
from gui.widgets.hairline import hairline
from gui.window_actions import WindowActions

#: Widths in lines: of the controls; of the list of cards at least and at most; and of a window that has room for that list.
_CONTROLS, _LIST_LEAST, _LIST_MOST, _ROOM_FOR_LIST = 18, 25, 31, 66
_CONTROLS_STAGED = 15


class Body(QWidget):
    """Makes the parts, in one theme and language. It connects and renders nothing."""

    def __init__(
        self,
        actions: WindowActions,
        catalogue: Catalogue,
        shelf: ModelShelf,
        cards: OwnCards,
        pins: Pins,
        store: Store,
        theme: Theme,
        numbers: Numbers,
        stage: Stage | None,
        parent: QWidget,
    ) -> None:
        """``stage``: of a presentation; None for the window as it is worked in."""
        super().__init__(parent)
        self._staged = stage is not None
        self.header = StageBar(stage, pins, theme, self) if stage is not None else Header(actions, theme, self)
        self._middle = QScrollArea(self)
        self._middle.setWidgetResizable(True)
        self._middle.setFrameShape(QFrame.Shape.NoFrame)
        self._middle.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        columns = QWidget(self)
        self.controls = Controls(catalogue.models, shelf, theme, numbers, columns)
        self.headline = Headline(columns)
        self.explorer = Explorer(pins, store, cards, theme, columns)
        self._aside = QWidget(columns)
        self.lesson_panel = LessonPanel(theme, self._aside)
        self.gpu_picker = GpuPicker(cards, theme, self._aside)
        self.verdict = Verdict(theme, self)
        self.gpu_box = GpuBox(self.gpu_picker.table, self)
        self._lay_out(columns)
        self._focus_ring = FocusRing(theme, self)
        self.fold()
        if self._staged:
            Spotlight(theme, self)
            for part in (self.controls, self.headline, self.explorer, self.verdict, self.lesson_panel):
                part.show_less()

    @property
    def staged(self) -> bool:
        """Whether it is before an audience."""
        return self._staged

    def _lay_out(self, columns: QWidget) -> None:
        line = self.fontMetrics().height()
        middle = QVBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(self.headline)
        middle.addWidget(self.explorer, 1)
        row = QHBoxLayout(columns)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(16)
        self.controls.setFixedWidth(round((_CONTROLS_STAGED if self._staged else _CONTROLS) * line))
        self._aside.setMinimumWidth(round(_LIST_LEAST * line))
        self._aside.setMaximumWidth(round(_LIST_MOST * line))
        self._strip = QVBoxLayout()
        self._strip.setContentsMargins(0, 0, 0, 0)
        aside = self._above_list = QVBoxLayout(self._aside)
        aside.setContentsMargins(0, 0, 0, 0)
        aside.setSpacing(10)
        aside.addWidget(self.lesson_panel)
        aside.addWidget(self.gpu_picker, 1)
        row.addWidget(self.controls)
        row.addLayout(middle, 5)
        row.addWidget(self._aside, 2)
        self._middle.setWidget(columns)
        end = QHBoxLayout()
        end.setContentsMargins(0, 0, 12, 0)
        end.addWidget(self.verdict, 1)
        end.addWidget(self.gpu_box, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(hairline(self))
        layout.addWidget(self._middle, 1)
        layout.addLayout(self._strip)
        layout.addWidget(hairline(self))
        layout.addLayout(end)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fold()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab: every part hands it up to here."""
        self._focus_ring.tabbing = True
        moved = super().focusNextPrevChild(forward)
        self._focus_ring.tabbing = False
        return moved

    def fold(self) -> None:
        """Give the list of cards its place or fold it. A lesson that is open is above the list or, without one, above the verdict."""
        wide = not self._staged and self.width() >= _ROOM_FOR_LIST * self.fontMetrics().height()
        self.gpu_picker.setVisible(wide)
        self.gpu_box.setVisible(not wide)
        self._aside.setVisible(wide)
        lesson, place = self.lesson_panel, self._above_list if wide else self._strip
        if place.indexOf(lesson) < 0:
            place.insertWidget(0, lesson)
            side = 0 if wide else 12
            lesson.setContentsMargins(side, 0, side, 0 if wide else 6)

    def find_model(self) -> None:
        """Go to the model list."""
        self.controls.model_box.setFocus()
        self.controls.model_box.text_box.selectAll()

    def find_gpu(self) -> None:
        """Go to where a card is chosen."""
        if self.gpu_picker.isHidden():
            self.gpu_box.setFocus()
        else:
            self.gpu_picker.filter_box.setFocus()
            self.gpu_picker.filter_box.selectAll()

    def carry_over(self, old: "Body", focused: str) -> None:
        """What the user had set in the parts of ``old``: filter, sorting, tab, what is folded open, and where the focus was."""
        self.gpu_picker.copy_view(old.gpu_picker)
        self.explorer.copy_view(old.explorer)
        was, now = old.findChild(QAbstractButton, "more"), self.findChild(QAbstractButton, "more")
        if was is not None and now is not None:
            now.setChecked(was.isChecked())
        target = self.findChild(QWidget, focused) if focused else None
        if target is not None:
            target.setFocus()
        elif self._staged:
            self.setFocus()  # an audience need not see where the keys would go
