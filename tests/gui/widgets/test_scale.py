from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.widgets.scale import LogScale

PARAMETERS = LogScale(10**7, 10**13, ticks_per_octave=24, stops=(10**9, 7 * 10**9, 13 * 10**9, 70 * 10**9))
BATCH = LogScale(1, 4096, ticks_per_octave=12, stops=[2**power for power in range(13)])
CONTEXT = LogScale(128, 10_000_000, ticks_per_octave=24, stops=[2**power for power in range(7, 24)])


@st.composite
def scales(draw: st.DrawFn) -> tuple[LogScale, set[int]]:
    low = draw(st.integers(1, 10**8))
    high = draw(st.integers(low + 1, low * 10**6))
    stops = draw(st.sets(st.integers(low, high), max_size=12))
    return LogScale(low, high, ticks_per_octave=draw(st.integers(1, 48)), stops=stops), stops


@given(scales())
def test_values_and_positions_increase_strictly_from_end_to_end(drawn: tuple[LogScale, set[int]]) -> None:
    scale, _ = drawn
    assert (scale.values[0], scale.values[-1]) == (scale.low, scale.high)
    assert all(first < second for first, second in pairwise(scale.values))
    assert (scale.positions[0], scale.positions[-1]) == (0.0, 1.0)
    assert all(first < second for first, second in pairwise(scale.positions))


@given(scales())
def test_a_tick_becomes_a_value_and_the_same_tick_again(drawn: tuple[LogScale, set[int]]) -> None:
    scale, stops = drawn
    for tick in range(scale.last_tick + 1):
        assert scale.to_tick(scale.to_value(tick)) == tick
    assert [scale.to_value(tick) for tick in scale.stop_ticks] == sorted(stops)


@given(st.sampled_from([PARAMETERS, BATCH, CONTEXT]), st.data())
def test_any_value_goes_to_the_nearest_tick(scale: LogScale, data: st.DataObject) -> None:
    value = data.draw(st.integers(scale.low, scale.high))
    tick = scale.to_tick(value)
    distance = max(value, scale.to_value(tick)) / min(value, scale.to_value(tick))
    for neighbour in (tick - 1, tick + 1):
        other = scale.to_value(neighbour)
        assert distance <= max(value, other) / min(value, other) * (1 + 1e-12)


@given(st.sampled_from([PARAMETERS, BATCH, CONTEXT]), st.integers(-(10**14), 10**14))
def test_the_tick_at_most_is_the_last_that_fits(scale: LogScale, value: int) -> None:
    fitting = [tick for tick, at_tick in enumerate(scale.values) if at_tick <= value]
    assert scale.tick_at_most(value) == (fitting[-1] if fitting else -1)


def test_every_small_whole_number_has_a_tick() -> None:
    assert BATCH.values[:17] == tuple(range(1, 18))


def test_few_ticks_keep_their_logarithmic_place() -> None:
    for power in range(13):
        assert BATCH.positions[BATCH.to_tick(2**power)] == pytest.approx(power / 12)
    assert pytest.approx(1 / 12) == BATCH.octave


def test_values_between_stops_are_short_numbers() -> None:
    assert all(len(str(value).rstrip("0")) <= 3 for value in PARAMETERS.values)


def test_an_octave_has_about_the_ticks_asked_for() -> None:
    octaves = [PARAMETERS.to_tick(2 * value) - PARAMETERS.to_tick(value) for value in (10**8, 10**9, 10**12)]
    assert all(23 <= ticks <= 25 for ticks in octaves)


def test_values_off_the_scale_count_as_its_ends() -> None:
    assert (CONTEXT.to_tick(0), CONTEXT.to_tick(10**9)) == (0, CONTEXT.last_tick)
    assert (CONTEXT.to_value(-3), CONTEXT.to_value(10**6)) == (128, 10_000_000)


@pytest.mark.parametrize(
    ("low", "high", "ticks", "stops"),
    [(0, 10, 4, ()), (10, 10, 4, ()), (10, 5, 4, ()), (1, 10, 0, ()), (1, 10, 4, (11,)), (2, 10, 4, (1,))],
)
def test_an_impossible_scale_is_refused(low: int, high: int, ticks: int, stops: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no logarithmic scale"):
        LogScale(low, high, ticks_per_octave=ticks, stops=stops)
