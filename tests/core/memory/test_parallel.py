"""Parallelism as a part of the scenario: validated, saved, and one GPU unless said otherwise."""

import pytest
from any_scenario import SHAPE
from pydantic import ValidationError

from core.memory import ONE_GPU, Architecture, Parallelism, Reason, Scenario, Sharding, estimate, refusal
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
    assert found.host_bytes.total_bytes == 0


def test_inference_on_several_gpus_is_refused():
    found = refusal(SCENARIO.evolve(tensor_parallel_size=2))
    assert found.reason is Reason.SEVERAL_GPUS
    assert refusal(SCENARIO.evolve(tensor_parallel_size=2).evolve(**found.alternatives[0])) is None
