"""Figures in texts and conditions, against the estimate itself."""

import pytest

from core.lessons.condition import checks_of, met
from core.lessons.figures import FIGURES, Kind, View
from core.lessons.problems import PartError
from core.lessons.reader import other
from core.lessons.stage import Stage
from core.lessons.template import Amount, filled
from core.memory import Scenario, estimate, max_batch_size
from core.memory.rule_of_thumb import nominal_weight_bytes


@pytest.fixture
def now(stage: Stage) -> View:
    return stage.view(stage.scene({"task": "training", "recipe": "mixed", "context_length": "2k", "gpu": "A100 80GB"}))


def amounts(text: str, **views: View) -> list[Amount]:
    return [part for part in filled(text, views) if isinstance(part, Amount)]


def test_every_figure_can_be_told_of_every_kind_of_run(stage: Stage):
    for changes in ({}, {"task": "training"}, {"task": "training", "method": "qlora"}, {"runtime": "vllm"}, {"runtime": "llama.cpp"}):
        view = stage.view(stage.changed(stage.example, changes))
        found = {name: view.value(name) for name in FIGURES}
        assert found["total_bytes"] == estimate(view.scenario).total_bytes
        numbers = {name: value for name, value in found.items() if FIGURES[name].kind is not Kind.NAME and value is not None}
        assert all(isinstance(value, int | float) for value in numbers.values())
        assert len(numbers) > 35


def test_words_stay_and_figures_come_in_turn(now: View):
    parts = filled("a {total_bytes} b {batch_size:.0} c", {"now": now})
    assert [part if isinstance(part, str) else part.kind for part in parts] == ["a ", Kind.BYTES, " b ", Kind.COUNT, " c"]


def test_two_figures_are_divided_and_subtracted(stage: Stage, now: View):
    small = stage.view(now.scenario.evolve(batch_size=1))
    large = stage.view(now.scenario.evolve(batch_size=2))
    (ratio, per_parameter, more) = amounts(
        "{total_bytes / start.total_bytes} {weights_bytes / parameters} {total_bytes - start.total_bytes:GB.1}", now=large, start=small
    )
    assert ratio == Amount(Kind.RATIO, large.value("total_bytes") / small.value("total_bytes"))
    assert (per_parameter.kind, per_parameter.value) == (Kind.BYTES, pytest.approx(2))
    assert more == Amount(Kind.BYTES, large.value("total_bytes") - small.value("total_bytes"), "GB", 1)


def test_what_no_run_has_is_told_as_missing(stage: Stage):
    refused = stage.view(stage.example.evolve(task="training", weights="int8"))
    assert amounts("{total_bytes} {total_bytes / weights_bytes}", now=refused) == [Amount(Kind.BYTES, None), Amount(Kind.RATIO, None)]
    assert amounts("{at_backward_bytes}", now=stage.view(stage.example)) == [Amount(Kind.BYTES, None)]


@pytest.mark.parametrize("text", ["{}", "{total_bytes + weights_bytes}", "{model / gpu}", "}{", "{{total_bytes}}", "{total_bytes:kB}"])
def test_what_is_no_figure_is_refused(now: View, text: str):
    with pytest.raises(PartError):
        filled(text, {"now": now})


def test_another_scenario_with_memory_of_its_own(stage: Stage):
    changes = {
        "scene": True,
        "task": "training",
        "weights": "int8",
        "estimator": "rule-of-thumb",
        "context_length": 2048,
        "usable_bytes": 80 * 10**9,
    }
    view = stage.view(*other(stage, stage.example, changes))
    assert view.value("largest_batch_size") == max_batch_size(view.scenario, 80 * 10**9) == 52
    assert view.value("weights_bytes") == nominal_weight_bytes(7 * 10**9, view.scenario.weights)


# ---- Conditions


def of(stage: Stage, **changes: object) -> View:
    return stage.view(stage.example.evolve(**changes))


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"weights": "bf16"}, True),
        ({"weights": ["int8", "bf16"]}, True),
        ({"weights": "int8"}, False),
        ({"gradient_checkpointing": False, "context_length": 4096}, True),
        ({"context_length": {"at_least": 4096}}, True),
        ({"context_length": {"at_least": 4097}}, False),
        ({"context_length": {"at_most": 4095}}, False),
        ({"total_bytes": {"at_least": "8 GiB", "at_most": "24 GB"}}, True),
        ({"total_bytes": {"at_most": "8 GiB"}}, False),
        ({"total_bytes": {"at_least": "1 of start", "at_most": "1 of start"}}, True),
        ({"total_bytes": {"at_most": "0.5 of start"}}, False),
        ({"fit": "fits"}, True),
        ({"fit": ["tight", "oom"]}, False),
        ({"model": "Llama-2-7b-hf"}, True),
        ({"tensor_parallel_size": 1, "world_size": {"at_most": 1}}, True),
        ({"sharding": "zero3"}, False),
        ({"weights": {"at_most": 8}}, None),
    ],
)
def test_conditions(stage: Stage, condition: dict, holds: bool | None):
    if holds is None:
        with pytest.raises(PartError):
            checks_of(condition)
        return
    view = of(stage)
    assert met(checks_of(condition), {"now": view, "start": view}) is holds


def test_against_the_start(stage: Stage):
    checks = checks_of({"weights_bytes": {"at_most": "0.6 of start"}})
    assert met(checks, {"now": of(stage, weights="int8"), "start": of(stage)})
    assert not met(checks, {"now": of(stage), "start": of(stage, weights="int8")})


def test_scenes_begin_with_the_example_and_answers_with_what_there_is(stage: Stage):
    before = stage.example.evolve(batch_size=9)
    assert stage.scene({"context_length": "8k"}) == stage.example.evolve(context_length=8192)
    assert stage.changed(before, {"context_length": "8k"}) == before.evolve(context_length=8192)
    assert stage.changed(before, {"task": "training", "method": "qlora"}).weights.value == "int4"
    assert isinstance(stage.changed(before, {"parameters": "70B"}), Scenario)
