"""Records of vLLM, SGLang, ExLlamaV3 and bare contexts: as their logs state them."""

from typing import Any

import pytest

from core.evidence.engine_runs import is_of_engine, predicted
from core.evidence.records import UnsupportedError
from core.memory.units import GIB, MIB

LLAMA = {
    "name": "meta-llama/Llama-3.1-8B-Instruct",
    "n_params": 8_030_261_248,
    "hidden": 4096,
    "layers": 32,
    "heads": 32,
    "kv_heads": 8,
    "head_dim": 128,
    "intermediate": 14336,
    "vocab": 128_256,
    "tied_embeddings": False,
}
LATENT = {
    "name": "deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct",
    "n_params": 15_706_484_224,
    "hidden": 2048,
    "layers": 27,
    "heads": 16,
    "intermediate": 10944,
    "vocab": 102_400,
    "tied_embeddings": False,
    "experts": 64,
    "experts_per_token": 6,
    "moe_intermediate": 1408,
    "attention_type": "mla",
}


def record(component: str, *, run: dict[str, Any] | None = None, model: dict[str, Any] | None = None, gpu: Any = None, **measured: Any):
    return {
        "task": "inference",
        "model": LLAMA if model is None else model,
        "run": {"engine": "vllm", "engine_version": "0.9.1", "weight_format": "bf16"} | (run or {}),
        "hardware": {"gpu": gpu, "n_gpus": 1},
        "measured": {"component": component, "what": ""} | measured,
    }


def gib(of: dict[str, Any]) -> float:
    return predicted(of)[1] / GIB


def test_it_reads_these_engines_alone():
    assert is_of_engine(record("weights"))
    assert is_of_engine(record("cuda_context", run={"engine": "pytorch"}))
    assert not is_of_engine(record("weights", run={"engine": "llama.cpp"}))
    assert not is_of_engine(record("weights") | {"task": "training"})


def test_weights():
    assert round(gib(record("weights")), 4) == 14.9888


@pytest.mark.parametrize("cache", ["auto (=weights dtype)", "bf16", None, "FP16"])
@pytest.mark.parametrize("what", ["computed from # GPU blocks 9930 x 16 x 131072 B", "158,880 tokens", "# CUDA blocks: 9930"])
def test_a_cache_of_stated_tokens(cache, what):
    assert predicted(record("kv_cache", run={"kv_dtype": cache}, what=what)) == ("kv_cache", 9930 * 16 * 131_072)


def test_an_8_bit_cache():
    assert predicted(record("kv_cache", run={"kv_dtype": "fp8_e4m3"}, what="16,000 tokens"))[1] == 16_000 * 65_536
    with pytest.raises(UnsupportedError, match="int3"):
        predicted(record("kv_cache", run={"kv_dtype": "int3"}, what="16,000 tokens"))


def test_rows_of_latents_were_once_padded():
    what = {"what": "", "model": LATENT}
    for version, width in (("0.7.2", 640), ("0.9.0", 576)):
        of = record("kv_cache", run={"engine_version": version}, **what) | {"note": "116023 blocks*16 tokens"}
        assert predicted(of)[1] == 116_023 * 16 * 27 * width * 2


class TestPool:
    def test_of_a_card_whose_memory_is_stated(self):
        assert gib(record("kv_cache", gpu="79.14GiB GPU util 0.90")) == pytest.approx(54.93, rel=1e-3)

    def test_of_a_card_that_is_named(self):
        one, other = (gib(record("kv_cache", gpu=name)) for name in ("A100 80GB util 0.65", "NVIDIA A100 80GB"))
        assert 0 < one < other

    def test_as_the_run_states_its_share(self):
        shares = ({"gpu_memory_utilization": 0.5}, {"gpu_memory_utilization": 0.6})
        low, high = (gib(record("kv_cache", gpu="80 GiB", run=share)) for share in shares)
        assert high - low == pytest.approx(8, rel=1e-3)
        with pytest.raises(UnsupportedError, match="no share"):
            predicted(record("kv_cache", gpu="80 GiB", run={"gpu_memory_utilization": 90}))

    def test_of_no_card(self):
        with pytest.raises(UnsupportedError, match="no card"):
            predicted(record("kv_cache", gpu="a large one"))


