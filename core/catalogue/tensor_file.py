"""What the header of a checkpoint's file says of its tensors. The tensors themselves are never read."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple


class TensorFileError(ValueError):
    """A file that is not what its name says, in one line of English."""


class Tensor(NamedTuple):
    """One of them."""

    name: str
    dtype: str
    """As its file calls it: ``BF16``, ``Q4_K``."""
    values: int
    size_bytes: int


class Tensors(NamedTuple):
    """All of them."""

    values: int
    size_bytes: int
    bytes_by_dtype: dict[str, int]


_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks|blk)\.(\d{1,9})\.")


def layer_of(name: str) -> int | None:
    """The layer that a tensor belongs to, by its name."""
    found = _LAYER.search(name)
    return int(found[1]) if found is not None else None


_OF_HEADS = re.compile(r"(?:^|\.)mtp[._]")


def predicts_ahead(name: str, num_hidden_layers: int) -> bool:
    """Whether a tensor belongs to heads that predict tokens ahead: to a layer beyond the model's (DeepSeek, GLM), or by its name (Qwen,
    MiMo, ERNIE, Nemotron).
    """
    return (layer_of(name) or 0) >= num_hidden_layers or _OF_HEADS.search(name) is not None


def summed(tensors: Iterator[Tensor], num_hidden_layers: int) -> Tensors:
    """Without those of heads that predict tokens ahead, which are counted apart."""
    by_dtype: Counter[str] = Counter()
    values = 0
    for tensor in tensors:
        if not predicts_ahead(tensor.name, num_hidden_layers):
            values += tensor.values
            by_dtype[tensor.dtype] += tensor.size_bytes
    return Tensors(values, by_dtype.total(), dict(by_dtype))
