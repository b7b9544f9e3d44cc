import time

from core.catalogue import suggest

CARDS = ["A10", "A100 40GB", "A100 80GB", "RTX 4090", "RTX 4090 D", "RTX A6000", "MI300X"]


def test_what_contains_the_query_comes_first():
    assert suggest(CARDS, "a100") == ["A100 40GB", "A100 80GB", "A10"]
    assert suggest(CARDS, "4090")[:2] == ["RTX 4090", "RTX 4090 D"]


def test_slips_of_the_finger_are_understood():
    assert suggest(CARDS, "RTX A600")[0] == "RTX A6000"
    assert suggest(CARDS, "rtx 4900")[0] == "RTX 4090"
    assert suggest(CARDS, "mi300")[0] == "MI300X"


def test_the_organisation_can_be_left_out():
    names = ["meta-llama/Llama-2-7b-hf", "Qwen/Qwen3-8B"]
    assert suggest(names, "qwen3 9b") == ["Qwen/Qwen3-8B"]


def test_nothing_is_suggested_for_what_is_like_nothing():
    assert suggest(CARDS, "toaster") == []
    assert suggest(CARDS, "") == []
    assert suggest([], "RTX 4090") == []


def test_no_more_than_asked_for():
    assert len(suggest(CARDS, "a", limit=2)) == 2


def test_an_endless_query_takes_no_time():
    start = time.perf_counter()
    suggest(CARDS * 30, "rtx4090" * 10**6)
    assert time.perf_counter() - start < 2
