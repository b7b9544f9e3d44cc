"""Every component of every moment says its formula, and the formula says the bytes."""

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest

from core.catalogue import Model, load_models
from core.memory import Component, Format, Scenario, estimate, refusal
from core.memory.edge import validated
from core.memory.explain import LETTERS, Symbol, explain
from core.memory.symbolic import Symbolic, written


def one_of_each_build(models: Iterable[Model]) -> list[Model]:
    """The first model of each choice of pieces: sizes are only numbers in the same formulas."""
    found: dict[object, Model] = {}
    for model in models:
        pieces = {
            name: value if isinstance(value, (bool, StrEnum)) else bool(value)
            for name, value in vars(model.architecture).items()
            if name not in ("name", "nominal_parameters")
        }
        grouped = model.architecture.num_attention_heads == model.architecture.num_key_value_heads
        found.setdefault((grouped, *pieces.values()), model)
    return list(found.values())


MODELS = one_of_each_build(load_models(Path(__file__).parents[3] / "resources" / "models.json"))
INFERENCE = [
    {"weights": weights, "kv_cache": cache, "attention": attention, "batch_size": batch, "max_new_tokens": new, "context_length": 1000}
    for (weights, cache), attention, batch, new in product(
        [("bf16", "bf16"), ("int4", "int8"), ("nf4-double", "fp8"), ("fp32", "fp16")], ["sdpa", "eager"], [1, 3], [1, 700]
    )
]
TRAINING = [
    {"task": "training", "recipe": recipe, "optimizer": optimizer, "gradient_checkpointing": checkpointing, "weights": weights}
    for (recipe, weights), optimizer, checkpointing in product(
        [("pure16", "bf16"), ("mixed", "bf16"), ("amp", "fp32"), ("fp32", "fp32")], ["adamw", "adamw8bit", "sgd"], [False, True]
    )
]
ADAPTERS = [
    {
        "task": "training",
        "method": method,
        "weights": weights,
        "gradient_checkpointing": checkpointing,
        "attention": attention,
        "lora_r": rank,
    }
    for (method, weights), checkpointing, attention, rank in product(
        [("lora", "bf16"), ("lora", "fp32"), ("qlora", "nf4")], [False, True], ["sdpa", "eager"], [1, 64]
    )
]
ENGINES = [
    {"runtime": runtime, "weights": weights, "kv_cache": "fp8", "batch_size": 5, "context_length": 1000}
    for runtime, weights in product(["vllm", "sglang"], ["bf16", "awq-int4", "fp8-block", "mxfp4"])
]
LLAMA_CPP = [
    {
        "runtime": "llama.cpp",
        "weights": weights,
        "kv_cache": cache,
        "attention": attention,
        "llama_cpp_build": build,
        "context_length": 1000,
    }
    for (weights, cache), attention, build in product(
        [("bf16", "fp16"), ("q4_k_m", "q8_0"), ("iq2_s", "q4_0"), ("q3_k_l", "fp16")], ["sdpa", "eager"], ["current", "before-mid-2026"]
    )
]
RULE_OF_THUMB = [{"estimator": "rule-of-thumb"}, {"estimator": "rule-of-thumb", "task": "training"}]


def evaluated(text: str) -> Fraction:
    """A formula with numbers in it, reckoned by the rules of arithmetic alone."""
    plain = text.replace(",", "").replace("−", "-").replace("·", "*").replace(" / ", "/")
    plain = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "**" + found[0].translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")), plain)
    plain = re.sub(r"(\*\*)?\b(\d+(?:\.\d+)?)\b", lambda found: found[0] if found[1] else f"Fraction('{found[2]}')", plain)
    plain = plain.replace("⌊", "floor(").replace("⌋", ")").replace("⌈", "ceil(").replace("⌉", ")")
    return Fraction(eval(plain, {"Fraction": Fraction, "floor": math.floor, "ceil": math.ceil, "__builtins__": {}}))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.short_name)
