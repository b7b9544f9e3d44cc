"""Models whose layers differ in shape (OpenELM, Nemotron-NAS, Gemma 3n and 4, Hunyuan-Large): as models whose layers are alike.

``Architecture.layer_runs`` lists runs of alike layers in order. The layers of one run, taken by themselves, are an architecture whose
layers are all alike, a *shape*. So there is one set of formulas, for shapes: what adds up over layers is summed over :func:`shapes`, a
largest layer is the largest of them, and what depends on the place of a layer (a stage of a pipeline, what is alive as the backward pass
comes by) goes through the runs in order, :func:`ordered`. A model whose layers are alike is the only shape of itself, at no cost.

To build one: ``with_runs(architecture, runs)``. It sets the totals (``num_hidden_layers``, ``num_sliding_layers`` and the like) and the
sizes of the largest layer, which the architecture states where somebody asks for one number.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from core.memory.architecture import Architecture
from core.memory.layer_run import Block, LayerRun

_SIZES_OF_ATTENTION = ("num_attention_heads", "num_key_value_heads", "head_dim")
_SIZES = (*_SIZES_OF_ATTENTION, "intermediate_size")


def with_runs(arch: Architecture, runs: Iterable[LayerRun]) -> Architecture:
    """``arch`` with its layers as ``runs`` say, in order; without runs where all of them come out alike. Raises ValueError."""
    merged: list[LayerRun] = []
    for run in runs:
        filled = _filled(arch, run)
        if merged and replace(merged[-1], layers=1) == replace(filled, layers=1):
            merged[-1] = replace(merged[-1], layers=merged[-1].layers + filled.layers)
        else:
            merged.append(filled)
    if not merged:
        raise ValueError("layer_runs: there is no layer")
    attending = [run for run in merged if run.attention is Block.WHOLE]
    with_mlp = [run for run in merged if run.mlp is Block.WHOLE]
    totals: dict[str, Any] = {
        "num_hidden_layers": sum([run.layers for run in merged]),
        "num_sliding_layers": sum([run.layers for run in merged if run.sliding]),
        "num_kv_shared_layers": sum([run.layers for run in merged if run.kv_shared]),
        "num_layers_without_attention": sum([run.layers for run in merged if run.attention is not Block.WHOLE]),
        "num_layers_without_mlp": sum([run.layers for run in merged if run.mlp is not Block.WHOLE]),
        "num_replaced_attentions": sum([run.layers for run in merged if run.attention is Block.LINEAR]),
        "num_replaced_mlps": sum([run.layers for run in merged if run.mlp is Block.LINEAR]),
    }
    if not totals["num_sliding_layers"]:
        totals["sliding_window"] = 0
    for size in _SIZES_OF_ATTENTION:
        totals[size] = max([getattr(run, size) for run in attending], default=1)
    totals["intermediate_size"] = max([run.intermediate_size or 1 for run in with_mlp], default=1)
    if len(merged) == 1 and _is_plain(merged[0]):
        return replace(arch, layer_runs=(), **totals)
    return replace(arch, layer_runs=tuple(merged), **totals)


def _filled(arch: Architecture, run: LayerRun) -> LayerRun:
    """``run`` with every size said, but none of what it does not have."""
    attends, has_mlp = run.attention is Block.WHOLE, run.mlp is Block.WHOLE
    return replace(
        run,
        num_attention_heads=(run.num_attention_heads or arch.num_attention_heads) if attends else None,
        num_key_value_heads=(run.num_key_value_heads or arch.num_key_value_heads) if attends else None,
        head_dim=(run.head_dim or arch.head_dim) if attends else None,
        intermediate_size=(run.intermediate_size or arch.intermediate_size) if has_mlp else None,
    )


def _is_plain(run: LayerRun) -> bool:
    return run.attention is run.mlp is Block.WHOLE and not run.kv_shared


def ordered(arch: Architecture) -> tuple[Architecture, ...]:
    """The shape of every run, in order; the architecture itself where its layers are alike."""
    if not arch.layer_runs:
        return (arch,)
    found: tuple[Architecture, ...] | None = arch.__dict__.get("_ordered")
    if found is None:
        before, made = 0, []
        for run in arch.layer_runs:
            made.append(_shape(arch, run, before))
            before += run.layers
        found = arch.__dict__["_ordered"] = tuple(made)  # kept with what it was made from, which never changes
    return found


def shapes(arch: Architecture) -> tuple[Architecture, ...]:
    """The different shapes, each with all layers that are so; the architecture itself where its layers are alike."""
    if not arch.layer_runs:
        return (arch,)
    found: tuple[Architecture, ...] | None = arch.__dict__.get("_shapes")
    if found is None:
        places: dict[int, list[Architecture]] = {}
        for number, shape in zip(numbers(arch), ordered(arch), strict=True):
            places.setdefault(number, []).append(shape)
        found = arch.__dict__["_shapes"] = tuple(_together(alike) for alike in places.values())
    return found


def numbers(arch: Architecture) -> tuple[int, ...]:
    """Of every run of a model whose layers differ, in order: which of :func:`shapes` it is of."""
    found: tuple[int, ...] | None = arch.__dict__.get("_numbers")
    if found is None:
        kinds = [replace(run, layers=1) for run in arch.layer_runs]
        known = {kind: number for number, kind in enumerate(dict.fromkeys(kinds))}
        found = arch.__dict__["_numbers"] = tuple(known[kind] for kind in kinds)
    return found


def over_layers(of: Callable[[Architecture], int], arch: Architecture) -> int:
    """The sum of ``of`` over all shapes."""
    return sum([of(shape) for shape in shapes(arch)])


#: Fields of a shape that count its layers.
_COUNTS = (
    "num_hidden_layers",
    "num_sliding_layers",
    "num_kv_shared_layers",
    "num_layers_without_attention",
    "num_layers_without_mlp",
    "num_replaced_attentions",
    "num_replaced_mlps",
    "first_k_dense_replace",
)


def _together(alike: list[Architecture]) -> Architecture:
    first = alike[0]
    return first if len(alike) == 1 else _changed(first, {name: sum([getattr(one, name) for one in alike]) for name in _COUNTS})


def _shape(arch: Architecture, run: LayerRun, before: int) -> Architecture:
    """The layers of ``run``, which has so many ``before`` it, by themselves."""
    layers = run.layers
    attends, has_mlp = run.attention is Block.WHOLE, run.mlp is Block.WHOLE
    return _changed(
        arch,
        {
            "layer_runs": (),
            "num_hidden_layers": layers,
            "num_attention_heads": (run.num_attention_heads or arch.num_attention_heads) if attends else 1,
            "num_key_value_heads": (run.num_key_value_heads or arch.num_key_value_heads) if attends else 1,
            "head_dim": (run.head_dim or arch.head_dim) if attends else 1,
            "intermediate_size": (run.intermediate_size or arch.intermediate_size) if has_mlp else 1,
            "sliding_window": arch.sliding_window if run.sliding else 0,
            "num_sliding_layers": layers if run.sliding else 0,
            # Masks are made for all layers, whatever these need.
            "window_mask_unused": arch.masks > 1,
            "num_kv_shared_layers": layers if run.kv_shared else 0,
            "num_layers_without_attention": 0 if attends else layers,
            "num_layers_without_mlp": 0 if has_mlp else layers,
            "num_replaced_attentions": layers if run.attention is Block.LINEAR else 0,
            "num_replaced_mlps": layers if run.mlp is Block.LINEAR else 0,
            "first_k_dense_replace": max(0, min(arch.first_k_dense_replace - before, layers)),
            "file_format": None,
            "file_bytes": 0,
        },
    )


def _changed(arch: Architecture, changes: dict[str, Any]) -> Architecture:
    """``replace`` without its checks, which held for the whole and would take most of the time."""
    made = object.__new__(Architecture)
    made.__dict__.update({name: value for name, value in arch.__dict__.items() if not name.startswith("_")}, **changes)
    return made


def is_empty(shape: Architecture) -> bool:
    """Whether the layers of a shape have nothing at all: what they give is what they are given."""
    blocks = shape.attention_layers + shape.mlp_layers + shape.num_replaced_attentions + shape.num_replaced_mlps
    return not (blocks or shape.num_mixer_layers)


def resized(arch: Architecture, size_of: Callable[[str, int, int], int]) -> Architecture:
    """``arch`` with sizes and numbers of layers of its shapes as ``size_of`` gives them for a field, its value and a number that no two
    shapes have; for explanations, which write them as symbols.
    """
    made = _changed(arch, {})

    def sized(shape: Architecture, number: int) -> Architecture:
        layers = size_of("num_hidden_layers", shape.num_hidden_layers, number)  # and of every kind that they are of
        counts = {name: layers for name in _COUNTS if getattr(shape, name) and name != "first_k_dense_replace"}
        return _changed(shape, counts | {name: size_of(name, getattr(shape, name), number) for name in _SIZES})

    different = shapes(arch)
    made.__dict__["_shapes"] = tuple(sized(shape, number) for number, shape in enumerate(different, 1))
    made.__dict__["_ordered"] = tuple(sized(shape, number) for number, shape in enumerate(ordered(arch), 1 + len(different)))
    return made


def within(arch: Architecture, first: int, last: int) -> list[tuple[Architecture, int]]:
    """The shapes of the runs of the layers from ``first`` to before ``last``, in order, with how many of those each has."""
    found, place = [], 0
    for shape in ordered(arch):
        count = min(place + shape.num_hidden_layers, last) - max(place, first)
        if count > 0:
            found.append((shape, count))
        place += shape.num_hidden_layers
    return found


def sliced(arch: Architecture, first: int, layers: int) -> Architecture:
    """``layers`` of the layers of a model with runs, from ``first`` on; at least one."""
    taken, place = [], 0
    for run in arch.layer_runs:
        count = min(place + run.layers, first + layers) - max(place, first)
        if count > 0:
            taken.append(replace(run, layers=count))
        place += run.layers
    return with_runs(arch, taken)


def rotations(arch: Architecture) -> tuple[int, ...]:
    """Rotated values of a head, for each set of tables: layers with a window may have their own, of heads of another width."""
    if not arch.rotates_windows_apart:
        return (arch.rotated,)
    if not arch.layer_runs:
        return (arch.rotated, arch.rotated)
    widths = {bool(shape.num_sliding_layers): shape.rotated for shape in shapes(arch) if shape.attention_layers}
    return tuple(widths.values())


def kv_sources(arch: Architecture) -> tuple[Architecture, ...]:
    """Of each layer whose keys and values are handed on to later ones: its shape."""
    runs = ordered(arch)
    return tuple(runs[source] for source in kv_readers(arch))


def kv_readers(arch: Architecture) -> dict[int, int]:
    """Runs whose last layer's keys and values are handed on, by their place, and the last run that reuses them. Gemma 3n and 4 hand on
    those of the last layer of each kind that has its own, reused or not.
    """
    found: dict[int, int] = {}
    if not (arch.num_kv_shared_layers or arch.value_norm):
        return found
    own: dict[bool, int] = {}
    for place, shape in enumerate(ordered(arch)):
        slides = bool(shape.num_sliding_layers)
        if not shape.keys_shared:
            if shape.attention_layers:
                own[slides] = place
        elif slides in own:  # not where the source is on another stage of a pipeline
            found[own[slides]] = place
    return {place: place for place in own.values()} | found if arch.value_norm else found
