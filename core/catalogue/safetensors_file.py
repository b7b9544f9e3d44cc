"""The header of a ``.safetensors`` file: eight bytes of length, then JSON that names each tensor's type, shape and place.

Source: the format's description in the README of safetensors. Headers and indices are bounded at 16 MiB, twice the largest known.
"""

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from core.catalogue.bounded_json import parse_bounded
from core.catalogue.tensor_file import Tensor, TensorFileError, predicts_ahead

MAX_HEADER_BYTES = 2**24
MAX_SHARDS = 1000
INDEX_NAME = "model.safetensors.index.json"

_BITS = {"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}
_BITS |= {"I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64}


def read_tensors(path: Path) -> list[Tensor]:
    """The tensors of one file. Raises TensorFileError, OSError."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= MAX_HEADER_BYTES:
            raise TensorFileError("no safetensors file: its header has no sensible length")
        text = file.read(length)
    if len(text) < length:
        raise TensorFileError("cut off within its header")
    header = _object(text)
    return [_tensor(name, entry) for name, entry in header.items() if name != "__metadata__"]


def _tensor(name: str, entry: Any) -> Tensor:
    try:
        dtype, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not all(type(number) is int and 0 <= number < 2**63 for number in (*shape, start, end)) or len(shape) > 16:
            raise TensorFileError("a tensor's shape or place cannot be")
        values = prod(shape)
        if values * _BITS[dtype] != 8 * (end - start):
            raise TensorFileError("a tensor's shape and size contradict each other")
    except (KeyError, TypeError, ValueError) as error:
        raise error if isinstance(error, TensorFileError) else TensorFileError("a tensor is described in an unknown way") from error
    return Tensor(name, dtype, values, end - start)


def read_index(path: Path, num_hidden_layers: int) -> int | Iterator[Tensor] | None:
    """Of ``model.safetensors.index.json``: the tensors of its files where they are all beside it, else the total size it states in bytes,
    else None, when that would count layers that are not loaded. Raises TensorFileError, OSError.
    """
    with path.open("rb") as file:
        text = file.read(MAX_HEADER_BYTES + 1)
    if len(text) > MAX_HEADER_BYTES:
        raise TensorFileError("larger than 16 MiB")
    index = _object(text)
    places, metadata = index.get("weight_map"), index.get("metadata")
    if not isinstance(places, dict) or not all(isinstance(place, str) for place in places.values()):
        raise TensorFileError("its weight_map is missing")
    # A name with a path in it would reach outside the folder.
    shards = sorted({place for place in places.values() if Path(place).name == place})[:MAX_SHARDS]
    if shards and all((path.parent / shard).is_file() for shard in shards):
        return (tensor for shard in shards for tensor in read_tensors(path.parent / shard))
    total = metadata.get("total_size") if isinstance(metadata, dict) else None
    if type(total) is float and total.is_integer():
        total = int(total)
    if type(total) is not int or not 0 < total < 2**50:
        return None
    return None if any(predicts_ahead(name, num_hidden_layers) for name in places) else total


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = parse_bounded(text)
    except ValueError as error:
        raise TensorFileError("its header is no JSON that can be read") from error
    if not isinstance(found, dict):
        raise TensorFileError("its header is no JSON object")
    return found
