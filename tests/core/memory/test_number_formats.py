"""Every number format in use, as published: bits a value, bytes of a cached one, sizes of files."""

import json
from pathlib import Path

import pytest

from core.catalogue import load_models
from core.memory import Format
from core.memory.formats import CACHE_FORMATS, FILE_TYPES, MIXES, OF_IK_LLAMA, matrix_bytes
from core.memory.gguf import file_bytes
from core.memory.units import GIB

PUBLISHED = json.loads((Path(__file__).parent / "number_formats.json").read_text(encoding="utf-8"))
MODELS = {model.short_name: model.architecture for model in load_models(Path(__file__).parents[3] / "resources" / "models.json")}
#: Files that llama.cpp's quantizer does not make so: Ollama left attn_v of all 64 layers 16-bit; the fork narrows attn_q of 8B models.
OTHERWISE = {"ollama issue 14774": 0.03, "ik_llama.cpp issue 103": 0.01, "ik issue 539": 0.004}
SIDE = 1 << 14


@pytest.mark.parametrize(("name", "bits"), PUBLISHED["bits"].items())
def test_bits_a_value(name, bits):
    assert 8 * matrix_bytes(Format(name), SIDE, SIDE) / SIDE**2 == pytest.approx(bits, rel=3e-4)


@pytest.mark.parametrize(("name", "size"), PUBLISHED["cache_bytes"].items())
def test_bytes_of_a_cached_value(name, size):
    assert Format(name) in CACHE_FORMATS
    assert matrix_bytes(Format(name), 1, SIDE) / SIDE == pytest.approx(size, rel=3e-4)


@pytest.mark.parametrize("file", PUBLISHED["files"], ids=lambda file: f"{file['model']} {file['format']}")
def test_sizes_of_files(file):
    size = file_bytes(MODELS[file["model"]], Format(file["format"])) / GIB
    assert size == pytest.approx(file["gib"], rel=OTHERWISE.get(file["source"], 0.003))


def test_no_type_of_files_is_without_a_figure():
    told = {Format(name) for name in PUBLISHED["bits"]} | {Format(file["format"]) for file in PUBLISHED["files"]}
    assert FILE_TYPES - told - OF_IK_LLAMA - MIXES.keys() == set()


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("iq2_ks", 2.1875),
        ("iq2_k", 2.375),
        ("iq3_k", 3.4375),
        ("iq4_kss", 4.0),
        ("iq4_ks", 4.25),
        ("iq4_k", 4.5),
        ("iq5_ks", 5.25),
        ("iq5_k", 5.5),
        ("iq6_k", 6.625),
    ],
)
def test_bits_of_ik_llama_types(name, bits):
    """As its files name them (llama_model_ftype_name), beside a scale for each row."""
    fmt = Format(name)
    scale = {Format.IQ2_KS: 2, Format.IQ4_KSS: 4, Format.IQ4_KS: 4, Format.IQ5_KS: 4}.get(fmt, 0)
    assert matrix_bytes(fmt, SIDE, SIDE) == SIDE * (SIDE * bits / 8 + scale)


def test_ik_llama_gives_some_matrices_more_bits():
    dense, experts = MODELS["Llama-3.1-8B"], MODELS["Qwen3-30B-A3B"]
    for fmt in OF_IK_LLAMA:
        floor = matrix_bytes(fmt, 1, 1 << 20) / (1 << 20)
        for arch in (dense, experts):
            assert floor < file_bytes(arch, fmt) / arch.nominal_parameters < 1.5 * floor + 0.1
    sizes = [
        file_bytes(dense, fmt)
        for fmt in (Format.IQ2_KS, Format.IQ2_K, Format.IQ3_K, Format.IQ4_KS, Format.IQ4_K, Format.IQ5_K, Format.IQ6_K)
    ]
    assert sizes == sorted(sizes)
