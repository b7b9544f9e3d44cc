"""Models by the headers of the files they are stored in."""

import contextlib
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import header_files as files
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.bounded_json import MAX_VALUES, parse_bounded
from core.catalogue.checkpoint import file_in_folder, read_checkpoint
from core.catalogue.config_keys import ConfigError, ConfigProblem
from core.catalogue.gguf_file import MAX_TENSORS, read_gguf
from core.catalogue.hf_config import Note
from core.catalogue.safetensors_file import MAX_HEADER_BYTES, read_tensors
from core.catalogue.tensor_file import TensorFileError
from core.memory import Format, Runtime, Scenario, Task, estimate, parameter_count
from core.memory.family import architecture_from_parameter_count
from core.memory.gguf import file_bytes
from core.memory.weights import buffer_bytes, weight_bytes
from core.opened import open_path


def notes(model):
    return dict(model.notes)


def problem(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as error:
        read_checkpoint(path)
    return error.value


# -- safetensors


def test_the_weights_are_what_the_tensors_take(tmp_path):
    folder = files.folder_with_safetensors(tmp_path / "Small-Llama")
    model = read_checkpoint(folder / "model.safetensors")
    assert model.architecture.name == "Small-Llama"
    assert parameter_count(model.architecture) == files.PARAMETERS
    assert model.weights is Format.BF16
    assert notes(model) == {Note.TENSORS_COUNTED: str(2 * files.PARAMETERS)}
    by_shape = replace(model.architecture, file_format=None, file_bytes=0)
    assert weight_bytes(model.architecture, Format.BF16) == weight_bytes(by_shape, Format.BF16)
    # In another format the file says nothing.
    assert weight_bytes(model.architecture, Format.NF4) == weight_bytes(by_shape, Format.NF4)


def test_tensors_of_prediction_heads_are_left_out(tmp_path):
    folder = files.folder_with_safetensors(tmp_path / "m")
    for name in (
        "model.layers.2.eh_proj",
        "mtp.layers.0.self_attn.q_proj",
        "mtp.fc",
        "model.mtp_layers.0.input_proj",
        "model.mtp_block.0.q",
    ):
        (folder / "model.safetensors").write_bytes(files.safetensors(files.SHAPES | {f"{name}.weight": (64, 128)}))
        assert read_checkpoint(folder / "model.safetensors").architecture.file_bytes == 2 * files.PARAMETERS


def test_tensors_that_are_not_the_shape_are_told(tmp_path):
    folder = files.folder_with_safetensors(tmp_path / "m")
    (folder / "model.safetensors").write_bytes(files.safetensors(files.SHAPES | {"vision_tower.patch.weight": (640, 64)}))
    model = read_checkpoint(folder / "model.safetensors")
    assert notes(model)[Note.TENSORS_DIFFER] == f"{files.PARAMETERS + 640 * 64:,}"
    assert weight_bytes(model.architecture, Format.BF16) == 2 * (files.PARAMETERS + 640 * 64) + buffer_bytes(model.architecture)


def test_values_that_are_wide_are_counted_as_wide(tmp_path):
    folder = files.folder_with_safetensors(tmp_path / "m")
    (folder / "model.safetensors").write_bytes(files.safetensors(files.SHAPES, "F32", 4))
    model = read_checkpoint(folder / "model.safetensors")
    assert (model.weights, model.architecture.file_bytes) == (Format.FP32, 4 * files.PARAMETERS)


def test_quantized_values_keep_their_format_and_are_not_counted(tmp_path):
    folder = files.folder_with_safetensors(tmp_path / "m", quantization_config={"quant_method": "gptq", "bits": 4})
    (folder / "model.safetensors").write_bytes(files.safetensors({"model.layers.0.q.qweight": (100, 8)}, "I32", 4))
    model = read_checkpoint(folder / "model.safetensors")
    assert model.weights is Format.GPTQ_INT4
    assert Note.TENSORS_DIFFER not in notes(model)
    (folder / "config.json").write_text(json.dumps(files.LLAMA))
    assert Note.QUANTIZATION_UNKNOWN in notes(read_checkpoint(folder / "model.safetensors"))


def _sharded(folder: Path, total: object = 2 * files.PARAMETERS, write: bool = True) -> Path:
    names = list(files.SHAPES)
    places = {name: f"model-0000{1 + (at % 2)}-of-00002.safetensors" for at, name in enumerate(names)}
    (folder / "model.safetensors").unlink(missing_ok=True)
    for place in set(places.values()) if write else ():
        (folder / place).write_bytes(files.safetensors({name: files.SHAPES[name] for name in names if places[name] == place}))
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": places}))
    return index


def test_an_index_with_its_files_counts_them_and_without_takes_what_it_states(tmp_path):
    folder = files.folder_with_safetensors(tmp_path / "m")
    index = _sharded(folder, total=1)
    assert read_checkpoint(index).architecture.file_bytes == 2 * files.PARAMETERS
    assert read_checkpoint(folder / "model-00001-of-00002.safetensors").architecture.file_bytes == 2 * files.PARAMETERS
    assert file_in_folder(folder) == index
    for shard in folder.glob("model-*.safetensors"):
        shard.unlink()
    assert read_checkpoint(_sharded(folder, total=400_000.0, write=False)).architecture.file_bytes == 400_000
    assert Note.PARTS_MISSING in notes(read_checkpoint(_sharded(folder, total=None, write=False)))


def test_an_index_cannot_reach_outside_its_folder(tmp_path):
    folder = files.folder_with_safetensors(tmp_path / "m")
    (tmp_path / "secret.safetensors").write_bytes(files.safetensors({"a": (8,)}))
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": {"a": "../secret.safetensors"}}))
    assert Note.PARTS_MISSING in notes(read_checkpoint(index))


def test_tensors_alone_ask_for_their_configuration(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(files.safetensors(files.SHAPES))
    assert problem(path).problem is ConfigProblem.CONFIG_MISSING
    (tmp_path / "config.json").write_text("{")
    assert problem(path).problem is ConfigProblem.NO_MODEL


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x05\x00",
        (2**40).to_bytes(8, "little") + b"{}",
        (100).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"[]",
        (3).to_bytes(8, "little") + b"{a}",
        (9).to_bytes(8, "little") + b'{"a": {}}',
        (8).to_bytes(8, "little") + b'{"a": 1}',
        files.safetensors({"a": (8,)}, "BF17"),
        files.safetensors({"a": (8,)}, "BF16", 3),
        files.safetensors({"a": (-8, -1)}),
        files.safetensors({"a": (1,) * 17}),
    ],
)
def test_a_broken_header_is_told(tmp_path, data):
    folder = files.folder_with_safetensors(tmp_path / "m")
    (folder / "model.safetensors").write_bytes(data)
    assert problem(folder / "model.safetensors").problem is ConfigProblem.BAD_FILE


