from dataclasses import asdict, replace

import pytest
from pydantic import ValidationError

from core.memory import Architecture, parameter_count
from core.memory.contradiction import Contradiction
from core.memory.edge import contradiction_in, validated

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


EXPERTS = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64}


@pytest.mark.parametrize(("count", "shape"), PUBLISHED.values(), ids=PUBLISHED.keys())
def test_the_count_is_exactly_the_published_one(count, shape):
    assert parameter_count(Architecture(nominal_parameters=count, **shape)) == count


def test_llama_2(llama_7b, llama_13b, llama_70b):
    assert [parameter_count(arch) for arch in (llama_7b, llama_13b, llama_70b)] == [6_738_415_616, 13_015_864_320, 68_976_648_192]


def test_query_heads_must_share_key_value_heads_evenly(llama_7b):
    with pytest.raises(ValidationError, match="num_attention_heads 32, num_key_value_heads 5"):
        validated(Architecture, **asdict(llama_7b) | {"num_key_value_heads": 5})


@pytest.mark.parametrize(
    ("changes", "contradiction", "sizes"),
    [
        ({"num_key_value_heads": 5}, Contradiction.KEY_VALUE_HEADS, "num_attention_heads 32, num_key_value_heads 5"),
        (EXPERTS | {"num_experts_per_tok": 9}, Contradiction.EXPERTS_PER_TOKEN, "num_experts_per_tok 9, num_experts 8"),
        (EXPERTS | {"num_experts_per_tok": 0}, Contradiction.EXPERTS_PER_TOKEN, "num_experts_per_tok 0, num_experts 8"),
        (EXPERTS | {"moe_intermediate_size": 0}, Contradiction.EXPERT_WIDTH, "num_experts 8, moe_intermediate_size 0"),
        (
            {"kv_lora_rank": 512, "v_head_dim": 128},
            Contradiction.LATENT_WIDTHS,
            "kv_lora_rank 512, qk_nope_head_dim 0, qk_rope_head_dim 0, v_head_dim 128",
        ),
        ({"sliding_window": 8}, Contradiction.WINDOW, "sliding_window 8, num_sliding_layers 0, num_hidden_layers 32"),
        (
            {"sliding_window": 8, "num_sliding_layers": 33},
            Contradiction.WINDOW,
            "sliding_window 8, num_sliding_layers 33, num_hidden_layers 32",
        ),
        (
            {"num_layers_without_mlp": 1},
            Contradiction.LAYERS_WITHOUT_MIXER,
            "num_mixer_layers 0, num_layers_without_attention 0, num_layers_without_mlp 1",
        ),
    ],
)
def test_sizes_that_contradict_each_other_are_named(llama_7b, changes, contradiction, sizes):
    with pytest.raises(ValidationError) as caught:
        validated(Architecture, **asdict(llama_7b) | changes)
    found = contradiction_in(caught.value)
    assert found is not None
    assert (found.contradiction, found.sizes) == (contradiction, sizes)


def test_another_complaint_is_no_contradiction(llama_7b):
    with pytest.raises(ValidationError) as caught:
        validated(Architecture, **asdict(llama_7b) | {"hidden_size": 0})
    assert contradiction_in(caught.value) is None


@pytest.mark.parametrize(
    "field",
    ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "vocab_size"],
)
@pytest.mark.parametrize("value", [0, -1, 10**30])
def test_absurd_dimensions_are_refused(llama_7b, field, value):
    with pytest.raises(ValidationError, match=field):
        validated(Architecture, **asdict(llama_7b) | {field: value})


def test_unknown_fields_are_refused(llama_7b):
    with pytest.raises(ValidationError, match="num_dreams"):
        validated(Architecture, **asdict(llama_7b) | {"num_dreams": 8})


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"num_experts": 8}, "num_experts_per_tok"),
        ({"num_experts": 8, "num_experts_per_tok": 9, "moe_intermediate_size": 64}, "num_experts_per_tok"),
        ({"num_experts": 8, "num_experts_per_tok": 2}, "moe_intermediate_size"),
        ({"kv_lora_rank": 512}, "kv_lora_rank"),
        ({"sliding_window": 4096}, "sliding_window"),
        ({"sliding_window": 4096, "num_sliding_layers": 33}, "sliding_window"),
    ],
)
def test_pieces_that_need_each_other(llama_7b, fields, complaint):
    with pytest.raises(ValidationError, match=complaint):
        validated(Architecture, **asdict(llama_7b) | fields)


def test_fusing_matrices_changes_no_count(llama_7b):
    fused = replace(llama_7b, fused_qkv=True, fused_gate_up=True)
    assert parameter_count(fused) == parameter_count(llama_7b)


def test_published_counts_of_models_with_experts():
    """config.json and safetensors totals of mistralai/Mixtral-8x7B-v0.1 and deepseek-ai/DeepSeek-V2-Lite."""
    mixtral = Architecture(
        nominal_parameters=47 * 10**9,
        hidden_size=4096,
        intermediate_size=14336,
        num_hidden_layers=32,
        num_attention_heads=32,
        num_key_value_heads=8,
        head_dim=128,
        vocab_size=32000,
        num_experts=8,
        num_experts_per_tok=2,
        moe_intermediate_size=14336,
    )
    assert parameter_count(mixtral) == 46_702_792_704
    deepseek = Architecture(
        nominal_parameters=16 * 10**9,
        hidden_size=2048,
        intermediate_size=10944,
        num_hidden_layers=27,
        num_attention_heads=16,
        num_key_value_heads=16,
        head_dim=192,
        vocab_size=102400,
        num_experts=64,
        num_experts_per_tok=6,
        moe_intermediate_size=1408,
        shared_expert_intermediate_size=2816,
        first_k_dense_replace=1,
        kv_lora_rank=512,
        qk_nope_head_dim=128,
        qk_rope_head_dim=64,
        v_head_dim=128,
    )
    assert parameter_count(deepseek) == 15_706_484_224
