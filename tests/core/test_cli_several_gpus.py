"""The command line on several GPUs: options, devices in the JSON, complaints."""

import re

import pytest

from core.memory import Parallelism, Scenario, estimate
from core.parallel_options import OPTIONS, spread_words

TRAINING = ("--task", "training", "--checkpointing")


def test_every_option_is_a_field():
    assert OPTIONS.keys() <= Parallelism.__dataclass_fields__.keys()


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        (["--gpus", "8"], {"data_parallel_size": 8, "sharding": "fsdp2"}),
        (["--gpus", "8", "--micro-batches", "4"], {"data_parallel_size": 8, "sharding": "fsdp2", "num_microbatches": 4}),
        (["--gpus", "8", "--sharding", "none"], {"data_parallel_size": 8}),
        (["--gpus", "8", "--method", "lora"], {"data_parallel_size": 8, "method": "lora"}),
        (
            ["--gpus", "16", "--tensor-parallel", "2", "--pipeline-parallel", "4"],
            {"data_parallel_size": 2, "tensor_parallel_size": 2, "pipeline_parallel_size": 4},
        ),
        (
            ["--data-parallel", "8", "--sharding", "FSDP2-hybrid", "--shard-group", "4"],
            {"data_parallel_size": 8, "sharding": "fsdp2-hybrid", "shard_group_size": 4},
        ),
        (["--tensor-parallel", "4", "--sequence-parallel"], {"tensor_parallel_size": 4, "sequence_parallel": True}),
        (
            ["--pipeline-parallel", "2", "--layers-per-stage", "12,20", "--micro-batches", "4"],
            {"pipeline_parallel_size": 2, "layers_per_stage": (12, 20), "num_microbatches": 4},
        ),
        (
            ["--gpus", "2", "--sharding", "zero3", "--offload-optimizer", "nvme"],
            {"data_parallel_size": 2, "sharding": "zero3", "offload_optimizer": "nvme"},
        ),
        (
            ["--recompute", "uniform", "--recompute-layers", "4", "--gpus", "2"],
            {"recompute": "uniform", "recompute_num_layers": 4, "data_parallel_size": 2},
        ),
    ],
)
def test_options(ask, llama_7b, options, changes):
    scenario = Scenario(architecture=llama_7b).evolve(task="training", gradient_checkpointing=True, **changes)
    assert ask(*TRAINING, *options)["total_bytes"] == estimate(scenario).total_bytes


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--gpus", "4"], "on 4 GPUs: --pipeline-parallel 4"),
        (["--gpus", "4", "--runtime", "vllm"], "on 4 GPUs: --tensor-parallel 4"),
        (["--gpus", "4", "--runtime", "vllm", "--tensor-parallel", "2"], "on 4 GPUs: --data-parallel 2 --tensor-parallel 2"),
        (
            ["--gpus", "8", "--runtime", "vllm", "--model", "Mixtral-8x7B-v0.1", "--expert-parallel", "8", "--interconnect", "pcie"],
            "on 8 GPUs: --tensor-parallel 8 --expert-parallel 8 --interconnect pcie",
        ),
    ],
)
def test_a_runtime_that_serves_spreads_in_its_own_way(tell, options, says):
    assert says in tell(*options)


def test_devices_and_host(ask):
    answer = ask(*TRAINING, "--gpus", "16", "--pipeline-parallel", "4", "--micro-batches", "8", "--gpu", "H100 80GB")
    devices = answer["devices"]
    assert [device["rank"] for device in devices] == [0, 4, 8, 12]
    assert sum(device["alike"] for device in devices) == 16
    assert max(device["total_bytes"] for device in devices) == answer["total_bytes"]
    for device in devices:
        assert device["total_bytes"] == max(moment["total_bytes"] for moment in device["moments"])
        assert device["fit"]["headroom_bytes"] >= answer["fit"]["headroom_bytes"]
    assert answer["host_bytes"]["total"] == 0
    (alone,) = ask()["devices"]
    assert (alone["rank"], alone["stage"], alone["alike"], alone["gpu"], alone["fit"]) == (0, 0, 1, None, None)
    offloaded = ask(*TRAINING, "--gpus", "8", "--sharding", "zero2", "--offload-optimizer", "cpu")
    assert offloaded["host_bytes"]["optimizer"] > 70e9


