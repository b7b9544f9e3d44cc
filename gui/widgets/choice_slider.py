"""A choice among a few ordered names, such as number formats: a track with a stop for each, bound to a drop-down."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QStandardItem, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QSizePolicy, QWidget

from gui.widgets.caption import Caption
from gui.widgets.note import note_label
from gui.widgets.spoken import say
from gui.widgets.track import TrackSlider


class CalmComboBox(QComboBox):
    """A drop-down that leaves the wheel to the panel around it unless it has the focus."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class ChoiceSlider(QWidget):
    """Caption and drop-down on one line, the track below. Locked choices are shown, and cannot be chosen.

    It never changes its own choice: it says what the user wants (``edited``) and shows what ``render_choice`` is told.
    """

    edited = Signal(object)
    """The name the user asks for."""
    gestureStarted = Signal()
    """A drag begins: what follows up to ``gestureFinished`` is one change."""
    gestureFinished = Signal()
    refused = Signal(object)
    """The name of the locked choice that the user reached for."""
    resetRequested = Signal()

    def __init__(self, *, object_name: str, caption: str, choices: Sequence[str], parent: QWidget | None = None) -> None:
        """``caption`` is translated and may carry a mnemonic; ``choices`` are at least two names, lowest first."""
        super().__init__(parent)
        self._choices = tuple(choices)
        self._current: str | None = None
        self._locked: frozenset[str] = frozenset()
        self._lock_reason = ""
        self._limit_words = ""
        self._note = note_label(self)

        last = len(self._choices) - 1
        self._track = TrackSlider([tick / last for tick in range(last + 1)], page=1 / last, stops=range(last + 1), parent=self)
        self._box = CalmComboBox(self)
        self._items = QStandardItemModel(self)
        for choice in self._choices:
            self._items.appendRow(QStandardItem(choice))
        self._box.setModel(self._items)
        self._caption = Caption(caption, self._track, self)

        self.setObjectName(object_name)
        for part, name in ((self._caption, "caption"), (self._track, "track"), (self._box, "box"), (self._note, "note")):
            part.setObjectName(f"{object_name}.{name}")

        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        grid.addWidget(self._caption, 0, 0)
        grid.addWidget(self._box, 0, 1)
        grid.addWidget(self._track, 1, 0, 1, 2)
        grid.addWidget(self._note, 2, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        self.setMinimumWidth(220)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setFocusProxy(self._track)
        self.setTabOrder(self._track, self._box)

        self._track.userMoved.connect(self._on_chosen)
        self._track.refused.connect(self._on_refused)
        self._track.dragStarted.connect(self.gestureStarted)
        self._track.dragFinished.connect(self.gestureFinished)
        self._box.currentIndexChanged.connect(self._on_chosen)
        self._caption.resetRequested.connect(self.resetRequested)
        self._describe()

    # What the window says

    def render_choice(self, choice: str, locked: frozenset[str] = frozenset(), lock_reason: str = "") -> None:
        """Show ``choice``, and ``locked`` choices as such with the reason as their tooltip. Emits nothing; idempotent.

        Raises ValueError when ``choice`` is none of the choices.
        """
        tick = self._choices.index(choice)
        locks_changed = (locked, lock_reason) != (self._locked, self._lock_reason)
        choice_changed = choice != self._current
        self._current, self._locked, self._lock_reason = choice, locked, lock_reason
        self._track.show_tick(tick)
        # The view of the popup listens to the items, not to the box, so the box alone is silenced.
        with QSignalBlocker(self._box):
            if locks_changed:
                self._show_locks()
            self._box.setCurrentIndex(tick)
        if choice_changed or locks_changed:
            self._describe()
        if choice_changed and self._track.hasFocus() and not self._track.isSliderDown():
            say(self._track, choice)

    def setLimit(self, choice: str | None, color: QColor | None = None, words: str = "") -> None:
        """Hatch the track beyond ``choice``, the last that fits; all of it for "", nothing for None. ``words`` say the same."""
        tick = None if choice is None else self._choices.index(choice) if choice else -1
        self._track.setLimitTick(tick, color)
        if words != self._limit_words:
            self._limit_words = words
            self._track.setToolTip(words)
            self._describe()

    def showLess(self) -> None:
        """A large handle, and no note."""
        self._track.setHandleScale(1.2)
        self._note.hide()

    def setNote(self, text: str) -> None:
        """A small dim line under the track."""
        if text != self._note.text():
            self._note.setText(text)

    def setCaption(self, caption: str) -> None:
        """The translated caption, which may carry a mnemonic."""
        self._caption.setText(caption)
        self._describe()

    def _show_locks(self) -> None:
        for tick, choice in enumerate(self._choices):
            item = self._items.item(tick)
            item.setEnabled(choice not in self._locked)
            item.setToolTip(self._lock_reason if choice in self._locked else "")
        self._track.setLockedTicks(tick for tick, choice in enumerate(self._choices) if choice in self._locked)

    # What the user does

    def _on_chosen(self, tick: int) -> None:
        choice = self._choices[tick]
        if choice in self._locked:  # a screen reader can reach it where mouse and keys cannot
            self.refused.emit(choice)
            if self._current is not None:
                self.render_choice(self._current, self._locked, self._lock_reason)
        elif choice != self._current:
            self.edited.emit(choice)

    def _on_refused(self, tick: int) -> None:
        self.refused.emit(self._choices[tick])

    # Words

    def _describe(self) -> None:
        """What a screen reader says: the caption as the name; the choice and what is locked as the description."""
        name = self._caption.plain_text()
        sentences = [] if self._current is None else [f"{self._current}."]
        locked = [choice for choice in self._choices if choice in self._locked]
        if locked:
            sentences.append(self.tr("Not available: {names}.").format(names=", ".join(locked)))
            sentences.append(self._lock_reason)
        sentences.append(self._limit_words)
        for part in (self._track, self._box):
            part.setAccessibleName(name)
            part.setAccessibleDescription(" ".join(sentences).strip())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._describe()
