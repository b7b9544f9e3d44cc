"""Configurations and GGUF headers of models whose layers differ in shape."""

import copy
from contextlib import suppress

import header_files as files
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalogue.checkpoint import read_checkpoint
from core.catalogue.config_keys import ConfigError, ConfigProblem
from core.catalogue.gguf_varied import varied_config
from core.catalogue.hf_config import read_config
from core.memory import Architecture, Scenario, parameter_count
from core.memory.inference import kv_cache_bytes
from core.memory.layer_run import Block
from core.memory.varied import ordered

OPENELM = {
    "model_type": "openelm",
    "model_dim": 1280,
    "num_transformer_layers": 16,
    "head_dim": 64,
    "num_query_heads": [12] * 5 + [16] * 7 + [20] * 4,
    "num_kv_heads": [3] * 5 + [4] * 7 + [5] * 4,
    "ffn_multipliers": [0.5, 0.73, 0.97, 1.2, 1.43, 1.67, 1.9, 2.13, 2.37, 2.6, 2.83, 3.07, 3.3, 3.53, 3.77, 4.0],
    "ffn_dim_divisor": 256,
    "ffn_with_glu": True,
    "share_input_output_layers": True,
    "max_context_length": 2048,
    "vocab_size": 32000,
}
DECI = {
    "model_type": "deci",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "num_key_value_heads_per_layer": [4] * 5 + [2] * 5 + [4] + [2] * 9 + [1] * 11 + [4],
    "vocab_size": 32000,
}


def block(heads: int | str | None, times: float | None) -> dict[str, object]:
    attention = {"no_op": heads is None, "replace_with_linear": heads == "linear", "n_heads_in_group": heads if heads != "linear" else None}
    return {"attention": attention, "ffn": {"no_op": times is None, "replace_with_linear": False, "ffn_mult": times}}


NAS = {
    "model_type": "nemotron-nas",
    "hidden_size": 512,
    "intermediate_size": None,
    "num_hidden_layers": 5,
    "num_attention_heads": 8,
    "num_key_value_heads": None,
    "block_configs": [block(4, 2.625), block("linear", 1.0), block(None, 0.5), block(8, None), block(None, None)],
    "vocab_size": 1024,
}
HUNYUAN = {
    "model_type": "hunyuan",
    "hidden_size": 512,
    "intermediate_size": 1024,
    "num_hidden_layers": 6,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "num_experts": 4,
    "moe_topk": [1] * 6,
    "num_shared_expert": [1] * 6,
    "use_mixed_mlp_moe": True,
    "use_cla": True,
    "cla_share_factor": 2,
    "use_qk_norm": True,
    "tie_word_embeddings": True,
    "vocab_size": 1000,
}


def architecture(config: dict[str, object]) -> Architecture:
    found = read_config(config)
    assert found.notes == ()
    return found.architecture


def kept(config: dict[str, object]) -> list[tuple[int, int]]:
    """Query and key heads of each layer; zeros where it has none."""
    return [
        (shape.num_attention_heads, shape.num_key_value_heads) if shape.attention_layers else (0, 0)
        for shape in ordered(architecture(config))
        for _ in range(shape.num_hidden_layers)
    ]


