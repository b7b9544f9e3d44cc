"""Configurations of trainers as scenarios: DeepSpeed (JSON), accelerate, axolotl and LLaMA-Factory (YAML). The way back is
:mod:`core.trainer_export`.

What a file sets that says something about memory is taken; what says nothing is passed over; the rest is listed. Sources: the trainers'
documented options and defaults (axolotl 0.8, LLaMA-Factory 0.9, DeepSpeed's "Configuration JSON", accelerate's config file).
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from core.catalogue.bounded_json import parse_bounded
from core.catalogue.hf_config import Note
from core.memory import Format, Method, Optimizer, Recipe, Sharding, Task
from core.memory.parallel import MAX_PARALLEL_SIZE
from core.memory.scenario import ALL_LINEAR, Gradients, Loss, Objective, OptimizerImplementation
from core.spread_config import divides_states, read_accelerate, read_zero, whole

Config = Mapping[str, Any]


class Trainer(StrEnum):
    """Whose configuration it is."""

    AXOLOTL = "axolotl"
    LLAMA_FACTORY = "llama-factory"
    DEEPSPEED = "deepspeed"
    ACCELERATE = "accelerate"


class TrainerConfig(NamedTuple):
    """What a configuration says."""

    trainer: Trainer
    model_name: str
    """As the file has it; empty where it names none."""
    changes: dict[str, Any]
    """Fields of a scenario."""
    notes: tuple[tuple[Note, str], ...]


def parse_trainer_config(data: bytes) -> TrainerConfig | None:
    """The trainer's configuration that ``data`` is; None where it is something else. Never raises."""
    found: Any
    try:
        found = parse_bounded(data) if data.lstrip()[:1] == b"{" else _parsed_yaml(data)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    config = {key: value for key, value in found.items() if isinstance(key, str)}
    trainer = _trainer_of(config)
    return _READERS[trainer](config) if trainer is not None else None


def _parsed_yaml(data: bytes) -> Any:
    from core.catalogue.bounded_yaml import parse_yaml  # only here: no start is to wait for it

    return parse_yaml(data)


def _trainer_of(config: Config) -> Trainer | None:
    keys = config.keys()
    if "base_model" in keys:
        return Trainer.AXOLOTL
    if "model_name_or_path" in keys and keys & {"finetuning_type", "stage", "cutoff_len", "template"}:
        return Trainer.LLAMA_FACTORY
    if keys & {"zero_optimization", "train_micro_batch_size_per_gpu"}:
        return Trainer.DEEPSPEED
    return Trainer.ACCELERATE if keys & {"compute_environment", "distributed_type"} else None


_OPTIMIZERS: dict[str, dict[str, Any]] = {
    "adamw_torch": {"optimizer": Optimizer.ADAMW, "optimizer_implementation": OptimizerImplementation.FOREACH},
    "adamw_hf": {"optimizer": Optimizer.ADAMW, "optimizer_implementation": OptimizerImplementation.FORLOOP},
    "adamw_torch_fused": {"optimizer": Optimizer.ADAMW, "optimizer_implementation": OptimizerImplementation.FUSED},
    "adamw": {"optimizer": Optimizer.ADAMW},
    "adam": {"optimizer": Optimizer.ADAM},
    "adamw_bnb_8bit": {"optimizer": Optimizer.ADAMW8BIT},
    "adamw_8bit": {"optimizer": Optimizer.ADAMW8BIT},
    "paged_adamw_8bit": {"optimizer": Optimizer.PAGED_ADAMW8BIT},
    "adafactor": {"optimizer": Optimizer.ADAFACTOR},
    "sgd": {"optimizer": Optimizer.SGD},
}


_OBJECTIVES = {"ipo": Objective.DPO} | {each.value: each for each in Objective if each is not Objective.NEXT_TOKEN}