class TestLargestStep:
    @pytest.mark.parametrize(
        ("run", "expected"),
        [
            ({"engine_version": "0.6.x", "context": 8192}, 1.22),
            ({"engine_version": "0.7.2", "context": 131_072}, 0.21),
            ({"engine_version": "v0.9.1", "context": 131_072}, 1.18),
            ({"engine_version": "2025-11", "context": 131_072}, 1.18),
            ({"engine_version": None, "max_num_seqs": 1, "max_num_batched_tokens": 4096}, 0.42),
        ],
    )
    def test_by_version(self, run, expected):
        assert gib(record("activations_peak", run=run)) == pytest.approx(expected, abs=0.01)

    def test_latent_attention_was_not_cut(self):
        assert gib(record("activations_peak", model=LATENT, run={"engine_version": "0.7.2", "context": 163_840})) == pytest.approx(
            0.94, abs=0.01
        )


def test_graphs():
    few, many = (gib(record("compute_buffer", what=what)) for what in ("7 decode sizes", "52 batch sizes up to 512"))
    assert few / many == pytest.approx(7 / 67)
    assert gib(record("compute_buffer", what="with --enforce-eager")) == 0


class TestContexts:
    def test_of_torch_by_whether_kernels_are_loaded_at_once(self):
        bare = record("cuda_context", run={"engine": "pytorch", "engine_version": "torch 2.7.1+cu128"}, model={})
        assert predicted(bare) == ("cuda_context", 426 * MIB)
        old = record("cuda_context", run={"engine": "pytorch", "engine_version": "torch 1.3"}, model={})
        assert predicted(old)[1] == 865 * MIB

    def test_of_an_engine_it_is_what_is_not_torchs(self):
        assert predicted(record("cuda_context", model={}))[1] == 123 * MIB

    def test_without_torch_it_is_the_cards(self):
        titan = record("cuda_context", run={"engine": "pycuda"}, model={}, gpu="Titan V")
        assert predicted(titan)[1] == 320 * MIB
        ada = record(
            "cuda_context", run={"engine": "pytorch", "engine_version": "torch 2.10.0+cu130"}, model={}, hardware={"gpu": "RTX 6000 Ada"}
        )
        assert predicted(ada)[1] == 426 * MIB

    def test_of_nothing_else(self):
        with pytest.raises(UnsupportedError, match="pycuda"):
            predicted(record("weights", run={"engine": "pycuda"}, model={}))


class TestExLlama:
    RUN = {"engine": "exllamav3", "weight_format": "exl3 4.0bpw", "context": 8192}  # noqa: RUF012

    def test_the_name_has_the_bits(self):
        four, six = (gib(record("total", run=self.RUN | {"weight_format": f"exl3 {bits}bpw"})) for bits in ("4.0", "6"))
        assert six - four == pytest.approx((8_030_261_248 - 2 * 128_256 * 4096) / 4 / GIB, rel=0.01)

    def test_so_has_the_cache(self):
        wide, narrow, mixed = (predicted(record("total", run=self.RUN | {"kv_dtype": text}))[1] for text in ("fp16", "q4", "k q4 v q8"))
        assert wide - narrow == 8192 * 131_072 * 23 // 32
        assert narrow < mixed < wide

    def test_only_whole_runs(self):
        with pytest.raises(UnsupportedError, match="exllamav3"):
            predicted(record("weights", run=self.RUN))


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (record("weights") | {"hardware": {"n_gpus": 3}}, "heads evenly"),
        (record("total"), "by itself"),
        (record("weights", model=LLAMA | {"name": "Qwen/Qwen2.5-VL-7B"}), "also see"),
    ],
)
def test_what_is_not_modelled_is_said(odd, reason):
    with pytest.raises(UnsupportedError, match=reason):
        predicted(odd)


def test_one_of_several_gpus_states_its_own():
    """Half of the matrices, half of the cache of as many tokens, and what GPUs need to talk."""
    two = {"hardware": {"n_gpus": 2}}
    assert predicted(record("weights") | two)[1] < 0.52 * predicted(record("weights"))[1]
    assert predicted(record("cuda_context") | two)[1] > 2 * predicted(record("cuda_context"))[1]
    assert predicted(record("activations_peak") | two)[1] <= predicted(record("activations_peak"))[1]


def test_a_version_of_the_twenties_is_no_old_one():
    assert gib(record("activations_peak", run={"engine_version": "0.2x (2026-06)", "context": 131_072})) == pytest.approx(1.18, abs=0.01)


def test_vllm_0_7_multiplied_latent_attention_out():
    """DeepSeek-Coder-V2-Lite in AWQ: "model weights take 10.45 GiB" in vLLM 0.7.2's log."""
    old, new = (
        gib(record("weights", model=LATENT, run={"weight_format": "awq-int4", "engine_version": version})) for version in ("0.7.2", "0.9.1")
    )
    assert old == pytest.approx(10.45, rel=0.05)
    assert new < 8.5
