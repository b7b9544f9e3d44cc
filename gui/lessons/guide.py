"""Leads through a lesson: sets its scenes up, sees when what it asks for is done, keeps the progress. It outlives what shows it."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.catalogue.texts import Text
from core.choices import settled
from core.lessons.condition import checks_of, met
from core.lessons.figures import View
from core.lessons.lesson import Lesson, Step
from core.lessons.problems import LessonError, PartError
from core.lessons.reader import other
from core.lessons.stage import Stage
from core.lessons.template import NOW, START, filled
from core.memory import Scenario
from core.memory.formats import plain
from core.memory.units import GIB
from core.scenario_file import ScenarioFileError, scenario_of_share_text, share_text
from gui.frame import Frame
from gui.lessons.library import Library
from gui.lessons.page import Asked, Contents, Entry, Page
from gui.lessons.progress import progress_text, read_progress
from gui.lessons.prose import html_of, plain_of
from gui.quantities import Numbers
from gui.session import Preferences
from gui.store import Store


class Guide(QObject):
    """``page`` and ``contents`` are what to show; ``changed`` tells that it is something else."""

    changed = Signal()
    wants_frame = Signal()
    """What is on the screen is to be looked at again: the step has changed, and the scenario perhaps not."""
    entered = Signal(object)
    """A Step begins: its control is to be outlined and its tab opened."""
    announced = Signal(str)
    """Plain words for screen readers."""
    broken = Signal(object)
    """A LessonError."""

    def __init__(
        self, store: Store, stage: Stage, library: Library, preferences: Preferences, language: Callable[[], str], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._store, self._stage, self._library, self._preferences, self._language = store, stage, library, preferences, language
        self._progress = read_progress(preferences.lessons)
        self._lesson: Lesson | None = None
        self._number = 0
        self._start_view = stage.view(store.scenario)
        self._fixed: dict[str, View] = {}
        self._done = False
        self._guess_bytes: int | None = None
        self._listed = False
        self._greeting = not self._progress.greeted
        self.page: Page | None = None

    # ---- What is to be shown

    @property
    def open(self) -> bool:
        """Whether there is anything to show."""
        return self._lesson is not None or self._listed

    @property
    def language(self) -> str:
        """The code of the window's language, now."""
        return self._language()

    @property
    def step(self) -> Step | None:
        return self._lesson.steps[self._number] if self._lesson is not None else None

    @property
    def contents(self) -> Contents | None:
        """The list of lessons, when it is open."""
        if not self._listed:
            return None
        language, known = self.language, self._progress
        entries = [
            Entry(
                heading.id,
                heading.title.in_language(language),
                heading.about.in_language(language),
                heading.id in known.finished,
                known.step.get(heading.id, 0),
            )
            for _, heading in self._library.shelf
        ]
        return Contents(self._greeting, tuple(entries))

    def greet(self) -> None:
        """The list of lessons, once, for who has never seen the window."""
        if not self._progress.greeted:
            self._progress.greeted = True
            self._keep()
            self.show_contents()

    def show_contents(self) -> None:
        """Leave the lesson that is open, if any, and list them all."""
        self._leave()
        self._listed = True
        self.changed.emit()

    def close(self) -> None:
        """Leave; the lesson goes on another time where it was left."""
        self._leave()
        self._listed = self._greeting = False
        self.changed.emit()

    # ---- Going through a lesson

    def start(self, lesson_id: str) -> None:
        """Open a lesson of the list where it was left; from its beginning when it was finished."""
        path = self._library.path_of(lesson_id)
        if path is not None:
            self.start_file(path)

    def start_file(self, path: Path) -> None:
        """Open the lesson in ``path``."""
        try:
            lesson = self._library.read(path)
        except LessonError as error:
            self.broken.emit(error)
            return
        self._leave()
        self._progress.before, self._progress.open = share_text(self._store.scenario), str(path)
        self._begin(lesson)

    def resume(self) -> None:
        """Open the lesson that was open when the window was closed."""
        if not self._progress.open:
            return
        try:
            self._begin(self._library.read(Path(self._progress.open)))
        except LessonError:  # its file is gone, or was changed since
            self._put_back()

    def _begin(self, lesson: Lesson) -> None:
        self._listed = self._greeting = False
        self._lesson = lesson
        self._enter(min(self._progress.step.get(lesson.id, 0), len(lesson.steps) - 1))

    def next(self) -> None:
        """To the next step, whether this one was done or is skipped; after the last one, to the list."""
        lesson = self._lesson
        if lesson is None:
            return
        if self._number + 1 < len(lesson.steps):
            self._enter(self._number + 1)
            return
        self._progress.finished.add(lesson.id)
        self._progress.step.pop(lesson.id, None)
        self.show_contents()

    def back(self) -> None:
        if self._number:
            self._enter(self._number - 1)

    def turn_page(self, by: int) -> bool:
        """To the next step, or the one before; False without a lesson."""
        if self._lesson is None:
            return False
        if by > 0:
            self.next()
        else:
            self.back()
        return True

    def again(self) -> None:
        """Set the step up anew."""
        self._enter(self._number)

    def show_me(self) -> None:
        """Do what the step asks for."""
        step = self.step
        if step is not None and step.answer is not None:
            self._store.replace(self._stage.changed(self._store.scenario, step.answer))

    def guess(self, gibibytes: int) -> None:
        """Take the learner's guess, and show what it is."""
        step = self.step
        if step is not None and step.predict is not None:
            self._guess_bytes = gibibytes * GIB
            self._done = True
            self._store.replace(self._stage.changed(self._store.scenario, step.predict.reveal))
            self.wants_frame.emit()

    def _enter(self, number: int) -> None:
        lesson = self._lesson
        if lesson is None:
            return
        self._number, self._done, self._guess_bytes = number, False, None
        self._progress.step[lesson.id] = number
        self._keep()
        step = lesson.steps[number]
        if step.scene is not None:
            self._store.replace(self._stage.scene(step.scene))
        self._start_view, self._fixed = self._stage.view(self._store.scenario), {}
        self.page = None
        self.entered.emit(step)
        self.wants_frame.emit()

    def _leave(self) -> None:
        if self._lesson is not None:
            self._lesson, self.page = None, None
            self._put_back()

    def _put_back(self) -> None:
        """What was on the screen before the lesson, as a change that undo takes back."""
        with suppress(ScenarioFileError):
            self._store.replace(settled(scenario_of_share_text(self._progress.before, "settings")))
        self._progress.before = self._progress.open = ""
        self._keep()

    def _keep(self) -> None:
        self._preferences.lessons = progress_text(self._progress)

    # ---- After each frame

    def follow(self, frame: Frame) -> Iterator[object]:
        """See whether what is asked for is done, and write the step's texts with the figures of ``frame``."""
        step, lesson = self.step, self._lesson
        if step is None or lesson is None:
            return
        views = yield from self._views(step, frame)
        just_done = False
        if step.done is not None and not self._done and not frame.dragging and met(checks_of(step.done), views):
            self._done = just_done = True
        page = self._page(lesson, step, views, frame.numbers, frame.scenario)
        yield None
        if page == self.page:
            return
        new = self.page is None
        self.page = page
        self.changed.emit()
        if new or just_done:
            told = [step.title, step.text, *([step.do] if step.do else [])] if new else [step.then] if step.then else []
            self.announced.emit(" ".join(self._plain(text, views, frame.numbers) for text in told))

    def _views(self, step: Step, frame: Frame) -> Generator[None, None, dict[str, View]]:
        """What the texts speak of, each estimated in a slice of its own; what does not follow the screen only once."""
        usable = frame.gpu.usable_bytes if frame.gpu is not None else None
        views = {NOW: self._stage.view(frame.scenario, usable, self._guess_bytes), START: self._start_view}
        views[NOW].estimate = frame.estimate
        for name, changes in step.others.items():
            view = self._fixed.get(name) or self._other(changes, frame.scenario)
            if changes.get("scene"):
                self._fixed[name] = view
            views[name] = view
        for view in views.values():
            _ = view.estimate
            yield
        return views

    def _other(self, changes: Mapping[str, Any], scenario: Scenario) -> View:
        try:
            return self._stage.view(*other(self._stage, scenario, changes))
        except PartError:  # what is on the screen now cannot be changed so
            return self._stage.view(scenario)

    def _page(self, lesson: Lesson, step: Step, views: dict[str, View], numbers: Numbers, scenario: Scenario) -> Page:
        question = step.predict.question if step.predict is not None else step.do
        asked = Asked.NOTHING if question is None else Asked.DONE if self._done else Asked.ACTION if step.do else Asked.GUESS
        return Page(
            lesson=lesson.title.in_language(self.language),
            number=self._number,
            count=len(lesson.steps),
            title=step.title.in_language(self.language),
            text=self._html(step.text, views, numbers),
            picture=step.picture,
            weights=plain(scenario.weights),
            asked=asked,
            request=self._html(question, views, numbers),
            then=self._html(step.then, views, numbers) if self._done else "",
            guess_bounds=(step.predict.low, step.predict.high) if step.predict is not None else (1, 2),
        )

    def _html(self, text: Text | None, views: dict[str, View], numbers: Numbers) -> str:
        return "" if text is None else html_of(filled(text.in_language(self.language), views), numbers)

    def _plain(self, text: Text, views: dict[str, View], numbers: Numbers) -> str:
        return plain_of(filled(text.in_language(self.language), views), numbers)
