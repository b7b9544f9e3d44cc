"""The header of a GGUF file: the model's sizes, and type and shape of each tensor.

Source: docs/gguf.md of ggml (versions 2 and 3), and the block sizes of ggml-common.h. Lists, such as the vocabulary, are stepped over.
"""

import mmap
import struct
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from core.catalogue.gguf_gemma import gemma_config
from core.catalogue.gguf_hybrid import hybrid_config
from core.catalogue.gguf_varied import varied_config
from core.catalogue.tensor_file import Tensor, TensorFileError
from core.memory import Format

MAX_HEADER_BYTES = 2**28  # a vocabulary of 262,144 with its merges is some 12 MiB
MAX_KEYS, MAX_TENSORS, MAX_LIST, MAX_TEXT = 10_000, 200_000, 4 * 10**6, 2**16

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
#: Lists of sizes by layer are kept; longer ones are vocabularies.
_KEPT = 1024

#: ggml's types: (name, values of a block, its bytes).
_TYPES = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
    40: ("NVFP4", 64, 36),
}
#: ``general.file_type``: llama.cpp's names of mixes.
_FILE_TYPES = {
    0: Format.FP32,
    1: Format.FP16,
    2: Format.Q4_0,
    3: Format.Q4_1,
    7: Format.Q8_0,
    8: Format.Q5_0,
    9: Format.Q5_1,
    10: Format.Q2_K,
    11: Format.Q3_K_S,
    12: Format.Q3_K_M,
    13: Format.Q3_K_L,
    14: Format.Q4_K_S,
    15: Format.Q4_K_M,
    16: Format.Q5_K_S,
    17: Format.Q5_K_M,
    18: Format.Q6_K,
    19: Format.IQ2_XXS,
    20: Format.IQ2_XS,
    21: Format.Q2_K_S,
    22: Format.IQ3_XS,
    23: Format.IQ3_XXS,
    24: Format.IQ1_S,
    25: Format.IQ4_NL,
    26: Format.IQ3_S,
    27: Format.IQ3_M,
    28: Format.IQ2_S,
    29: Format.IQ2_M,
    30: Format.IQ4_XS,
    31: Format.IQ1_M,
    32: Format.BF16,
    36: Format.TQ1_0,
    37: Format.TQ2_0,
    38: Format.GGML_MXFP4,
}
#: The name of an architecture here, where it is not the same in transformers.
_MODEL_TYPES = {"qwen3moe": "qwen3_moe", "qwen2moe": "qwen2_moe", "gemma3": "gemma3_text", "gptneox": "gpt_neox", "gpt-oss": "gpt_oss"}
_MODEL_TYPES |= {"gemma3n": "gemma3n_text", "gemma4": "gemma4_text"}
_MODEL_TYPES |= {"llama4": "llama4_text", "command-r": "cohere", "hunyuan-moe": "hunyuan_v1_moe", "hunyuan-dense": "hunyuan_v1_dense"}
#: Key of a configuration: key of a GGUF file.
_SIZES = {
    "hidden_size": "embedding_length",
    "num_hidden_layers": "block_count",
    "intermediate_size": "feed_forward_length",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "head_dim": "attention.key_length",
    "max_position_embeddings": "context_length",
    "num_experts_per_tok": "expert_used_count",
    "moe_intermediate_size": "expert_feed_forward_length",
    "sliding_window": "attention.sliding_window",
    "q_lora_rank": "attention.q_lora_rank",
    "kv_lora_rank": "attention.kv_lora_rank",
    "qk_rope_head_dim": "rope.dimension_count",
    "first_k_dense_replace": "leading_dense_block_count",
    "n_shared_experts": "expert_shared_count",
    "shared_expert_intermediate_size": "expert_shared_feed_forward_length",
    "attention_chunk_size": "attention.chunk_size",
    "vocab_size": "vocab_size",
}


