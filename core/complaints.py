"""What is said of a run that cannot be, of words typed in vain, and of what a configuration has beside."""

from core.catalogue.hf_config import Note
from core.choices import Meaningless
from core.memory import Reason, Refusal
from core.parallel_options import option
from core.quantity import Problem, QuantityError

_REASONS = {
    Reason.FULL_TRAINING_NEEDS_16_BIT: "no framework fully trains weights narrower than 16 bits",
    Reason.RECIPE_STORES_16_BIT: "this recipe stores 16-bit weights, not fp32",
    Reason.NO_RECIPE_FOR_FORMAT: "no training recipe stores weights in this format",
    Reason.LORA_BASE_NOT_QUANTIZED: "LoRA over quantized weights is QLoRA",
    Reason.LORA_BASE_FORMAT: "LoRA runs over bf16, fp16 or fp32 weights",
    Reason.QLORA_BASE_QUANTIZED: "QLoRA runs over int4 or int8 weights",
    Reason.ADAPTERS_ON_PIECES: "adapters on experts, or on a model of this build, are not modelled yet",
    Reason.ADAPTERS_ON_EXPERTS: "PEFT adapts experts gate and up together and without dropout; modelled on one GPU, over 16-bit weights, "
    "with sdpa attention",
    Reason.WIDE_TRAINING_OF_PIECES: "a model of this build in fp32 or under autocast is not modelled yet",
    Reason.TRAINING_OF_PIECES: "training of Kimi delta attention is not modelled yet",
    Reason.RUNTIME_ON_PIECES: "Kimi delta attention in this runtime is not modelled yet",
    Reason.STREAMS_TRAINED: "training a model with several residual streams (Gemma 3n) is not modelled yet",
    Reason.SDPA_WITHOUT_SOFTCAPPING: "attention with capped scores runs eager only",
    Reason.SDPA_WITHOUT_SINKS: "attention with sinks runs eager only",
    Reason.FORMAT_OF_ANOTHER_RUNTIME: "this runtime does not load weights in this format",
    Reason.LOSS_OF_PREFERENCE: "this preference method's loss is not computed so",
    Reason.PREDICTION_HEADS_ON_PIECES: "heads of a model whose layers are of several kinds are not modelled yet",
    Reason.SPECULATIVE_TOKENS: "vLLM drafts as many tokens as the model has heads, fewer, or a multiple",
    Reason.PREDICTION_HEADS_RECOMPUTED: "Megatron computes the layers of heads again one by one",
    Reason.SEVERAL_GPUS: "this run on several GPUs is not modelled yet",
    Reason.SERVED_OTHERWISE: "this runtime spreads inference over GPUs in another way: transformers and llama.cpp by layers, "
    "vLLM and SGLang by matrices, layers, experts and replicas",
    Reason.TENSOR_PARALLEL_HEADS: "tensor parallelism divides whole heads",
    Reason.QUANTIZED_GROUPS: "engines split a quantized Mamba-2 model only over as many GPUs as divide the groups of its mixers",
    Reason.PIPELINE_NOT_SERVED: "vLLM makes no pipeline of this model",
    Reason.MIXER_SPLIT: "trainers divide a model with mixers by replicas only; but Megatron (--sharding megatron), in full training, "
    "one with Mamba-2",
    Reason.PIPELINE_LAYERS: "every pipeline stage needs layers, and together they have all of the model's",
    Reason.INTERLEAVED_WITHOUT_PIPELINE: "interleaved stages need a pipeline, and micro-batches in multiples of its stages",
    Reason.ZERO_WITH_PIPELINE: "no framework runs ZeRO-2 or ZeRO-3 within a pipeline",
    Reason.EXPERT_PARALLEL_EXPERTS: "expert parallelism divides whole experts among the GPUs of one stage",
    Reason.EXPERT_WIDTH: "GPUs that share an expert have equal parts of it; in vLLM replicas share them too",
    Reason.CONTEXT_PARALLEL_ATTENTION: "context parallelism needs a fused attention kernel",
    Reason.CONTEXT_PARALLEL_HEADS: "context parallelism divides the heads of a mixer, those that tensor parallelism leaves to a GPU",
    Reason.QUANTIZED_BASE_SPLIT: "no trainer splits a quantized model by tensor, pipeline or context parallelism",
    Reason.SHARDING_KEEPS_MASTER_WEIGHTS: "DeepSpeed and Megatron keep fp32 master weights",
    Reason.FP8_OF_MEGATRON: "fp8 linear layers are modelled as Megatron runs them, in full training of dense models",
    Reason.OFFLOAD_NEEDS_SHARDING: "what is offloaded must be divided between the GPUs first",
    Reason.OFFLOAD_ALL_OF_FSDP: "FSDP offloads weights and optimizer together",
    Reason.OFFLOAD_TO_NVME: "only ZeRO-3 offloads to disks",
    Reason.IN_BACKWARD_UNREDUCED: "an optimizer that steps in the backward pass goes with FSDP2 alone, and without accumulation",
}


