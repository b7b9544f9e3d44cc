"""What a number of GPUs means, and what sizes go together."""

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.memory import ONE_GPU, Method, Runtime, Scenario, Sharding, Task, architecture_from_parameter_count, refusal
from core.spreading import tensor_sizes, with_gpus, with_size
from core.strategies import strategies

ARCHITECTURE = architecture_from_parameter_count(70 * 10**9)
TRAINING = Scenario(architecture=ARCHITECTURE, task=Task.TRAINING)
COUNTS = st.sampled_from([1, 2, 3, 4, 6, 8, 12, 16, 24, 64, 100, 512, 1000])


def test_what_a_number_of_gpus_means_when_nothing_else_is_said() -> None:
    assert with_gpus(TRAINING, 8).parallel.sharding is Sharding.FSDP2
    assert with_gpus(TRAINING.evolve(method=Method.LORA), 8).parallel.sharding is Sharding.NONE
    serving = Scenario(architecture=ARCHITECTURE, runtime=Runtime.VLLM)
    spread = with_gpus(serving, 16).parallel
    assert (spread.tensor_parallel_size, spread.pipeline_parallel_size) == (8, 2)  # no further than one machine
    assert with_gpus(Scenario(architecture=ARCHITECTURE), 4).parallel.pipeline_parallel_size == 4


@given(COUNTS)
def test_there_are_as_many_as_were_asked_for(count: int) -> None:
    for scenario in (TRAINING, Scenario(architecture=ARCHITECTURE, runtime=Runtime.VLLM)):
        assert with_gpus(scenario, count).parallel.world_size == count


def test_one_gpu_is_the_run_it_was_before() -> None:
    assert with_gpus(with_gpus(TRAINING, 64), 1).parallel == ONE_GPU


def test_replicas_make_up_for_another_size() -> None:
    spread = with_size(with_gpus(TRAINING, 8), "tensor_parallel_size", 4)
    assert (spread.parallel.tensor_parallel_size, spread.parallel.data_parallel_size) == (4, 2)
    assert with_size(spread, "pipeline_parallel_size", 2).parallel.world_size == 8


def test_a_size_beyond_the_gpus_makes_more_of_them() -> None:
    assert with_size(TRAINING, "tensor_parallel_size", 8).parallel.world_size == 8


def test_sizes_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ValueError, match="expert_parallel_size"):
        with_size(TRAINING, "expert_parallel_size", 4)


def test_matrices_are_divided_by_heads_and_within_a_machine() -> None:
    for size in tensor_sizes(TRAINING, 48, 8):
        assert ARCHITECTURE.num_attention_heads % size == 0
        assert 48 % size == 0
        assert size <= 8


def test_more_gpus_keep_what_lies_elsewhere_and_how_they_are_linked() -> None:
    offloaded = with_gpus(TRAINING, 8).evolve(sharding=Sharding.ZERO3, offload_optimizer="cpu", recompute="selective", interconnect="pcie")
    assert with_gpus(offloaded, 16) == offloaded.evolve(data_parallel_size=16)
    served = Scenario(architecture=ARCHITECTURE, runtime=Runtime.VLLM).evolve(interconnect="pcie")
    assert with_gpus(served, 4).parallel.interconnect == "pcie"


def test_one_gpu_that_accumulates_is_sharded_like_any_other() -> None:
    alone = TRAINING.evolve(num_microbatches=4)
    spread = with_gpus(alone, 8).parallel
    assert (spread.num_microbatches, spread.sharding) == (4, Sharding.FSDP2)


class TestEngines:
    """Experts are spread over all GPUs of a stage or not at all; llama.cpp divides by layers or by rows."""

    MOE = Scenario(
        architecture={**asdict(ARCHITECTURE), "num_experts": 64, "num_experts_per_tok": 2, "moe_intermediate_size": 1024},
        runtime=Runtime.VLLM,
    )

    def test_experts_are_spread_over_all(self) -> None:
        eight = with_size(with_gpus(self.MOE.evolve(), 8), "expert_parallel_size", 2)
        assert eight.parallel.expert_parallel_size == 8
        assert with_size(eight, "expert_parallel_size", 1).parallel.expert_parallel_size == 1
        assert with_size(eight, "tensor_parallel_size", 2).parallel.expert_parallel_size == 8
        assert with_size(eight, "pipeline_parallel_size", 2).parallel.world_size == 16
        assert with_gpus(eight, 4).parallel.expert_parallel_size == 4
        for spread in (eight, with_size(eight, "tensor_parallel_size", 2), with_gpus(eight, 16)):
            assert refusal(spread) is None

    def test_llama_cpp_divides_by_layers_or_by_rows(self) -> None:
        four = with_gpus(self.MOE.evolve(runtime=Runtime.LLAMA_CPP, weights="q8_0"), 4)
        rows = with_size(four, "tensor_parallel_size", 4)
        assert (rows.parallel.tensor_parallel_size, rows.parallel.world_size) == (4, 4)
        assert with_size(rows, "pipeline_parallel_size", 4) == four

    def test_named_cards_stay_where_their_number_does(self) -> None:
        named = with_gpus(self.MOE.evolve(), 2).evolve(gpus=("RTX 4090", "RTX 3090"))
        assert with_size(named, "pipeline_parallel_size", 2).parallel.world_size == 4
        assert with_size(named, "tensor_parallel_size", 1).parallel.gpus == ("RTX 4090", "RTX 3090")


def test_mixers_are_divided_by_megatron_without_replicas_too() -> None:
    """Nobody else divides them; products in fp8 stay chosen."""
    pieces = {"mixer": "mamba2", "conv_kernel": 4, "mamba_num_heads": 64, "mamba_head_dim": 64, "ssm_state_size": 64, "n_groups": 8}
    counts = {"chunk_size": 128, "num_mixer_layers": 24, "num_layers_without_attention": 24}
    mixers = Scenario(architecture={**asdict(ARCHITECTURE), **pieces, **counts}).evolve(task="training", recipe="mixed")
    possible = [each for each in strategies(mixers, 8, 80 * 10**9) if refusal(each) is None]
    found = {(each.parallel.sharding, each.parallel.tensor_parallel_size) for each in possible}
    assert (Sharding.MEGATRON, 8) in found
    assert all(sharding is Sharding.MEGATRON for sharding, tensor in found if tensor > 1)
    dense = Scenario(architecture=ARCHITECTURE).evolve(task="training", recipe="mixed", sharding="megatron", fp8_linears=True)
    kept = [each for each in strategies(dense, 8, 80 * 10**9) if each.parallel.sharding is Sharding.MEGATRON]
    assert kept
    assert all(each.parallel.fp8_linears for each in kept)
