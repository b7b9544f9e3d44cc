"""Choices that go together: what one of them implies for another, and which of them say nothing about a run.

The command line and the window keep the same rules: the one complains of what the other does not show.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, assert_never

from core.memory import Estimator, Format, Method, Optimizer, Recipe, Runtime, Scenario, Task, reconcile
from core.memory.formats import SIXTEEN_BIT
from core.memory.numerics import widens_norms
from core.memory.parallel import PARALLEL_FIELDS
from core.memory.prediction import trained_heads
from core.memory.preference import REFERENCED, has_loss
from core.memory.refusal import QLORA_FORMATS, loaded_as
from core.memory.scenario import Loss, Objective
from core.memory.sharding import FSDP
from core.spreading import with_gpus

#: What a scenario takes as the rank of adapters.
MIN_LORA_RANK, MAX_LORA_RANK = 1, 65_536

#: Recipes that store fp32 weights.
_FP32_RECIPES = frozenset({Recipe.FP32, Recipe.AMP})


def with_changes(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """``scenario`` with ``changes`` and with what they imply for fields that they leave alone.

    Another task or runtime spreads the run anew over as many GPUs, and loads the same weights in the format of as many bits that it has.
    QLoRA means int4 unless the base is quantized already. A preference method means the plain loss unless it has the one there is. In full
    training, fp32 weights and a recipe that stores fp32 come together, and leave together. What contradicts itself within ``changes`` is
    left so.
    """
    new = scenario.evolve(**changes)
    count = new.parallel.world_size
    if count > 1 and (new.task, new.runtime) != (scenario.task, scenario.runtime) and not PARALLEL_FIELDS & changes.keys():
        new = with_gpus(with_gpus(new, 1), count)
    if {"task", "runtime"} & changes.keys() and "weights" not in changes:
        new = new.evolve(weights=loaded_as(new, new.weights))
    if new.task is Task.INFERENCE:
        return new
    if "objective" in changes and "loss" not in changes and not has_loss(new):
        new = new.evolve(loss=Loss.PLAIN)
    asked = changes.keys() & {"method", "recipe", "weights"}
    if new.method is Method.QLORA and "method" in asked and "weights" not in asked and new.weights not in QLORA_FORMATS:
        return new.evolve(weights=Format.INT4)
    if new.method is not Method.FULL:
        return new
    wide = new.recipe in _FP32_RECIPES
    if "recipe" in asked and "weights" not in asked and wide != (new.weights is Format.FP32):
        return new.evolve(weights=Format.FP32 if wide else Format.BF16)
    if "weights" in asked and "recipe" not in asked:
        if wide and new.weights in SIXTEEN_BIT:
            return new.evolve(recipe=Recipe.MIXED)
        if not wide and new.weights is Format.FP32:
            return new.evolve(recipe=Recipe.FP32)
    return new


def settled(scenario: Scenario) -> Scenario:
    """``scenario`` as it can be run, showing the weights that its recipe stores: what comes from elsewhere may not agree."""
    scenario = reconcile(scenario)
    full = scenario.task is Task.TRAINING and scenario.method is Method.FULL
    if full and scenario.estimator is Estimator.DETAILED and scenario.recipe in _FP32_RECIPES:
        return scenario.evolve(weights=Format.FP32)
    return scenario


class Meaningless(StrEnum):
    """Why a field says nothing about a run."""

    IN_INFERENCE = "in_inference"
    IN_TRAINING = "in_training"
    IN_FULL_TRAINING = "in_full_training"
    WITHOUT_REFERENCE = "without_reference"
    WITH_PREFERENCES = "with_preferences"
    WITH_ADAPTERS = "with_adapters"
    WITH_OPTIMIZER = "with_optimizer"
    WITH_MASTER_WEIGHTS = "with_master_weights"
    OF_ANOTHER_RUNTIME = "of_another_runtime"
    WITHOUT_PREDICTION_HEADS = "without_prediction_heads"
    WITHOUT_MEGATRON = "without_megatron"


_OF_TRANSFORMERS = frozenset({"max_new_tokens", "logits_to_keep"})
_OF_ENGINES = frozenset({"max_num_batched_tokens", "max_num_seqs", "shared_prefix_length", "speculative_tokens", "cuda_graphs"})
_OF_LLAMA_CPP = frozenset({"ubatch_size", "llama_cpp_build", "n_gpu_layers", "n_cpu_moe"})
_OF_INFERENCE = _OF_TRANSFORMERS | _OF_ENGINES | _OF_LLAMA_CPP | {"kv_cache"}
_OF_ADAPTERS = frozenset(
    {"lora_r", "lora_bits", "lora_dropout", "lora_target_modules", "autocast", "upcast_norms", "train_embeddings", "keep_linear_inputs"}
)
_OF_TRAINING = (
    _OF_ADAPTERS
    | {"method", "recipe", "optimizer", "optimizer_implementation", "gradient_checkpointing", "first_step"}
    | {
        "objective",
        "precomputed_reference",
        "loss",
        "keep_outputs",
        "gradients",
        "varying_lengths",
        "fused_kernels",
        "fused_mlp",
        "mtp_num_layers",
    }
    | {
        "sequence_parallel",
        "sharding",
        "shard_group_size",
        "fp32_gradients",
        "fp8_linears",
        "num_microbatches",
        "virtual_pipeline_parallel_size",
        "recompute",
        "recompute_num_layers",
        "offload_parameters",
        "offload_optimizer",
        "offload_activations",
        "offload_optimizer_percent",
    }
)
#: Optimizers whose step takes more or less memory by the way torch runs it.
_IMPLEMENTED = frozenset({Optimizer.ADAMW, Optimizer.ADAM})


def _of_others(runtime: Runtime) -> frozenset[str]:
    """Fields of inference that only other runtimes know."""
    match runtime:
        case Runtime.TRANSFORMERS:
            return _OF_ENGINES | _OF_LLAMA_CPP
        case Runtime.LLAMA_CPP:
            return _OF_ENGINES | _OF_TRANSFORMERS | {"transformers_release"}
        case Runtime.VLLM | Runtime.SGLANG:
            return _OF_LLAMA_CPP | _OF_TRANSFORMERS | {"attention", "transformers_release"}
        case _:
            assert_never(runtime)


def meaningless(scenario: Scenario, field: str) -> Meaningless | None:
    """Why ``field`` says nothing about a run like ``scenario``; None where it says something.

    Of the run alone: the rule of thumb, which looks at few fields, makes none of them meaningless.
    """
    training, full = scenario.task is Task.TRAINING, scenario.method is Method.FULL
    if field in _OF_TRAINING and not training:
        return Meaningless.IN_INFERENCE
    if field in _OF_INFERENCE and training:
        return Meaningless.IN_TRAINING
    if field in _of_others(scenario.runtime) and not training:
        return Meaningless.OF_ANOTHER_RUNTIME
    if field == "autocast" and training and widens_norms(replace(scenario, autocast=True)):
        return None
    if field in _OF_ADAPTERS and full:
        return Meaningless.IN_FULL_TRAINING
    if field == "recipe" and not full:
        return Meaningless.WITH_ADAPTERS
    if field == "speculative_tokens" and not scenario.architecture.num_nextn_predict_layers:
        return Meaningless.WITHOUT_PREDICTION_HEADS
    if field == "mtp_num_layers" and not trained_heads(replace(scenario, mtp_num_layers=1)):
        return Meaningless.WITHOUT_MEGATRON
    if field == "precomputed_reference" and scenario.objective not in REFERENCED:
        return Meaningless.WITHOUT_REFERENCE
    preferences = training and scenario.objective is not Objective.NEXT_TOKEN
    if field == "transformers_release" and preferences and scenario.loss is not Loss.PLAIN:
        return Meaningless.WITH_PREFERENCES  # whose fused losses never have all logits
    if field == "optimizer_implementation":
        if scenario.optimizer not in _IMPLEMENTED:
            return Meaningless.WITH_OPTIMIZER
        if full and scenario.recipe is Recipe.MIXED and scenario.parallel.sharding not in FSDP:
            return Meaningless.WITH_MASTER_WEIGHTS
    return None
