"""Layers of a model given to GPUs by hand (a ``device_map`` of transformers that names the GPU of each)."""

from collections.abc import Sequence
from dataclasses import replace

from core.memory import Parallelism, Scenario, estimate, refusal

#: To find how full cards have to be, to a millionth.
_HALVINGS = 24


def balanced_layers(scenario: Scenario, by_layers: Parallelism, usable: Sequence[int]) -> tuple[int, ...]:
    """Of each stage of ``by_layers``, by which no GPU is fuller, of its ``usable`` bytes, than it must be; () where that can't be found.
    Layers count alike.
    """
    gpus, count = len(usable), scenario.architecture.num_hidden_layers
    few = count // gpus
    if gpus == 1 or count <= gpus:
        return ()
    fewer = max(1, few // 2)
    most_last = (*(few,) * (gpus - 1), count - few * (gpus - 1))
    most_first = (count - fewer * (gpus - 1), *(fewer,) * (gpus - 1))
    found = [_bytes(scenario, by_layers, layers) for layers in (most_last, most_first)]
    if not all(found):
        return ()
    even, uneven = found
    layer = max(1, (uneven[0] - even[0]) // (most_first[0] - few))
    beside = [total - layers * layer for total, layers in zip(even, most_last, strict=True)]

    def filled(share: float) -> list[int]:
        """Layers of each GPU where none is fuller than ``share``, as many as go, but one at least."""
        left, layers = count, []
        for number, (card, fixed) in enumerate(zip(usable, beside, strict=True)):
            here = max(1, min(left - (gpus - 1 - number), int((share * card - fixed) // layer)))
            layers.append(here)
            left -= here
        return layers

    low, high = 0.0, (sum(even) + count * layer) / min(usable)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if sum(filled(middle)) == count else (middle, high)
    return tuple(filled(high))


def _bytes(scenario: Scenario, by_layers: Parallelism, layers: tuple[int, ...]) -> list[int]:
    """Of each GPU; none where that is refused."""
    by_hand = replace(scenario, parallel=replace(by_layers, layers_per_stage=layers))
    if refusal(by_hand) is not None:
        return []
    return [device.total_bytes for device in estimate(by_hand).devices for _ in range(device.alike)]
