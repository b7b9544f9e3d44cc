import pytest
from PySide6.QtCore import QLocale

from gui.quantities import ByteUnit, Numbers

GIB, GB = ByteUnit.GIB.divisor, ByteUnit.GB.divisor
ENGLISH, CHINESE, GERMAN = QLocale("en"), QLocale("zh_CN"), QLocale("de_DE")


def plain(text: str) -> str:
    """With ordinary spaces, to be read here."""
    return text.replace("\u00a0", " ")


@pytest.fixture
def gib() -> Numbers:
    return Numbers(ByteUnit.GIB, ENGLISH)


@pytest.fixture
def gb() -> Numbers:
    return Numbers(ByteUnit.GB, ENGLISH)


@pytest.mark.parametrize(
    ("value_bytes", "text"),
    [
        (0, "0 GiB"),
        (1, "<0.01 GiB"),
        (5 * GIB // 1000, "<0.01 GiB"),
        (6 * GIB // 1000, "0.01 GiB"),
        (GIB // 2, "0.50 GiB"),
        (GIB, "1.0 GiB"),
        (round(15.34 * GIB), "15.3 GiB"),
        (142 * GIB + GIB // 3, "142 GiB"),
        (1420 * GIB, "1,420 GiB"),
        (9999 * GIB, "9,999 GiB"),
        (10_240 * GIB, "10.0 TiB"),
        (2**60, "1,024 PiB"),
        (20 * 2**60, "20.0 EiB"),
        (5 * 10**23, "424 ZiB"),
        (10**30, "847,032,947 ZiB"),
    ],
)
def test_bytes_in_gib(gib: Numbers, value_bytes: int, text: str) -> None:
    assert plain(gib.bytes(value_bytes)) == text


@pytest.mark.parametrize(
    ("value_bytes", "text"),
    [
        (0, "0 GB"),
        (1, "<0.01 GB"),
        (GIB, "1.1 GB"),
        (142 * GB, "142 GB"),
        (10_000 * GB, "10.0 TB"),
        (10**18, "1,000 PB"),
        (10**19, "10.0 EB"),
        (10**30, "1,000,000,000 ZB"),
    ],
)
def test_bytes_in_gb(gb: Numbers, value_bytes: int, text: str) -> None:
    assert plain(gb.bytes(value_bytes)) == text


@pytest.mark.parametrize("unit", ByteUnit)
def test_number_and_unit_never_part_and_can_be_set_apart(unit: ByteUnit) -> None:
    numbers = Numbers(unit, ENGLISH)
    figure = numbers.figure(5 * unit.divisor)
    assert (figure.number, figure.unit) == ("5.0", unit.value)
    assert numbers.bytes(5 * unit.divisor) == f"5.0\u00a0{unit.value}"  # no break between them


@pytest.mark.parametrize(
    ("value_bytes", "signed", "text"),
    [
        (-5 * GIB // 2, False, "−2.5 GiB"),
        (-5 * GIB // 2, True, "−2.5 GiB"),
        (5 * GIB // 2, True, "+2.5 GiB"),
        (0, True, "0 GiB"),
        (1, True, "+<0.01 GiB"),
        (-1, False, "−<0.01 GiB"),
        (-20_480 * GIB, False, "−20.0 TiB"),
    ],
)
def test_signs_are_typographic(gib: Numbers, value_bytes: int, signed: bool, text: str) -> None:
    assert plain(gib.bytes(value_bytes, signed=signed)) == text


@pytest.mark.parametrize(("gibibytes", "text"), [(24, "24"), (47.4, "47.4"), (141.5, "142"), (288, "288"), (0.5, "0.5")])
def test_card_sizes_read_as_on_the_box(gib: Numbers, gibibytes: float, text: str) -> None:
    assert gib.capacity(round(gibibytes * GIB)) == text


def test_card_sizes_in_gb(gb: Numbers) -> None:
    assert gb.capacity(24 * GIB) == "25.8"
    assert gb.capacity(80 * GB) == "80"


@pytest.mark.parametrize(
    ("amount", "step", "text"),
    [(0.0, 10.0, "0"), (20.0, 10.0, "20"), (2.5, 0.5, "2.5"), (0.1 + 0.2, 0.1, "0.3"), (0.25, 0.05, "0.25"), (2000.0, 500.0, "2,000")],
)
def test_ticks_have_the_decimals_that_tell_them_apart(gib: Numbers, amount: float, step: float, text: str) -> None:
    assert gib.axis(amount, step) == text


@pytest.mark.parametrize(
    ("gibibytes", "unit"), [(0.1, "GiB"), (9_999, "GiB"), (10_000, "TiB"), (10_000 * 1024, "PiB"), (1e30, "ZiB"), (-10_000, "TiB")]
)
def test_five_digits_are_told_in_a_larger_unit(gib: Numbers, gibibytes: float, unit: str) -> None:
    assert gib.unit_for(gibibytes * GIB)[0] == unit


@pytest.mark.parametrize("value", [0, 7, 4096, 10_000_000, 2**62, 2**63 - 1, 2**63, 10**30, -(2**70)])
def test_counts_are_exact_however_large(gib: Numbers, value: int) -> None:
    assert gib.count(value).replace("−", "-") == f"{value:,}"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.0, "0%"), (0.349, "35%"), (1.0, "100%"), (-0.452, "−45%"), (-0.004, "0%"), (9.99, "999%"), (10.0, ">999%"), (-1e12, "−>999%")],
)
def test_shares_are_whole_and_capped(gib: Numbers, fraction: float, text: str) -> None:
    assert gib.share(fraction) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10_000_000, "10 M"),
        (494_032_768, "494 M"),
        (6_738_415_616, "6.738 B"),
        (70 * 10**9, "70 B"),
        (1_500_000_000_000, "1.5 T"),
        (10**13, "10 T"),
        (950_000, "950,000"),
    ],
)
def test_parameter_counts(gib: Numbers, value: int, text: str) -> None:
    assert plain(gib.parameters(value)) == text


@pytest.mark.parametrize(("value", "text"), [(2.0, "2"), (16.0, "16"), (4.156, "4.16"), (0.5, "0.5"), (12.004, "12")])
def test_ratios(gib: Numbers, value: float, text: str) -> None:
    assert gib.ratio(value) == text


def test_chinese_writes_the_same_figures() -> None:
    chinese = Numbers(ByteUnit.GIB, CHINESE)
    assert plain(chinese.bytes(1420 * GIB)) == "1,420 GiB"
    assert plain(chinese.bytes(round(15.34 * GIB))) == "15.3 GiB"
    assert chinese.share(0.35) == "35%"
    assert chinese.count(4096) == "4,096"


def test_separators_are_those_of_the_locale() -> None:
    german = Numbers(ByteUnit.GIB, GERMAN)
    assert plain(german.bytes(1420 * GIB)) == "1.420 GiB"
    assert plain(german.bytes(round(15.34 * GIB))) == "15,3 GiB"
    assert plain(german.bytes(1)) == "<0,01 GiB"
    assert german.ratio(4.156) == "4,16"