class TestConfigurations:
    def test_openelm(self):
        """OpenELM-270M: its file is 543 MB in 16 bits, and 271,527,168 values by its code."""
        arch = architecture(OPENELM)
        assert parameter_count(arch) == 271_527_168
        assert arch.tie_word_embeddings
        assert arch.qk_norm
        assert [heads for heads, _ in kept(OPENELM)] == OPENELM["num_query_heads"]

    def test_one_multiplier_is_every_layers(self):
        arch = architecture(OPENELM | {"ffn_multipliers": 2.0})
        assert {shape.intermediate_size for shape in ordered(arch)} == {2560}

    def test_decilm(self):
        """7,043,551,232 values, as its safetensors files state."""
        assert parameter_count(architecture(DECI)) == 7_043_551_232
        assert [groups for _, groups in kept(DECI)] == DECI["num_key_value_heads_per_layer"]
        assert architecture(DECI | {"model_type": "nemotron-nas"}) == architecture(DECI)

    def test_blocks_of_nemotron(self):
        arch = architecture(NAS)
        assert kept(NAS) == [(8, 2), (0, 0), (0, 0), (8, 1), (0, 0)]
        assert [(run.attention, run.mlp) for run in arch.layer_runs] == [
            (Block.WHOLE, Block.WHOLE),
            (Block.LINEAR, Block.WHOLE),
            (Block.NONE, Block.WHOLE),
            (Block.WHOLE, Block.NONE),
            (Block.NONE, Block.NONE),
        ]
        assert [run.intermediate_size for run in arch.layer_runs] == [1024, 512, 256, None, None]

    def test_a_width_that_is_said_needs_no_multiplier(self):
        config = copy.deepcopy(NAS)
        config["block_configs"][0]["ffn"] = {"intermediate_size": 768}
        assert architecture(config).layer_runs[0].intermediate_size == 768

    def test_hunyuan_shares_keys_by_twos(self):
        arch = architecture(HUNYUAN)
        assert [run.kv_shared for run in arch.layer_runs] == [False, True] * 3
        assert (arch.num_experts, arch.num_experts_per_tok, arch.shared_expert_intermediate_size) == (4, 1, 1024)
        alone = architecture(HUNYUAN | {"use_cla": False})
        assert alone.layer_runs == ()
        assert 2 * kv_cache_bytes(Scenario(architecture=arch), 9) == kv_cache_bytes(Scenario(architecture=alone), 9)

    def test_hunyuan_large(self):
        """389 billion values, as its makers state."""
        large = {"hidden_size": 6400, "intermediate_size": 18304, "num_hidden_layers": 64, "num_attention_heads": 80, "vocab_size": 129024}
        arch = architecture(HUNYUAN | large | {"num_key_value_heads": 8, "num_experts": 16, "moe_topk": 1, "num_shared_expert": 1})
        assert parameter_count(arch) == pytest.approx(389e9, rel=0.001)

    def test_hunyuan_without_experts(self):
        dense = {key: value for key, value in HUNYUAN.items() if not key.startswith(("num_experts", "moe", "num_shared"))}
        arch = architecture(dense | {"model_type": "hunyuan_v1_dense", "use_cla": False, "attention_head_dim": 128})
        assert (arch.num_experts, arch.head_dim, arch.qk_norm) == (0, 128, True)


class TestRefused:
    @pytest.mark.parametrize(
        ("config", "changes", "detail"),
        [
            (OPENELM, {"num_query_heads": [12] * 15}, "num_query_heads"),
            (OPENELM, {"num_kv_heads": "4"}, "num_kv_heads"),
            (OPENELM, {"num_kv_heads": [4.5] * 16}, "num_kv_heads"),
            (OPENELM, {"ffn_multipliers": [0.5, 4.0]}, "ffn_multipliers"),
            (OPENELM, {"ffn_multipliers": [-1.0] * 16}, "ffn_multipliers"),
            (OPENELM, {"ffn_dim_divisor": 0}, "ffn_dim_divisor"),
            (OPENELM, {"num_transformer_layers": 10**5}, "ffn_multipliers"),
            (DECI, {"num_key_value_heads_per_layer": [4] * 31}, "num_key_value_heads_per_layer"),
            (DECI, {"num_hidden_layers": 10**5, "num_key_value_heads_per_layer": [4] * 10**5}, "num_key_value_heads_per_layer"),
            (NAS, {"block_configs": None}, "block_configs"),
            (NAS, {"block_configs": [{}] * 5}, "block_configs: attention"),
            (NAS, {"block_configs": [block(3, 1.0)] * 5}, "n_heads_in_group 3"),
            (NAS, {"block_configs": [block(4, 1e9)] * 5}, "ffn_mult"),
            (NAS, {"block_configs": [block(4, True)] * 5}, "ffn_mult"),
            (HUNYUAN, {"moe_topk": [1, 2, 1, 1, 1, 1]}, "moe_topk"),
            (HUNYUAN, {"cla_share_factor": 0}, "cla_share_factor"),
            (HUNYUAN, {"num_hidden_layers": 99_999}, "cla_share_factor"),
        ],
    )
    def test_sizes_that_cannot_be(self, config, changes, detail):
        with pytest.raises(ConfigError) as refused:
            read_config(config | changes)
        assert refused.value.problem is ConfigProblem.BAD_SIZE
        assert refused.value.detail == detail

    @pytest.mark.parametrize(
        ("config", "changes"),
        [
            (OPENELM, {"ffn_with_glu": False}),
            (NAS, {"block_configs": [{"attention": {"n_heads_in_group": 4, "window_length": 8}, "ffn": {"no_op": True}}] * 5}),
            (NAS, {"block_configs": [{"attention": {"n_heads_in_group": 4}, "ffn": {"moe": {"experts": 4}}}] * 5}),
            (HUNYUAN, {"use_mla": True}),
            (HUNYUAN, {"mlp_bias": True}),
        ],
    )
    def test_what_is_not_modelled(self, config, changes):
        with pytest.raises(ConfigError) as refused:
            read_config(config | changes)
        assert refused.value.problem is ConfigProblem.NOT_MODELLED

    def test_sizes_that_contradict_each_other(self):
        with pytest.raises(ConfigError) as refused:
            read_config(OPENELM | {"num_kv_heads": [5] * 16})
        assert refused.value.problem is ConfigProblem.CONTRADICTION
        assert refused.value.contradiction is not None

    @given(
        st.sampled_from([OPENELM, DECI, NAS, HUNYUAN]),
        st.data(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["attention", "ffn", "no_op", "ffn_mult"]), inner),
            max_leaves=8,
        ),
    )
    def test_any_value_is_read_or_refused(self, config, data, value):
        key = data.draw(st.sampled_from(sorted(config)))
        with suppress(ConfigError):
            assert parameter_count(read_config(config | {key: value}).architecture) > 0