class _Reading:
    """Takes keys off a configuration; what is left was not understood."""

    def __init__(self, config: Config, harmless: str) -> None:
        self._left = {key: value for key, value in config.items() if key not in frozenset(harmless.split())}
        self.changes: dict[str, Any] = {"task": Task.TRAINING}
        self.notes: list[tuple[Note, str]] = []

    def take(self, key: str, default: Any = None) -> Any:
        value = self._left.pop(key, default)
        return default if value is None else value

    def number(self, key: str, field: str, low: int, high: int) -> None:
        value = self.take(key)
        if value == "auto":
            return
        if type(value) is int and low <= value <= high:
            self.changes[field] = value
        elif value is not None:
            self.notes.append((Note.NOT_MODELLED, f"{key}: {str(value)[:40]}"))

    def yes(self, key: str) -> bool:
        return self.take(key, False) in (True, "true", "auto")

    def optimizer(self, name: object) -> None:
        known = _OPTIMIZERS.get(name.lower()) if isinstance(name, str) else None
        if known is not None:
            self.changes |= known
        elif name is not None:
            self.notes.append((Note.NOT_MODELLED, f"optimizer {str(name)[:40]}"))

    def objective(self, key: str, name: object) -> None:
        if isinstance(name, str) and name in _OBJECTIVES:
            self.changes["objective"] = _OBJECTIVES[name]
        elif name is not None:
            self.notes.append((Note.NOT_MODELLED, f"{key} {str(name)[:40]}"))

    def targets(self, value: object) -> None:
        names = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
        wanted = tuple(name for name in ALL_LINEAR if name in [str(each).strip() for each in names])
        if "all" in names or "all-linear" in names:
            self.changes["lora_target_modules"] = ALL_LINEAR
        elif wanted:
            self.changes["lora_target_modules"] = wanted

    def accumulated(self) -> None:
        steps = self.take("gradient_accumulation_steps")
        if type(steps) is int and steps > 1:
            self.changes["gradients"] = Gradients.ACCUMULATED

    def not_modelled(self, *keys: str) -> None:
        for key in keys:
            if self.take(key):
                self.notes.append((Note.NOT_MODELLED, key))

    def not_understood(self, key: str) -> None:
        self.notes.append((Note.UNKNOWN_KEYS, key[:100]))

    def enabled(self, key: str) -> bool:
        part = self.take(key, {})
        return isinstance(part, dict) and part.get("enabled") in (True, "true", "auto")

    def replicas(self, config: Config) -> None:
        """How many there are, which DeepSpeed says by its batch alone: sequences of a step over those of one GPU's step. One GPU that holds
        everything accumulates as any trainer does.
        """
        steps = whole(self.take("gradient_accumulation_steps"), 1, 10**6) or 1
        everything = whole(config.get("train_batch_size"), 1, 10**9)
        micro = whole(config.get("train_micro_batch_size_per_gpu"), 1, 10**6)
        if everything and micro and everything % (micro * steps) == 0 and everything // (micro * steps) <= MAX_PARALLEL_SIZE:
            self.changes["data_parallel_size"] = everything // (micro * steps)
        alone = self.changes.get("sharding", Sharding.NONE) is Sharding.NONE and self.changes.get("data_parallel_size", 1) == 1
        self.changes["num_microbatches"] = 1 if alone else steps
        self.changes["gradients"] = Gradients.ACCUMULATED if alone and steps > 1 else Gradients.PER_STEP

    def several_gpus(self, *keys: str) -> None:
        if [key for key in keys if self.take(key)]:
            self.notes.append((Note.ONE_GPU, ", ".join(keys)[:60]))

    def done(self, trainer: Trainer, model: object = "") -> TrainerConfig:
        if self._left:
            self.notes.append((Note.UNKNOWN_KEYS, ", ".join(sorted(str(key)[:60] for key in self._left)[:20])))
        return TrainerConfig(trainer, model[:200] if isinstance(model, str) else "", self.changes, tuple(self.notes))


_SAYS_NOTHING = """
datasets dataset dataset_dir val_set_size output_dir num_epochs num_train_epochs learning_rate lr_scheduler lr_scheduler_type warmup_steps
warmup_ratio weight_decay seed logging_steps save_steps save_strategy eval_steps evaluation_strategy eval_strategy max_steps wandb_project
wandb_entity wandb_name report_to special_tokens model_type tokenizer_type template do_train do_eval overwrite_output_dir overwrite_cache
preprocessing_num_workers dataloader_num_workers max_samples plot_loss ddp_timeout trust_remote_code chat_template train_on_inputs
group_by_length early_stopping_patience resume_from_checkpoint logging_dir save_total_limit lora_alpha val_size dataset_prepared_path
strict lora_model_dir debug evals_per_epoch saves_per_epoch save_only_model save_safetensors tf32 loraplus_lr_ratio
lora_modules_to_save_ignored pad_to_sequence_len eval_sample_packing shuffle_merged_datasets auto_resume_from_checkpoints max_grad_norm
adam_beta1 adam_beta2 adam_epsilon cosine_min_lr_ratio base_model_config tokenizer_config is_llama_derived_model rl_beta
push_dataset_to_hub hub_model_id ref_model bnb_4bit_compute_dtype per_device_eval_batch_size eval_batch_size run_name plugins
"""