def test_every_component_of_every_moment(model):
    explained = 0
    for choices in INFERENCE + ENGINES + LLAMA_CPP + TRAINING + ADAPTERS + RULE_OF_THUMB:
        scenario = validated(Scenario, architecture=model.architecture, **choices)
        if refusal(scenario) is not None:
            continue
        found = explain(scenario)
        for moment in estimate(scenario).moments:
            expected = {component: size for component, size in zip(Component, moment.stack, strict=True) if size}
            assert found[moment.name].keys() == expected.keys()
            for component, explanation in found[moment.name].items():
                place = (choices, moment.name, component, explanation)
                assert explanation.value_bytes == expected[component], place
                assert evaluated(explanation.numbers) == expected[component], place
                assert len(explanation.source) > 20, place
                assert explanation.symbols or component is Component.RUNTIME, place
                explained += 1
    assert explained > 400


def test_symbols_are_what_the_formula_is_written_in(llama_7b):
    """Llama-2-7B: 2 bytes for each of L(4h² + 3hi + 2h) + 2Vh + h values; a, k and d are apart here."""
    found = explain(validated(Scenario, architecture=llama_7b, weights="fp32", kv_cache="fp32"))
    weights = found[estimate(validated(Scenario, architecture=llama_7b)).moments[0].name][Component.WEIGHTS]
    assert weights.formula == "L·(8·a·d·h + 8·d·h·k + 12·h·i + 8·h) + 8·V·h + 4·h + 4·d"
    assert weights.numbers.startswith("32·(8·32·128·4,096 + 8·128·4,096·32")
    assert [LETTERS[symbol] for symbol in weights.symbols] == ["L", "h", "i", "a", "k", "d", "V"]


def test_letters_tell_symbols_apart():
    assert LETTERS.keys() == set(Symbol)
    assert len(set(LETTERS.values())) == len(LETTERS)


class TestSymbolic:
    x, y = Symbolic.symbol("x", 10), Symbolic.symbol("y", 3)

    @pytest.mark.parametrize(
        ("make", "formula", "numbers"),
        [
            (lambda x, y: x + y + 1, "x + y + 1", "10 + 3 + 1"),
            (lambda x, y: 1 - x, "−x + 1", "−10 + 1"),
            (lambda x, y: x - x, "0", "0"),
            (lambda x, y: (x + y) * (x - y), "x² − y²", "10² − 3²"),
            (lambda x, y: 5 * x // 2, "2.5·x", "2.5·10"),
            (lambda x, y: 3 * y // 9, "y/3", "3/3"),
            (lambda x, y: x // 3, "⌊x / 3⌋", "⌊10 / 3⌋"),
            (lambda x, y: -(-x // 3), "⌈x / 3⌉", "⌈10 / 3⌉"),
            (lambda x, y: -(-(x + 1) // y), "⌈(x + 1) / y⌉", "⌈(10 + 1) / 3⌉"),
            (lambda x, y: 100 // x, "⌊100 / x⌋", "⌊100 / 10⌋"),
            (lambda x, y: x * 0, "0", "0"),
            (lambda x, y: y**2 * x, "x·y²", "10·3²"),
            (lambda x, y: sum([x, y, x]), "2·x + y", "2·10 + 3"),
            (lambda x, y: max(x, y) * True, "x", "10"),
            (lambda x, y: x * (y - 3), "0", "0"),
        ],
    )
    def test_arithmetic(self, make, formula, numbers):
        value = make(self.x, self.y)
        assert value == make(10, 3)
        assert written(value) == (formula, numbers)

    def test_what_is_there_equally_often_stands_together(self):
        layers, batch = Symbolic.symbol("L", 2), Symbolic.symbol("B", 5)
        assert written(3 * layers * batch * self.x + layers * batch + self.y + layers * batch * self.y)[0] == "L·B·(3·x + 1 + y) + y"
        assert written(layers * layers * batch)[0] == "L²·B"
        assert written(7) == ("7", "7")


@pytest.mark.parametrize(("runtime", "weights", "kv_cache"), [("llama.cpp", Format.Q4_K_M, "fp16"), ("transformers", Format.BF16, "bf16")])
def test_the_bytes_of_a_file_are_a_symbol(llama_7b, runtime, weights, kv_cache):
    """What was opened stands in the formula as what it is, not as a number from nowhere."""
    opened = replace(llama_7b, file_format=weights, file_bytes=4_081_004_224)
    for parts in explain(validated(Scenario, architecture=opened, runtime=runtime, weights=weights, kv_cache=kv_cache)).values():
        found = parts[Component.WEIGHTS]
        assert Symbol.FILE in found.symbols
        assert evaluated(found.numbers) == found.value_bytes
