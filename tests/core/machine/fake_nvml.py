"""A driver made of Python behind NVML's own bindings: it fills the real structures, and fails with the real codes."""

from dataclasses import dataclass, field
from typing import Any

import pynvml

GIB = 2**30


@dataclass
class Card:
    name: str = "NVIDIA GeForce RTX 4090"
    total: int = 24 * GIB
    reserved: int = GIB // 2
    used: int = 3 * GIB
    processes: list[tuple[int, int | None]] = field(default_factory=lambda: [(4711, GIB), (4712, 2 * GIB)])
    fails_with: int = 0


class FakeNvml:
    """What ``pynvml.nvmlLib`` is replaced by."""

    def __init__(self, *cards: Card) -> None:
        self.cards = list(cards)
        self.fails_with = 0
        self.has_second_version = True
        self.opened = 0
        self.program = b"/usr/bin/python3 train.py"

    def __getattr__(self, name: str) -> Any:
        if name == "nvmlDeviceGetMemoryInfo_v2" and self.has_second_version:
            return self._memory_v2
        if name in ("nvmlInit_v2", "nvmlInitWithFlags"):
            return self._init
        if name == "nvmlShutdown":
            return lambda: 0
        raise AttributeError(name)

    def _init(self, *_: object) -> int:
        self.opened += 1
        return self.fails_with

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:
        count._obj.value = len(self.cards)
        return self.fails_with

    def nvmlDeviceGetHandleByIndex_v2(self, index: Any, handle: Any) -> int:
        self._at = index.value
        handle._obj.contents = pynvml.struct_c_nvmlDevice_t()
        return self.cards[self._at].fails_with

    def nvmlDeviceGetName(self, _handle: Any, name: Any, _length: Any) -> int:
        name.value = self.cards[self._at].name.encode()
        return 0

    def _memory_v2(self, _handle: Any, memory: Any) -> int:
        card, found = self.cards[self._at], memory._obj
        assert isinstance(found, pynvml.c_nvmlMemory_v2_t)
        found.total, found.reserved, found.used = card.total, card.reserved, card.used
        found.free = card.total - card.reserved - card.used
        return 0

    def nvmlDeviceGetMemoryInfo(self, _handle: Any, memory: Any) -> int:
        card = self.cards[self._at]
        memory._obj.total, memory._obj.used = card.total, card.used + card.reserved
        memory._obj.free = card.total - card.used - card.reserved
        return 0

    def nvmlDeviceGetComputeRunningProcesses_v3(self, _handle: Any, count: Any, found: Any) -> int:
        processes = self.cards[self._at].processes
        if not processes:
            count._obj.value = 0
            return 0
        if found is None:
            count._obj.value = len(processes)
            return int(pynvml.NVML_ERROR_INSUFFICIENT_SIZE)
        count._obj.value = len(processes)
        for place, (pid, used) in enumerate(processes):
            found[place].pid = pid
            found[place].usedGpuMemory = pynvml.NVML_VALUE_NOT_AVAILABLE_ulonglong.value if used is None else used
        return 0

    def nvmlDeviceGetGraphicsRunningProcesses_v3(self, *_: object) -> int:
        return int(pynvml.NVML_ERROR_NOT_SUPPORTED)

    def nvmlSystemGetProcessName(self, _pid: Any, name: Any, _length: Any) -> int:
        name.value = self.program
        return 0


def install(monkeypatch: Any, fake: FakeNvml) -> FakeNvml:
    """Make NVML's bindings ask ``fake``."""
    monkeypatch.setattr(pynvml, "nvmlLib", fake)
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
    monkeypatch.setattr(pynvml, "_LoadNvmlLibrary", lambda: None)
    return fake
