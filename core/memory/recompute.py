"""What a stage's layers keep for the backward pass by what of them is computed again, by sequence parallelism and by micro-batches in
flight.

Sources: Megatron-Core's ``recompute_granularity``, ``recompute_method`` and ``recompute_num_layers``; torchtitan's selective
checkpointing (every second matrix product and the attention's output are kept); Korthikanti et al.: sequence parallelism divides what
tensor parallelism leaves whole, 10sbh of a GPT layer's 34sbh, and stored inputs of layers. Symbols: s sequence, b batch, h hidden, t
tensor parallel size.
"""

from dataclasses import replace
from typing import NamedTuple

from core.memory.architecture import Architecture
from core.memory.attention import AttentionPath, attention_saved
from core.memory.division import Stage
from core.memory.frozen import layer_saved_frozen
from core.memory.mlp import mlp_saved
from core.memory.norms import layer_norms_saved
from core.memory.numerics import Numerics
from core.memory.parallel import Offload, Parallelism, Recompute
from core.memory.prediction_training import joined_saved
from core.memory.saved import Saved, kinds_of_shape, layer_saved, saved
from core.memory.scenario import Attention, Method, Scenario
from core.memory.sharding import FSDP, FSDP1
from core.memory.units import ceil_div
from core.memory.varied import shapes


class Kept(NamedTuple):
    """What one GPU keeps of the micro-batch in hand and of others."""

    saved: Saved
    again: int
    """Computed again, of one layer, before its backward: beside what is kept, and beside ``saved.layer`` where layers are checkpointed."""
    held_gradients: int
    """Gradients of the layers' inputs that FSDP holds on to until the backward pass ends, where only adapters are trained."""
    others: int
    """Of micro-batches that are in flight beside the one in hand."""
    moved: int
    """To the host."""
    scenario: Scenario
    """The stage's, with checkpointing as it comes out."""


