"""Records of tensor storages: runs of real code, every tensor tracked, moment by moment."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from core.catalogue.config_keys import ConfigError
from core.catalogue.families import PIECES
from core.catalogue.hybrid_config import READERS
from core.evidence.records import UnsupportedError
from core.memory import Architecture, MomentName, Scenario, Stack, estimate, parameter_count
from core.memory.architecture import Norm, Position
from core.memory.edge import validated
from core.memory.scenario import ALL_LINEAR

#: The records' names of moments. A record of one step shows the first; ``_s2`` is the second, where optimizer states exist.
_STEP = {"fwd": MomentName.FORWARD, "bwd": MomentName.BACKWARD, "opt": MomentName.OPTIMIZER_STEP}
_FIRST = {"load": MomentName.LOAD, **_STEP, "after_zero": MomentName.BETWEEN_STEPS}
_SECOND = {f"{name}_s2": moment for name, moment in _STEP.items()}
_INFERENCE = {"load": MomentName.LOAD, "prefill": MomentName.PREFILL, "decode": MomentName.DECODE}

_OPTIMIZERS = {"adamw": "adamw", "sgd": "sgd", "sgd_momentum": "sgd-momentum", "adafactor": "adafactor"}
_RECIPES = {"bf16": "pure16", "fp16": "pure16", "fp32": "fp32", "autocast": "amp", "autocast_fp16": "amp"}
#: What LoRA's frozen weights are stored in.
_BASES = {"bf16": "bf16", "fp32": "fp32", "autocast": "fp32", "autocast_bf16w": "bf16"}
_LATENT = ("q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")


#: Rotated values of each head, where records leave it to the family.
_ROTATED_SHARES = {"GPTNeoX": 0.25, "Glm4Moe": 0.5}


class ExactPrediction(NamedTuple):
    """Bytes torch has allocated."""

    scenario: Scenario
    predicted_bytes: int
    measured_bytes: int
    moments: dict[str, dict[str, int]]
    parts: dict[str, list[float]]
    """What is alive at the peaks, by what it is: predicted less measured, as a share of the moment's peak."""


def is_exact(record: Mapping[str, Any]) -> bool:
    return isinstance(record.get("result"), dict) and isinstance(record.get("arch"), dict) and "mode" in record


