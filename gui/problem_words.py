"""Words for what is wrong or was left out: refusals, files that cannot be read, numbers that are none."""

from typing import assert_never

from PySide6.QtCore import QCoreApplication

from core.catalogue.config_keys import ConfigError, ConfigProblem
from core.catalogue.hf_config import Note
from core.hub import HubError, HubProblem
from core.memory import Reason
from core.memory.contradiction import Contradiction, ContradictionError
from core.quantity import Problem, QuantityError

translate = QCoreApplication.translate


def refusal_reason(reason: Reason) -> str:
    """Why no real run is like this, and what to pick instead."""
    match reason:
        case Reason.FULL_TRAINING_NEEDS_16_BIT:
            return translate(
                "Words",
                "No real framework fully trains weights narrower than 16 bits. Pick bf16, or QLoRA over a quantized model.",
            )
        case Reason.RECIPE_STORES_16_BIT:
            return translate("Words", "This recipe stores 16-bit weights. For fp32 weights pick the recipe fp32 or AMP.")
        case Reason.NO_RECIPE_FOR_FORMAT:
            return translate("Words", "No training recipe stores weights in this format. Pick bf16 or fp16.")
        case Reason.LORA_BASE_NOT_QUANTIZED:
            return translate("Words", "LoRA over quantized weights is QLoRA. Pick QLoRA, or 16-bit weights.")
        case Reason.LORA_BASE_FORMAT:
            return translate("Words", "LoRA runs over bf16, fp16 or fp32 weights.")
        case Reason.QLORA_BASE_QUANTIZED:
            return translate("Words", "QLoRA runs over int4 or int8 weights. Pick one of them, or LoRA.")
        case Reason.ADAPTERS_ON_PIECES:
            return translate(
                "Words", "Adapters on experts, or on a model built like this, are not modelled yet. Pick q, k, v, o, or full training."
            )
        case Reason.ADAPTERS_ON_EXPERTS:
            return translate(
                "Words",
                "PEFT adapts experts’ gate and up together, without dropout; modelled is LoRA over 16-bit weights on one GPU, with SDPA. "
                "Pick q, k, v, o.",
            )
        case Reason.WIDE_TRAINING_OF_PIECES:
            return translate("Words", "A model built like this in fp32 or AMP is not modelled yet. Pick the recipe mixed or pure 16-bit.")
        case Reason.TRAINING_OF_PIECES:
            return translate("Words", "Training of Kimi delta attention is not modelled yet. Pick inference, or another model.")
        case Reason.RUNTIME_ON_PIECES:
            return translate("Words", "Kimi delta attention in this runtime is not modelled yet. Pick transformers, vLLM or SGLang.")
        case Reason.STREAMS_TRAINED:
            return translate(
                "Words", "Training a model with several residual streams (Gemma 3n) is not modelled yet. Inference is; or pick Gemma 4."
            )
        case Reason.SDPA_WITHOUT_SOFTCAPPING:
            return translate("Words", "Attention with capped scores runs eager only. Pick eager attention.")
        case Reason.SDPA_WITHOUT_SINKS:
            return translate("Words", "Attention with sinks runs eager only. Pick eager attention.")
        case Reason.FORMAT_OF_ANOTHER_RUNTIME:
            return translate("Words", "This runtime does not load weights in this format. Pick another format.")
        case Reason.LOSS_OF_PREFERENCE:
            return translate("Words", "The loss of this preference method is not computed that way. Pick the plain loss.")
        case Reason.PREDICTION_HEADS_ON_PIECES:
            return translate(
                "Words",
                "Heads that predict tokens ahead are not modelled yet for a model whose layers are of several kinds. Go without them.",
            )
        case Reason.SPECULATIVE_TOKENS:
            return translate("Words", "vLLM drafts as many tokens as the model has heads, fewer, or a multiple. Pick such a number.")
        case Reason.PREDICTION_HEADS_RECOMPUTED:
            return translate(
                "Words",
                "Megatron computes the layers of these heads again one by one. Pick groups of one layer, or no heads.",
            )
        case Reason.SEVERAL_GPUS:
            return translate("Words", "This run on several GPUs is not modelled yet. Pick one GPU.")
        case Reason.SERVED_OTHERWISE:
            return translate(
                "Words",
                "This runtime spreads inference otherwise: transformers and llama.cpp by layers, vLLM and SGLang by matrices.",
            )
        case Reason.TENSOR_PARALLEL_HEADS:
            return translate("Words", "Tensor parallelism divides whole heads. Pick a size that divides the heads of this model.")
        case Reason.QUANTIZED_GROUPS:
            return translate(
                "Words",
                "Engines split a quantized Mamba-2 model only over as many GPUs as divide the groups of its mixers. Pick fewer, or bf16.",
            )
        case Reason.PIPELINE_NOT_SERVED:
            return translate("Words", "vLLM makes no pipeline of this model. Pick tensor parallelism, or replicas.")
        case Reason.MIXER_SPLIT:
            return translate(
                "Words",
                "Trainers divide a model with mixers by replicas only; but Megatron, in full training, one with Mamba-2. "
                "Pick 1, or Megatron's distributed optimizer.",
            )
        case Reason.PIPELINE_LAYERS:
            return translate(
                "Words",
                "Every pipeline stage needs layers, and together they have all of the model's. Pick fewer stages, or an even split.",
            )
        case Reason.INTERLEAVED_WITHOUT_PIPELINE:
            return translate(
                "Words",
                "Interleaved stages need a pipeline, and micro-batches in multiples of its stages. Pick 1 virtual stage.",
            )
        case Reason.ZERO_WITH_PIPELINE:
            return translate("Words", "No framework runs ZeRO-2 or ZeRO-3 within a pipeline. Pick ZeRO-1, or no pipeline.")
        case Reason.EXPERT_PARALLEL_EXPERTS:
            return translate(
                "Words",
                "Expert parallelism divides whole experts among the GPUs of one stage. Pick a size that divides both.",
            )
        case Reason.EXPERT_WIDTH:
            return translate(
                "Words",
                "GPUs that share an expert have equal parts of it; in vLLM replicas share them too. Pick fewer, or expert parallelism.",
            )
        case Reason.CONTEXT_PARALLEL_ATTENTION:
            return translate("Words", "Context parallelism needs a fused attention kernel. Pick SDPA, or no context parallelism.")
        case Reason.CONTEXT_PARALLEL_HEADS:
            return translate(
                "Words",
                "Context parallelism divides the heads of a mixer, those that tensor parallelism leaves to a GPU. "
                "Pick a size that divides them.",
            )
        case Reason.QUANTIZED_BASE_SPLIT:
            return translate(
                "Words",
                "No trainer splits a quantized model by tensor, pipeline or context parallelism. Pick FSDP or ZeRO alone.",
            )
        case Reason.SHARDING_KEEPS_MASTER_WEIGHTS:
            return translate("Words", "DeepSpeed and Megatron keep fp32 master weights. Pick the recipe mixed or fp32, or FSDP.")
        case Reason.FP8_OF_MEGATRON:
            return translate(
                "Words",
                "fp8 linear layers are modelled as Megatron runs them, in full training of dense models. Pick 16 bits, "
                "or Megatron's distributed optimizer.",
            )
        case Reason.OFFLOAD_NEEDS_SHARDING:
            return translate(
                "Words",
                "What is offloaded must be divided between the GPUs: weights by ZeRO-3 or FSDP, the optimizer by ZeRO, FSDP or Megatron.",
            )
        case Reason.OFFLOAD_ALL_OF_FSDP:
            return translate("Words", "FSDP offloads weights, gradients and optimizer together. Pick both, or neither.")
        case Reason.OFFLOAD_TO_NVME:
            return translate("Words", "Only ZeRO-3 offloads to disks. Pick ZeRO-3, or the host's memory.")
        case Reason.IN_BACKWARD_UNREDUCED:
            return translate(
                "Words",
                "An optimizer that steps in the backward pass goes with FSDP2 alone, and without accumulation. Pick gradients per step.",
            )
        case _:
            assert_never(reason)


