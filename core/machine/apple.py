"""Apple's chips: one memory for all, of which Metal lets a process have a share."""

import os
import platform

from core.machine.cards import MachineCard, Reading

#: Metal's recommendedMaxWorkingSetSize: two thirds up to 36 GB, three quarters above, as reported by people's logs.
_SMALL_BYTES = 36 * 2**30


def read_apple() -> Reading:
    """The chip of this machine, if it is one of Apple's. Never raises."""
    if platform.system() != "Darwin" or platform.machine() != "arm64":
        return Reading(())
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return Reading(())
    usable = total * 2 // 3 if total <= _SMALL_BYTES else total * 3 // 4
    return Reading((MachineCard("Apple GPU", "Apple", total, usable, None),))
