"""Scenario: everything the user chose. Frozen, validated, JSON; the unit of undo, saving, sharing and comparing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from annotated_types import Ge, Le, MaxLen, MinLen

from core.memory.architecture import MAX_PREDICTION_HEADS, Architecture
from core.memory.edge import validated
from core.memory.family import MAX_PARAMETERS, MIN_PARAMETERS, architecture_from_parameter_count
from core.memory.formats import Format
from core.memory.parallel import ONE_GPU, PARALLEL_FIELDS, Parallelism

MIN_BATCH_SIZE, MAX_BATCH_SIZE = 1, 4096
MIN_CONTEXT_LENGTH, MAX_CONTEXT_LENGTH = 128, 10 * 1024**2
MAX_SPECULATIVE_TOKENS = 32


class Task(StrEnum):
    INFERENCE = "inference"
    TRAINING = "training"


class Method(StrEnum):
    """What training changes: every weight, or adapters beside frozen (LoRA) or frozen and quantized (QLoRA) weights."""

    FULL = "full"
    LORA = "lora"
    QLORA = "qlora"


class Recipe(StrEnum):
    """What full training stores. PURE16: weights, gradients and states 16-bit; MIXED: 16-bit weights and gradients, fp32
    master weights and states; AMP: fp32 everything, 16-bit autocast copies; FP32.
    """

    PURE16 = "pure16"
    MIXED = "mixed"
    AMP = "amp"
    FP32 = "fp32"


class Optimizer(StrEnum):
    ADAMW = "adamw"
    ADAM = "adam"
    ADAMW8BIT = "adamw8bit"
    PAGED_ADAMW8BIT = "paged-adamw8bit"
    ADAFACTOR = "adafactor"
    SGD_MOMENTUM = "sgd-momentum"
    SGD = "sgd"


class OptimizerImplementation(StrEnum):
    """torch's ways to run an optimizer step: FOREACH (its default on CUDA; before 2.1 with a second copy), FUSED, FORLOOP."""

    FOREACH = "foreach"
    FOREACH_BEFORE_2_1 = "foreach-before-2.1"
    FUSED = "fused"
    FORLOOP = "forloop"


class Attention(StrEnum):
    """``attn_implementation`` of transformers."""

    SDPA = "sdpa"
    EAGER = "eager"


class Runtime(StrEnum):
    TRANSFORMERS = "transformers"
    VLLM = "vllm"
    SGLANG = "sglang"
    LLAMA_CPP = "llama.cpp"


#: Runtimes that serve many requests from one pool of cache blocks.
ENGINES = frozenset({Runtime.VLLM, Runtime.SGLANG})


class LlamaCppBuild(StrEnum):
    """Of llama.cpp: until mid-2026 its compute buffer held the logits of a whole micro-batch, and layers with a window a whole cache."""

    CURRENT = "current"
    BEFORE_MID_2026 = "before-mid-2026"


class TransformersRelease(StrEnum):
    """What inference in transformers holds by its version. Before 4.45 ``generate()`` had logits of the whole prompt, 16-bit and fp32, and
    every layer tables of its own for the rotation.
    """

    CURRENT = "current"
    BEFORE_4_50 = "before-4.50"
    """In training, the loss copied its fp32 logits to shift them."""
    BEFORE_4_45 = "before-4.45"


class Loss(StrEnum):
    """How the cross-entropy is computed. PLAIN: as transformers does, with the log-softmax kept beside fp32 logits; NARROW: in the width
    of the logits, as models with code of their own do where nothing widens them (Qwen's first, under DeepSpeed); FUSED: one kernel that
    writes the gradient over the logits (Unsloth, fms-acceleration, Liger's cross-entropy); FUSED_LINEAR: with the head, chunk by chunk, so
    that all logits never exist (Liger's fused linear cross-entropy, cut cross-entropy).
    """

    PLAIN = "plain"
    NARROW = "narrow"
    FUSED = "fused"
    FUSED_LINEAR = "fused-linear"


