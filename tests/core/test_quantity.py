import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.quantity import MAX_LENGTH, Kind, Problem, QuantityError, format_quantity, parse_quantity

LOW, HIGH = 1, 10**16


def problem(text: str, kind: Kind = Kind.PARAMETERS, low: int = LOW, high: int = HIGH) -> Problem:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text, kind, low, high)
    assert (caught.value.low, caught.value.high) == (low, high)
    return caught.value.problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7b", 7 * 10**9),
        ("70B", 70 * 10**9),
        ("1.5T", 1_500_000_000_000),
        ("135m", 135_000_000),
        ("7e9", 7 * 10**9),
        ("6.74E+9", 6_740_000_000),
        ("70亿", 7 * 10**9),
        ("70 亿", 7 * 10**9),
        ("70億", 7 * 10**9),
        ("３百万", 3_000_000),
        ("1.2十亿", 1_200_000_000),
        ("5千万", 50_000_000),
        ("1.5万亿", 1_500_000_000_000),
        ("７０亿", 7 * 10**9),
        ("７Ｂ", 7 * 10**9),
        ("１．５Ｔ", 1_500_000_000_000),
        ("6738415616", 6_738_415_616),
        ("6,738,415,616", 6_738_415_616),
        ("  7 b  ", 7 * 10**9),
        ("\u30007b\u00a0", 7 * 10**9),
        (".5k", 500),
        ("+7", 7),
        ("0.0000070e15", 7 * 10**9),
        ("70e-1", 7),
    ],
)
def test_parameters(text, value):
    assert parse_quantity(text, Kind.PARAMETERS, LOW, HIGH) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("8k", 8192),
        ("32K", 32_768),
        ("1M", 1_048_576),
        ("1.5k", 1536),
        ("8Ｋ", 8192),
        ("4096", 4096),
        ("21,504", 21_504),
        ("21 504", 21_504),
        ("21_504", 21_504),
        ("21，504", 21_504),
        ("21\u202f504", 21_504),
        ("12.8万", 128_000),
        ("1e6", 1_000_000),
    ],
)
def test_tokens_count_by_1024(text, value):
    assert parse_quantity(text, Kind.TOKENS, LOW, HIGH) == value


def test_other_counts_count_by_1000():
    assert parse_quantity("4k", Kind.COUNT, LOW, HIGH) == 4000


@pytest.mark.parametrize("text", ["", "   ", "\t\n", "\u3000"])
def test_nothing_typed(text):
    assert problem(text) is Problem.EMPTY


@pytest.mark.parametrize(
    "text",
    [
        *("nan", "inf", "-inf", "seven", "万", "b", "k8"),
        *("7.", ".", "1.2.3", "1e", "0x10", "7%", "7b!", "7e9e9", "7\x00"),
        *("1 2", "1__0", "_1", "1_", "٣", "①", "½"),
    ],
)
def test_no_number(text):
    assert problem(text) in (Problem.NOT_A_NUMBER, Problem.UNKNOWN_SUFFIX)


@pytest.mark.parametrize("text", ["1,5", "1,5b", "12,34", "1234,567", "1,234 567", "1,234,5"])
def test_a_separator_that_groups_no_thousands_is_refused_rather_than_guessed(text):
    assert problem(text) is Problem.NOT_A_NUMBER


def test_a_power_is_not_read_as_a_digit():
    assert problem("10²") is Problem.NOT_A_NUMBER


@pytest.mark.parametrize(("text", "suffix"), [("7x", "x"), ("7 kb", "kb"), ("7兆", "兆"), ("7e", "e")])
def test_an_unknown_suffix_is_named(text, suffix):
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text, Kind.PARAMETERS, LOW, HIGH)
    assert (caught.value.problem, caught.value.suffix) == (Problem.UNKNOWN_SUFFIX, suffix)


def test_billions_of_tokens_are_not_a_unit():
    assert problem("1b", Kind.TOKENS) is Problem.UNKNOWN_SUFFIX


@pytest.mark.parametrize("text", ["0.5", "1.2345", "1.5", "7e-1", "1e-999999999", "-0.5", "0.0001k"])
def test_parts_of_a_whole(text):
    assert problem(text) is Problem.NOT_WHOLE


@pytest.mark.parametrize("text", ["0", "0e999999", "-1", "-7b", "−1", "-1e999999999", "9"])
def test_too_small(text):
    assert problem(text, low=10) is Problem.TOO_SMALL


def test_no_range_admits_a_negative_number():
    assert problem("-1", low=-10) is Problem.TOO_SMALL


@pytest.mark.parametrize("text", ["101", "1k", "1e999999999", "9" * MAX_LENGTH, "1万"])
def test_too_large(text):
    assert problem(text, high=100) is Problem.TOO_LARGE


def test_the_ends_of_the_range_are_in_it():
    assert parse_quantity("10", Kind.COUNT, 10, 20) == 10
    assert parse_quantity("20", Kind.COUNT, 10, 20) == 20


def test_length_is_bounded_before_anything_is_computed():
    assert problem("1" * (MAX_LENGTH + 1)) is Problem.TOO_LONG
    assert problem("1" * 10**6) is Problem.TOO_LONG
    assert problem("1e" + "9" * (MAX_LENGTH - 2)) is Problem.TOO_LARGE


@given(st.text(max_size=80) | st.from_regex(r"[-+0-9.,_ eEkKmMbBtT十百千万亿]{1,70}", fullmatch=True), st.sampled_from(Kind))
def test_any_text_is_a_value_in_range_or_a_problem(text, kind):
    with contextlib.suppress(QuantityError):
        value = parse_quantity(text, kind, 10, 10**13)
        assert type(value) is int
        assert 10 <= value <= 10**13


quantities = st.integers(0, 10**15) | st.builds(lambda mantissa, zeros: mantissa * 10**zeros, st.integers(1, 99_999), st.integers(0, 12))


@given(quantities | quantities.map(lambda value: value * 1024), st.sampled_from(Kind))
def test_what_is_shown_can_be_typed_back(value, kind):
    assert parse_quantity(format_quantity(value, kind), kind, 0, 10**21) == value


@given(quantities, st.sampled_from(Kind))
def test_what_is_shown_is_never_longer_than_all_digits(value, kind):
    assert len(format_quantity(value, kind)) <= len(str(value))


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (7 * 10**9, Kind.PARAMETERS, "7B"),
        (1_500_000_000_000, Kind.PARAMETERS, "1.5T"),
        (135_000_000, Kind.PARAMETERS, "135M"),
        (6_738_000_000, Kind.PARAMETERS, "6.738B"),
        (6_738_415_616, Kind.PARAMETERS, "6738415616"),
        (10**13, Kind.PARAMETERS, "10T"),
        (50_000, Kind.PARAMETERS, "50k"),
        (1235, Kind.PARAMETERS, "1235"),
        (999, Kind.PARAMETERS, "999"),
        (0, Kind.PARAMETERS, "0"),
        (128, Kind.TOKENS, "128"),
        (4096, Kind.TOKENS, "4096"),
        (8192, Kind.TOKENS, "8k"),
        (8193, Kind.TOKENS, "8193"),
        (131_072, Kind.TOKENS, "128k"),
        (1_048_576, Kind.TOKENS, "1M"),
        (10_000_000, Kind.TOKENS, "10000000"),
        (4096, Kind.COUNT, "4096"),
        (1000, Kind.COUNT, "1000"),
    ],
)
def test_short_where_short_is_exact(value, kind, text):
    assert format_quantity(value, kind) == text
