"""Scenarios as configurations of trainers: the way back from :mod:`core.trainer_config`, field by field."""

import json
from typing import Any, Literal

from core.memory import Format, Method, Optimizer, Recipe, Scenario, Sharding, Task
from core.memory.preference import REFERENCED
from core.memory.scenario import Gradients, Loss, Objective, OptimizerImplementation
from core.spread_config import CannotSayError, write_accelerate, write_axolotl, write_llama_factory, write_zero
from core.trainer_config import Trainer


def _to_yaml(fields: dict[str, Any]) -> str:
    from core.catalogue.bounded_yaml import to_yaml  # only here: no start is to wait for it

    return to_yaml(fields)


class NoSuchFieldError(ValueError):
    """A scenario that a trainer has no fields for: its ``field``, and the ``value`` that is the matter."""

    def __init__(self, field: Literal["task", "recipe", "optimizer", "parallel"], value: str, message: str) -> None:
        super().__init__(message)
        self.field: Literal["task", "recipe", "optimizer", "parallel"] = field
        self.value = value


def export(scenario: Scenario, trainer: Trainer, model_id: str = "") -> str:
    """``scenario`` as a configuration of ``trainer``, with what it has fields for: to be completed with data and learning rate.

    Raises NoSuchFieldError for inference, and for what the trainer has no fields for.
    """
    if scenario.task is not Task.TRAINING:
        raise NoSuchFieldError("task", scenario.task.value, "only training can be exported")
    try:
        return _exported(scenario, trainer, model_id)
    except CannotSayError as error:
        raise NoSuchFieldError("parallel", scenario.parallel.sharding.value, str(error)) from error


def _exported(scenario: Scenario, trainer: Trainer, model_id: str) -> str:
    model = model_id or scenario.architecture.name or "MODEL"
    writer = {Trainer.AXOLOTL: _to_axolotl, Trainer.LLAMA_FACTORY: _to_llama_factory}.get(trainer)
    if writer is not None:
        return _to_yaml(writer(scenario, model))
    if trainer is Trainer.ACCELERATE:
        return _to_yaml(_to_accelerate(scenario))
    return json.dumps(_to_deepspeed(scenario), indent=2)


def _to_accelerate(scenario: Scenario) -> dict[str, Any]:
    """Autocast over fp32 weights with replicas, fp32 master weights where FSDP or DeepSpeed divides them."""
    sharded = scenario.parallel.sharding is not Sharding.NONE
    if scenario.method is not Method.FULL:
        precision = "bf16" if scenario.autocast else "no"
    elif scenario.recipe is Recipe.FP32:
        precision = "no"
    elif scenario.recipe is (Recipe.MIXED if sharded else Recipe.AMP):
        precision = "fp16" if scenario.weights is Format.FP16 else "bf16"
    else:
        recipe = scenario.recipe.value
        raise NoSuchFieldError("recipe", recipe, f"accelerate has no recipe {recipe} {'with' if sharded else 'without'} FSDP or DeepSpeed")
    fields = {"compute_environment": "LOCAL_MACHINE", "mixed_precision": precision}
    return fields | write_accelerate(scenario.parallel, gradient_checkpointing=scenario.gradient_checkpointing)


#: Of torch's own, by their names there.
_DEEPSPEED_OPTIMIZERS: dict[Optimizer, dict[str, Any]] = {
    Optimizer.ADAMW: {"type": "AdamW"},
    Optimizer.ADAM: {"type": "Adam"},
    Optimizer.ADAFACTOR: {"type": "Adafactor"},
    Optimizer.SGD: {"type": "SGD"},
    Optimizer.SGD_MOMENTUM: {"type": "SGD", "params": {"momentum": 0.9}},
}


def _to_deepspeed(scenario: Scenario) -> dict[str, Any]:
    parallel = scenario.parallel
    if scenario.method is Method.FULL and scenario.recipe not in (Recipe.MIXED, Recipe.FP32):
        raise NoSuchFieldError("recipe", scenario.recipe.value, f"DeepSpeed has no recipe {scenario.recipe.value}")
    optimizer = _DEEPSPEED_OPTIMIZERS.get(scenario.optimizer)
    if optimizer is None:
        raise NoSuchFieldError("optimizer", scenario.optimizer.value, f"DeepSpeed has no optimizer {scenario.optimizer.value}")
    half = scenario.method is not Method.FULL or scenario.recipe is Recipe.MIXED
    width = "fp16" if half and scenario.weights is Format.FP16 else "bf16"
    steps = max(parallel.num_microbatches, 2 if scenario.gradients is Gradients.ACCUMULATED else 1)
    fields = {
        "train_batch_size": scenario.batch_size * steps * parallel.data_parallel_size,
        "train_micro_batch_size_per_gpu": scenario.batch_size,
        "gradient_accumulation_steps": steps,
        width: {"enabled": half},
        "optimizer": optimizer,
        "zero_optimization": write_zero(parallel),
    }
    if parallel.fp32_gradients is not None:
        fields["data_types"] = {"grad_accum_dtype": "fp32" if parallel.fp32_gradients else width}
    return fields


