"""The vision tower beside a model that reads images, as a block of weights; and how many tokens of the context an image becomes.

Source: the modelling code of transformers 5.24, whose own counts tests/core/catalogue/test_vision.py holds. Symbols: H hidden size of the
tower, I its MLP's width, L its layers, h hidden size of the model.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from core.catalogue import gemma_towers
from core.catalogue.config_keys import Config, ConfigError, ConfigProblem, integer

_CHANNELS = 3
_MAX_PARAMETERS = 10**13


class Tower(NamedTuple):
    """A vision tower with what joins it to the model."""

    parameters: int
    image_tokens: int
    """Of one image: of fixed size, or the largest that the configuration names; 0 where an image of any size is taken as it is."""


def vision_tower(kind: str, outer: Config, hidden_size: int) -> Tower | None:
    """The tower that ``outer``, the whole configuration of a model of this kind, describes; None for one that is not known. Raises
    ConfigError.
    """
    vision = outer.get("vision_config")
    count = TOWERS.get(kind)
    if count is None or not isinstance(vision, dict):
        return None
    tower = count(vision, outer, hidden_size)
    if tower is not None and not 0 < tower.parameters <= _MAX_PARAMETERS:
        raise ConfigError(ConfigProblem.BAD_SIZE, "vision_config")
    return tower


def _sizes(vision: Config) -> tuple[int, int, int]:
    return (
        integer(vision, "hidden_size"),
        integer(vision, "intermediate_size"),
        integer(vision, "num_hidden_layers", "depth"),
    )


def _plain_block(hidden: int, width: int) -> int:
    """4H² + 2HI and biases, two LayerNorms: 4H + I + H + 4H."""
    return 4 * hidden * hidden + 2 * hidden * width + 9 * hidden + width


def _gemma3(vision: Config, outer: Config, model: int) -> Tower:
    """SigLIP; a norm and one matrix behind it. The makers' files leave SigLIP's own head out: attention from one learned query, an MLP."""
    hidden, width, layers = _sizes(vision)
    patch, image = integer(vision, "patch_size", default=14), integer(vision, "image_size", default=896)
    embeddings = (_CHANNELS * patch * patch + 1 + (image // max(1, patch)) ** 2) * hidden
    head = _plain_block(hidden, width) - hidden if vision.get("vision_use_head", True) else 0
    tower = embeddings + layers * _plain_block(hidden, width) + 2 * hidden + head
    return Tower(tower + hidden + hidden * model, integer(outer, "mm_tokens_per_image", default=256))


def _pixtral(vision: Config, outer: Config, model: int) -> Tower:
    """Pixtral: RMS norms, gated MLPs, no biases; patches merged before two matrices, which may have some."""
    hidden, width, layers = _sizes(vision)
    patch, image = integer(vision, "patch_size", default=14), integer(vision, "image_size", default=1540)
    merge = integer(outer, "spatial_merge_size", default=2)
    tower = (_CHANNELS * patch * patch + 1) * hidden + layers * (4 * hidden * hidden + 3 * hidden * width + 2 * hidden)
    joint = hidden + merge * merge * hidden * hidden + hidden * model + model * model
    joint += 2 * model if outer.get("multimodal_projector_bias") else 0
    side = image // max(1, patch * merge)
    return Tower(tower + joint, side * side)


def _llama4(vision: Config, _outer: Config, model: int) -> Tower:
    """A class embedding; an adapter of two matrices after pixels are shuffled, and one matrix to the model."""
    hidden, width, layers = _sizes(vision)
    patch, image = integer(vision, "patch_size", default=14), integer(vision, "image_size", default=336)
    inputs, outputs = integer(vision, "projector_input_dim", default=4096), integer(vision, "projector_output_dim", default=4096)
    patches = (image // max(1, patch)) ** 2
    embeddings = (_CHANNELS * patch * patch + 2 + patches) * hidden
    tower = embeddings + 4 * hidden + layers * _plain_block(hidden, width)
    return Tower(tower + width * inputs + inputs * outputs + integer(vision, "vision_output_dim", default=4096) * model, patches // 4)


def _merger(hidden: int, model: int, merge: int) -> int:
    """Two matrices with biases over ``merge`` x ``merge`` patches."""
    wide = merge * merge * hidden
    return wide * wide + wide + wide * model + model


def _qwen(vision: Config, _outer: Config, model: int) -> Tower:
    """Qwen2-VL (LayerNorm, two matrices) and Qwen2.5-VL (RMS norm, gated)."""
    gated = vision.get("intermediate_size") is not None
    hidden = integer(vision, "hidden_size") if gated else integer(vision, "embed_dim", default=1280)
    layers = integer(vision, "depth", default=32)
    patch = integer(vision, "patch_size", "spatial_patch_size", default=14)
    merge, frames = integer(vision, "spatial_merge_size", default=2), integer(vision, "temporal_patch_size", default=2)
    attention = 4 * hidden * hidden + 4 * hidden
    if gated:
        width = integer(vision, "intermediate_size")
        block = attention + 3 * hidden * width + 2 * width + hidden + 2 * hidden
    else:
        block = _plain_block(hidden, hidden * integer(vision, "mlp_ratio", default=4))
    norm = hidden if gated else 2 * hidden
    model = integer(vision, "out_hidden_size", default=model) if gated else integer(vision, "hidden_size", default=model)
    return Tower(_CHANNELS * frames * patch * patch * hidden + layers * block + norm + _merger(hidden, model, merge), 0)


def _qwen3(vision: Config, _outer: Config, model: int) -> Tower:
    """Qwen3-VL: learned positions, and a merger for each layer that is fed into the model's own first ones."""
    deep = vision.get("deepstack_visual_indexes", [8, 16, 24])
    return _qwen_with_positions(vision, model, len(deep) if isinstance(deep, list) else 0)