def why_refused(why: Reason | ContradictionError | str) -> str:
    """What a change that cannot be is answered with."""
    if isinstance(why, ContradictionError):
        return contradiction(why)
    return refusal_reason(why) if isinstance(why, Reason) else why


def contradiction(error: ContradictionError) -> str:
    """What sizes cannot be together, with the sizes by their names in a configuration."""
    return translate("Words", "{what} ({sizes}).").format(what=_contradiction(error.contradiction), sizes=error.sizes)


def _contradiction(found: Contradiction) -> str:
    match found:
        case Contradiction.KEY_VALUE_HEADS:
            return translate("Words", "The number of attention heads must be a multiple of the key and value heads")
        case Contradiction.EXPERTS_PER_TOKEN:
            return translate("Words", "A token goes through at least one expert, and through no more than there are")
        case Contradiction.EXPERT_WIDTH:
            return translate("Words", "Experts need a width")
        case Contradiction.LATENT_WIDTHS:
            return translate("Words", "Latent attention needs the widths of its heads")
        case Contradiction.WINDOW:
            return translate("Words", "A sliding window needs layers that have it, and no more than there are")
        case Contradiction.LAYERS_WITHOUT_MIXER:
            return translate("Words", "Layers without attention or MLP need a mixer, such as Mamba")
        case Contradiction.MIXER_LAYERS:
            return translate("Words", "More layers have a mixer, or no attention, than there are")
        case Contradiction.MLP_LAYERS:
            return translate("Words", "Either each layer with a mixer or attention has an MLP, or none has")
        case Contradiction.MIXER_SIZES:
            return translate("Words", "The mixer needs these sizes")
        case Contradiction.LINEAR_HEADS:
            return translate("Words", "The value heads of linear attention must be a multiple of its key heads, and heads need a width")
        case Contradiction.RUN_TOTALS:
            return translate("Words", "Layers that differ in shape do not add up to those of their kind")
        case Contradiction.RUN_PIECES:
            return translate("Words", "Layers that differ in shape are not modelled together with these pieces")
        case Contradiction.RUN_BLOCKS:
            return translate("Words", "A layer without attention has no window and no shared keys, and each block needs a norm of its own")
        case Contradiction.EXPERT_PARALLEL:
            return translate("Words", "Experts are spread over more GPUs than one pipeline stage has")
        case Contradiction.STAGES_NAMED:
            return translate("Words", "Layers are named for another number of pipeline stages")
        case Contradiction.CARDS_NAMED:
            return translate("Words", "Cards are named for another number of GPUs")
        case _:
            assert_never(found)


