"""Choices that no real run allows, with the reason and what to pick instead.

A refused scenario is a valid record of what was asked for; it has no estimate. The rule of thumb refuses nothing but
methods it knows nothing of: the article computes training in int8 although no framework does it.
"""

from typing import Any, assert_never

from core.memory.architecture import Architecture, Mixer, Norm, Router
from core.memory.expert_adapters import MEASURED, MLP_TARGETS, experts_are_adapted
from core.memory.formats import FILE_TYPES, QUANTIZED, SIXTEEN_BIT, TORCH_FORMATS, Format, bits_per_value, plain
from core.memory.lora import adapter_parameters
from core.memory.moe_wide import WIDE_ROUTERS
from core.memory.numerics import widens_norms
from core.memory.parallel import Recompute
from core.memory.parallel_refusal import OF_SPREAD, parallel_refusal
from core.memory.parameters import expert_width
from core.memory.prediction import has_whole_layers, trained_heads
from core.memory.preference import has_loss
from core.memory.reasons import Reason as Reason
from core.memory.reasons import Refusal as Refusal
from core.memory.reasons import RefusedError as RefusedError
from core.memory.scenario import (
    ALL_LINEAR,
    ATTENTION_LINEAR,
    ENGINES,
    Attention,
    Estimator,
    Loss,
    Method,
    Recipe,
    Runtime,
    Scenario,
    Task,
)

_WEIGHTS_16: dict[str, str] = {"weights": Format.BF16.value}
_WEIGHTS_4: dict[str, str] = {"weights": Format.INT4.value}
_USE_LORA: dict[str, str] = {"method": Method.LORA.value}
_USE_QLORA: dict[str, str] = {"method": Method.QLORA.value}
_USE_EAGER = ({"attention": Attention.EAGER.value},)
_USE_FP32: dict[str, str] = {"recipe": Recipe.FP32.value}
_PLAIN_LOSS = ({"loss": Loss.PLAIN.value},)

#: Formats that PEFT puts adapters over: bitsandbytes', GPTQ's and AWQ's.
QLORA_FORMATS = frozenset(
    {
        Format.INT4,
        Format.INT8,
        Format.NF4,
        Format.NF4_DOUBLE,
        Format.FP4,
        Format.GPTQ_INT4,
        Format.GPTQ_INT8,
        Format.AWQ_INT4,
    }
)
LORA_FORMATS = SIXTEEN_BIT | {Format.FP32}


def _takes_adapters(scenario: Scenario) -> bool:
    """PEFT's "all-linear" fails on routers that are linear layers (Llama 4, Phi-3.5-MoE), and it refuses targets that the model has none
    of. Of experts that have adapters other routers were not measured, nor mixers.
    """
    arch = scenario.architecture
    targets = scenario.lora_target_modules
    unknown = arch.router in (Router.EVERY_EXPERT, Router.SPARSEMIXER)
    unknown |= arch.experts_beside_mlp or (arch.experts_adapted and not _experts_were_measured(arch))
    if unknown and MLP_TARGETS.intersection(targets):
        return False
    if arch.num_mixer_layers and not _takes_adapters_on_mixers(scenario):
        return False
    # Every model has an attention to adapt, not every one a gate, or an MLP that is none of experts.
    return not MLP_TARGETS.issuperset(targets) or adapter_parameters(scenario) > 0


def _experts_were_measured(arch: Architecture) -> bool:
    """With adapters on them."""
    plain = not (arch.experts_ungated or arch.experts_clamped or arch.num_mixer_layers or arch.layer_runs)
    return plain and arch.router in MEASURED and expert_width(arch) == arch.hidden_size


def _takes_adapters_on_experts(scenario: Scenario, weights: Format) -> bool:
    """PEFT takes gate and up together alone, without dropout (``_convert_peft_config_moe``, ``ParamWrapper``); measured was LoRA over
    16-bit weights on one GPU, with fused attention.
    """
    targets = scenario.lora_target_modules
    together = ("gate_proj" in targets) == ("up_proj" in targets)
    # Without an adapter before them the first layer keeps less than others.
    together &= scenario.gradient_checkpointing or not {"q_proj", "k_proj", "v_proj"}.isdisjoint(targets)
    plain = scenario.method is Method.LORA and weights in SIXTEEN_BIT and scenario.parallel.plain
    return together and plain and scenario.attention is not Attention.EAGER and not scenario.lora_dropout


def _takes_adapters_on_mixers(scenario: Scenario) -> bool:
    """Measured with fp32 adapters over a 16-bit or quantized base, on all but Mamba's first mixer and OLMo Hybrid; adapters in 16
    bits, an fp32 base, autocast and fused kernels were not, nor matrices of MLPs and attention together that are not all.
    """
    arch = scenario.architecture
    if arch.mixer is Mixer.MAMBA or arch.attention_output_norms:
        return False
    if scenario.lora_bits == 16 or scenario.autocast or scenario.weights is Format.FP32:
        return False
    targets = frozenset(scenario.lora_target_modules)
    some = not targets.issuperset(ALL_LINEAR) and targets & MLP_TARGETS and targets - MLP_TARGETS
    return not (some or scenario.fused_kernels or scenario.keep_linear_inputs) and adapter_parameters(scenario) > 0


