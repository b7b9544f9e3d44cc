"""Heads that predict tokens ahead, trained with the model as Megatron-Core does: ``--mtp-num-layers`` of them, all on the last stage of a
pipeline, each with a layer that is the model's last one over, and a loss of its own through the model's output matrix.

Source: Megatron-Core 0.16 (transformer/multi_token_prediction.py; models/gpt/gpt_model.py, ``_postprocess``), read, not measured.
Symbols: h hidden size, e bytes of an activation.
"""

from core.memory.norms import norm_saved
from core.memory.numerics import Numerics
from core.memory.parameters import embedding_parameters
from core.memory.prediction import head_norm_parameters, projection_parameters
from core.memory.scenario import Scenario
from core.memory.units import ceil_div


def trained_outside(scenario: Scenario, tensor_parallel_size: int, *, embedding: bool) -> int:
    """Values of all heads on one GPU beside their layers: matrices that join two vectors, divided by columns, and norms; the ``embedding``
    once more where it is not on this stage (``setup_embeddings_and_output_layer``).
    """
    arch = scenario.architecture
    each = ceil_div(projection_parameters(arch), tensor_parallel_size) + head_norm_parameters(arch)
    return scenario.mtp_num_layers * each + (embedding_parameters(arch) if embedding else 0)


def joined_saved(scenario: Scenario, n: Numerics) -> int:
    """Bytes a token that all heads keep beside their layers: two norms, both outputs side by side (2eh), the norm before the output matrix
    with what that reads. Layers that are computed again keep their two inputs, one of which is a layer's anyway, and the last output.
    """
    h = scenario.architecture.hidden_size
    if scenario.gradient_checkpointing:
        return scenario.mtp_num_layers * 2 * n.compute * h
    norm = n.residual * h + 4 if scenario.fused_kernels else norm_saved(scenario.architecture.norm, n, h, 0)
    return scenario.mtp_num_layers * (3 * norm + 3 * n.compute * h)
