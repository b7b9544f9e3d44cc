"""Gemma 3n and Gemma 4: which layer is of which shape. Their counts are in counted_configs.jsonl, bytes in measured_pieces.json."""

import pytest

from core.catalogue.config_keys import ConfigError
from core.catalogue.hf_config import read_config
from core.memory import parameter_count
from core.memory.varied import ordered, shapes

GEMMA_4 = {
    "model_type": "gemma4_text",
    "hidden_size": 1536,
    "intermediate_size": 6144,
    "num_hidden_layers": 35,
    "num_attention_heads": 8,
    "num_key_value_heads": 1,
    "head_dim": 256,
    "global_head_dim": 512,
    "vocab_size": 262144,
    "sliding_window": 512,
    "hidden_size_per_layer_input": 256,
    "num_kv_shared_layers": 20,
    "use_double_wide_mlp": True,
    "layer_types": (["sliding_attention"] * 4 + ["full_attention"]) * 7,
}
GEMMA_3N = {
    "model_type": "gemma3n_text",
    "hidden_size": 2048,
    "intermediate_size": [8192] * 30,
    "num_hidden_layers": 30,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 256,
    "vocab_size": 262400,
    "num_kv_shared_layers": 10,
    "layer_types": (["sliding_attention"] * 4 + ["full_attention"]) * 6,
}


def test_e2b_has_four_shapes_in_fourteen_runs():
    arch = read_config(GEMMA_4).architecture
    assert parameter_count(arch) == 4_628_569_344  # as transformers loads google/gemma-4-E2B's text part
    assert [run.layers for run in arch.layer_runs] == [4, 1] * 7
    assert {(shape.head_dim, shape.intermediate_size, shape.keys_shared): shape.num_hidden_layers for shape in shapes(arch)} == {
        (256, 6144, False): 12,
        (512, 6144, False): 3,
        (256, 12288, True): 16,
        (512, 12288, True): 4,
    }
    assert (arch.cached_layers, arch.num_sliding_layers, arch.sliding_window) == (15, 28, 512)


def test_layers_without_a_window_may_have_other_heads_and_no_values_of_their_own():
    config = GEMMA_4 | {"attention_k_eq_v": True, "num_key_value_heads": 4, "num_global_key_value_heads": 2, "num_kv_shared_layers": 0}
    full = [shape for shape in ordered(read_config(config).architecture) if not shape.num_sliding_layers]
    assert {(shape.num_key_value_heads, shape.head_dim) for shape in full} == {(2, 512)}
    alike = read_config(config | {"attention_k_eq_v": False}).architecture
    assert {shape.num_key_value_heads for shape in ordered(alike)} == {4}


def test_as_transformers_saves_it():
    saved = {key: value for key, value in GEMMA_4.items() if key != "global_head_dim"}
    saved["per_layer_config"] = {f"{place:02d}": {"head_dim": 512} for place in range(4, 35, 5)}
    assert read_config(saved).architecture == read_config(GEMMA_4).architecture


def test_gemma_3n_widths_are_listed_and_streams_counted():
    arch = read_config(GEMMA_3N).architecture
    assert parameter_count(arch) == 4_435_182_688
    assert (arch.altup_num_inputs, arch.laurel_rank, arch.hidden_size_per_layer_input, arch.num_kv_shared_layers) == (4, 64, 256, 10)
    narrow = read_config(GEMMA_3N | {"intermediate_size": [4096] * 10 + [8192] * 20}).architecture
    assert parameter_count(arch) - parameter_count(narrow) == 10 * 3 * 2048 * 4096
    assert read_config(GEMMA_3N | {"intermediate_size": 8192}).architecture == arch


def test_where_nothing_is_listed_the_classes_own_pattern_stands():
    unsaid = {key: value for key, value in GEMMA_3N.items() if key != "layer_types"}
    assert read_config(unsaid).architecture == read_config(GEMMA_3N).architecture
    unsaid = {key: value for key, value in GEMMA_4.items() if key != "layer_types"} | {"num_kv_shared_layers": 0}
    slides = [bool(shape.num_sliding_layers) for shape in ordered(read_config(unsaid).architecture) for _ in range(shape.num_hidden_layers)]
    assert slides == ([True] * 5 + [False]) * 5 + [True] * 4 + [False]


@pytest.mark.parametrize(
    "change",
    [
        {"layer_types": ["full_attention"]},
        {"layer_types": ["chunked_attention"] * 35},
        {"num_kv_shared_layers": 35},
        {"num_kv_shared_layers": 31},  # no layer without a window before them
        {"num_hidden_layers": 10**5, "layer_types": None},
        {"sliding_window": 0},
        {"hidden_size_per_layer_input": -1},
    ],
)
def test_odd_layers_are_a_complaint(change):
    with pytest.raises(ConfigError):
        read_config(GEMMA_4 | change)


def test_widths_that_are_not_one_for_each_layer_are_a_complaint():
    with pytest.raises(ConfigError):
        read_config(GEMMA_3N | {"intermediate_size": [8192]})


def test_no_windows_at_all():
    change = {"layer_types": ["full_attention"] * 35, "num_kv_shared_layers": 0, "use_double_wide_mlp": False}
    arch = read_config(GEMMA_4 | change).architecture
    assert (arch.layer_runs, arch.head_dim, arch.sliding_window) == ((), 512, 0)
