"""A scenario file comes from anywhere: whatever is in it, reading ends in a scenario or in one clear line."""

import base64
import json
import os
import zlib
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.memory import Scenario
from core.memory.edge import to_json
from core.scenario_file import (
    Comparison,
    ScenarioFileError,
    comparison_text,
    is_share_text,
    read_comparison,
    read_scenario,
    scenario_of_share_text,
    share_text,
)
from core.small_file import MAX_FILE_BYTES


@pytest.fixture
def scenario(llama_7b) -> Scenario:
    return Scenario(architecture=llama_7b, name="显存", batch_size=3, gpu="RTX 4090")


@pytest.fixture
def complaint(tmp_path):
    """What is said about a file with this content, without its path."""

    def of(content: bytes | str | dict) -> str:
        path = tmp_path / "shared.json"
        data = json.dumps(content) if isinstance(content, dict) else content
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        with pytest.raises(ScenarioFileError) as caught:
            read_scenario(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: ")
        return message.removeprefix(f"{path}: ")

    return of


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_what_was_saved_is_read(tmp_path, scenario, mark):
    path = tmp_path / "saved.json"
    path.write_bytes(mark + to_json(scenario, indent=2))
    assert read_scenario(path) == scenario


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(ScenarioFileError, match=r"missing\.json: cannot be read: No such file"):
        read_scenario(tmp_path / "missing.json")
    with pytest.raises(ScenarioFileError, match="not a regular file"):
        read_scenario(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path):
    path = tmp_path / "pipe.json"
    os.mkfifo(path)
    with pytest.raises(ScenarioFileError, match=r"pipe\.json: not a regular file"):
        read_scenario(path)


def test_a_path_that_cannot_be(tmp_path):
    with pytest.raises(ScenarioFileError, match="cannot be read: embedded null"):
        read_scenario(tmp_path / "a\0b")


@pytest.mark.parametrize("content", ["", "{", "not json", b"\xff\xfe\x00", '{"batch_size": 1,}', "[" * 100_000, '{"a":' * 100_000])
def test_broken_json_and_endless_nesting(complaint, content):
    assert complaint(content).startswith("Invalid JSON: ")


@pytest.mark.parametrize("content", ["[]", "null", "7", '"text"'])
def test_json_that_is_no_object(complaint, content):
    assert "object" in complaint(content)


def test_no_more_than_a_megabyte_is_read(complaint):
    assert complaint(b" " * (MAX_FILE_BYTES + 1)) == "larger than 1 MiB"


def test_a_newer_version_is_named_even_when_its_fields_are_unknown(complaint, scenario):
    newer = json.loads(to_json(scenario)) | {"version": 2, "devices": 8}
    assert complaint(newer) == "made by a newer version of Fitting Room (scenario version 2; this one reads version 1)"


@pytest.mark.parametrize("version", [0, "1.0", None, [2]])
def test_a_version_that_never_was(complaint, scenario, version):
    assert complaint(json.loads(to_json(scenario)) | {"version": version}).startswith("version: ")


def test_an_unknown_field_is_named(complaint, scenario):
    assert complaint(json.loads(to_json(scenario)) | {"devices": 8}) == "unknown field 'devices'"
    architecture = asdict(scenario.architecture) | {"experts": 8}
    assert complaint(json.loads(to_json(scenario)) | {"architecture": architecture}) == "unknown field 'architecture.experts'"


@pytest.mark.parametrize(
    ("field", "value"),
    [("batch_size", 0), ("batch_size", 10**400), ("context_length", 1.5), ("weights", "int3"), ("architecture", {}), ("name", "x" * 300)],
)
def test_a_value_out_of_range_is_named(complaint, scenario, field, value):
    assert complaint(json.loads(to_json(scenario)) | {field: value}).startswith(field)


def test_a_number_of_too_many_digits(complaint, scenario):
    content = to_json(scenario).decode().replace('"batch_size":3', f'"batch_size":{"9" * 100_000}')
    assert "\n" not in complaint(content)


@given(content=st.binary(max_size=200))
def test_any_bytes(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(content)
    with pytest.raises(ScenarioFileError):
        read_scenario(path)


class TestComparison:
    def test_what_is_pinned_is_read_again(self, tmp_path, scenario):
        whole = Comparison(current=scenario, pinned=(scenario.evolve(batch_size=1), scenario))
        path = tmp_path / "c.json"
        path.write_bytes(comparison_text(whole))
        assert read_comparison(path) == whole
        assert read_scenario(path) == scenario

    def test_a_scenario_alone_is_written_as_one(self, scenario):
        assert comparison_text(Comparison(current=scenario)) == to_json(scenario, indent=2)

    def test_more_than_nine_are_refused(self, complaint, scenario):
        assert "pinned" in complaint(comparison_text(Comparison(current=scenario, pinned=(scenario,) * 10)))

    def test_a_newer_version_within_it_is_named(self, complaint, scenario):
        data = json.loads(comparison_text(Comparison(current=scenario, pinned=(scenario,))))
        data["pinned"][0]["version"] = 2
        assert "newer version" in complaint(data)


class TestShareText:
    def test_comes_back_the_same_however_it_was_wrapped(self, scenario):
        text = share_text(scenario)
        assert is_share_text(f"  {text}")
        wrapped = "\n".join(text[place : place + 40] for place in range(0, len(text), 40))
        assert scenario_of_share_text(wrapped, "x") == scenario
        assert len(text) < 500

    @pytest.mark.parametrize("cut", [10, 40, -1, -8])
    def test_a_part_of_it_is_an_error_in_one_line(self, scenario, cut):
        with pytest.raises(ScenarioFileError):
            scenario_of_share_text(share_text(scenario)[:cut], "x")

    def test_a_bomb_is_not_unpacked(self):
        bomb = base64.urlsafe_b64encode(zlib.compress(b" " * 50_000_000)).decode()
        with pytest.raises(ScenarioFileError):
            scenario_of_share_text(f"fitroom1:{bomb}", "x")

    @given(st.text())
    def test_any_text_is_a_scenario_or_an_error(self, text):
        with pytest.raises(ScenarioFileError):
            scenario_of_share_text("fitroom1:" + text, "x")
