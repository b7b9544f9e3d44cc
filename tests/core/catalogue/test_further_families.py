"""Families of which little but their pieces is special. Counts are what transformers 5.24 makes of the same configurations."""

import pytest

from core.catalogue.config_keys import ConfigError, ConfigProblem
from core.catalogue.hf_config import Note, read_config
from core.memory import parameter_count
from core.memory.architecture import Activation, Norm, Router

_SIZES = {"num_hidden_layers": 3, "hidden_size": 1024, "num_attention_heads": 16, "vocab_size": 32000}
_EXPERTS = {"moe_intermediate_size": 384, "num_experts_per_tok": 4, "n_routed_experts": 32}
_LATENT = {"q_lora_rank": 384, "kv_lora_rank": 256, "qk_nope_head_dim": 96, "qk_rope_head_dim": 32, "v_head_dim": 128}

PHI = _SIZES | {"model_type": "phi", "intermediate_size": 4096, "partial_rotary_factor": 0.5}
GPT_BIGCODE = {"model_type": "gpt_bigcode", "n_layer": 3, "n_embd": 1024, "n_head": 8, "n_positions": 2048, "vocab_size": 32000}
OLMO = _SIZES | {"model_type": "olmo", "intermediate_size": 3584, "num_attention_heads": 8}
MINIMAX = _SIZES | {
    "model_type": "minimax_m2",
    "intermediate_size": 384,
    "num_key_value_heads": 4,
    "head_dim": 128,
    "num_local_experts": 32,
    "num_experts_per_tok": 4,
    "rotary_dim": 64,
}
ERNIE = _SIZES | {
    "model_type": "ernie4_5_moe",
    "intermediate_size": 3584,
    "moe_intermediate_size": 384,
    "num_key_value_heads": 2,
    "moe_num_experts": 32,
    "moe_k": 4,
    "moe_num_shared_experts": 2,
    "moe_layer_start_index": 1,
    "moe_layer_end_index": 2,
    "tie_word_embeddings": True,
}
GLM_FLASH = (
    _SIZES
    | _EXPERTS
    | _LATENT
    | {
        "model_type": "glm4_moe_lite",
        "intermediate_size": 3584,
        "num_attention_heads": 8,
        "n_shared_experts": 1,
        "mlp_layer_types": ["dense", "sparse", "sparse"],
    }
)
SEED = _SIZES | {"model_type": "seed_oss", "intermediate_size": 3584, "num_key_value_heads": 4, "head_dim": 128}
STABLELM = _SIZES | {"model_type": "stablelm", "intermediate_size": 3584, "num_attention_heads": 8, "use_qkv_bias": False}


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        (PHI, 103_352_576),
        (GPT_BIGCODE, 67_145_472),
        (OLMO, 111_149_056),
        (MINIMAX, 194_624_000),
        (ERNIE, 131_144_768),
        (GLM_FLASH, 162_243_456),
        (SEED, 114_311_168),
        (STABLELM, 111_163_392),
    ],
    ids=lambda value: value.get("model_type") if isinstance(value, dict) else "",
)
def test_counts_are_those_of_the_code(config, parameters):
    assert parameter_count(read_config(config).architecture) == parameters


def test_pieces_of_their_own():
    phi, santacoder, olmo = (read_config(config).architecture for config in (PHI, GPT_BIGCODE, OLMO))
    assert (phi.rotary_dim, phi.head_bias, phi.activation, phi.dropout) == (32, True, Activation.GELU_WRITTEN_OUT, False)
    assert read_config(PHI | {"resid_pdrop": 0.1}).architecture.dropout
    assert (santacoder.num_key_value_heads, santacoder.mask_kept) == (1, True)
    assert olmo.norm is Norm.LAYER_BARE
    minimax = read_config(MINIMAX).architecture
    assert (minimax.router, minimax.rotary_dim, minimax.qk_norm_whole) == (Router.SIGMOID_ALONE, 64, True)
    ernie = read_config(ERNIE).architecture
    assert (ernie.first_k_dense_replace, ernie.shared_expert_intermediate_size, ernie.num_moe_layers) == (1, 768, 2)
    assert read_config(GLM_FLASH).architecture.first_k_dense_replace == 1


@pytest.mark.parametrize(
    ("config", "detail"),
    [
        (PHI | {"qk_layernorm": True}, "qk_layernorm"),
        (GPT_BIGCODE | {"multi_query": False}, "multi_query"),
        (ERNIE | {"use_bias": True}, "use_bias"),
        (ERNIE | {"moe_layer_interval": 2}, "moe_layer_interval"),
        (GLM_FLASH | {"mlp_layer_types": ["sparse", "dense", "sparse"]}, "mlp_layer_types"),
        (SEED | {"mlp_bias": True}, "mlp_bias"),
        (STABLELM | {"use_parallel_residual": True}, "use_parallel_residual"),
    ],
)
def test_what_they_may_ask_for_beyond_that_is_refused_by_name(config, detail):
    with pytest.raises(ConfigError) as error:
        read_config(config)
    assert error.value.problem is ConfigProblem.NOT_MODELLED
    assert detail in error.value.detail


def test_prediction_heads_are_said():
    model = read_config(MINIMAX | {"num_mtp_modules": 3, "use_mtp": True, "use_routing_bias": True})
    assert [note for note, _ in model.notes] == [Note.PREDICTION_HEADS]