# -- GGUF


def test_a_gguf_file_says_it_all(tmp_path):
    path = tmp_path / "small.gguf"
    path.write_bytes(files.gguf(files.GGUF_KEYS, files.GGUF_TENSORS))
    model = read_checkpoint(path)
    arch = model.architecture
    assert (arch.name, model.weights, arch.vocab_size, arch.tie_word_embeddings) == ("Small Llama", Format.Q8_0, 320, False)
    assert parameter_count(arch) == files.PARAMETERS
    assert set(notes(model)) == {Note.TENSORS_COUNTED}
    by_rules = file_bytes(replace(arch, file_format=None), Format.Q8_0)
    assert arch.file_bytes == by_rules


def test_prediction_heads_of_a_gguf_file_are_its_last_layers_and_counted_apart(tmp_path):
    """llama.cpp counts them in ``block_count``."""
    path = tmp_path / "small.gguf"
    keys = files.GGUF_KEYS | {"llama.nextn_predict_layers": 1, "llama.block_count": 3}
    beyond = {name.replace("blk.1.", "blk.2."): tensor for name, tensor in files.GGUF_TENSORS.items() if name.startswith("blk.1.")}
    joined = {"blk.2.nextn.eh_proj.weight": ((128, 64), files.Q8_0)}
    path.write_bytes(files.gguf(keys, files.GGUF_TENSORS | beyond | joined))
    model = read_checkpoint(path)
    assert (model.architecture.num_hidden_layers, model.architecture.num_nextn_predict_layers) == (2, 1)
    path.write_bytes(files.gguf(files.GGUF_KEYS, files.GGUF_TENSORS))
    without = read_checkpoint(path).architecture
    assert model.architecture.file_bytes == without.file_bytes
    assert without.num_nextn_predict_layers == 0
    assert set(notes(model)) == {Note.TENSORS_COUNTED, Note.PREDICTION_HEADS}
    for odd in (2, 9, "two"):
        path.write_bytes(files.gguf(files.GGUF_KEYS | {"llama.nextn_predict_layers": odd}, files.GGUF_TENSORS))
        assert read_checkpoint(path).architecture == without