def _optimizer_name(scenario: Scenario) -> str:
    if scenario.optimizer is Optimizer.ADAMW:
        return "adamw_torch_fused" if scenario.optimizer_implementation is OptimizerImplementation.FUSED else "adamw_torch"
    names = {Optimizer.ADAMW8BIT: "adamw_8bit", Optimizer.PAGED_ADAMW8BIT: "paged_adamw_8bit", Optimizer.ADAFACTOR: "adafactor"}
    if scenario.optimizer in names:
        return names[scenario.optimizer]
    if scenario.optimizer is Optimizer.SGD:
        return "sgd"
    optimizer = scenario.optimizer.value
    raise NoSuchFieldError("optimizer", optimizer, f"the trainer has no optimizer {optimizer}")


def _to_axolotl(scenario: Scenario, model: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"base_model": model, "sequence_len": scenario.context_length, "micro_batch_size": scenario.batch_size}
    fields["gradient_accumulation_steps"] = 2 if scenario.gradients is Gradients.ACCUMULATED else 1
    if scenario.method is Method.FULL and scenario.recipe in (Recipe.MIXED, Recipe.AMP):
        raise NoSuchFieldError("recipe", scenario.recipe.value, f"axolotl has no recipe {scenario.recipe.value}")
    if scenario.method is not Method.FULL:
        fields |= {"adapter": scenario.method.value, "lora_r": scenario.lora_r, "lora_alpha": 2 * scenario.lora_r}
        fields |= {"lora_dropout": 0.05 if scenario.lora_dropout else 0.0, "lora_target_modules": list(scenario.lora_target_modules)}
    if scenario.method is Method.QLORA:
        fields["load_in_4bit"] = True
    fields |= {"bf16": scenario.method is not Method.FULL or scenario.recipe is not Recipe.FP32, "optimizer": _optimizer_name(scenario)}
    fields |= {"gradient_checkpointing": scenario.gradient_checkpointing, "sample_packing": not scenario.varying_lengths}
    if scenario.loss is Loss.FUSED_LINEAR:
        fields |= {"plugins": ["axolotl.integrations.liger.LigerPlugin"], "liger_fused_linear_cross_entropy": True}
    if scenario.objective is not Objective.NEXT_TOKEN:
        fields["rl"] = scenario.objective.value
    if scenario.precomputed_reference and scenario.objective in REFERENCED:
        fields["precompute_ref_log_probs"] = True
    return fields | {"flash_attention": True} | write_axolotl(scenario.parallel, gradient_checkpointing=scenario.gradient_checkpointing)


def _to_llama_factory(scenario: Scenario, model: str) -> dict[str, Any]:
    full = scenario.method is Method.FULL
    if full and scenario.recipe is Recipe.MIXED:
        raise NoSuchFieldError("recipe", "mixed", "LLaMA-Factory has no recipe mixed")
    fields: dict[str, Any] = {"model_name_or_path": model, "stage": "sft", "finetuning_type": "full" if full else "lora"}
    if scenario.objective in (Objective.DPO, Objective.KTO):
        fields["stage"] = scenario.objective.value
    elif scenario.objective is not Objective.NEXT_TOKEN:
        fields |= {"stage": "dpo", "pref_loss": scenario.objective.value}
    fields |= {"cutoff_len": scenario.context_length, "per_device_train_batch_size": scenario.batch_size}
    fields["gradient_accumulation_steps"] = 2 if scenario.gradients is Gradients.ACCUMULATED else 1
    if not full:
        fields |= {"lora_rank": scenario.lora_r, "lora_target": ",".join(scenario.lora_target_modules)}
        fields["lora_dropout"] = 0.05 if scenario.lora_dropout else 0.0
    if scenario.method is Method.QLORA:
        fields["quantization_bit"] = 8 if scenario.weights is Format.INT8 else 4
    pure = full and scenario.recipe is Recipe.PURE16
    fields |= {"pure_bf16": True} if pure else {"bf16": not full or scenario.recipe is Recipe.AMP}
    fields |= {"optim": _optimizer_name(scenario), "disable_gradient_checkpointing": not scenario.gradient_checkpointing}
    fields["packing"] = not scenario.varying_lengths
    if scenario.loss is Loss.FUSED_LINEAR:
        fields["enable_liger_kernel"] = True
    return fields | write_llama_factory(scenario.parallel)
