"""The lesson beside the window's own parts: a step with its text, what it asks for and what has changed; or the list of lessons."""

from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.memory import FitStatus
from core.quantity import Kind, QuantityError
from gui.lessons.bit_layouts import BitLayouts
from gui.lessons.page import Asked, Contents, Page
from gui.problem_words import quantity_problem
from gui.quantities import ByteUnit
from gui.theme import FontSize, Theme, font
from gui.widgets.quantity_slider import QuantitySlider
from gui.widgets.scale import LogScale


class _Fitting(QScrollArea):
    """As high as what is in it, and scrolled only where there is no room for that."""

    def __init__(self, inside: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._inside = inside
        inside.installEventFilter(self)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(inside)
        self.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def sizeHint(self) -> QSize:
        return QSize(200, max(1, self._inside.heightForWidth(max(200, self.width()))))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._inside and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._need_bar()
        return super().eventFilter(watched, event)

    def _need_bar(self) -> None:
        """Without a bar the text is wider, and so lower: where it fits then, Qt must not find that it needs one."""
        fits = self._inside.heightForWidth(self.width()) <= self.height()
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if fits else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        if policy != self.verticalScrollBarPolicy():
            self.setVerticalScrollBarPolicy(policy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._need_bar()
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        return QSize(200, min(6 * self.fontMetrics().height(), self.sizeHint().height()))


class _Elided(QLabel):
    """A line that ends in … where it is too long."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, text)


class _Marked(QWidget):
    """A text with a bar of ``color`` before it."""

    def __init__(self, label: QLabel, color: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._color = QColor(color)
        self.label = label
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 1, 0, 1)
        row.addWidget(label)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(0, 0, 3, self.height(), self._color)


class LessonPanel(QWidget):
    """Shows what it is given; says what the learner wants."""

    next_wanted = Signal()
    back_wanted = Signal()
    again_wanted = Signal()
    shown_wanted = Signal()
    """The step's answer is to be shown."""
    guessed = Signal(int)
    """In GiB."""
    contents_wanted = Signal()
    closed = Signal()
    lesson_picked = Signal(str)
    term_wanted = Signal(str)
    """The id of a term of the glossary that was clicked."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("lesson_panel")
        self.setAccessibleName(self.tr("Lesson"))
        self._theme = theme
        self._guess: QuantitySlider | None = None
        self._guessed_gib = 0
        self._step: tuple[str, int] | None = None
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(6)
        self._layout.addLayout(self._build_head())
        self._body = QWidget(self)
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(0, 0, 6, 0)
        self._column.setSpacing(6)
        self._build_step()
        self._entries = QVBoxLayout()
        self._entries.setSpacing(0)
        self._column.addLayout(self._entries)
        self._scroll = _Fitting(self._body, self)
        self._layout.addWidget(self._scroll)
        self._feet = QWidget(self)
        self._build_feet()
        self._layout.addWidget(self._feet)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.hide()

    def show_less(self) -> None:
        """As much as an audience needs: a text that is long is scrolled, and what it is about stays in sight."""
        self._scroll.setMaximumHeight(10 * self.fontMetrics().lineSpacing())

    # ---- Building

    def _build_head(self) -> QHBoxLayout:
        self._name = _Elided(self)
        self._name.setObjectName("lesson_name")
        self._name.setFont(font(FontSize.SMALL))
        self._name.setMinimumWidth(1)
        self._name.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setFixedSize(60, 6)
        self._bar.setAccessibleName(self.tr("Progress in the lesson"))
        self._list_button = self._tool("lesson_contents", "☰", self.tr("All lessons"))
        self._list_button.clicked.connect(self.contents_wanted)
        self._close_button = self._tool("lesson_close", "✕", self.tr("Leave the lesson; it goes on from here another time"))
        self._close_button.clicked.connect(self.closed)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._name, 1)
        row.addWidget(self._bar)
        row.addWidget(self._list_button)
        row.addWidget(self._close_button)
        return row

    def _build_step(self) -> None:
        self._title = self._label("lesson_title", self._body, bold=True)
        self._text = self._label("lesson_text", self._body)
        self._picture = BitLayouts(self._theme, self._body)
        self._request = _Marked(self._label("lesson_request", self._body), self._theme.accent, self._body)
        self._guess_row = QWidget(self._body)
        row = QHBoxLayout(self._guess_row)
        row.setContentsMargins(0, 0, 0, 0)
        self._guess_place = row
        self._then = _Marked(self._label("lesson_then", self._body), self._theme.status[FitStatus.FITS], self._body)
        for part in (self._title, self._text, self._picture, self._request, self._guess_row, self._then):
            self._column.addWidget(part)

    def _build_feet(self) -> None:
        self._back = self._button("lesson_back", self.tr("Back"))
        self._back.clicked.connect(self.back_wanted)
        self._again = self._button("lesson_again", self.tr("Once more"))
        self._again.setToolTip(self.tr("Set this step up anew"))
        self._again.clicked.connect(self.again_wanted)
        self._show_me = self._button("lesson_show_me", self.tr("Show me"))
        self._show_me.setToolTip(self.tr("Do what this step asks for"))
        self._show_me.clicked.connect(self.shown_wanted)
        self._reveal = self._button("lesson_reveal", self.tr("Reveal"))
        self._reveal.setFont(font(bold=True))
        self._reveal.clicked.connect(self._on_reveal)
        self._next = self._button("lesson_next", "")
        self._next.clicked.connect(self.next_wanted)
        row = QHBoxLayout(self._feet)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._back)
        row.addWidget(self._again)
        row.addStretch(1)
        row.addWidget(self._show_me)
        row.addWidget(self._reveal)
        row.addWidget(self._next)

    def _label(self, name: str, parent: QWidget, *, bold: bool = False) -> QLabel:
        label = QLabel(parent)
        label.setObjectName(name)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText if bold else Qt.TextFormat.RichText)
        label.setFont(font(bold=bold))
        label.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard)
        label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        label.linkActivated.connect(self._on_link)
        label.setMinimumWidth(1)
        return label

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        return button

    def _tool(self, name: str, sign: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(sign)
        button.setAutoRaise(True)
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    # ---- What the window says

    def show_nothing(self) -> None:
        self._step = None
        self.hide()

    def show_page(self, page: Page) -> None:
        """One step of a lesson. Idempotent."""
        step = (page.lesson, page.number)
        new = step != self._step
        self._step = step
        self._show_kind(step=True)
        self._name.setText(page.lesson)
        self._bar.setMaximum(page.count)
        self._bar.setValue(page.number + (page.asked in (Asked.DONE, Asked.NOTHING)))
        self._bar.setToolTip(self.tr("Step {number} of {count}").format(number=page.number + 1, count=page.count))
        self._bar.setAccessibleDescription(self._bar.toolTip())
        _show(self._title, page.title)
        _show(self._text, page.text)
        self._picture.setVisible(page.picture is not None)
        self._picture.show_format(page.weights)
        _show(self._request.label, page.request)
        self._request.setVisible(page.asked in (Asked.ACTION, Asked.GUESS))
        _show(self._then.label, page.then)
        self._then.setVisible(page.asked is Asked.DONE)
        self._guess_row.setVisible(page.asked is Asked.GUESS)
        if page.asked is Asked.GUESS and new:
            self._offer_guess(*page.guess_bounds)
        self._back.setEnabled(page.number > 0)
        self._show_me.setVisible(page.asked is Asked.ACTION)
        self._reveal.setVisible(page.asked is Asked.GUESS)
        waiting = page.asked in (Asked.ACTION, Asked.GUESS)
        self._next.setText(self.tr("Skip") if waiting else self.tr("Finish") if page.last else self.tr("Next"))
        self._next.setFont(font(bold=not waiting))
        self._refit(new)

    def show_contents(self, contents: Contents) -> None:
        """The list of lessons."""
        self._step = None
        self._show_kind(step=False)
        self._name.setText("")
        _show(self._title, self.tr("New here?") if contents.greeting else self.tr("Lessons"))
        greeting = self.tr(
            "What you see is live: a 7-billion-parameter model on one card. Drag any slider and watch the bars and the verdict. "
            "Or let a lesson lead you; each takes a few minutes, and you can leave at any time."
        )
        usual = self.tr("Each takes a few minutes. Your own scenario comes back when you leave.")
        _show(self._text, greeting if contents.greeting else usual)
        self._clear_entries()
        for number, entry in enumerate(contents.entries, 1):
            state = "✓" if entry.finished else self.tr("step {number}").format(number=entry.step + 1) if entry.step else ""
            button = self._entry(f"{number}  {entry.title}", state)
            button.setObjectName(f"lesson_{entry.id}")
            button.setToolTip(entry.about)
            button.setAccessibleName(" ".join(filter(None, (entry.title, self.tr("finished") if entry.finished else state))))
            button.setAccessibleDescription(entry.about)
            button.clicked.connect(lambda _checked=False, lesson=entry.id: self.lesson_picked.emit(lesson))
            self._entries.addWidget(button)
        self._refit(new=True)

    def _entry(self, title: str, state: str) -> QPushButton:
        button = QPushButton(self._body)
        button.setAutoDefault(False)
        button.setFlat(True)
        button.setText(f"{title}   {state}" if state else title)
        button.setStyleSheet("QPushButton { text-align: left; padding: 3px 4px; }")
        button.setMinimumWidth(1)
        return button

    def _show_kind(self, *, step: bool) -> None:
        self.show()
        for part in (self._bar, self._list_button, self._feet):
            part.setVisible(step)
        if not step:
            for part in (self._picture, self._request, self._guess_row, self._then):
                part.hide()
        if step:
            self._clear_entries()

    def _clear_entries(self) -> None:
        while (item := self._entries.takeAt(0)) is not None:
            button = item.widget()
            if button is not None:
                button.hide()
                button.deleteLater()

    def _order_stops(self) -> None:
        """From top to bottom: Tab would come last of all to what was made last."""
        entries = [item.widget() for place in range(self._entries.count()) if (item := self._entries.itemAt(place)) is not None]
        guess = self._guess.stops if self._guess is not None else ()
        texts = (self._text, self._request.label, self._then.label)
        stops = (self._list_button, self._close_button, *texts, *guess, *entries, *self._feet.findChildren(QPushButton))
        for before, after in pairwise(stop for stop in stops if stop is not None and stop.focusPolicy() & Qt.FocusPolicy.TabFocus):
            self.setTabOrder(before, after)

    def _refit(self, new: bool) -> None:
        if new:
            self._order_stops()
        self._column.activate()
        self._scroll.updateGeometry()
        bar = self._scroll.verticalScrollBar()
        bar.setValue(bar.minimum() if new else bar.maximum() if self._then.isVisibleTo(self) else bar.value())

    # ---- Guessing

    def _offer_guess(self, low: int, high: int) -> None:
        """A slider of whole GiB; it begins at the lower end, so as not to suggest an answer."""
        if self._guess is not None:
            self._guess.deleteLater()
        low_text, high_text = str(low), str(high)

        def explain(error: QuantityError) -> str:
            return quantity_problem(error, low_text, high_text)

        scale = LogScale(low, high, ticks_per_octave=8)
        self._guess = QuantitySlider(
            object_name="guess",
            caption=self.tr("Your guess"),
            scale=scale,
            kind=Kind.COUNT,
            low=low,
            high=high,
            to_text=str,
            explain=explain,
            parent=self._guess_row,
        )
        self._guess.setHint(ByteUnit.GIB.value)
        self._guess.setRefusedColor(QColor(self._theme.status[FitStatus.OOM]))
        self._guess.edited.connect(self._on_guess_moved)
        self._guess_place.insertWidget(0, self._guess, 1)
        self._on_guess_moved(low)

    def _on_guess_moved(self, gibibytes: int) -> None:
        self._guessed_gib = gibibytes
        if self._guess is not None:
            self._guess.render_value(gibibytes)

    def _on_reveal(self) -> None:
        self.guessed.emit(self._guessed_gib)

    def _on_link(self, target: str) -> None:
        self.term_wanted.emit(target.removeprefix("term:"))


def _show(label: QLabel, text: str) -> None:
    """With a stop for the keys where there are links in it."""
    if label.text() != text:
        label.setText(text)
        label.setFocusPolicy(Qt.FocusPolicy.TabFocus if "<a " in text else Qt.FocusPolicy.NoFocus)
