"""Fewer pixels while the machine is late, more where there is room, and no going to and fro."""

from itertools import pairwise

import pytest

from sim.view.governor import LONGEST_PATIENCE, PATIENCE, SHARES, WINDOW, Governor

PERIOD = 1 / 60


def go(governor: Governor, seconds: float, load: float, *, late: bool = False) -> list[float]:
    """So many seconds in which the drawing thread is busy for `load` of the time; returns the shares."""
    shares = []
    for _ in range(round(seconds / PERIOD)):
        governor.tell(PERIOD, load * PERIOD, late=late)
        shares.append(governor.share)
    return shares


def machine(governor: Governor, seconds: float, full_load: float) -> list[float]:
    """A machine that needs `full_load` of the time for all pixels: late while that is more than there is."""
    shares = []
    for _ in range(round(seconds / PERIOD)):
        load = full_load * governor.share**2
        governor.tell(PERIOD, min(load, 1.0) * PERIOD, late=load > 1.0)
        shares.append(governor.share)
    return shares


def late_machine() -> tuple[Governor, float]:
    """A governor that has just gone down, and its share."""
    governor = Governor()
    while governor.share == 1.0:
        go(governor, PERIOD, 1.0, late=True)
    return governor, governor.share


def test_on_time_everything_is_drawn() -> None:
    assert set(go(Governor(), 30, 0.9)) == {1.0}


def test_one_late_picture_changes_nothing() -> None:
    governor = Governor()
    go(governor, 1, 0.9)
    governor.tell(0.1, 0.1, late=True)
    assert set(go(governor, 5, 0.9)) == {1.0}


def test_a_late_machine_draws_fewer_pixels_within_a_second() -> None:
    governor = Governor()
    go(governor, 2 * WINDOW, 1.0, late=True)
    assert governor.share < 1.0


def test_lateness_that_fewer_pixels_would_not_mend_changes_nothing() -> None:
    assert set(go(Governor(), 10, 0.3, late=True)) == {1.0}


def test_where_deciding_is_what_is_slow_pixels_are_kept() -> None:
    """The thread decides for 0.8 of its time and draws for 0.2: it stays late whatever is drawn."""
    governor = Governor()
    for _ in range(round(10 / PERIOD)):
        governor.tell(PERIOD, 0.2 * PERIOD, 0.8 * PERIOD, late=True)
    assert governor.share == 1.0


def test_it_goes_no_further_down_than_gains_anything() -> None:
    """Deciding takes 0.6, drawing 0.6 at full size: late throughout, and still not as coarse as can be."""
    governor = Governor()
    for _ in range(round(30 / PERIOD)):
        governor.tell(PERIOD, min(0.4, 0.6 * governor.share**2) * PERIOD, 0.6 * PERIOD, late=True)
    assert 0.5 <= governor.share < 1.0


def test_it_never_goes_below_the_coarsest() -> None:
    governor = Governor()
    go(governor, 30, 1.0, late=True)
    assert governor.share == SHARES[-1]


def test_it_comes_back_up_one_step_at_a_time_when_there_is_room() -> None:
    governor = Governor()
    go(governor, 30, 1.0, late=True)
    shares = go(governor, 2 * len(SHARES) * PATIENCE, 0.2)
    assert shares[-1] == 1.0
    assert list(dict.fromkeys(shares)) == list(reversed(SHARES))


def test_it_stays_where_a_step_up_would_be_too_much() -> None:
    governor, held = late_machine()
    assert set(go(governor, 60, 0.79)) == {held}


@pytest.mark.parametrize("full_load", [1.1, 1.5, 2.0, 4.0])
def test_it_settles_at_what_the_machine_can_do(full_load: float) -> None:
    shares = machine(Governor(), 60, full_load)
    settled = shares[len(shares) // 2 :]
    assert len(set(settled)) == 1
    assert full_load * settled[0] ** 2 <= 1.0


def test_steps_up_that_fail_are_tried_ever_less_often() -> None:
    """A load that only seems to leave room: every step up is late at once."""
    governor, low = late_machine()
    ups = []
    for moment in range(round(300 / PERIOD)):
        before = governor.share
        governor.tell(PERIOD, (0.95 if before > low else 0.5) * PERIOD, late=before > low)
        if governor.share > before:
            ups.append(moment * PERIOD)
    gaps = [later - earlier for earlier, later in pairwise(ups)]
    assert len(ups) < 12
    assert gaps[0] < 3 * PATIENCE
    assert gaps[-1] >= LONGEST_PATIENCE