def _trains_wide(arch: Architecture) -> bool:
    """Training in fp32 and under autocast was measured on these pieces."""
    experts = arch.num_experts and arch.router not in WIDE_ROUTERS
    return not (experts or arch.num_mixer_layers or arch.norm is Norm.RMS_POWER)


def _full_training_refusal(weights: Format, recipe: Recipe) -> Refusal | None:
    if weights in SIXTEEN_BIT:
        return None
    if weights is Format.FP32:
        if recipe in (Recipe.FP32, Recipe.AMP):
            return None
        return Refusal(Reason.RECIPE_STORES_16_BIT, (_WEIGHTS_16, _USE_FP32))
    if weights in QUANTIZED:
        fixes = (_WEIGHTS_16, _USE_QLORA) if weights in QLORA_FORMATS else (_WEIGHTS_16,)
        return Refusal(Reason.FULL_TRAINING_NEEDS_16_BIT, fixes)
    return Refusal(Reason.NO_RECIPE_FOR_FORMAT, (_WEIGHTS_16,))


def _formats(scenario: Scenario) -> frozenset[Format]:
    """What weights can be loaded in: PyTorch's formats, or types of GGUF files."""
    of_files = scenario.task is Task.INFERENCE and scenario.runtime is Runtime.LLAMA_CPP
    return FILE_TYPES if of_files else TORCH_FORMATS


def loaded_as(scenario: Scenario, weights: Format) -> Format:
    """``weights``, or the format of as many bits that the runtime of ``scenario`` has instead."""
    if weights in _formats(scenario) or scenario.estimator is Estimator.RULE_OF_THUMB:
        return weights
    if weights in TORCH_FORMATS:
        return {4: Format.Q4_K_M, 8: Format.Q8_0}.get(bits_per_value(weights), weights)
    return plain(weights)


def refusal(scenario: Scenario) -> Refusal | None:
    """Why no real run is like ``scenario``; None when one can be."""
    return refusal_of_weights(scenario, scenario.weights)


def refusal_of_weights(scenario: Scenario, weights: Format) -> Refusal | None:
    """The same, were ``scenario`` to have ``weights``."""
    if scenario.estimator is Estimator.RULE_OF_THUMB:
        return None
    if scenario.architecture.mixer is Mixer.KIMI_DELTA:
        if scenario.task is Task.TRAINING:
            return Refusal(Reason.TRAINING_OF_PIECES, ({"task": Task.INFERENCE.value},))
        if scenario.runtime is Runtime.LLAMA_CPP:
            others = (Runtime.TRANSFORMERS, Runtime.VLLM, Runtime.SGLANG)
            return Refusal(Reason.RUNTIME_ON_PIECES, tuple([_WEIGHTS_16 | {"runtime": other.value} for other in others]))
    if weights not in _formats(scenario):
        quantized_base = scenario.task is Task.TRAINING and scenario.method is Method.QLORA
        return Refusal(Reason.FORMAT_OF_ANOTHER_RUNTIME, (_WEIGHTS_4 if quantized_base else _WEIGHTS_16,))
    if not scenario.parallel.plain:
        refused = parallel_refusal(scenario)
        if refused is not None:
            return refused
    arch = scenario.architecture
    # All but transformers have kernels of their own.
    engine = scenario.task is Task.INFERENCE and scenario.runtime is not Runtime.TRANSFORMERS
    if scenario.attention is not Attention.EAGER and not engine:
        if arch.attn_logit_softcapping:
            return Refusal(Reason.SDPA_WITHOUT_SOFTCAPPING, _USE_EAGER)
        if arch.attention_sinks:
            return Refusal(Reason.SDPA_WITHOUT_SINKS, _USE_EAGER)
    if scenario.task is Task.INFERENCE:
        return _drafting_refusal(scenario) if scenario.speculative_tokens else None
    if trained_heads(scenario):
        refused = _trained_heads_refusal(scenario)
        if refused is not None:
            return refused
    if arch.altup_num_inputs:
        return Refusal(Reason.STREAMS_TRAINED, ({"task": Task.INFERENCE.value},))
    if not has_loss(scenario):
        return Refusal(Reason.LOSS_OF_PREFERENCE, _PLAIN_LOSS)
    adapters = scenario.method is not Method.FULL
    if adapters and not _takes_adapters(scenario):
        fixes = ({"lora_target_modules": ATTENTION_LINEAR}, {"method": Method.FULL.value})
        return Refusal(Reason.ADAPTERS_ON_PIECES, fixes if _takes_adapters(scenario.evolve(**fixes[0])) else fixes[1:])
    if adapters and arch.num_experts and experts_are_adapted(scenario) and not _takes_adapters_on_experts(scenario, weights):
        return Refusal(Reason.ADAPTERS_ON_EXPERTS, ({"lora_target_modules": ATTENTION_LINEAR},))
    if scenario.method is Method.LORA and weights is Format.FP32 and (arch.num_experts or arch.kv_lora_rank):
        return Refusal(Reason.WIDE_TRAINING_OF_PIECES, (_WEIGHTS_16,))
    if arch.num_experts and widens_norms(scenario):
        return Refusal(Reason.WIDE_TRAINING_OF_PIECES, ({"autocast": False},))
    if adapters and arch.norm is Norm.RMS_POWER and (scenario.autocast or weights is Format.FP32):
        return Refusal(Reason.WIDE_TRAINING_OF_PIECES, ({"autocast": False} if scenario.autocast else _WEIGHTS_16,))
    if not adapters and scenario.recipe in (Recipe.AMP, Recipe.FP32) and not _trains_wide(arch):
        return Refusal(Reason.WIDE_TRAINING_OF_PIECES, ({"recipe": Recipe.MIXED.value}, {"recipe": Recipe.PURE16.value}))
    match scenario.method:
        case Method.FULL:
            return _full_training_refusal(weights, scenario.recipe)
        case Method.LORA:
            if weights in LORA_FORMATS:
                return None
            if weights in QLORA_FORMATS:
                return Refusal(Reason.LORA_BASE_NOT_QUANTIZED, (_USE_QLORA, _WEIGHTS_16))
            return Refusal(Reason.LORA_BASE_FORMAT, (_WEIGHTS_16,))
        case Method.QLORA:
            if weights in QLORA_FORMATS:
                return None
            return Refusal(Reason.QLORA_BASE_QUANTIZED, (_WEIGHTS_4, _USE_LORA) if weights in LORA_FORMATS else (_WEIGHTS_4,))
        case _:
            assert_never(scenario.method)


