"""Fitting Room's model of GPU memory. ``import core`` loads the ground floor, :mod:`core.memory`, alone."""

from core import memory as memory

__version__ = "0.1.0"
