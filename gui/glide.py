"""Bars that move to where they belong instead of jumping there, so that the eye keeps on what changes."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEasingCurve, QObject, QRectF, QVariantAnimation

#: How long that takes, where motion is welcome.
GLIDE_MS = 200


@dataclass(frozen=True, slots=True)
class Picture:
    """Where everything is: for each component its bars by their upper edge, and the ends of the axes."""

    bars: tuple[dict[float, QRectF], ...]
    end: float
    bottom: float


def between(before: Picture, after: Picture, share: float) -> Picture:
    """The picture that is ``share`` of the way from one to the other; bars that only one of them has grow from nothing, or shrink."""
    bars = tuple(_bars_between(old, new, share) for old, new in zip(before.bars, after.bars, strict=True))
    return Picture(bars, _mix(before.end, after.end, share), _mix(before.bottom, after.bottom, share))


def _bars_between(before: dict[float, QRectF], after: dict[float, QRectF], share: float) -> dict[float, QRectF]:
    bars = {}
    for top in {**before, **after}:
        old, new = before.get(top), after.get(top)
        old = old if old is not None else _empty(new)
        new = new if new is not None else _empty(old)
        left, width = _mix(old.left(), new.left(), share), _mix(old.width(), new.width(), share)
        bars[top] = QRectF(left, top, width, new.height())
    return bars


def _empty(bar: QRectF | None) -> QRectF:
    assert bar is not None  # one of the two is there
    return QRectF(bar.left(), bar.top(), 0.0, bar.height())


def _mix(one: float, other: float, share: float) -> float:
    return one + (other - one) * share


class Glide(QVariantAnimation):
    """Calls ``show`` with pictures from one to another, and how far they are, 0 to 1."""

    def __init__(self, show: Callable[[Picture, float], None], parent: QObject) -> None:
        super().__init__(parent)
        self._show = show
        self._ends: tuple[Picture, Picture] | None = None
        self.setStartValue(0.0)
        self.setEndValue(1.0)
        self.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.valueChanged.connect(self._on_value)

    def go(self, before: Picture, after: Picture, ms: int) -> None:
        self._ends = before, after
        self.setDuration(ms)
        self.start()

    def _on_value(self, share: float) -> None:
        if self._ends is not None:
            self._show(between(*self._ends, share), share)
