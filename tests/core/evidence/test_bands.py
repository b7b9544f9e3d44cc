"""Bands from residuals: made by hand where the answer is known, and covering what they were not made from."""

import math
import random

import pytest

from core.evidence.bands import MIN_MODELS, band, bands, coverage, residuals
from core.evidence.score import Row


def row(run: str | None, model: str, predicted: int | None, measured: int, context: int = 0) -> Row:
    return Row("x", "training total", True, predicted_bytes=predicted, measured_bytes=measured, run=run, model=model, context_bytes=context)


def test_residuals_are_of_totals_without_the_context():
    rows = [
        row("training full", "a", 100, 200),
        row("training full", "a", 150, 250, context=50),
        row("training full", "b", 100, 100),
        row("training lora", "a", 40, 20),
        row(None, "a", 10, 10),
        row("training full", "a", None, 10),
        row("training full", "a", 50, 100, context=50),
    ]
    found = residuals(rows)
    assert found["training full"] == {"a": [math.log(2), math.log(2)], "b": [0.0]}
    assert found["training lora"] == {"a": [math.log(0.5)]}


def test_every_model_counts_alike():
    """A thousand runs of one model say no more of the next model than one run of another does."""
    few = band({"a": [0.1], "b": [0.2], "c": [0.3], "d": [0.4], "e": [0.5]})
    many = band({"a": [0.1], "b": [0.2], "c": [0.3] * 1000, "d": [0.4], "e": [0.5]})
    assert (few.low, few.high, few.upper) == (many.low, many.high, many.upper)
    assert (few.runs, many.runs, few.models) == (5, 1004, 5)


def test_the_sure_bounds_hold_the_worst_that_was_seen_and_more():
    made = band({name: [worst, -worst] for name, worst in zip("abcdef", (0.02, 0.05, 0.03, 0.04, 0.01, 0.30), strict=True)})
    assert made.upper > math.exp(0.30)
    assert made.lower < math.exp(-0.30)
    assert made.lower <= made.low <= made.high <= made.upper


def test_the_prediction_bound_is_students():
    """Five worst residuals 0 +- 1: mean + t(0.99, 4) * s * sqrt(1 + 1/5), t = 3.747."""
    worst = [-0.1, -0.05, 0.0, 0.05, 0.1]
    made = band({str(each): [each] for each in worst})
    spread = math.sqrt(sum(each**2 for each in worst) / 4)
    assert math.log(made.upper) == pytest.approx(3.747 * spread * math.sqrt(1.2), rel=0.01)


def test_nine_of_ten_runs_of_models_never_seen_lie_within():
    """Models with an error of their own and runs that scatter about it."""
    source = random.Random(1)

    def model() -> list[float]:
        own = source.gauss(0, 0.1)
        return [own + source.gauss(0, 0.03) for _ in range(10)]

    within = []
    for _ in range(60):
        made = band({str(each): model() for each in range(12)})
        fresh = model()
        within += [made.low <= math.exp(each) <= made.high for each in fresh]
    assert sum(within) / len(within) > 0.85


def test_the_stated_coverage_is_of_models_left_out():
    of_kind = {str(each): [0.01 * each] for each in range(10)}
    assert coverage(of_kind, 1.0) == 0.8  # the lowest and the highest model lie outside of the others
    made = band(of_kind)
    assert made.coverage >= 0.9
    assert made.high > math.exp(0.09) or made.low < 1


def test_a_task_takes_its_widest_kind_and_kinds_of_few_models_none():
    narrow = {str(each): [0.01 * each] for each in range(MIN_MODELS)}
    wide = {str(each): [0.1 * each] for each in range(MIN_MODELS)}
    few = {str(each): [each] for each in range(MIN_MODELS - 1)}
    made = bands({"training lora": narrow, "training full": wide, "training qlora": few, "inference transformers": narrow})
    assert made.keys() == {"training lora", "training full", "training", "inference transformers", "inference"}
    assert made["training"] == made["training full"]
    assert made["inference"] == made["inference transformers"]


def test_runs_on_several_gpus_stand_in_for_each_other_alone():
    alone = {str(each): [each / 100] for each in range(MIN_MODELS)}
    several = {str(each): [each / 10] for each in range(MIN_MODELS)}
    made = bands({"training full": alone, "training full, several GPUs": several, "training lora, several GPUs": {"a": [9.0]}})
    assert made.keys() == {"training full", "training", "training full, several GPUs", "training, several GPUs"}
    assert made["training"] == made["training full"]
    assert made["training, several GPUs"] == made["training full, several GPUs"]


def test_few_models_on_one_gpu_are_pooled_with_the_same_kind_on_several():
    few = {str(each): [each / 100] for each in range(MIN_MODELS - 2)}
    several = {f"framework {each}": [each / 10] for each in range(MIN_MODELS)}
    made = bands({"training full": few, "training full, several GPUs": several, "training lora": {"a": [0.1]}})
    assert made["training full"] == band({**few, **several})
    assert made["training full, several GPUs"] == band(several)
    assert "training lora" not in made


def test_few_frameworks_on_several_gpus_take_what_one_gpu_and_other_kinds_span():
    alone = {str(each): [each / 100] for each in range(MIN_MODELS)}
    several = {str(each): [-each / 10] for each in range(MIN_MODELS)}
    own = {"a": [0.0, 0.01, 9.0], "b": [0.02]}
    made = bands({"training lora": alone, "training full, several GPUs": several, "training lora, several GPUs": own})
    found, one, other = made["training lora, several GPUs"], made["training lora"], made["training full, several GPUs"]
    assert (found.low, found.lower) == (other.low, other.lower)
    assert (found.high, found.upper) == (max(one.high, other.high), max(one.upper, other.upper))
    assert (found.runs, found.models, found.coverage) == (4, 2, 0.75)
