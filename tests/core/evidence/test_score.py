"""Scoring: predicted as it was measured, odd records unsupported with a reason, never a crash."""

import json

import pytest

from core.cli import main

ARCH = {
    "family": "Llama",
    "hidden": 2048,
    "layers": 22,
    "heads": 32,
    "vocab": 32000,
    "tied": False,
    "kv_heads": 4,
    "head_dim": 64,
    "intermediate": 5632,
    "n_params": 1_100_048_384,
}
EXACT = {
    "model": "TinyLlama-1.1B",
    "dtype": "bf16",
    "attn": "sdpa",
    "batch": 1,
    "seq": 2048,
    "mode": "train",
    "logits_to_keep": 0,
    "optimizer": "adamw",
    "opt_impl": "foreach",
    "ckpt": False,
    "lora": None,
    "keep_outputs": False,
    "arch": ARCH,
}
MODEL = {
    "name": "Qwen/Qwen2.5-7B-Instruct",
    "n_params": 7_615_616_512,
    "hidden": 3584,
    "layers": 28,
    "heads": 28,
    "kv_heads": 4,
    "head_dim": 128,
    "intermediate": 18944,
    "vocab": 152064,
    "tied_embeddings": False,
}
#: qwen.readthedocs.io, speed benchmark of Qwen2.5.
INFERENCE = {
    "id": "qwen2.5-7b-bf16",
    "task": "inference",
    "model": MODEL,
    "run": {
        "engine": "transformers",
        "engine_version": "transformers 4.46.0",
        "attention_impl": "flash_attention_2",
        "weight_format": "bf16",
        "batch": 1,
        "context": 8192,
        "prompt_tokens": 6144,
        "generated_tokens": 2048,
    },
    "hardware": {"gpu": "A100", "n_gpus": 1},
    "measured": {"component": "total", "bytes": 16_514_149_253, "quantity": "torch_peak_allocated"},
}
TRAINING = {
    "id": "mistral-full",
    "task": "training",
    "model": {
        "name": "Mistral-7B",
        "n_params": 7_241_732_096,
        "hidden": 4096,
        "layers": 32,
        "heads": 32,
        "kv_heads": 8,
        "head_dim": 128,
        "intermediate": 14336,
        "vocab": 32000,
        "tied_embeddings": False,
    },
    "run": {
        "framework": "trl",
        "method": "full",
        "weight_dtype": "bfloat16",
        "optimizer": "adamw_torch (foreach default)",
        "micro_batch": 4,
        "seq": 4096,
        "grad_checkpointing": "full",
        "attention_impl": "flash2",
    },
    "hardware": {"n_gpus": 1},
    # fms-acceleration benchmarks, A100 80 GB
    "measured": {"component": "total", "bytes": 72_434_623_447, "quantity": "torch_peak_allocated"},
}


@pytest.fixture
def score(tmp_path, capsys):
    def of(*records, text: bool = False):
        path = tmp_path / "runs.jsonl"
        lines = (record if isinstance(record, str) else json.dumps(record) for record in records)
        path.write_text("\n".join(lines), encoding="utf-8")
        assert main(["score", str(path), *([] if text else ["--json"])]) == 0
        output = capsys.readouterr()
        assert output.err == ""
        return output.out if text else json.loads(output.out)

    return of


def changed(record, **parts):
    """``record`` with entries of its inner dicts replaced."""
    return record | {name: record[name] | value if isinstance(value, dict) else value for name, value in parts.items()}


