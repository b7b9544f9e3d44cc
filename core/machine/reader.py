"""All cards of this machine, of whichever vendor."""

from core.machine.amd import read_amd
from core.machine.apple import read_apple
from core.machine.cards import MachineProblem, Reading


class Machine:
    """Asks the drivers. Opened when it is first read, from one thread only."""

    def __init__(self) -> None:
        self._nvidia: object | None = None

    def read(self) -> Reading:
        """All cards now. Never raises; a driver that hangs hangs this."""
        # Only here: a machine without it, or a start of the window, is not to wait for it.
        from core.machine.nvidia import NvidiaReader

        if not isinstance(self._nvidia, NvidiaReader):
            self._nvidia = NvidiaReader()
        readings = (self._nvidia.read(), read_amd(), read_apple())
        cards = tuple(card for reading in readings for card in reading.cards)
        problems = tuple(problem for reading in readings for problem in reading.problems)
        if cards:  # no driver of a vendor whose card is not there is nothing to tell
            problems = tuple(problem for problem in problems if problem[0] is not MachineProblem.NO_DRIVER)
        return Reading(cards, problems)
