"""Ways to spread a run over GPUs that no framework runs.

Sources: accelerate's, vLLM's, SGLang's and llama.cpp's options; Megatron-Core's checks of its arguments; DeepSpeed's of its configuration
(ZeRO-2 and ZeRO-3 beside a pipeline, offload by stage); torch's ``CPUOffload``; PEFT and TRL on quantized models; what vLLM's mixers and
Megatron-Core's assert of the tensor parallel size, and which models vLLM lets be a pipeline (``SupportsPP``).
"""

from dataclasses import replace
from typing import Any

from core.memory.architecture import Architecture, Mixer
from core.memory.device_map import inference_stages
from core.memory.division import layers_of_stages
from core.memory.formats import QUANTIZED, Format
from core.memory.layer_pattern import has_mixer_or_whole_layers
from core.memory.parallel import MAX_STAGES, ONE_GPU, Offload, Parallelism, Recompute, Sharding
from core.memory.reasons import Reason, Refusal
from core.memory.scenario import ENGINES, Attention, Gradients, Method, Objective, Recipe, Runtime, Scenario, Task
from core.memory.sharding import DEEPSPEED, DIVIDES_STATES, DIVIDES_WEIGHTS, FSDP, FSDP2
from core.memory.varied import shapes

OF_SPREAD = frozenset(
    {
        Reason.SEVERAL_GPUS,
        Reason.SERVED_OTHERWISE,
        Reason.TENSOR_PARALLEL_HEADS,
        Reason.QUANTIZED_GROUPS,
        Reason.PIPELINE_NOT_SERVED,
        Reason.MIXER_SPLIT,
        Reason.PIPELINE_LAYERS,
        Reason.INTERLEAVED_WITHOUT_PIPELINE,
        Reason.ZERO_WITH_PIPELINE,
        Reason.EXPERT_PARALLEL_EXPERTS,
        Reason.EXPERT_WIDTH,
        Reason.CONTEXT_PARALLEL_ATTENTION,
        Reason.CONTEXT_PARALLEL_HEADS,
        Reason.QUANTIZED_BASE_SPLIT,
        Reason.SHARDING_KEEPS_MASTER_WEIGHTS,
        Reason.FP8_OF_MEGATRON,
        Reason.OFFLOAD_NEEDS_SHARDING,
        Reason.OFFLOAD_ALL_OF_FSDP,
        Reason.OFFLOAD_TO_NVME,
        Reason.IN_BACKWARD_UNREDUCED,
    }
)


def parallel_refusal(scenario: Scenario) -> Refusal | None:
    """Why no run is spread like ``scenario``; None when one can be."""
    if scenario.architecture.value_norm and _divides_layers(scenario.parallel):
        blank = replace(ONE_GPU, gpus_per_node=scenario.parallel.gpus_per_node, interconnect=scenario.parallel.interconnect)
        return Refusal(Reason.SEVERAL_GPUS, ({"parallel": blank},))
    if scenario.task is Task.INFERENCE:
        return _of_serving(scenario, scenario.parallel)
    return _of_model(scenario) or _of_sharding(scenario, scenario.parallel) or _of_offload(scenario.parallel)


def _divides_layers(parallel: Parallelism) -> bool:
    """Whether a GPU has less than the whole model in each pass: inputs of layers, and keys and values handed on, would have to be sent."""
    sizes = (parallel.tensor_parallel_size, parallel.pipeline_parallel_size, parallel.context_parallel_size, parallel.expert_parallel_size)
    return max(sizes) > 1