def architecture_of(record: Mapping[str, Any]) -> Architecture:
    """Raises UnsupportedError for a family whose pieces are not known, KeyError and pydantic.ValidationError for an odd record."""
    arch = record["arch"]
    family = arch["family"]
    if family not in PIECES:
        raise UnsupportedError(f"the pieces of {family} are not known")
    fields: dict[str, Any] = dict(PIECES[family])
    kinds = arch.get("layer_types")
    if arch.get("sliding_window") and family != "Phimoe":  # whose window is longer than its longest context
        if isinstance(kinds, dict):
            sliding = kinds.get("sliding_attention", 0)
        elif family == "Gemma3Text":  # every sixth layer sees everything
            sliding = arch["layers"] - arch["layers"] // 6
        elif fields.get("window_mask_alone"):
            sliding = arch["layers"]
        else:
            raise UnsupportedError("which layers have the sliding window is not said")
        fields |= {"sliding_window": arch["sliding_window"], "num_sliding_layers": sliding}
    if family == "Llama4Text":
        unrotated = sum(not rotates for rotates in arch["no_rope_layers"])
        fields |= {"sliding_window": arch["attention_chunk_size"], "num_sliding_layers": arch["layers"] - unrotated}
        fields |= {"num_unrotated_layers": unrotated}
    share = arch.get("partial_rotary_factor") or _ROTATED_SHARES.get(family, 1)
    if share != 1:
        fields["rotary_dim"] = int(arch["head_dim"] * share)
    if family == "GPTJ":
        fields |= {"rotary_dim": arch.get("rotary_dim", 64), "max_position_embeddings": arch.get("max_position_embeddings", 2048)}
    elif family == "Glm4Moe":
        fields |= {"qkv_bias": arch.get("attention_bias", True), "qk_norm": arch.get("use_qk_norm", False)}
    elif family == "Falcon" and arch["kv_heads"] > 1:
        single = arch.get("num_ln_in_parallel_attn") == 1
        fields |= {"broadcast_heads": False, "heads_repeated_early": True, "single_norm": single, "norms_first": not single}
    if family in READERS:
        fields |= _with_mixers(arch)
    elif "num_experts_per_tok" in arch:
        width = arch.get("moe_intermediate_size") or arch["intermediate"]
        shared = 1 if family == "Llama4Text" else arch.get("n_shared_experts", 0)
        fields |= {
            "num_experts": arch.get("num_local_experts") or arch.get("n_routed_experts") or arch["num_experts"],
            "num_experts_per_tok": arch["num_experts_per_tok"],
            "moe_intermediate_size": width,
            "shared_expert_intermediate_size": arch.get("shared_expert_intermediate_size", shared * width),
            "first_k_dense_replace": arch.get("first_k_dense_replace", 0),
        }
    found = validated(
        Architecture,
        name=str(record.get("model", ""))[:200],
        nominal_parameters=arch["n_params"],
        **{
            "hidden_size": arch["hidden"],
            "intermediate_size": arch["intermediate"],
            "num_hidden_layers": arch["layers"],
            "num_attention_heads": arch["heads"] or 1,
            "num_key_value_heads": arch["kv_heads"] or 1,
            "head_dim": arch["head_dim"],
            "vocab_size": arch["vocab"],
            "tie_word_embeddings": arch["tied"],
        }
        | fields,
        **{field: arch[field] for field in _LATENT if field in arch},
    )
    if found.position is Position.LEARNED:  # nothing in a record but the count says how many positions there are
        missing = arch["n_params"] - parameter_count(found)
        found = replace(found, max_position_embeddings=max(0, missing // found.hidden_size))
    if parameter_count(found) != arch["n_params"]:
        raise UnsupportedError(f"its pieces add up to {parameter_count(found):,} parameters, not {arch['n_params']:,}")
    return found


def _with_mixers(arch: Mapping[str, Any]) -> dict[str, Any]:
    """What the configuration of a model with mixers says of them. A record tells how many layers of a kind there are, not their order:
    where the family has no rule for it, attention is taken to be spread evenly.
    """
    sizes = {"num_hidden_layers": "layers", "hidden_size": "hidden", "intermediate_size": "intermediate", "head_dim": "head_dim"}
    fields: dict[str, Any] = {field: arch[key] for field, key in sizes.items()}
    config = {key: value for key, value in arch.items() if key != "layer_types"}
    kinds = arch["layer_types"]
    if "mlp" in kinds:
        mixers, attention = kinds["linear_attention"], kinds["full_attention"]
        last = mixers // (attention + 1)
        config["layer_types"] = ["linear_attention"] * (mixers - last) + ["full_attention"] * attention
        config["layer_types"] += ["linear_attention"] * last + ["mlp"] * kinds["mlp"]
    try:
        READERS[arch["family"]](config, fields)
    except ConfigError as error:
        raise UnsupportedError(str(error)) from error
    return fields


def scenario_of(record: Mapping[str, Any], architecture: Architecture) -> Scenario:
    """Raises UnsupportedError for what is not modelled."""
    base: dict[str, Any] = {
        "architecture": architecture,
        "batch_size": record["batch"],
        "context_length": record["seq"],
        "attention": record["attn"],
    }
    dtype = record["dtype"]
    if record["mode"] == "prefill":
        inference = {"weights": dtype, "kv_cache": dtype, "context_length": record["seq"] + 1, "logits_to_keep": record["logits_to_keep"]}
        return validated(Scenario, **base | inference)
    if record["optimizer"] not in _OPTIMIZERS:
        raise UnsupportedError(f"the optimizer {record['optimizer']} is not modelled")
    base |= {
        "task": "training",
        "optimizer": _OPTIMIZERS[record["optimizer"]],
        "optimizer_implementation": record["opt_impl"],
        "keep_outputs": bool(record.get("keep_outputs")),
        "gradient_checkpointing": record["ckpt"],
    }
    if record["mode"] == "lora":
        lora = record["lora"]
        if dtype not in _BASES:
            raise UnsupportedError(f"LoRA in {dtype} is not modelled")
        adapters = {
            "weights": _BASES[dtype],
            "autocast": dtype.startswith("autocast"),
            "lora_r": lora["r"],
            "lora_bits": 32 if lora.get("adapter_fp32", True) else 16,
            "lora_dropout": bool(lora.get("dropout")),
            "lora_target_modules": ALL_LINEAR if lora["targets"] == "all-linear" else tuple(lora["targets"]),
        }
        return validated(Scenario, **base, method="lora", **adapters)
    if dtype == "autocast_bf16w":
        base["autocast"], dtype = architecture.norm is Norm.LAYER, "bf16"  # of other norms there is nothing that autocast would cast
    if record["mode"] != "train" or dtype not in _RECIPES:
        raise UnsupportedError(f"{record['mode']} in {dtype} is not modelled")
    return validated(Scenario, **base, recipe=_RECIPES[dtype])


def predict(record: Mapping[str, Any]) -> ExactPrediction:
    """Every moment the record names. Raises UnsupportedError, RefusedError; KeyError and the like for an odd record."""
    scenario = scenario_of(record, architecture_of(record))
    runs = [(scenario, _INFERENCE)]
    if record["mode"] != "prefill":
        runs = [(scenario.evolve(first_step=True), _FIRST), (scenario, _SECOND)]
    result, moments = record["result"], {}
    parts: dict[str, list[float]] = {}
    for run, names in runs:
        known = {moment.name: moment.stack for moment in estimate(run).moments}
        for name, moment in names.items():
            measured = result.get(name)
            if measured:  # a peak with what it is made of, or a level
                peak = measured["peak"] if isinstance(measured, dict) else measured
                moments[name] = {"predicted_bytes": known[moment].readings.allocated_bytes, "measured_bytes": int(peak)}
            if isinstance(measured, dict) and "params" in measured:
                for part, share in _shares(known[moment], measured).items():
                    parts.setdefault(part, []).append(share)
    if not moments:
        raise UnsupportedError("it names no moment")
    return ExactPrediction(
        scenario,
        max(moment["predicted_bytes"] for moment in moments.values()),
        max(moment["measured_bytes"] for moment in moments.values()),
        moments,
        parts,
    )


def _shares(stack: Stack, measured: Mapping[str, Any]) -> dict[str, float]:
    """By how much of the peak each part is off. What is saved and what is temporary are told apart only by who holds it, so together."""
    pairs = {
        "weights": (stack.weights, measured["params"] + measured["buffers"]),
        "gradients": (stack.gradients, measured["grads"]),
        "optimizer": (stack.optimizer, measured["optimizer"]),
        "kv_cache": (stack.kv_cache, measured["kv"]),
        "activations": (stack.activations + stack.logits + stack.workspace, measured["saved"] + measured["temp"]),
    }
    return {part: (predicted - true) / measured["peak"] for part, (predicted, true) in pairs.items() if predicted or true}