def test_it_is_served_by_llama_cpp_with_the_bytes_of_its_tensors(tmp_path):
    """Other types than the rules foresee: the attention in 4 bits."""
    path = tmp_path / "small.gguf"
    plain = {**files.GGUF_KEYS, "llama.embedding_length": 256, "llama.feed_forward_length": 512}
    wide = {name: (tuple(4 * side if side != 320 else side for side in shape), kind) for name, (shape, kind) in files.GGUF_TENSORS.items()}
    mixed = {name: (shape, files.Q4_K if ".attn_" in name and len(shape) == 2 else kind) for name, (shape, kind) in wide.items()}
    before = Scenario(architecture=architecture_from_parameter_count(10**9), task=Task.TRAINING)
    found = {}
    for name, tensors in {"plain": wide, "mixed": mixed}.items():
        path.write_bytes(files.gguf(plain, tensors))
        opened = open_path(path, before)
        assert (opened.scenario.task, opened.scenario.runtime, opened.scenario.weights) == (Task.INFERENCE, Runtime.LLAMA_CPP, Format.Q8_0)
        found[name] = estimate(opened.scenario).peak.stack.weights, opened.scenario.architecture.file_bytes
    saved = 2 * (2 * 256 * 256 + 2 * 256 * 128) * (34 / 32 - 144 / 256)
    assert found["plain"][1] - found["mixed"][1] == saved
    assert found["plain"][0] - found["mixed"][0] == pytest.approx(saved, rel=0.35)  # the embeddings, with the host, share the difference


def test_tied_embeddings_sizes_by_layer_and_experts(tmp_path):
    path = tmp_path / "a.gguf"
    tied = {name: tensor for name, tensor in files.GGUF_TENSORS.items() if name != "output.weight"}
    path.write_bytes(files.gguf({**files.GGUF_KEYS, "llama.attention.head_count_kv": [2, 2]}, tied, version=2))
    arch = read_checkpoint(path).architecture
    assert (arch.tie_word_embeddings, arch.num_key_value_heads) == (True, 2)
    path.write_bytes(files.gguf({**files.GGUF_KEYS, "llama.expert_count": 8, "llama.expert_used_count": 2}, tied))
    model = read_checkpoint(path)
    assert (model.architecture.num_experts, model.architecture.num_experts_per_tok) == (8, 2)
    assert Note.TENSORS_DIFFER in notes(model)


def test_a_deepseek_is_read_by_its_latents(tmp_path):
    keys = {
        "general.architecture": "deepseek2",
        "general.file_type": 15,
        **{f"deepseek2.{key.removeprefix('llama.')}": size for key, size in files.GGUF_KEYS.items() if key.startswith("llama.")},
        "deepseek2.attention.head_count_kv": 1,
        "deepseek2.attention.kv_lora_rank": 32,
        "deepseek2.attention.key_length": 40,
        "deepseek2.attention.key_length_mla": 24,
        "deepseek2.attention.value_length_mla": 16,
        "deepseek2.rope.dimension_count": 8,
        "deepseek2.expert_count": 4,
        "deepseek2.expert_used_count": 2,
        "deepseek2.expert_feed_forward_length": 16,
        "deepseek2.expert_shared_count": 1,
        "deepseek2.leading_dense_block_count": 1,
    }
    path = tmp_path / "a.gguf"
    path.write_bytes(files.gguf(keys, {"token_embd.weight": ((64, 320), files.Q8_0)}))
    arch = read_checkpoint(path).architecture
    assert (arch.qk_nope_head_dim, arch.qk_rope_head_dim, arch.v_head_dim, arch.kv_lora_rank, arch.q_lora_rank) == (16, 8, 16, 32, 0)
    del keys["deepseek2.rope.dimension_count"]
    path.write_bytes(files.gguf(keys, {"token_embd.weight": ((64, 320), files.Q8_0)}))
    assert problem(path).problem is ConfigProblem.BAD_FILE


def test_a_model_in_several_files(tmp_path):
    names = list(files.GGUF_TENSORS)
    first, second = (tmp_path / f"big-0000{number}-of-00002.gguf" for number in (1, 2))
    split = {**files.GGUF_KEYS, "split.count": 2}
    first.write_bytes(files.gguf(split, {name: files.GGUF_TENSORS[name] for name in names[:5]}))
    assert Note.PARTS_MISSING in notes(read_checkpoint(first))
    second.write_bytes(files.gguf({"split.count": 2}, {name: files.GGUF_TENSORS[name] for name in names[5:]}))
    assert set(notes(read_checkpoint(first))) == {Note.TENSORS_COUNTED}
    assert file_in_folder(tmp_path) == first


def test_a_mix_without_a_name_is_to_be_picked(tmp_path):
    path = tmp_path / "a.gguf"
    path.write_bytes(files.gguf({**files.GGUF_KEYS, "general.file_type": 999}, files.GGUF_TENSORS))
    model = read_checkpoint(path)
    assert model.weights is None
    assert Note.QUANTIZATION_UNKNOWN in notes(model)


