"""Words for what the core returns as enums and numbers. The only place that turns one into the other.

Every ``match`` is complete (``assert_never``): a new member of an enum cannot be forgotten.
"""

from typing import assert_never

from PySide6.QtCore import QCoreApplication

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
    Recipe,
    Runtime,
    Task,
)
from core.memory.formats import QUANTIZED, bits_per_value
from core.memory.scenario import Loss, Objective

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