class GgufFile(NamedTuple):
    """What is in the header."""

    keys: dict[str, Any]
    tensors: list[Tensor]

    @property
    def file_format(self) -> Format | None:
        """The mix that names the file."""
        kind = self.keys.get("general.file_type")
        return _FILE_TYPES.get(kind) if isinstance(kind, int) else None

    @property
    def parts(self) -> int:
        """How many files the model is split into."""
        count = self.keys.get("split.count", 1)
        return count if type(count) is int and 1 <= count <= 1000 else 1

    def config(self) -> dict[str, Any]:
        """The model's sizes as a ``config.json`` would state them."""
        kind = self.keys.get("general.architecture")
        if not isinstance(kind, str) or not kind:
            raise TensorFileError("general.architecture is missing")
        config: dict[str, Any] = {"model_type": _MODEL_TYPES.get(kind, kind)}
        for name, key in _SIZES.items():
            value = self.keys.get(f"{kind}.{key}")
            if isinstance(value, list) and value:  # by layer
                value = value[0] if len(set(value)) == 1 else None
            if value is not None:
                config[name] = value
        heads = self.keys.get(f"{kind}.nextn_predict_layers", 0)
        config["num_nextn_predict_layers"] = 0  # a converter that left them out says nothing
        layers = config.get("num_hidden_layers")
        if type(heads) is type(layers) is int and 0 < heads < layers:  # counted as layers of the model, its last ones
            config |= {"num_nextn_predict_layers": heads, "num_hidden_layers": layers - heads}
        names = {tensor.name for tensor in self.tensors}
        by_name = {tensor.name: tensor for tensor in self.tensors if tensor.name == "token_embd.weight"}
        hidden = config.get("hidden_size")
        if by_name and type(hidden) is int and hidden > 0:
            config["vocab_size"] = by_name["token_embd.weight"].values // hidden
        config["tie_word_embeddings"] = "output.weight" not in names
        experts = self.keys.get(f"{kind}.expert_count")
        if type(experts) is int and experts > 0:
            config |= {"num_experts": experts}
            if kind == "llama":
                config["model_type"] = "mixtral"
        config |= self._latent(kind, config) | hybrid_config(kind, self.keys) | varied_config(kind, self.keys)
        return config | gemma_config(kind, self.keys, {tensor.name: tensor for tensor in self.tensors})

    def _latent(self, kind: str, config: dict[str, Any]) -> dict[str, Any]:
        """DeepSeek's: heads are stated as they are, or as one over the latent (``_mla`` has what they are then)."""
        if kind != "deepseek2":
            config.pop("qk_rope_head_dim", None)
            return {}
        lite = "q_lora_rank" not in config
        key = self.keys.get(f"{kind}.attention.key_length_mla", config.get("head_dim"))
        value = self.keys.get(f"{kind}.attention.value_length_mla", self.keys.get(f"{kind}.attention.value_length"))
        rope = config.get("qk_rope_head_dim")
        if not isinstance(key, int) or not isinstance(value, int) or not isinstance(rope, int):
            raise TensorFileError("the sizes of its latent attention are missing")
        found = {"qk_nope_head_dim": key - rope, "v_head_dim": value, "num_key_value_heads": config.get("num_attention_heads")}
        return found | {"model_type": "deepseek_v2" if lite or self.keys.get(f"{kind}.expert_gating_func", 1) == 1 else "deepseek_v3"}


def read_gguf(path: Path) -> GgufFile:
    """The header of ``path``. Raises TensorFileError, OSError."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size < 24:
            raise TensorFileError("too short for a GGUF file")
        with mmap.mmap(file.fileno(), min(size, MAX_HEADER_BYTES), access=mmap.ACCESS_READ) as data:
            try:
                return _Reader(data).file()
            except struct.error as error:
                raise TensorFileError("cut off within its header") from error


class _Reader:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._at = 0

    def file(self) -> GgufFile:
        if self._data[:4] != b"GGUF":
            raise TensorFileError("no GGUF file: it does not begin with GGUF")
        self._at = 4
        version = self._scalar("<I")
        if version not in (2, 3):
            raise TensorFileError(f"GGUF version {version} is not known; versions 2 and 3 are")
        tensors, keys = self._scalar("<Q"), self._scalar("<Q")
        if tensors > MAX_TENSORS or keys > MAX_KEYS:
            raise TensorFileError("its header states more keys or tensors than any model has")
        found: dict[str, Any] = {}
        for _ in range(keys):
            name = self._text()
            found[name] = self._value(self._scalar("<I"))
        return GgufFile(found, [self._tensor() for _ in range(tensors)])

    def _scalar(self, kind: str) -> Any:
        (value,) = struct.unpack_from(kind, self._data, self._at)
        self._at += struct.calcsize(kind)
        return value

    def _text(self) -> str:
        length = self._scalar("<Q")
        if length > MAX_TEXT:
            return self._step_over(length)
        start, self._at = self._at, self._at + length
        if self._at > len(self._data):
            raise TensorFileError("cut off within its header")
        return self._data[start : self._at].decode("utf-8", "replace")

    def _step_over(self, length: int) -> str:
        self._at += length
        if self._at > len(self._data):
            raise TensorFileError("cut off within its header")
        return ""

    def _value(self, kind: int) -> Any:
        if kind == _STRING:
            return self._text()
        if kind != _ARRAY:
            if kind not in _SCALARS:
                raise TensorFileError("a value has an unknown type")
            return self._scalar(_SCALARS[kind])
        kind, count = self._scalar("<I"), self._scalar("<Q")
        if count > MAX_LIST or kind == _ARRAY:
            raise TensorFileError("a list is longer or deeper than any model has")
        if kind == _STRING:
            for _ in range(count):
                self._step_over(self._scalar("<Q"))
            return None
        if kind not in _SCALARS:
            raise TensorFileError("a list has an unknown type")
        if count > _KEPT:
            self._step_over(count * struct.calcsize(_SCALARS[kind]))
            return None
        return [self._scalar(_SCALARS[kind]) for _ in range(count)]

    def _tensor(self) -> Tensor:
        name, dimensions = self._text(), self._scalar("<I")
        if not 1 <= dimensions <= 4:
            raise TensorFileError("a tensor has no or too many dimensions")
        shape = [self._scalar("<Q") for _ in range(dimensions)]
        kind, _ = self._scalar("<I"), self._scalar("<Q")
        if kind not in _TYPES:
            raise TensorFileError(f"a tensor is of a type that is not known ({kind})")
        dtype, block, size = _TYPES[kind]
        values = prod(shape)
        if values >= 2**50 or values % block:
            raise TensorFileError("a tensor's shape cannot be")
        return Tensor(name, dtype, values, values // block * size)