GOOD = files.gguf(files.GGUF_KEYS, files.GGUF_TENSORS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GGUF",
        b"GGML" + GOOD[4:],
        GOOD[:4] + b"\x01" + GOOD[5:],
        GOOD[:8] + (MAX_TENSORS + 1).to_bytes(8, "little") + GOOD[16:],
        GOOD[:200],
        files.gguf({"general.architecture": "llama"}, {"a": ((64,), 250)}),
        files.gguf({"general.architecture": "llama"}, {"a": ((63,), files.Q8_0)}),
        files.gguf({"general.architecture": "llama"}, {"a": ((2**40, 2**40), files.F32)}),
        files.gguf({"general.architecture": "llama"}, {"a": ((1,) * 5, files.F32)}),
        files.gguf({}, {}),
    ],
)
def test_a_broken_gguf_is_told(tmp_path, data):
    path = tmp_path / "a.gguf"
    path.write_bytes(data)
    assert problem(path).problem is ConfigProblem.BAD_FILE


def test_a_family_that_is_not_known_is_named(tmp_path):
    path = tmp_path / "a.gguf"
    path.write_bytes(files.gguf({**files.GGUF_KEYS, "general.architecture": "rwkv7"}, files.GGUF_TENSORS))
    assert (problem(path).problem, problem(path).detail) == (ConfigProblem.FAMILY_UNKNOWN, "rwkv7")


# -- folders, and files from strangers


def test_a_folder_is_opened_by_what_tells_most(tmp_path):
    before = Scenario(architecture=architecture_from_parameter_count(10**9))
    folder = files.folder_with_safetensors(tmp_path / "模型 one")
    assert open_path(folder, before).scenario.architecture.file_bytes == 2 * files.PARAMETERS
    (folder / "model.safetensors").unlink()
    assert open_path(folder, before).scenario.architecture.file_bytes == 0
    (folder / "config.json").unlink()
    (folder / "mmproj-a.gguf").write_bytes(GOOD)
    (folder / "a.gguf").write_bytes(GOOD)
    assert open_path(folder, before).scenario.architecture.name == "Small Llama"


def mutations(data: bytes):
    place = st.integers(0, len(data) - 1)
    return st.tuples(st.lists(st.tuples(place, st.integers(0, 255)), max_size=8), st.integers(0, len(data)))


def mutated(data: bytes, changes: list[tuple[int, int]], end: int) -> bytes:
    found = bytearray(data)
    for place, byte in changes:
        found[place] = byte
    return bytes(found[: end or None])


@given(mutations(GOOD))
@settings(max_examples=300, deadline=None)
def test_a_mutated_gguf_is_read_or_refused(tmp_path_factory, change):
    path = tmp_path_factory.mktemp("fuzz") / "a.gguf"
    path.write_bytes(mutated(GOOD, *change))
    with contextlib.suppress(ConfigError):  # nothing else may come
        read_checkpoint(path)
    path.unlink()


HEADER = files.safetensors(files.SHAPES)


@given(mutations(HEADER))
@settings(max_examples=300, deadline=None)
def test_mutated_safetensors_are_read_or_refused(tmp_path_factory, change):
    folder = files.folder_with_safetensors(tmp_path_factory.mktemp("fuzz") / "m")
    (folder / "model.safetensors").write_bytes(mutated(HEADER, *change))
    with contextlib.suppress(ConfigError):
        read_checkpoint(folder / "model.safetensors")


@pytest.mark.parametrize("unit", [b"[]", b"{}", b"1", b'"abc"', b"12345.5", b"[[[]]]"])
def test_a_header_blown_up_stays_within_200_mb(tmp_path, unit):
    path = tmp_path / "a.safetensors"
    count = min((MAX_HEADER_BYTES - 8) // (len(unit) + 1), MAX_VALUES // (1 + unit.count(b"[") + unit.count(b"{")) - 10)
    body = b'{"a":[' + b",".join([unit] * count) + b"]}"
    path.write_bytes(len(body).to_bytes(8, "little") + body)
    tracemalloc.start()
    try:
        with pytest.raises(TensorFileError):
            read_tensors(path)
        assert tracemalloc.get_traced_memory()[1] < 200 * 10**6
    finally:
        tracemalloc.stop()


def test_too_many_values_and_too_deep_ones_are_refused():
    with pytest.raises(ValueError, match="too many"):
        parse_bounded(b"[" + b"1," * MAX_VALUES + b"1]")
    with pytest.raises(ValueError, match="deep"):
        parse_bounded(b"[" * 100_000)


def test_long_lists_and_texts_are_stepped_over(tmp_path):
    path = tmp_path / "a.gguf"
    keys = {**files.GGUF_KEYS, "tokenizer.chat_template": "x" * 100_000, "tokenizer.ggml.scores": list(range(5000))}
    path.write_bytes(files.gguf(keys, files.GGUF_TENSORS))
    found = read_gguf(path)
    assert found.keys["tokenizer.chat_template"] == ""
    assert found.keys["tokenizer.ggml.scores"] is None
    assert len(found.tensors) == len(files.GGUF_TENSORS)
