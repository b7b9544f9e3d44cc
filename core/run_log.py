"""What a run says of its memory in its log: PyTorch's out-of-memory error and summary, vLLM's start, llama.cpp's buffers, nvidia-smi.

A log is somebody's text: it is searched line by line, and nothing of it is taken but figures.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from core.memory import Component, Estimate, Estimator, MomentName, Runtime, Scenario, Task
from core.memory.inference_spread import engine_parts, engine_pool
from core.memory.serving import ENGINE_SHARE, NON_TORCH_BYTES, activation_peak_bytes, graph_pool_bytes

#: Characters of a line that are looked at; the longest of those that matter has some 500.
_MAX_LINE = 4000
_MAX_LINES = 100_000

#: These programs count in powers of two whatever they call it: vLLM's older "GB" are GiB.
_UNITS = {"BYTES": 1, "KIB": 2**10, "KB": 2**10, "MIB": 2**20, "MB": 2**20, "GIB": 2**30, "GB": 2**30, "TIB": 2**40}
_AMOUNT = r"([\d.]{1,15})\s*([KMG]i?B|TiB|bytes)"


class What(StrEnum):
    """What a figure is of."""

    PROCESS = "process"
    RESERVED = "reserved"
    ALLOCATED = "allocated"
    WEIGHTS = "weights"
    KV_CACHE = "kv_cache"
    KV_POOL = "kv_pool"
    """The cache that an engine reserves on what the card has left."""
    ACTIVATION_PEAK = "activation_peak"
    COMPUTE_BUFFER = "compute_buffer"
    GRAPHS = "graphs"
    CONTEXT = "context"
    """What is not the allocator's: the CUDA context, libraries."""
    NON_TORCH = "non_torch"
    """What an engine counts of that: not the bare context."""
    CARD = "card"
    """All memory that a process is told the card has."""
    BOARD = "board"
    """All memory on it, as nvidia-smi counts."""
    TRIED = "tried"
    """What could not be allocated."""


class Said(NamedTuple):
    what: What
    value_bytes: int


class _Pattern(NamedTuple):
    expression: re.Pattern[str]
    whats: tuple[What, ...]
    """One for each amount in it."""
    adds: bool = False
    """Several lines say it, of several devices or buffers; else the last one is right."""


def _pattern(expression: str, *whats: What, adds: bool = False) -> _Pattern:
    return _Pattern(re.compile(expression.replace("AMOUNT", _AMOUNT), re.IGNORECASE), whats, adds)


_DEVICE = r"(?:CUDA|ROCm|HIP|Vulkan|SYCL|Metal|MTL|CANN)\d*"
_PATTERNS = (
    _pattern(r"Tried to allocate AMOUNT", What.TRIED),
    _pattern(r"total capaci?ty of AMOUNT", What.CARD),
    _pattern(r"; AMOUNT total capacity; AMOUNT already allocated", What.CARD, What.ALLOCATED),
    _pattern(r"this process has AMOUNT memory in use", What.PROCESS),
    _pattern(r"allocated memory AMOUNT is allocated by PyTorch", What.ALLOCATED),
    _pattern(r"AMOUNT reserved in total by PyTorch", What.RESERVED),
    _pattern(r"\| Allocated memory +\| +[\d.]+ [KMG]i?B +\| +AMOUNT +\|", What.ALLOCATED),
    _pattern(r"\| GPU reserved memory +\| +[\d.]+ [KMG]i?B +\| +AMOUNT +\|", What.RESERVED),
    _pattern(r"(?:Model loading|model weights) took AMOUNT", What.WEIGHTS),
    _pattern(r"model weights take AMOUNT", What.WEIGHTS),
    _pattern(r"non_torch_memory takes AMOUNT", What.NON_TORCH),
    _pattern(r"activation peak memory takes AMOUNT", What.ACTIVATION_PEAK),
    _pattern(r"reserved for KV Cache is AMOUNT", What.KV_POOL),
    _pattern(r"Available KV cache memory: AMOUNT", What.KV_POOL),
    _pattern(r"Graph capturing finished in [\d.]+ secs?, took AMOUNT", What.GRAPHS),
    _pattern(rf"{_DEVICE}(?: model)? buffer size = +AMOUNT", What.WEIGHTS, adds=True),
    _pattern(rf"{_DEVICE} KV buffer size = +AMOUNT", What.KV_CACHE, adds=True),
    _pattern(rf"{_DEVICE} compute buffer size = +AMOUNT", What.COMPUTE_BUFFER, adds=True),
    _pattern(r"\| +AMOUNT / +AMOUNT \|", What.PROCESS, What.BOARD),
)
#: PyTorch says how much of what it reserved is free, not how much it reserved.
_RESERVED_FREE = re.compile(
    rf"allocated memory {_AMOUNT} is allocated by PyTorch,.{{0,200}}? and {_AMOUNT} is reserved by PyTorch but unallocated", re.I
)


