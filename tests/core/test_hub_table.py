"""The Hub calculator's table, against what it has posted."""

from pathlib import Path

import pytest

from core.catalogue.models import find_model, load_models
from core.cli import main
from core.hub_table import hub_table

GIB = 2**30


@pytest.fixture(scope="module")
def models():
    return load_models(Path(__file__).resolve().parents[2] / "resources" / "models.json")


def test_what_the_hub_posted_for_gemma_2b_to_the_byte(models):
    """huggingface.co/google/gemma-2b/discussions/55"""
    rows = {row.dtype: row for row in hub_table(find_model(models, "gemma-2b").architecture)}
    assert rows["float32"].total_bytes == 10_024_689_664
    assert rows["float32"].training_with_adam_bytes == 40_098_758_656
    assert rows["float16/bfloat16"].training_with_adam_bytes == 20_049_379_328
    assert rows["float32"].largest_layer_bytes / GIB == pytest.approx(1.95, abs=0.005)
    assert rows["int4"].largest_layer_bytes == 250 * 2**20
    assert rows["int4"].total_bytes / GIB == pytest.approx(1.17, abs=0.005)
    assert rows["int8"].training_with_adam_bytes is None


def test_a_layer_is_the_largest_where_the_vocabulary_is_small(models):
    """1.6 GB for Llama-2-70B: huggingface.co/TheBloke/Llama-2-70B-Chat-GPTQ/discussions/45"""
    rows = hub_table(find_model(models, "Llama-2-70b-hf").architecture)
    assert rows[1].largest_layer_bytes / GIB == pytest.approx(1.6, abs=0.01)


def test_experts_count_with_their_layer(models):
    rows = hub_table(find_model(models, "Mixtral-8x7B-v0.1").architecture)
    assert rows[0].largest_layer_bytes / 4 == pytest.approx(1.45e9, rel=0.01)


def test_what_sees_is_loaded_too(models):
    arch = find_model(models, "gemma-3-4b-pt").architecture
    assert hub_table(arch)[2].total_bytes == 4_300_079_472


def test_the_command_line_prints_it(capsys):
    assert main(["estimate", "--model", "gemma-2b", "--hub-table"]) == 0
    out = capsys.readouterr().out
    assert "float16/bfloat16" in out
    assert "18.67" in out
