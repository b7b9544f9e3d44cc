"""Words for what the core returns as enums and numbers. The only place that turns one into the other.

Every ``match`` is complete (``assert_never``): a new member of an enum cannot be forgotten.
"""

from typing import assert_never

from PySide6.QtCore import QCoreApplication

from core.catalogue.config_keys import ConfigProblem
from core.catalogue.hf_config import Note
from core.hub import HubError, HubProblem
from core.memory import (
    Attention,
    Component,
    Estimator,
    FitCause,
    FitStatus,
    Format,
    Method,
    MomentName,
    Optimizer,
    Reason,
    Recipe,
    Runtime,
    Task,
)
from core.memory.formats import QUANTIZED, bits_per_value
from core.memory.scenario import Loss, Objective
from core.quantity import Problem, QuantityError

translate = QCoreApplication.translate


def component_name(component: Component) -> str:
    match component:
        case Component.WEIGHTS:
            return translate("Words", "Weights")
        case Component.GRADIENTS:
            return translate("Words", "Gradients")
        case Component.OPTIMIZER:
            return translate("Words", "Optimizer")
        case Component.KV_CACHE:
            return translate("Words", "KV cache")
        case Component.ACTIVATIONS:
            return translate("Words", "Activations")
        case Component.LOGITS:
            return translate("Words", "Logits")
        case Component.WORKSPACE:
            return translate("Words", "Workspace")
        case Component.INPUTS:
            return translate("Words", "Inputs")
        case Component.COMMUNICATION:
            return translate("Words", "Communication")
        case Component.RUNTIME:
            return translate("Words", "Runtime")
        case Component.RESERVE:
            return translate("Words", "Reserve")
        case _:
            assert_never(component)


def component_meaning(component: Component) -> str:
    """One sentence for a newcomer, the field's term in it."""
    match component:
        case Component.WEIGHTS:
            return translate("Words", "The model itself: every parameter, in the chosen precision.")
        case Component.GRADIENTS:
            return translate("Words", "How each trained weight should change; as many values as there are trained weights.")
        case Component.OPTIMIZER:
            return translate("Words", "What the optimizer remembers of every trained weight: moments, and master weights if any.")
        case Component.KV_CACHE:
            return translate(
                "Words",
                "Keys and values of every token read so far, so that they need not be computed again; of layers with a state, that state.",
            )
        case Component.ACTIVATIONS:
            return translate(
                "Words", "Intermediate results: kept for the backward pass in training, the working set of the prompt in inference."
            )
        case Component.LOGITS:
            return translate("Words", "A score for every word of the vocabulary, and the loss made of them.")
        case Component.WORKSPACE:
            return translate("Words", "Temporary buffers: attention scores, dequantized weights, copies made by the optimizer step.")
        case Component.INPUTS:
            return translate("Words", "The batch itself: token ids and labels.")
        case Component.COMMUNICATION:
            return translate("Words", "Buffers for exchanging data between GPUs.")
        case Component.RUNTIME:
            return translate("Words", "Hardware and library overhead: the CUDA context and kernels of the process.")
        case Component.RESERVE:
            return translate("Words", "What the allocator holds beyond the tensors: rounding and gaps.")
        case _:
            assert_never(component)


def moment_name(moment: MomentName) -> str:
    match moment:
        case MomentName.LOAD:
            return translate("Words", "load")
        case MomentName.PREFILL:
            return translate("Words", "prefill")
        case MomentName.DECODE:
            return translate("Words", "decode")
        case MomentName.PROFILE_RUN:
            return translate("Words", "profile run")
        case MomentName.SERVING:
            return translate("Words", "serving")
        case MomentName.FORWARD:
            return translate("Words", "forward")
        case MomentName.BACKWARD:
            return translate("Words", "backward")
        case MomentName.OPTIMIZER_STEP:
            return translate("Words", "optimizer step")
        case MomentName.BETWEEN_STEPS:
            return translate("Words", "between steps")
        case _:
            assert_never(moment)