def config_problem(error: ConfigError) -> str:
    """Why a model's configuration cannot be taken, and what to do."""
    problem, detail = error.problem, error.detail
    match problem:
        case ConfigProblem.NO_MODEL:
            return translate("Words", "This is neither a scenario nor a model’s config.json: {detail}.").format(detail=detail)
        case ConfigProblem.ENCODER:
            text = translate("Words", "{detail} is an encoder: it reads text and writes none. Models that generate text are estimated.")
            return text.format(detail=detail)
        case ConfigProblem.ENCODER_DECODER:
            text = translate("Words", "{detail} has an encoder before its decoder. Models that are a decoder alone are estimated.")
            return text.format(detail=detail)
        case ConfigProblem.OF_PICTURES:
            return translate("Words", "{detail} is a model of pictures. Models that generate text are estimated.").format(detail=detail)
        case ConfigProblem.OF_SOUND:
            return translate("Words", "{detail} is a model of sound. Models that generate text are estimated.").format(detail=detail)
        case ConfigProblem.DIFFUSION:
            text = translate("Words", "{detail} belongs to a diffusion model. Models that generate text token by token are estimated.")
            return text.format(detail=detail)
        case ConfigProblem.OUT_OF_SCOPE:
            return translate("Words", "{detail} models do not generate text; only models that do are estimated.").format(detail=detail)
        case ConfigProblem.FAMILY_UNKNOWN:
            text = translate("Words", "Models of the type {detail} are not modelled yet. Set the sizes by hand, or pick a similar model.")
            return text.format(detail=detail)
        case ConfigProblem.NOT_MODELLED:
            return translate("Words", "This model has something that is not modelled yet: {detail}.").format(detail=detail)
        case ConfigProblem.BAD_SIZE:
            return translate("Words", "A size in this configuration cannot be: {detail}.").format(detail=detail)
        case ConfigProblem.CONTRADICTION:
            detail = contradiction(error.contradiction) if error.contradiction is not None else detail
            return translate("Words", "This configuration contradicts itself. {detail}").format(detail=detail)
        case ConfigProblem.BAD_FILE:
            return translate("Words", "This file of tensors cannot be read: {detail}.").format(detail=detail)
        case ConfigProblem.CONFIG_MISSING:
            text = translate("Words", "{file} says nothing of heads and layers. Put the model’s config.json beside it.")
            return text.format(file=detail)
        case _:
            assert_never(problem)


