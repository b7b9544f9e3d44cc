"""Reasons for which no run is like a scenario."""

from enum import StrEnum
from typing import Any, NamedTuple


class Reason(StrEnum):
    FULL_TRAINING_NEEDS_16_BIT = "full_training_needs_16_bit"
    RECIPE_STORES_16_BIT = "recipe_stores_16_bit"
    NO_RECIPE_FOR_FORMAT = "no_recipe_for_format"
    LORA_BASE_NOT_QUANTIZED = "lora_base_not_quantized"
    LORA_BASE_FORMAT = "lora_base_format"
    QLORA_BASE_QUANTIZED = "qlora_base_quantized"
    ADAPTERS_ON_PIECES = "adapters_on_pieces"
    """Not impossible, but not modelled: adapters on this model's pieces."""
    ADAPTERS_ON_EXPERTS = "adapters_on_experts"
    """PEFT adapts experts gate and up together and without dropout; modelled on one GPU, over 16-bit weights, with fused attention."""
    WIDE_TRAINING_OF_PIECES = "wide_training_of_pieces"
    """Nor are experts, latent attention and norms written out in fp32 or under autocast."""
    TRAINING_OF_PIECES = "training_of_pieces"
    """Nor is what a mixer with a decay of each channel keeps for backward."""
    RUNTIME_ON_PIECES = "runtime_on_pieces"
    """Nor what this runtime makes of that mixer."""
    STREAMS_TRAINED = "streams_trained"
    """Nor is training a model with several residual streams."""
    SDPA_WITHOUT_SOFTCAPPING = "sdpa_without_softcapping"
    SDPA_WITHOUT_SINKS = "sdpa_without_sinks"
    FORMAT_OF_ANOTHER_RUNTIME = "format_of_another_runtime"
    LOSS_OF_PREFERENCE = "loss_of_preference"
    """The way the loss is computed is not one of this preference method."""
    PREDICTION_HEADS_ON_PIECES = "prediction_heads_on_pieces"
    """Nor are heads modelled whose layers are several blocks of the model."""
    SPECULATIVE_TOKENS = "speculative_tokens"
    """vLLM takes as many drafts as the model has heads, fewer, or a multiple."""
    PREDICTION_HEADS_RECOMPUTED = "prediction_heads_recomputed"
    """Megatron computes their layers again one by one."""
    SEVERAL_GPUS = "several_gpus"
    """Not impossible, but not modelled: this run on several GPUs."""
    SERVED_OTHERWISE = "served_otherwise"
    """The runtime spreads inference over GPUs in another way."""
    TENSOR_PARALLEL_HEADS = "tensor_parallel_heads"
    """Tensor parallelism divides whole heads, or repeats each key and value head equally often."""
    QUANTIZED_GROUPS = "quantized_groups"
    """Engines repeat the only group of a Mamba-2 mixer on every GPU, but not of quantized matrices."""
    PIPELINE_NOT_SERVED = "pipeline_not_served"
    """vLLM lets no pipeline be made of Mamba-2 alone."""
    MIXER_SPLIT = "mixer_split"
    """Trainers divide models with mixers among replicas only, but Megatron-Core, in full training, those with Mamba-2."""
    PIPELINE_LAYERS = "pipeline_layers"
    """Every stage, and every piece of an interleaved one, has layers, and all stages together have all."""
    INTERLEAVED_WITHOUT_PIPELINE = "interleaved_without_pipeline"
    """Interleaving takes a pipeline, and as many micro-batches as stages, or a multiple."""
    ZERO_WITH_PIPELINE = "zero_with_pipeline"
    """A pipeline adds up gradients on every stage; ZeRO-2 and ZeRO-3 take them apart."""
    EXPERT_PARALLEL_EXPERTS = "expert_parallel_experts"
    """Expert parallelism divides whole experts among GPUs of one stage."""
    EXPERT_WIDTH = "expert_width"
    """GPUs that share an expert have equal parts of it: in vLLM all that a stage has, replicas too."""
    CONTEXT_PARALLEL_ATTENTION = "context_parallel_attention"
    """Context parallelism takes a fused attention kernel."""
    CONTEXT_PARALLEL_HEADS = "context_parallel_heads"
    """Context parallelism divides the heads of a mixer that tensor parallelism leaves to a GPU."""
    QUANTIZED_BASE_SPLIT = "quantized_base_split"
    """No trainer splits quantized matrices, or a model of them, between GPUs but for FSDP and ZeRO."""
    SHARDING_KEEPS_MASTER_WEIGHTS = "sharding_keeps_master_weights"
    """DeepSpeed and Megatron train 16-bit weights with fp32 master weights, or fp32 ones."""
    FP8_OF_MEGATRON = "fp8_of_megatron"
    """Linear layers in fp8 are modelled as Megatron runs them, in full training of models of dense layers that are all alike."""
    OFFLOAD_NEEDS_SHARDING = "offload_needs_sharding"
    """What is to be offloaded must be what each GPU has a part of."""
    OFFLOAD_ALL_OF_FSDP = "offload_all_of_fsdp"
    """FSDP offloads weights, gradients and states together."""
    OFFLOAD_TO_NVME = "offload_to_nvme"
    """Only ZeRO-3 offloads to disks."""
    IN_BACKWARD_UNREDUCED = "in_backward_unreduced"
    """An optimizer that steps in the backward pass needs each gradient reduced by itself, and none of an earlier micro-batch."""


class Refusal(NamedTuple):
    """Why a scenario cannot be run, and fields that would make it possible (each change alone does)."""

    reason: Reason
    alternatives: tuple[dict[str, Any], ...]


class RefusedError(ValueError):
    """Raised by ``estimate`` for a scenario that no real run allows."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason.value)
        self.refusal = refusal