def status_word(status: FitStatus) -> str:
    match status:
        case FitStatus.FITS:
            return translate("Words", "Fits")
        case FitStatus.TIGHT:
            return translate("Words", "Tight")
        case FitStatus.OOM:
            return translate("Words", "OOM")
        case _:
            assert_never(status)


def fit_cause(cause: FitCause) -> str:
    """What tips it over, as the second half of the verdict; empty when it fits."""
    match cause:
        case FitCause.NONE:
            return ""
        case FitCause.WEIGHTS:
            return translate("Words", "the weights alone do not fit.")
        case FitCause.MODEL_STATE:
            return translate("Words", "the weights fit; gradients and optimizer on top do not.")
        case FitCause.TOKENS:
            return translate("Words", "the model fits; what grows with batch and context does not.")
        case FitCause.OPTIMIZER_STEP:
            return translate("Words", "weights, gradients and optimizer fit; what the optimizer step needs on top does not.")
        case _:
            assert_never(cause)


def run_name(task: Task, method: Method) -> str:
    """The four kinds of run of the task switch."""
    if task is Task.INFERENCE:
        return translate("Words", "Inference")
    match method:
        case Method.FULL:
            return translate("Words", "Training")
        case Method.LORA:
            return "LoRA"
        case Method.QLORA:
            return "QLoRA"
        case _:
            assert_never(method)


def recipe_name(recipe: Recipe) -> str:
    match recipe:
        case Recipe.PURE16:
            return translate("Words", "pure 16-bit")
        case Recipe.MIXED:
            return translate("Words", "mixed (fp32 master)")
        case Recipe.AMP:
            return translate("Words", "AMP (autocast)")
        case Recipe.FP32:
            return "fp32"
        case _:
            assert_never(recipe)


def optimizer_name(optimizer: Optimizer) -> str:
    match optimizer:
        case Optimizer.ADAMW:
            return "AdamW"
        case Optimizer.ADAM:
            return "Adam"
        case Optimizer.ADAMW8BIT:
            return translate("Words", "8-bit AdamW")
        case Optimizer.PAGED_ADAMW8BIT:
            return translate("Words", "8-bit AdamW, paged")
        case Optimizer.ADAFACTOR:
            return "Adafactor"
        case Optimizer.SGD_MOMENTUM:
            return translate("Words", "SGD with momentum")
        case Optimizer.SGD:
            return "SGD"
        case _:
            assert_never(optimizer)


def objective_name(objective: Objective) -> str:
    match objective:
        case Objective.NEXT_TOKEN:
            return translate("Words", "next token (SFT)")
        case Objective.DPO:
            return "DPO, IPO"
        case Objective.KTO:
            return "KTO"
        case Objective.ORPO:
            return "ORPO"
        case Objective.SIMPO:
            return "SimPO"
        case _:
            assert_never(objective)


def loss_name(loss: Loss) -> str:
    match loss:
        case Loss.PLAIN:
            return translate("Words", "plain")
        case Loss.NARROW:
            return translate("Words", "in 16 bits (older models’ own)")
        case Loss.FUSED:
            return translate("Words", "one kernel (fused)")
        case Loss.FUSED_LINEAR:
            return translate("Words", "in chunks (Liger, CCE)")
        case _:
            assert_never(loss)


def attention_name(attention: Attention) -> str:
    match attention:
        case Attention.SDPA:
            return translate("Words", "SDPA (flash)")
        case Attention.EAGER:
            return translate("Words", "eager (stores scores)")
        case _:
            assert_never(attention)


def attention_short_name(attention: Attention) -> str:
    """The same where there is little room: the name alone."""
    match attention:
        case Attention.SDPA:
            return "SDPA"
        case Attention.EAGER:
            return "eager"
        case _:
            assert_never(attention)


def estimator_name(estimator: Estimator) -> str:
    match estimator:
        case Estimator.DETAILED:
            return translate("Words", "detailed")
        case Estimator.RULE_OF_THUMB:
            return translate("Words", "rule of thumb")
        case _:
            assert_never(estimator)


def runtime_name(runtime: Runtime) -> str:
    match runtime:
        case Runtime.TRANSFORMERS:
            return "transformers"
        case Runtime.VLLM:
            return "vLLM"
        case Runtime.LLAMA_CPP:
            return "llama.cpp"
        case Runtime.SGLANG:
            return "SGLang"
        case _:
            assert_never(runtime)


