"""Files of GGUF against the sizes that llama.cpp's own table states (tools/quantize/README.md, Llama-3.1-8B, bits a weight)."""

from dataclasses import asdict
from pathlib import Path

import pytest

from core.catalogue import load_models
from core.memory import Architecture, Format
from core.memory.edge import validated
from core.memory.formats import FILE_TYPES, MIXES
from core.memory.gguf import embedding_bytes, file_bytes, head_bytes, layers_bytes

PARAMETERS = 8_030_261_248
MODELS = {model.short_name: model.architecture for model in load_models(Path(__file__).parents[3] / "resources" / "models.json")}
README = {
    "iq1_s": 2.0042,
    "iq1_m": 2.1460,
    "iq2_xxs": 2.3824,
    "iq2_xs": 2.5882,
    "iq2_s": 2.7403,
    "iq2_m": 2.9294,
    "iq3_xxs": 3.2548,
    "iq3_xs": 3.4977,
    "iq3_s": 3.6606,
    "iq3_m": 3.7628,
    "iq4_xs": 4.4597,
    "iq4_nl": 4.6818,
    "q2_k_s": 2.9697,
    "q2_k": 3.1593,
    "q3_k_s": 3.6429,
    "q3_k_m": 3.9960,
    "q3_k_l": 4.2979,
    "q4_k_s": 4.6672,
    "q4_k_m": 4.8944,
    "q5_k_s": 5.5704,
    "q5_k_m": 5.7036,
    "q6_k": 6.5633,
    "q8_0": 8.5008,
    "fp16": 16.0005,
}
#: GB of the files of Llama-3.1-Nemotron-51B that the Hub lists in bartowski/Llama-3_1-Nemotron-51B-Instruct-GGUF and in its sisters.
NEMOTRON = {
    "q2_k": 19.4,
    "q3_k_s": 22.7,
    "q3_k_m": 25.2,
    "q3_k_l": 27.3,
    "iq4_xs": 27.7,
    "q4_k_s": 29.5,
    "q4_k_m": 31.0,
    "q5_k_s": 35.6,
    "q5_k_m": 36.5,
    "q6_k": 42.3,
    "q8_0": 54.8,
}


@pytest.mark.parametrize(("name", "bits"), README.items())
def test_the_quantizers_own_table(name, bits):
    size = file_bytes(MODELS["Llama-3.1-8B"], Format(name))
    assert 8 * size / PARAMETERS == pytest.approx(bits, rel=1e-4)


@pytest.mark.parametrize(("name", "gb"), NEMOTRON.items())
def test_files_of_layers_that_differ(name, gb):
    assert file_bytes(MODELS["Llama-3_1-Nemotron-51B-Instruct"], Format(name)) / 1e9 == pytest.approx(gb, rel=0.011)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_every_model_in_every_type_lies_between_its_types(model):
    """No mix is smaller than 1.5 bits a weight or larger than the floats."""
    arch = MODELS[model]
    sizes = {fmt: file_bytes(arch, fmt) for fmt in FILE_TYPES}
    assert min(sizes.values()) > 0
    # Where rows are no whole number of blocks, or experts are left as they are, little or nothing tells some types apart.
    ladder = [Format.Q2_K, Format.Q4_K_S, Format.Q4_K_M, Format.Q5_K_M, Format.Q6_K, Format.Q8_0]
    assert [sizes[fmt] for fmt in ladder] == sorted(sizes[fmt] for fmt in ladder)
    assert sizes[Format.Q2_K] < sizes[Format.Q8_0]
    assert sizes[Format.Q3_K_S] <= sizes[Format.Q3_K_M] <= sizes[Format.Q3_K_L]
    assert sizes[Format.Q8_0] < sizes[Format.FP16] == sizes[Format.BF16] < sizes[Format.FP32]


def test_tied_embeddings_are_one_matrix_stored_as_an_output():
    tied = MODELS["Qwen2.5-0.5B"]
    assert tied.tie_word_embeddings
    assert embedding_bytes(tied, Format.Q4_K_M) == 0
    assert file_bytes(tied, Format.Q4_K_M) == layers_bytes(tied, Format.Q4_K_M) + head_bytes(tied, Format.Q4_K_M)


def test_rows_that_are_no_whole_blocks_take_a_type_of_shorter_ones(llama_7b):
    odd = validated(Architecture, **asdict(llama_7b) | {"intermediate_size": 11_008 + 32})
    assert file_bytes(odd, Format.Q4_K_M) - file_bytes(llama_7b, Format.Q4_K_M) > 32 * 11_008 * 4096 // 16


def test_mixes_have_the_bits_of_what_most_of_them_is():
    assert all(mix.value.startswith(base.value[:3]) for mix, base in MIXES.items())


@pytest.mark.parametrize(
    ("name", "file", "published"),
    [  # ggml-org's own files on Hugging Face; each has its vocabulary beside the tensors
        ("gemma-4-E2B", Format.Q8_0, 4_967_494_592),
        ("gemma-4-26B-A4B", Format.Q8_0, 26_860_000_000),
        ("gemma-4-26B-A4B", Format.Q4_K_M, 16_796_000_000),
        ("gemma-3n-E2B", Format.Q8_0, 4_788_112_064),
    ],
)
def test_files_of_gemma(name, file, published):
    vocabulary = 6_000_000 if "3n" in name else 15_820_000  # tokens, scores, kinds; Gemma 4's has merges, too
    assert file_bytes(MODELS[name], file) + vocabulary == pytest.approx(published, rel=4e-4)


def test_what_each_token_puts_into_each_layer_is_in_the_file_once():
    arch = MODELS["gemma-4-E2B"]
    table = 262144 * 35 * 256
    assert embedding_bytes(arch, Format.Q8_0) == table * 34 // 32
    assert embedding_bytes(arch, Format.BF16) == 2 * table
    assert embedding_bytes(MODELS["gemma-4-31B"], Format.Q8_0) == 0


def test_matrices_that_the_quantizer_leaves():
    arch = MODELS["gemma-3n-E2B"]
    wide, half = (file_bytes(arch, fmt) for fmt in (Format.FP32, Format.FP16))
    assert wide > half
    whole, but_one = (layers_bytes(arch, Format.Q8_0, first) for first in (0, 1))
    assert whole - but_one > 2 * 2048 * 30 * 256  # the first layer's, with what makes the inputs of all
