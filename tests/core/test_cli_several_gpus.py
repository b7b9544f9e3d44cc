"""The command line on several GPUs: options, devices in the JSON, complaints."""

import pytest

from core.memory import Parallelism, Scenario, estimate
from core.parallel_options import OPTIONS, spread_words

TRAINING = ("--task", "training", "--checkpointing")


def test_every_option_is_a_field():
    assert OPTIONS.keys() <= Parallelism.__dataclass_fields__.keys()


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        (["--gpus", "8"], {"data_parallel_size": 8}),
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
    assert [device["gpu"] for device in answer["devices"]] == ["rtx 4090", "RTX 4080"]
    fits = [device["fit"] for device in answer["devices"]]
    assert [fit["gpu"] for fit in fits] == ["RTX 4090", "RTX 4080"]
    assert fits[0]["headroom_bytes"] > fits[1]["headroom_bytes"] == answer["fit"]["headroom_bytes"]
    assert answer["max_batch"] == 0


def test_people_are_told_how_it_is_spread(tell):
    text = tell(
        *TRAINING, "--gpus", "8", "--tensor-parallel", "2", "--sequence-parallel", "--sharding", "zero1", "--offload-optimizer", "cpu"
    )
    assert "on 8 GPUs: --data-parallel 4 --tensor-parallel 2 --sequence-parallel --sharding zero1 --offload-optimizer cpu" in text
    assert "rank 0 (stage 0), 8 alike" in text
    assert "on each machine of 8 GPUs" in text
    assert "Layers" not in spread_words(Parallelism(pipeline_parallel_size=2, layers_per_stage=(1, 2)))
    mixed = tell(*TRAINING, "--gpus", "2", "--cards", "RTX 4090,RTX 3090")
    assert "rank 1 (stage 0, RTX 3090), 1 alike" in mixed


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
        (["--sharding", "zero3"], "no meaning in inference"),
        ([*TRAINING, "--gpus", "0"], "too small"),
    ],
)
def test_complaints(complaint, options, says):
    assert says in complaint("estimate", *options)
