"""Joins the guide to the parts of the window, which are made anew in another theme or language."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QColor
from PySide6.QtWidgets import QAbstractButton, QLabel, QScrollArea, QWidget

from core.lessons.lesson import Control, Step
from core.lessons.problems import LessonError
from gui.body import Body
from gui.lessons.guide import Guide
from gui.lessons.outline import Outline
from gui.lessons.words import lesson_problem
from gui.theme import Theme

#: The parts that a step can be about, by the name of their widget.
_PARTS: dict[Control, tuple[str, ...]] = {
    Control.RUN: ("run_inference_full", "run_training_full", "run_training_lora", "run_training_qlora"),
    Control.MODEL: ("model", "favourite_model"),
    Control.PARAMETERS: ("parameters",),
    Control.PRECISION: ("precision",),
    Control.BATCH_SIZE: ("batch",),
    Control.CONTEXT_LENGTH: ("context",),
    Control.RECIPE: ("recipe",),
    Control.OPTIMIZER: ("optimizer",),
    Control.LORA_RANK: ("lora_r.box",),
    Control.LORA_TARGETS: ("lora_target_modules",),
    Control.GRADIENT_CHECKPOINTING: ("gradient_checkpointing",),
    Control.LOSS: ("loss",),
    Control.RUNTIME: ("runtime",),
    Control.WEIGHT_FORMAT: ("weights",),
    Control.KV_CACHE: ("kv_cache",),
    Control.ATTENTION: ("attention",),
    Control.ESTIMATOR: ("estimator",),
    Control.GPU: ("gpu_list", "gpu_box"),
    Control.GPU_COUNT: ("gpu_count.box", "world_size.box"),
    Control.HEADLINE: ("peak_figure", "peak_moment", "readings", "assumptions"),
    Control.CHART: ("memory_chart",),
    Control.LEGEND: ("legend",),
    Control.VERDICT: ("verdict_sentence",),
    Control.ADVICE: ("advice",),
    Control.TABS: ("tabs",),
}


class Tour(QObject):
    """Lives as long as the window. What is to be said to the user goes to ``say``."""

    term_wanted = Signal(str)

    def __init__(self, guide: Guide, say: Callable[[str], None], window: QWidget) -> None:
        super().__init__(window)
        self.guide = guide
        self._say = say
        self._body: Body | None = None
        self._outline: Outline | None = None
        self._shown: tuple[str, int] | None = None
        guide.changed.connect(self._render)
        guide.entered.connect(self._on_entered)
        guide.announced.connect(self._on_announced)
        guide.broken.connect(self._on_broken)

    def attach(self, body: Body, theme: Theme) -> None:
        """Show it in the parts that are there from now on."""
        self._body, self._outline = body, Outline(QColor(theme.accent), body)
        panel, guide = body.lesson_panel, self.guide
        panel.next_wanted.connect(guide.next)
        panel.back_wanted.connect(guide.back)
        panel.again_wanted.connect(guide.again)
        panel.shown_wanted.connect(guide.show_me)
        panel.guessed.connect(guide.guess)
        panel.contents_wanted.connect(guide.show_contents)
        panel.closed.connect(guide.close)
        panel.lesson_picked.connect(guide.start)
        panel.term_wanted.connect(self.term_wanted)
        guide.page = self._shown = None  # in another language
        self._render()
        self._point()

    def open(self, path: Path) -> None:
        """Open the lesson in ``path``."""
        self.guide.start_file(path)

    def _render(self) -> None:
        if self._body is None:
            return
        panel, guide = self._body.lesson_panel, self.guide
        contents = guide.contents
        if contents is not None:
            panel.show_contents(contents)
        elif guide.step is None:
            panel.show_nothing()
        elif guide.page is not None:
            panel.show_page(guide.page)
            if (guide.page.lesson, guide.page.number) != self._shown:  # its scene is on the screen now, and has moved things
                self._shown = (guide.page.lesson, guide.page.number)
                self._point()
        self._body.fold()
        if guide.step is None and self._outline is not None:
            self._outline.show_around([])

    def _on_entered(self, step: Step) -> None:
        self._shown = None
        if self._body is not None and step.tab is not None:
            self._body.explorer.open_page(step.tab.value)
        self._point()

    def _point(self) -> None:
        """Draw the line around what the step is about, where the layout has put it by then."""
        QTimer.singleShot(0, self, self._draw)

    def _draw(self) -> None:
        step = self.guide.step
        if self._body is None or self._outline is None or step is None:
            return
        parts = self._parts(step.control) if step.control is not None else []
        for part in parts:
            self._bring_into_sight(part)
        self._outline.show_around(parts)

    def _parts(self, control: Control) -> list[QWidget]:
        """Of ``control``, with their captions."""
        body = self._body
        assert body is not None
        found = [part for name in _PARTS[control] if (part := body.findChild(QWidget, name)) is not None]
        captions = [label for label in body.findChildren(QLabel) if label.buddy() in found]
        return [*found, *captions]

    def _bring_into_sight(self, part: QWidget) -> None:
        """Open what it is folded in, and scroll to it."""
        body = self._body
        assert body is not None
        more = body.findChild(QAbstractButton, "more")
        if more is not None and body.controls.folded.rows.isAncestorOf(part):
            more.setChecked(True)
        for widget in _ancestors(part):
            if isinstance(widget, QScrollArea):
                widget.ensureWidgetVisible(part)

    def _on_announced(self, words: str) -> None:
        if QAccessible.isActive() and self._body is not None:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._body.lesson_panel, words))

    def _on_broken(self, error: LessonError) -> None:
        self._say(lesson_problem(error))


def _ancestors(part: QWidget) -> list[QWidget]:
    """From the inside out."""
    found = []
    here = part.parentWidget()
    while here is not None:
        found.append(here)
        here = here.parentWidget()
    return found
