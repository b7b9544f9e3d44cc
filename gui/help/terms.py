"""Which term of the glossary a part of the window is about."""

from PySide6.QtWidgets import QLabel, QWidget

#: By the name of the widget, or of one that it is in.
TERMS: dict[str, str] = {
    "run_inference_full": "inference",
    "run_training_full": "training",
    "run_training_lora": "lora",
    "run_training_qlora": "qlora",
    "model": "model",
    "favourite_model": "model",
    "parameters": "parameter_count",
    "precision": "precision",
    "batch": "batch_size",
    "context": "context_length",
    "recipe": "recipe",
    "bytes_per_parameter": "recipe",
    "lora_r.box": "lora_rank",
    "lora_target_modules": "lora_targets",
    "optimizer": "optimizer",
    "loss": "loss",
    "objective": "objective",
    "gradient_checkpointing": "gradient_checkpointing",
    "more": "runtime_program",
    "more_summary": "runtime_program",
    "runtime": "runtime_program",
    "weights": "weight_format",
    "format_note": "quantization",
    "kv_cache": "kv_cache",
    "shared_prefix_length.box": "prefix_caching",
    "speculative_tokens.box": "prediction_heads",
    "mtp_num_layers.box": "prediction_heads",
    "attention": "attention",
    "estimator": "estimate",
    "peak_figure": "peak",
    "peak_moment": "peak",
    "assumptions": "context_length",
    "readings": "readings",
    "memory_chart": "gpu_memory",
    "legend": "gpu_memory",
    "film": "peak",
    "evidence_readout": "band",
    "gpu_list": "gpu",
    "gpu_filter": "gpu",
    "gpu_box": "gpu",
    "gpu_only_fitting": "fit",
    "edit_card": "usable_memory",
    "machine_text": "usable_memory",
    "machine_free_only": "usable_memory",
    "verdict": "fit",
    "gpu_count.box": "several_gpus",
    "world_size.box": "several_gpus",
    "cards.box": "several_gpus",
    "fleet_summary": "several_gpus",
    "gpus_per_node.box": "interconnect",
    "interconnect": "interconnect",
    "tensor_parallel_size.box": "tensor_parallel",
    "pipeline_parallel_size.box": "pipeline_parallel",
    "context_parallel_size.box": "context_parallel",
    "expert_parallel_size.box": "expert_parallel",
    "num_microbatches.box": "micro_batches",
    "sharding": "sharding",
    "recompute": "gradient_checkpointing",
    "offload_optimizer": "offload",
    "offload_parameters": "offload",
    "offload_activations": "offload",
    "sequence_parallel": "sequence_parallel",
    "fp8_linears": "fp8_linears",
    "precomputed_reference": "objective",
}


def term_of(part: QWidget | None) -> str:
    """The id of the term that ``part`` is about; empty where there is none. A caption is about its control."""
    while part is not None:
        if isinstance(part, QLabel) and part.buddy() is not None and (term := term_of(part.buddy())):
            return term
        if part.objectName() in TERMS:
            return TERMS[part.objectName()]
        part = part.parentWidget()
    return ""