def _of_serving(scenario: Scenario, parallel: Parallelism) -> Refusal | None:
    """Transformers gives each GPU some of the layers; llama.cpp that, or some of the rows of all matrices but experts'; engines divide
    matrices, layers and experts, and know replicas.
    """
    arch, count = scenario.architecture, parallel.world_size
    t, p, e = parallel.tensor_parallel_size, parallel.pipeline_parallel_size, parallel.expert_parallel_size
    blank = replace(ONE_GPU, gpus_per_node=parallel.gpus_per_node, interconnect=parallel.interconnect)
    by_layers = replace(blank, pipeline_parallel_size=min(count, arch.num_hidden_layers, MAX_STAGES))
    of_training = parallel.sharding is not Sharding.NONE or parallel.num_microbatches * parallel.virtual_pipeline_parallel_size > 1
    offloaded = (parallel.offload_parameters, parallel.offload_optimizer, parallel.offload_activations)
    of_training |= any(where is not Offload.NONE for where in offloaded) or parallel.recompute is not Recompute.NONE
    if scenario.runtime in ENGINES:
        other = parallel.context_parallel_size > 1 or of_training
        if other or e not in (1, t * parallel.data_parallel_size) or (e > 1 and (not arch.num_experts or arch.num_experts % e)):
            return Refusal(Reason.SERVED_OTHERWISE, ({"parallel": ONE_GPU},))
        if not tensor_size_possible(arch, t):
            possible = max(size for size in range(1, t) if tensor_size_possible(arch, size))
            return Refusal(Reason.TENSOR_PARALLEL_HEADS, (_resized(parallel, tensor_parallel_size=possible),))
        together = t * parallel.data_parallel_size if scenario.runtime is Runtime.VLLM else t
        if e == 1 and arch.num_experts and arch.moe_intermediate_size % together:
            return Refusal(Reason.EXPERT_WIDTH, _where_experts_are_whole(arch, parallel))
    else:
        rows = scenario.runtime is Runtime.LLAMA_CPP and t == count and not arch.num_experts
        if of_training or not (p == count or rows):
            return Refusal(Reason.SERVED_OTHERWISE, ({"parallel": by_layers},))
    layers = layers_of_stages(arch, parallel)
    whole = scenario.runtime is Runtime.LLAMA_CPP  # whose shares are proportions
    if not whole and (min(layers) < 1 or sum(layers) != arch.num_hidden_layers):
        return Refusal(Reason.PIPELINE_LAYERS, (_resized(parallel, pipeline_parallel_size=min(p, arch.num_hidden_layers)),))
    return _of_mixers_served(scenario, parallel)


def _where_experts_are_whole(arch: Architecture, parallel: Parallelism) -> tuple[dict[str, Any], ...]:
    """Experts on a GPU each where their number allows, else no replicas, or one GPU."""
    everywhere = parallel.tensor_parallel_size * parallel.data_parallel_size
    by_experts = [{"expert_parallel_size": everywhere}] if arch.num_experts % everywhere == 0 else []
    alone = arch.moe_intermediate_size % parallel.tensor_parallel_size == 0
    fewer = [_resized(parallel, data_parallel_size=1)] if alone and parallel.data_parallel_size > 1 else []
    return (*by_experts, *fewer, {"parallel": ONE_GPU})


def _of_mixers_served(scenario: Scenario, parallel: Parallelism) -> Refusal | None:
    arch, t = scenario.architecture, parallel.tensor_parallel_size
    if not arch.num_mixer_layers:
        return None
    only_mamba2 = arch.mixer is Mixer.MAMBA2 and not arch.attention_layers
    if only_mamba2 and scenario.runtime is Runtime.VLLM and parallel.pipeline_parallel_size > 1:
        return Refusal(Reason.PIPELINE_NOT_SERVED, (_resized(parallel, pipeline_parallel_size=1),))
    if not groups_served(scenario, t):
        whole = max(size for size in range(1, t) if groups_served(scenario, size) and tensor_size_possible(arch, size))
        unquantized = {"weights": Format.BF16.value}
        return Refusal(Reason.QUANTIZED_GROUPS, (_resized(parallel, tensor_parallel_size=whole), unquantized))
    return _of_mixer_layers(scenario)


def groups_served(scenario: Scenario, size: int) -> bool:
    """Whether engines divide the groups of the mixers between ``size`` GPUs, or may repeat the only one."""
    arch = scenario.architecture
    quantized = scenario.runtime in ENGINES and scenario.weights in QUANTIZED
    return not (quantized and arch.mixer is Mixer.MAMBA2 and arch.n_groups % size)


def _of_mixer_layers(scenario: Scenario) -> Refusal | None:
    """A stage so small that it has single blocks of attention and MLPs only, and no mixer, is not modelled."""
    arch, parallel = scenario.architecture, scenario.parallel
    first = 0
    served = scenario.task is Task.INFERENCE and scenario.runtime is not Runtime.LLAMA_CPP
    every = [stage.layers for stage in inference_stages(scenario)] if served else layers_of_stages(arch, parallel)
    for layers in every:
        if layers and not has_mixer_or_whole_layers(arch, first, layers):
            return Refusal(Reason.SEVERAL_GPUS, (_resized(parallel, pipeline_parallel_size=1) | {"virtual_pipeline_parallel_size": 1},))
        first += layers
    return None


