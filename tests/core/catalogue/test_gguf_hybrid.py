"""Headers of GGUF files of models with mixers, in the keys that llama.cpp's converter writes."""

import header_files as files
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalogue.checkpoint import read_checkpoint
from core.catalogue.config_keys import ConfigError
from core.catalogue.gguf_hybrid import MODEL_TYPES, hybrid_config
from core.catalogue.hf_config import Note, read_config
from core.memory import parameter_count
from core.memory.architecture import Mixer

_SSM = {"ssm.conv_kernel": 4, "ssm.inner_size": 128, "ssm.state_size": 16, "ssm.time_step_rank": 4}
_HEADS = {"attention.head_count": 4, "attention.key_length": 16, "feed_forward_length": 128}
#: By their kind: the keys, and parameters of the same configuration in transformers 5.23.
KINDS: dict[str, dict[str, object]] = {
    "mamba": _SSM | {"feed_forward_length": 0, "attention.head_count": 0},
    "mamba2": _SSM | {"ssm.group_count": 1, "feed_forward_length": 0, "attention.head_count": 0},
    "jamba": _SSM | _HEADS | {"attention.head_count_kv": [0, 2, 0, 0]},
    "falcon-h1": _SSM | _HEADS | {"ssm.group_count": 1, "attention.head_count_kv": 2},
    "nemotron_h": _SSM | _HEADS | {"ssm.group_count": 1, "attention.head_count_kv": [0, 2, 0, 0], "feed_forward_length": [0, 0, 128, 0]},
    "granitehybrid": _SSM | _HEADS | {"ssm.group_count": 1, "attention.head_count_kv": [0, 0, 2, 0]},
    "lfm2": _HEADS | {"shortconv.l_cache": 3, "attention.head_count_kv": [0, 2, 0, 0]},
    "qwen3next": _SSM
    | _HEADS
    | {"ssm.group_count": 2, "attention.head_count_kv": 2, "full_attention_interval": 4, "expert_count": 4, "expert_used_count": 2}
    | {"expert_feed_forward_length": 32, "expert_shared_feed_forward_length": 32},
    "nemotron_h_moe": _SSM
    | _HEADS
    | {"ssm.group_count": 1, "attention.head_count_kv": [0, 2, 0, 0, 2], "feed_forward_length": [0, 0, 32, 0, 32]}
    | {"nextn_predict_layers": 1, "expert_count": 4, "expert_used_count": 2, "expert_feed_forward_length": 32}
    | {"expert_shared_feed_forward_length": 64, "moe_latent_size": 16, "block_count": 5},
    "lfm2moe": _HEADS
    | {"shortconv.l_cache": 3, "attention.head_count_kv": [0, 2, 0, 0], "leading_dense_block_count": 1, "expert_count": 4}
    | {"expert_used_count": 2, "expert_feed_forward_length": 32},
    "qwen35": _SSM | _HEADS | {"ssm.group_count": 2, "attention.head_count_kv": 2, "full_attention_interval": 4},
}


def config_of(kind: str) -> dict[str, object]:
    keys = {"general.architecture": kind, f"{kind}.block_count": 4, f"{kind}.embedding_length": 64, f"{kind}.context_length": 2048}
    keys |= {f"{kind}.{name}": value for name, value in KINDS[kind].items()}
    return keys


@pytest.mark.parametrize("kind", KINDS)
def test_the_mixers_are_found(tmp_path, kind):
    path = tmp_path / "small.gguf"
    path.write_bytes(files.gguf(config_of(kind) | {"general.file_type": 7}, {"token_embd.weight": ((64, 320), files.Q8_0)}))
    arch = read_checkpoint(path).architecture
    assert arch.mixer is not Mixer.NONE
    assert (arch.num_hidden_layers, arch.hidden_size, arch.vocab_size, arch.tie_word_embeddings) == (4, 64, 320, True)
    attention = {"mamba": 0, "mamba2": 0, "falcon-h1": 4}.get(kind, 1)
    assert arch.attention_layers == attention
    assert arch.num_mixer_layers == (4 if kind in ("mamba", "mamba2", "falcon-h1") else 2 if kind.startswith("nemotron_h") else 3)
    if kind.endswith("moe"):
        assert (arch.num_experts, arch.num_experts_per_tok, arch.moe_intermediate_size) == (4, 2, 32)
        assert arch.num_moe_layers == (1 if kind == "nemotron_h_moe" else 3)
        assert arch.moe_latent_size == (16 if kind == "nemotron_h_moe" else 0)
    if kind in ("mamba2", "falcon-h1", "nemotron_h", "nemotron_h_moe", "granitehybrid"):
        assert (arch.mamba_num_heads, arch.mamba_head_dim, arch.ssm_state_size, arch.n_groups) == (4, 32, 16, 1)
    if kind.startswith("qwen3"):
        assert (arch.linear_num_key_heads, arch.linear_num_value_heads, arch.linear_key_head_dim, arch.linear_value_head_dim) == (
            2,
            4,
            16,
            32,
        )


def test_a_whole_file_of_lfm2(tmp_path):
    """Its tensors, as llama.cpp names them, add up to the parameters of the shape."""
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (64, 320), "token_embd_norm.weight": (64,)}
    for layer in range(4):
        shapes |= {f"blk.{layer}.{name}.weight": (64,) for name in ("attn_norm", "ffn_norm")}
        shapes |= {f"blk.{layer}.{name}.weight": shape for name, shape in {"ffn_gate": (64, 128), "ffn_up": (64, 128)}.items()}
        shapes[f"blk.{layer}.ffn_down.weight"] = (128, 64)
        if layer == 1:
            attention = {"attn_q": (64, 64), "attn_k": (64, 32), "attn_v": (64, 32), "attn_output": (64, 64)}
            shapes |= {f"blk.1.{name}.weight": shape for name, shape in attention.items()}
            shapes |= {f"blk.1.{name}.weight": (16,) for name in ("attn_q_norm", "attn_k_norm")}
        else:
            convolution = {"shortconv.in_proj": (64, 192), "shortconv.out_proj": (64, 64), "shortconv.conv": (3, 64)}
            shapes |= {f"blk.{layer}.{name}.weight": shape for name, shape in convolution.items()}
    path = tmp_path / "small.gguf"
    path.write_bytes(files.gguf(config_of("lfm2") | {"general.file_type": 0}, {name: (shape, files.F32) for name, shape in shapes.items()}))
    model = read_checkpoint(path)
    values = sum(shape[0] * (shape[1] if len(shape) == 2 else 1) for shape in shapes.values())
    assert parameter_count(model.architecture) == values
    assert model.architecture.file_bytes == 4 * values
    assert Note.TENSORS_DIFFER not in {note for note, _ in model.notes}


def test_others_have_none():
    assert hybrid_config("llama", {"llama.block_count": 2}) == {}


_ODD = st.none() | st.integers(-5, 10**30) | st.text(max_size=3) | st.lists(st.integers(-1, 5), max_size=5) | st.floats()


@given(
    st.sampled_from(sorted(MODEL_TYPES)), st.dictionaries(st.sampled_from(sorted({name for keys in KINDS.values() for name in keys})), _ODD)
)
def test_odd_keys_are_a_message(kind, odd):
    keys = {f"{kind}.{name}": value for name, value in odd.items()} | {f"{kind}.embedding_length": 64}
    sizes = {"hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "vocab_size": 320}
    try:
        shown = str(parameter_count(read_config(sizes | hybrid_config(kind, keys)).architecture))
    except ConfigError as error:
        shown = str(error)
    assert 0 < len(shown) < 400
