"""Logs as people paste them. The lines are of real runs, by the programs' own wording."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.memory import Scenario, estimate
from core.memory.edge import validated
from core.memory.serving import NON_TORCH_BYTES
from core.memory.units import GIB, MIB
from core.run_log import Overhead, What, estimated, overhead, read_log

#: pytorch/pytorch#16417 (2024), YingqianWang/iPASSR#9, wxian3/NeuroLens#2
TORCH = (
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 22.00 MiB. GPU 0 has a total capacity of 23.65 GiB of which 11.06 MiB "
    "is free. Including non-PyTorch memory, this process has 23.60 GiB memory in use. Of the allocated memory 22.90 GiB is allocated by "
    "PyTorch, and 194.87 MiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting"
)
TORCH_OLD = (
    "RuntimeError: CUDA out of memory. Tried to allocate 128.00 MiB (GPU 0; 11.17 GiB total capacity; 10.85 GiB already allocated; "
    "24.81 MiB free; 10.86 GiB reserved in total by PyTorch)"
)
TORCH_MISSPELT = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacty of 4.00 GiB of which 2.80 GiB is free. "
    "Of the allocated memory 0 bytes is allocated by PyTorch, and 0 bytes is reserved by PyTorch but unallocated."
)
SUMMARY = """\
|                  PyTorch CUDA memory summary, device ID 0                 |
|        Metric         | Cur Usage  | Peak Usage | Tot Alloc  | Tot Freed  |
| Allocated memory      |   1024 MiB |   3072 MiB |  10000 MiB |   8976 MiB |
|       from large pool |   1000 MiB |   3000 MiB |  10000 MiB |   8976 MiB |
| GPU reserved memory   |   2048 MiB |   4096 MiB |   4096 MiB |      0 B   |
"""
#: kubernetes-sigs/gateway-api-inference-extension#550 (vLLM V0); vLLM V1 as in its issues of 2025 and 2026
VLLM_V0 = (
    "INFO 03-21 20:15:45 [worker.py:267] model weights take 12.55GiB; non_torch_memory takes 0.16GiB; PyTorch activation peak memory takes "
    "2.38GiB; the rest of the memory reserved for KV Cache is 56.18GiB."
)
VLLM_V1 = """\
(EngineCore pid=1265223) INFO 06-02 00:51:40 [model_runner.py:295] Model loading took 7.64 GiB and 32.969258 seconds
INFO 05-26 21:34:12 [gpu_worker.py:1] Available KV cache memory: 12.11 GiB
INFO 05-26 21:34:14 [gpu_model_runner.py:6243] Graph capturing finished in 2 secs, took 0.11 GiB
"""
#: ggml-org/llama.cpp#6122: two cards
LLAMA_CPP = """\
llm_load_tensors:        CPU buffer size =  1640.62 MiB
llm_load_tensors:      CUDA0 buffer size =  5434.38 MiB
llm_load_tensors:      CUDA1 buffer size = 13989.53 MiB
llama_kv_cache_init:      CUDA0 KV buffer size =  1536.00 MiB
llama_kv_cache_init:      CUDA1 KV buffer size =  3584.00 MiB
llama_new_context_with_model: KV self size  = 5120.00 MiB, K (f16): 2560.00 MiB, V (f16): 2560.00 MiB
llama_new_context_with_model:  CUDA_Host  output buffer size =     1.95 MiB
llama_new_context_with_model:      CUDA0 compute buffer size =   672.01 MiB
llama_new_context_with_model:  CUDA_Host compute buffer size =    40.02 MiB
"""
NVIDIA_SMI = """\
|   0  NVIDIA GeForce RTX 4090        Off |   00000000:01:00.0 Off |                  Off |
|  0%   45C    P8              20W /  450W |   15873MiB /  24564MiB |      0%      Default |
"""


def gib(text: str) -> dict[str, float]:
    return {said.what.value: round(said.value_bytes / GIB, 2) for said in read_log(text)}


def test_torch_says_what_it_had_and_what_it_wanted():
    assert gib(TORCH) == {"process": 23.6, "reserved": 23.09, "allocated": 22.9, "context": 0.51, "card": 23.65, "tried": 0.02}
    assert gib(TORCH_OLD) == {"reserved": 10.86, "allocated": 10.85, "card": 11.17, "tried": 0.12}
    assert gib(TORCH_MISSPELT) == {"reserved": 0.0, "allocated": 0.0, "card": 4.0, "tried": 2.0}


def test_a_message_that_was_wrapped_is_read_all_the_same():
    assert read_log(TORCH.replace(" is allocated", "\n    is allocated").replace(" memory in use", "\n memory in use")) == read_log(TORCH)


def test_peaks_of_a_summary():
    assert gib(SUMMARY) == {"reserved": 4.0, "allocated": 3.0}


def test_vllm_says_what_it_loads_and_reserves():
    assert gib(VLLM_V0) == {"weights": 12.55, "kv_pool": 56.18, "activation_peak": 2.38, "non_torch": 0.16}
    assert gib(VLLM_V1) == {"weights": 7.64, "kv_pool": 12.11, "graphs": 0.11}
    assert gib("Loading model weights took 67.7229 GB") == {"weights": 67.72}


def test_llama_cpp_adds_up_over_cards_and_leaves_the_host_out():
    found = {said.what: said.value_bytes for said in read_log(LLAMA_CPP)}
    assert found[What.WEIGHTS] == int(5434.38 * MIB) + int(13989.53 * MIB)
    assert found[What.KV_CACHE] == 5120 * MIB
    assert found[What.COMPUTE_BUFFER] == int(672.01 * MIB)


def test_nvidia_smi():
    assert gib(NVIDIA_SMI) == {"process": 15.5, "board": 23.99}


@pytest.mark.parametrize("text", ["", "hello", "took 1.2.3 GiB\nModel loading took 1.2.3 GiB", '{"a": 1}', "Tried to allocate many GiB"])
def test_what_says_nothing_is_nothing(text):
    assert read_log(text) == ()


@given(st.text(), st.sampled_from([TORCH, SUMMARY, VLLM_V0, LLAMA_CPP, NVIDIA_SMI]))
def test_any_text_around_it_does_no_harm(text, log):
    for said in read_log(text + log[len(log) // 3 :] + text):
        assert said.value_bytes >= 0


def test_a_huge_log_is_read_in_bounded_time():
    assert read_log("| " * 500_000 + "\n" * 200_000 + TORCH) == ()  # beyond the lines that are looked at


class TestBesideTheEstimate:
    def test_readings(self, llama_7b):
        scenario = Scenario(architecture=llama_7b)
        found = estimate(scenario)
        values = [estimated(what, scenario, found, None) for what in (What.PROCESS, What.RESERVED, What.ALLOCATED)]
        assert values == [found.readings.process_bytes, found.readings.reserved_bytes, found.readings.allocated_bytes]
        assert estimated(What.WEIGHTS, scenario, found, None) == found.moments[0].stack.weights
        assert estimated(What.CONTEXT, scenario, found, None) == found.peak.stack.runtime
        assert estimated(What.CARD, scenario, found, 24 * GIB) == 24 * GIB
        assert estimated(What.TRIED, scenario, found, None) is None

    def test_what_only_an_engine_has(self, llama_7b):
        plain = Scenario(architecture=llama_7b)
        engine = validated(Scenario, architecture=llama_7b, runtime="vllm")
        for what in (What.KV_POOL, What.ACTIVATION_PEAK, What.GRAPHS):
            assert estimated(what, plain, estimate(plain), 80 * GIB) is None
            assert estimated(what, engine, estimate(engine), 80 * GIB) > 0
        assert estimated(What.KV_POOL, engine, estimate(engine), None) is None

    def test_what_only_llama_cpp_has(self, llama_7b):
        scenario = validated(Scenario, architecture=llama_7b, runtime="llama.cpp", weights="q8_0", kv_cache="fp16")
        found = estimate(scenario)
        assert estimated(What.COMPUTE_BUFFER, scenario, found, None) == found.peak.stack.workspace
        assert estimated(What.KV_CACHE, scenario, found, None) == found.peak.stack.kv_cache
        plain = Scenario(architecture=llama_7b)
        assert estimated(What.COMPUTE_BUFFER, plain, estimate(plain), None) is None

    def test_what_it_says_of_the_machine(self, llama_7b):
        scenario = Scenario(architecture=llama_7b)
        found = estimate(scenario)
        measured = int(23.6 * GIB) - int(22.9 * GIB) - int(194.87 * MIB)
        assert overhead(read_log(TORCH), scenario, found) == Overhead(measured, found.peak.stack.runtime)
        engine = validated(Scenario, architecture=llama_7b, runtime="vllm")
        assert overhead(read_log(VLLM_V0), engine, estimate(engine)) == Overhead(int(0.16 * GIB), NON_TORCH_BYTES)
        assert overhead(read_log(VLLM_V0), scenario, found) is None, "which another program has said"
        assert overhead(read_log(NVIDIA_SMI), scenario, found) is None
        thumb = validated(Scenario, architecture=llama_7b, estimator="rule-of-thumb")
        assert overhead(read_log(TORCH), thumb, estimate(thumb)) is None
        assert estimated(What.BOARD, scenario, found, GIB) is None
