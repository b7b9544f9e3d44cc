"""Strategies for the command line: as a table for people, as JSON for scripts."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from heapq import nsmallest
from typing import Any, NamedTuple

from core.memory import Gpu, Scenario
from core.memory.units import GIB
from core.network import BETWEEN_BYTES_PER_SECOND, HOST_BYTES_PER_SECOND, INSIDE_BYTES_PER_SECOND
from core.parallel_options import spread_words
from core.suggest import Strategy, keeps_activations, rank

_MOST = 12


class Suggested(NamedTuple):
    """What a search came to."""

    strategies: tuple[Strategy, ...]
    """The best first; of a search for the fewest GPUs those of each number, from the least."""
    tried: int
    gpu: Gpu


def best_of(search: Iterator[Strategy | None], gpu: Gpu) -> Suggested:
    """The best of a sweep over one number of GPUs."""
    every = list(search)
    return Suggested(tuple(nsmallest(_MOST, (strategy for strategy in every if strategy is not None), key=rank)), len(every), gpu)


def fewest_of(search: Iterator[Strategy | None], gpu: Gpu) -> Suggested:
    """What a search for the smallest number of GPUs finds."""
    every = list(search)
    return Suggested(tuple(strategy for strategy in every if strategy is not None), len(every), gpu)


def suggested_json(found: Suggested) -> dict[str, Any]:
    """The contract scripts depend on. ``options`` are those of the command, ``waiting`` and ``idle`` shares."""
    return {
        "gpu": found.gpu.name,
        "tried": found.tried,
        "strategies": [
            {
                "gpus": strategy.scenario.parallel.world_size,
                "options": spread_words(strategy.scenario.parallel),
                "parallel": asdict(strategy.scenario.parallel),
                "total_bytes": strategy.estimate.total_bytes,
                "fit": {"status": strategy.fit.status.value, "headroom_bytes": strategy.fit.headroom_bytes},
                "host_bytes": strategy.estimate.host_bytes.total_bytes,
                "sent_bytes": strategy.traffic.sent_bytes,
                "moved_to_host_bytes": round(strategy.traffic.host_bytes),
                "waiting": strategy.waiting,
                "idle": strategy.idle,
            }
            for strategy in found.strategies
        ],
    }


def suggested_text(found: Suggested, scenario: Scenario, *, fewest: bool) -> str:
    """The same for people who asked about ``scenario``."""
    if not found.strategies:
        none, first = (
            f"None of {found.tried:,} strategies fits {found.gpu.name}",
            "--checkpointing, " if keeps_activations(scenario) else "",
        )
        return f"{none}, on thousands of them either.\n" if fewest else f"{none}; try {first}more GPUs, or --fewest.\n"
    link = found.strategies[0].scenario.parallel.interconnect
    speeds = [f"{round(speed / 1e9)} GB/s" for speed in (INSIDE_BYTES_PER_SECOND[link], BETWEEN_BYTES_PER_SECOND, HOST_BYTES_PER_SECOND)]
    lines = [
        f"On {found.gpu.name}, of {found.tried:,} that were tried; those marked ~ fit by the estimate, but not surely.",
        f"Waiting: what GPUs wait for each other at printed link speeds ({link.value} {speeds[0]}, network {speeds[1]}, "
        f"host {speeds[2]} a GPU), over what they compute.",
        "",
    ]
    rows = [("GPUs", "GiB a GPU", "free", "GiB of a host", "GiB sent a step", "waiting", "options"), *map(_row, found.strategies)]
    return "\n".join([*lines, *_aligned(rows)]) + "\n"


def _row(strategy: Strategy) -> tuple[str, ...]:
    host, sent = strategy.estimate.host_bytes.total_bytes, strategy.traffic.sent_bytes
    return (
        f"{'' if strategy.fits else '~ '}{strategy.scenario.parallel.world_size:,}",
        f"{(strategy.fit.usable_bytes - strategy.fit.headroom_bytes) / GIB:,.1f}",
        f"{strategy.fit.headroom_fraction:.0%}",
        f"{host / GIB:,.1f}" if host else "-",
        f"{sent / GIB:,.3g}" if sent else "-",
        f"{strategy.waiting:.1%}" if strategy.waiting else "-",
        spread_words(strategy.scenario.parallel) or "--gpus 1",
    )


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The last column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join(cell.rjust(width) for cell, width in zip(row[:-1], widths[:-1], strict=True)) + f"  {row[-1]}" for row in rows]
