"""How wide texts are in one font, remembered: a drag shows the same few hundred figures again and again."""

from PySide6.QtGui import QFont, QFontMetricsF

#: Texts remembered; forgotten all at once past that, so that a long drag does not hoard them.
_MAX_TEXTS = 5000


class TextWidths:
    """Measuring a text costs as much as drawing it; call with the text for its width in pixels."""

    def __init__(self, font: QFont) -> None:
        self.metrics = QFontMetricsF(font)
        self._known: dict[str, float] = {}

    def __call__(self, text: str) -> float:
        width = self._known.get(text)
        if width is None:
            if len(self._known) >= _MAX_TEXTS:
                self._known.clear()
            width = self._known[text] = self.metrics.horizontalAdvance(text)
        return width
