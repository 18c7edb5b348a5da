"""The rate keeper and the stopwatch against a clock that the test turns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.view.pacing import RECENT, RateKeeper, Stopwatch


class Clock:
    def __init__(self) -> None:
        self.now, self.slept = 100.0, []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_sleeps_what_is_left_of_the_round(clock: Clock) -> None:
    keeper = RateKeeper(10, clock=clock, sleep=clock.sleep)
    clock.now += 0.03
    assert keeper.wait() == 0
    clock.now += 0.06
    keeper.wait()
    assert clock.slept == pytest.approx([0.07, 0.04])


def test_makes_up_for_a_late_round(clock: Clock) -> None:
    keeper = RateKeeper(10, clock=clock, sleep=clock.sleep)
    clock.now += 0.15
    assert keeper.wait() == pytest.approx(0.05)
    assert not keeper.late
    clock.now += 0.02
    assert keeper.wait() == 0
    assert clock.now == pytest.approx(100.2)  # on the schedule again


def test_a_stall_is_given_up(clock: Clock) -> None:
    keeper = RateKeeper(10, clock=clock, sleep=clock.sleep, patience=0.25)
    clock.now += 5.0
    assert keeper.wait() == pytest.approx(4.9)
    assert keeper.late
    assert keeper.wait() == 0
    assert clock.slept == pytest.approx([0.1])  # a whole round, no rush


def test_lateness_is_reported_while_it_lasts(clock: Clock) -> None:
    keeper = RateKeeper(10, clock=clock, sleep=clock.sleep)
    lateness = []
    for _ in range(3):
        clock.now += 0.17
        lateness.append(keeper.wait())
    assert lateness == pytest.approx([0.07, 0.14, 0.21])
    assert keeper.late
    assert keeper.share_late == pytest.approx(2 / 3)  # the first was less than a period late


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_impossible_rates_are_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        RateKeeper(rate)


def timed(clock: Clock, intervals) -> Stopwatch:
    """A stopwatch that saw a first picture and one more after each of these intervals, in seconds."""
    watch = Stopwatch(clock)
    watch.tick()
    for interval in intervals:
        clock.now += interval
        watch.tick()
    return watch


def test_before_the_second_picture_there_is_no_rate(clock: Clock) -> None:
    for watch in (Stopwatch(clock), timed(clock, [])):
        assert (watch.pictures, watch.mean_rate, watch.quantile(0.99), watch.recent_rate) == (0, 0.0, 0.0, 0.0)


def test_the_mean_rate_is_pictures_over_time(clock: Clock) -> None:
    watch = timed(clock, [0.01, 0.02, 0.03, 0.04])
    assert watch.pictures == 4
    assert watch.mean_rate == pytest.approx(40.0)


def test_a_pause_before_the_first_picture_does_not_count(clock: Clock) -> None:
    watch = Stopwatch(clock)
    clock.now += 60
    watch.tick()
    assert watch.recent_rate == 0.0
    for _ in range(30):
        clock.now += 0.02
        watch.tick()
    assert watch.mean_rate == pytest.approx(50.0)
    assert watch.recent_rate == pytest.approx(50.0)


def test_quantiles_by_hand(clock: Clock) -> None:
    watch = timed(clock, [0.0105] * 98 + [0.0305, 0.1005])
    for share, seconds in ((0.5, 0.0105), (0.98, 0.0105), (0.99, 0.0305), (1.0, 0.1005)):
        assert watch.quantile(share) == pytest.approx(seconds, abs=1.01 * Stopwatch.BIN)


@given(st.lists(st.floats(0.0005, 0.49), min_size=1, max_size=40), st.sampled_from([0.01, 0.5, 0.9, 0.99, 1.0]))
def test_that_share_of_the_intervals_did_not_exceed_the_quantile(intervals, share: float) -> None:
    quantile = timed(Clock(), intervals).quantile(share)
    within = np.mean(np.array(intervals) <= quantile + 1e-9)
    assert within >= share - 1e-9
    assert np.mean(np.array(intervals) < quantile - 2 * Stopwatch.BIN) < share


def test_a_long_stall_counts_in_full_for_the_rate_and_as_long_for_the_quantile(clock: Clock) -> None:
    watch = timed(clock, [0.1, 9.9])
    assert watch.mean_rate == pytest.approx(0.2)
    assert watch.quantile(1.0) >= Stopwatch.LONGEST


def test_the_rate_on_show_is_that_of_the_last_moments(clock: Clock) -> None:
    watch = timed(clock, [0.02] * 50)
    assert watch.recent_rate == pytest.approx(50)
    for _ in range(40):
        clock.now += 0.05
        watch.tick()
    assert watch.recent_rate == pytest.approx(20)


def test_the_rate_on_show_stays_readable(clock: Clock) -> None:
    """It changes a few times a second, not with every picture."""
    watch, shown = Stopwatch(clock), []
    for index in range(300):
        clock.now += (0.01, 0.03)[index % 2]
        watch.tick()
        shown.append(watch.recent_rate)
    changes = np.count_nonzero(np.diff(shown))
    assert changes <= 300 * 0.02 / RECENT + 1
