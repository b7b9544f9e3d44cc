"""Against the true bytes of real code, moment by moment: torch's allocated memory, every tensor storage tracked.

`measured.json` holds some of those runs. Where the whole set lies beside the repository (``../shared/evidence``), all runs of the
families that the model knows are compared.
"""

import json
import statistics
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from core.memory import Architecture, Method, MomentName, Scenario, estimate, parameter_count, refusal
from core.memory.edge import validated
from core.memory.scenario import ALL_LINEAR

HERE = Path(__file__).resolve()
MEASURED = json.loads(HERE.with_name("measured.json").read_text(encoding="utf-8"))
EVIDENCE = HERE.parents[4] / "shared" / "evidence"

MEDIAN_PERCENT, PERCENTILE_95_PERCENT = 0.01, 0.1
#: The worst are attention that writes its scores (eager, and fp32 with grouped heads, where SDPA falls back to mathematics) in a small
#: model under checkpointing.
WORST_PERCENT = {
    MomentName.LOAD: 0.001,
    MomentName.PREFILL: 0.001,
    MomentName.DECODE: 0.02,
    MomentName.FORWARD: 0.1,
    MomentName.BACKWARD: 0.2,
    MomentName.OPTIMIZER_STEP: 0.01,
    MomentName.BETWEEN_STEPS: 0.01,
}

SCORES_DECIDE = (
    "TinyLlama-1.1B full bf16 eager checkpointing",
    "TinyLlama-1.1B full fp32 eager checkpointing",
    "TinyLlama-1.1B full fp32 sdpa checkpointing",
)


def allocated(scenario: Scenario, moment: MomentName) -> int:
    stack = next(found.stack for found in estimate(scenario).moments if found.name == moment)
    return stack.readings.allocated_bytes


def percent_off(estimated: int, measured: int) -> float:
    return 100 * abs(estimated - measured) / measured


class TestShippedMeasurements:
    @pytest.mark.parametrize("run", MEASURED["runs"], ids=lambda run: run["name"])
    def test_every_moment_is_within_a_tenth_of_a_percent(self, run):
        scenario = validated(Scenario, **{"architecture": MEASURED["architectures"][run["model"]], **run["scenario"]})
        for name, measured in run["allocated_bytes"].items():
            moment = MomentName(name)
            scores_decide = run["name"].startswith(SCORES_DECIDE) and moment in (MomentName.FORWARD, MomentName.BACKWARD)
            allowed = WORST_PERCENT[moment] if scores_decide else 0.1
            assert percent_off(allocated(scenario, moment), measured) <= allowed, moment

    def test_they_cover_every_moment_and_way_to_run(self):
        runs = [run["scenario"] for run in MEASURED["runs"]]
        assert {moment for run in MEASURED["runs"] for moment in run["allocated_bytes"]} == set(MomentName)
        assert {run.get("method", "full") for run in runs} >= {Method.FULL, Method.LORA}
        assert {run["recipe"] for run in runs if "recipe" in run} >= {"pure16", "amp", "fp32"}
        assert {run["attention"] for run in runs} == {"eager", "sdpa"}
        assert {run.get("gradient_checkpointing", False) for run in runs} == {True, False}


class Comparison(NamedTuple):
    case: str
    moment: MomentName
    percent: float


#: Keys of a record: a run of one step shows the first; ``_s2`` is the second, where optimizer states exist.
FIRST_STEP = {
    "load": MomentName.LOAD,
    "fwd": MomentName.FORWARD,
    "bwd": MomentName.BACKWARD,
    "opt": MomentName.OPTIMIZER_STEP,
    "after_zero": MomentName.BETWEEN_STEPS,
}
STEADY_STEP = {"fwd_s2": MomentName.FORWARD, "bwd_s2": MomentName.BACKWARD, "opt_s2": MomentName.OPTIMIZER_STEP}
INFERENCE = {"load": MomentName.LOAD, "prefill": MomentName.PREFILL, "decode": MomentName.DECODE}
OPTIMIZERS = {"adamw": "adamw", "sgd": "sgd", "sgd_momentum": "sgd-momentum"}
RECIPES = {"bf16": "pure16", "fp32": "fp32", "autocast": "amp", "autocast_fp16": "amp"}


#: The pieces that each family's layers are made of.
PIECES: dict[str, dict[str, Any]] = {
    "Llama": {},
    "Mistral": {},
    "Qwen2": {"qkv_bias": True},
    "GPTNeoX": {
        "norm": "layer",
        "parallel_residual": True,
        "linear_bias": True,
        "fused_qkv": True,
        "rotary_concatenated": True,
        "rotary_dim": 32,
        "activation": "gelu",
    },
    "GPT2": {
        "norm": "layer",
        "position": "learned",
        "linear_bias": True,
        "fused_qkv": True,
        "activation": "gelu_written_out",
        "dropout": True,
        "softmax_in_fp32": False,
        "max_position_embeddings": 8192,
    },
    "Gemma3Text": {"norm": "rms_plus_one", "post_norms": True, "qk_norm": True},
    "Mixtral": {},
    "DeepseekV3": {"router": "sigmoid"},
}
LATENT = ("q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim")


