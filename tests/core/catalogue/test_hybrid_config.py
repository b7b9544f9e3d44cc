"""Configurations of models with mixers. Counts are what transformers 5.23 makes of the same configuration on the meta device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalogue.config_keys import ConfigError, ConfigProblem
from core.catalogue.hf_config import Note, read_config
from core.memory import parameter_count
from core.memory.architecture import Mixer

QWEN3_NEXT = {
    "model_type": "qwen3_next",
    "hidden_size": 2048,
    "intermediate_size": 5632,
    "num_hidden_layers": 48,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "head_dim": 256,
    "vocab_size": 151936,
}
FALCON_H1 = {
    "model_type": "falcon_h1",
    "hidden_size": 3072,
    "intermediate_size": 12288,
    "num_hidden_layers": 8,
    "num_attention_heads": 12,
    "num_key_value_heads": 2,
    "head_dim": 128,
    "vocab_size": 130048,
    "mamba_d_ssm": 3072,
    "mamba_n_heads": 24,
    "mamba_d_head": 128,
    "mamba_d_state": 256,
    "mamba_rms_norm": False,
}
NEMOTRON_H = {
    "model_type": "nemotron_h",
    "hidden_size": 4096,
    "intermediate_size": 21504,
    "num_hidden_layers": 13,
    "hybrid_override_pattern": "M-M-M-M*-M-M-",
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 131072,
}
JAMBA = {
    "model_type": "jamba",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 65536,
}
BAMBA = {
    "model_type": "bamba",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128000,
    "attn_layer_indices": [9, 18, 27],
}
MAMBA = {"model_type": "mamba", "hidden_size": 768, "num_hidden_layers": 32, "vocab_size": 50280}
MAMBA2 = {
    "model_type": "mamba2",
    "hidden_size": 2560,
    "num_hidden_layers": 8,
    "num_heads": 80,
    "head_dim": 64,
    "n_groups": 1,
    "vocab_size": 50288,
    "tie_word_embeddings": True,
}
GRANITE = {
    "model_type": "granitemoehybrid",
    "hidden_size": 1536,
    "intermediate_size": 512,
    "shared_intermediate_size": 1024,
    "num_hidden_layers": 40,
    "num_attention_heads": 12,
    "num_key_value_heads": 4,
    "vocab_size": 100352,
    "tie_word_embeddings": True,
    "position_embedding_type": "nope",
    "mamba_n_heads": 48,
    "mamba_d_head": 64,
    "mamba_d_state": 128,
    "num_local_experts": 64,
    "num_experts_per_tok": 6,
    "layer_types": ["attention" if layer in (5, 15, 25, 35) else "mamba" for layer in range(40)],
}
LFM2 = {
    "model_type": "lfm2",
    "hidden_size": 2048,
    "block_ff_dim": 12288,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 65536,
    "full_attn_idxs": [2, 5, 8, 10, 12, 14],
}
_QWEN3_5 = {
    "hidden_size": 1024,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 256,
    "vocab_size": 2000,
    "linear_num_key_heads": 8,
    "linear_num_value_heads": 16,
}
QWEN3_5 = _QWEN3_5 | {"model_type": "qwen3_5_text", "intermediate_size": 3072}
QWEN3_5_MOE = _QWEN3_5 | {
    "model_type": "qwen3_5_moe_text",
    "num_experts": 16,
    "num_experts_per_tok": 4,
    "moe_intermediate_size": 256,
    "shared_expert_intermediate_size": 256,
}
LFM2_MOE = {
    "model_type": "lfm2_moe",
    "hidden_size": 2048,
    "intermediate_size": 7168,
    "num_hidden_layers": 24,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 65536,
    "layer_types": ["full_attention" if layer in (2, 6, 10, 14, 18, 21) else "conv" for layer in range(24)],
}
NEMOTRON_3 = {
    "model_type": "nemotron_h",
    "hidden_size": 2688,
    "num_hidden_layers": 52,
    "hybrid_override_pattern": "MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME",
    "num_attention_heads": 32,
    "num_key_value_heads": 2,
    "head_dim": 128,
    "vocab_size": 131072,
    "mamba_num_heads": 64,
    "n_routed_experts": 128,
    "num_experts_per_tok": 6,
    "moe_intermediate_size": 1856,
    "moe_shared_expert_intermediate_size": 3712,
}
LATENT_EXPERTS = NEMOTRON_3 | {"n_routed_experts": 64, "num_experts_per_tok": 22, "moe_latent_size": 1024}
FALCON_MAMBA = {
    "model_type": "falcon_mamba",
    "hidden_size": 4096,
    "num_hidden_layers": 64,
    "vocab_size": 65024,
    "tie_word_embeddings": False,
}
COUNTS = {
    8_339_929_856: LFM2_MOE,
    31_577_937_344: NEMOTRON_3,
    7_920_989_632: LATENT_EXPERTS,
    7_272_665_088: FALCON_MAMBA,
    79_674_391_296: QWEN3_NEXT,
    2_032_926_272: FALCON_H1,
    2_830_522_624: NEMOTRON_H,
    51_570_323_328: JAMBA,
    9_808_584_064: BAMBA,
    159_308_544: MAMBA,
    450_472_320: MAMBA2,
    6_939_037_248: GRANITE,
    1_170_340_608: LFM2,
    71_362_528: QWEN3_5,
    87_160_800: QWEN3_5_MOE,
}
ALL = list(COUNTS.values())


@pytest.mark.parametrize(("count", "config"), list(COUNTS.items()), ids=[str(config["model_type"]) for config in ALL])
def test_counts(count, config):
    model = read_config(config)
    assert parameter_count(model.architecture) == count
    assert {note for note, _ in model.notes} <= {Note.PREDICTION_HEADS}


def test_which_layers_attend():
    qwen, nemotron, jamba, bamba = (read_config(config).architecture for config in (QWEN3_NEXT, NEMOTRON_H, JAMBA, BAMBA))
    assert (qwen.attention_layers, qwen.num_mixer_layers, qwen.num_mixers_after_attention) == (12, 36, 0)
    assert (nemotron.attention_layers, nemotron.num_mixer_layers, nemotron.mlp_layers, nemotron.num_mixers_after_attention) == (1, 6, 6, 2)
    assert (jamba.attention_layers, jamba.num_moe_layers, jamba.num_mixers_after_attention) == (4, 16, 3)
    assert (bamba.attention_layers, bamba.num_mixers_after_attention) == (3, 4)
    assert read_config(FALCON_H1).architecture.num_layers_without_attention == 0


def test_layers_may_be_listed():
    kinds = ["linear_attention", "full_attention"] * 24
    listed = read_config(QWEN3_NEXT | {"layer_types": kinds}).architecture
    assert (listed.attention_layers, listed.mixer) == (24, Mixer.GATED_DELTA_NET)
    older = {"M": "mamba", "*": "attention", "-": "mlp"}
    blocks = [older[block] for block in NEMOTRON_H["hybrid_override_pattern"]]
    without = {key: value for key, value in NEMOTRON_H.items() if key != "hybrid_override_pattern"}
    assert read_config(without | {"layers_block_type": blocks}).architecture == read_config(NEMOTRON_H).architecture
    assert read_config(BAMBA | {"attn_layer_indices": None}).architecture.attention_layers == 0


def test_what_granite_may_be():
    """Its dense models have all of the MLP in what every token goes through; some have attention only, which rotates."""
    dense = read_config(GRANITE | {"num_local_experts": 0}).architecture
    assert (dense.num_experts, dense.intermediate_size) == (0, 1024)
    plain = read_config(
        GRANITE | {"num_local_experts": 0, "layer_types": ["attention"] * 40, "position_embedding_type": "rope"}
    ).architecture
    assert (plain.mixer, plain.attention_layers, plain.rotated) == (Mixer.NONE, 40, 128)
    assert read_config(GRANITE | {"layer_types": None}).architecture.attention_layers == 0


def test_the_width_of_lfm2():
    """Two thirds of what is stated, in whole multiples, unless it says not to."""
    assert read_config(LFM2).architecture.intermediate_size == 8192
    assert read_config(LFM2 | {"block_auto_adjust_ff_dim": False}).architecture.intermediate_size == 12288
    assert read_config(LFM2 | {"block_ffn_dim_multiplier": "much"}).architecture.intermediate_size == 8192
    listed = ["conv", "full_attention"] * 8
    assert read_config(LFM2 | {"layer_types": listed, "tie_embedding": False}).architecture.attention_layers == 8


def test_experts_or_none():
    dense = read_config(JAMBA | {"num_experts": 1}).architecture
    assert dense.num_experts == 0
    for config in (QWEN3_NEXT, QWEN3_5_MOE):
        assert read_config(config | {"num_experts": 0}).architecture.num_experts == 0
    assert read_config(JAMBA | {"mamba_dt_rank": 64}).architecture.time_step_rank == 64


@pytest.mark.parametrize(
    ("config", "problem", "detail"),
    [
        (JAMBA | {"expert_layer_offset": 0}, ConfigProblem.NOT_MODELLED, "expert_layer_offset"),
        (JAMBA | {"attn_layer_period": 0}, ConfigProblem.BAD_SIZE, "attn_layer_period"),
        (QWEN3_NEXT | {"decoder_sparse_step": 2}, ConfigProblem.NOT_MODELLED, "decoder_sparse_step"),
        (QWEN3_NEXT | {"linear_num_key_heads": "many"}, ConfigProblem.BAD_SIZE, "linear_num_key_heads"),
        (FALCON_H1 | {"mamba_proj_bias": True}, ConfigProblem.NOT_MODELLED, "mamba_proj_bias"),
        (FALCON_H1 | {"mamba_conv_bias": False}, ConfigProblem.NOT_MODELLED, "mamba_conv_bias"),
        (NEMOTRON_H | {"hybrid_override_pattern": "ME*-"}, ConfigProblem.NOT_MODELLED, "mlp, moe"),
        (NEMOTRON_3 | {"norm_topk_prob": False}, ConfigProblem.NOT_MODELLED, "norm_topk_prob"),
        (LFM2_MOE | {"use_expert_bias": False}, ConfigProblem.NOT_MODELLED, "use_expert_bias"),
        (NEMOTRON_H | {"hybrid_override_pattern": "what"}, ConfigProblem.BAD_SIZE, "hybrid_override_pattern"),
        (MAMBA | {"num_hidden_layers": 0}, ConfigProblem.BAD_SIZE, "num_hidden_layers"),
    ],
    ids=str,
)
def test_what_is_refused(config, problem, detail):
    with pytest.raises(ConfigError) as caught:
        read_config(config)
    assert (caught.value.problem, detail in caught.value.detail) == (problem, True)


ANYTHING = (
    st.none() | st.booleans() | st.integers(-(10**12), 10**40) | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
)
KEYS = sorted(
    {key for config in ALL for key in config if key != "model_type"} | {"layer_types", "rope_parameters", "mamba_expand", "n_groups"}
)


@given(st.sampled_from(ALL), st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=4))
def test_odd_values_are_a_message(config, changes):
    try:
        model = read_config(config | changes)
    except ConfigError as error:
        shown = str(error)
    else:
        shown = str(parameter_count(model.architecture))
    assert 0 < len(shown) < 400


KIMI_LINEAR = {
    "model_type": "kimi_linear",
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 27,
    "num_attention_heads": 32,
    "vocab_size": 163840,
}
OLMO_HYBRID = {
    "model_type": "olmo_hybrid",
    "hidden_size": 3840,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 30,
    "vocab_size": 100352,
}


class TestKimiLinear:
    def test_layers_are_counted_from_one_in_its_own_file(self):
        """The count is that of the published file's tensors."""
        full, linear = [4, 8, 12, 16, 20, 24, 27], {"head_dim": 128, "num_heads": 32, "short_conv_kernel_size": 4}
        published = {**KIMI_LINEAR, "linear_attn_config": {**linear, "full_attn_layers": full}, "first_k_dense_replace": 1}
        arch = read_config(published).architecture
        assert (arch.num_mixer_layers, arch.num_layers_before_attention, arch.num_mixers_after_attention) == (20, 3, 0)
        assert parameter_count(arch) == 49_122_675_072

    def test_every_fourth_where_nothing_is_said(self):
        arch = read_config(KIMI_LINEAR).architecture
        assert (arch.attention_layers, arch.num_layers_before_attention, arch.first_k_dense_replace) == (6, 4, 1)

    def test_plain_mlps_come_first(self):
        kinds = ["dense"] * 2 + ["sparse"] * 25
        assert read_config({**KIMI_LINEAR, "mlp_layer_types": kinds}).architecture.first_k_dense_replace == 2

    @pytest.mark.parametrize(
        ("changes", "key"),
        [
            ({"mlp_layer_types": ["sparse", "dense"] + ["sparse"] * 25}, "mlp_layer_types"),
            ({"moe_layer_freq": 2}, "moe_layer_freq"),
            ({"mla_use_nope": False}, "mla_use_nope"),
            ({"attention_bias": True}, "attention_bias"),
        ],
    )
    def test_what_is_refused(self, changes, key):
        with pytest.raises(ConfigError, match=key):
            read_config({**KIMI_LINEAR, **changes})


class TestOlmoHybrid:
    def test_sizes_follow_from_the_heads(self):
        arch = read_config(OLMO_HYBRID).architecture
        assert (arch.linear_key_head_dim, arch.linear_value_head_dim, arch.num_mixer_layers) == (96, 192, 24)
        assert parameter_count(arch) == 7_430_870_688

    def test_it_rotates_only_where_its_file_says_so(self):
        assert read_config(OLMO_HYBRID).architecture.rotated == 0
        assert read_config({**OLMO_HYBRID, "rope_parameters": {"rope_theta": None}}).architecture.rotated == 0
        assert read_config({**OLMO_HYBRID, "rope_parameters": {"rope_theta": 500000.0}}).architecture.rotated == 128

    def test_one_layer_attends_at_least(self):
        assert read_config({**OLMO_HYBRID, "num_hidden_layers": 3}).architecture.attention_layers == 1
