"""What an hour of a card costs, as the user has typed it, and how many tokens are to be trained on. Kept in the preferences.

A price keeps the sign of its currency; nothing is looked up or converted.
"""

import json
import re
import unicodedata
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from gui.session import Preferences

MAX_PRICES = 200
MIN_TOKENS, MAX_TOKENS, USUAL_TOKENS = 1_000, 10**15, 10**9
_PRICE = re.compile(r"([^\d.,+−-]{0,4})\s*(\d{1,6}(?:[.,]\d{1,4})?)\s*([^\d.,]{0,12})")


class Price(NamedTuple):
    """Of an hour of one card."""

    sign: str
    """Of the currency; empty where none was typed."""
    amount: float

    def text(self, amount: float) -> str:
        """``amount`` in the same currency, with three figures."""
        digits = f"{amount:,.0f}" if amount >= 1000 else f"{amount:.3g}" if amount >= 100 or amount < 0.01 else f"{amount:.2f}"
        return f"{self.sign}{digits}"


def parse_price(text: str) -> Price | None:
    """The price in ``text``, such as ``2.50``, ``$2.5``, ``￥18/h``; None where there is none."""
    match = _PRICE.fullmatch(unicodedata.normalize("NFKC", text[:40]).strip())
    if match is None:
        return None
    amount = float(match[2].replace(",", "."))
    return Price(match[1].strip(), amount) if amount > 0 else None


class Prices(QObject):
    """By the names of cards."""

    changed = Signal()

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._texts = _read(preferences.prices)

    def text_of(self, card: str) -> str:
        """As it was typed; empty for none."""
        return self._texts.get(card, "")

    def price_of(self, card: str) -> Price | None:
        return parse_price(self.text_of(card))

    def enter(self, card: str, text: str) -> bool:
        """Keep the price ``text``; nothing for an empty one. False where it is none."""
        if text.strip() and parse_price(text) is None:
            return False
        others = {name: other for name, other in self._texts.items() if name != card}
        self._texts = others if not text.strip() else dict(list((others | {card: text.strip()}).items())[-MAX_PRICES:])
        self._preferences.prices = json.dumps(self._texts, ensure_ascii=False)
        self.changed.emit()
        return True

    @property
    def tokens(self) -> int:
        """To be trained on."""
        text = self._preferences.training_tokens
        return min(MAX_TOKENS, max(MIN_TOKENS, int(text))) if text.isdecimal() and len(text) <= 16 else USUAL_TOKENS

    def enter_tokens(self, tokens: int) -> None:
        self._preferences.training_tokens = str(tokens)
        self.changed.emit()


def _read(text: str) -> dict[str, str]:
    """Somebody else's settings may hold anything."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    pairs = list(found.items())[:MAX_PRICES] if isinstance(found, dict) else []
    return {name: price for name, price in pairs if isinstance(price, str) and parse_price(price) is not None}
