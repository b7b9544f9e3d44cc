"""What a layer can have for itself, where the layers of a model differ in shape."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from annotated_types import Gt, Le

#: Runs that a model may have: as many as layers of any model, so that a hostile file makes no more of them.
MAX_RUNS = 1024


class Block(StrEnum):
    """What stands in the place of a layer's attention, or of its MLP."""

    WHOLE = "whole"
    LINEAR = "linear"
    """One matrix of hidden size x hidden size (``replace_with_linear`` of Nemotron-NAS)."""
    NONE = "none"
    """Nothing, and no norm before it (``no_op`` of Nemotron-NAS)."""


@dataclass(frozen=True, kw_only=True)
class LayerRun:
    """Layers that follow each other and are alike: how many, and what of them differs; a size that is None is the architecture's."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 -- read by pydantic, at the edge

    layers: Annotated[int, Gt(0), Le(10**5)]
    num_attention_heads: Annotated[int, Gt(0), Le(10**6)] | None = None
    num_key_value_heads: Annotated[int, Gt(0), Le(10**6)] | None = None
    head_dim: Annotated[int, Gt(0), Le(10**5)] | None = None
    intermediate_size: Annotated[int, Gt(0), Le(10**8)] | None = None
    sliding: bool = False
    """They look back on ``sliding_window`` tokens."""
    kv_shared: bool = False
    """They reuse the keys and values of the nearest earlier layer that has its own and, like them, a window or none: no projections and
    norms for those, nothing in the cache (Gemma 3n's ``num_kv_shared_layers``, Hunyuan-Large's ``use_cla``)."""
    attention: Block = Block.WHOLE
    mlp: Block = Block.WHOLE