def test_every_card_is_judged_by_itself(ask):
    answer = ask(*TRAINING, "--gpus", "2", "--method", "lora", "--cards", "rtx 4090, RTX 4080")
    assert [device["gpu"] for device in answer["devices"]] == ["RTX 4090", "RTX 4080"]
    fits = [device["fit"] for device in answer["devices"]]
    assert [fit["gpu"] for fit in fits] == ["RTX 4090", "RTX 4080"]
    assert fits[0]["headroom_bytes"] > fits[1]["headroom_bytes"] == answer["fit"]["headroom_bytes"]
    assert answer["max_batch"] == 0


def test_people_are_told_how_it_is_spread(tell):
    text = tell(
        *TRAINING, "--gpus", "8", "--tensor-parallel", "2", "--sequence-parallel", "--sharding", "zero1", "--offload-optimizer", "cpu"
    )
    assert "on 8 GPUs: --data-parallel 4 --tensor-parallel 2 --sequence-parallel --sharding zero1 --offload-optimizer cpu" in text
    assert "each of 8 " in text
    assert "on each machine of 8 GPUs" in text
    text = tell(*TRAINING, "--gpus", "4", "--pipeline-parallel", "2", "--micro-batches", "4", "--gpu", "RTX 4090")
    assert re.search(r"stage 1 of 2 \(2 GPUs\) [\d. ]+ OOM, -\d+% free stage 2", text)
    text = tell(*TRAINING, "--gpus", "2", "--sharding", "zero2", "--offload-optimizer", "cpu")
    assert "on each machine of 2 GPUs" in text
    text = tell("--runtime", "llama.cpp", "--weights", "q8_0", "--n-gpu-layers", "5")
    assert "in the host's memory" in text
    assert "Layers" not in spread_words(Parallelism(pipeline_parallel_size=2, layers_per_stage=(1, 2)))
    mixed = tell(*TRAINING, "--gpus", "2", "--cards", "RTX 4090,RTX 3090")
    assert "rank 1, RTX 3090 " in mixed
    assert "--cards 'RTX 4090, RTX 3090'" in mixed


def test_cards_are_as_many_as_they_say(ask):
    """llama.cpp divides layers by their memory; cards that are alike are one kind."""
    mixed = ask("--runtime", "llama.cpp", "--weights", "q4_k_m", "--model", "Llama-2-70b-hf", "--cards", "2 x RTX 3090, RTX 3060 (12GB)")
    assert [(device["gpu"], device["alike"]) for device in mixed["devices"]] == [("RTX 3090", 1), ("RTX 3090", 1), ("RTX 3060 (12GB)", 1)]
    assert mixed["devices"][1]["total_bytes"] > 1.7 * mixed["devices"][2]["total_bytes"]
    given = ask(
        *("--runtime", "llama.cpp", "--weights", "q4_k_m", "--cards", "RTX 3090, RTX 3060 (12GB)"),
        *("--pipeline-parallel", "2", "--layers-per-stage", "1,1"),
    )
    assert given["devices"][0]["total_bytes"] < 1.2 * given["devices"][1]["total_bytes"]
    alike = ask(*TRAINING, "--cards", "8 x H100 80GB")
    assert [(device["gpu"], device["alike"], device["fit"]["gpu"]) for device in alike["devices"]] == [(None, 8, "H100 (80GB SXM)")]


