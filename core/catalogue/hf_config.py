"""From a model's ``config.json``, as the Hugging Face Hub has it, to an architecture.

The file is somebody's data: what it asks for that is not modelled is said, and a family whose pieces are not known is refused by name.
Source: the configuration classes of transformers 5.23, whose defaults stand where a file is silent.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import ValidationError

from core.catalogue.config_keys import KNOWN_KEYS, Config, ConfigError, ConfigProblem, integer
from core.catalogue.expert_config import (
    deepseek,
    deepseek_experts,
    glm4_moe,
    glm4_moe_lite,
    glm4v_moe_text,
    gpt_oss,
    latent,
    llama4,
    minimax_m2,
    mixtral,
    olmoe,
    phimoe,
    qwen_experts,
)
from core.catalogue.families import PIECES
from core.catalogue.further_config import ernie4_5, ernie4_5_moe, gpt_bigcode, phi, seed_oss, stablelm
from core.catalogue.gemma_config import RUNS, gemma3n, gemma4, gemma4_unified
from core.catalogue.hybrid_config import READERS as HYBRID_READERS
from core.catalogue.hybrid_config import WITHOUT_ATTENTION
from core.catalogue.layer_norm_config import falcon, gpt_neox, gptj, opt, starcoder2
from core.catalogue.out_of_scope import out_of_scope, pipeline_of_pictures, seems_out_of_scope
from core.catalogue.quantization_config import quantization
from core.catalogue.varied_config import READERS as VARIED_READERS
from core.catalogue.varied_config import openelm_named
from core.catalogue.vision import vision_tower
from core.catalogue.window_config import all_but_every, every_layer_slides, gemma2, listed_layers_slide, qwen
from core.memory import Architecture, Format, parameter_count
from core.memory.contradiction import ContradictionError
from core.memory.edge import contradiction_in, validated
from core.memory.layer_run import LayerRun
from core.memory.prediction import prediction_parameters
from core.memory.varied import with_runs


class Note(StrEnum):
    """What a configuration has beside what was taken from it."""

    VISION_COUNTED = "vision_counted"
    """How many values its vision tower adds to what is loaded."""
    IMAGE_TOKENS = "image_tokens"
    """How many tokens of the context an image takes, at most."""
    VISION_NOT_COUNTED = "vision_not_counted"
    """A vision tower, whose weights and image tokens are not in the estimate."""
    PREDICTION_HEADS = "prediction_heads"
    """How many values its heads that predict tokens ahead have, which are counted apart: engines load them to draft by, others do not."""
    QUANTIZATION_UNKNOWN = "quantization_unknown"
    UNKNOWN_KEYS = "unknown_keys"
    TENSORS_COUNTED = "tensors_counted"
    """The size of the weights is that of the tensors in the file."""
    TENSORS_DIFFER = "tensors_differ"
    """The tensors have another number of values than the shape."""
    PARTS_MISSING = "parts_missing"
    """Not all files of the model are there, so sizes follow from the shape."""

    MODEL_UNKNOWN = "model_unknown"
    """A trainer's configuration names a model that is in no list: the one before stays."""
    NOT_MODELLED = "not_modelled"
    ONE_GPU = "one_gpu"
    """It is spread over several cards; one is estimated."""


class ImportedModel(NamedTuple):
    """What a configuration says."""

    architecture: Architecture
    weights: Format | None
    """What the checkpoint is quantized to; None: nothing said."""
    notes: tuple[tuple[Note, str], ...]
    """With the keys or the name concerned."""


class _Family(NamedTuple):
    pieces: str
    """Name of its code, which the pieces are listed under."""
    tied: bool = False
    """Where the file is silent."""
    read: Callable[[Config, dict[str, Any]], None] | None = None
    """Adds the fields that only this family has."""
    named: Callable[[Config], dict[str, Any]] | None = None
    """Its configuration in the words of other families."""
    biased: bool = False
    """The key ``attention_bias`` is of all four projections."""
    unread: Mapping[str, bool] = MappingProxyType({})
    """Keys of small things that are not modelled unless they are so, as they usually are."""


