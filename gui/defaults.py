"""What an empty-handed user meets: a living example."""

from collections.abc import Sequence

from core.catalogue.models import Model
from core.fleet import on_card
from core.memory import Gpu, Scenario, architecture_from_parameter_count

_MODEL, _PARAMETERS = "Llama-2-7b-hf", 7 * 10**9
_GPU = "RTX 4090"


def default_scenario(models: Sequence[Model], gpus: Sequence[Gpu]) -> Scenario:
    """The article's first model on a card many people have; without a catalogue the size alone."""
    architecture = next((model.architecture for model in models if model.architecture.name == _MODEL), None)
    example = Scenario(architecture=architecture or architecture_from_parameter_count(_PARAMETERS))
    card = next((gpu for gpu in gpus if gpu.name == _GPU), next(iter(gpus), None))
    return on_card(example, card) if card is not None else example