class Objective(StrEnum):
    """What is learned from. NEXT_TOKEN: every text's next token, as pre-training and supervised fine-tuning do; from preferences, as TRL
    does: DPO (IPO and its other losses take the same), KTO, ORPO, SIMPO (CPO without its cross-entropy).
    """

    NEXT_TOKEN = "next-token"
    DPO = "dpo"
    KTO = "kto"
    ORPO = "orpo"
    SIMPO = "simpo"


class Gradients(StrEnum):
    """How long gradients live. PER_STEP: made in the backward pass, gone after the step; ACCUMULATED: over several micro-batches, so they
    are there in forward passes too; IN_BACKWARD: the optimizer steps as soon as one is made, so hardly any lives.
    """

    PER_STEP = "per-step"
    ACCUMULATED = "accumulated"
    IN_BACKWARD = "in-backward"


class Estimator(StrEnum):
    DETAILED = "detailed"
    RULE_OF_THUMB = "rule-of-thumb"


#: Modules that adapters can be put on, as PEFT names them.
TargetModule = Literal["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
ALL_LINEAR: tuple[TargetModule, ...] = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
ATTENTION_LINEAR: tuple[TargetModule, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
QUERY_VALUE: tuple[TargetModule, ...] = ("q_proj", "v_proj")


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One run on one GPU or, by ``parallel``, on many.

    ``batch_size`` counts the sequences in memory at once (training: the micro-batch). ``context_length`` is prompt plus generated
    tokens of one sequence in inference, the sequence length in training.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- read by pydantic, at the edge

    format: Literal["fitting-room scenario"] = "fitting-room scenario"
    version: Literal[1] = 1
    name: Annotated[str, MaxLen(200)] = ""

    architecture: Architecture
    task: Task = Task.INFERENCE
    runtime: Runtime = Runtime.TRANSFORMERS
    estimator: Estimator = Estimator.DETAILED
    gpu: Annotated[str, MaxLen(200)] = ""
    """Name of the chosen card in the catalogue; empty when none is chosen."""
    resident_threads: Annotated[int, Ge(0), Le(10**8)] = 0
    """Threads that its multiprocessors hold at once, which its CUDA context grows with; 0: not known."""
    parallel: Parallelism = ONE_GPU

    weights: Format = Format.BF16
    batch_size: Annotated[int, Ge(MIN_BATCH_SIZE), Le(MAX_BATCH_SIZE)] = 1
    context_length: Annotated[int, Ge(MIN_CONTEXT_LENGTH), Le(MAX_CONTEXT_LENGTH)] = 4096
    attention: Attention = Attention.SDPA

    kv_cache: Format = Format.BF16
    max_new_tokens: Annotated[int, Ge(1), Le(MAX_CONTEXT_LENGTH)] = 1
    """How much of the context is generated; the rest is the prompt. 1: the prompt fills the context, the worst case."""
    logits_to_keep: Literal[0, 1] = 1
    """Positions the head is applied to in prefill: the last (1, as ``generate()`` does) or all (0)."""

    transformers_release: TransformersRelease = TransformersRelease.CURRENT

    max_num_batched_tokens: Annotated[int, Ge(1), Le(MAX_CONTEXT_LENGTH)] = 2048
    """Tokens of the largest step of vLLM (its default below 70 GB); of SGLang, ``chunked_prefill_size``."""
    max_num_seqs: Annotated[int, Ge(1), Le(MAX_BATCH_SIZE)] = 256
    """Sequences of the largest step of either engine."""
    shared_prefix_length: Annotated[int, Ge(0), Le(MAX_CONTEXT_LENGTH)] = 0
    """Tokens that all sequences begin with, a system prompt for one: either engine keeps whole blocks of them once."""
    speculative_tokens: Annotated[int, Ge(0), Le(MAX_SPECULATIVE_TOKENS)] = 0
    """Tokens that either engine drafts in each step by the model's own heads, which it loads for that (vLLM's method ``mtp``, SGLang's
    ``NEXTN``); 0: the heads stay on disk."""
    ubatch_size: Annotated[int, Ge(1), Le(65_536)] = 512
    """Tokens that llama.cpp computes at once (``--ubatch-size``)."""
    llama_cpp_build: LlamaCppBuild = LlamaCppBuild.CURRENT
    n_gpu_layers: Annotated[int, Ge(0), Le(10**5)] = 10**5
    """How many layers llama.cpp puts on the card, the last ones; the output counts as one and goes first. The host keeps the others."""
    n_cpu_moe: Annotated[int, Ge(0), Le(10**5)] = 0
    """Of how many layers, the first ones that have any, the experts stay with the host (llama.cpp's ``--n-cpu-moe``)."""
    cuda_graphs: bool = True
    """Recorded for decode; without them: ``enforce_eager``, ``disable_cuda_graph``."""

    method: Method = Method.FULL
    recipe: Recipe = Recipe.MIXED
    optimizer: Optimizer = Optimizer.ADAMW
    optimizer_implementation: OptimizerImplementation = OptimizerImplementation.FOREACH
    gradient_checkpointing: bool = False
    first_step: bool = False
    """Show the very first step, before optimizer states exist, instead of a steady one."""
    objective: Objective = Objective.NEXT_TOKEN
    """With DPO, ORPO and SIMPO ``batch_size`` counts pairs: two sequences each."""
    precomputed_reference: bool = False
    """What the reference model of DPO and KTO says was computed before training (TRL's ``precompute_ref_log_probs``)."""
    mtp_num_layers: Annotated[int, Ge(0), Le(MAX_PREDICTION_HEADS)] = 0
    """Heads that predict tokens ahead and are trained with the model (Megatron's ``--mtp-num-layers``)."""
    loss: Loss = Loss.PLAIN
    keep_outputs: bool = False
    """The model's output, logits and all, is held on to while the backward pass runs, as trainers that look at it do."""
    gradients: Gradients = Gradients.PER_STEP
    fused_kernels: bool = False
    """Norms, rotation and the like are single kernels that keep their 16-bit input (Unsloth, Liger, fms-acceleration's foak)."""
    fused_mlp: bool = False
    """Activation and product of an MLP are one kernel (Liger's, Megatron's ``bias_swiglu_fusion``, torch.compile)."""
    varying_lengths: bool = False
    """Batches are padded to their longest sequence, so that no two are alike; else packed, or padded to the full context."""
    upcast_norms: bool = True
    """QLoRA after PEFT's prepare_model_for_kbit_training: norms compute in fp32, and so does all that is added to them."""
    keep_linear_inputs: bool = False
    """QLoRA's frozen layers hold on to their inputs, as bitsandbytes' 4-bit ones did before 0.43."""
    train_embeddings: bool = False
    """Beside adapters, embedding and head are trained as a whole, on copies of their own (PEFT's ``modules_to_save``)."""
    lora_r: Annotated[int, Ge(1), Le(65_536)] = 16
    lora_bits: Literal[16, 32] = 32
    """Width of the adapters: 32 as PEFT keeps them over a 16-bit base, 16 with ``autocast_adapter_dtype=False``."""
    lora_dropout: bool = False
    autocast: bool = False
    """torch.autocast around LoRA, as trainers run it with ``bf16=True``; in full training the recipe says it, but for PURE16, which may run
    under it too: to LayerNorm that makes a difference.
    """
    lora_target_modules: Annotated[tuple[TargetModule, ...], MinLen(1)] = ALL_LINEAR

    def evolve(self, **changes: Any) -> Self:
        """A validated copy with ``changes``; fields of ``parallel`` go by their own names too. Raises pydantic.ValidationError."""
        spread = PARALLEL_FIELDS & changes.keys()
        if spread:
            parallel = changes.get("parallel", self.parallel)
            changes["parallel"] = validated(Parallelism, **parallel.__dict__ | {name: changes.pop(name) for name in spread})
        return validated(type(self), **self.__dict__ | changes)

    @property
    def prompt_length(self) -> int:
        """Tokens of one sequence that prefill reads at once."""
        return max(1, self.context_length - self.max_new_tokens)


def with_parameter_count(scenario: Scenario, parameters: int) -> Scenario:
    """``scenario`` with the family's shape of that size: moving the slider leaves the preset."""
    return scenario.evolve(architecture=architecture_from_parameter_count(parameters))


def clamp_parameters(parameters: int) -> int:
    """Nearest size the slider can stand on."""
    return max(MIN_PARAMETERS, min(MAX_PARAMETERS, parameters))