def read_config(config: object, name: str = "") -> ImportedModel:
    """The model that ``config``, the parsed ``config.json``, describes. Raises ConfigError."""
    if not isinstance(config, dict):
        raise ConfigError(ConfigProblem.NO_MODEL, "it is no JSON object")
    notes: list[tuple[Note, str]] = []
    outer = config
    kind, config = _text_model(outer)
    family = FAMILIES.get(kind)
    if family is None:
        raise ConfigError(seems_out_of_scope(kind, outer) or ConfigProblem.FAMILY_UNKNOWN, kind)
    try:
        architecture = _architecture(family.named(config) if family.named else config, family, name)
        tower = vision_tower(_model_type(outer), outer, architecture.hidden_size)
    except ContradictionError as error:
        raise ConfigError(ConfigProblem.CONTRADICTION, str(error), error) from error
    except ValidationError as error:
        if (contradiction := contradiction_in(error)) is not None:
            raise ConfigError(ConfigProblem.CONTRADICTION, str(contradiction), contradiction) from error
        first = error.errors(include_url=False, include_context=False)[0]
        raise ConfigError(ConfigProblem.BAD_SIZE, f"{'.'.join(map(str, first['loc']))}: {str(first['input'])[:40]}") from error
    except ConfigError:
        raise
    except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise ConfigError(ConfigProblem.BAD_SIZE, type(error).__name__) from error
    if tower is not None:
        architecture = replace(architecture, vision_parameters=tower.parameters)
        notes.append((Note.VISION_COUNTED, f"{tower.parameters:,}"))
        if tower.image_tokens:
            notes.append((Note.IMAGE_TOKENS, f"{tower.image_tokens:,}"))
    elif isinstance(outer.get("text_config", outer.get("llm_config")), dict) or "vision_config" in outer:
        notes.append((Note.VISION_NOT_COUNTED, _model_type(outer)))
    heads = prediction_parameters(architecture, architecture.num_nextn_predict_layers)
    if heads:
        notes.append((Note.PREDICTION_HEADS, f"{heads:,}"))
    quantized = outer if outer.get("quantization_config") else config
    weights, departures = quantization(quantized)
    if weights is None and quantized.get("quantization_config"):
        notes.append((Note.QUANTIZATION_UNKNOWN, "quantization_config"))
    if architecture.num_nextn_predict_layers and not heads:
        departures = (*departures, "num_nextn_predict_layers")
    departures = (*departures, *(key for key, usual in family.unread.items() if bool(config.get(key, usual)) is not usual))
    if departures:
        notes.append((Note.NOT_MODELLED, ", ".join(departures)))
    unknown = sorted(str(key)[:60] for key in config if key not in KNOWN_KEYS)
    if unknown:
        notes.append((Note.UNKNOWN_KEYS, ", ".join(unknown[:20])))
    return ImportedModel(architecture, weights, tuple(notes))


#: As an architecture may have.
_MOST_LAYERS = 10**5
#: Heads that predict tokens ahead; of Qwen3-Next, whose configuration does not say, engines take one (vLLM's qwen3_next_mtp.py).
_HEADS = ("num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_modules")


def _text_model(outer: Config) -> tuple[str, dict[str, Any]]:
    """The type of what generates text in ``outer``, and its configuration: a part of a model that also sees. Raises ConfigError."""
    if (name := pipeline_of_pictures(outer)) is not None:
        raise ConfigError(ConfigProblem.DIFFUSION, name)
    kind = _model_type(outer)
    if (problem := out_of_scope(kind, outer)) is not None:
        raise ConfigError(problem, kind)
    inner = outer.get("text_config", outer.get("llm_config"))  # the latter InternVL's own
    if not isinstance(inner, dict):
        return kind, {**outer}
    config = {**inner}
    kind = _model_type(config) if config.get("model_type") else f"{kind}_text"
    if (problem := out_of_scope(kind, {})) is not None:
        raise ConfigError(problem, kind)
    # Whoever builds the whole model asks the outer configuration; where it says no, older files say yes within.
    tied = outer.get("tie_word_embeddings")
    if isinstance(tied, bool):
        config["tie_word_embeddings"] = tied or (config.get("tie_word_embeddings") is True and _model_type(outer) in _TIED_WITHIN)
    return kind, config