def kept_on_stage(scenario: Scenario, n: Numerics, parallel: Parallelism, stage: Stage) -> Kept:
    """Of the stage's own ``scenario``."""
    whole_layers = scenario.gradient_checkpointing or parallel.recompute in (Recompute.UNIFORM, Recompute.BLOCK)
    local = replace(scenario, gradient_checkpointing=whole_layers)
    full = saved(local, n)
    tokens, layers = scenario.batch_size * scenario.context_length, max(1, stage.layers + scenario.mtp_num_layers)
    t = parallel.tensor_parallel_size if parallel.sequence_parallel else 1
    arch = scenario.architecture
    elsewhere = _on_other_gpus(scenario, n, parallel, arch)
    layer = full.layer - elsewhere
    again = 0
    inputs = n.residual * arch.hidden_size * tokens
    if whole_layers:
        stored = full.layers - layers * inputs  # positions and masks
        kept_inputs, group, whole = layers, 1, 0
        if not scenario.gradient_checkpointing and parallel.recompute is Recompute.UNIFORM:
            group = min(layers, parallel.recompute_num_layers)
            kept_inputs = ceil_div(layers, group)
        elif not scenario.gradient_checkpointing:
            kept_inputs = min(max(1, stage.layers), parallel.recompute_num_layers)  # heads keep theirs
            whole = layers - kept_inputs
        of_layers = stored + kept_inputs * (inputs // t) + whole * layer
        if whole:
            again = -layer  # the last layer, whose backward comes first, is there already
        layer *= group
    else:
        again = min(layer, _computed_again(scenario, n, parallel.recompute, arch, layer))
        less = [shape.num_hidden_layers * _less_of_shape(scenario, n, parallel, shape) for shape in shapes(arch) if arch.layer_runs]
        of_layers = full.layers - (sum(less) if less else layers * (elsewhere + again))
    if scenario.mtp_num_layers:
        of_layers += tokens * joined_saved(local, n) // t
    pieces, v = stage.in_flight
    others = of_layers * pieces // v - of_layers
    at_loss = full.outside if stage.last else 0
    for_loss = full.for_loss if stage.last else 0
    held = 0
    if scenario.method is not Method.FULL and whole_layers and parallel.sharding in FSDP1 and not parallel.fsdp_activation_checkpointing:
        # Measured: LoRA, NF4 and GPTQ of Mistral-7B, 2 and 4 A100, 4 to 16 sequences of 4096 tokens (fms-acceleration benchmarks): each
        # peaks 2h bytes a token and layer higher in its backward pass than its tensors account for.
        held = layers * inputs
    moved = 0
    if parallel.offload_activations is not Offload.NONE:
        # What comes back is one layer's, while the next is on its way.
        on_gpu = min(of_layers, 2 * inputs // t if whole_layers else layer)
        moved, of_layers, others = of_layers + others - on_gpu, on_gpu, 0
    return Kept(Saved(layer, of_layers, at_loss, for_loss), again, held, others, moved, local)


def _on_other_gpus(scenario: Scenario, n: Numerics, parallel: Parallelism, arch: Architecture) -> int:
    """Bytes of one layer that sequence parallelism leaves to other GPUs."""
    t = parallel.tensor_parallel_size if parallel.sequence_parallel else 1
    tokens = scenario.batch_size * scenario.context_length
    norms = layer_norms_saved(n, arch, fused=scenario.fused_kernels, fp8=parallel.fp8_linears)
    if arch.num_mixer_layers:  # where a layer may be one block
        norms = norms * arch.layer_norms // (2 * arch.num_hidden_layers)
    divided = tokens * norms
    if parallel.sharding in FSDP:
        # torch's parallel layers keep their whole inputs; Megatron's gather them again. Saved tensors of DTensor, torch 2.13.
        divided -= tokens * n.compute * arch.hidden_size * (1 if arch.single_norm else 2)
    return divided - divided // t


def _less_of_shape(scenario: Scenario, n: Numerics, parallel: Parallelism, shape: Architecture) -> int:
    """By how much less one layer of a shape keeps: what is on other GPUs, and what is computed again. One without attention or MLP has half
    the norms.
    """
    blocks = (shape.attention_layers > 0) + (shape.mlp_layers > 0) + (shape.num_replaced_attentions > 0) + (shape.num_replaced_mlps > 0)
    elsewhere = _on_other_gpus(scenario, n, parallel, shape) * blocks // 2
    of_kind = layer_saved if scenario.method is Method.FULL else layer_saved_frozen
    layer = max([of_kind(scenario, n, kind) for kind in kinds_of_shape(shape, scenario.context_length)]) - elsewhere
    return elsewhere + min(layer, _computed_again(scenario, n, parallel.recompute, shape, layer))


def _computed_again(scenario: Scenario, n: Numerics, recompute: Recompute, arch: Architecture, layer: int) -> int:
    """Bytes of one layer that are not kept."""
    batch, length = scenario.batch_size, scenario.context_length
    tokens = batch * length
    if arch.num_mixer_layers:
        return 0  # no framework says what it would recompute of a mixer
    match recompute:
        case Recompute.SELECTIVE | Recompute.MLP:
            again = 0
            if scenario.attention is Attention.EAGER and arch.attention_layers:
                scores = attention_saved(AttentionPath.EAGER, n, arch, batch, length)
                again = max(0, scores - attention_saved(AttentionPath.FLASH, n, arch, batch, length))
            if recompute is Recompute.MLP and scenario.method is Method.FULL and not arch.num_experts and arch.mlp_layers:
                again += tokens * mlp_saved(n, arch, fused=scenario.fused_mlp, fp8=scenario.parallel.fp8_linears)
            return again
        case Recompute.OPERATIONS:
            # Kept: the layer's input, the first, third, fifth and seventh product (q, v, gate, down), and the attention's output. A
            # compiled layer leaves out what backward has no use for: the last product, which is only added (AOTAutograd's partitioner).
            # Measured: Llama-3.1-8B on 8 and 128 H100 takes 5.4 and 5.0 GiB less compiled, of 32 layers of 2 x 8192 tokens (torchtitan).
            down = 0 if scenario.fused_kernels else arch.hidden_size
            kept = n.residual * arch.hidden_size + n.compute * (2 * arch.query_size + arch.key_value_size)
            kept += n.compute * (arch.intermediate_size + down) + 4 * arch.num_attention_heads
            return max(0, layer - tokens * kept)
        case _:
            return 0
