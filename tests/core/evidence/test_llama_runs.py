"""Reading published figures of llama.cpp, ik_llama.cpp and Ollama."""

import json

import pytest

from core.cli import main

LLAMA = {
    "name": "meta-llama/Llama-3.1-8B",
    "n_params": 8_030_261_248,
    "hidden": 4096,
    "layers": 32,
    "heads": 32,
    "kv_heads": 8,
    "head_dim": 128,
    "intermediate": 14_336,
    "vocab": 128_256,
    "tied_embeddings": False,
    "attention_type": "gqa",
}
DEEPSEEK = {
    "name": "DeepSeek V3",
    "n_params": 671_026_000_000,
    "hidden": 7168,
    "layers": 61,
    "heads": 128,
    "head_dim": 192,
    "intermediate": 18_432,
    "vocab": 129_280,
    "experts": 256,
    "experts_per_token": 8,
    "attention_type": "mla",
}
#: Qwen3-30B-A3B.
EXPERTS = {
    "name": "Qwen3-30B-A3B",
    "n_params": 30_532_122_624,
    "hidden": 2048,
    "layers": 48,
    "heads": 32,
    "kv_heads": 4,
    "head_dim": 128,
    "intermediate": 6144,
    "vocab": 151_936,
    "experts": 128,
    "experts_per_token": 8,
    "moe_intermediate": 768,
}
MIB = 2**20


def record(component: str, measured: float, model=LLAMA, run=None, **more) -> dict:
    base = {"engine": "llama.cpp", "weight_format": "Q4_K_M", "kv_dtype": "f16", "batch": 1, "context": 8192, "n_ubatch": 512}
    figure = {"component": component, "bytes": int(measured), "quantity": "engine_log", "what": "logged"}
    whole = {"id": "a", "task": "inference", "model": model, "run": base | (run or {}), "hardware": {"gpu": "RTX 4090", "n_gpus": 1}}
    return whole | {"measured": figure} | more


@pytest.fixture
def score(tmp_path, capsys):
    def of(*records) -> list[dict]:
        path = tmp_path / "rows.jsonl"
        path.write_text("\n".join(map(json.dumps, records)))
        assert main(["score", "--json", str(path)]) == 0
        return json.loads(capsys.readouterr().out)["rows"]

    return of


@pytest.mark.parametrize(
    ("case", "percent"),
    [
        (record("kv_cache", 1024 * MIB), 0.01),
        (record("kv_cache", 544 * MIB, run={"kv_dtype": "q8_0"}), 0.01),
        (record("kv_cache", 656 * MIB, run={"kv_dtype": "iq4_nl/f16"}), 0.01),
        (record("compute_buffer", 560 * MIB, run={"attention_impl": "flash_attn=0"}), 0.01),
        (record("compute_buffer", 258.5 * MIB, run={"attention_impl": "flash_attn=1"}), 0.01),
        (record("weights", 4.8944 * 8_030_261_248 / 8), 0.01),
        (record("kv_cache", 34.3125 * MIB, DEEPSEEK, {"context": 512, "attention_impl": "flash_attn=1 mla_attn=2"}), 0.01),
        (record("kv_cache", 2440 * MIB, DEEPSEEK, {"context": 512, "attention_impl": "flash_attn=0 mla_attn=0"}), 0.01),
        (record("kv_cache", 64.8125 * MIB, DEEPSEEK, {"context": 512, "attention_impl": "flash_attn=0 mla_attn=1"}), 0.01),
        (record("weights", 671_026_000_000 * 8.5 / 8, DEEPSEEK, {"weight_format": "Q8_0"}), 0.1),
    ],
)
def test_as_logged(score, case, percent):
    (row,) = score(case)
    assert row["supported"], row["reason"]
    assert abs(row["error_pct"]) <= percent


