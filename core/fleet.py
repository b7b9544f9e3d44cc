"""A run on several GPUs, judged: every GPU by itself, against its own card. Memory of several is never added up."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from core.catalogue.gpus import find_gpu
from core.memory import ONE_GPU, Device, Estimate, Fit, Gpu, Runtime, Scenario, Task, judge_device, room_on
from core.memory.parallel import MAX_STAGES
from core.memory.units import GIB
from core.spreading import with_gpus

#: Cards that are named one by one.
MAX_CARDS = MAX_STAGES
_TIMES = re.compile(r"(\d{1,4})\s*[x×*]\s*(.+)", re.IGNORECASE)


def judge_fleet(found: Estimate, card_named: Callable[[str], Gpu | None], scenario: Scenario) -> tuple[Device, Fit] | None:
    """The GPU that decides, and its fit: the one with least room on its card, as a share of it. None where a card is not known.
    ``found`` is of ``scenario``.
    """
    judged: list[tuple[Device, Fit]] = []
    for device in found.devices:
        card = card_named(device.gpu)
        if card is None:
            return None
        judged.append((device, judge_device(device, room_on(card, scenario), found)))
    return min(judged, key=lambda pair: pair[1].headroom_fraction)


def named_cards(text: str, gpus: Iterable[Gpu]) -> tuple[Gpu, ...]:
    """The cards that ``text`` lists in rank order: "2 x RTX 3090, RTX 4090". Raises LookupError with the part that names none."""
    cards: list[Gpu] = []
    known = tuple(gpus)
    for part in re.split(r"[,;+，；、]", text[:4000]):
        words = part.strip()
        if not words:
            continue
        times = _TIMES.fullmatch(words)
        card = find_gpu(known, words)
        count = 1
        if card is None and times is not None:
            count, card = int(times[1]), find_gpu(known, times[2])
        if card is None or not 0 < count <= MAX_CARDS - len(cards):
            raise LookupError(words[:60])
        cards += [card] * count
    return tuple(cards)


def listed(cards: Sequence[str]) -> str:
    """The same the other way round, for showing."""
    parts: list[tuple[str, int]] = []
    for name in cards:
        if parts and parts[-1][0] == name:
            parts[-1] = name, parts[-1][1] + 1
        else:
            parts.append((name, 1))
    return ", ".join(name if count == 1 else f"{count} × {name}" for name, count in parts)


def on_cards(scenario: Scenario, cards: Sequence[Gpu]) -> Scenario:
    """``scenario`` on ``cards``, in rank order. llama.cpp's split follows their memory, as its own does; all else is as on alike ones."""
    if not cards:
        return scenario.evolve(gpus=())
    spread = with_gpus(scenario, len(cards)) if scenario.parallel.world_size != len(cards) else scenario.evolve(gpus=())
    if len({card.name for card in cards}) == 1:
        return on_card(spread, cards[0]).evolve(layers_per_stage=())
    layers: tuple[int, ...] = ()
    if scenario.task is Task.INFERENCE and scenario.runtime is Runtime.LLAMA_CPP and spread.parallel.pipeline_parallel_size == len(cards):
        layers = tuple(max(1, round(card.usable_bytes / GIB)) for card in cards)
    threads = cards[0].resident_threads or 0
    return spread.evolve(gpu=cards[0].name, resident_threads=threads, gpus=tuple(card.name for card in cards), layers_per_stage=layers)


def on_card(scenario: Scenario, card: Gpu) -> Scenario:
    """``scenario`` with all GPUs of one kind."""
    parallel, chosen = scenario.parallel, {"gpu": card.name, "resident_threads": card.resident_threads or 0}
    if not parallel.gpus:
        return scenario.evolve(**chosen)
    return scenario.evolve(**chosen, parallel=replace(parallel, gpus=(), layers_per_stage=ONE_GPU.layers_per_stage))
