"""Vision towers: counted as transformers 5.24 builds them (parameters outside the language model, for a model 256 wide)."""

import pytest

from core.catalogue.config_keys import ConfigError
from core.catalogue.hf_config import Note, read_config
from core.catalogue.vision import vision_tower
from core.memory import Format, Scenario, estimate, parameter_count

SIGLIP = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "patch_size": 14,
    "image_size": 896,
    "vision_use_head": False,
}
PIXTRAL = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "patch_size": 14, "image_size": 1540}
LLAMA_4 = {"hidden_size": 1408, "intermediate_size": 5632, "num_hidden_layers": 34, "patch_size": 14, "image_size": 336}
QWEN_2 = {"embed_dim": 1280, "depth": 32, "mlp_ratio": 4, "hidden_size": 256}
QWEN_2_5 = {"hidden_size": 1280, "intermediate_size": 3420, "depth": 32, "out_hidden_size": 256}
QWEN_3 = {"hidden_size": 1152, "intermediate_size": 4304, "depth": 27, "patch_size": 16}
QWEN_3_5 = {"hidden_size": 1024, "intermediate_size": 4096, "depth": 24, "patch_size": 16, "deepstack_visual_indexes": [1]}
INTERN_300M = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "patch_size": [14, 14], "image_size": [448, 448]}
INTERN_6B = {"hidden_size": 3200, "intermediate_size": 12800, "num_hidden_layers": 45, "patch_size": 14, "image_size": 448}
GLM_4V = {"hidden_size": 1536, "intermediate_size": 13696, "depth": 24, "image_size": 336, "patch_size": 14}
MOON = {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27, "patch_size": 14, "pos_emb_height": 64}
GEMMA_4_SMALL = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 16, "num_attention_heads": 12, "head_dim": 64}
GEMMA_4_LARGE = {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27, "num_attention_heads": 16, "head_dim": 72}
GEMMA_3_4B = {
    "model_type": "gemma3",
    "vision_config": SIGLIP,
    "text_config": {
        "model_type": "gemma3_text",
        "hidden_size": 2560,
        "intermediate_size": 10240,
        "num_hidden_layers": 34,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "vocab_size": 262208,
        "sliding_window": 1024,
    },
}


@pytest.mark.parametrize(
    ("kind", "vision", "parameters", "image_tokens"),
    [
        ("gemma3", SIGLIP, 417_162_096, 256),
        ("mistral3", PIXTRAL, 407_828_480, 55 * 55),
        ("llama4", LLAMA_4, 852_009_472, 144),
        ("qwen2_vl", QWEN_2, 658_716_416, 0),
        ("qwen2_5_vl", QWEN_2_5, 659_507_456, 0),
        ("qwen3_vl", QWEN_3, 505_594_096, 0),
        ("qwen3_5", QWEN_3_5, 324_074_752, 0),
        ("internvl", INTERN_300M | {"attention_bias": True}, 305_135_104, 256),
        ("internvl_chat", INTERN_6B | {"norm_type": "rms_norm", "qk_normalization": True, "qkv_bias": False}, 5_539_864_448, 256),
        ("glm4v_moe", GLM_4V, 269_731_072, 0),
        ("kimi_k25", MOON, 439_286_512, 0),
    ],
)
def test_a_tower_is_as_large_as_its_code_makes_it(kind, vision, parameters, image_tokens):
    assert vision_tower(kind, {"vision_config": vision}, 256) == (parameters, image_tokens)


def test_towers_of_gemma_4_and_3n():
    audio = {"audio_config": {}}
    assert vision_tower("gemma4", {"vision_config": GEMMA_4_SMALL} | audio, 256) == (472_779_040, 280)
    large = GEMMA_4_LARGE | {"standardize": True}
    assert vision_tower("gemma4", {"vision_config": large}, 256) == (569_842_992 + 2 * 1152, 280)  # shift and scale are no parameters
    assert vision_tower("gemma4_unified", {"vision_config": {"patch_size": 16}} | audio, 256) == (36_323_584, 280)
    assert vision_tower("gemma4_unified", {"vision_config": {"patch_size": 16}}, 256) == (36_323_584 - 640 * 256, 280)
    # What google/gemma-3n-E2B and -E4B have beside their text part, of 681,348,640 values of the sound's tower.
    assert vision_tower("gemma3n", {"vision_config": {"hidden_size": 2048}} | audio, 2048) == (983_281_504, 256)
    alone = vision_tower("gemma3n", {"vision_config": {"hidden_size": 2048}}, 2048)
    assert alone == (983_281_504 - 681_348_640 - (128 + 2 + 2048) * 1536, 256)
    assert vision_tower("gemma3n", {"vision_config": {"architecture": "another"}}, 2048) is None


def test_a_model_with_its_tower_has_the_published_number_of_parameters():
    model = read_config(GEMMA_3_4B)
    arch = model.architecture
    assert parameter_count(arch) + arch.vision_parameters == 4_300_079_472
    assert model.notes == ((Note.VISION_COUNTED, "419,816,304"), (Note.IMAGE_TOKENS, "256"))


def test_a_tower_is_loaded_beside_the_model_and_stays_wide():
    arch = read_config(GEMMA_3_4B).architecture
    alone = read_config(GEMMA_3_4B["text_config"]).architecture

    def weights(architecture, **choices):
        return estimate(Scenario(architecture=architecture).evolve(**choices)).moments[0].stack.weights

    for choices in ({}, {"weights": Format.NF4}, {"task": "training"}, {"task": "training", "method": "lora"}):
        assert weights(arch, **choices) - weights(alone, **choices) == 2 * arch.vision_parameters
    assert weights(arch, task="training", recipe="fp32") - weights(alone, task="training", recipe="fp32") == 4 * arch.vision_parameters


def test_towers_that_are_not_known_are_said():
    other = read_config(GEMMA_3_4B["text_config"] | {"model_type": "gemma", "vision_config": {"hidden_size": 4}})
    assert other.architecture.vision_parameters == 0
    assert other.notes == ((Note.VISION_NOT_COUNTED, "gemma"),)


@pytest.mark.parametrize("change", [{"hidden_size": "1152"}, {"hidden_size": 10**12}, {"patch_size": True}])
def test_an_odd_tower_is_a_complaint(change):
    with pytest.raises(ConfigError):
        read_config(GEMMA_3_4B | {"vision_config": SIGLIP | change})
