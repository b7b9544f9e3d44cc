"""Fitting Room's model of GPU memory. ``import core`` loads the ground floor, :mod:`core.memory`, alone."""

import gc

# What an import allocates stays. The collector would walk it all several times for nothing, a tenth of the time that
# importing pydantic takes.
_collecting = gc.isenabled()
gc.disable()
try:
    from core import memory as memory
finally:
    if _collecting:
        gc.enable()

__version__ = "0.1.0"
