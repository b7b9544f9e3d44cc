"""Parallelism as a part of the scenario: validated, saved, and one GPU unless said otherwise."""

from dataclasses import replace

import pytest
from any_scenario import SHAPE
from pydantic import ValidationError

from core.memory import ONE_GPU, Architecture, Parallelism, Reason, Scenario, Sharding, estimate, reconcile, refusal
from core.memory.edge import from_json, to_json

SCENARIO = Scenario(architecture=Architecture(**SHAPE))


def test_fields_of_parallel_change_by_their_own_names():
    changed = SCENARIO.evolve(tensor_parallel_size=4, sharding="zero3", batch_size=2)
    assert changed.parallel == Parallelism(tensor_parallel_size=4, sharding=Sharding.ZERO3)
    assert changed.batch_size == 2
    assert changed.evolve(parallel=ONE_GPU, pipeline_parallel_size=2).parallel == Parallelism(pipeline_parallel_size=2)


def test_a_file_without_it_is_of_one_gpu_and_with_it_comes_back():
    assert from_json(Scenario, b'{"architecture": %s}' % to_json(SCENARIO.architecture)).parallel == ONE_GPU
    many = SCENARIO.evolve(data_parallel_size=8, sharding="fsdp2", layers_per_stage=(32,), gpus=("A",) * 8)
    assert from_json(Scenario, to_json(many)) == many


@pytest.mark.parametrize(
    "wrong",
    [
        {"data_parallel_size": 0},
        {"tensor_parallel_size": 65_537},
        {"expert_parallel_size": 2},
        {"layers_per_stage": (16, 16)},
        {"gpus": ("A", "B")},
        {"sharding": "zero4"},
    ],
)
def test_what_cannot_be_is_not_accepted(wrong):
    with pytest.raises(ValidationError):
        SCENARIO.evolve(**wrong)


def test_how_many_gpus_there_are():
    spread = Parallelism(data_parallel_size=3, tensor_parallel_size=2, pipeline_parallel_size=4, context_parallel_size=5, gpus_per_node=16)
    assert (spread.world_size, spread.gpus_per_stage, spread.nodes) == (120, 30, 8)


def test_one_gpu_is_one_device():
    found = estimate(SCENARIO)
    (device,) = found.devices
    assert (device.moments, device.peak, device.alike, device.stage, device.rank) == (found.moments, found.peak, 1, 0, 0)
    assert device.total_bytes == found.total_bytes
    assert device.readings == found.readings
    assert found.host_bytes.total_bytes == 0


@pytest.mark.parametrize(
    ("runtime", "changes", "reason"),
    [
        ("transformers", {"tensor_parallel_size": 2}, Reason.SERVED_OTHERWISE),
        ("transformers", {"data_parallel_size": 8, "sharding": "fsdp2"}, Reason.SERVED_OTHERWISE),
        ("transformers", {"pipeline_parallel_size": 64}, Reason.SERVED_OTHERWISE),
        ("transformers", {"pipeline_parallel_size": 2, "layers_per_stage": (1, 1)}, Reason.PIPELINE_LAYERS),
        ("vllm", {"context_parallel_size": 2}, Reason.SERVED_OTHERWISE),
        ("vllm", {"tensor_parallel_size": 2, "expert_parallel_size": 2}, Reason.SERVED_OTHERWISE),
        ("vllm", {"tensor_parallel_size": 3}, Reason.TENSOR_PARALLEL_HEADS),
        ("sglang", {"tensor_parallel_size": 2, "offload_parameters": "cpu"}, Reason.SERVED_OTHERWISE),
        ("llama.cpp", {"tensor_parallel_size": 2, "pipeline_parallel_size": 2}, Reason.SERVED_OTHERWISE),
        ("llama.cpp", {"pipeline_parallel_size": 2, "recompute": "selective"}, Reason.SERVED_OTHERWISE),
    ],
)
def test_inference_is_spread_as_the_runtime_does_it(runtime, changes, reason):
    served = SCENARIO.evolve(runtime=runtime, weights="q4_k_m" if runtime == "llama.cpp" else "bf16")
    found = refusal(served.evolve(**changes))
    if changes == {"pipeline_parallel_size": 64}:
        reason = Reason.PIPELINE_LAYERS
    assert found.reason is reason
    assert refusal(reconcile(served.evolve(**changes))) is None


