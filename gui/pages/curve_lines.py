"""What the curve shows: memory of one or several runs along a quantity, and where each crosses the memory of a card."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.memory import Gpu, RefusedError, Scenario, Task, room_on
from core.memory.solve import holds, largest_in_steps
from core.sweep import RANGES, Axis, curve, moved, spaced, value_on, variants
from gui.frame import Frame
from gui.words import format_name, run_name

_POINTS = 48
#: How far each axis reaches where nothing asks for more.
USUAL = {Axis.CONTEXT: (128, 131_072), Axis.BATCH: (1, 256), Axis.PARAMETERS: (10**8, 10**12)}


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    values: Sequence[int]
    sizes: Sequence[int]
    current: bool


class Crossing(NamedTuple):
    """The largest value of a run that a card holds."""

    value: int
    capacity_bytes: int
    label: str
    current: bool
    """Of the run on screen, on the chosen card."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Everything on the picture, in values and bytes."""

    lines: tuple[Line, ...]
    here: tuple[int, int]
    capacities: tuple[tuple[str, int], ...]
    """Names and usable bytes of cards, the chosen one first."""
    crossings: tuple[Crossing, ...]
    reach: tuple[int, int]

    @property
    def crossing(self) -> Crossing | None:
        return next((crossing for crossing in self.crossings if crossing.current), None)


class Run(NamedTuple):
    label: str
    scenario: Scenario


def runs_of(frame: Frame, *, pinned: bool) -> list[Run]:
    """What gets a line beside the run on screen: what is pinned, or other precisions and methods."""
    if pinned:
        return [Run(f"{pin.letter} {pin.scenario.name or _variant_name(pin.scenario)}", pin.scenario) for pin in frame.pins]
    return [Run(_variant_name(other), other) for other in variants(frame.scenario) if other != frame.scenario]


def follow_lines(frame: Frame, axis: Axis, reach: tuple[int, int], *, pinned: bool) -> Generator[None, None, Lines]:
    """Work out the picture of ``frame`` that reaches at least as far as ``reach``. Yields between its parts."""
    here = value_on(axis, frame.scenario)
    cards = {card.name: card for card in (frame.gpu, *frame.marked) if card is not None}.values()
    own = Run(_variant_name(frame.scenario), frame.scenario)
    others = runs_of(frame, pinned=pinned)
    crossings: list[Crossing] = []
    for card in cards:
        yield from _cross(frame, own, axis, card, crossings, current=frame.gpu is not None and card.name == frame.gpu.name)
    if frame.gpu is not None:
        for run in others:
            yield from _cross(frame, run, axis, frame.gpu, crossings, current=False)
    low, high = _range(axis, reach, [here, *(crossing.value for crossing in crossings)])
    values = spaced(low, high, _POINTS)
    lines = []
    for run in (*others, own):
        sizes: list[int] = []
        try:
            for size in curve(run.scenario, axis, values):
                sizes.append(size + frame.extra_bytes(run.scenario))
                yield
        except RefusedError:  # a pinned shape may allow what the smooth family does not
            continue
        lines.append(Line(run.label, values, sizes, run is own))
    capacities = tuple((card.name, card.usable_bytes) for card in cards)
    return Lines(tuple(lines), (here, frame.estimate.total_bytes), capacities, tuple(crossings), (low, high))


def _cross(frame: Frame, run: Run, axis: Axis, card: Gpu, crossings: list[Crossing], *, current: bool) -> Generator[None, None, None]:
    try:
        extra = frame.extra_bytes(run.scenario)
        usable = frame.usable(card, extra) if card is frame.gpu else room_on(card, run.scenario) - extra
        value = yield from largest_in_steps(lambda value: holds(usable, moved(axis, run.scenario, value)), *RANGES[axis])
    except RefusedError:
        return
    known = {(crossing.value, crossing.capacity_bytes) for crossing in crossings}
    if 0 < value < RANGES[axis][1] and (value, card.usable_bytes) not in known:  # two runs may differ in nothing else than where they stand
        crossings.append(Crossing(value, card.usable_bytes, run.label, current))
    yield


def _range(axis: Axis, reach: tuple[int, int], values: Sequence[int]) -> tuple[int, int]:
    """From end to end, with everything that is marked in it."""
    least, most = RANGES[axis]
    low, high = reach
    return min(low, max(least, values[0] // 4)), max(high, min(most, max(4 * values[0], 2 * max(values))))


def _variant_name(scenario: Scenario) -> str:
    if scenario.task is Task.TRAINING:
        return run_name(scenario.task, scenario.method)
    return format_name(scenario.weights)
