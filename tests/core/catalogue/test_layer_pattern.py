"""Where layers with attention are, by the rule for models of which only numbers of layers are known, against the makers' own lists."""

import json
from pathlib import Path

import pytest

from core.catalogue.hf_config import read_config
from core.memory.division import with_layers

_LINES = (Path(__file__).parents[3] / "packaging" / "models.jsonl").read_text(encoding="utf-8").splitlines()
CONFIGS = {row["name"]: row["config"] for row in map(json.loads, _LINES)}
#: How far attention in the first layers is off, at most: by how many layers with it.
EXACT = ["Qwen/Qwen3-Next-80B-A3B-Instruct", "ibm-granite/granite-4.0-h-small", "ai21labs/Jamba-v0.1", "ai21labs/AI21-Jamba-1.5-Large"]
EXACT += ["ibm-ai-platform/Bamba-9B-v1", "nvidia/Nemotron-H-8B-Base-8K", "nvidia/NVIDIA-Nemotron-Nano-12B-v2"]
NEAR = ["LiquidAI/LFM2-350M", "LiquidAI/LFM2-2.6B", "nvidia/NVIDIA-Nemotron-Nano-9B-v2", "nvidia/Nemotron-H-47B-Base-8K"]
NEAR += ["nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16", "ibm-granite/granite-4.0-h-350m"]
#: Single blocks of which mixers and MLPs are where the configuration has them too.
MIXERS_EXACT = ["nvidia/Nemotron-H-8B-Base-8K", "nvidia/NVIDIA-Nemotron-Nano-12B-v2", "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16"]


def attends(config: dict[str, object]) -> list[bool]:
    layers = config["num_hidden_layers"]
    assert isinstance(layers, int)
    pattern, kinds = config.get("hybrid_override_pattern"), config.get("layer_types")
    if isinstance(pattern, str):
        return [block == "*" for block in pattern]
    if isinstance(kinds, list):
        return [kind == "attention" for kind in kinds]
    listed = config.get("attn_layer_indices") or config.get("full_attn_idxs")
    if isinstance(listed, list):
        return [layer in listed for layer in range(layers)]
    period = int(str(config.get("attn_layer_period") or config["full_attention_interval"]))
    return [layer % period == int(str(config.get("attn_layer_offset", period - 1))) for layer in range(layers)]


@pytest.mark.parametrize(("name", "off"), [(name, 0) for name in EXACT] + [(name, 1) for name in NEAR])
def test_attention_is_where_the_configuration_has_it(name, off):
    known = attends(CONFIGS[name])
    arch = read_config(CONFIGS[name], name).architecture
    for layers in range(1, arch.num_hidden_layers):
        assert abs(with_layers(arch, 0, layers).attention_layers - sum(known[:layers])) <= off


@pytest.mark.parametrize("name", MIXERS_EXACT)
def test_mixers_are_where_the_configuration_has_them(name):
    config = CONFIGS[name]
    arch = read_config(config, name).architecture
    for layers in range(1, arch.num_hidden_layers):
        assert with_layers(arch, 0, layers).num_mixer_layers == str(config["hybrid_override_pattern"])[:layers].count("M")
