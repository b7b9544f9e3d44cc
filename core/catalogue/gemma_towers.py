"""Towers of Gemma 3n and Gemma 4, for pictures and for sound, as blocks of weights.

Source: the modelling code of transformers 5.24, whose own counts tests/core/catalogue/test_vision.py holds. Symbols: H hidden size of a
tower, I its MLP's width, h hidden size of the model.
"""

from core.catalogue.config_keys import Config, integer

_CHANNELS = 3
#: Of one image where nothing is said; Gemma 4 lets its user choose between 70 and 1120.
_IMAGE_TOKENS = 280


def gemma4(vision: Config, outer: Config, model: int) -> tuple[int, int]:
    """Values of both towers and of a matrix from each to the model; tokens of an image. The picture's: two tables of positions, four norms
    and a gated MLP in each layer, norms of heads.
    """
    hidden, width = integer(vision, "hidden_size", default=768), integer(vision, "intermediate_size", default=3072)
    heads, head_dim = integer(vision, "num_attention_heads", default=12), integer(vision, "head_dim", default=64)
    patch = integer(vision, "patch_size", default=16)
    block = 4 * hidden * heads * head_dim + 3 * hidden * width + 4 * hidden + 2 * head_dim
    tower = (2 * integer(vision, "position_embedding_size", default=10240) + _CHANNELS * patch * patch) * hidden
    tower += integer(vision, "num_hidden_layers", default=16) * block + hidden * model
    if vision.get("standardize"):  # a shift and a scale, which are not trained
        tower += 2 * hidden
    audio = outer.get("audio_config")
    if isinstance(audio, dict):
        hidden, given = integer(audio, "hidden_size", default=1024), integer(audio, "output_proj_dims", default=1536)
        channels = audio.get("subsampling_conv_channels", [128, 32])
        sizes = (integer(audio, "num_hidden_layers", default=12), integer(audio, "num_attention_heads", default=8))
        tower += _conformer(hidden, *sizes, integer(audio, "conv_kernel_size", default=5), channels)
        tower += hidden * given + given + given * model
    return tower, integer(outer, "vision_soft_tokens_per_image", default=_IMAGE_TOKENS)


def _conformer(hidden: int, layers: int, heads: int, kernel: int, channels: list[int]) -> int:
    """Two convolutions over the spectrum; layers of two MLPs, attention with relative keys and a convolution over time: 24H² and vectors,
    with a scale of each dimension of a head.
    """
    first, second = (integer({"channels": value}, "channels") for value in channels)
    block = 24 * hidden * hidden + (9 + kernel) * hidden + hidden // max(1, heads)
    spectrum = 9 * first + first + 9 * first * second + second + 32 * second * hidden
    return spectrum + layers * block


#: MobileNetV5, whose layers no configuration states: what both released models have beside all else, to the value.
_MOBILENET = "mobilenetv5_300m_enc"
_MOBILENET_PARAMETERS = 294_126_912


def gemma3n(vision: Config, outer: Config, model: int) -> tuple[int, int] | None:
    """Both towers; for each a table of tokens of its own, two norms and a matrix to the model. None for a picture's that is not known."""
    hidden = integer(vision, "hidden_size", default=2048)
    if vision.get("architecture", _MOBILENET) != _MOBILENET or hidden != 2048:
        return None
    tower = _MOBILENET_PARAMETERS + _embedder(vision, hidden, model)
    audio = outer.get("audio_config")
    if isinstance(audio, dict):
        hidden, channels = integer(audio, "hidden_size", default=1536), audio.get("sscp_conv_channel_size", [128, 32])
        sizes = (integer(audio, "conf_num_hidden_layers", default=12), integer(audio, "conf_num_attention_heads", default=8))
        tower += _conformer(hidden, *sizes, integer(audio, "conf_conv_kernel_size", default=5), channels)
        tower += _embedder(audio, hidden, model)
    return tower, integer(outer, "vision_soft_tokens_per_image", default=256)


def _embedder(config: Config, hidden: int, model: int) -> int:
    return (integer(config, "vocab_size", default=128) + 2 + model) * hidden


def gemma4_unified(vision: Config, outer: Config, model: int) -> tuple[int, int]:
    """Gemma 4 12B has no towers: patches of pictures, and sound, go through a matrix each; two tables of positions, norms."""
    hidden, side = integer(vision, "mm_embed_dim", default=3840), integer(vision, "patch_size", default=16)
    patch = _CHANNELS * (side * integer(vision, "pooling_kernel_size", default=3)) ** 2
    joint = 2 * integer(vision, "mm_posemb_size", default=1120) * hidden + 2 * patch + patch * hidden + 5 * hidden + hidden * model
    audio = outer.get("audio_config")
    if isinstance(audio, dict):
        joint += integer(audio, "audio_embed_dim", default=640) * model
    return joint, integer(outer, "vision_soft_tokens_per_image", default=_IMAGE_TOKENS)