class TestExact:
    def test_every_moment_the_record_names(self, score):
        first = {"fwd": {"peak": 7_000_000_000}, "bwd": {"peak": 7_100_000_000}, "opt": {"peak": 11_000_484_096}}
        answer = score(EXACT | {"result": first})
        (row,) = answer["rows"]
        assert (row["id"], row["kind"], row["supported"], row["reading"]) == (1, "exact train", True, "allocated")
        assert set(row["moments"]) == {"fwd", "bwd", "opt"}
        # weights, gradients, both moments and a copy of one: 10 bytes a parameter
        assert row["predicted_bytes"] == pytest.approx(10 * ARCH["n_params"], rel=1e-4)
        assert row["measured_bytes"] == 11_000_484_096
        assert answer["summary"]["exact train"]["cases"] == 1

    def test_the_second_step_has_states_in_its_forward_pass(self, score):
        steps = {"fwd": {"peak": 1}, "fwd_s2": {"peak": 1}}
        moments = score(EXACT | {"result": steps})["rows"][0]["moments"]
        assert moments["fwd_s2"]["predicted_bytes"] - moments["fwd"]["predicted_bytes"] == 4 * ARCH["n_params"]

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"arch": ARCH | {"family": "Perceiver"}}, "Perceiver"),
            ({"arch": ARCH | {"n_params": 5}}, "add up to"),
            ({"optimizer": "lion"}, "lion"),
            ({"dtype": "autocast_fp8"}, "autocast_fp8"),
            ({"mode": "lora", "dtype": "fp64", "lora": {}}, "fp64"),
            ({"mode": "lora", "lora": {"targets": "all-linear"}}, "'r' is missing"),
            ({"batch": 0}, "batch_size"),
            ({"batch": None}, "batch_size"),
            ({"arch": {}}, "family"),
            ({"arch": ARCH | {"sliding_window": 512}}, "window"),
            ({"result": {}}, "no moment"),
        ],
    )
    def test_what_is_not_modelled_is_said(self, score, change, reason):
        (row,) = score(EXACT | {"result": {"fwd": {"peak": 1}}} | change)["rows"]
        assert not row["supported"]
        assert reason in row["reason"]
        assert row["predicted_bytes"] is None


