"""The rate keeper against a clock that the test turns."""

import pytest

from sim.view.pacing import RateKeeper


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
