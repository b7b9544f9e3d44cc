"""What falls to one GPU of many: a part of every matrix, some of the layers, some of the tokens, some of the micro-batches.

Sources: Megatron-LM's parallel layers and its schedules (1F1B: stage i of p runs p - i forward passes before its first backward pass;
interleaved: 2 (p - i - 1) + (v - 1) p + 1 of its v pieces); Korthikanti et al., "Reducing Activation Recomputation in Large Transformer
Models", for what tensor and sequence parallelism divide; of mixers vLLM's mamba_mixer.py, mamba_mixer2.py, short_conv.py and its state
shapes (mamba_utils.py), Megatron-Core's mamba_mixer.py. Symbols: t tensor, p pipeline, c context, v virtual pipeline size.
"""

from dataclasses import replace
from typing import Any, NamedTuple

from core.memory.architecture import Architecture, Mixer
from core.memory.components import Device, Moment
from core.memory.layer_pattern import with_hybrid_layers
from core.memory.parallel import ONE_GPU, Parallelism, Sharding
from core.memory.prediction import trained_heads, with_prediction_layers
from core.memory.scenario import Gradients, Loss, Method, Scenario
from core.memory.sharding import DIVIDES_WEIGHTS
from core.memory.short_conv import convolved
from core.memory.units import ceil_div
from core.memory.varied import sliced


class Stage(NamedTuple):
    """One stage of the pipeline."""

    number: int
    layers: int
    first: bool
    """Has the embedding."""
    last: bool
    """Has the final norm, the head and the loss."""
    in_flight: tuple[int, int]
    """How many micro-batches' activations it holds at most, as a fraction: whole, and in how many pieces of the model."""


