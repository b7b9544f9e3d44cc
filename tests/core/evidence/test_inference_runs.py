"""Runs of transformers as records spell them."""

from dataclasses import replace

import pytest

from core.evidence.inference_runs import inference_scenario, is_sum_over_gpus, torch_counted_bytes
from core.evidence.records import UnsupportedError
from core.memory import Format, MomentName, architecture_from_parameter_count, estimate
from core.memory.allocator import CUBLAS_WORKSPACE_BYTES, CUBLAS_WORKSPACE_HOPPER_BYTES

ARCH = replace(architecture_from_parameter_count(7 * 10**9), max_position_embeddings=131_072)
RUN = {"engine": "transformers", "weight_format": "bf16", "prompt_tokens": 6144, "generated_tokens": 2048}


def scenario(name: str = "", component: str = "total", **run):
    return inference_scenario(RUN | run, ARCH, component, name)


@pytest.mark.parametrize(
    ("text", "old"),
    [
        ("transformers 4.38.2, torch 2.1.2", True),
        ("torch 2.1.2, transformers 4.46.0", False),
        ("torch 2.1.2", False),
        ("v4.44", True),
        ("4.45 / PR 33902", False),
        ("5.23", False),
        ("2023-09", True),
        ("2025-02-01", False),
        (None, False),
    ],
)
def test_the_release(text, old):
    assert (scenario(engine_version=text).transformers_release == "before-4.45") == old


def test_lengths():
    assert scenario().context_length == 8192
    assert scenario(prompt_tokens=None, context=5000).prompt_length == 2952
    assert scenario(component="weights", prompt_tokens=None).batch_size == 1
    with pytest.raises(UnsupportedError, match="no length"):
        scenario(prompt_tokens=None)


def test_logits_of_all_positions():
    assert scenario(logits="all positions").logits_to_keep == 0


@pytest.mark.parametrize(
    ("stated", "weights", "fmt"), [(None, "bf16", "bf16"), ("auto (=weights dtype)", "fp32", "fp32"), ("int4", "bf16", "int4")]
)
def test_the_cache(stated, weights, fmt):
    assert scenario(kv_dtype=stated, weight_format=weights).kv_cache == fmt


def test_a_cache_that_is_not_modelled():
    with pytest.raises(UnsupportedError, match="KV cache in q9"):
        scenario(kv_dtype="q9 (some)")


def test_qwen2_had_32768_positions():
    assert scenario("Qwen/Qwen2-72B-Instruct").architecture.max_position_embeddings == 32_768
    assert scenario("Qwen/Qwen2.5-72B-Instruct").architecture.max_position_embeddings == 131_072


@pytest.mark.parametrize(
    ("text", "fmt"),
    [
        ("gptq-int8", Format.GPTQ_INT8),
        ("GPTQ 4-bit g128", Format.GPTQ_INT4),
        ("awq", Format.AWQ_INT4),
        ("nf4 (bitsandbytes, double quant)", Format.NF4_DOUBLE),
        ("bnb 4-bit fp4 default", Format.FP4),
        ("bitsandbytes nf4", Format.NF4),
        ("W4A16 compressed-tensors", Format.INT4),
    ],
)
def test_formats(text, fmt):
    assert scenario(weight_format=text).weights is fmt


def record(gpus: int, gpu: str = "A100", **run):
    measured = {"component": "total", "quantity": "torch_peak_allocated", "what": "sum over GPUs of torch.cuda.max_memory_allocated"}
    return {"task": "inference", "run": RUN | run, "hardware": {"gpu": gpu, "n_gpus": gpus}, "measured": measured}


def test_cublas_needs_more_on_hopper():
    run = scenario()
    more = torch_counted_bytes(record(1, "NVIDIA H20 96GB"), run) - torch_counted_bytes(record(1), run)
    assert more == CUBLAS_WORKSPACE_HOPPER_BYTES - CUBLAS_WORKSPACE_BYTES
    assert torch_counted_bytes(record(1) | {"task": "training"}, run) == 0


class TestSumsOverGpus:
    def test_which_they_are(self):
        assert is_sum_over_gpus(record(2))
        assert not is_sum_over_gpus(record(2, engine="vllm"))

    def test_each_has_its_own_prefill(self):
        run = scenario(prompt_tokens=30_720)
        alone, two, three = (torch_counted_bytes(record(gpus), run) for gpus in (1, 2, 3))
        prefill = next(moment.stack for moment in estimate(run).moments if moment.name is MomentName.PREFILL)
        assert two - alone == three - two == prefill.activations + prefill.workspace + CUBLAS_WORKSPACE_BYTES

    def test_the_first_is_handed_the_logits_of_old_releases(self):
        run = scenario(prompt_tokens=30_720, engine_version="4.38")
        alone, two = (torch_counted_bytes(record(gpus), run) for gpus in (1, 2))
        assert two - alone >= 4 * ARCH.vocab_size * 30_720

    def test_decode_has_no_working_set_to_speak_of(self):
        run = scenario(prompt_tokens=1)
        assert torch_counted_bytes(record(2), run) - torch_counted_bytes(record(1), run) == CUBLAS_WORKSPACE_BYTES
