"""What the window knows, read once at the start."""

from dataclasses import dataclass, field

from core.catalogue.glossary import Glossary
from core.catalogue.models import Model
from core.memory import Gpu
from core.memory.calibration import Calibration


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the lists are filled with."""

    models: tuple[Model, ...]
    gpus: tuple[Gpu, ...]
    calibration: Calibration | None = None
    glossary: Glossary = field(default_factory=Glossary)
