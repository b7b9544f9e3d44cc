"""Someone who takes lessons."""

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QAbstractButton

from gui import assets
from gui.lessons.page import Asked
from gui.lessons.panel import LessonPanel

LESSONS = sorted(assets.LESSONS.glob("*.yaml"))


class Pupil:
    """Someone who takes lessons in a window."""

    def __init__(self, room: Any) -> None:
        self.room = room
        self.guide = room.window.tour.guide

    @property
    def panel(self) -> LessonPanel:
        return self.room.window.findChild(LessonPanel)

    @property
    def asked(self) -> Asked:
        return self.guide.page.asked

    def open(self, path: Path) -> None:
        self.room.window.opener.open(path)
        self.settle()

    def settle(self) -> None:
        """Until the step is shown, with the figures of what is on the screen."""
        self.room.bot.waitUntil(lambda: self.guide.page is not None or self.guide.step is None)
        self.room.settle()

    def answer(self) -> None:
        """Do what is asked for, or guess."""
        step = self.guide.step
        if step.predict is not None:
            self.panel.guessed.emit(step.predict.low)
        else:
            self.guide.show_me()
        self.room.bot.waitUntil(lambda: self.asked is Asked.DONE)
        self.settle()

    def next(self) -> None:
        self.guide.next()
        self.settle()

    def press(self, name: str) -> None:
        """One of the panel's buttons."""
        self.room.find(QAbstractButton, name).click()
        self.settle()
