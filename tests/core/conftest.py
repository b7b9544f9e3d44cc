"""Shapes that many tests stand on, and how hypothesis searches.

`HYPOTHESIS_SEARCH=3000 pytest tests/core` looks for new counterexamples, as many examples a property; the default repeats the same
hundred, so that a red run stays red.
"""

import os

import pytest
from hypothesis import settings

from core.memory import Architecture

settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.register_profile("search", max_examples=int(os.environ.get("HYPOTHESIS_SEARCH", "100")), deadline=None)
settings.load_profile("search" if "HYPOTHESIS_SEARCH" in os.environ else "fixed")


@pytest.fixture(scope="session")
def llama_7b() -> Architecture:
    """meta-llama/Llama-2-7b-hf, config.json."""
    return Architecture(
        name="meta-llama/Llama-2-7b-hf",
        nominal_parameters=7 * 10**9,
        hidden_size=4096,
        intermediate_size=11008,
        num_hidden_layers=32,
        num_attention_heads=32,
        num_key_value_heads=32,
        head_dim=128,
        vocab_size=32000,
        max_position_embeddings=4096,
    )


@pytest.fixture(scope="session")
def llama_13b(llama_7b: Architecture) -> Architecture:
    """meta-llama/Llama-2-13b-hf, config.json."""
    shape = {"hidden_size": 5120, "intermediate_size": 13824, "num_hidden_layers": 40, "num_attention_heads": 40, "num_key_value_heads": 40}
    return Architecture(**llama_7b.model_dump() | shape | {"name": "meta-llama/Llama-2-13b-hf", "nominal_parameters": 13 * 10**9})


@pytest.fixture(scope="session")
def llama_70b(llama_7b: Architecture) -> Architecture:
    """meta-llama/Llama-2-70b-hf, config.json."""
    shape = {"hidden_size": 8192, "intermediate_size": 28672, "num_hidden_layers": 80, "num_attention_heads": 64, "num_key_value_heads": 8}
    return Architecture(**llama_7b.model_dump() | shape | {"name": "meta-llama/Llama-2-70b-hf", "nominal_parameters": 70 * 10**9})
