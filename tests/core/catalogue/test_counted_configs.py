"""Every type of model that is read, against the parameters that transformers 5.24 makes of the same configuration.

``packaging/count_configs.py`` counted them.
"""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalogue.config_keys import ConfigError, ConfigProblem
from core.catalogue.hf_config import FAMILIES, Note, read_config
from core.memory import parameter_count

ROWS = [json.loads(line) for line in Path(__file__).with_name("counted_configs.jsonl").read_text(encoding="utf-8").splitlines()]


def read_or_refuse(row):
    """None where it is refused with the name of what is not modelled, which is never what a class has by itself."""
    try:
        return read_config(row["config"])
    except ConfigError as error:
        if error.problem is ConfigProblem.NOT_MODELLED and row["changed"] is not None:
            return None
        raise


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['config']['model_type']}-{row['changed'] or 'usual'}")
def test_the_count_is_that_of_the_code_or_it_is_said_what_is_not_modelled(row):
    model = read_or_refuse(row)
    if model is None:
        return
    counted = parameter_count(model.architecture) + model.architecture.vision_parameters
    if any(note is Note.NOT_MODELLED for note, _ in model.notes):
        assert counted == pytest.approx(row["parameters"], rel=0.005)
    else:
        assert counted == row["parameters"]
    assert not any(note is Note.UNKNOWN_KEYS for note, _ in model.notes)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([-1, 0, 10**6, 10**12, 10**30, float("nan"), float("inf")]),
    st.text(max_size=5),
    st.lists(st.one_of(st.none(), st.integers(0, 9), st.sampled_from(["full_attention", "conv", "moe"])), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
)


@given(st.sampled_from(ROWS), st.lists(st.tuples(st.integers(0, 200), st.booleans(), VALUES), min_size=1, max_size=4))
def test_whatever_any_type_holds_it_is_a_model_or_a_complaint_and_soon(row, changes):
    config = copy.deepcopy(row["config"])
    for place, within, value in changes:
        part = config["text_config"] if within and isinstance(config.get("text_config"), dict) else config
        if part:
            part[sorted(part)[place % len(part)]] = value
    try:
        model = read_config(config)
    except ConfigError:
        return
    assert parameter_count(model.architecture) > 0


def test_nearly_every_type_was_counted():
    counted = {row["config"]["model_type"] for row in ROWS}
    read_by_other_code = {"kimi_k2", "mimo", "openelm", "deci", "nemotron-nas", "hunyuan"}  # they came with code of their own
    within = {kind for kind in FAMILIES if kind.removesuffix("_text") in counted}  # counted with what sees around it
    assert FAMILIES.keys() <= counted | within | read_by_other_code
