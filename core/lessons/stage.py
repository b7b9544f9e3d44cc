"""Where lessons are played: the catalogue, and the example that every scene begins with."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from core.catalogue.gpus import find_gpu
from core.catalogue.models import Model, find_model
from core.choices import settled, with_changes
from core.lessons.figures import View
from core.lessons.problems import LessonProblem, PartError
from core.memory import (
    MAX_BATCH_SIZE,
    MAX_CONTEXT_LENGTH,
    MAX_PARAMETERS,
    MIN_BATCH_SIZE,
    MIN_CONTEXT_LENGTH,
    MIN_PARAMETERS,
    Gpu,
    Scenario,
    refusal,
    with_parameter_count,
)
from core.memory.calibration import Calibration
from core.quantity import Kind, QuantityError, parse_quantity

#: Of what a lesson sets, those that are written as people write them: ``8k``, ``7B``.
_TYPED = {
    "context_length": (Kind.TOKENS, MIN_CONTEXT_LENGTH, MAX_CONTEXT_LENGTH),
    "batch_size": (Kind.COUNT, MIN_BATCH_SIZE, MAX_BATCH_SIZE),
}


class Stage(NamedTuple):
    models: Sequence[Model]
    gpus: Sequence[Gpu]
    example: Scenario
    calibration: Calibration | None = None

    def scene(self, changes: Mapping[str, Any]) -> Scenario:
        """The example with ``changes``: what a scene does not name is as a new user meets it. Raises PartError."""
        scenario = self._changed(self.example, changes)
        refused = refusal(scenario)
        if refused is not None:
            raise PartError(LessonProblem.NO_SUCH_RUN, refused.reason.value)
        return scenario

    def changed(self, scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
        """``scenario`` with ``changes`` and what they imply, as it can be run. Raises PartError."""
        return settled(self._changed(scenario, changes))

    def view(self, scenario: Scenario, usable_bytes: int | None = None, guess_bytes: int | None = None) -> View:
        """``scenario`` on its card, or on one with ``usable_bytes``."""
        if usable_bytes is None:
            usable_bytes = next((gpu.usable_bytes for gpu in self.gpus if gpu.name == scenario.gpu), None)
        return View(scenario, usable_bytes, self.calibration, guess_bytes)

    def _changed(self, scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
        fields = dict(changes)
        model, size = fields.pop("model", None), fields.pop("parameters", None)
        if model is not None:
            found = find_model(self.models, str(model))
            if found is None:
                raise PartError(LessonProblem.UNKNOWN_MODEL, str(model)[:60])
            scenario = scenario.evolve(architecture=found.architecture)
        if fields.get("gpu"):
            gpu = find_gpu(self.gpus, str(fields["gpu"]))
            if gpu is None:
                raise PartError(LessonProblem.UNKNOWN_GPU, str(fields["gpu"])[:60])
            fields |= {"gpu": gpu.name, "resident_threads": gpu.resident_threads or 0}
        try:
            if size is not None:
                scenario = with_parameter_count(scenario, parse_quantity(str(size), Kind.PARAMETERS, MIN_PARAMETERS, MAX_PARAMETERS))
            for name in _TYPED.keys() & fields.keys():
                fields[name] = parse_quantity(str(fields[name]), *_TYPED[name])
            return with_changes(scenario, fields)
        except QuantityError as error:
            raise PartError(LessonProblem.WRONG_VALUE, f"not a number in range ({error.problem.value})") from error
        except (ValidationError, ValueError) as error:
            raise PartError(LessonProblem.WRONG_VALUE, str(error)[:200]) from error