def hub_problem(error: HubError) -> str:
    """Why a model cannot be read from a hub, and what to do."""
    values = {"id": error.reference.model_id, "hub": error.reference.hub.value, "detail": error.detail}
    match error.problem:
        case HubProblem.OFFLINE:
            text = translate("Words", "{id} was never read before, and HF_HUB_OFFLINE forbids to ask {hub}.")
        case HubProblem.UNREACHABLE:
            text = translate("Words", "{hub} cannot be reached. Check the network, or set HF_ENDPOINT to a mirror. ({detail})")
        case HubProblem.GATED:
            text = translate("Words", "{id} is gated. Accept its terms on {hub}, then log in with “hf auth login” or set HF_TOKEN.")
        case HubProblem.NOT_FOUND:
            text = translate("Words", "{hub} has no model {id}, or it is private. Check the spelling, or set HF_TOKEN.")
        case HubProblem.NO_CONFIG:
            text = translate("Words", "{id} has no config.json; its tensors alone do not say how it is built.")
        case _:
            assert_never(error.problem)
    return text.format_map(values)


def config_note(note: Note, detail: str) -> str:
    """What a configuration has beside what was taken from it."""
    match note:
        case Note.VISION_COUNTED:
            return translate("Words", "Its vision tower is loaded too: {parameters} parameters.").format(parameters=detail)
        case Note.IMAGE_TOKENS:
            return translate("Words", "An image takes up to {tokens} tokens of the context.").format(tokens=detail)
        case Note.VISION_NOT_COUNTED:
            return translate("Words", "Its vision tower is not counted.")
        case Note.PREDICTION_HEADS:
            text = translate("Words", "Heads that predict tokens ahead: {parameters} parameters more, loaded by engines to draft tokens.")
            return text.format(parameters=detail)
        case Note.QUANTIZATION_UNKNOWN:
            return translate("Words", "Its quantization is not known; pick a format.")
        case Note.UNKNOWN_KEYS:
            return translate("Words", "Not understood: {keys}.").format(keys=detail)
        case Note.TENSORS_COUNTED:
            return translate("Words", "Weights as in the file: {bytes} bytes.").format(bytes=f"{int(detail):,}")
        case Note.TENSORS_DIFFER:
            text = translate("Words", "The file holds {values} values, more or fewer than this shape: something of it is not modelled.")
            return text.format(values=detail)
        case Note.MODEL_UNKNOWN:
            return translate("Words", "Its model {name} is not in the list; pick one.").format(name=detail)
        case Note.NOT_MODELLED:
            return translate("Words", "Not modelled: {what}.").format(what=detail)
        case Note.ONE_GPU:
            return translate("Words", "One GPU is estimated, as if nothing were spread over others ({what}).").format(what=detail)
        case Note.PARTS_MISSING:
            return translate("Words", "Not all of its files are here; the weights follow from the shape.")
        case _:
            assert_never(note)


def quantity_problem(error: QuantityError, low: str, high: str) -> str:
    """Why a typed text is no value, and what would be; ``low`` and ``high`` as people read them."""
    match error.problem:
        case Problem.EMPTY:
            return translate("Words", "Type a number between {low} and {high}.").format(low=low, high=high)
        case Problem.TOO_LONG:
            return translate("Words", "That is too long for a number.")
        case Problem.NOT_A_NUMBER:
            return translate("Words", "That is not a number. Try {low}, 8k or 70b.").format(low=low)
        case Problem.UNKNOWN_SUFFIX:
            return translate("Words", "Unknown unit “{suffix}”. Use k, m, b or t, or 万 and 亿.").format(suffix=error.suffix)
        case Problem.NOT_WHOLE:
            return translate("Words", "Whole numbers only.")
        case Problem.TOO_SMALL:
            return translate("Words", "At least {low}.").format(low=low)
        case Problem.TOO_LARGE:
            return translate("Words", "At most {high}.").format(high=high)
        case _:
            assert_never(error.problem)
