"""What the layers of a model with mixers keep for the backward pass when only adapters are trained.

Source: measured tensor storages of transformers 5.24 / peft 0.21 on torch 2.13: 16-bit base, fp32 adapters, plain PyTorch.
"""

from core.memory.architecture import Architecture
from core.memory.attention import AttentionPath, attention_path, attention_saved
from core.memory.frozen import LayerKind
from core.memory.layer_pattern import layers_before_attention, layers_within
from core.memory.lora_hybrid import Adapted
from core.memory.mixers import mixer
from core.memory.mlp import mlp_frozen_saved
from core.memory.moe import moe_constant, moe_frozen_saved
from core.memory.norms import head_norms_frozen_saved, norm_constant, norm_frozen_saved
from core.memory.numerics import Numerics
from core.memory.parameters import Shape
from core.memory.scenario import Scenario


def adapters_read(shapes: list[Shape], rank: int) -> int:
    """Bytes a token that the adapters of a block keep: their inputs, cast to fp32 for each, and what is between A and B."""
    return 4 * sum([inputs + rank for _, inputs, _ in shapes])


def dropout_masks(shapes: list[Shape]) -> int:
    """Bytes a token of the masks before adapters."""
    return sum([inputs for _, inputs, _ in shapes])


def _block(scenario: Scenario, shapes: list[Shape]) -> int:
    """Bytes a token of the adapters of one block."""
    return adapters_read(shapes, scenario.lora_r) + (dropout_masks(shapes) if scenario.lora_dropout else 0)


def _norm(n: Numerics, arch: Architecture, tokens: int) -> int:
    """The norm before a block."""
    return tokens * norm_frozen_saved(arch.norm, n, arch.hidden_size) + norm_constant(arch.norm, n, arch.hidden_size)


def mixing_saved_frozen(scenario: Scenario, n: Numerics, adapted: Adapted, *, attends: bool, mixes: bool) -> int:
    """Kept by attention, a mixer, or both, and the norm before them."""
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    tokens = batch * length
    kept = _norm(n, arch, tokens)
    if mixes:
        kept += mixer(arch).frozen_saved(arch, batch, length) + tokens * _block(scenario, adapted.mixer)
    if attends:
        kept += _attention_saved_frozen(scenario, n) + tokens * _block(scenario, adapted.attention)
    return kept


def _attention_saved_frozen(scenario: Scenario, n: Numerics) -> int:
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    path, tokens = attention_path(scenario.attention, n, arch), batch * length
    output = n.compute * arch.query_size * tokens
    kept = attention_saved(path, n, arch, batch, length)
    if arch.attention_gate:  # its sigmoid; the output is the other factor
        kept += output
    elif path in (AttentionPath.EAGER, AttentionPath.MATH) or arch.rotary_concatenated:
        kept -= output  # laid out anew for o_proj, which is frozen
    if arch.qk_norm:
        kept += tokens * head_norms_frozen_saved(arch) + 2 * norm_constant(arch.norm, n, arch.head_dim)
    return kept


def mlp_block_saved_frozen(scenario: Scenario, n: Numerics, adapted: Adapted, *, experts: bool) -> int:
    """Kept by an MLP, or by experts, and the norm before them."""
    arch, tokens = scenario.architecture, scenario.batch_size * scenario.context_length
    if experts:
        block = moe_frozen_saved(arch) + _block(scenario, adapted.experts)
        return _norm(n, arch, tokens) + tokens * block + moe_constant(arch)
    return _norm(n, arch, tokens) + tokens * (mlp_frozen_saved(n, arch) + _block(scenario, adapted.mlp))


def hybrid_saved_frozen(scenario: Scenario, n: Numerics, kind: LayerKind, adapted: Adapted) -> int:
    """Bytes one layer keeps when only adapters are trained."""
    mixing = kind.attends or kind.mixes
    kept = mixing_saved_frozen(scenario, n, adapted, attends=kind.attends, mixes=kind.mixes) if mixing else 0
    return kept + mlp_block_saved_frozen(scenario, n, adapted, experts=kind.experts) if kind.has_mlp else kept


#: What reads the norm before attention or a mixer.
_READ_NORM = frozenset({"q_proj", "k_proj", "v_proj", "in_proj"})


def before_adapters(scenario: Scenario, n: Numerics, adapted: Adapted) -> int:
    """Of what layers are reckoned to keep, what those do without that have no adapter before them: nothing asks for gradients there. With
    adapters on attention alone these are all layers before the first with attention, by :mod:`layer_pattern`.
    """
    arch, tokens = scenario.architecture, scenario.batch_size * scenario.context_length
    kept = _norm(n, arch, tokens)
    side_by_side = arch.attention_layers + arch.num_mixer_layers > arch.num_hidden_layers
    if not (adapted.mixer or adapted.attention):  # the first mixer, or what is side by side, goes before the first MLP
        return kept + mixing_saved_frozen(scenario, n, adapted, attends=side_by_side, mixes=True)
    if not (adapted.mixer or side_by_side):
        first = layers_before_attention(arch)
        found = layers_within(arch, 0, first)
        mixers, mlps = first - (found.mlps if arch.num_layers_without_mlp else 0), found.mlps
        kept += mixers * mixing_saved_frozen(scenario, n, adapted, attends=False, mixes=True)
        if found.experts:
            kept += found.experts * mlp_block_saved_frozen(scenario, n, adapted, experts=True)
        if mlps > found.experts:
            kept += (mlps - found.experts) * mlp_block_saved_frozen(scenario, n, adapted, experts=False)
    if side_by_side and not adapted.mixer:
        kept += mixer(arch).frozen_saved(arch, scenario.batch_size, scenario.context_length)
    if scenario.lora_dropout:
        reading = adapted.mixer + adapted.attention * (side_by_side or not adapted.mixer)
        kept += tokens * arch.hidden_size * sum([name in _READ_NORM or name.startswith("in_proj_") for name, _, _ in reading])
    return kept