def _axolotl(config: Config) -> TrainerConfig:
    reading = _Reading(config, _SAYS_NOTHING)
    model = reading.take("base_model")
    plugins = str(config.get("plugins", ""))
    reading.number("sequence_len", "context_length", 128, 10**7)
    reading.number("micro_batch_size", "batch_size", 1, 4096)
    reading.number("lora_r", "lora_r", 1, 65_536)
    reading.accumulated()
    four, eight = reading.yes("load_in_4bit"), reading.yes("load_in_8bit")
    match reading.take("adapter"):
        case "qlora":
            reading.changes |= {"method": Method.QLORA, "weights": Format.NF4}
        case "lora":
            weights = Format.NF4 if four else Format.INT8 if eight else Format.BF16
            reading.changes |= {"method": Method.QLORA if four or eight else Method.LORA, "weights": weights}
        case None:
            reading.changes |= {"method": Method.FULL, "weights": Format.BF16, "recipe": Recipe.PURE16}
        case other:
            reading.notes.append((Note.NOT_MODELLED, f"adapter {str(other)[:40]}"))
    half = [key for key in ("bf16", "fp16", "bfloat16", "float16") if reading.yes(key)]
    if reading.changes.get("method") is Method.FULL and not half:
        reading.changes |= {"weights": Format.FP32, "recipe": Recipe.FP32}
    reading.changes["autocast"] = bool(half) and reading.changes.get("method") is not Method.FULL
    if reading.yes("lora_target_linear"):
        reading.changes["lora_target_modules"] = ALL_LINEAR
    reading.targets(reading.take("lora_target_modules"))
    reading.changes["lora_dropout"] = bool(reading.take("lora_dropout"))
    reading.optimizer(reading.take("optimizer"))
    reading.changes["gradient_checkpointing"] = reading.yes("gradient_checkpointing")
    reading.take("gradient_checkpointing_kwargs")
    packed, padded = reading.yes("sample_packing"), config.get("pad_to_sequence_len") in (True, "true")
    reading.changes["varying_lengths"] = not packed and not padded
    fused = "CutCrossEntropy" in plugins or reading.yes("cut_cross_entropy")
    if reading.yes("liger_fused_linear_cross_entropy") or fused:
        reading.changes["loss"] = Loss.FUSED_LINEAR
    kernels = [reading.yes(key) for key in ("liger_rope", "liger_rms_norm", "liger_glu_activation", "liger_swiglu")]
    reading.changes["fused_kernels"] = any(kernels)
    for key in ("flash_attention", "sdp_attention", "xformers_attention", "s2_attention"):
        reading.take(key)
    reading.changes["train_embeddings"] = bool(reading.take("lora_modules_to_save"))
    reading.several_gpus("deepspeed", "fsdp", "fsdp_config", "fsdp_version", "tensor_parallel_size", "context_parallel_size")
    reading.objective("rl", reading.take("rl"))
    reading.changes["precomputed_reference"] = reading.yes("precompute_ref_log_probs")
    reading.not_modelled("unfrozen_parameters", "relora_steps")
    return reading.done(Trainer.AXOLOTL, model)


