"""The cards that are in this machine, and how much of each is in use now."""

from core.machine.cards import MachineCard, MachineProblem, Process, Reading
from core.machine.reader import Machine

__all__ = ["Machine", "MachineCard", "MachineProblem", "Process", "Reading"]
