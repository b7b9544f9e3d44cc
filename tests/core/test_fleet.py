"""Several GPUs, each judged by itself."""

from pathlib import Path

import pytest

from core.catalogue.gpus import load_gpus
from core.fleet import judge_fleet, listed, named_cards, on_card, on_cards
from core.memory import FitStatus, Scenario, Sharding, Task, architecture_from_parameter_count, estimate, judge_device, room_on

GPUS = load_gpus(Path(__file__).resolve().parents[2] / "resources" / "gpus.json")
BY_NAME = {gpu.name: gpu for gpu in GPUS}
LLAMA = Scenario(architecture=architecture_from_parameter_count(70 * 10**9)).evolve(runtime="llama.cpp", weights="q4_k_m")


def cards(text):
    return named_cards(text, GPUS)


def test_cards_are_listed_as_people_write_them():
    found = cards("2 x RTX 3090, RTX 4090；rtx 4060 ti 16gb")
    assert [card.name for card in found] == ["RTX 3090", "RTX 3090", "RTX 4090", "RTX 4060 Ti 16GB"]
    assert listed([card.name for card in found]) == "2 × RTX 3090, RTX 4090, RTX 4060 Ti 16GB"
    assert cards(listed([card.name for card in found])) == found
    assert cards("") == ()


@pytest.mark.parametrize("text", ["RTX 9999", "0 x RTX 3090", "5000 x RTX 3090", "RTX 3090, nothing", "x"])
def test_what_names_no_card_is_told(text):
    with pytest.raises(LookupError):
        cards(text)


def test_llama_cpp_splits_by_memory_and_every_card_is_judged_by_itself():
    spread = on_cards(LLAMA, cards("RTX 3090, RTX 4060 Ti 16GB"))
    found = estimate(spread)
    large, small = found.devices
    assert (large.gpu, small.gpu) == ("RTX 3090", "RTX 4060 Ti 16GB")
    assert large.total_bytes > 1.3 * small.total_bytes
    device, fit = judge_fleet(found, BY_NAME.get, spread)
    assert fit.headroom_fraction == min(
        judge_device(each, room_on(BY_NAME[each.gpu], spread), found).headroom_fraction for each in (large, small)
    )
    assert device in (large, small)


def test_memory_is_never_pooled():
    """What two cards have together is enough, what one of them has is not: it does not fit."""
    spread = on_cards(LLAMA.evolve(weights="q8_0"), cards("H100 80GB, RTX 4060"))
    even = spread.evolve(layers_per_stage=())
    device, fit = judge_fleet(estimate(even), BY_NAME.get, even)
    assert device.gpu == "RTX 4060"
    assert fit.status is FitStatus.OOM


def test_replicas_on_other_cards_are_apart():
    training = LLAMA.evolve(task=Task.TRAINING, runtime="transformers", weights="bf16")
    spread = on_cards(training, cards("2 x H100 80GB, 2 x RTX 4090"))
    assert spread.parallel.sharding is Sharding.FSDP2
    found = estimate(spread)
    devices = found.devices
    assert [(device.gpu, device.alike, device.rank) for device in devices] == [("H100 (80GB SXM)", 2, 0), ("RTX 4090", 2, 2)]
    assert judge_fleet(found, BY_NAME.get, spread)[0].gpu == "RTX 4090"


def test_alike_cards_are_a_number_of_one():
    spread = on_cards(LLAMA, cards("3 x RTX 3090"))
    assert (spread.gpu, spread.parallel.gpus, spread.parallel.world_size) == ("RTX 3090", (), 3)
    mixed = on_cards(LLAMA, cards("RTX 3090, RTX 4090"))
    assert on_card(mixed, BY_NAME["RTX 4090"]).parallel.gpus == ()
    assert on_card(mixed, BY_NAME["RTX 4090"]).parallel.world_size == 2
    assert on_cards(mixed, ()).parallel.gpus == ()
    assert on_card(LLAMA, BY_NAME["RTX 4090"]).resident_threads == 128 * 1536


def test_a_card_that_is_not_known_judges_nothing():
    spread = on_cards(LLAMA, cards("RTX 3090, RTX 4090"))
    assert judge_fleet(estimate(spread), lambda _name: None, spread) is None
