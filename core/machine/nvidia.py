"""NVIDIA's cards, through NVML: the library that nvidia-smi asks, too.

The memory that NVML calls reserved (firmware, ECC) is nobody's to use; ``nvmlDeviceGetMemoryInfo`` in its second version tells it apart.
"""

from typing import Any

import pynvml

from core.machine.cards import MachineCard, MachineProblem, Process, Reading

MAX_CARDS, MAX_PROCESSES = 64, 100


class NvidiaReader:
    """Keeps NVML open between readings; after a failure it is opened anew."""

    def __init__(self) -> None:
        self._open = False

    def read(self) -> Reading:
        """All cards now. Never raises."""
        try:
            if not self._open:
                pynvml.nvmlInit()
                self._open = True
            count = min(MAX_CARDS, pynvml.nvmlDeviceGetCount())
        except pynvml.NVMLError as error:
            self.close()
            missing = (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
            problem = MachineProblem.NO_DRIVER if error.value in missing else MachineProblem.DRIVER_FAILS
            return Reading((), ((problem, str(error)),))
        cards, problems = [], []
        for index in range(count):
            try:
                cards.append(_card(pynvml.nvmlDeviceGetHandleByIndex(index)))
            except pynvml.NVMLError as error:
                problems.append((MachineProblem.CARD_LOST, f"{index}: {error}"))
        if problems:
            self.close()
        return Reading(tuple(cards), tuple(problems))

    def close(self) -> None:
        """Let go of the driver."""
        if self._open:
            self._open = False
            try:
                pynvml.nvmlShutdown()
            except pynvml.NVMLError:
                return  # it failed before: nothing is left to close


def _card(handle: Any) -> MachineCard:
    total, usable, used = _memory(handle)
    return MachineCard(_text(pynvml.nvmlDeviceGetName(handle)), "NVIDIA", total, usable, used, _processes(handle))


def _memory(handle: Any) -> tuple[int, int, int]:
    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle, version=pynvml.nvmlMemory_v2)
        return int(memory.total), max(1, int(memory.total) - int(memory.reserved)), int(memory.used)
    except pynvml.NVMLError as error:
        if error.value not in (pynvml.NVML_ERROR_FUNCTION_NOT_FOUND, pynvml.NVML_ERROR_NOT_SUPPORTED):
            raise
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)  # a driver before 510, which counts what is reserved as used
    return int(memory.total), max(1, int(memory.total)), int(memory.used)


def _processes(handle: Any) -> tuple[Process, ...]:
    """By what they hold, the largest first; a driver that does not list them is no failure."""
    found: dict[int, Process] = {}
    for listed in (pynvml.nvmlDeviceGetComputeRunningProcesses, pynvml.nvmlDeviceGetGraphicsRunningProcesses):
        try:
            for process in listed(handle)[:MAX_PROCESSES]:
                pid = int(process.pid)
                if pid not in found:
                    used = process.usedGpuMemory
                    found[pid] = Process(pid, _program(pid), None if used is None else int(used))
        except pynvml.NVMLError:
            continue
    return tuple(sorted(found.values(), key=lambda process: -(process.used_bytes or 0)))


def _program(pid: int) -> str:
    try:
        path = _text(pynvml.nvmlSystemGetProcessName(pid))
    except pynvml.NVMLError:
        return ""
    return path.partition(" ")[0].replace("\\", "/").rpartition("/")[2][:60]


def _text(value: object) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return "".join(character for character in text if character.isprintable())[:200]