def _model_type(config: Config) -> str:
    kind = config.get("model_type")
    if not isinstance(kind, str) or not kind:
        raise ConfigError(ConfigProblem.NO_MODEL, "model_type is missing")
    return kind[:60]


def _architecture(config: Config, family: _Family, name: str) -> Architecture:
    # A model without attention has no heads, and one is as good as another number of them.
    heads = integer(config, "num_attention_heads", "n_head", default=1 if family.pieces in WITHOUT_ATTENTION else None)
    hidden = integer(config, "hidden_size", "n_embd")
    blocks = config.get("layers_block_type")  # transformers 5 saves Nemotron-H with these alone
    layers = integer(config, "num_hidden_layers", "n_layer", default=len(blocks) if isinstance(blocks, list) else None)
    if not 0 < layers <= _MOST_LAYERS:  # here: what follows may go from layer to layer
        raise ConfigError(ConfigProblem.BAD_SIZE, f"num_hidden_layers: {str(layers)[:40]}")
    fields: dict[str, Any] = dict(PIECES[family.pieces])
    fields |= {
        "hidden_size": hidden,
        "intermediate_size": _intermediate_size(config, hidden),
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": integer(config, "num_key_value_heads", default=heads),
        "head_dim": integer(config, "head_dim", default=max(1, hidden // max(1, heads))),
        "vocab_size": integer(config, "vocab_size"),
        "tie_word_embeddings": bool(config.get("tie_word_embeddings", family.tied)),
        "max_position_embeddings": integer(config, "max_position_embeddings", "n_positions", default=0),
    }
    heads = integer(config, *_HEADS, default=1 if family.pieces == "Qwen3Next" else 0)
    if heads:
        fields["num_nextn_predict_layers"] = heads
    rope = config.get("rope_parameters")
    newer = rope.get("partial_rotary_factor") if isinstance(rope, dict) else None
    share = config.get("partial_rotary_factor") or config.get("rotary_pct") or newer
    if isinstance(share, float) and 0 < share < 1:
        fields["rotary_dim"] = int(fields["head_dim"] * share)
    if family.biased and config.get("attention_bias"):
        fields["attention_bias"] = True
    if family.read is not None:
        family.read(config, fields)
    runs = fields.pop(RUNS, None)
    arch = validated(Architecture, name=name[:200], nominal_parameters=1, **fields)
    if runs is not None:
        arch = with_runs(arch, [validated(LayerRun, **asdict(run)) for run in runs])
    return replace(arch, nominal_parameters=min(parameter_count(arch), 10**15))


def _intermediate_size(config: Config, hidden: int) -> int:
    """Of the first layer, where it is listed for each."""
    width = config.get("intermediate_size")
    if isinstance(width, list) and width:
        return integer({"intermediate_size": width[0]}, "intermediate_size")
    return integer(config, "intermediate_size", "n_inner", default=4 * hidden)


def _cohere(config: Config, _fields: dict[str, Any]) -> None:
    if config.get("use_qk_norm"):
        raise ConfigError(ConfigProblem.NOT_MODELLED, "use_qk_norm")


def _glm(config: Config, fields: dict[str, Any]) -> None:
    fields["qkv_bias"] = bool(config.get("attention_bias"))
    fields.setdefault("rotary_dim", fields["head_dim"] // 2)


def _glm4(config: Config, fields: dict[str, Any]) -> None:
    fields["qkv_bias"] = bool(config.get("attention_bias", True))


#: Models whose parts ask the configuration within whether the output is the embedding, where the one around them says no.
_TIED_WITHIN = frozenset({"qwen2_vl", "qwen2_5_vl", "llava", "llava_next_video", "llava_onevision", "video_llama_3"})
_NO_MLP_BIAS = MappingProxyType({"mlp_bias": False})
_NO_ATTENTION_BIAS = MappingProxyType({"attention_bias": False})
_NO_BIAS = MappingProxyType({"attention_bias": False, "mlp_bias": False})
_OPT_USUAL = MappingProxyType({"enable_bias": True, "layer_norm_elementwise_affine": True, "_remove_final_layer_norm": False})

#: Types of text models that are read, by ``model_type``.
FAMILIES: Mapping[str, _Family] = {
    "llama": _Family("Llama", biased=True, unread=_NO_MLP_BIAS),
    "mistral": _Family("Mistral", read=every_layer_slides),
    "ministral3": _Family("Mistral", read=every_layer_slides),
    "ministral": _Family("Ministral", read=listed_layers_slide),
    "qwen2": _Family("Qwen2", read=qwen),
    "qwen2_vl": _Family("Qwen2", read=qwen),
    "qwen2_vl_text": _Family("Qwen2", read=qwen),
    "qwen2_5_vl": _Family("Qwen2", read=qwen),
    "qwen2_5_vl_text": _Family("Qwen2", read=qwen),
    "qwen3": _Family("Qwen3", read=qwen, biased=True),
    "qwen3_vl_text": _Family("Qwen3", read=qwen, biased=True),
    "qwen3_vl_moe_text": _Family("Qwen3Moe", read=qwen_experts, biased=True),
    "qwen3_moe": _Family("Qwen3Moe", read=qwen_experts, biased=True),
    "qwen2_moe": _Family("Qwen2Moe", read=qwen_experts),
    "granite": _Family("Granite", biased=True, unread=_NO_MLP_BIAS),
    "smollm3": _Family("SmolLM3", tied=True, biased=True, unread=_NO_MLP_BIAS),
    "phi3": _Family("Phi3", read=every_layer_slides),
    "phimoe": _Family("Phimoe", read=phimoe),
    "mixtral": _Family("Mixtral", read=mixtral),
    "deepseek_v2": _Family("DeepseekV2", read=deepseek, unread=_NO_BIAS),
    "deepseek_v3": _Family("DeepseekV3", read=deepseek, unread=_NO_BIAS),
    "kimi_k2": _Family("DeepseekV3", read=deepseek, unread=_NO_BIAS),
    "glm4": _Family("Glm4", read=_glm4),
    "gemma": _Family("Gemma", tied=True, biased=True),
    "gemma2": _Family("Gemma2", tied=True, read=gemma2, biased=True),
    "gemma3_text": _Family("Gemma3Text", tied=True, read=all_but_every(6), biased=True),
    "gemma3n_text": _Family("Gemma3nText", tied=True, read=gemma3n, unread=_NO_ATTENTION_BIAS),
    "gemma4_unified_text": _Family("Gemma4Text", tied=True, read=gemma4_unified, unread=_NO_ATTENTION_BIAS),
    "gemma4_text": _Family("Gemma4Text", tied=True, read=gemma4, unread=_NO_ATTENTION_BIAS),
    "gpt_neox": _Family("GPTNeoX", read=gpt_neox, unread=MappingProxyType({"attention_bias": True})),
    "gpt2": _Family("GPT2", tied=True),
    "falcon": _Family("Falcon", tied=True, read=falcon),
    "bloom": _Family("Bloom", tied=True),
    "opt": _Family("OPT", tied=True, read=opt, unread=_OPT_USUAL),
    "gptj": _Family("GPTJ", read=gptj),
    "starcoder2": _Family("Starcoder2", tied=True, read=starcoder2),
    "minicpm3": _Family("MiniCPM3", tied=True, read=latent, unread=_NO_BIAS),
    "glm4_moe": _Family("Glm4Moe", read=glm4_moe),
    "gpt_oss": _Family("GptOss", read=gpt_oss),
    "olmo2": _Family("Olmo2", biased=True),
    "olmo3": _Family("Olmo3", read=all_but_every(4), biased=True),
    "olmoe": _Family("Olmoe", read=olmoe, biased=True),
    "cohere": _Family("Cohere", tied=True, read=_cohere, biased=True),
    "glm": _Family("Glm", read=_glm),
    "cohere2": _Family("Cohere2", tied=True, read=all_but_every(4), biased=True),
    "llama4_text": _Family("Llama4Text", read=llama4, biased=True),
    "qwen3_next": _Family("Qwen3Next", read=HYBRID_READERS["Qwen3Next"]),
    "qwen3_5_text": _Family("Qwen3_5", read=HYBRID_READERS["Qwen3_5"]),
    "qwen3_5_moe_text": _Family("Qwen3_5Moe", read=HYBRID_READERS["Qwen3_5Moe"]),
    "olmo_hybrid": _Family("OlmoHybrid", read=HYBRID_READERS["OlmoHybrid"]),
    "kimi_linear": _Family("KimiLinear", read=HYBRID_READERS["KimiLinear"]),
    "granitemoehybrid": _Family("GraniteMoeHybrid", read=HYBRID_READERS["GraniteMoeHybrid"]),
    "lfm2": _Family("Lfm2", tied=True, read=HYBRID_READERS["Lfm2"]),
    "falcon_h1": _Family("FalconH1", read=HYBRID_READERS["FalconH1"]),
    "bamba": _Family("Bamba", read=HYBRID_READERS["Bamba"]),
    "jamba": _Family("Jamba", read=HYBRID_READERS["Jamba"]),
    "openelm": _Family("OpenELM", tied=True, read=VARIED_READERS["OpenELM"], named=openelm_named),
    "deci": _Family("DeciLM", read=VARIED_READERS["DeciLM"]),
    "nemotron-nas": _Family("DeciLM", read=VARIED_READERS["DeciLM"], biased=True),
    "hunyuan": _Family("HunYuanDenseV1", read=VARIED_READERS["HunYuan"], biased=True),
    "hunyuan_v1_dense": _Family("HunYuanDenseV1", read=VARIED_READERS["HunYuan"], biased=True),
    "hunyuan_v1_moe": _Family("HunYuanDenseV1", read=VARIED_READERS["HunYuan"], biased=True),
    "nemotron_h": _Family("NemotronH", read=HYBRID_READERS["NemotronH"]),
    "phi": _Family("Phi", read=phi),
    "gpt_bigcode": _Family("GPTBigCode", tied=True, read=gpt_bigcode),
    "olmo": _Family("Olmo", biased=True),
    "minimax_m2": _Family("MiniMaxM2", read=minimax_m2),
    "ernie4_5": _Family("Ernie4_5", tied=True, read=ernie4_5),
    "ernie4_5_moe": _Family("Ernie4_5_Moe", tied=True, read=ernie4_5_moe),
    "mimo": _Family("Qwen2", read=qwen),
    "seed_oss": _Family("Qwen2", read=seed_oss),
    "glm4_moe_lite": _Family("DeepseekV3", read=glm4_moe_lite, unread=_NO_BIAS),
    "glm4v_moe_text": _Family("Glm4Moe", read=glm4v_moe_text),
    "dots1": _Family("Dots1", read=deepseek_experts, biased=True),
    "arcee": _Family("Arcee", biased=True, unread=_NO_MLP_BIAS),
    "exaone4": _Family("Exaone4", read=listed_layers_slide),
    "stablelm": _Family("StableLm", read=stablelm),
    "lfm2_moe": _Family("Lfm2Moe", tied=True, read=HYBRID_READERS["Lfm2Moe"]),
    "mamba": _Family("Mamba", tied=True, read=HYBRID_READERS["Mamba"]),
    "falcon_mamba": _Family("FalconMamba", tied=True, read=HYBRID_READERS["Mamba"]),
    "mamba2": _Family("Mamba2", read=HYBRID_READERS["Mamba2"]),
}
