"""The application: settings, language, theme, session, and the one window."""

import gc
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QGuiApplication, QIcon, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QStyle

from core import __version__
from core.catalogue.calibration import load_calibration
from core.catalogue.glossary import load_glossary
from core.catalogue.gpus import unnumbered
from core.choices import settled
from core.known import known_gpus, known_models
from core.lessons.stage import Stage
from core.machine import Machine
from core.memory import Scenario
from core.opened import Opened
from core.scenario_file import Comparison
from gui import assets
from gui.catalogue import Catalogue
from gui.defaults import default_scenario
from gui.glide import GLIDE_MS
from gui.instances import claim_place
from gui.languages import Language, Languages
from gui.lessons.guide import Guide
from gui.lessons.library import Library
from gui.machine_watch import MachineWatch, Readable
from gui.main_window import MainWindow
from gui.model_shelf import ModelShelf
from gui.own_cards import OwnCards
from gui.pins import Pins
from gui.problems import ProblemLog, Problems, log_folder
from gui.quantities import ByteUnit
from gui.recent import RecentFiles
from gui.session import Preferences, load_last, save_comparison, state_path
from gui.stage import type_factor
from gui.store import Store
from gui.theme import ThemeChoice, apply, resolve, system_font, use_fonts_for
from gui.zoom import zoomed

APPLICATION_ID = "org.fittingroom.FittingRoom"
_SAVE_AFTER_MS = 1000
_WATCH_AFTER_MS = 300  # the first frame comes first
_AT_A_KEY = 2  # languages: with more, a menu shows them


