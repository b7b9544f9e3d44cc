"""What this user's machine takes beside the tensors, measured from logs of its own runs. Kept in the preferences, apart from the
calibration that ships with the product, which is never changed.
"""

from dataclasses import replace
from datetime import date
from typing import Annotated

from annotated_types import Ge, Le, MaxLen
from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from PySide6.QtCore import QObject, Signal

from core.memory.calibration import Calibration
from gui.session import Preferences

#: No context is larger, and no estimate of one.
_MOST = 16 * 2**30
MAX_KINDS = 20


@dataclass(frozen=True)
class OwnOverhead:
    """Of processes of one kind."""

    kind: Annotated[str, MaxLen(40)]
    """As :func:`core.memory.calibration.process_kind` has it."""
    measured_bytes: Annotated[int, Ge(0), Le(_MOST)]
    """What the log says."""
    estimated_bytes: Annotated[int, Ge(0), Le(_MOST)]
    """What the estimate has for the same."""
    day: Annotated[str, MaxLen(10)]
    """Of the log's reading, as 2026-11-26."""

    @property
    def extra_bytes(self) -> int:
        return self.measured_bytes - self.estimated_bytes


_OVERHEADS = TypeAdapter(tuple[OwnOverhead, ...])


class OwnOverheads(QObject):
    """One for each kind of process; the latest log counts."""

    changed = Signal()

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        try:
            self._own = _OVERHEADS.validate_json(preferences.own_overheads or "[]")[:MAX_KINDS]
        except ValidationError:
            self._own = ()  # somebody else's settings

    @property
    def all(self) -> tuple[OwnOverhead, ...]:
        return self._own

    def of(self, kind: str) -> OwnOverhead | None:
        return next((own for own in self._own if own.kind == kind), None)

    def calibrated(self, shipped: Calibration | None) -> Calibration | None:
        """``shipped`` with what is known of this machine; itself where that is nothing."""
        if shipped is None or not self._own:
            return shipped
        return replace(shipped, own_context={own.kind: own.extra_bytes for own in self._own})

    def measure(self, kind: str, measured_bytes: int, estimated_bytes: int) -> None:
        """From now on, processes of ``kind`` take ``measured_bytes`` for what is estimated as ``estimated_bytes``."""
        if max(measured_bytes, estimated_bytes) > _MOST or min(measured_bytes, estimated_bytes) < 0:
            return
        own = OwnOverhead(kind, measured_bytes, estimated_bytes, date.today().isoformat())
        self._keep((own, *(other for other in self._own if other.kind != kind)))

    def forget(self, kind: str) -> None:
        self._keep(tuple(own for own in self._own if own.kind != kind))

    def _keep(self, own: tuple[OwnOverhead, ...]) -> None:
        self._own = own[:MAX_KINDS]
        self._preferences.own_overheads = _OVERHEADS.dump_json(self._own).decode()
        self.changed.emit()
