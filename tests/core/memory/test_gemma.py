"""Gemma 3n and 4: inputs of layers, streams, experts beside an MLP. Measured runs of them are in measured_pieces.json (test_exact.py)."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from core.memory import Architecture, Method, Reason, Recipe, Runtime, Scenario, Task, estimate, parameter_count, reconcile, refusal
from core.memory.components import Component, MomentName
from core.memory.edge import validated
from core.memory.explain import Symbol, explain
from core.memory.inference import decode_cache_bytes, kv_cache_bytes
from core.memory.parallel import Parallelism, Sharding
from core.memory.parameters import factored_parameters, largest_layer_parameters, layer_parameters, outside_parameters
from core.memory.per_layer_input import per_layer_embedding_parameters
from core.memory.training import largest_matrix_parameters
from core.memory.varied import kv_sources, shapes

ARCHITECTURES = json.loads(Path(__file__).with_name("measured_pieces.json").read_text(encoding="utf-8"))["architectures"]


def architecture(name: str) -> Architecture:
    return validated(Architecture, **ARCHITECTURES[name])


SHARED, EXPERTS, DENSE, STREAMS = map(architecture, ("Gemma-4-shared", "Gemma-4-experts", "Gemma-4-dense", "Gemma-3n"))


@pytest.mark.parametrize("arch", [SHARED, EXPERTS, DENSE, STREAMS])
def test_layers_and_what_is_outside_add_up(arch):
    layers = [layer_parameters(shape) * shape.num_hidden_layers for shape in shapes(arch)]
    assert sum(layers) + outside_parameters(arch) == parameter_count(arch)
    assert largest_layer_parameters(arch) == max(layer_parameters(shape) for shape in shapes(arch))


def test_inputs_of_layers_have_rows_and_columns_to_factor():
    h, p, layers, tokens = (
        SHARED.hidden_size,
        SHARED.hidden_size_per_layer_input,
        SHARED.num_hidden_layers,
        SHARED.vocab_size_per_layer_input,
    )
    without = replace(SHARED, hidden_size_per_layer_input=0, vocab_size_per_layer_input=0)
    of_layers = layers * (2 * (h + p) + h)
    joint = (tokens + layers * p) + (h + layers * p) + p
    assert factored_parameters(SHARED) - factored_parameters(without) == of_layers + joint


def test_the_table_of_inputs_may_be_the_largest_matrix():
    wide = replace(SHARED, hidden_size_per_layer_input=256)
    assert largest_matrix_parameters(wide) == per_layer_embedding_parameters(wide) == 32000 * 6 * 256


def test_a_cache_has_what_each_kind_of_layer_makes():
    # Three layers of six make keys and values: two with 2 heads of 128 and a window, one with 2 heads of 512.
    scenario = validated(Scenario, architecture=SHARED, context_length=8192)
    assert kv_cache_bytes(scenario, 1) == 2 * 2 * (2 * 2 * 128 + 2 * 512)
    assert decode_cache_bytes(scenario, 8192) == 2 * 2 * (2 * 2 * 128 * 4096 + 2 * 512 * 8192)
    # Layers without a window that make their values of their keys cache both.
    assert kv_cache_bytes(replace(scenario, architecture=DENSE), 1) == 2 * 2 * (4 * 2 * 128 + 2 * 256)


def test_the_last_of_each_kind_hand_their_keys_and_values_on():
    assert [(source.head_dim, source.num_key_value_heads) for source in kv_sources(SHARED)] == [(128, 2), (512, 2)]
    assert len(kv_sources(DENSE)) == 2  # though no layer takes them


def test_streams_are_not_trained_nor_layers_divided():
    training = validated(Scenario, architecture=STREAMS, task=Task.TRAINING)
    assert refusal(training).reason is Reason.STREAMS_TRAINED
    assert reconcile(training).task is Task.INFERENCE
    divided = validated(Scenario, architecture=SHARED, runtime=Runtime.VLLM, parallel=Parallelism(tensor_parallel_size=2))
    assert refusal(divided).reason is Reason.SEVERAL_GPUS
    assert refusal(reconcile(divided)) is None
    sharded = Parallelism(data_parallel_size=4, sharding=Sharding.ZERO3)
    assert estimate(validated(Scenario, architecture=SHARED, task=Task.TRAINING, recipe=Recipe.MIXED, parallel=sharded)).total_bytes > 0


@pytest.mark.parametrize(
    "choices",
    [
        {"recipe": Recipe.AMP},
        {"recipe": Recipe.FP32},
        {"method": Method.LORA, "autocast": True},
        {"method": Method.LORA, "weights": "fp32"},
    ],
)
def test_only_16_bits_are_trained(choices):
    asked = validated(Scenario, architecture=DENSE, task=Task.TRAINING).evolve(**choices)
    assert refusal(asked).reason is Reason.WIDE_TRAINING_OF_PIECES
    assert refusal(reconcile(asked)) is None


def test_adapters_beside_experts_go_onto_attention():
    asked = validated(Scenario, architecture=EXPERTS, task=Task.TRAINING, method=Method.LORA)
    assert refusal(asked).reason is Reason.ADAPTERS_ON_PIECES
    assert refusal(reconcile(asked)) is None


@pytest.mark.parametrize("arch", [SHARED, EXPERTS, DENSE, STREAMS])
@pytest.mark.parametrize("runtime", Runtime)
def test_every_runtime_has_an_estimate(arch, runtime):
    scenario = reconcile(validated(Scenario, architecture=arch).evolve(runtime=runtime))
    assert estimate(scenario).total_bytes > 2 * parameter_count(arch) * (runtime is not Runtime.LLAMA_CPP)


def test_formulas_have_letters_for_what_goes_into_layers():
    scenario = validated(Scenario, architecture=STREAMS, context_length=1024)
    weights = explain(scenario)[MomentName.LOAD][Component.WEIGHTS]
    assert {Symbol.LAYER_INPUT, Symbol.LAYER_VOCABULARY, Symbol.STREAMS, Symbol.WAY_AROUND} <= set(weights.symbols)
    assert "second table of embeddings" in weights.source
    on_host = explain(scenario.evolve(runtime="llama.cpp", weights="q8_0"))[MomentName.SERVING]
    assert "stays with the host" in on_host[Component.WEIGHTS].source
    assert "llama.cpp's cache" in on_host[Component.KV_CACHE].source