def read_log(text: str) -> tuple[Said, ...]:
    """The figures in ``text``, in the order of :class:`What`; empty where nothing is understood."""
    found: dict[What, int] = {}
    for line in _lines(text):
        for pattern in _PATTERNS:
            match = pattern.expression.search(line)
            if match is None:
                continue
            for number, what in enumerate(pattern.whats):
                value_bytes = _bytes(match[2 * number + 1], match[2 * number + 2])
                if value_bytes is not None:
                    found[what] = value_bytes + (found.get(what, 0) if pattern.adds else 0)
        match = _RESERVED_FREE.search(line)
        if match is not None:
            parts = [_bytes(match[1], match[2]), _bytes(match[3], match[4])]
            found[What.RESERVED] = sum(part or 0 for part in parts)
    if {What.PROCESS, What.RESERVED} <= found.keys() and found[What.PROCESS] > found[What.RESERVED]:
        found.setdefault(What.CONTEXT, found[What.PROCESS] - found[What.RESERVED])
    return tuple(Said(what, found[what]) for what in What if what in found)


#: How a message of PyTorch's goes on where it was wrapped by what it was copied from.
_CONTINUED = ("is allocated", "is reserved", "memory in use", "of which", "is free", "but unallocated", "by PyTorch")


def _lines(text: str) -> Iterator[str]:
    line = ""
    for part in text.splitlines()[:_MAX_LINES]:
        if part.lstrip().startswith(_CONTINUED) and len(line) < _MAX_LINE:
            line = f"{line} {part.strip()[:_MAX_LINE]}"
            continue
        yield line
        line = part[:_MAX_LINE]
    yield line


def _bytes(number: str, unit: str) -> int | None:
    try:
        return int(float(number) * _UNITS[unit.upper()])
    except ValueError:  # more than one decimal point
        return None


def estimated(what: What, scenario: Scenario, found: Estimate, card_bytes: int | None) -> int | None:
    """What the estimate has for a figure of a log; None where it has nothing of the kind. ``card_bytes``: of the chosen card."""
    detailed = scenario.estimator is Estimator.DETAILED
    engine = detailed and scenario.task is Task.INFERENCE and scenario.runtime in (Runtime.VLLM, Runtime.SGLANG)
    part = engine_parts(scenario)[-1] if engine else None  # of the last stage, which samples
    ways: dict[What, Callable[[], int | None]] = {
        What.PROCESS: lambda: found.readings.process_bytes,
        What.RESERVED: lambda: found.readings.reserved_bytes,
        What.ALLOCATED: lambda: found.readings.allocated_bytes,
        What.WEIGHTS: lambda: _at_load(found),
        What.KV_CACHE: lambda: found.peak.stack.kv_cache,
        What.KV_POOL: lambda: engine_pool(scenario, card_bytes, ENGINE_SHARE).pool_bytes if part and card_bytes else None,
        What.ACTIVATION_PEAK: lambda: activation_peak_bytes(part.scenario, part.sampled) if part else None,
        What.COMPUTE_BUFFER: lambda: found.peak.stack.workspace if scenario.runtime is Runtime.LLAMA_CPP else None,
        What.GRAPHS: lambda: graph_pool_bytes(part.scenario) if part else None,
        What.CONTEXT: lambda: found.peak.stack.runtime,
        What.NON_TORCH: lambda: NON_TORCH_BYTES + part.talk_bytes if part else None,
        What.CARD: lambda: card_bytes,
        What.BOARD: lambda: None,
        What.TRIED: lambda: None,
    }
    return ways[what]()


def _at_load(found: Estimate) -> int:
    load = next((moment for moment in found.moments if moment.name is MomentName.LOAD), found.peak)
    return load.stack[list(Component).index(Component.WEIGHTS)]


class Overhead(NamedTuple):
    """What a process takes beside its tensors: as the log has it, and as the estimate has."""

    measured_bytes: int
    estimated_bytes: int


def overhead(said: Iterable[Said], scenario: Scenario, found: Estimate) -> Overhead | None:
    """What a log of ``scenario`` says of the machine it ran on; ``found`` is its estimate without anything known of a machine. None where
    the log says nothing of the kind.
    """
    values = dict(said)
    for what in (What.CONTEXT, What.NON_TORCH):
        expected = estimated(what, scenario, found, None)
        if what in values and expected is not None and scenario.estimator is Estimator.DETAILED:
            return Overhead(values[what], expected)
    return None
