"""Under the verdict: what to change so that it fits, or what the room that is left would hold. Each is a button that does it."""

import math
from collections.abc import Generator, Iterator, Sequence
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from core.memory import Estimator, FitStatus, Gpu, Scenario
from core.remedies import Gain, Remedy, cards_that_hold, fits_by_estimate, further, gains, ranked, remedies
from core.suggest import Strategy, rank, smallest_count, sweep
from gui.advice_words import gain_name, remedy_cost, remedy_name
from gui.frame import Frame
from gui.parallel_words import fleet_name, strategy_name

#: Above this burden, what probably fits is offered too, where it asks for less; so many of them.
_HARSH, _LIKELY = 1.5, 2
#: Buttons in sight at most; the menu has all there is, with so many cards.
_SHOWN, _CARDS = 5, 5
#: Several of a card are offered up to so many, or four times as many as there are.
_MOST_GPUS = 64


class _Offer(NamedTuple):
    text: str
    tip: str
    taken: Scenario | str
    """The scenario it leads to, or the name of a card."""


class Advice(QWidget):
    """A line of buttons. Emits ``taken`` with the scenario that one leads to, ``card_taken`` with the name of a card."""

    taken = Signal(object)
    card_taken = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("advice")
        self._offers: list[_Offer] = []
        self._stale = False
        self._head = QLabel(self)
        self._head.setObjectName("advice_head")
        self._head.setTextFormat(Qt.TextFormat.PlainText)
        self._head.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._buttons = [QPushButton(self) for _ in range(_SHOWN)]
        self._more = QToolButton(self)
        self._more.setObjectName("advice_more")
        self._more.setText(self.tr("more"))
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setToolTip(self.tr("Everything that would do, and what each costs"))
        self._more.setMenu(QMenu(self._more))
        self._more.menu().aboutToShow.connect(self._fill_menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._head)
        for place, button in enumerate(self._buttons):
            button.setObjectName(f"advice_{place}")
            button.setAutoDefault(False)
            button.clicked.connect(self._on_clicked)
            row.addWidget(button)
        row.addWidget(self._more)
        row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self._buttons[0].sizeHint().height())
        self._show("", [])

    def minimumSizeHint(self) -> QSize:
        return QSize(1, self.height())

    def grow_stale(self) -> None:
        """What is offered was worked out for a scenario that has changed since: until it is replaced, none of it can be taken.

        It looks the same, since greying it for the few milliseconds would be a flicker.
        """
        self._stale = True

    def follow(self, frame: Frame, gpus: Sequence[Gpu]) -> Iterator[object]:
        """Work out what to offer for ``frame``, and show it at the end."""
        if frame.gpu is None or frame.fit is None:
            self._show("", [])
            return
        fits = frame.fits(frame.gpu)
        if frame.fit.status is FitStatus.FITS:
            room: list[Gain] = []
            for gain in gains(frame.scenario, fits):
                room += [gain] if gain else []
                yield None
            self._show(self.tr("Room for:") if room else "", [self._gain(gain, frame) for gain in room])
            return
        found: list[Remedy] = []
        for remedy in remedies(frame.scenario, fits):
            found += [remedy] if remedy else []
            yield None
        holding = cards_that_hold(frame.estimate, gpus, frame.gpu.vendor, frame.scenario)
        cards = [self._card(gpu, frame) for gpu in holding[:_CARDS]]
        least = min((remedy.burden for remedy in found), default=math.inf)
        likely: list[Remedy] = []
        if least > _HARSH and frame.fit.headroom_bytes < 0:  # where little was measured, what surely fits is a lot to ask
            for remedy in remedies(frame.scenario, fits_by_estimate(frame.usable(frame.gpu, frame.extra_bytes(frame.scenario)))):
                likely += [remedy] if remedy and remedy.burden < least else []
                yield None
        offers = [self._likely(remedy, frame) for remedy in ranked(likely)[:_LIKELY]]
        offers += [self._remedy(remedy, frame) for remedy in ranked(found)]
        more: list[Remedy] = []
        for remedy in further(frame.scenario, fits, found):
            more += [remedy] if remedy else []
            yield None
        offers[_SHOWN - 2 : _SHOWN - 2] = cards[:1]
        offers += [self._remedy(remedy, frame) for remedy in ranked(more)] + cards[1:]
        self._offer(offers, frame)

    def follow_up(self, frame: Frame) -> Iterator[object]:
        """Several of the chosen card, which take longest to work out: put beside one larger card once everything else is shown."""
        if frame.fit is None or frame.fit.status is FitStatus.FITS:
            return
        several = yield from self._several(frame)
        if several:
            offers = list(self._offers)
            one = [place for place, offer in enumerate(offers[:_SHOWN]) if isinstance(offer.taken, str)]
            place = one[0] + 1 if one else min(len(offers), _SHOWN - 2)
            self._offer([*offers[:place], *several, *offers[place:]], frame)

    def _offer(self, offers: list[_Offer], frame: Frame) -> None:
        assert frame.fit is not None
        if offers:
            self._show(self.tr("Would fit:") if frame.fit.status is FitStatus.OOM else self.tr("Would surely fit:"), offers)
        else:
            self._show(self.tr("No change of these settings makes it fit, and no card is large enough: it takes several."), [])

    def _remedy(self, remedy: Remedy, frame: Frame) -> _Offer:
        name, cost = remedy_name(remedy, frame.scenario, frame.numbers), remedy_cost(remedy, frame.scenario)
        return _Offer(name, cost, remedy.scenario)

    def _card(self, gpu: Gpu, frame: Frame) -> _Offer:
        spare = frame.numbers.bytes(frame.room(gpu) - frame.estimate.total_bytes)
        return _Offer(gpu.name, self.tr("A card that surely holds this, with {room} to spare.").format(room=spare), gpu.name)

    def _several(self, frame: Frame) -> Generator[None, None, list[_Offer]]:
        """The same GPUs spread otherwise, and the fewest of the chosen card, each in the best way that would do."""
        if frame.gpu is None or frame.scenario.estimator is not Estimator.DETAILED:
            return []
        offers: list[_Offer] = []
        now = frame.scenario.parallel.world_size
        if now > 1:
            best: Strategy | None = None
            for strategy in sweep(frame.scenario, now, frame.gpu, frame.calibration, frame.usable(frame.gpu)):
                if strategy is not None and strategy.fits and (best is None or rank(strategy) < rank(best)):
                    best = strategy
                yield
            if best is not None:
                spare = frame.numbers.bytes(best.fit.headroom_bytes)
                words = self.tr("The same GPUs, spread otherwise, with {room} to spare on each. More ways are in the tab GPUs.")
                offers.append(_Offer(strategy_name(best.scenario), words.format(room=spare), best.scenario))
        for strategy in smallest_count(frame.scenario, frame.gpu, frame.calibration, more_than=now, most=max(_MOST_GPUS, 4 * now)):
            if strategy is not None and strategy.fits:
                cards, spare = fleet_name(strategy.scenario, frame.gpu.name), frame.numbers.bytes(strategy.fit.headroom_bytes)
                words = self.tr("{strategy}, with {room} to spare on each. More ways are in the tab GPUs.")
                offers.append(_Offer(cards, words.format(strategy=strategy_name(strategy.scenario), room=spare), strategy.scenario))
                break
            yield
        return offers

    def _likely(self, remedy: Remedy, frame: Frame) -> _Offer:
        name, cost, *_ = self._remedy(remedy, frame)
        doubt = self.tr("Fits by the estimate, but not surely: runs of this kind differ by more.")
        return _Offer(f"≈ {name}", f"{cost}\n{doubt}", remedy.scenario)

    def _gain(self, gain: Gain, frame: Frame) -> _Offer:
        return _Offer(gain_name(gain, frame.numbers), self.tr("As much as surely fits, all else equal."), gain.scenario)

    def _show(self, head: str, offers: list[_Offer]) -> None:
        self._offers = offers
        self._head.setText(head)
        for button, offer in zip(self._buttons, offers, strict=False):
            button.setText(offer.text)
            button.setToolTip(offer.tip)
            button.setAccessibleDescription(offer.tip)
        self._stale = False
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """As many buttons as there is room for; the menu has them all, and says what each costs."""
        room = self.width() - self._head.sizeHint().width() - self._more.sizeHint().width() - 24
        shown = 0
        for button in self._buttons[: len(self._offers)]:
            room -= button.sizeHint().width() + 6
            if room < 0:
                break
            shown += 1
        for place, button in enumerate(self._buttons):
            button.setVisible(place < shown)
        self._more.setVisible(bool(self._offers))

    def _fill_menu(self) -> None:
        """When it comes up: most are never looked at."""
        menu = self._more.menu()
        menu.clear()
        for offer in self._offers:
            costs = " ".join(offer.tip.split("\n"))
            action = menu.addAction(f"{offer.text}\t{costs}")
            action.triggered.connect(lambda _checked=False, offer=offer: self._take(offer))

    def texts(self) -> list[str]:
        """Everything that is offered, in order."""
        return [offer.text for offer in self._offers]

    def _on_clicked(self) -> None:
        sender = self.sender()
        self._take(self._offers[self._buttons.index(sender)])  # type: ignore[arg-type]

    def _take(self, offer: _Offer) -> None:
        if self._stale:
            return
        if isinstance(offer.taken, str):
            self.card_taken.emit(offer.taken)
        else:
            self.taken.emit(offer.taken)