class Controller(QObject):
    """Owns the window and what outlives it: preferences, translators, the state file."""

    def __init__(
        self,
        app: QApplication,
        preferences: Preferences,
        session: Path | None,
        opened: Scenario | None = None,
        pinned: Sequence[Scenario] = (),
    ) -> None:
        super().__init__()
        self._app = app
        self._preferences = preferences
        self._session = session
        self._complaint = ""
        self._languages = Languages(assets.TRANSLATIONS, self)
        self._staged = self._lesson_staged = False
        self._languages.choose(self._languages.best(preferences.language))
        self._use_fonts()
        theme = resolve(preferences.theme)
        apply(app, theme)

        models, gpus = known_models(), known_gpus()
        catalogue = Catalogue(models.rows, gpus.rows, load_calibration(assets.CALIBRATION), load_glossary(assets.GLOSSARY))
        cards = OwnCards(catalogue.gpus, preferences, self)
        default = default_scenario(catalogue.models, catalogue.gpus)
        last, broken = load_last(session) if session is not None and opened is None else (None, None)
        shown = opened or (last.current if last is not None else None)
        self.store = Store(settled(shown or default), self)
        self.pins = Pins(catalogue.calibration, self)
        self.pins.replace(tuple(map(settled, last.pinned if last is not None else pinned)))
        shelf = ModelShelf(preferences, self)
        recent = RecentFiles(preferences, self)
        stage = Stage(catalogue.models, catalogue.gpus, default, catalogue.calibration)
        guide = Guide(self.store, stage, Library(assets.LESSONS, stage), preferences, lambda: self._languages.current.code, self)
        self.window = MainWindow(
            self.store, self.pins, recent, catalogue, shelf, cards, default, theme, preferences.theme, preferences.unit, guide
        )
        self.window.restoreGeometry(preferences.geometry)
        source = shown
        if source is not None and source != self.store.scenario:
            self.window.show_message(
                self.tr("The scenario asked for what no real run allows; its precision was replaced by the nearest that can be.")
            )
        elif source is not None and source.gpu and unnumbered(source.gpu) not in {gpu.name for gpu in cards.gpus()}:
            self.window.show_message(self.tr("The scenario’s GPU, {name}, is not in the list. Pick another.").format(name=source.gpu[:60]))
        if broken is not None:
            self.window.show_message(
                self.tr("The last scenario could not be read. It was set aside as {path}; this is the example instead.").format(path=broken)
            )
        ignored = [known.ignored for known in (models, gpus) if known.ignored]
        if ignored:
            self.window.show_message(self.tr("A list of your own is not used: {reason}").format(reason="; ".join(ignored)[:400]))

        if session is not None and opened is None:
            if last is not None:
                guide.resume()
            else:
                guide.greet()

        self._save_timer = QTimer(self)
        self._save_timer.setSingleShot(True)
        self._save_timer.setInterval(_SAVE_AFTER_MS)
        self._save_timer.timeout.connect(self.save)
        self.store.changed.connect(self._save_timer.start)
        self.pins.changed.connect(self._save_timer.start)
        self.window.closing.connect(self._on_closing)
        self.window.unit_toggled.connect(self._on_unit)
        self.window.theme_toggled.connect(self._on_theme)
        self.window.language_toggled.connect(self._on_language)
        self._offer_languages()
        self._name_language()
        self._say_if_font_is_missing()
        self.window.zoom_asked.connect(self._on_zoom)
        self._before_stage = (self.window.saveGeometry(), self.window.windowState(), self.window.geometry())
        self.window.present_toggled.connect(self._on_present)
        self.window.motion_toggled.connect(self._on_motion)
        guide.changed.connect(self._on_lesson)
        self._show_motion()
        self._watch: MachineWatch | None = None
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_scheme)

    def watch(self, machine: Readable) -> None:
        """Show the cards of ``machine`` from now on, until the window closes."""
        self._watch = MachineWatch(machine, self)
        self._watch.read.connect(self.window.show_machine)
        self._watch.start()

    def save(self) -> None:
        """Write the scenario; a disk that refuses is said on screen, and nothing is lost in the window."""
        if self._session is None:
            return
        problem = save_comparison(self._session, Comparison(current=self.store.scenario, pinned=self.pins.scenarios))
        said, self._complaint = self._complaint, problem
        if problem and problem != said:  # once, not with every change
            self.window.show_message(
                self.tr("The scenario could not be saved to {path}: {problem}").format(path=self._session, problem=problem)
            )

    def _on_closing(self) -> None:
        self._save_timer.stop()
        if self._watch is not None:
            self._watch.stop()
        self.save()
        self._preferences.geometry = self._before_stage[0] if self._staged else self.window.saveGeometry()

    def _on_unit(self) -> None:
        unit = ByteUnit.GB if self._preferences.unit is ByteUnit.GIB else ByteUnit.GIB
        self._preferences.unit = unit
        self.window.show_unit(unit)

    def _on_theme(self) -> None:
        """System, light, dark, and round again."""
        order = list(ThemeChoice)
        self._preferences.theme = order[(order.index(self._preferences.theme) + 1) % len(order)]
        self._show_theme()

    def _on_system_scheme(self) -> None:
        if self._preferences.theme is ThemeChoice.SYSTEM:
            self._show_theme()

    def _show_theme(self) -> None:
        choice = ThemeChoice.CONTRAST if self._staged else self._preferences.theme
        theme = resolve(choice)
        apply(self._app, theme)
        self.window.rebuild(theme, choice, staged=self._staged)

    def _on_present(self) -> None:
        """Fill the screen for an audience, or come back from there."""
        self._staged = not self._staged
        window = self.window
        if self._staged:
            self._before_stage = (window.saveGeometry(), window.windowState(), window.geometry())
            window.stage.begin()
            window.setGeometry(window.screen().geometry())  # where no window manager does it
            window.setWindowState(window.windowState() | Qt.WindowState.WindowFullScreen)
        else:
            _, state, geometry = self._before_stage
            window.setWindowState(state)
            if not state & (Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen):
                window.setGeometry(geometry)
        self._use_fonts()
        self._show_theme()

    def _on_lesson(self) -> None:
        """Make room for a lesson that is opened before an audience."""
        if self._staged and self._lesson_staged is not self.window.tour.guide.open:
            QTimer.singleShot(0, self, self._show_zoom)

    def _show_zoom(self) -> None:
        self._use_fonts()
        self._show_theme()

    def _on_language(self) -> None:
        self._speak(self._languages.next)

    def _speak(self, language: Language) -> None:
        self._languages.choose(language)
        self._preferences.language = language.code
        self._use_fonts()
        self._name_language()
        self._show_theme()
        self._say_if_font_is_missing()

    def _offer_languages(self) -> None:
        """Of more than two, a menu; the key goes round."""
        if len(self._languages.all) > _AT_A_KEY:
            menu = QMenu(self.window)
            for language in self._languages.all:
                menu.addAction(language.name, partial(self._speak, language))
            self.window.actions_made["language"].setMenu(menu)

    def _name_language(self) -> None:
        action, other = self.window.actions_made["language"], self._languages.next
        action.setText(other.name)
        action.setIconText(other.name)
        action.setToolTip(f"{other.invitation} ({action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})")

    def _say_if_font_is_missing(self) -> None:
        if self._languages.current.font_is_missing:
            self.window.show_message("没有中文字体 / No Chinese font is installed (for example: fonts-noto-cjk).")

    def _on_motion(self, less: bool) -> None:
        self._preferences.less_motion = less
        self._show_motion()

    def _show_motion(self) -> None:
        less = self._preferences.less_motion
        self.window.actions_made["motion"].setChecked(less)
        still = less or not self._app.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration)  # where the system says so
        self.window.stage.glide_ms = 0 if still else GLIDE_MS

    def _on_zoom(self, steps: int) -> None:
        if self._staged:
            self._preferences.stage_zoom = zoomed(self._preferences.stage_zoom, steps)
        else:
            self._preferences.zoom = zoomed(self._preferences.zoom, steps)
        self._show_zoom()

    def _use_fonts(self) -> None:
        zoom = self._preferences.zoom
        if self._staged:
            screen = self.window.screen().size()
            self._lesson_staged = self.window.tour.guide.open
            line_px = QFontMetrics(system_font()).height()
            zoom = self._preferences.stage_zoom * type_factor(screen.width(), screen.height(), line_px, lesson=self._lesson_staged)
        use_fonts_for(self._app, chinese=self._languages.current.chinese, zoom=zoom)