def _drafting_refusal(scenario: Scenario) -> Refusal | None:
    """Why an engine does not draft by the model's heads like ``scenario``; other runtimes do not at all, nor models without."""
    arch, drafts = scenario.architecture, scenario.speculative_tokens
    heads = arch.num_nextn_predict_layers
    if scenario.runtime not in ENGINES or not heads:
        return None
    if not has_whole_layers(arch):
        return Refusal(Reason.PREDICTION_HEADS_ON_PIECES, (_NO_DRAFTS,))
    if scenario.runtime is Runtime.VLLM and drafts > heads and drafts % heads:
        return Refusal(Reason.SPECULATIVE_TOKENS, ({"speculative_tokens": drafts - drafts % heads}, _NO_DRAFTS))
    return None


def _trained_heads_refusal(scenario: Scenario) -> Refusal | None:
    """Why Megatron does not train heads like ``scenario``."""
    parallel = scenario.parallel
    without: dict[str, Any] = {"mtp_num_layers": 0}
    if scenario.architecture.num_mixer_layers or not has_whole_layers(scenario.architecture):
        return Refusal(Reason.PREDICTION_HEADS_ON_PIECES, (without,))
    if parallel.recompute is Recompute.UNIFORM and parallel.recompute_num_layers > 1:
        return Refusal(Reason.PREDICTION_HEADS_RECOMPUTED, ({"recompute_num_layers": 1}, without))
    return None


_NO_DRAFTS: dict[str, Any] = {"speculative_tokens": 0}

_OF_PIECES = frozenset(
    {
        Reason.ADAPTERS_ON_PIECES,
        Reason.ADAPTERS_ON_EXPERTS,
        Reason.WIDE_TRAINING_OF_PIECES,
        Reason.TRAINING_OF_PIECES,
        Reason.RUNTIME_ON_PIECES,
        Reason.STREAMS_TRAINED,
        Reason.SDPA_WITHOUT_SOFTCAPPING,
        Reason.SDPA_WITHOUT_SINKS,
        Reason.LOSS_OF_PREFERENCE,
        Reason.PREDICTION_HEADS_ON_PIECES,
        Reason.SPECULATIVE_TOKENS,
        Reason.PREDICTION_HEADS_RECOMPUTED,
    }
    | OF_SPREAD
)


def reconcile(scenario: Scenario) -> Scenario:
    """``scenario`` itself if it can be run, else with the nearest choices that can: what a change of task, method or model does to
    choices that the new one does not know.
    """
    while (refused := refusal(scenario)) is not None:
        if refused.reason in _OF_PIECES:
            scenario = scenario.evolve(**refused.alternatives[0])
        elif refused.reason is Reason.FORMAT_OF_ANOTHER_RUNTIME:
            alike = loaded_as(scenario, scenario.weights)
            scenario = scenario.evolve(**refused.alternatives[0]) if alike is scenario.weights else scenario.evolve(weights=alike)
        else:
            scenario = scenario.evolve(weights=Format.INT4 if scenario.method is Method.QLORA else Format.BF16)
    return scenario
