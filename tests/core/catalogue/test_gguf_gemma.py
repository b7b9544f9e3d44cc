"""Headers of GGUF files of Gemma 3n and Gemma 4, in the keys that llama.cpp's converters write."""

from dataclasses import replace
from pathlib import Path

import header_files as files
import pytest

from core.catalogue import load_models
from core.catalogue.checkpoint import read_checkpoint
from core.catalogue.gguf_gemma import gemma_config
from core.memory import Architecture
from core.memory.varied import ordered

MODELS = {model.short_name: model.architecture for model in load_models(Path(__file__).parents[3] / "resources" / "models.json")}
GEMMAS = [name for name, arch in MODELS.items() if arch.value_norm]


def header(arch: Architecture) -> tuple[dict[str, object], dict[str, tuple[tuple[int, ...], int]]]:
    kind = "gemma3n" if arch.altup_num_inputs else "gemma4"
    layers = [shape for shape in ordered(arch) for _ in range(shape.num_hidden_layers)]
    stated: dict[str, object] = {
        "block_count": len(layers),
        "embedding_length": arch.hidden_size,
        "context_length": arch.max_position_embeddings,
        "feed_forward_length": [layer.intermediate_size for layer in layers],
        "attention.head_count": arch.num_attention_heads,
        "attention.sliding_window": arch.sliding_window,
        "attention.sliding_window_pattern": [bool(layer.sliding_window) for layer in layers],
        "attention.shared_kv_layers": arch.num_kv_shared_layers,
        "embedding_length_per_layer_input": arch.hidden_size_per_layer_input,
        "final_logit_softcapping": 30.0,
    }
    if kind == "gemma3n":
        stated |= {"attention.head_count_kv": 2, "attention.key_length": 256, "altup.num_inputs": 4}
    else:
        stated["attention.head_count_kv"] = [layer.num_key_value_heads for layer in layers]
        stated |= {"attention.key_length": 512, "attention.key_length_swa": 256}
    if arch.num_experts:
        stated |= {"expert_count": arch.num_experts, "expert_used_count": arch.num_experts_per_tok}
        stated["expert_feed_forward_length"] = arch.moe_intermediate_size
    tensors = {"token_embd.weight": ((arch.hidden_size, arch.vocab_size), files.Q8_0)}
    if arch.hidden_size_per_layer_input:
        width = arch.hidden_size_per_layer_input * len(layers)
        tensors["per_layer_token_embd.weight"] = ((width, arch.vocab_size_per_layer_input), files.Q8_0)
    if arch.laurel_rank:
        tensors["blk.0.laurel_l.weight"] = ((arch.hidden_size, arch.laurel_rank), files.Q8_0)
    for place, layer in enumerate(layers):
        tensors[f"blk.{place}.attn_k.weight"] = ((arch.hidden_size, 32), files.Q8_0)
        if layer.sliding_window or not arch.attention_k_eq_v:
            tensors[f"blk.{place}.attn_v.weight"] = ((arch.hidden_size, 32), files.Q8_0)
    keys: dict[str, object] = {"general.architecture": kind, "general.file_type": 7}
    return keys | {f"{kind}.{name}": value for name, value in stated.items()}, tensors


def test_there_are_some():
    assert len(GEMMAS) == 7


@pytest.mark.parametrize("name", GEMMAS)
def test_a_header_says_what_the_list_does(tmp_path, name):
    path = tmp_path / "model.gguf"
    path.write_bytes(files.gguf(*header(MODELS[name])))
    read = read_checkpoint(path).architecture
    same = {field: getattr(read, field) for field in ("name", "nominal_parameters", "vision_parameters", "file_format", "file_bytes")}
    assert read == replace(MODELS[name], **same)


class TestWhatIsMissing:
    def test_other_kinds_are_left_alone(self):
        assert gemma_config("gemma3", {"gemma3.block_count": 2}, {}) == {}

    @pytest.mark.parametrize("layers", [None, 0, -1, 2.0, 10**6])
    def test_without_layers(self, layers):
        assert gemma_config("gemma4", {"gemma4.block_count": layers}, {}) == {}

    def test_early_files_state_a_float(self):
        keys = {"gemma3n.block_count": 4, "gemma3n.attention.shared_kv_layers": 2.0, "gemma3n.attention.sliding_window_pattern": [1, 1, 1]}
        found = gemma_config("gemma3n", keys, {})
        assert found["num_kv_shared_layers"] == 2
        assert "layer_types" not in found
        assert "laurel_rank" not in found
        assert "altup_num_inputs" not in found

    def test_a_period(self):
        found = gemma_config("gemma3n", {"gemma3n.block_count": 4, "gemma3n.attention.sliding_window_pattern": 2}, {})
        assert found["layer_types"] == ["sliding_attention", "full_attention"] * 2

    def test_layers_with_windows_alone(self):
        keys = {"gemma4.block_count": 2, "gemma4.attention.sliding_window_pattern": [True, True], "gemma4.attention.head_count_kv": 2}
        found = gemma_config("gemma4", keys, {})
        assert found["num_key_value_heads"] == 2
        assert "per_layer_config" not in found
