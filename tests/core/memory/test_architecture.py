from dataclasses import asdict

import pytest
from pydantic import ValidationError

from core.memory import Architecture, parameter_count
from core.memory.edge import validated

#: Shapes from the config.json of each model; counts as the weights published with it add up to (safetensors index, model card).
PUBLISHED = {
    "Mistral-7B-v0.1": (
        7_241_732_096,
        {
            "hidden_size": 4096,
            "intermediate_size": 14336,
            "num_hidden_layers": 32,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "vocab_size": 32000,
        },
    ),
    "Llama-3.2-1B, tied": (
        1_235_814_400,
        {
            "hidden_size": 2048,
            "intermediate_size": 8192,
            "num_hidden_layers": 16,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "head_dim": 64,
            "vocab_size": 128256,
            "tie_word_embeddings": True,
        },
    ),
    "Qwen2-7B, biases": (
        7_615_616_512,
        {
            "hidden_size": 3584,
            "intermediate_size": 18944,
            "num_hidden_layers": 28,
            "num_attention_heads": 28,
            "num_key_value_heads": 4,
            "head_dim": 128,
            "vocab_size": 152064,
            "qkv_bias": True,
        },
    ),
    "Qwen3-8B, q/k norms": (
        8_190_735_360,
        {
            "hidden_size": 4096,
            "intermediate_size": 12288,
            "num_hidden_layers": 36,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "head_dim": 128,
            "vocab_size": 151936,
            "qk_norm": True,
        },
    ),
}


@pytest.mark.parametrize(("count", "shape"), PUBLISHED.values(), ids=PUBLISHED.keys())
def test_the_count_is_exactly_the_published_one(count, shape):
    assert parameter_count(Architecture(nominal_parameters=count, **shape)) == count


def test_llama_2(llama_7b, llama_13b, llama_70b):
    assert [parameter_count(arch) for arch in (llama_7b, llama_13b, llama_70b)] == [6_738_415_616, 13_015_864_320, 68_976_648_192]


def test_query_heads_must_share_key_value_heads_evenly(llama_7b):
    with pytest.raises(ValidationError, match=r"num_attention_heads \(32\) is not a multiple of num_key_value_heads \(5\)"):
        validated(Architecture, **asdict(llama_7b) | {"num_key_value_heads": 5})


@pytest.mark.parametrize(
    "field",
    ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "vocab_size"],
)
@pytest.mark.parametrize("value", [0, -1, 10**30])
def test_absurd_dimensions_are_refused(llama_7b, field, value):
    with pytest.raises(ValidationError, match=field):
        validated(Architecture, **asdict(llama_7b) | {field: value})


def test_unknown_fields_are_refused(llama_7b):
    with pytest.raises(ValidationError, match="num_experts"):
        validated(Architecture, **asdict(llama_7b) | {"num_experts": 8})