def architecture_of(case: dict[str, Any]) -> Architecture | None:
    """None for a family that is not in the model yet."""
    arch = case["arch"]
    if arch["family"] not in PIECES:
        return None
    pieces = dict(PIECES[arch["family"]])
    if arch["family"] == "Gemma3Text":  # every sixth layer sees everything
        pieces |= {"sliding_window": arch["sliding_window"], "num_sliding_layers": arch["layers"] - arch["layers"] // 6}
    if "num_experts_per_tok" in arch:
        width = arch.get("moe_intermediate_size", arch["intermediate"])
        pieces |= {
            "num_experts": arch["num_local_experts"],
            "num_experts_per_tok": arch["num_experts_per_tok"],
            "moe_intermediate_size": width,
            "shared_expert_intermediate_size": arch.get("n_shared_experts", 0) * width,
            "first_k_dense_replace": arch.get("first_k_dense_replace", 0),
        }
    return validated(
        Architecture,
        name=case["model"],
        nominal_parameters=arch["n_params"],
        hidden_size=arch["hidden"],
        intermediate_size=arch["intermediate"],
        num_hidden_layers=arch["layers"],
        num_attention_heads=arch["heads"],
        num_key_value_heads=arch["kv_heads"],
        head_dim=arch["head_dim"],
        vocab_size=arch["vocab"],
        tie_word_embeddings=arch["tied"],
        **pieces,
        **{field: arch[field] for field in LATENT if field in arch},
    )


def scenario_of(case: dict[str, Any], architecture: Architecture) -> Scenario | None:
    """None for what the model does not claim: 16-bit adapters or their dropout, LoRA under autocast, Adafactor, outputs held on to."""
    base = validated(Scenario, architecture=architecture, batch_size=case["batch"], context_length=case["seq"], attention=case["attn"])
    if case["mode"] == "prefill":
        keep = case["logits_to_keep"]
        return base.evolve(weights=case["dtype"], kv_cache=case["dtype"], context_length=case["seq"] + 1, logits_to_keep=keep)
    if case["optimizer"] not in OPTIMIZERS or case["keep_outputs"]:
        return None
    training = base.evolve(
        task="training",
        optimizer=OPTIMIZERS[case["optimizer"]],
        optimizer_implementation=case["opt_impl"],
        gradient_checkpointing=case["ckpt"],
    )
    if case["mode"] == "lora":
        lora = case["lora"]
        if case["dtype"] not in {"bf16", "fp32"} or not lora.get("adapter_fp32", True) or lora.get("dropout"):
            return None
        targets = ALL_LINEAR if lora["targets"] == "all-linear" else tuple(lora["targets"])
        return training.evolve(method="lora", weights=case["dtype"], lora_r=lora["r"], lora_target_modules=targets)
    recipe = RECIPES.get(case["dtype"])
    return training.evolve(recipe=recipe) if recipe else None


def compare(case: dict[str, Any], scenario: Scenario) -> list[Comparison]:
    runs = [(scenario, INFERENCE)]
    if case["mode"] != "prefill":
        runs = [(scenario.evolve(first_step=True), FIRST_STEP), (scenario, STEADY_STEP)]
    name = f"{case['model']} {case['mode']} {case['dtype']} {case['attn']} {'ckpt ' * case['ckpt']}{case['batch']} x {case['seq']}"
    comparisons = []
    for run, moments in runs:
        for key, moment in moments.items():
            result = case["result"].get(key)
            measured = result["peak"] if isinstance(result, dict) else result
            if measured:
                comparisons.append(Comparison(name, moment, percent_off(allocated(run, moment), measured)))
    return comparisons


@pytest.fixture(scope="module")
def comparisons() -> list[Comparison]:
    paths = [EVIDENCE / name for name in ("exact.jsonl", "exact_modern.jsonl")]
    if not all(path.exists() for path in paths):
        pytest.skip("the whole set of measurements is not here")
    found = []
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            architecture = architecture_of(case)
            if architecture is None:
                continue
            assert parameter_count(architecture) == case["arch"]["n_params"]
            scenario = scenario_of(case, architecture)
            eager_latent = case["attn"] == "eager" and architecture.kv_lora_rank  # no formula yet: up to 1 % low
            if scenario is not None and refusal(scenario) is None and not eager_latent:
                found += compare(case, scenario)
    return found


class TestWholeEvidence:
    def test_median_and_95th_percentile(self, comparisons):
        errors = [comparison.percent for comparison in comparisons]
        assert len(errors) > 900
        assert statistics.median(errors) <= MEDIAN_PERCENT
        assert statistics.quantiles(errors, n=20)[-1] <= PERCENTILE_95_PERCENT

    def test_every_moment_by_itself(self, comparisons):
        by_moment = defaultdict(list)
        for comparison in comparisons:
            by_moment[comparison.moment].append(comparison)
        assert set(by_moment) == set(MomentName)
        for moment, of_moment in by_moment.items():
            assert statistics.median(comparison.percent for comparison in of_moment) <= MEDIAN_PERCENT, moment
            worst = max(of_moment, key=lambda comparison: comparison.percent)
            assert worst.percent <= WORST_PERCENT[moment], worst