class TestPublished:
    def test_inference_as_torch_measured_it(self, score):
        (row,) = score(INFERENCE)["rows"]
        assert (row["id"], row["kind"], row["reading"]) == ("qwen2.5-7b-bf16", "inference total", "allocated")
        assert abs(row["error_pct"]) < 1.5

    def test_full_training_as_torch_measured_it(self, score):
        (row,) = score(TRAINING)["rows"]
        assert abs(row["error_pct"]) < 0.1

    def test_a_reading_that_is_not_stated_is_the_nearest(self, score):
        readings = [
            score(changed(TRAINING, measured={"quantity": quantity}))["rows"][0]["predicted_bytes"]
            for quantity in ("torch_peak_allocated", "torch_peak_reserved", "process_memory")
        ]
        assert readings == sorted(readings)
        for predicted in readings:
            record = changed(TRAINING, measured={"quantity": "not_stated", "bytes": predicted + 1000})
            assert score(record)["rows"][0]["predicted_bytes"] == predicted

    def test_where_the_unit_is_open_the_nearer_counts(self, score):
        (row,) = score(changed(TRAINING, measured={"bytes": 67_460_000_000, "unit_sure": False}))["rows"]
        assert row["measured_bytes"] == 67_460_000_000 * 2**30 // 10**9

    def test_what_is_left_at_the_end(self, score):
        measured = {"component": "model_states (weights+optimizer)", "quantity": "torch_allocated_at_end", "bytes": 43_468_290_260}
        (row,) = score(changed(TRAINING, measured=measured))["rows"]
        assert abs(row["error_pct"]) < 0.1

    @pytest.mark.parametrize(
        ("record", "reason"),
        [
            (changed(TRAINING, run={"method": "full GRPO"}), "GRPO"),
            (changed(TRAINING, run={"cpu_offload": True}), "offload"),
            (changed(TRAINING, run={"optimizer": "GaLore"}), "galore"),
            (changed(TRAINING, run={"method": "adapter_v2"}), "adapter_v2"),
            (changed(TRAINING, run={"method": "lora", "lora_targets": ["conv"]}), "these layers"),
            (changed(TRAINING, model={"n_params": 10**9}), "add up"),
            (changed(TRAINING, measured={"quantity": "a guess"}), "a guess"),
            (changed(TRAINING, measured={"component": "activations"}), "activations"),
            (changed(INFERENCE, run={"engine": "vllm"}), "vllm"),
            (changed(INFERENCE, run={"prompt_tokens": None, "context": None}), "no length"),
            (changed(INFERENCE, run={"weight_format": "bf16 (FSDP2-sharded)"}), "sharded"),
            (changed(INFERENCE, hardware={"n_gpus": 2}), "several GPUs"),
            (changed(TRAINING, hardware={"n_gpus": 6, "dp": 4}), "do not multiply"),
            (changed(INFERENCE, run={"weight_format": "Q3_K_XL"}), "Q3_K_XL"),
            (changed(INFERENCE, model={"attention_type": "mla"}), "latent"),
            (changed(INFERENCE, measured={"bytes": 0}), "division"),
            (changed(INFERENCE, measured={"bytes": "many"}), "many"),
            (INFERENCE | {"measured": None}, "NoneType"),
            ({"id": "nothing"}, "is missing"),
        ],
    )
    def test_what_is_not_modelled_is_said(self, score, record, reason):
        (row,) = score(record)["rows"]
        assert not row["supported"]
        assert reason in row["reason"]

    def test_preference_methods(self, score):
        methods = ("full", "full SFT", "full ORPO", "full SimPO", "full (DPO)", "full IPO")
        rows = score(*(changed(TRAINING, run={"method": method, "micro_batch": 32}) for method in methods))["rows"]
        plain, sft, orpo, simpo, dpo, ipo = (row["predicted_bytes"] for row in rows)
        assert plain == sft < simpo == orpo < dpo == ipo  # pairs, whose layers need more than their losses; a reference model

    def test_adapters_under_their_many_names(self, score):
        def predicted(targets):
            run = {"method": "lora", "lora_rank": 8, "lora_targets": targets}
            return score(changed(TRAINING, run=run))["rows"][0]["predicted_bytes"]

        assert predicted(["query", "value"]) == predicted(["q_proj", "v_proj"]) == predicted(None)
        assert predicted("c_attn (DEFAULT)") == predicted(["q_proj", "k_proj", "v_proj"])
        assert predicted("ALL linear") > predicted(["query", "value"])

    def test_a_run_that_failed_has_a_verdict(self, score):
        failed = changed(TRAINING, measured={"component": "oom", "capacity_bytes": 40 * 2**30})
        (row,) = score(failed)["rows"]
        assert (row["fit"], row["supported"]) == ("oom", True)
        false = changed(TRAINING, measured={"component": "oom", "capacity_bytes": 4000 * 2**30})
        assert score(false)["summary"]["training oom"]["false_fits"] == 1


class TestFiles:
    def test_odd_lines_are_odd_records(self, score):
        answer = score("not json", "[1, 2]", "", "[" * 100_000, INFERENCE)
        assert [row["supported"] for row in answer["rows"]] == [False, False, False, True]
        assert [row["reason"] for row in answer["rows"][:3]] == ["not JSON", "not a JSON object", "not JSON"]
        assert [row["id"] for row in answer["rows"]] == [1, 2, 4, "qwen2.5-7b-bf16"]

    def test_a_huge_line_is_not_read(self, score):
        (row,) = score(json.dumps({"id": "x" * 2**20}))["rows"]
        assert row["reason"] == "longer than 1 MiB"

    def test_people_get_a_table(self, score):
        text = score(INFERENCE, changed(INFERENCE, hardware={"n_gpus": 8}), text=True)
        assert "inference total" in text
        assert "unsupported, 1: inference on several GPUs is not modelled" in text

    def test_a_file_that_is_not_there(self, complaint, tmp_path):
        assert "cannot be read" in complaint("score", str(tmp_path / "none.jsonl"))

    def test_what_is_no_file(self, complaint, tmp_path):
        assert "not a regular file" in complaint("score", str(tmp_path))

    def test_without_a_file_it_is_no_command(self, complaint):
        assert "FILE.jsonl" in complaint("score")
