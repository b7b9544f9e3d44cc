"""Rooflines: no published run is faster than its bound, and the shares are those of the published runs."""

import json
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from any_scenario import runnable
from hypothesis import given

from core.catalogue import find_gpu, find_model, load_gpus, load_models
from core.memory import Runtime, Scenario, Task, parameter_count
from core.memory.edge import validated
from core.throughput import DECODE_SHARES, TRAINING_SHARE, active_parameters, decode_bytes, speed_on

ROOT = Path(__file__).resolve().parents[2] / "resources"
A100 = find_gpu(load_gpus(ROOT / "gpus.json"), "A100 80GB")


@pytest.fixture(scope="module")
def gpus():
    return load_gpus(ROOT / "gpus.json")


@pytest.fixture(scope="module")
def models():
    return load_models(ROOT / "models.json")


@pytest.fixture(scope="module")
def shares(gpus, models):
    """By runtime: measured over bound of every published run; generated tokens over all the time, the prompt's included."""
    found: dict[Runtime, list[float]] = {}
    for line in (ROOT / "speed.jsonl").read_text().splitlines():
        run = json.loads(line)
        scenario = validated(
            Scenario,
            architecture=find_model(models, run["model"]).architecture,
            runtime=run["engine"],
            weights=run["weights"],
            batch_size=run["batch_size"],
            context_length=run["prompt_tokens"] + run["generated_tokens"] // 2 + 128,
        )
        bound = speed_on(scenario, find_gpu(gpus, run["gpu"])).decode_tokens_per_second
        found.setdefault(scenario.runtime, []).append(run["tokens_per_second"] / bound)
    return found


def test_no_published_run_is_faster_than_its_bound(shares):
    assert sum(map(len, shares.values())) == 54
    assert all(0 < share < 1 for each in shares.values() for share in each)


def test_the_shares_are_those_of_the_published_runs(shares):
    for runtime, share in DECODE_SHARES.items():
        parts = statistics.quantiles(shares[runtime], n=20, method="inclusive")
        assert (round(parts[0], 2), round(parts[-1], 2)) == share


def test_training_shares_are_nvidias():
    assert (round(663 / 1979, 2), round(787 / 1979, 2)) == TRAINING_SHARE


class TestBounds:
    def test_decoding_reads_weights_and_cache(self, llama_7b, gpus):
        scenario = Scenario(architecture=llama_7b)
        parameters = parameter_count(llama_7b) - llama_7b.vocab_size * llama_7b.hidden_size
        cache = 2 * 32 * 4096 * 2 * 4096
        assert decode_bytes(scenario) == pytest.approx(2 * parameters + cache, rel=1e-4)
        gpu = find_gpu(gpus, "RTX 4090")
        speed = speed_on(scenario, gpu)
        assert speed.decode_tokens_per_second == pytest.approx(gpu.bandwidth_bytes_per_second / decode_bytes(scenario))
        assert speed.prompt_seconds == pytest.approx(4095 * 2 * parameters / gpu.dense_flops_per_second.bf16, rel=0.2)
        assert speed.train_tokens_per_second is None

    def test_a_batch_shares_the_weights_until_it_is_bound_by_computing(self, llama_7b, gpus):
        gpu = find_gpu(gpus, "RTX 4090")
        alone, eight = (
            speed_on(Scenario(architecture=llama_7b, batch_size=batch, context_length=512), gpu).decode_tokens_per_second
            for batch in (1, 8)
        )
        assert 5 < eight / alone < 8

    def test_of_experts_only_the_chosen_are_read_and_computed(self, models, gpus):
        mixtral = find_model(models, "Mixtral-8x7B-v0.1").architecture
        assert active_parameters(mixtral) == pytest.approx(12.9e9, rel=0.02)  # Mistral AI: 12.9 B active
        one, many = (decode_bytes(Scenario(architecture=mixtral, batch_size=batch, context_length=128)) for batch in (1, 64))
        assert one < many / 3
        gpu = find_gpu(gpus, "A100 80GB")
        assert speed_on(Scenario(architecture=mixtral), gpu).decode_tokens_per_second > 60

    def test_training_computes_three_times_the_forward_pass_and_adapters_twice(self, llama_7b, gpus):
        gpu = find_gpu(gpus, "A100 80GB")
        base = validated(Scenario, architecture=llama_7b, task="training", context_length=2048)
        full = speed_on(base, gpu)
        lora = speed_on(base.evolve(method="lora"), gpu)
        again = speed_on(base.evolve(gradient_checkpointing=True), gpu)
        assert lora.train_tokens_per_second / full.train_tokens_per_second == pytest.approx(3 / 2)
        assert full.train_tokens_per_second / again.train_tokens_per_second == pytest.approx(4 / 3)
        assert full.share == TRAINING_SHARE

    def test_what_a_maker_does_not_say_is_not_guessed(self, llama_7b, gpus):
        gpu = replace(find_gpu(gpus, "RTX 4090"), bandwidth_bytes_per_second=None, dense_flops_per_second=None)
        assert speed_on(Scenario(architecture=llama_7b), gpu)[:3] == (None, None, None)
        training = validated(Scenario, architecture=llama_7b, task="training")
        assert speed_on(training, gpu).train_tokens_per_second is None
        llama_cpp = validated(Scenario, architecture=llama_7b, runtime="llama.cpp", weights="q8_0", kv_cache="fp16")
        assert speed_on(llama_cpp, find_gpu(gpus, "RTX 4090")).share is None

    def test_fp32_is_computed_in_fp32(self, llama_7b, gpus):
        gpu = find_gpu(gpus, "RTX 4090")
        wide = speed_on(validated(Scenario, architecture=llama_7b, weights="fp32"), gpu)
        narrow = speed_on(Scenario(architecture=llama_7b), gpu)
        assert wide.prompt_seconds > 1.9 * narrow.prompt_seconds

    @given(runnable)
    def test_every_bound_is_positive(self, scenario):
        speed = speed_on(scenario, A100)
        if scenario.task is Task.TRAINING:
            assert speed.train_tokens_per_second > 0
        else:
            assert speed.prompt_seconds > 0
            assert speed.decode_tokens_per_second > 0