def make_application(argv: Sequence[str]) -> QApplication:
    """The QApplication with its names set; Fusion except on macOS."""
    app = QApplication(list(argv[:1]) or ["fitting-room"])
    app.setApplicationName("FittingRoom")
    app.setOrganizationName("FittingRoom")
    app.setApplicationDisplayName("Fitting Room")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName(APPLICATION_ID)
    app.setWindowIcon(QIcon(str(assets.ICON)))
    if sys.platform != "darwin":
        app.setStyle("Fusion")
    return app


def run_window(opened: Opened | Path | None = None, picture: Path | None = None) -> int:
    """Open the window, on ``opened`` if given, or with the lesson in the file ``opened``. With ``picture``, only to save one there and
    close: nothing is kept.

    Returns the exit code. A display has to be there (:mod:`gui.display`).
    """
    app = make_application(["fitting-room"])
    scenario, pinned = (opened.scenario, opened.pinned or ()) if isinstance(opened, Opened) else (None, ())
    if picture is not None:
        controller = Controller(app, Preferences(), None, scenario, pinned)
        if isinstance(opened, Path):
            controller.window.opener.open(opened)
        controller.window.show()
        return _smoke_test(app, controller, picture)
    place = claim_place(state_path())
    controller = Controller(app, Preferences(), place.path, scenario, pinned)
    problems = Problems(controller.window, ProblemLog(log_folder()), controller.save, controller.window.show_message)
    problems.watch()
    if isinstance(opened, Path):
        controller.window.opener.open(opened)
    controller.window.show()
    QTimer.singleShot(_WATCH_AFTER_MS, lambda: _settle_in(controller))
    code = app.exec()
    place.give_back()
    return code


def _settle_in(controller: Controller) -> None:
    """What can wait until the first frame was seen."""
    gc.freeze()  # what was read at the start stays: going through it anew each time took the collector 50 ms, amid a drag
    controller.watch(Machine())


def _smoke_test(app: QApplication, controller: Controller, target: Path) -> int:
    """Paint the window once, save it as a picture; 0 when the picture was written."""
    saved: list[bool] = []

    def shoot() -> None:
        saved.append(controller.window.grab().save(str(target), "PNG"))
        app.quit()

    QTimer.singleShot(200, shoot)
    app.exec()
    if not (saved and saved[0]):
        sys.stderr.write(f"fitting-room: could not write {target}\n")
        return 1
    return 0
