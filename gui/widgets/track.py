"""The track of a slider: a groove, a round handle, marks at the stops, and hatching where a choice does not fit or is locked."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPalette, QPen, QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

# A stop attracts the handle from this far away: no farther than a hand can aim.
SNAP_DISTANCE_PX = 2.0

# The wheel turns by this share of a page (an octave) at each notch, the keys by one tick or as much as they say.
WHEEL_PAGES = 1 / 8
WHEEL_NOTCH = 120  # Qt's eighths of a degree

ONE_TICK, WHOLE_TRACK = 0.0, 1.0

GAP_PX = 1.5  # of bare paper around the handle


def mixed(one: QColor, other: QColor, share: float) -> QColor:
    """The colour that is ``share`` of the way from ``one`` to ``other``."""
    return QColor.fromRgbF(
        one.redF() + (other.redF() - one.redF()) * share,
        one.greenF() + (other.greenF() - one.greenF()) * share,
        one.blueF() + (other.blueF() - one.blueF()) * share,
    )


class TrackSlider(QSlider):
    """A horizontal slider over whole-number ticks 0, 1, 2, … whose places on the track are given.

    ``positions`` are strictly increasing from 0 to 1, one for each tick; ``page`` is the share of the track that Page Up and
    Page Down cross (an octave); ``stops`` are the ticks that are marked and attract a drag. Hold Alt to drag past them.
    """

    userMoved = Signal(int)
    """The new tick, when the user changed it: by drag, click, key, wheel or through a screen reader. Silent for ``show_tick``."""
    dragStarted = Signal()
    dragFinished = Signal()
    refused = Signal(int)
    """The locked tick that the user reached for."""

    def __init__(self, positions: Sequence[float], *, page: float, stops: Iterable[int] = (), parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._positions = tuple(positions)
        self._page = page
        self._stops = frozenset(stops)
        self._locked: frozenset[int] = frozenset()
        self._limit: int | None = None
        self._limit_color: QColor | None = None
        self._grab_offset_px: float | None = None  # pointer minus centre of the handle; None when nothing is dragged
        self._last_refused: int | None = None
        self._wheel_turned = 0
        self._handle_scale = 1.0
        self.setRange(0, len(self._positions) - 1)
        self.setSingleStep(1)
        self.setPageStep(max(1, round(page * self.maximum())))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        # Screen readers move a slider by setValue, so every change that is not shown by ``show_tick`` is the user's.
        self.valueChanged.connect(self.userMoved)

    # What the window says

    def show_tick(self, tick: int) -> None:
        """Put the handle at ``tick`` without telling anyone."""
        blocked = self.blockSignals(True)
        self.setValue(tick)
        self.blockSignals(blocked)

    def setHandleScale(self, scale: float) -> None:
        """How much larger than usual the handle is."""
        self._handle_scale = scale
        self.updateGeometry()

    def setLimitTick(self, tick: int | None, color: QColor | None = None) -> None:
        """Hatch the track beyond ``tick``, in ``color`` (else the text's): -1 hatches all of it, None nothing."""
        if (tick, color) != (self._limit, self._limit_color):
            self._limit, self._limit_color = tick, color
            self.update()

    def setLockedTicks(self, ticks: Iterable[int]) -> None:
        """Draw these ticks as locked and keep the user off them."""
        locked = frozenset(ticks)
        if locked != self._locked:
            self._locked = locked
            self.update()

    # Geometry. All sizes follow the font, so that zooming scales them.

    def _handle_px(self) -> int:
        return max(18, round(self.fontMetrics().height() * 1.1 * self._handle_scale))

    def _groove_px(self) -> int:
        return max(4, round(self._handle_px() / 4.5))

    def _ring_px(self) -> int:
        return max(2, round(self._handle_px() / 9))

    def _margin_px(self) -> float:
        return self._handle_px() / 2 + GAP_PX + self._ring_px() + 1

    def sizeHint(self) -> QSize:
        return QSize(self._handle_px() * 12, round(self._margin_px() * 2))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._handle_px() * 4, round(self._margin_px() * 2))

    def _x_at(self, position: float) -> float:
        margin = self._margin_px()
        return margin + position * max(1.0, self.width() - 2 * margin)

    def tick_x(self, tick: int) -> float:
        """Where the centre of the handle is at ``tick``, in pixels from the left edge."""
        return self._x_at(self._positions[tick])

    def _nearest_tick(self, position: float) -> int:
        above = bisect_left(self._positions, position)
        if above == 0:
            return 0
        if above > self.maximum():
            return self.maximum()
        below, over = self._positions[above - 1], self._positions[above]
        return above if over - position <= position - below else above - 1

    def _tick_under(self, x: float, *, snap: bool) -> int:
        margin = self._margin_px()
        tick = self._nearest_tick((x - margin) / max(1.0, self.width() - 2 * margin))
        if snap and tick not in self._stops:
            near = [stop for stop in (tick - 1, tick + 1) if stop in self._stops and abs(self.tick_x(stop) - x) <= SNAP_DISTANCE_PX]
            tick = min(near, key=lambda stop: abs(self.tick_x(stop) - x), default=tick)
        return tick

    # What the user does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._grab_offset_px is not None:
            event.ignore()
            return
        event.accept()
        x, handle_x = event.position().x(), self.tick_x(self.value())
        on_handle = abs(x - handle_x) <= self._handle_px() / 2
        self._grab_offset_px = x - handle_x if on_handle else 0.0
        self.setSliderDown(True)
        self.dragStarted.emit()
        if not on_handle:
            self._drag_to(event)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grab_offset_px is None:
            event.ignore()
            return
        event.accept()
        self._drag_to(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._grab_offset_px is None:
            event.ignore()
            return
        event.accept()
        self._finish_drag()

    def _drag_to(self, event: QMouseEvent) -> None:
        snap = not event.modifiers() & Qt.KeyboardModifier.AltModifier
        wanted = self._tick_under(event.position().x() - (self._grab_offset_px or 0.0), snap=snap)
        if wanted not in self._locked:
            self._last_refused = None
            self.setValue(wanted)
            return
        here = self.value()
        allowed = [tick for tick in range(self.maximum() + 1) if tick not in self._locked]
        if allowed:
            self.setValue(min(allowed, key=lambda tick: (abs(tick - wanted), abs(tick - here))))
        if wanted != self._last_refused:  # once, however long the pointer rests there
            self._last_refused = wanted
            self.refused.emit(wanted)

    def _finish_drag(self) -> None:
        if self._grab_offset_px is None:
            return
        self._grab_offset_px = None
        self._last_refused = None
        self.setSliderDown(False)
        self.dragFinished.emit()
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        self._finish_drag()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange and not self.isEnabled():
            self._finish_drag()
        elif event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.updateGeometry()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps: dict[int, tuple[int, float]] = {
            Qt.Key.Key_Left: (-1, ONE_TICK),
            Qt.Key.Key_Down: (-1, ONE_TICK),
            Qt.Key.Key_Right: (1, ONE_TICK),
            Qt.Key.Key_Up: (1, ONE_TICK),
            Qt.Key.Key_PageDown: (-1, self._page),
            Qt.Key.Key_PageUp: (1, self._page),
            Qt.Key.Key_Home: (-1, WHOLE_TRACK),
            Qt.Key.Key_End: (1, WHOLE_TRACK),
        }
        step = steps.get(event.key())  # a number: not every key has a name
        if step is None or event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
            event.ignore()  # Ctrl+Z and the like are the window's
            return
        event.accept()
        self._step(*step)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        if not self.hasFocus() or not turned:
            event.ignore()  # the panel scrolls
            return
        event.accept()
        if turned * self._wheel_turned < 0:
            self._wheel_turned = 0
        self._wheel_turned += turned
        notches = int(self._wheel_turned / WHEEL_NOTCH)
        self._wheel_turned -= notches * WHEEL_NOTCH
        for _ in range(abs(notches)):
            self._step(1 if notches > 0 else -1, self._page * WHEEL_PAGES)

    def _step(self, direction: int, share: float) -> None:
        """Move by ``share`` of the track, by one allowed tick at least; locked ticks are stepped over."""
        here = self.value()
        there = self._nearest_tick(self._positions[here] + direction * share)
        ahead = [tick for tick in (range(here + 1, self.maximum() + 1) if direction > 0 else range(here)) if tick not in self._locked]
        if ahead:
            self.setValue(min(ahead, key=lambda tick: abs(tick - there)))
        elif self.minimum() <= here + direction <= self.maximum():
            self.refused.emit(here + direction)

    # What is painted

    def paintEvent(self, _event: QPaintEvent) -> None:
        palette = self.palette()
        group = QPalette.ColorGroup.Active if self.isEnabled() else QPalette.ColorGroup.Disabled
        paper = palette.color(group, QPalette.ColorRole.Window)
        ink = palette.color(group, QPalette.ColorRole.WindowText)
        faint = mixed(paper, ink, 0.5)  # 3:1 against the paper
        accent = palette.color(group, QPalette.ColorRole.Highlight) if self.isEnabled() else faint
        groove = self._groove_px()
        middle = self.height() / 2
        handle_x = self.tick_x(self.value())

        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        # The groove reaches to the edges, in line with the caption above, farther than the handle can go.
        whole = QRectF(0, middle - groove / 2, self.width(), groove)
        painter.setBrush(faint)
        painter.drawRoundedRect(whole, groove / 2, groove / 2)
        painter.setBrush(accent)
        painter.drawRoundedRect(QRectF(whole.topLeft(), QPointF(handle_x, whole.bottom())), groove / 2, groove / 2)
        for first, last in self._locked_runs():
            self._paint_hatching(painter, self._edge(first), self._edge(last + 1), paper, faint)
        if self._limit is not None and self._limit < self.maximum():
            start = 0.0 if self._limit < 0 else self.tick_x(self._limit)
            self._paint_hatching(painter, start, whole.right(), paper, self._limit_color or ink)
        self._paint_marks(painter, mixed(paper, ink, 0.65))
        self._paint_handle(painter, QPointF(handle_x, middle), accent)
        painter.end()

    def _edge(self, tick: int) -> float:
        """Where the ground of ``tick`` begins: halfway from the tick before, or at the end of the groove."""
        if tick <= 0:
            return 0.0
        if tick > self.maximum():
            return float(self.width())
        return (self.tick_x(tick - 1) + self.tick_x(tick)) / 2

    def _locked_runs(self) -> list[tuple[int, int]]:
        """The locked ticks as first and last of each unbroken run."""
        runs: list[tuple[int, int]] = []
        for tick in sorted(self._locked):
            if runs and runs[-1][1] == tick - 1:
                runs[-1] = (runs[-1][0], tick)
            else:
                runs.append((tick, tick))
        return runs

    def _paint_hatching(self, painter: QPainter, start: float, end: float, paper: QColor, color: QColor) -> None:
        height = self._groove_px() + 4
        zone = QRectF(start, (self.height() - height) / 2, max(0.0, end - start), height)
        clip = QPainterPath()
        clip.addRoundedRect(zone, height / 4, height / 4)
        painter.save()
        painter.setClipPath(clip)
        painter.fillRect(zone, paper)
        painter.setPen(QPen(color, max(1.5, height / 6)))
        spacing = height * 0.6
        x = zone.left() - height
        while x < zone.right():
            painter.drawLine(QPointF(x, zone.bottom()), QPointF(x + height, zone.top()))
            x += spacing
        painter.restore()
        painter.save()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 1))
        painter.drawRoundedRect(zone.adjusted(0.5, 0.5, -0.5, -0.5), height / 4, height / 4)
        painter.restore()

    def _paint_marks(self, painter: QPainter, color: QColor) -> None:
        painter.save()
        painter.setPen(QPen(color, max(1.0, self._groove_px() / 4)))
        top = self.height() / 2 + self._groove_px() / 2 + 3
        bottom = top + self._groove_px() * 0.75
        painter.drawLines([QLineF(x, top, x, bottom) for x in map(self.tick_x, self._stops)])
        painter.restore()

    def _paint_handle(self, painter: QPainter, centre: QPointF, accent: QColor) -> None:
        radius, ring = self._handle_px() / 2, self._ring_px()
        painter.setBrush(self.palette().color(QPalette.ColorRole.Window))
        painter.setPen(Qt.PenStyle.NoPen)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.WindowText), ring * 0.8))
            painter.drawEllipse(centre, radius + GAP_PX + ring / 2, radius + GAP_PX + ring / 2)
        else:
            painter.drawEllipse(centre, radius + GAP_PX, radius + GAP_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        painter.drawEllipse(centre, radius, radius)
        if not self.isSliderDown():
            core = radius * (0.45 if self.underMouse() and self.isEnabled() else 0.32)
            painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
            painter.drawEllipse(centre, core, core)
