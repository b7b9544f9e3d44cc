"""AMD's cards on Linux, by the files of the amdgpu driver in sysfs.

Source: the kernel's documentation of amdgpu, "Memory": ``mem_info_vram_total`` and ``mem_info_vram_used`` in bytes.
"""

from pathlib import Path

from core.machine.cards import MachineCard, Reading

SYSFS = Path("/sys/class/drm")
_AMD = "0x1002"
#: A part of the processor has so little memory of its own that it is not meant for models.
_LEAST_BYTES = 2**31


def read_amd(folder: Path = SYSFS) -> Reading:
    """All cards now; none where there is no such driver. Never raises."""
    cards = []
    try:
        devices = sorted(folder.glob("card[0-9]*/device"))[:64]
    except OSError:
        return Reading(())
    for device in devices:
        if _line(device / "vendor") != _AMD or "-" in device.parent.name:  # card0-DP-1 is a connector
            continue
        total, used = _number(device / "mem_info_vram_total"), _number(device / "mem_info_vram_used")
        if total is not None and total >= _LEAST_BYTES:
            name = _line(device / "product_name") or f"AMD GPU {_line(device / 'device')}"
            cards.append(MachineCard(name, "AMD", total, total, None if used is None else min(used, total)))
    return Reading(tuple(cards))


def _line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return "".join(character for character in file.read(200).strip() if character.isprintable())
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    text = _line(path)
    return int(text) if text.isascii() and text.isdigit() else None