def tensor_size_possible(arch: Architecture, size: int) -> bool:
    """Whether ``size`` GPUs share whole heads; of keys and values several may have the same, and so of a mixer's only group."""
    heads = all(_heads_possible(shape, size) for shape in shapes(arch))
    if not arch.num_mixer_layers:
        return heads
    return (heads or not arch.attention_layers) and _mixer_size_possible(arch, size)


def _heads_possible(arch: Architecture, size: int) -> bool:
    groups = arch.num_key_value_heads
    without = arch.num_layers_without_attention and not arch.num_mixer_layers  # a shape whose layers have no heads
    return bool(without) or (arch.num_attention_heads % size == 0 and (groups % size == 0 or size % groups == 0))


def _mixer_size_possible(arch: Architecture, size: int) -> bool:
    match arch.mixer:
        case Mixer.MAMBA2:
            return arch.mamba_num_heads % size == 0 and (arch.n_groups == 1 or arch.n_groups % size == 0)
        case Mixer.GATED_DELTA_NET | Mixer.KIMI_DELTA:
            return arch.linear_num_key_heads % size == 0
        case Mixer.SHORT_CONV:
            return arch.hidden_size % size == 0
        case _:
            return arch.mamba_num_heads % size == 0


def _resized(parallel: Parallelism, **sizes: int) -> dict[str, Any]:
    """``sizes``, and what is given for each GPU or stage, or must not exceed them, as where nothing is said."""
    unsaid: dict[str, Any] = {"layers_per_stage": (), "gpus": (), "expert_parallel_size": 1}
    now = {"layers_per_stage": parallel.layers_per_stage, "gpus": parallel.gpus, "expert_parallel_size": parallel.expert_parallel_size}
    return sizes | {field: value for field, value in unsaid.items() if now[field] != value}


def _of_model(scenario: Scenario) -> Refusal | None:
    """Parts that the model does not have."""
    parallel, arch = scenario.parallel, scenario.architecture
    t, p, v = parallel.tensor_parallel_size, parallel.pipeline_parallel_size, parallel.virtual_pipeline_parallel_size
    if not tensor_size_possible(arch, t):
        possible = max(size for size in range(1, t) if tensor_size_possible(arch, size))
        return Refusal(Reason.TENSOR_PARALLEL_HEADS, (_resized(parallel, tensor_parallel_size=possible),))
    layers = layers_of_stages(arch, parallel)
    if min(layers) < v or sum(layers) != arch.num_hidden_layers:
        even = _resized(parallel, pipeline_parallel_size=min(p, arch.num_hidden_layers)) | {"virtual_pipeline_parallel_size": 1}
        return Refusal(Reason.PIPELINE_LAYERS, (even,))
    if v > 1 and (p == 1 or parallel.num_microbatches % p):
        return Refusal(Reason.INTERLEAVED_WITHOUT_PIPELINE, ({"virtual_pipeline_parallel_size": 1},))
    e = parallel.expert_parallel_size
    of_expert = e * (parallel.expert_tensor_parallel_size or t)
    if e > 1 and (not arch.num_experts or arch.num_experts % e or parallel.gpus_per_stage % of_expert):
        return Refusal(Reason.EXPERT_PARALLEL_EXPERTS, ({"expert_parallel_size": 1},))
    if arch.num_experts and arch.moe_intermediate_size % (parallel.expert_tensor_parallel_size or 1):
        return Refusal(Reason.EXPERT_WIDTH, (_resized(parallel, expert_tensor_parallel_size=0),))
    if parallel.context_parallel_size > 1 and scenario.attention is Attention.EAGER:
        return Refusal(Reason.CONTEXT_PARALLEL_ATTENTION, (_resized(parallel, context_parallel_size=1),))
    return None