def _llama_factory(config: Config) -> TrainerConfig:
    reading = _Reading(config, _SAYS_NOTHING)
    model = reading.take("model_name_or_path")
    stage, preference = reading.take("stage", "sft"), reading.take("pref_loss", "sigmoid")
    if stage not in ("sft", "pt"):  # its stage dpo is also that of the losses without a reference model
        reading.objective("stage", preference if stage == "dpo" and preference in ("orpo", "simpo") else stage)
    reading.number("cutoff_len", "context_length", 128, 10**7)
    reading.number("per_device_train_batch_size", "batch_size", 1, 4096)
    reading.number("lora_rank", "lora_r", 1, 65_536)
    reading.accumulated()
    bits, pure, half = reading.take("quantization_bit"), reading.yes("pure_bf16"), reading.yes("bf16") | reading.yes("fp16")
    reading.take("quantization_method")
    match reading.take("finetuning_type", "lora"):
        case "lora":
            weights = {4: Format.NF4_DOUBLE, 8: Format.INT8}.get(bits, Format.BF16) if isinstance(bits, int) else Format.BF16
            reading.changes |= {"method": Method.LORA if bits is None else Method.QLORA, "weights": weights, "autocast": half and not pure}
        case "full":
            recipe = Recipe.PURE16 if pure else Recipe.AMP if half else Recipe.FP32
            reading.changes |= {"method": Method.FULL, "recipe": recipe, "weights": Format.BF16 if pure else Format.FP32}
        case other:
            reading.notes.append((Note.NOT_MODELLED, f"finetuning_type {str(other)[:40]}"))
    reading.targets(reading.take("lora_target", "all"))
    reading.changes["lora_dropout"] = bool(reading.take("lora_dropout"))
    reading.optimizer(reading.take("optim", "adamw_torch"))
    reading.changes["gradient_checkpointing"] = not reading.yes("disable_gradient_checkpointing")
    reading.take("gradient_checkpointing")
    reading.changes["varying_lengths"] = not reading.yes("packing")
    if reading.yes("enable_liger_kernel"):
        reading.changes |= {"loss": Loss.FUSED_LINEAR, "fused_kernels": True}
    reading.take("flash_attn")
    reading.changes["upcast_norms"] = reading.yes("upcast_layernorm")
    reading.changes["train_embeddings"] = bool(reading.take("additional_target"))
    reading.several_gpus("deepspeed", "fsdp")
    reading.not_modelled("use_galore", "use_apollo", "use_badam", "use_unsloth", "use_dora")
    return reading.done(Trainer.LLAMA_FACTORY, model)


def _deepspeed(config: Config) -> TrainerConfig:
    reading = _Reading(
        config, "train_batch_size gradient_clipping steps_per_print wall_clock_breakdown scheduler prescale_gradients dump_state"
    )
    reading.number("train_micro_batch_size_per_gpu", "batch_size", 1, 4096)
    brain, half = (reading.enabled(key) for key in ("bf16", "fp16"))
    reading.changes |= {"recipe": Recipe.MIXED if brain or half else Recipe.FP32}
    reading.changes |= {"weights": Format.BF16 if brain else Format.FP16 if half else Format.FP32}
    types = reading.take("data_types", {})
    wide = types.get("grad_accum_dtype") if isinstance(types, dict) else None
    reading.changes["fp32_gradients"] = {"fp32": True, "bf16": False, "fp16": False}.get(str(wide))
    optimizer = reading.take("optimizer", {})
    reading.optimizer(optimizer.get("type") if isinstance(optimizer, dict) else optimizer)
    options = optimizer.get("params") if isinstance(optimizer, dict) else None
    if reading.changes.get("optimizer") is Optimizer.SGD and isinstance(options, dict) and options.get("momentum"):
        reading.changes["optimizer"] = Optimizer.SGD_MOMENTUM
    zero = reading.take("zero_optimization", {})
    if isinstance(zero, dict):
        reading.changes |= read_zero(zero, reading.not_understood)
    reading.replicas(config)
    reading.not_modelled("activation_checkpointing")
    return reading.done(Trainer.DEEPSPEED)


def _accelerate(config: Config) -> TrainerConfig:
    reading = _Reading(
        config,
        "compute_environment debug machine_rank main_training_function num_machines rdzv_backend same_network tpu_env tpu_use_cluster "
        "tpu_use_sudo use_cpu gpu_ids main_process_port main_process_ip enable_cpu_affinity downcast_bf16 dynamo_config",
    )
    precision = reading.take("mixed_precision", "no")
    half = precision in ("bf16", "fp16")
    mixed = half and divides_states(config)
    reading.changes |= {"recipe": Recipe.MIXED if mixed else Recipe.AMP if half else Recipe.FP32, "autocast": half}
    reading.changes |= {"weights": Format.FP32 if not mixed else Format.FP16 if precision == "fp16" else Format.BF16}
    reading.changes |= read_accelerate(config, reading.take, reading.not_understood)
    return reading.done(Trainer.ACCELERATE)


_READERS: Mapping[Trainer, Callable[[Config], TrainerConfig]] = {
    Trainer.AXOLOTL: _axolotl,
    Trainer.LLAMA_FACTORY: _llama_factory,
    Trainer.DEEPSPEED: _deepspeed,
    Trainer.ACCELERATE: _accelerate,
}