def test_a_total_is_all_that_is_on_the_card(score):
    (row,) = score(record("total", 6.2 * 2**30, run={"engine": "ollama", "weight_format": "Q4_K_M (default tag)"}))
    assert row["reading"] == "process"
    assert abs(row["error_pct"]) < 5


def test_ollama_without_flash_attention_caches_16_bits_whatever_it_is_asked(score):
    asked = {"engine": "ollama", "kv_dtype": "q8_0", "attention_impl": "flash_attn=0"}
    (row,) = score(record("kv_cache", 1024 * MIB, run=asked))
    assert abs(row["error_pct"]) < 0.01


def test_newer_builds_keep_few_logits(score):
    old, new = score(
        record("compute_buffer", MIB, run={"engine_version": "b4000 (2024-11)"}),
        record("compute_buffer", MIB, run={"engine_version": "c841aeeb8 (2026-08)"}),
    )
    assert new["predicted_bytes"] < old["predicted_bytes"] / 2


def test_a_compute_buffer_with_layers_on_the_host(score):
    """Matrices of the host go through it; how many layers stay there does not matter."""
    none, few, some, every = (
        row["predicted_bytes"]
        for row in score(
            record("compute_buffer", MIB, note="offloaded 0/33 layers"),
            record("compute_buffer", MIB, note="a few layers offloaded"),
            record("compute_buffer", MIB, note="n_gpu_layers=16"),
            record("compute_buffer", MIB, note="offloaded 33/33 layers"),
        )
    )
    assert every < few == some < none


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (record("weights", MIB, run={"weight_format": "IQ4_KT"}), "IQ4_KT"),
        (record("kv_cache", MIB, run={"kv_dtype": "int3"}), "int3"),
        (record("kv_cache", MIB, run={"context": None}), "context"),
        (record("compute_buffer", MIB, hardware={"n_gpus": 2}), "several"),
        (record("compute_buffer", MIB, EXPERTS, run={"engine": "ik_llama.cpp"}, note="offloaded 0/49 layers"), "fork"),
        (record("kv_cache", MIB, model={"hidden": 4100, "layers": 32, "heads": 32, "intermediate": 1, "vocab": 1}), "parameters"),
        (record("draft_model", MIB), "draft_model"),
        (record("kv_cache", MIB, DEEPSEEK | {"experts": None}), "widths"),
    ],
)
def test_what_is_not_modelled_is_said(score, case, reason):
    (row,) = score(case)
    assert not row["supported"]
    assert reason in row["reason"]


QWEN_SMALL = {
    "name": "qwen2.5:0.5b",
    "n_params": 494_032_768,
    "hidden": 896,
    "layers": 24,
    "heads": 14,
    "kv_heads": 2,
    "head_dim": 64,
    "intermediate": 4864,
    "vocab": 151_936,
    "tied_embeddings": True,
}


@pytest.mark.parametrize(("context", "rss"), [(2048, 506_621_952), (8192, 581_378_048), (32_768, 883_372_032)])
def test_a_host_without_a_card(score, context, rss):
    run = {"engine": "ollama", "attention_impl": "flash_attn=0", "context": context}
    (row,) = score(record("total", rss, QWEN_SMALL, run=run, hardware={"gpu": "CPU only", "n_gpus": 0}))
    assert row["error_pct"] == pytest.approx(0, abs=0.2)
    assert row["low_bytes"] is None  # bands are of cards


def test_rows_woven_into_each_other_are_as_long(score):
    plain, woven = score(*(record("weights", MIB, run={"weight_format": name}) for name in ("IQ4_K", "IQ4_K_R4")))
    assert plain["predicted_bytes"] == woven["predicted_bytes"]


def test_a_model_known_by_its_sizes_needs_no_count(score):
    sizes = {name: size for name, size in LLAMA.items() if name != "n_params"}
    told, untold = score(record("compute_buffer", MIB), record("compute_buffer", MIB, sizes))
    assert told["predicted_bytes"] == untold["predicted_bytes"]
