"""The order of things: which decision's red lies on which picture."""

import numpy as np
import pytest

from sim.view import hud, session
from sim.view.overlay import RED
from sim.view.pacing import RateKeeper
from sim.view.session import Moment, Session, run


@pytest.fixture
def drive(source, pilot) -> Session:
    return Session(source, pilot, "fake")


def grey(picture: np.ndarray) -> int:
    """The view's grey where no red is."""
    view = picture[: hud.VIEW_SIZE[0], hud.MARGIN : -hud.MARGIN]
    columns = view[hud.VIEW_SIZE[0] // 2].reshape(8, -1, 3)[:, 20]
    return int(next(column[0] for column in columns if column[0] == column[1]))


def red_cell(picture: np.ndarray) -> int:
    """Which of the eight columns is red."""
    view = picture[: hud.VIEW_SIZE[0], hud.MARGIN : -hud.MARGIN]
    columns = view[hud.VIEW_SIZE[0] // 2].reshape(8, -1, 3)[:, 20].astype(int)
    (cell,) = np.flatnonzero(columns[:, 0] - columns[:, 1] > 0.5 * (RED[0] - RED[1]))
    return int(cell)


def shown(drive: Session, count: int) -> list[tuple[int, int]]:
    seen = []
    for _ in range(count):
        picture = drive.picture()
        seen.append((grey(picture), red_cell(picture)))
        drive.advance()
    return seen


def test_each_decision_is_shown_exactly_then_carried_to_the_next(drive: Session) -> None:
    assert shown(drive, 7) == [(0, 0), (3, 0), (7, 0), (10, 1), (13, 1), (17, 1), (20, 2)]


def test_actions_are_applied_once_each_in_order(drive: Session, source) -> None:
    shown(drive, 9)
    assert source.applied == pytest.approx([0.0, 0.01, 0.02])


@pytest.mark.parametrize("before", [0, 1, 2, 3, 4, 5])
def test_paused_pictures_show_the_exact_pair(drive: Session, before: int) -> None:
    shown(drive, before)
    drive.pause()
    shown(drive, 3)  # the pause holds from the next exact pair on
    still = shown(drive, 4)
    assert len(set(still)) == 1
    assert still[0][0] == 10 * still[0][1]
    drive.pause()
    assert shown(drive, 4)[-1] == (still[0][0] + 10, still[0][1] + 1)


def test_a_step_goes_to_the_next_exact_pair_and_stays(drive: Session) -> None:
    drive.step()
    assert shown(drive, 6)[3:] == [(10, 1)] * 3
    assert drive.paused
    drive.step()
    assert shown(drive, 6)[3:] == [(20, 2)] * 3


def test_the_red_can_be_switched_off(drive: Session) -> None:
    drive.toggle_overlay()
    view = drive.picture()[: hud.VIEW_SIZE[0], hud.MARGIN : -hud.MARGIN]
    assert np.all(view == 0)
    drive.toggle_overlay()
    assert red_cell(drive.picture()) == 0


def test_an_end_is_shown_and_the_next_track_begins(drive: Session, source, pilot) -> None:
    source.length = 2
    shown(drive, 6)
    assert drive.figures().notice == "route done"
    assert set(shown(drive, session.NOTICE_PICTURES)) == {(20, 2)}  # at rest at the last exact pair
    assert drive.figures().notice == ""
    assert source.track == 1
    assert pilot.episodes == 2
    assert shown(drive, 1) == [(0, 0)]


def test_a_step_does_not_wait_for_the_notice(drive: Session, source) -> None:
    source.length = 1
    shown(drive, 3)
    drive.step()
    shown(drive, 1)
    assert (source.track, drive.notice) == (1, "")


def test_next_track_and_theme_begin_at_an_exact_pair(drive: Session, source, pilot) -> None:
    shown(drive, 4)
    drive.actions["next theme"]()
    assert shown(drive, 1) == [(20, 2)]
    assert dict(drive.figures().labels) == {"theme": "1", "seed": "0"}
    drive.actions["next track"]()
    assert shown(drive, 1) == [(0, 0)]
    assert dict(drive.figures().labels) == {"theme": "1", "seed": "1"}


def test_a_theme_does_not_interrupt_the_policys_memory(drive: Session, pilot) -> None:
    drive.actions["next theme"]()
    assert pilot.episodes == 1
    drive.actions["next track"]()
    assert pilot.episodes == 2


def test_observers_get_the_exact_pairs_that_were_applied(source, pilot) -> None:
    moments: list[Moment] = []
    drive = Session(source, pilot, "fake", [moments.append])
    run(drive, [], pictures=6)
    assert [moment.step for moment in moments] == [0, 1]
    for moment in moments:
        number = moment.observation["frame"][0, 0, 0, 0]
        assert moment.decision.action[0, 0] == pytest.approx(number / 100)
        assert moment.status.pose == (number, 0.0, 0.0)


def test_figures(drive: Session) -> None:
    shown(drive, 3)
    drive.recording = True
    figures = drive.figures()
    assert (figures.speed, figures.map_kind, figures.policy, figures.cause) == (1.0, "selection", "fake", "curve")
    assert figures.passed == pytest.approx(1 / 8)
    assert (figures.recording, figures.paused) == (True, False)


def test_run_shows_so_many_pictures_to_every_output(drive: Session) -> None:
    first, second = [], []
    run(drive, [first.append, second.append], pictures=5)
    assert len(first) == len(second) == 5
    assert all(a is b for a, b in zip(first, second, strict=True))


def test_run_ends_when_asked(drive: Session) -> None:
    asked = iter([[], ["pause"], ["overlay", "no such thing"], ["quit"]])
    pictures: list[np.ndarray] = []
    run(drive, [pictures.append], asked=lambda: next(asked))
    assert len(pictures) == 3
    assert drive.paused
    assert not drive.overlay


def test_a_late_loop_may_leave_out_pictures_between_decisions(drive: Session, source) -> None:
    now = [0.0]
    keeper = RateKeeper(60, clock=lambda: now[0], sleep=lambda _: None)
    seen = []

    def slow(picture: np.ndarray) -> None:
        now[0] += 0.04
        seen.append(grey(picture))

    run(drive, [slow], pictures=9, keeper=keeper, may_skip=True)
    assert len(source.applied) == 3  # the world kept its pace
    assert len(seen) < 9
    assert {0, 10, 20} <= set(seen)  # exact pairs are never left out