def format_name(fmt: Format) -> str:
    """Formats are proper names in every language."""
    return fmt.value


def format_cost(fmt: Format) -> str:
    """What quantization to ``fmt`` costs in accuracy, in one phrase; empty where nothing was quantized."""
    if fmt not in QUANTIZED:
        return ""
    bits = bits_per_value(fmt)
    if bits >= 8:
        return translate("Words", "8 bits: the loss is hardly measurable.")
    if bits >= 5:
        return translate("Words", "5 or 6 bits: a loss that benchmarks barely show.")
    if bits == 4:
        return translate("Words", "4 bits: a small loss in benchmarks, larger in small models.")
    return translate("Words", "3 bits or fewer: a clear loss; try it on your own tasks.")


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
        case Reason.WIDE_TRAINING_OF_PIECES:
            return translate("Words", "A model built like this in fp32 or AMP is not modelled yet. Pick the recipe mixed or pure 16-bit.")
        case Reason.SDPA_WITHOUT_SOFTCAPPING:
            return translate("Words", "Attention with capped scores runs eager only. Pick eager attention.")
        case Reason.SDPA_WITHOUT_SINKS:
            return translate("Words", "Attention with sinks runs eager only. Pick eager attention.")
        case Reason.FORMAT_OF_ANOTHER_RUNTIME:
            return translate("Words", "This runtime does not load weights in this format. Pick another format.")
        case Reason.LOSS_OF_PREFERENCE:
            return translate("Words", "The loss of this preference method is not computed that way. Pick the plain loss.")
        case Reason.RUNTIME_ON_PIECES:
            return translate("Words", "This runtime on a model whose layers keep a state is not modelled yet. Pick transformers or vLLM.")
        case Reason.SEVERAL_GPUS:
            return translate("Words", "This run on several GPUs is not modelled yet. Pick one GPU.")
        case Reason.SERVED_OTHERWISE:
            return translate(
                "Words",
                "This runtime spreads inference otherwise: transformers and llama.cpp by layers, vLLM and SGLang by matrices.",
            )
        case Reason.TENSOR_PARALLEL_HEADS:
            return translate("Words", "Tensor parallelism divides whole heads. Pick a size that divides the heads of this model.")
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
        case Reason.CONTEXT_PARALLEL_ATTENTION:
            return translate("Words", "Context parallelism needs a fused attention kernel. Pick SDPA, or no context parallelism.")
        case Reason.QUANTIZED_BASE_SPLIT:
            return translate(
                "Words",
                "No trainer splits a quantized model by tensor, pipeline or context parallelism. Pick FSDP or ZeRO alone.",
            )
        case Reason.SHARDING_KEEPS_MASTER_WEIGHTS:
            return translate("Words", "DeepSpeed and Megatron keep fp32 master weights. Pick the recipe mixed or fp32, or FSDP.")
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


def config_problem(problem: ConfigProblem, detail: str) -> str:
    """Why a model's configuration cannot be taken, and what to do."""
    match problem:
        case ConfigProblem.NO_MODEL:
            return translate("Words", "This is neither a scenario nor a model’s config.json: {detail}.").format(detail=detail)
        case ConfigProblem.OUT_OF_SCOPE:
            return translate("Words", "{detail} models do not generate text; only models that do are estimated.").format(detail=detail)
        case ConfigProblem.FAMILY_UNKNOWN:
            text = translate("Words", "Models of the type {detail} are not modelled yet. Set the sizes by hand, or pick a similar model.")
            return text.format(detail=detail)
        case ConfigProblem.NOT_MODELLED:
            return translate("Words", "This model has something that is not modelled yet: {detail}.").format(detail=detail)
        case ConfigProblem.BAD_SIZE:
            return translate("Words", "A size in this configuration cannot be: {detail}.").format(detail=detail)
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
        case Note.PREDICTION_HEADS_NOT_COUNTED:
            return translate("Words", "Heads for several tokens ahead are not counted.")
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
