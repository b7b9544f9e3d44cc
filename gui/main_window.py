"""The window: lays out the parts, hands intents to the store and the rendered values down. It computes nothing itself.

control moves -> intent -> Store.dispatch -> changed(scenario) -> render: one estimate, plain values to every part
after that frame -> limits of the chosen card, which must not delay it
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QWhatsThis

from core.catalogue.models import Model
from core.choices import settled, with_changes
from core.fleet import judge_fleet, on_card
from core.machine import Reading
from core.memory import (
    Estimate,
    Estimator,
    Gpu,
    Method,
    Reason,
    Scenario,
    Task,
    estimate,
    refusal,
    with_parameter_count,
)
from core.memory.contradiction import ContradictionError
from core.run_log import Said
from gui.after_frame import AfterFrame
from gui.body import Body
from gui.catalogue import Catalogue
from gui.exporting import Exporter
from gui.following import follow
from gui.frame import Frame
from gui.help.about import About
from gui.help.context_help import ContextHelp
from gui.help.key_sheet import KeySheet
from gui.lessons.guide import Guide
from gui.lessons.tour import Tour
from gui.machine_cards import MachineCards
from gui.model_shelf import ModelShelf
from gui.opening import Opener
from gui.own_cards import OwnCards
from gui.parallel_words import fleet_name
from gui.pins import Pins
from gui.problem_words import refusal_reason, why_refused
from gui.quantities import ByteUnit, Numbers
from gui.recent import RecentFiles
from gui.saving import Saver
from gui.stage import Stage, StageBar
from gui.store import Store
from gui.take_home.taking import OnScreen, TakeHome
from gui.theme import Theme, ThemeChoice
from gui.widgets.caption import request_reset, reset_key_text
from gui.window_actions import WindowActions

# Below it the middle would scroll at the usual size of type.
_LEAST_SIZE = QSize(1024, 640)


class MainWindow(QMainWindow):
    """One window over one store. ``rebuild`` makes its parts anew in another theme or language; the store stays."""

    unit_toggled = Signal()
    theme_toggled = Signal()
    language_toggled = Signal()
    zoom_asked = Signal(int)
    """+1 larger, -1 smaller, 0 the usual size."""
    present_toggled = Signal()
    motion_toggled = Signal(bool)
    """Whether less motion is wanted."""
    closing = Signal()

    def __init__(
        self,
        store: Store,
        pins: Pins,
        recent: RecentFiles,
        catalogue: Catalogue,
        shelf: ModelShelf,
        cards: OwnCards,
        default: Scenario,
        theme: Theme,
        theme_choice: ThemeChoice,
        unit: ByteUnit,
        guide: Guide,
    ) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self._focused_name = ""
        self._store = store
        self._pins = pins
        self._catalogue = catalogue
        self._shelf = shelf
        self._default = default
        self._numbers = Numbers(unit)
        self.after_frame = AfterFrame(self, lambda: store.due)
        self._estimate: Estimate | None = None
        self._cards = cards
        self._machine = MachineCards(catalogue.gpus)
        self.stage = Stage(store, pins, self)
        self.stage.moving.connect(self._on_moving)
        self.opener = Opener(self, store, pins, catalogue.models, self.show_message)
        self.opener.log_read.connect(self._on_log)
        self.tour = Tour(guide, self.show_message, self)
        self.stage.turn_page = guide.turn_page
        guide.wants_frame.connect(self._render_again)
        self.help = ContextHelp(catalogue.glossary, lambda: guide.language, self)
        self.tour.term_wanted.connect(self.help.show_term)
        self.opener.lesson_opened.connect(self.tour.open)
        self.opener.opened.connect(recent.add)
        recent.picked.connect(self.opener.open)
        self.saver = Saver(self, store, pins, self.show_message)
        self.take_home = TakeHome(self, pins, lambda: OnScreen(self._frame, self.verdict.sentence.text()), self.show_message)
        self.actions_made = self._make_actions()
        self.saver.saved.connect(recent.add)
        self.exporter = Exporter(self, store, self.show_message)
        self.actions_made["save"].setMenu(self.exporter.menu())
        self.actions_made["open"].setMenu(recent.menu(self))
        store.changed.connect(self._render)
        store.refused.connect(self._on_refused)
        self._on_overheads()
        pins.changed.connect(self._render_again)
        cards.overheads.changed.connect(self._on_overheads)
        store.history_changed.connect(self._on_history_changed)
        self.rebuild(theme, theme_choice)
        self.resize(1280, 800)

    # -- building

    def _make_actions(self) -> WindowActions:
        return WindowActions(
            self,
            {
                "undo": self._store.undo,
                "redo": self._store.redo,
                "reset": self._on_reset_all,
                "reset_one": self._on_reset_one,
                "unit": self.unit_toggled.emit,
                "theme": self.theme_toggled.emit,
                "language": self.language_toggled.emit,
                "open": self.opener.ask,
                "save": self.saver.ask,
                "share": self.saver.share,
                "export": self.take_home.ask,
                "copy_image": self.take_home.copy_image,
                "copy_table": self.take_home.copy_table,
                "pin": self._on_pin,
                "paste": self.opener.paste,
                "find_gpu": lambda: self._body.find_gpu(),
                "find_model": lambda: self._body.find_model(),
                "present": self.present_toggled.emit,
                "motion": lambda less: self.motion_toggled.emit(less),
                "lessons": self.tour.guide.show_contents,
                "lesson_next": self.tour.guide.next,
                "help": self.help.show_help,
                "whats_this": QWhatsThis.enterWhatsThisMode,
                "keys": lambda: KeySheet(self).open(),
                "about": lambda: About(self).open(),
                "zoom_in": partial(self.zoom_asked.emit, 1),
                "zoom_out": partial(self.zoom_asked.emit, -1),
                "zoom_reset": partial(self.zoom_asked.emit, 0),
                "quit": self.close,
            },
        )

    def rebuild(self, theme: Theme, choice: ThemeChoice, *, staged: bool = False) -> None:
        """Make all parts anew, in ``theme``, chosen by ``choice``, and in the language the application speaks now; ``staged`` for an
        audience.
        """
        self.after_frame.drop()  # it would be shown on parts that are gone
        self._theme_choice, self._staged = choice, staged
        self._numbers = Numbers(self._numbers.unit)  # of the locale there is now
        focused = self.focusWidget()
        self._focused_name = focused.objectName() if focused is not None else ""
        self.setWindowTitle(self.tr("Fitting Room"))
        self.actions_made.name(self._numbers.unit, choice)
        old = self.takeCentralWidget()
        self._body = body = Body(
            self.actions_made,
            self._catalogue,
            self._shelf,
            self._cards,
            self._pins,
            self._store,
            theme,
            self._numbers,
            self.stage if staged else None,
            self,
        )
        self.header, self.controls, self.headline, self.explorer = body.header, body.controls, body.headline, body.explorer
        self.chart, self.legend = self.explorer.breakdown.chart, self.explorer.legend
        self.gpu_picker, self.verdict = body.gpu_picker, body.verdict
        self.gpu_picker.machine_line.free_only_box.setChecked(self._machine.free_only)
        self._connect()
        if isinstance(body.header, StageBar):
            body.header.left.connect(self.present_toggled)
        if old is not None:
            old.hide()  # Qt shows a new central widget a turn later: one replaced before that would come up as a window
        self.setCentralWidget(body)
        self.tour.attach(body, theme)
        self.help.attach(body)
        self._render_history()
        self._render_machine()
        self._render(self._store.scenario)
        if isinstance(old, Body):
            body.carry_over(old, self._focused_name)
            old.deleteLater()
        self.setMinimumSize(_LEAST_SIZE)

    def _connect(self) -> None:
        self.header.runs.picked.connect(self._on_run_picked)
        self.controls.edited.connect(self._on_edited)
        self.controls.parameters_edited.connect(self._on_parameters)
        self.controls.model_picked.connect(self._on_model)
        self.controls.model_unknown.connect(self.opener.take_name)
        self.controls.reset_requested.connect(self._on_reset)
        self.controls.gesture_started.connect(self._store.begin_gesture)
        self.controls.gesture_finished.connect(self._store.end_gesture)
        self.controls.refused.connect(self._on_refused)
        self.explorer.wants_frame.connect(self._render_again)
        self.gpu_picker.picked.connect(self._on_gpu)
        self.gpu_picker.count_edited.connect(self._on_count)
        self.explorer.refused.connect(self.show_message)
        self._body.gpu_box.picked.connect(self._on_gpu)
        self.verdict.advice.taken.connect(self._store.replace)
        self.verdict.advice.card_taken.connect(self._on_gpu)
        self.gpu_picker.free_only_toggled.connect(self._on_free_only)
        self.gpu_picker.cards_changed.connect(self._render_again)

    # -- rendering: the only way anything on screen changes

    def _render(self, scenario: Scenario) -> None:
        numbers, name = self._numbers, scenario.gpu
        calibration = self._cards.overheads.calibrated(self._catalogue.calibration)
        result = estimate(scenario, calibration)
        self._estimate = result
        self.header.render_scenario(scenario)
        self.controls.render_scenario(scenario, result.bytes_per_parameter, numbers)
        self.headline.render_estimate(scenario, result, numbers)
        self.gpu_picker.render_fits(result, scenario, numbers)
        self._body.gpu_box.render_choice(name)
        card_named = self.gpu_picker.table.gpu_named
        fit, gpu = self.gpu_picker.table.fit_of(name), card_named(name)
        mixed = judge_fleet(result, card_named, scenario) if scenario.parallel.gpus else None
        if mixed is not None:
            fit = mixed[1]
        marked, pins = self._cards.marked_gpus(), self._pins.pins
        frame = Frame(scenario, result, gpu, fit, numbers, calibration, self._store.in_gesture, marked, pins, card_named)
        self._frame = frame
        if self.explorer.page is self.explorer.breakdown:
            ghost = estimate(scenario.evolve(estimator=Estimator.RULE_OF_THUMB)).total_bytes
            self.chart.render_frame(frame, ghost, () if self._staged else pins)
        self.legend.render_estimate(result, numbers)
        self.verdict.render_fit(fit, fleet_name(scenario, name), numbers, result.upper_bytes)
        self.verdict.advice.grow_stale()
        self.explorer.show_frame(frame)
        self.after_frame.start(self._follow(frame), in_turn=frame.dragging)
        if not self._store.in_gesture:
            self.chart.setAccessibleDescription(f"{self.verdict.sentence.text()} {self.legend.text()}")
            self.verdict.announce(fit)

    def _on_overheads(self) -> None:
        """What is known of this machine has changed: the pins are estimated anew, which renders again."""
        self._pins.calibrate(self._cards.overheads.calibrated(self._catalogue.calibration))

    def _render_again(self) -> None:
        self._render(self._store.scenario)

    def _follow(self, frame: Frame) -> Iterator[object]:
        yield from self.tour.guide.follow(frame)
        yield from follow(self._body, frame, self._cards.gpus(), lambda: frame is self._frame)

    def _render_history(self) -> None:
        self.actions_made["undo"].setEnabled(self._store.can_undo)
        self.actions_made["redo"].setEnabled(self._store.can_redo)

    def show_machine(self, reading: Reading) -> None:
        """What is in this machine now, about once a second: the rest is rendered again only where it judges a card."""
        if self._store.in_gesture:
            return  # the next reading is soon enough
        before = self._machine.gpus()
        self._machine.reading = reading
        if self._render_machine() != before:
            self._render_again()

    def _render_machine(self) -> tuple[Gpu, ...]:
        here = self._machine.gpus()
        if self._machine.reading is not None:
            self.gpu_picker.render_machine(self._machine.reading, here, self._numbers)
        return here

    def _on_free_only(self, free_only: bool) -> None:
        self._machine.free_only = free_only
        self._render_machine()
        self._render(self._store.scenario)

    def show_unit(self, unit: ByteUnit) -> None:
        self._numbers = Numbers(unit)
        self.actions_made.name(unit, self._theme_choice)
        self._render_machine()
        self._render(self._store.scenario)

    def show_message(self, text: str) -> None:
        """A notice to the user, until the next change."""
        self.verdict.show_message(text)

    # -- intents

    def _on_history_changed(self) -> None:
        # Not in _render: the end of a drag that was refused renders again, and would take the reason away at once.
        self.show_message("")
        self._render_history()

    def _on_edited(self, changes: dict[str, Any]) -> None:
        wanted = with_changes(self._store.scenario, changes)
        if "estimator" in changes:  # the rule of thumb knows precisions that no real run has
            wanted = settled(wanted)
        if not self._store.replace(wanted):
            self._rerender_controls()

    def _on_parameters(self, parameters: int) -> None:
        self._store.replace(with_parameter_count(self._store.scenario, parameters))

    def _on_model(self, model: Model) -> None:
        self._store.dispatch(architecture=model.architecture)

    def _on_gpu(self, name: str) -> None:
        card = self.gpu_picker.table.gpu_named(name)
        if card is not None:
            self._store.replace(on_card(self._store.scenario, card))

    def _on_run_picked(self, run: tuple[Task, Method]) -> None:
        task, method = run
        changes = {"task": task} if task is Task.INFERENCE else {"task": task, "method": method}
        wanted = with_changes(self._store.scenario, changes)
        refused, possible = refusal(wanted), settled(wanted)
        # Another method is not what was asked for, nor inference.
        if refused is not None and (possible.task, possible.method) != (wanted.task, wanted.method):
            self.show_message(refusal_reason(refused.reason))
            self._rerender_controls()
            return
        self._store.replace(possible)

    def _on_reset(self, fields: tuple[str, ...]) -> None:
        defaults = {name: getattr(self._default, name) for name in fields}
        self._store.replace(settled(with_changes(self._store.scenario, defaults)))

    def _on_reset_one(self) -> None:
        if not request_reset(self.focusWidget(), self.controls):
            self.show_message(self.tr("Go to a control first: {key} resets the one in use.").format(key=reset_key_text()))

    def _on_reset_all(self) -> None:
        self._store.replace(self._default)

    def _on_refused(self, why: Reason | ContradictionError | str) -> None:
        self.show_message(why_refused(why))

    def _rerender_controls(self) -> None:
        """Put a control back that shows what was refused."""
        if self._estimate is not None:
            self.header.render_scenario(self._store.scenario)
            self.controls.render_scenario(self._store.scenario, self._estimate.bytes_per_parameter, self._numbers)

    def _on_count(self, count: int) -> None:
        self.explorer.fleet.set_count(count)

    def _on_log(self, said: tuple[Said, ...]) -> None:
        self.explorer.show_log(said)

    def _on_moving(self) -> None:
        self.chart.glide(self.stage.glide_ms)

    def _on_pin(self) -> None:
        if not self._pins.add(self._store.scenario):
            self.show_message(self.tr("Nine scenarios are pinned already; unpin one first, in the tab Compare."))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closing.emit()
        super().closeEvent(event)
