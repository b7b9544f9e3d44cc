"""What the window can do by button, menu and key: one table each for the keys, the places and the words."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from gui.actions import Actions, Keys
from gui.quantities import ByteUnit
from gui.theme import ThemeChoice
from gui.widgets.caption import RESET_KEY, reset_key_text

_STANDARD = QKeySequence.StandardKey

#: Every action, in no order, with its keys.
KEYS: Mapping[str, tuple[Keys, ...]] = {
    "undo": (_STANDARD.Undo,),
    "redo": ("Ctrl+Shift+Z", "Ctrl+Y"),
    "reset": ("Ctrl+R",),
    "reset_one": (RESET_KEY,),
    "unit": ("Ctrl+U",),
    "theme": ("Ctrl+T",),
    "language": ("Ctrl+L",),
    "open": (_STANDARD.Open,),
    "save": (_STANDARD.Save,),
    "share": ("Ctrl+Shift+C",),
    "export": ("Ctrl+E",),
    "copy_image": ("Ctrl+Shift+I",),
    "copy_table": ("Ctrl+Shift+T",),
    "pin": ("Ctrl+D",),
    "paste": (_STANDARD.Paste,),
    "find_gpu": (_STANDARD.Find,),
    "find_model": ("Ctrl+M",),
    "present": ("F11",),
    "motion": (),
    "zoom_in": ("Ctrl++", "Ctrl+="),
    "zoom_out": ("Ctrl+-",),
    "zoom_reset": ("Ctrl+0",),
    "lessons": ("F2",),
    "lesson_next": ("Ctrl+Return",),
    "help": (_STANDARD.HelpContents,),
    "whats_this": (_STANDARD.WhatsThis,),
    "keys": ("?",),
    "about": (),
    "quit": (_STANDARD.Quit,),
}

#: Buttons of the header, from left to right.
HEADER = ("open", "save", "share", "pin", "undo", "redo", "present", "language")

#: Those that a header too narrow for all gives up first; they stand in the menu then.
FOLD_FIRST = ("language", "share", "save", "redo", "undo", "pin", "open", "present")

#: The menu at the end of the header, in groups.
MENU: tuple[tuple[str, ...], ...] = (
    ("find_model", "find_gpu", "paste"),
    ("reset", "reset_one"),
    ("unit", "theme"),
    ("zoom_in", "zoom_out", "zoom_reset", "motion"),
    ("lessons", "help", "whats_this", "keys", "about"),
    ("quit",),
)

#: Behind the button that shares: other ways to give it away.
SHARE = ("copy_image", "copy_table", "export")


class WindowActions(QObject):
    """The actions of ``window``, each doing what ``slots`` has under its name. Made once, named anew in each language."""

    def __init__(self, window: QWidget, slots: Mapping[str, Callable[..., object]]) -> None:
        super().__init__(window)
        self._made = Actions(window)
        for name, slot in slots.items():
            self._made.add(name, slot, *KEYS[name])
        self._made["motion"].setCheckable(True)
        ways = QMenu(window)
        ways.setToolTipsVisible(True)
        ways.addActions(self.all(SHARE))
        self._made["share"].setMenu(ways)

    def __getitem__(self, name: str) -> QAction:
        return self._made[name]

    def all(self, names: tuple[str, ...]) -> list[QAction]:
        return [self._made[name] for name in names]

    def name(self, unit: ByteUnit, theme: ThemeChoice) -> None:
        """Give every action its text and tip, in the language the application speaks now; languages name themselves (gui/app.py)."""
        reset_tip = self.tr("Everything back to the example; {key}, or a double-click on its name, resets one control alone")
        self._made.name(
            {
                "open": (self.tr("Open"), self.tr("Open a scenario or a model; drop or paste files, text or a Hub id just as well")),
                "save": (self.tr("Save"), self.tr("Save the scenario, with what is pinned, as a file")),
                "share": (self.tr("Share"), self.tr("Copy the scenario as a short text to send")),
                "export": (self.tr("Take home…"), self.tr("Save a report on one page, the chart, or the table")),
                "copy_image": (self.tr("Copy the chart"), self.tr("Onto the clipboard, as a picture")),
                "copy_table": (self.tr("Copy the table"), self.tr("Onto the clipboard, in bytes, for a spreadsheet")),
                "pin": (self.tr("Pin"), self.tr("Keep this scenario to compare others with")),
                "undo": (self.tr("Undo"), self.tr("Take the last change back")),
                "redo": (self.tr("Redo"), self.tr("Make the change again")),
                "reset": (self.tr("Reset"), reset_tip.format(key=reset_key_text())),
                "reset_one": (self.tr("Reset the control in use"), self.tr("Only the one that has the focus goes back to the example")),
                "unit": (self._unit_name(unit), self.tr("Show memory in GiB (2³⁰ bytes) or GB (10⁹ bytes)")),
                "theme": (self._theme_name(theme), self.tr("Theme: as the system, light, dark or high contrast")),
                "paste": (self.tr("Paste"), self.tr("Show what the clipboard holds: a scenario, a model’s configuration or id, a log")),
                "find_gpu": (self.tr("Find a GPU"), self.tr("Go to the filter of the GPU list")),
                "find_model": (self.tr("Find a model"), self.tr("Go to the model list")),
                "present": (self.tr("Present"), self.tr("For an audience: large, and the scenarios that are pinned by the keys 1 to 9")),
                "motion": (self.tr("Less motion"), self.tr("Nothing moves on its own in a presentation")),
                "zoom_in": (self.tr("Larger"), self.tr("Everything larger")),
                "zoom_out": (self.tr("Smaller"), self.tr("Everything smaller")),
                "zoom_reset": (self.tr("Usual size"), self.tr("As large as the system’s type")),
                "lessons": (self.tr("Lessons"), self.tr("Learn step by step, in this window, with its sliders")),
                "help": (self.tr("Glossary"), self.tr("What the control in use, or what is pointed at, is about")),
                "whats_this": (self.tr("What’s this?"), self.tr("Then click on a part of the window")),
                "keys": (self.tr("Keys"), self.tr("All keys on one sheet")),
                "about": (self.tr("About"), self.tr("Version, data and their dates, licences")),
                "lesson_next": (self.tr("Next step"), self.tr("To the next step of the lesson")),
                "quit": (self.tr("Quit"), self.tr("Close; the scenario is kept for the next start")),
            }
        )

    def _unit_name(self, unit: ByteUnit) -> str:
        return self.tr("Unit: {unit}").format(unit=unit.value)

    def _theme_name(self, choice: ThemeChoice) -> str:
        match choice:
            case ThemeChoice.SYSTEM:
                return self.tr("Theme: system")
            case ThemeChoice.LIGHT:
                return self.tr("Theme: light")
            case ThemeChoice.DARK:
                return self.tr("Theme: dark")
            case ThemeChoice.CONTRAST:
                return self.tr("Theme: high contrast")
