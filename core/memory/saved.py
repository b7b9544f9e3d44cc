"""What a forward pass keeps for the backward pass, made of the pieces of a decoder layer.

Source: measured tensor storages of transformers 5.23 / peft 0.21 on torch 2.13.
"""

from typing import NamedTuple

from core.memory.attention import AttentionPath, attention_path, attention_saved, causal_mask_bytes, rotary_bytes
from core.memory.lora import adapters_saved
from core.memory.loss import labels_bytes, log_softmax_bytes
from core.memory.mlp import swiglu_frozen_saved, swiglu_saved
from core.memory.norms import head_norms_frozen_saved, head_norms_saved, rms_norm_frozen_saved, rms_norm_saved
from core.memory.numerics import Numerics
from core.memory.parameters import embedding_parameters, layer_linear_parameters
from core.memory.scenario import Method, Scenario

#: Linear layers that read the output of each norm: q, k, v after the first, gate and up after the second.
_ATTENTION_READERS, _MLP_READERS = 3, 2
#: Two fp32 scalars: loss and number of labels.
_LOSS_SCALARS_BYTES = 8


class Saved(NamedTuple):
    """Bytes alive when a forward pass ends, by what they are."""

    layer: int
    """Of one layer, when it is kept whole (or recomputed under checkpointing)."""
    layers: int
    """Of all layers as kept through the forward pass: whole, or their inputs under checkpointing."""
    outside: int
    """Final norm, rotary tables, labels, autocast's copy of the head."""
    log_softmax: int


def layer_saved(scenario: Scenario, n: Numerics, path: AttentionPath) -> int:
    """Bytes one layer keeps when every weight is trained."""
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    h = arch.hidden_size
    per_token = rms_norm_saved(n, h, _ATTENTION_READERS) + rms_norm_saved(n, h, _MLP_READERS) + swiglu_saved(n, arch)
    if arch.qk_norm:
        per_token += head_norms_saved(n, arch)
    copies = 2 * layer_linear_parameters(arch) if n.autocast else 0
    return batch * length * per_token + attention_saved(path, n, arch, batch, length) + copies


def layer_saved_frozen(scenario: Scenario, n: Numerics, path: AttentionPath) -> int:
    """Bytes one layer keeps when only adapters are trained."""
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    per_token = 2 * rms_norm_frozen_saved(arch.hidden_size) + swiglu_frozen_saved(n, arch) + adapters_saved(scenario)
    if arch.qk_norm:
        per_token += head_norms_frozen_saved(arch)
    return batch * length * per_token + attention_saved(path, n, arch, batch, length)


def _first_layer_input_bytes(scenario: Scenario) -> int:
    """What the first layer does without when only adapters are trained: nothing asks for the gradient of its input."""
    arch = scenario.architecture
    per_token = 4 * arch.hidden_size + 4
    if arch.qk_norm and "k_proj" not in scenario.lora_target_modules:
        per_token += 4 * arch.key_value_size + 4 * arch.num_key_value_heads
    return scenario.batch_size * scenario.context_length * per_token


def saved(scenario: Scenario, n: Numerics) -> Saved:
    """Everything a forward pass of ``scenario`` keeps."""
    arch, batch, length = scenario.architecture, scenario.batch_size, scenario.context_length
    path = attention_path(scenario.attention, n, arch)
    tokens = batch * length
    full = scenario.method is Method.FULL
    checkpointing = scenario.gradient_checkpointing

    layer = layer_saved(scenario, n, path) if full else layer_saved_frozen(scenario, n, path)
    if checkpointing:
        position_ids = 8 * length
        inputs = arch.num_hidden_layers * tokens * arch.hidden_size * n.residual
        layers = inputs + position_ids + causal_mask_bytes(path, n, batch, length)
    else:
        layers = arch.num_hidden_layers * layer
        if not full:
            layers -= _first_layer_input_bytes(scenario)

    final_norm = rms_norm_saved(n, arch.hidden_size, 1) if full else rms_norm_frozen_saved(arch.hidden_size)
    head_copy = 2 * embedding_parameters(arch) if n.autocast else 0
    outside = tokens * final_norm + rotary_bytes(n, arch, length) + labels_bytes(batch, length) + _LOSS_SCALARS_BYTES + head_copy
    return Saved(layer, layers, outside, log_softmax_bytes(arch, tokens))
