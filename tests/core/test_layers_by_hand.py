"""Layers given by hand where transformers' own map is not the best, or cards differ."""

from dataclasses import replace

import pytest
from test_device_map import LLAMA_7B, NEMOTRON_H

from core.layers_by_hand import balanced_layers
from core.memory import ONE_GPU, Scenario, estimate, refusal
from core.strategies import strategies

GIB = 2**30


def fullest(scenario, cards):
    devices = [device.total_bytes for device in estimate(scenario).devices for _ in range(device.alike)]
    return max(total / card for total, card in zip(devices, cards, strict=True))


@pytest.mark.parametrize("cards", [(24, 12), (12, 24), (8, 24, 8), (80,) * 8])
def test_no_card_is_fuller_than_it_must_be(cards):
    served = Scenario(architecture=LLAMA_7B).evolve(batch_size=4)
    room = [card * GIB for card in cards]
    by_layers = replace(ONE_GPU, pipeline_parallel_size=len(cards))
    layers = balanced_layers(served, by_layers, room)
    assert sum(layers) == 32
    chosen = fullest(replace(served, parallel=replace(by_layers, layers_per_stage=layers)), room)
    assert chosen < fullest(replace(served, parallel=by_layers), room)
    for giver in range(len(cards)):
        for taker in range(len(cards)):
            moved = [here + (number == taker) - (number == giver) for number, here in enumerate(layers)]
            if min(moved) > 0:
                assert fullest(replace(served, parallel=replace(by_layers, layers_per_stage=tuple(moved))), room) >= chosen * 0.999


def test_nothing_is_left_to_choose():
    served = Scenario(architecture=LLAMA_7B)
    for gpus in (1, 32):
        assert balanced_layers(served, replace(ONE_GPU, pipeline_parallel_size=gpus), [24 * GIB] * gpus) == ()


def test_what_is_refused_has_no_layers():
    """Single blocks without a mixer."""
    assert balanced_layers(Scenario(architecture=NEMOTRON_H), replace(ONE_GPU, pipeline_parallel_size=4), [24 * GIB] * 4) == ()


def test_it_is_one_of_the_ways_where_a_card_may_be_too_small():
    on_two = Scenario(architecture=LLAMA_7B).evolve(pipeline_parallel_size=2, gpus=("large", "small"), batch_size=4)
    found = list(strategies(on_two, 2, {"": 12 * GIB, "large": 24 * GIB, "small": 12 * GIB}))
    assert [len(way.parallel.layers_per_stage) for way in found] == [0, 2]
    assert found[1].parallel.layers_per_stage[0] > 20
    assert len(list(strategies(on_two, 2, {"": 24 * GIB, "large": 48 * GIB, "small": 24 * GIB}))) == 1


def test_single_blocks_may_have_no_way():
    """Each GPU needs a mixer."""
    served = Scenario(architecture=NEMOTRON_H)
    assert refusal(served.evolve(pipeline_parallel_size=4)) is not None
    assert list(strategies(served, 4, 80 * GIB)) == []
