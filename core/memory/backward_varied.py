"""The backward pass of models whose layers differ in shape: which of them makes it largest depends on what it holds and on what comes
before and after, so that the last and the first layer of every run are looked at; between those, sums change evenly.

As the pass comes by a layer, the gradients of all later ones are there, and what the earlier ones keep. Source: as core.memory.backward.
"""

from collections.abc import Callable
from typing import NamedTuple

from core.memory.architecture import Architecture
from core.memory.attention import attention_backward, attention_path
from core.memory.components import Cause, Stack
from core.memory.frozen import layer_saved_frozen
from core.memory.lora import adapter_values_of
from core.memory.mlp import mlp_backward
from core.memory.numerics import Numerics
from core.memory.parameters import embedding_parameters, layer_parameters, matrices_in_mlp
from core.memory.per_layer_input import joint_parameters
from core.memory.saved import Saved, kinds_of_shape, layer_saved
from core.memory.scenario import Method, Scenario
from core.memory.varied import kv_readers, numbers, ordered

#: Gradients made before, those just made, activations, workspace: to what is alive.
Made = Callable[[int, int, int, int], Stack]


class _Place(NamedTuple):
    """The first or the last layer of a run."""

    shape: Architecture
    layer: int
    """Bytes that this layer keeps, or has again once it is recomputed."""
    kept: int
    """By it and the layers before it; under checkpointing their inputs."""
    parameters: int
    """Trained values of it and of those before it."""
    held: int
    """Gradients of keys and values that later layers have reused, which wait for the layer that made them."""


def _waiting(arch: Architecture) -> dict[int, int]:
    """Values of keys and values whose gradients wait at the last layer of a run, by its number, and at its others, by that inverted."""
    found: dict[int, int] = {}
    for source, reader in kv_readers(arch).items():
        values = 2 * ordered(arch)[source].key_value_size
        for run in range(source, reader + 1):
            if run < reader:
                found[run] = found.get(run, 0) + values
            if run > source:
                found[~run] = found.get(~run, 0) + values
    return found


def _places(scenario: Scenario, n: Numerics, kept: Saved) -> list[_Place]:
    arch, full, checkpointing = scenario.architecture, scenario.method is Method.FULL, scenario.gradient_checkpointing
    of_layer = layer_saved if full else layer_saved_frozen
    tokens, waiting = scenario.batch_size * scenario.context_length, _waiting(arch)
    own_input = n.residual * arch.hidden_size * tokens
    found: list[_Place] = []
    known: dict[tuple[int, bool, bool], tuple[int, int]] = {}  # runs of one shape have the same layers
    before = parameters = 0
    for run, (number, shape) in enumerate(zip(numbers(arch), ordered(arch), strict=True)):
        for kind in kinds_of_shape(shape, scenario.context_length):
            name = number, kind.masked, kind.experts
            if name not in known:
                trained = layer_parameters(shape) if full else adapter_values_of(scenario, shape) // shape.num_hidden_layers
                known[name] = of_layer(scenario, n, kind), trained
            layer, trained = known[name]
            held = own_input * (layer > 0) if checkpointing else layer
            for count in (1, kind.layers) if kind.layers > 1 else (1,):
                values = waiting.get(run if count == kind.layers else ~run, 0)
                found.append(_Place(shape, layer, before + count * held, parameters + count * trained, n.compute * tokens * values))
            before += kind.layers * held
            parameters += kind.layers * trained
    # What is kept beside the layers, or the first layer does without, goes with all but the first.
    beside = kept.layers - before
    return [found[0], *(place._replace(kept=place.kept + beside) for place in found[1:])]


def varied_instants_full(scenario: Scenario, n: Numerics, kept: Saved, all_gradients: int, made: Made) -> list[tuple[Stack, Cause]]:
    """Of every place the backward of its MLP, and of its attention where that writes its scores, when every weight is trained."""
    arch, g, h = scenario.architecture, n.gradient, scenario.architecture.hidden_size
    tokens, checkpointing = scenario.batch_size * scenario.context_length, scenario.gradient_checkpointing
    above = all_gradients - g * (embedding_parameters(arch) * (not arch.tie_word_embeddings) + joint_parameters(arch))
    found = []
    for place in _places(scenario, n, kept):
        shape, later = place.shape, max(0, above - g * place.parameters)
        there = place.kept + place.layer * checkpointing
        if shape.mlp_layers and not shape.num_moe_layers:
            found.append((made(later, g * h * shape.intermediate_size, there, place.held + tokens * mlp_backward(n, shape)), Cause.MLP))
        scores = tokens * attention_backward(
            attention_path(scenario.attention, n, shape), n, shape, scenario.batch_size, scenario.context_length
        )
        if shape.attention_layers and (scores or not shape.mlp_layers):
            of_mlp = matrices_in_mlp(shape) * shape.intermediate_size * (shape.mlp_layers > 0) + h * (shape.num_replaced_mlps > 0)
            left = place.kept if checkpointing else max(0, place.kept - place.layer * (scores > 0))
            found.append((made(later, g * h * (of_mlp + shape.query_size), left, place.held + scores), Cause.ATTENTION))
    return found


def varied_instants_adapters(scenario: Scenario, n: Numerics, kept: Saved, gradients: int, made: Made) -> list[tuple[Stack, Cause]]:
    """The same when only adapters are trained; ``made`` is told of no workspace for dequantization."""
    h, tokens, checkpointing = (
        scenario.architecture.hidden_size,
        scenario.batch_size * scenario.context_length,
        scenario.gradient_checkpointing,
    )
    released = 4 * scenario.lora_r * tokens if "down_proj" in scenario.lora_target_modules else 0
    found = []
    for place in _places(scenario, n, kept):
        shape, later = place.shape, max(0, gradients - n.gradient * place.parameters)
        there = place.kept + place.layer * checkpointing
        if shape.mlp_layers:
            work = tokens * (3 * n.compute * shape.intermediate_size + 5 * h)
            found.append((made(later, 0, max(0, there - released), place.held + work), Cause.MLP))
        if shape.attention_layers:
            path = attention_path(scenario.attention, n, shape)
            scores = tokens * attention_backward(path, n, shape, scenario.batch_size, scenario.context_length)
            found.append(
                (made(later, 0, place.kept if checkpointing else max(0, place.kept - place.layer), place.held + scores), Cause.ATTENTION)
            )
    return found