TRAINING = SCENARIO.evolve(task="training")
MOE = replace(SCENARIO.architecture, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=4096)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tensor_parallel_size": 3}, Reason.TENSOR_PARALLEL_HEADS),
        ({"tensor_parallel_size": 64}, Reason.TENSOR_PARALLEL_HEADS),
        (
            {"architecture": replace(SCENARIO.architecture, num_key_value_heads=8, num_attention_heads=48), "tensor_parallel_size": 12},
            Reason.TENSOR_PARALLEL_HEADS,
        ),
        ({"pipeline_parallel_size": 33}, Reason.PIPELINE_LAYERS),
        ({"pipeline_parallel_size": 2, "layers_per_stage": (16, 17)}, Reason.PIPELINE_LAYERS),
        ({"pipeline_parallel_size": 32, "virtual_pipeline_parallel_size": 2, "num_microbatches": 32}, Reason.PIPELINE_LAYERS),
        ({"virtual_pipeline_parallel_size": 2}, Reason.INTERLEAVED_WITHOUT_PIPELINE),
        ({"pipeline_parallel_size": 4, "virtual_pipeline_parallel_size": 2, "num_microbatches": 6}, Reason.INTERLEAVED_WITHOUT_PIPELINE),
        ({"pipeline_parallel_size": 2, "sharding": "zero2"}, Reason.ZERO_WITH_PIPELINE),
        ({"pipeline_parallel_size": 2, "sharding": "zero3"}, Reason.ZERO_WITH_PIPELINE),
        ({"data_parallel_size": 8, "expert_parallel_size": 8}, Reason.EXPERT_PARALLEL_EXPERTS),
        ({"architecture": MOE, "data_parallel_size": 3, "expert_parallel_size": 3}, Reason.EXPERT_PARALLEL_EXPERTS),
        ({"architecture": MOE, "data_parallel_size": 6, "expert_parallel_size": 4}, Reason.EXPERT_PARALLEL_EXPERTS),
        ({"context_parallel_size": 2, "attention": "eager"}, Reason.CONTEXT_PARALLEL_ATTENTION),
        ({"method": "qlora", "weights": "nf4", "tensor_parallel_size": 2}, Reason.QUANTIZED_BASE_SPLIT),
        ({"recipe": "pure16", "data_parallel_size": 2, "sharding": "zero1"}, Reason.SHARDING_KEEPS_MASTER_WEIGHTS),
        ({"recipe": "amp", "weights": "fp32", "data_parallel_size": 2, "sharding": "megatron"}, Reason.SHARDING_KEEPS_MASTER_WEIGHTS),
        ({"data_parallel_size": 2, "offload_parameters": "cpu", "sharding": "zero1"}, Reason.OFFLOAD_NEEDS_SHARDING),
        ({"data_parallel_size": 2, "offload_optimizer": "cpu"}, Reason.OFFLOAD_NEEDS_SHARDING),
        ({"data_parallel_size": 2, "offload_optimizer": "cpu", "sharding": "fsdp"}, Reason.OFFLOAD_ALL_OF_FSDP),
        ({"data_parallel_size": 2, "offload_optimizer": "nvme", "sharding": "zero2"}, Reason.OFFLOAD_TO_NVME),
        ({"data_parallel_size": 2, "gradients": "in-backward"}, Reason.IN_BACKWARD_UNREDUCED),
        ({"data_parallel_size": 2, "gradients": "in-backward", "sharding": "fsdp2", "num_microbatches": 2}, Reason.IN_BACKWARD_UNREDUCED),
    ],
)
def test_what_no_framework_runs_is_refused_and_each_way_out_leads_out(changes, reason):
    run = TRAINING.evolve(**changes)
    found = refusal(run)
    assert found is not None
    assert found.reason is reason
    for alternative in found.alternatives:
        after = refusal(run.evolve(**alternative))
        assert after is None or after.reason is not reason
    assert refusal(reconcile(run)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": MOE, "data_parallel_size": 8, "expert_parallel_size": 8, "sharding": "megatron"},
        {"data_parallel_size": 2, "sharding": "zero3", "offload_parameters": "nvme", "offload_optimizer": "cpu"},
        {"data_parallel_size": 2, "gradients": "in-backward", "sharding": "fsdp2"},
        {"pipeline_parallel_size": 4, "virtual_pipeline_parallel_size": 8, "num_microbatches": 8},
        {"tensor_parallel_size": 32, "sequence_parallel": True, "architecture": replace(SCENARIO.architecture, num_key_value_heads=8)},
        {"method": "qlora", "weights": "nf4", "data_parallel_size": 2, "sharding": "zero3"},
    ],
)
def test_what_frameworks_run_is_not(changes):
    assert refusal(TRAINING.evolve(**changes)) is None
