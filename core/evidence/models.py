"""From the sizes that a published measurement states to an architecture."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from core.catalogue.models import Model, load_models
from core.evidence.records import UnsupportedError
from core.memory import Architecture, parameter_count
from core.memory.architecture import Activation, Norm, Position, Router
from core.memory.edge import validated

_MODELS = Path(__file__).parents[2] / "resources" / "models.json"
#: A shape whose own count is further from the stated one is not the model that was run.
_COUNT_TOLERANCE = 0.01

#: What tells two builds of the same sizes apart by their count: Llama's, Qwen2's, Qwen3's; StarCoder's and GPT-NeoX's.
_GPT = {"norm": Norm.LAYER, "linear_bias": True, "activation": Activation.GELU}
_BUILDS: tuple[dict[str, Any], ...] = (
    {},
    {"qkv_bias": True},
    {"qk_norm": True},
    _GPT | {"fused_qkv": True, "parallel_residual": True, "rotary_concatenated": True},
    _GPT | {"position": Position.LEARNED},
)
#: DeepSeek-V3's widths of latent attention, which Kimi-K2 and the like took over; records of MLA models seldom state them.
_LATENT: dict[str, Any] = {"kv_lora_rank": 512, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128}


def architecture_of(model: Mapping[str, Any], *, exact: bool = True) -> Architecture:
    """The model of the catalogue that has these sizes, else the build of common pieces that adds up to the stated parameters; the nearest
    one, unless ``exact``.

    Raises UnsupportedError when none does, KeyError and pydantic.ValidationError for odd records.
    """
    stated = model.get("n_params")
    if stated is None:  # then only a model that is known by its sizes
        known = next((each.architecture for each in _catalogue() if _has_sizes(each.architecture, model)), None)
        if known is not None:
            return known
    if not isinstance(stated, int) or stated <= 0:
        raise UnsupportedError("the record states no number of parameters")
    candidates = list(_candidates(model))
    if not candidates:
        raise UnsupportedError("latent attention of widths that are not known")
    nearest = min(candidates, key=lambda candidate: abs(_count(candidate) - stated))
    if exact and abs(_count(nearest) - stated) > _COUNT_TOLERANCE * stated:
        raise UnsupportedError(f"these sizes do not add up to {stated:,} parameters in any known build")
    if (model.get("attention_type") == "mla") != bool(nearest.kv_lora_rank):
        raise UnsupportedError("latent attention of widths that are not known")
    return nearest


def _candidates(model: Mapping[str, Any]) -> Iterator[Architecture]:
    known = [each.architecture for each in _catalogue() if _has_sizes(each.architecture, model)]
    for shape in known:
        # Some load the language model alone; some frameworks keep a head of their own where the checkpoint has none.
        for vision in {shape.vision_parameters, 0}:
            arch = replace(shape, vocab_size=model["vocab"], vision_parameters=vision)
            yield arch
            yield replace(arch, tie_word_embeddings=not arch.tie_word_embeddings)
    if known:
        return
    for plain in _plain(model):
        yield from _built(model, plain)


def _count(arch: Architecture) -> int:
    return parameter_count(arch) + arch.vision_parameters


def _built(model: Mapping[str, Any], plain: Architecture) -> Iterator[Architecture]:
    if model.get("attention_type") == "mla":
        yield from _latent(plain)
        return
    for pieces in _BUILDS:
        for tied in (bool(model.get("tied_embeddings")), True, False):
            yield replace(plain, **pieces, tie_word_embeddings=tied)


def _latent(plain: Architecture) -> Iterator[Architecture]:
    if plain.num_experts:
        width = plain.moe_intermediate_size
        for first in (0, 1, 3):
            for shared in (0, 1, 2):
                extra: dict[str, Any] = _LATENT | {"first_k_dense_replace": first, "shared_expert_intermediate_size": shared * width}
                yield replace(plain, **extra, router=Router.SIGMOID)


@cache
def _catalogue() -> tuple[Model, ...]:
    return load_models(_MODELS)


def _has_sizes(arch: Architecture, model: Mapping[str, Any]) -> bool:
    kv_heads = model.get("kv_heads")
    return (
        (arch.hidden_size, arch.num_hidden_layers, arch.num_attention_heads) == (model["hidden"], model["layers"], model["heads"])
        and (arch.kv_lora_rank > 0 or kv_heads is None or kv_heads == arch.num_key_value_heads)
        and arch.intermediate_size == model["intermediate"]
        and abs(arch.vocab_size - model["vocab"]) <= 1024
        and (model.get("experts") or 0) == arch.num_experts
    )


def _plain(model: Mapping[str, Any]) -> Iterator[Architecture]:
    """By the width of an expert, which some records leave out: that of the MLP, or what the experts of a token make up together."""
    heads = model["heads"]
    experts: dict[str, Any] = {}
    if model.get("experts"):
        experts = {
            "num_experts": model["experts"],
            "num_experts_per_tok": model["experts_per_token"],
            "moe_intermediate_size": model.get("moe_intermediate") or model["intermediate"],
        }
    plain = validated(
        Architecture,
        name=str(model["name"])[:200],
        nominal_parameters=model["n_params"],
        hidden_size=model["hidden"],
        intermediate_size=model["intermediate"],
        num_hidden_layers=model["layers"],
        num_attention_heads=heads,
        num_key_value_heads=model.get("kv_heads") or heads,
        head_dim=model.get("head_dim") or model["hidden"] // heads,
        vocab_size=model["vocab"],
        max_position_embeddings=8192,
        tie_word_embeddings=bool(model.get("tied_embeddings")),
        **experts,
    )
    yield plain
    if experts and not model.get("moe_intermediate"):
        for parts in (8, 9):
            yield replace(plain, moe_intermediate_size=plain.intermediate_size // parts)
