"""Adapters on models with mixers: which matrices PEFT adapts, by kind of block.

Source: peft 0.21, compared by trained values. "all-linear" takes the matrices of mixers too; the last one of Mamba's mixers it refuses in
models of single blocks, or with mixers and attention side by side (Mamba-2, Nemotron-H, Falcon-H1), whose users name the others.
"""

from typing import NamedTuple

from core.memory.architecture import Architecture, Mixer
from core.memory.mixers import mixer_shapes
from core.memory.parameters import Shape, attention_shapes, latent_expert_shapes, mlp_shapes, shared_expert_shapes
from core.memory.scenario import ALL_LINEAR


class Adapted(NamedTuple):
    """Adapted matrices of one block of each kind."""

    attention: list[Shape]
    mixer: list[Shape]
    mlp: list[Shape]
    experts: list[Shape]
    """Of what every token goes through."""

    def with_counts(self, arch: Architecture) -> tuple[tuple[int, list[Shape]], ...]:
        """And how many blocks of the kind there are."""
        with_experts = arch.num_moe_layers
        counts = (arch.attention_layers, arch.num_mixer_layers, arch.mlp_layers - with_experts, with_experts)
        return tuple(zip(counts, self, strict=True))


def adapted_blocks(arch: Architecture, modules: frozenset[str]) -> Adapted:
    """Where ``modules`` are asked for; all of them stand for all that is linear."""
    everything = modules.issuperset(ALL_LINEAR)

    def asked(shapes: tuple[Shape, ...]) -> list[Shape]:
        return [shape for shape in shapes if shape[0] in modules]

    experts = asked(shared_expert_shapes(arch)) if arch.num_experts else []
    if arch.num_experts and everything:
        experts += [("shared_expert_gate", arch.hidden_size, 1)] * arch.shared_expert_gate + list(latent_expert_shapes(arch))
    mixers = list(mixer_shapes(arch)) if everything else []
    if arch.mixer is Mixer.MAMBA2 and (arch.mixer_multipliers or arch.num_layers_without_mlp):
        mixers = [shape for shape in mixers if shape[0] != "out_proj"]
    return Adapted(asked(attention_shapes(arch)), mixers, asked(mlp_shapes(arch)), experts)