def _of_sharding(scenario: Scenario, parallel: Parallelism) -> Refusal | None:
    """Frameworks that do not go with the run, or with each other."""
    sharding, several_stages = parallel.sharding, parallel.pipeline_parallel_size > 1
    if several_stages and sharding in (Sharding.ZERO2, Sharding.ZERO3):
        return Refusal(Reason.ZERO_WITH_PIPELINE, ({"sharding": Sharding.ZERO1.value}, _resized(parallel, pipeline_parallel_size=1)))
    split = several_stages or parallel.tensor_parallel_size > 1 or parallel.context_parallel_size > 1
    whole = _resized(parallel, tensor_parallel_size=1, pipeline_parallel_size=1, context_parallel_size=1)
    if scenario.method is Method.QLORA and split:
        return Refusal(Reason.QUANTIZED_BASE_SPLIT, (whole | {"virtual_pipeline_parallel_size": 1},))
    if split and scenario.objective is not Objective.NEXT_TOKEN:
        return Refusal(Reason.SEVERAL_GPUS, (whole | {"virtual_pipeline_parallel_size": 1},))
    if split and not _mixer_may_be_split(scenario):
        return Refusal(Reason.MIXER_SPLIT, (whole | {"virtual_pipeline_parallel_size": 1},))
    if split and scenario.architecture.num_mixer_layers:
        refused = _of_megatron_mixer(scenario.architecture, parallel) or _of_mixer_layers(scenario)
        if refused is not None:
            return refused
    if parallel.fp8_linears and not multiplies_in_fp8(scenario):
        return Refusal(Reason.FP8_OF_MEGATRON, ({"fp8_linears": False},))
    keeps_master = sharding in DEEPSPEED or sharding is Sharding.MEGATRON
    if scenario.method is Method.FULL and keeps_master and scenario.recipe in (Recipe.PURE16, Recipe.AMP):
        return Refusal(Reason.SHARDING_KEEPS_MASTER_WEIGHTS, ({"recipe": Recipe.MIXED.value}, {"sharding": Sharding.FSDP2.value}))
    by_itself = sharding in FSDP2 or parallel.world_size == 1
    if scenario.gradients is Gradients.IN_BACKWARD and not (by_itself and parallel.num_microbatches == 1 and not several_stages):
        return Refusal(Reason.IN_BACKWARD_UNREDUCED, ({"gradients": Gradients.PER_STEP.value},))
    return None


def multiplies_in_fp8(scenario: Scenario) -> bool:
    """Whether linear layers may do so: as Megatron's do, in full training of models whose layers are dense and alike."""
    arch = scenario.architecture
    alike = not (arch.num_experts or arch.num_mixer_layers or arch.kv_lora_rank or arch.layer_runs)
    return alike and scenario.parallel.sharding is Sharding.MEGATRON and scenario.method is Method.FULL


def _mixer_may_be_split(scenario: Scenario) -> bool:
    """Megatron-Core divides Mamba-2, in layers of one block each."""
    arch = scenario.architecture
    side_by_side = arch.attention_layers + arch.num_mixer_layers > arch.num_hidden_layers
    megatron = scenario.parallel.sharding is Sharding.MEGATRON and scenario.method is Method.FULL
    return not arch.num_mixer_layers or (megatron and arch.mixer is Mixer.MAMBA2 and not side_by_side)


def _of_megatron_mixer(arch: Architecture, parallel: Parallelism) -> Refusal | None:
    """Whole groups go to each GPU of tensor parallelism, whole heads to each of context parallelism."""
    t, c = parallel.tensor_parallel_size, parallel.context_parallel_size
    if arch.n_groups % t:
        possible = max(size for size in range(1, t) if arch.n_groups % size == 0 and tensor_size_possible(arch, size))
        return Refusal(Reason.TENSOR_PARALLEL_HEADS, (_resized(parallel, tensor_parallel_size=possible),))
    if arch.mamba_num_heads % (t * c):
        return Refusal(Reason.CONTEXT_PARALLEL_HEADS, (_resized(parallel, context_parallel_size=1),))
    return None


def _of_offload(parallel: Parallelism) -> Refusal | None:
    weights, optimizer, sharding = parallel.offload_parameters, parallel.offload_optimizer, parallel.sharding
    none = Offload.NONE.value
    if Offload.NVME in (weights, optimizer, parallel.offload_activations) and sharding is not Sharding.ZERO3:
        here = {"offload_parameters": weights, "offload_optimizer": optimizer, "offload_activations": parallel.offload_activations}
        to_memory = {field: Offload.CPU.value for field, where in here.items() if where is Offload.NVME}
        return Refusal(Reason.OFFLOAD_TO_NVME, (to_memory,))
    if weights is not Offload.NONE and sharding not in DIVIDES_WEIGHTS:
        return Refusal(Reason.OFFLOAD_NEEDS_SHARDING, ({"offload_parameters": none}, {"sharding": Sharding.ZERO3.value}))
    if optimizer is not Offload.NONE and sharding not in DIVIDES_STATES:
        return Refusal(Reason.OFFLOAD_NEEDS_SHARDING, ({"offload_optimizer": none}, {"sharding": Sharding.ZERO2.value}))
    if sharding in FSDP and weights is not optimizer:
        return Refusal(Reason.OFFLOAD_ALL_OF_FSDP, ({"offload_parameters": Offload.CPU.value, "offload_optimizer": Offload.CPU.value},))
    return None