_NOTES = {
    Note.VISION_COUNTED: "its vision tower is loaded too: {detail} parameters",
    Note.IMAGE_TOKENS: "an image takes up to {detail} tokens of the context",
    Note.VISION_NOT_COUNTED: "the vision tower of {detail} is not counted",
    Note.PREDICTION_HEADS: "its heads that predict tokens ahead have {detail} parameters more, which only vLLM and SGLang load, "
    "with speculative decoding (--speculative-tokens)",
    Note.QUANTIZATION_UNKNOWN: "its quantization is not known; say --weights",
    Note.UNKNOWN_KEYS: "not understood: {detail}",
    Note.TENSORS_COUNTED: "the weights are what the file's tensors take: {detail} bytes",
    Note.TENSORS_DIFFER: "the file holds {detail} values, more or fewer than this shape: something of it is not modelled",
    Note.MODEL_UNKNOWN: "its model {detail} is not in the list; say --model",
    Note.NOT_MODELLED: "not modelled: {detail}",
    Note.ONE_GPU: "one GPU is estimated, as if nothing were spread over others ({detail})",
    Note.PARTS_MISSING: "not all of its files are here; the weights follow from the shape",
}


def note_words(note: Note, detail: str) -> str:
    """What a model's configuration has beside what was taken from it."""
    return _NOTES[note].format(detail="".join(character for character in detail if character.isprintable()))


def refusal_words(refusal: Refusal) -> str:
    """Why there is no such run, and the options each of which alone would make one."""
    options = [" ".join(filter(None, (option(field, value) for field, value in change.items()))) for change in refusal.alternatives]
    return _REASONS[refusal.reason] + (f"; instead use {' or '.join(options)}" if options else "")


def meaningless_words(option: str, why: Meaningless) -> str:
    """Why ``option`` was typed in vain, and what to do."""
    match why:
        case Meaningless.IN_INFERENCE:
            return f"{option} has no meaning in inference; add --task training or leave it out"
        case Meaningless.IN_TRAINING:
            return f"{option} has no meaning in training; add --task inference or leave it out"
        case Meaningless.IN_FULL_TRAINING:
            return f"{option} has no meaning in full training; add --method lora or --method qlora"
        case Meaningless.WITHOUT_REFERENCE:
            return f"{option} has no meaning without a reference model; add --objective dpo or kto, or leave it out"
        case Meaningless.WITH_PREFERENCES:
            return f"{option} makes no difference to fused losses of preference methods; leave it out"
        case Meaningless.WITH_ADAPTERS:
            return f"{option} has no meaning in LoRA and QLoRA, which keep adapters as PEFT does; add --method full or leave it out"
        case Meaningless.WITH_OPTIMIZER:
            return f"{option} makes no difference to this optimizer; leave it out, or use --optimizer adamw or adam"
        case Meaningless.WITH_MASTER_WEIGHTS:
            return f"{option} makes no difference to --recipe mixed, whose step is its own; leave it out or use another --recipe"
        case Meaningless.OF_ANOTHER_RUNTIME:
            return f"{option} has no meaning in this runtime; leave it out or use another --runtime"
        case Meaningless.WITHOUT_PREDICTION_HEADS:
            return f"{option} has no meaning for a model without heads that predict tokens ahead; leave it out"
        case Meaningless.WITHOUT_MEGATRON:
            return f"{option} is for Megatron, which trains all weights on the next token; add --sharding megatron or leave it out"


def quantity_words(error: QuantityError) -> str:
    """Why a typed text is no value of its option, and what would be."""
    match error.problem:
        case Problem.EMPTY:
            return "a number is missing"
        case Problem.TOO_LONG:
            return "too long for a number"
        case Problem.NOT_A_NUMBER:
            return "not a number (such as 4096, 8k, 7b or 1.5T)"
        case Problem.UNKNOWN_SUFFIX:
            return f"unknown suffix {error.suffix!r}"
        case Problem.NOT_WHOLE:
            return "not a whole number"
        case Problem.TOO_SMALL:
            return f"too small: the least is {error.low:,}"
        case Problem.TOO_LARGE:
            return f"too large: the most is {error.high:,}"