def header(kind: str, **keys: object) -> dict[str, object]:
    sizes = {"block_count": 4, "embedding_length": 64, "context_length": 2048, "attention.key_length": 16} | keys
    return {"general.architecture": kind, "general.file_type": 7} | {f"{kind}.{key}": value for key, value in sizes.items()}


class TestHeaders:
    def read(self, tmp_path, keys: dict[str, object]) -> Architecture:
        path = tmp_path / "small.gguf"
        path.write_bytes(files.gguf(keys, {"token_embd.weight": ((64, 320), files.Q8_0), "output.weight": ((64, 320), files.Q8_0)}))
        return read_checkpoint(path).architecture

    def test_openelm(self, tmp_path):
        lists = {"attention.head_count": [4, 4, 8, 8], "attention.head_count_kv": [2, 2, 4, 4], "feed_forward_length": [96, 128, 128, 160]}
        arch = self.read(tmp_path, header("openelm", **lists))
        assert [(run.layers, run.num_attention_heads, run.intermediate_size) for run in arch.layer_runs] == [
            (1, 4, 96),
            (1, 4, 128),
            (1, 8, 128),
            (1, 8, 160),
        ]

    def test_zeros_of_deci(self, tmp_path):
        lists = {"attention.head_count": [4, 4, 0, 4], "attention.head_count_kv": [2, 0, 0, 1], "feed_forward_length": [128, 64, 64, 0]}
        arch = self.read(tmp_path, header("deci", **lists))
        assert [(run.attention, run.mlp) for run in arch.layer_runs] == [
            (Block.WHOLE, Block.WHOLE),
            (Block.LINEAR, Block.WHOLE),
            (Block.NONE, Block.WHOLE),
            (Block.WHOLE, Block.NONE),
        ]
        assert not arch.tie_word_embeddings

    def test_numbers_stand_for_every_layer(self, tmp_path):
        sizes = {"attention.head_count": 4, "attention.head_count_kv": [2, 2, 1, 1], "feed_forward_length": 128}
        arch = self.read(tmp_path, header("deci", **sizes))
        assert [(run.layers, run.num_key_value_heads) for run in arch.layer_runs] == [(2, 2), (2, 1)]

    @pytest.mark.parametrize("kind", ["deci", "openelm"])
    @pytest.mark.parametrize(
        "changes",
        [
            {"attention.head_count": [4, 4, 4]},
            {"attention.head_count": "4"},
            {"feed_forward_length": 2**31},
            {"block_count": 0},
            {"block_count": 4096},
            {"embedding_length": 0},
        ],
    )
    def test_odd_lists_are_refused(self, tmp_path, kind, changes):
        sizes = {"attention.head_count": 4, "attention.head_count_kv": 2, "feed_forward_length": 128} | changes
        with pytest.raises(ConfigError):
            self.read(tmp_path, header(kind, **sizes))

    def test_other_kinds_are_not_concerned(self):
        assert varied_config("llama", {"llama.block_count": 2}) == {}
