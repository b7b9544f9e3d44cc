"""How fast at most, what published runs reach of that, and what it costs at a price that the user has typed. Apart from the verdict."""

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from core.memory import Estimator, FitStatus, Task
from core.quantity import Kind, QuantityError, format_quantity
from core.throughput import Speed, cost_of_hours, hours_for, speed_on, step_seconds
from gui.frame import Frame
from gui.prices import MAX_TOKENS, MIN_TOKENS, Price, Prices
from gui.problem_words import quantity_problem
from gui.theme import FontSize, Theme, font
from gui.widgets.calm import WindowUndo
from gui.widgets.quantity_box import QuantityBox

_MILLION = 10**6


class SpeedPanel(QWidget):
    """A sentence on speed; below, boxes for the price of an hour and the tokens to train on, and a sentence on cost."""

    def __init__(self, prices: Prices, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._prices = prices
        self._frame: Frame | None = None
        self.speed = self._sentence("speed")
        self.cost = self._sentence("cost")
        self.price_box = QLineEdit(self)
        self.price_box.setObjectName("price")
        self.price_box.setPlaceholderText(self.tr("such as $2.50"))
        self.price_box.setAccessibleName(self.tr("Price of an hour of the GPU"))
        self.price_box.setToolTip(self.tr("In any currency; it is kept for this GPU, and never enters the verdict"))
        WindowUndo(self.price_box)
        line = self.fontMetrics().height()
        self.price_box.setFixedWidth(7 * line)
        self.price_box.editingFinished.connect(self._on_price)
        self.tokens_box = QuantityBox(
            kind=Kind.PARAMETERS,
            low=MIN_TOKENS,
            high=MAX_TOKENS,
            to_text=_tokens_text,
            explain=_explain,
            parent=self,
        )
        self.tokens_box.setObjectName("training_tokens.box")
        self.tokens_box.message.setObjectName("training_tokens.message")
        self.tokens_box.describe(self.tr("Tokens to train on"), self.tr("From 1k to 1000T."))
        self.tokens_box.setFixedWidth(5 * line)
        self.tokens_box.setRefusedColor(theme.status_color(FitStatus.OOM))
        self.tokens_box.edited.connect(prices.enter_tokens)
        self._tokens_name = QLabel(self.tr("Tokens"), self)
        prices.changed.connect(self._render)
        row = QHBoxLayout()
        row.setSpacing(6)
        self._price_name = QLabel(self.tr("GPU, an hour"), self)
        for part in (self._price_name, self.price_box, self._tokens_name, self.tokens_box):
            row.addWidget(part)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.speed)
        layout.addLayout(row)
        layout.addWidget(self.cost)
        layout.addWidget(self.tokens_box.message)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def _sentence(self, name: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(name)
        label.setWordWrap(True)
        label.setFont(font(FontSize.SMALL))
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        return label

    def show_frame(self, frame: Frame) -> None:
        other_card = self._frame is None or self._frame.scenario.gpu != frame.scenario.gpu
        self._frame = frame
        if other_card:
            self.price_box.setText(self._prices.text_of(frame.scenario.gpu))
        self._render()

    def _render(self) -> None:
        frame = self._frame
        if frame is None:
            return
        speed = None
        if frame.gpu is not None and frame.scenario.estimator is Estimator.DETAILED and frame.scenario.parallel.plain:
            speed = speed_on(frame.scenario, frame.gpu)
        training = frame.scenario.task is Task.TRAINING
        most = speed.train_tokens_per_second or speed.decode_tokens_per_second if speed is not None else None
        for part in (self._price_name, self.price_box, self.cost):
            part.setVisible(most is not None)
        for part in (self._tokens_name, self.tokens_box):
            part.setVisible(most is not None and training)
        self.tokens_box.render_value(self._prices.tokens)
        _show(self.speed, self._speed(frame, speed))
        _show(self.cost, self._cost(frame, speed, most))

    def _speed(self, frame: Frame, speed: Speed | None) -> str:
        """How fast at most, and what published runs reach of that: marked as the estimate it is."""
        if frame.gpu is None or frame.scenario.estimator is Estimator.RULE_OF_THUMB:
            return ""
        if speed is None:
            return self.tr("How fast: estimated for one GPU only.")
        parts = []
        if speed.prompt_seconds is not None:
            parts.append(self.tr("prompt in at least {seconds} s").format(seconds=_three(speed.prompt_seconds)))
        if speed.train_tokens_per_second is not None:
            seconds = step_seconds(frame.scenario, speed.train_tokens_per_second)
            parts.append(self.tr("a step in at least {seconds} s").format(seconds=_three(seconds)))
        most = speed.decode_tokens_per_second or speed.train_tokens_per_second
        if most is not None:
            parts.append(self.tr("at most {tokens} tokens a second").format(tokens=_three(most)))
            if speed.share is not None:
                reached = self.tr("published runs reach {low} to {high} of that: {slow} to {fast}")
                parts.append(
                    reached.format(
                        low=frame.numbers.share(speed.share.low),
                        high=frame.numbers.share(speed.share.high),
                        slow=_three(most * speed.share.low),
                        fast=_three(most * speed.share.high),
                    )
                )
        if not parts:
            return self.tr("How fast: its maker does not say what {gpu} reads and computes in a second.").format(gpu=frame.gpu.name)
        return self.tr("How fast (an estimate, by the roofline of {gpu}): {parts}.").format(gpu=frame.gpu.name, parts="; ".join(parts))

    def _cost(self, frame: Frame, speed: Speed | None, most: float | None) -> str:
        """At least, and at what published runs reach."""
        price = self._prices.price_of(frame.scenario.gpu)
        if price is None or speed is None or most is None:
            return ""
        training = frame.scenario.task is Task.TRAINING
        tokens = self._prices.tokens if training else _MILLION
        least = hours_for(tokens, most)
        if training:
            text = self.tr("{tokens} tokens: at least {hours} h, {cost}")
            text = text.format(tokens=_tokens_text(tokens), hours=_three(least), cost=_money(price, least))
        else:
            text = self.tr("a million generated tokens: at least {cost}").format(cost=_money(price, least))
        if speed.share is None:
            return text
        reached = self.tr("{text}; at what published runs reach, {low} to {high}")
        return reached.format(text=text, low=_money(price, least / speed.share.high), high=_money(price, least / speed.share.low))

    def _on_price(self) -> None:
        if self._frame is None:
            return
        if not self._prices.enter(self._frame.scenario.gpu, self.price_box.text()):
            self.cost.setText(self.tr("That is no price. Type one such as 2.50 or $2.50."))


def _money(price: Price, hours: float) -> str:
    return price.text(cost_of_hours(hours, price.amount))


def _tokens_text(tokens: int) -> str:
    return format_quantity(tokens, Kind.PARAMETERS)


def _explain(error: QuantityError) -> str:
    return quantity_problem(error, _tokens_text(MIN_TOKENS), _tokens_text(MAX_TOKENS))


def _show(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)


def _three(value: float) -> str:
    """Three figures, in the words of the locale."""
    locale = QLocale()
    return locale.toString(round(value)) if value >= 100 else locale.toString(value, "g", 3)
