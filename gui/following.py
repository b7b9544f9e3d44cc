"""What need not be on the frame itself, in the order in which it is missed: limits, advice, the open tab, and what takes longest."""

from collections.abc import Callable, Iterator, Sequence

from core.memory import Gpu
from core.memory.rule_of_thumb import ladder_format
from gui.after_frame import SHOWN
from gui.body import Body
from gui.frame import Frame
from gui.limits import effects_of, limits_on


def follow(body: Body, frame: Frame, gpus: Sequence[Gpu], is_latest: Callable[[], bool]) -> Iterator[object]:
    """Work out and show it on ``body``, in slices; ``gpus`` may be advised, and ``is_latest`` says whether ``frame`` is still on screen."""
    limits = None
    if frame.gpu is not None:
        ladder = ladder_format(frame.gpu.memory_bytes)
        usable = frame.usable(frame.gpu, frame.extra_bytes(frame.scenario))
        limits = yield from limits_on(frame.scenario, usable, frame.gpu.usable_bytes, ladder)
    body.controls.render_limits(limits, frame.scenario.gpu)
    effects = yield from effects_of(frame.scenario)
    body.controls.render_effects(effects)
    body.verdict.render_limits(limits, frame.scenario, frame.numbers)
    advice = body.verdict.advice
    yield from advice.follow(frame, gpus)
    if not is_latest():  # amid a drag: offers of a scenario that has changed since
        advice.grow_stale()
    yield from body.explorer.follow(frame)
    yield SHOWN
    yield from advice.follow_up(frame)