def part_of(arch: Architecture, parallel: Parallelism) -> Architecture:
    """The shape that one GPU multiplies with under tensor parallelism: heads, MLPs and vocabulary divided by t; a key and value head at
    least, so that they are repeated where t exceeds them. Norms, routers and latents are whole everywhere, and so are the experts, which
    are counted apart. Of mixers the heads or channels are divided, and with them convolution and states; a group at least.
    """
    t = parallel.tensor_parallel_size
    of_expert = parallel.expert_tensor_parallel_size or t
    if t == of_expert == 1:
        return arch
    runs = tuple(
        replace(
            run,
            num_attention_heads=max(1, (run.num_attention_heads or arch.num_attention_heads) // t),
            num_key_value_heads=max(1, (run.num_key_value_heads or arch.num_key_value_heads) // t),
            intermediate_size=max(1, (run.intermediate_size or arch.intermediate_size) // t),
        )
        for run in arch.layer_runs
    )
    return replace(
        arch,
        layer_runs=runs,
        num_attention_heads=max(1, arch.num_attention_heads // t),
        num_key_value_heads=max(1, arch.num_key_value_heads // t),
        intermediate_size=max(1, arch.intermediate_size // t),
        vocab_size=ceil_div(arch.vocab_size, t),
        moe_intermediate_size=max(1, arch.moe_intermediate_size // of_expert) if arch.num_experts else 0,
        shared_expert_intermediate_size=arch.shared_expert_intermediate_size // t,
        mamba_num_heads=arch.mamba_num_heads // t,
        n_groups=max(1, arch.n_groups // t) if arch.n_groups else 0,
        linear_num_key_heads=arch.linear_num_key_heads // t,
        linear_num_value_heads=arch.linear_num_value_heads // t,
        conv_dim=convolved(arch) // t if arch.mixer is Mixer.SHORT_CONV else 0,
        file_format=None,
    )


def with_layers(arch: Architecture, first: int, layers: int) -> Architecture:
    """``arch`` with ``layers`` of its layers, from ``first`` on. Kinds of layers that alternate keep their share."""
    whole = arch.num_hidden_layers
    if layers == whole:
        return arch
    if arch.num_mixer_layers:
        return with_hybrid_layers(arch, first, layers)
    dense = arch.first_k_dense_replace
    if arch.layer_runs:
        return replace(sliced(arch, first, layers), first_k_dense_replace=max(0, min(dense - first, layers)), file_format=None)
    return replace(
        arch,
        num_hidden_layers=layers,
        num_sliding_layers=ceil_div(arch.num_sliding_layers * layers, whole),
        num_unrotated_layers=arch.num_unrotated_layers * layers // whole,
        first_k_dense_replace=max(0, min(dense - first, layers)),
        file_format=None,
    )


def layers_of_stages(arch: Architecture, parallel: Parallelism) -> tuple[int, ...]:
    """Layers on each stage: as they are given, else evenly, those left over on the first ones."""
    if parallel.layers_per_stage:
        return parallel.layers_per_stage
    stages, layers = parallel.pipeline_parallel_size, arch.num_hidden_layers
    if stages == 1:
        return (layers,)
    each, more = layers // stages, layers % stages
    return tuple(each + (stage < more) for stage in range(stages))


def stages(arch: Architecture, parallel: Parallelism) -> tuple[Stage, ...]:
    """The stages of the pipeline, in order; one without a pipeline."""
    layers, count = layers_of_stages(arch, parallel), parallel.pipeline_parallel_size
    return tuple(
        Stage(index, each, index == 0, index == count - 1, micro_batches_in_flight(index, parallel)) for index, each in enumerate(layers)
    )


def with_gpus_of_stage(found: list[Device], moments: tuple[Moment, ...], stage: Stage, parallel: Parallelism) -> None:
    """Put the GPUs of ``stage``, whose film is ``moments``, behind those ``found`` before; alike ones on the same card are one entry."""
    peak = max(moments, key=lambda moment: sum(moment.stack))
    for rank, gpu, alike in _cards_of(parallel, stage):
        if found and found[-1].gpu == gpu and found[-1].moments == moments:
            found[-1] = found[-1]._replace(alike=found[-1].alike + alike)
        else:
            found.append(Device(moments, peak, stage.number, rank, alike, gpu))


def _cards_of(parallel: Parallelism, stage: Stage) -> list[tuple[int, str, int]]:
    """The different cards of ``stage``: the first rank that has it, its name, how many have it. Ranks of a stage follow each other."""
    first, each = stage.number * parallel.gpus_per_stage, parallel.gpus_per_stage
    names = parallel.gpus[first : first + each]
    if not names:
        return [(first, "", each)]
    return [(first + names.index(name), name, names.count(name)) for name in dict.fromkeys(names)]


def micro_batches_in_flight(stage: int, parallel: Parallelism) -> tuple[int, int]:
    """How many micro-batches' activations ``stage`` holds at most, in pieces of 1/v of its layers: (pieces, v)."""
    p, v, all_of_them = parallel.pipeline_parallel_size, parallel.virtual_pipeline_parallel_size, parallel.num_microbatches
    if v == 1:
        return min(all_of_them, p - stage), 1
    return min(all_of_them * v, 2 * (p - stage - 1) + (v - 1) * p + 1), v


def on_stage(scenario: Scenario, stage: Stage, first_layer: int) -> Scenario:
    """The scenario of one GPU of ``stage`` by itself: its part of the matrices, its layers, its tokens of each sequence. Layers of heads
    that predict tokens ahead are its last ones (Megatron's ``get_mtp_num_layers_to_build``: all on the last stage).
    """
    parallel = scenario.parallel
    heads = trained_heads(scenario) if stage.last else 0
    arch = with_prediction_layers(with_layers(part_of(scenario.architecture, parallel), first_layer, stage.layers), heads)
    if arch.vision_parameters and not stage.first:  # the vision tower comes before the layers
        arch = replace(arch, vision_parameters=0)
    accumulated = parallel.num_microbatches > 1 and scenario.gradients is Gradients.PER_STEP
    own: dict[str, Any] = {}
    if parallel.sharding is Sharding.MEGATRON:  # its layers are Transformer Engine's, its loss is one over a part of the vocabulary
        own = {"fused_kernels": True, "fused_mlp": True, "loss": Loss.FUSED if scenario.loss is Loss.PLAIN else scenario.loss}
    elif parallel.sharding in DIVIDES_WEIGHTS and scenario.method is Method.QLORA:
        own = {"upcast_norms": False}  # TRL leaves prepare_model_for_kbit_training out; a unit of FSDP has one type
    return replace(
        scenario,
        architecture=arch,
        context_length=ceil_div(scenario.context_length, parallel.context_parallel_size),
        gradients=Gradients.ACCUMULATED if accumulated else scenario.gradients,
        mtp_num_layers=heads,
        parallel=replace(ONE_GPU, fp8_linears=True) if parallel.fp8_linears else ONE_GPU,
        **own,
    )