def _qwen3_5(vision: Config, _outer: Config, model: int) -> Tower:
    """Qwen3.5: the same, read by the model's input alone."""
    return _qwen_with_positions(vision, model, 0)


def _qwen_with_positions(vision: Config, model: int, mergers: int) -> Tower:
    model = integer(vision, "out_hidden_size", default=model)
    hidden, width, layers = _sizes(vision)
    patch, merge = integer(vision, "patch_size", default=16), integer(vision, "spatial_merge_size", default=2)
    frames = integer(vision, "temporal_patch_size", default=2)
    embeddings = (_CHANNELS * frames * patch * patch + 1 + integer(vision, "num_position_embeddings", default=2304)) * hidden
    joint = _merger(hidden, model, merge) + 2 * hidden + mergers * (_merger(hidden, model, merge) + 2 * merge * merge * hidden)
    return Tower(embeddings + layers * _plain_block(hidden, width) + joint, 0)


def _side(vision: Config, key: str, default: int) -> int:
    """A side in pixels, given once or for height and width, which are the same."""
    value = vision.get(key)
    if isinstance(value, list) and value:
        return integer({key: value[0]}, key)
    return integer(vision, key, default=default)


def _internvl(vision: Config, outer: Config, model: int) -> Tower:
    """InternViT: a class embedding, two learned scales in each layer; patches merged by four before two matrices. An image is cut into
    tiles; the tokens are of one.
    """
    hidden, width, layers = _sizes(vision)
    patch, image = _side(vision, "patch_size", 14), _side(vision, "image_size", 448)
    patches = (image // max(1, patch)) ** 2
    bias = vision.get("attention_bias", vision.get("qkv_bias"))
    norms = 2 if "rms" in str(vision.get("norm_type", "layer_norm")) else 4
    of_heads = 2 if vision.get("use_qk_norm", vision.get("qk_normalization")) else 0
    vectors = (norms + of_heads + 2 + 1 + 1 + (3 if bias else 0)) * hidden + width
    block = 4 * hidden * hidden + 2 * hidden * width + vectors
    embeddings = (_CHANNELS * patch * patch + 1 + 1 + 1 + patches) * hidden
    wide = 4 * hidden
    joint = 2 * wide + wide * model + model + model * model + model
    return Tower(embeddings + layers * block + joint, integer(outer, "image_seq_length", default=patches // 4))


def _glm4v(vision: Config, _outer: Config, model: int) -> Tower:
    """GLM-4.5V: RMS norms, gated MLPs; four patches become one by a convolution, and go through a gated MLP."""
    hidden, layers = integer(vision, "hidden_size"), integer(vision, "depth", default=24)
    width = integer(vision, "intermediate_size", default=13696)
    patch, image = integer(vision, "patch_size", default=14), integer(vision, "image_size", default=336)
    merge, frames = integer(vision, "spatial_merge_size", default=2), integer(vision, "temporal_patch_size", default=2)
    bias = 3 * hidden if vision.get("attention_bias") else 0
    block = 4 * hidden * hidden + bias + 3 * hidden * model + 2 * hidden
    embeddings = (_CHANNELS * frames * patch * patch + 1 + (image // max(1, patch)) ** 2) * hidden
    joint = merge * merge * hidden * model + model + model * model + 2 * model + 3 * model * width
    return Tower(embeddings + layers * block + 2 * hidden + joint, 0)


def _kimi(vision: Config, _outer: Config, model: int) -> Tower:
    """Kimi K2.5: MoonViT with learned positions; patches merged before two matrices."""
    hidden, width, layers = _sizes(vision)
    patch, merged = integer(vision, "patch_size", default=14), 4 * hidden
    positions = integer(vision, "pos_emb_height", default=64) * integer(vision, "pos_emb_width", default=64)
    tower = (_CHANNELS * patch * patch + 1 + positions) * hidden + layers * _plain_block(hidden, width) + 2 * hidden
    return Tower(tower + 2 * hidden + merged * merged + merged + merged * model + model, 0)


def _gemma3n(vision: Config, outer: Config, model: int) -> Tower | None:
    found = gemma_towers.gemma3n(vision, outer, model)
    return None if found is None else Tower(*found)


def _gemma4(vision: Config, outer: Config, model: int) -> Tower:
    return Tower(*gemma_towers.gemma4(vision, outer, model))


def _gemma4_unified(vision: Config, outer: Config, model: int) -> Tower:
    return Tower(*gemma_towers.gemma4_unified(vision, outer, model))


#: By the type of the whole model.
TOWERS: Mapping[str, Callable[[Config, Config, int], Tower | None]] = {
    "gemma3": _gemma3,
    "gemma3n": _gemma3n,
    "gemma4": _gemma4,
    "gemma4_unified": _gemma4_unified,
    "mistral3": _pixtral,
    "llama4": _llama4,
    "qwen2_vl": _qwen,
    "qwen2_5_vl": _qwen,
    "qwen3_vl": _qwen3,
    "qwen3_vl_moe": _qwen3,
    "qwen3_5": _qwen3_5,
    "qwen3_5_moe": _qwen3_5,
    "internvl": _internvl,
    "internvl_chat": _internvl,
    "glm4v_moe": _glm4v,
    "kimi_k25": _kimi,
}
