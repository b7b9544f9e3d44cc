"""Speed of the core. Every call gets another scenario, so that no cache flatters."""

import statistics
import subprocess
import sys
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from core.catalogue import find_gpu, find_model, load_gpus, load_models
from core.memory import Scenario, architecture_from_parameter_count, estimate, max_context_length, parameter_count
from core.memory.edge import validated
from core.suggest import sweep

RESOURCES = Path(__file__).resolve().parents[2] / "resources"

INFERENCE = {"task": "inference"}
TRAINING = {"task": "training", "recipe": "pure16", "gradient_checkpointing": True}
LORA = {"task": "training", "method": "lora"}
QLORA = {"task": "training", "method": "qlora", "weights": "int4"}
LLAMA_CPP = {"task": "inference", "runtime": "llama.cpp", "weights": "q4_k_m"}


def _different(fields: dict[str, object]) -> list[Scenario]:
    return [
        validated(
            Scenario,
            **fields,
            architecture=architecture_from_parameter_count(10**9 + 7 * 10**6 * step),
            context_length=128 + 13 * step,
        )
        for step in range(2000)
    ]


_DENSE = {"inference": INFERENCE, "training": TRAINING, "lora": LORA, "qlora": QLORA, "llama.cpp": LLAMA_CPP}


@pytest.mark.parametrize("fields", _DENSE.values(), ids=_DENSE)
def test_estimate(benchmark: BenchmarkFixture, fields: dict[str, object]) -> None:
    """Of a model, as its context is dragged."""
    one = validated(Scenario, **fields, architecture=architecture_from_parameter_count(7 * 10**9))
    scenarios = cycle([one.evolve(context_length=128 + 13 * step) for step in range(2000)])
    result = benchmark.pedantic(lambda scenario: estimate(scenario), setup=lambda: ((next(scenarios),), {}), rounds=2000)
    assert result.total_bytes > 0
    assert statistics.median(benchmark.stats.stats.data) <= 60e-6


@pytest.mark.parametrize("fields", _DENSE.values(), ids=_DENSE)
def test_estimate_of_a_new_shape(benchmark: BenchmarkFixture, fields: dict[str, object]) -> None:
    """As the size is dragged: what follows from a shape alone is computed for each."""
    scenarios = cycle(_different(fields))
    result = benchmark.pedantic(lambda scenario: estimate(scenario), setup=lambda: ((next(scenarios),), {}), rounds=2000)
    assert result.total_bytes > 0
    assert statistics.median(benchmark.stats.stats.data) <= 75e-6


def test_estimate_of_the_most_complex(benchmark: BenchmarkFixture) -> None:
    """Attention, mixers with a state, and experts, all recomputed in the backward pass."""
    model = find_model(load_models(RESOURCES / "models.json"), "Qwen3-Next-80B-A3B-Instruct")
    assert model is not None
    scenario = Scenario(architecture=model.architecture).evolve(**TRAINING)
    scenarios = cycle([scenario.evolve(context_length=128 + 13 * step) for step in range(1000)])
    benchmark.pedantic(lambda scenario: estimate(scenario), setup=lambda: ((next(scenarios),), {}), rounds=1000)
    assert statistics.median(benchmark.stats.stats.data) <= 120e-6


def test_each_of_ten_thousand_gpus(benchmark: BenchmarkFixture) -> None:
    """A model of 10 T parameters with experts on 9,984 GPUs, by every kind of parallelism at once: under 1 ms a distinct GPU."""
    experts = replace(
        architecture_from_parameter_count(10**12),
        hidden_size=16_384,
        intermediate_size=53_248,
        num_hidden_layers=128,
        num_attention_heads=128,
        num_key_value_heads=8,
        head_dim=128,
        num_experts=256,
        num_experts_per_tok=8,
        moe_intermediate_size=6144,
    )
    scenario = Scenario(architecture=experts).evolve(
        **TRAINING | {"recipe": "mixed"},
        sharding="megatron",
        fp32_gradients=True,
        data_parallel_size=78,
        tensor_parallel_size=8,
        pipeline_parallel_size=16,
        expert_parallel_size=8,
        expert_tensor_parallel_size=1,
        sequence_parallel=True,
        num_microbatches=64,
    )
    scenarios = cycle([scenario.evolve(context_length=4096 + 64 * step) for step in range(100)])
    result = benchmark.pedantic(lambda scenario: estimate(scenario), setup=lambda: ((next(scenarios),), {}), rounds=100)
    assert parameter_count(experts) > 9.9e12
    assert sum(device.alike for device in result.devices) == 9984
    assert statistics.median(benchmark.stats.stats.data) / len(result.devices) <= 1e-3


def test_solving_for_context(benchmark: BenchmarkFixture) -> None:
    scenarios = cycle(_different(INFERENCE))
    longest = benchmark.pedantic(
        lambda scenario: max_context_length(scenario, 24 * 2**30), setup=lambda: ((next(scenarios),), {}), rounds=200
    )
    assert longest >= 0


def test_import_core(benchmark: BenchmarkFixture) -> None:
    """In a fresh process, timed inside it: the interpreter's own start does not count."""
    code = (
        "import time; t = time.perf_counter(); import core; t = time.perf_counter() - t; import sys;"
        "assert not {'PySide6', 'numpy', 'pyqtgraph'} & set(sys.modules); print(t)"
    )
    seconds: list[float] = []

    def run() -> None:
        seconds.append(float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout))

    benchmark.pedantic(run, rounds=9, warmup_rounds=1)
    benchmark.extra_info["import_core_ms"] = 1e3 * statistics.median(seconds)
    assert statistics.median(seconds) < 0.100


@pytest.mark.parametrize(("count", "bound_seconds"), [(8, 1.0), (1024, 5.0)])
@pytest.mark.parametrize("name", ["Llama-3.1-405B", "DeepSeek-V3"])
def test_every_strategy(benchmark: BenchmarkFixture, name: str, count: int, bound_seconds: float) -> None:
    """The whole space of strategies, estimated, judged and ranked, as the window's list is."""
    gpu, model = find_gpu(load_gpus(RESOURCES / "gpus.json"), "H100"), find_model(load_models(RESOURCES / "models.json"), name)
    assert gpu is not None
    assert model is not None
    scenario = Scenario(architecture=model.architecture).evolve(**TRAINING | {"recipe": "mixed"}, context_length=8192)
    tried = benchmark.pedantic(lambda: list(sweep(scenario, count, gpu, None)), rounds=3)
    benchmark.extra_info["strategies"] = len(tried)
    assert statistics.median(benchmark.stats.stats.data) <= bound_seconds


def test_catalogues_load(benchmark: BenchmarkFixture) -> None:
    """Cards and models, read and checked, once a start."""
    resources = Path(__file__).resolve().parents[2] / "resources"
    benchmark.pedantic(lambda: (load_gpus(resources / "gpus.json"), load_models(resources / "models.json")), rounds=20, warmup_rounds=1)
    assert min(benchmark.stats.stats.data) < 0.015
