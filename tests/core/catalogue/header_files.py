"""Small files as people hand them over: headers of checkpoints, written here byte by byte, and configurations."""

import json
import struct
from pathlib import Path

LLAMA = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 320,
    "torch_dtype": "bfloat16",
}
#: Qwen2.5-0.5B, of 494,032,768 parameters.
QWEN = {
    "model_type": "qwen2",
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "vocab_size": 151936,
    "tie_word_embeddings": True,
}
#: Shapes as torch has them: rows are outputs.
SHAPES = {
    "model.embed_tokens.weight": (320, 64),
    "lm_head.weight": (320, 64),
    "model.norm.weight": (64,),
    **{
        f"model.layers.{layer}.{name}.weight": shape
        for layer in range(2)
        for name, shape in {
            "self_attn.q_proj": (64, 64),
            "self_attn.k_proj": (32, 64),
            "self_attn.v_proj": (32, 64),
            "self_attn.o_proj": (64, 64),
            "mlp.gate_proj": (128, 64),
            "mlp.up_proj": (128, 64),
            "mlp.down_proj": (64, 128),
            "input_layernorm": (64,),
            "post_attention_layernorm": (64,),
        }.items()
    },
}
PARAMETERS = sum(shape[0] * (shape[1] if len(shape) == 2 else 1) for shape in SHAPES.values())


def safetensors(shapes: dict[str, tuple[int, ...]], dtype: str = "BF16", size: int = 2) -> bytes:
    """A file's header, without the values behind it."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, shape in shapes.items():
        values = 1
        for side in shape:
            values *= side
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size * values]}
        at += size * values
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def value(of: object) -> bytes:
    match of:
        case bool():
            return struct.pack("<I?", 7, of)
        case int():
            return struct.pack("<II", 4, of)
        case float():
            return struct.pack("<If", 6, of)
        case str():
            return struct.pack("<I", 8) + text(of)
        case [str(), *_]:
            return struct.pack("<IIQ", 9, 8, len(of)) + b"".join(map(text, of))
        case [int(), *_]:
            return struct.pack("<IIQ", 9, 4, len(of)) + struct.pack(f"<{len(of)}I", *of)
    raise TypeError(of)


def gguf(keys: dict[str, object], tensors: dict[str, tuple[tuple[int, ...], int]], version: int = 3) -> bytes:
    """``tensors``: name to (dimensions with the columns first, ggml's number of the type)."""
    parts = [b"GGUF", struct.pack("<IQQ", version, len(tensors), len(keys))]
    parts += [text(key) + value(of) for key, of in keys.items()]
    for name, (shape, kind) in tensors.items():
        parts.append(text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, 0))
    return b"".join(parts)


F32, Q8_0, Q4_K, Q6_K = 0, 8, 12, 14
GGUF_KEYS: dict[str, object] = {
    "general.architecture": "llama",
    "general.name": "Small Llama",
    "general.file_type": 7,
    "llama.block_count": 2,
    "llama.context_length": 2048,
    "llama.embedding_length": 64,
    "llama.feed_forward_length": 128,
    "llama.attention.head_count": 4,
    "llama.attention.head_count_kv": 2,
    "llama.rope.freq_base": 10000.0,
    "tokenizer.ggml.tokens": [f"<{number}>" for number in range(320)],
    "tokenizer.ggml.token_type": list(range(320)),
}
#: Layers that differ in shape: one without attention, one with a matrix in its place, one without an MLP.
DECI_KEYS = {
    "general.architecture": "deci",
    "general.file_type": 7,
    "deci.block_count": 4,
    "deci.context_length": 2048,
    "deci.embedding_length": 64,
    "deci.feed_forward_length": [128, 64, 64, 0],
    "deci.attention.head_count": [4, 4, 0, 4],
    "deci.attention.head_count_kv": [2, 0, 0, 1],
}
NEMOTRON_NAS = {
    "model_type": "nemotron-nas",
    "hidden_size": 512,
    "num_hidden_layers": 3,
    "num_attention_heads": 8,
    "block_configs": [
        {"attention": {"n_heads_in_group": 4}, "ffn": {"ffn_mult": 2.625}},
        {"attention": {"replace_with_linear": True}, "ffn": {"ffn_mult": 1.0}},
        {"attention": {"no_op": True}, "ffn": {"no_op": True}},
    ],
    "vocab_size": 1024,
}
_GGUF_NAMES = {"attn_q": (64, 64), "attn_k": (64, 32), "attn_v": (64, 32), "attn_output": (64, 64)}
_GGUF_NAMES |= {"ffn_gate": (64, 128), "ffn_up": (64, 128), "ffn_down": (128, 64)}
GGUF_TENSORS: dict[str, tuple[tuple[int, ...], int]] = {
    "token_embd.weight": ((64, 320), Q8_0),
    "output.weight": ((64, 320), Q8_0),
    "output_norm.weight": ((64,), F32),
    "rope_freqs.weight": ((8,), F32),
    **{f"blk.{layer}.{name}.weight": (shape, Q8_0) for layer in range(2) for name, shape in _GGUF_NAMES.items()},
    **{f"blk.{layer}.{name}.weight": ((64,), F32) for layer in range(2) for name in ("attn_norm", "ffn_norm")},
}


def folder_with_safetensors(folder: Path, **config: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(LLAMA | config))
    (folder / "model.safetensors").write_bytes(safetensors(SHAPES))
    return folder


#: Configurations of trainers.
AXOLOTL = b"""
base_model: meta-llama/Llama-3.1-8B
datasets:
  - path: mhenrichsen/alpaca_2k_test
    type: alpaca
load_in_4bit: true
adapter: qlora
lora_r: 32
lora_alpha: 16
lora_dropout: 0.05
lora_target_linear: true
sequence_len: 2048
sample_packing: true
micro_batch_size: 2
gradient_accumulation_steps: 4
optimizer: paged_adamw_8bit
bf16: auto
gradient_checkpointing: true
flash_attention: true
magic_option: 3
"""
DEEPSPEED = {
    "train_micro_batch_size_per_gpu": 4,
    "gradient_accumulation_steps": "auto",
    "bf16": {"enabled": True},
    "optimizer": {"type": "AdamW", "params": {"lr": 1e-5}},
    "zero_optimization": {"stage": 3, "offload_optimizer": {"device": "cpu"}},
    "comms_logger": {},
}
