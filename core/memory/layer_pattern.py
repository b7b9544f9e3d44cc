"""Which layers of a model with mixers fall to a stage of a pipeline, or to one GPU of several that have some of the layers each.

Of most models the kinds of layers are known by their numbers only. They are taken to alternate evenly: attention as often anywhere
between its first layer (``num_layers_before_attention``; where that is not known, the first of all) and its last, as far from the end as
``num_mixers_after_attention`` says; of the others the mixers first, then blocks of an MLP. That is how the layers of Qwen3-Next, Jamba,
Bamba, most of Granite 4 and some of Nemotron-H follow each other, exactly; the rest and LFM2 have one with attention more or less
somewhere. Counted up to a layer, not within a stage, so that all stages together have what the model has.
"""

from dataclasses import replace
from typing import NamedTuple

from core.memory.architecture import Architecture, Mixer
from core.memory.units import ceil_div


class Counted(NamedTuple):
    """How many of the first layers have what."""

    attention: int
    mixers: int
    mlps: int
    experts: int


def _before(arch: Architecture, layers: int) -> Counted:
    """Of the first ``layers``."""
    whole, every = arch.num_hidden_layers, arch.attention_layers
    others = whole - every
    attention = _attention_before(arch, layers)
    side_by_side = every + arch.num_mixer_layers > whole
    if side_by_side:
        mixers = ceil_div(layers * arch.num_mixer_layers, whole)
    else:
        mixers = ceil_div((layers - attention) * arch.num_mixer_layers, others)
    mlps = layers - attention - mixers if _mlp_alone(arch) else min(layers, arch.mlp_layers)
    experts = max(0, mlps - arch.first_k_dense_replace) // arch.expert_layer_period if arch.num_experts else 0
    return Counted(attention, mixers, mlps, experts)


def _attention_before(arch: Architecture, layers: int) -> int:
    whole, every = arch.num_hidden_layers, arch.attention_layers
    others = whole - every
    # From mixers to layers: beside them there may be blocks of an MLP.
    after = min(others, arch.num_mixers_after_attention * others // arch.num_mixer_layers) if others else 0
    begin = arch.num_layers_before_attention
    between = whole - begin - after - 1  # from the first layer with attention to the last
    if begin and between >= every:
        between -= _mlp_alone(arch)  # behind attention an MLP follows before the next mixer
        found = ceil_div((layers - begin) * (every - 1), between) if every > 1 else 1
        return min(every, found) if layers > begin else 0
    if after * every < whole:
        return min(every, (layers + after) * every // whole)
    return min(every, layers * every // (whole - after)) if every else 0  # further from the end than from each other


def _mlp_alone(arch: Architecture) -> bool:
    """Whether an MLP is a block by itself."""
    return 0 < arch.mlp_layers < arch.num_hidden_layers


def _within(arch: Architecture, first: int, layers: int) -> Counted:
    begin, end = _before(arch, first), _before(arch, first + layers)
    return Counted(*(later - earlier for earlier, later in zip(begin, end, strict=True)))


def layers_within(arch: Architecture, first: int, layers: int) -> Counted:
    """How many of ``layers`` of its layers from ``first`` on have what."""
    return _within(arch, first, layers)


def layers_before_attention(arch: Architecture) -> int:
    """How many of the first layers have none."""
    if arch.num_layers_before_attention:
        return arch.num_layers_before_attention
    return next(layers for layers in range(arch.num_hidden_layers) if _before(arch, layers + 1).attention)


def has_mixer_or_whole_layers(arch: Architecture, first: int, layers: int) -> bool:
    """Whether the layers have a mixer, or each attention and an MLP: single blocks without a mixer among them are not modelled."""
    return _within(arch, first, layers).mixers > 0 or not arch.num_layers_without_mlp


def with_hybrid_layers(arch: Architecture, first: int, layers: int) -> Architecture:
    """``arch``, which has mixers, with ``layers`` of its layers from ``first`` on."""
    found = _within(arch, first, layers)
    dense, period = max(0, min(arch.first_k_dense_replace - _before(arch, first).mlps, found.mlps)), arch.expert_layer_period
    if (found.mlps - dense) // period != found.experts:  # the stage begins within a period
        dense, period = found.mlps - found.experts, 1
    return replace(
        arch,
        mixer=arch.mixer if found.mixers else Mixer.NONE,
        num_hidden_layers=layers,
        num_mixer_layers=found.mixers,
        num_layers_without_attention=layers - found.attention,
        num_layers_without_mlp=layers - found.mlps,
        num_mixers_after_attention=_mixers_at_end(arch, first, layers),
        num_layers_before_attention=0 if first else min(arch.num_layers_before_attention, layers),
        first_k_dense_replace=dense,
        expert_layer_period=period,
        file_format=None,
    )


def _mixers_at_end(arch: Architecture, first: int, layers: int) -> int:
    """Mixers of these layers behind the last of them that has attention; 0 where that is the last, or where both are side by side."""
    end = _before(arch, first + layers)
    low, high = first, first + layers  # the fewest layers that have as much attention
    if _before(arch, first).attention == end.attention:
        return end.mixers - _before(arch, first).mixers
    while high - low > 1:
        middle = (low + high) // 2
        if _before(arch, middle).attention < end.attention:
            low = middle
        else:
            high = middle
    return end.mixers - _before(arch, high).mixers