class TestSuggest:
    RUN = (*TRAINING, "--gpus", "4", "--gpu", "A100 80GB")

    def test_every_strategy_is_a_command(self, ask):
        found = ask(*self.RUN, "--suggest")
        assert found["tried"] >= len(found["strategies"]) > 4
        for strategy in found["strategies"]:
            again = ask(*TRAINING, "--gpu", "A100 80GB", *strategy["options"].split())
            assert again["total_bytes"] == strategy["total_bytes"]
            assert again["fit"]["status"] == strategy["fit"]["status"]
            assert again["host_bytes"]["total"] == strategy["host_bytes"]

    def test_people_are_told_what_it_is_sorted_by(self, tell):
        text = tell(*self.RUN, "--suggest")
        assert "printed link speeds (nvlink 450 GB/s, network 50 GB/s, host 25 GB/s a GPU)" in text
        assert "--data-parallel 4 --sharding zero2" in text
        of_none = (*TRAINING, "--model", "Llama-2-70b-hf", "--gpu", "RTX 3060 (12GB)", "--suggest")
        assert "fits RTX 3060 (12GB); try more GPUs, or --fewest" in tell(*of_none)
        assert "try --checkpointing, more GPUs, or --fewest" in tell(*of_none, "--no-checkpointing")

    def test_what_does_not_fit_points_to_it(self, tell):
        mixtral = (*TRAINING, "--method", "lora", "--model", "Mixtral-8x7B-v0.1", "--gpus", "4", "--gpu", "A100 40GB")
        assert "add --suggest" in tell(*mixtral)
        assert "add --suggest" not in tell(*mixtral, "--tensor-parallel", "4", "--sequence-parallel")
        assert "--suggest" not in tell("--model", "Llama-2-70b-hf", "--gpu", "A100 40GB")

    def test_the_fewest(self, ask, tell):
        found = ask(*TRAINING, "--model", "Llama-2-70b-hf", "--gpu", "H100 80GB", "--fewest")["strategies"]
        assert [strategy["gpus"] for strategy in found] == sorted(strategy["gpus"] for strategy in found)
        assert found[0]["host_bytes"] > 0 == found[-1]["host_bytes"]
        assert "options" in tell(*TRAINING, "--gpu", "RTX 4090", "--fewest")

    def test_it_takes_a_card(self, complaint):
        assert "name it with --gpu" in complaint("estimate", *TRAINING, "--suggest")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--runtime", "vllm", "--gpus", "2", "--export", "vllm"], "vllm serve Llama-2-7b-hf"),
        (["--runtime", "llama.cpp", "--weights", "q8_0", "--export", "llama.cpp"], "llama-server -m"),
        ([*TRAINING, "--gpus", "8", "--sharding", "megatron", "--export", "megatron"], "torchrun --nproc-per-node 8"),
        ([*TRAINING, "--gpus", "8", "--export", "accelerate"], "fsdp_version: 2"),
    ],
)
def test_the_run_as_its_command(tell, options, says):
    assert says in tell(*options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([*TRAINING, "--gpus", "6", "--tensor-parallel", "4"], "--gpus 6 is not what --tensor-parallel 4 make"),
        ([*TRAINING, "--gpus", "8", "--data-parallel", "4"], "--data-parallel 4"),
        ([*TRAINING, "--tensor-parallel", "3"], "instead use --tensor-parallel 2"),
        ([*TRAINING, "--pipeline-parallel", "2", "--layers-per-stage", "3,4"], "every pipeline stage needs layers"),
        ([*TRAINING, "--layers-per-stage", "3,four"], "not numbers with commas"),
        ([*TRAINING, "--layers-per-stage", "3,4"], "layers_per_stage 2, pipeline_parallel_size 1"),
        ([*TRAINING, "--expert-parallel", "4"], "more than the GPUs"),
        (
            [*TRAINING, "--data-parallel", "2", "--sharding", "zero1", "--recipe", "pure16"],
            "instead use --recipe mixed or --sharding fsdp2",
        ),
        ([*TRAINING, "--gpus", "2", "--cards", "RTX 4090"], "gpus 1, world_size 2"),
        ([*TRAINING, "--cards", "RTX 4091"], "unknown GPU 'RTX 4091'; perhaps RTX 4090"),
        ([*TRAINING, "--cards", "9999 x RTX 4090"], "9999 x RTX 4090"),
        ([*TRAINING, "--gpus", "2", "--export", "vllm"], "--export vllm: the line of vllm is for inference"),
        (["--sharding", "zero3"], "no meaning in inference"),
        ([*TRAINING, "--gpus", "0"], "too small"),
    ],
)
def test_complaints(complaint, options, says):
    assert says in complaint("estimate", *options)
