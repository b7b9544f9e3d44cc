"""Shapes that many tests stand on, the command line as a function, and how hypothesis searches.

`HYPOTHESIS_SEARCH=3000 pytest tests/core` looks for new counterexamples, as many examples a property; the default repeats the same
hundred, so that a red run stays red.
"""

import json
import os
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import settings

from core.cli import main
from core.memory import Architecture, Scenario
from core.memory.edge import to_json, validated

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
    return replace(llama_7b, **shape | {"name": "meta-llama/Llama-2-13b-hf", "nominal_parameters": 13 * 10**9})


@pytest.fixture(scope="session")
def llama_70b(llama_7b: Architecture) -> Architecture:
    """meta-llama/Llama-2-70b-hf, config.json."""
    shape = {"hidden_size": 8192, "intermediate_size": 28672, "num_hidden_layers": 80, "num_attention_heads": 64, "num_key_value_heads": 8}
    return replace(llama_7b, **shape | {"name": "meta-llama/Llama-2-70b-hf", "nominal_parameters": 70 * 10**9})


@pytest.fixture
def ask(capsys) -> Callable[..., dict]:
    """The JSON answer to a command that succeeds, silently otherwise."""

    def of(*options: str) -> dict:
        code = main(["estimate", *options, "--json"])
        output = capsys.readouterr()
        assert (code, output.err) == (0, "")
        return json.loads(output.out)

    return of


@pytest.fixture
def tell(capsys) -> Callable[..., str]:
    """The answer for people, with its blanks run together."""

    def of(*options: str) -> str:
        code = main(["estimate", *options])
        output = capsys.readouterr()
        assert (code, output.err) == (0, "")
        return " ".join(output.out.split())

    return of


@pytest.fixture
def complaint(capsys) -> Callable[..., str]:
    """The one line on stderr of a command that makes no sense."""

    def of(*arguments: str, code: int = 2) -> str:
        assert main(list(arguments)) == code
        output = capsys.readouterr()
        assert output.out == ""
        assert output.err.startswith("fitting-room: ")
        assert output.err.endswith("\n")
        assert len(output.err.splitlines()) == 1
        return output.err.removeprefix("fitting-room: ").rstrip("\n")

    return of


@pytest.fixture
def saved(tmp_path, llama_7b) -> Callable[..., str]:
    """The path of a scenario file with these choices."""

    def of(**choices) -> str:
        path = tmp_path / "scenario.json"
        path.write_text(to_json(validated(Scenario, architecture=llama_7b, **choices)).decode(), encoding="utf-8")
        return str(path)

    return of
