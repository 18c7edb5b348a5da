"""The order of things: which decision's red lies on which picture, and who is at the wheel."""

from dataclasses import replace

import numpy as np
import pytest

from sim.cells import CellGrid
from sim.policy import Attention, Decision
from sim.view import actions as do
from sim.view.drive import Drive
from sim.view.ink import RED
from sim.view.moment import Culprit, Moment
from sim.view.playback import NOTICE_SECONDS, SPEEDS, Playback, shot
from sim.view.source import Shot
from tests.view.conftest import CountingSource, FollowingDriver

SIZE = (40, 160)


def grey(picture: np.ndarray) -> int:
    """The view's grey where no red is."""
    columns = picture[SIZE[0] // 2].reshape(8, -1, 3)[:, 8]
    return int(next(column[0] for column in columns if column[0] == column[1]))


def red_cell(picture: np.ndarray) -> int:
    """Which of the eight columns is red."""
    columns = picture[SIZE[0] // 2].reshape(8, -1, 3)[:, 8].astype(int)
    (cell,) = np.flatnonzero(columns[:, 0] - columns[:, 1] > 0.2 * (RED[0] - RED[1]))
    return int(cell)


def now(drive: Playback) -> Shot:
    return shot(drive.moment, drive.coming, drive.progress, SIZE, drive.settings)


def shown(drive: Playback, count: int, held=()) -> list[tuple[int, int]]:
    seen = []
    for _ in range(count):
        picture = drive.picture(SIZE)
        seen.append((grey(picture), red_cell(picture)))
        drive.advance(held)
    return seen


def test_each_decision_is_shown_exactly_then_carried_to_the_next(drive: Playback) -> None:
    assert shown(drive, 7) == [(0, 0), (3, 0), (7, 0), (10, 1), (13, 1), (17, 1), (20, 2)]


def test_actions_are_applied_once_each_in_order(drive: Playback, source) -> None:
    shown(drive, 9)
    assert source.applied == pytest.approx([0.0, 0.01, 0.02])
    assert drive.moment.state["decisions"] == 3


@pytest.mark.parametrize("before", [0, 1, 2, 3, 4, 5])
def test_paused_pictures_show_the_exact_pair(drive: Playback, before: int) -> None:
    shown(drive, before)
    drive.turn(do.PAUSE)
    shown(drive, 3)  # the pause holds from the next exact pair on
    still = shown(drive, 4)
    assert len(set(still)) == 1
    assert still[0][0] == 10 * still[0][1]
    drive.turn(do.PAUSE)
    assert shown(drive, 4)[-1] == (still[0][0] + 10, still[0][1] + 1)


def test_a_step_goes_to_the_next_exact_pair_and_stays(drive: Playback) -> None:
    drive.step()
    assert shown(drive, 6)[3:] == [(10, 1)] * 3
    assert drive.settings.paused
    drive.step()
    assert shown(drive, 6)[3:] == [(20, 2)] * 3


def test_slow_and_fast_shows_pass_the_same_pairs(drive: Playback) -> None:
    drive.turn(do.SLOWER)
    assert drive.settings.speed == 0.5
    assert shown(drive, 7) == [(0, 0), (2, 0), (3, 0), (5, 0), (7, 0), (8, 0), (10, 1)]
    for _ in range(9):
        drive.turn(do.FASTER)
    assert drive.settings.speed == SPEEDS[-1]
    shown(drive, 5)  # the step that has begun keeps its pace
    assert shown(drive, 3) == [(20, 2), (30, 3), (40, 4)]
    for _ in range(9):
        drive.turn(do.SLOWER)
    assert drive.settings.speed == SPEEDS[0]


def test_a_source_of_one_picture_a_step_goes_no_faster(source, driver) -> None:
    source.pictures_per_step = 1
    playback = Playback(Drive(source, {"fake": lambda: driver}, "fake"))
    playback.turn(do.FASTER)
    assert playback.settings.speed == 1.0
    assert shown(playback, 3) == [(0, 0), (10, 1), (20, 2)]
    playback.close()


def test_the_red_can_be_switched_off(drive: Playback) -> None:
    drive.turn(do.OVERLAY)
    assert np.all(drive.picture(SIZE) == 0)
    drive.turn(do.OVERLAY)
    assert red_cell(drive.picture(SIZE)) == 0


def test_views_go_round(drive: Playback) -> None:
    drive.turn(do.NEXT_VIEW)
    assert np.all(drive.picture(SIZE) == 255)
    assert red_cell(drive.picture(SIZE, "camera")) == 0
    drive.turn(do.NEXT_VIEW)
    assert drive.settings.view == "camera"


def test_an_end_is_shown_and_the_next_track_begins(drive: Playback, source, driver) -> None:
    source.length = 2
    shown(drive, 6)
    assert drive.ending == "route done"
    assert set(shown(drive, round(NOTICE_SECONDS * 60))) == {(20, 2)}  # at rest at the last exact pair
    assert drive.ending == ""
    assert source.track == 1
    assert driver.episodes == 2
    assert shown(drive, 1) == [(0, 0)]


def test_an_end_without_a_next_track_stays(drive: Playback, source) -> None:
    source.length = 1
    type(source).capabilities, kept = property(lambda _: {}), type(source).capabilities
    try:
        shown(drive, 200)
        assert drive.ending == "route done"
        assert source.applied == [0.0]
    finally:
        type(source).capabilities = kept


def test_a_step_does_not_wait_for_the_end(drive: Playback, source) -> None:
    source.length = 1
    shown(drive, 3)
    drive.step()
    shown(drive, 1)
    assert (source.track, drive.ending) == (1, "")


@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_next_track_and_theme_begin_at_an_exact_pair(drive: Playback, source, before: int) -> None:
    shown(drive, before)
    place = source.now
    drive.actions[do.NEXT_THEME]()
    assert shown(drive, 1) == [(10 * place, place)]
    assert dict(drive.moment.status.labels) == {"theme": "1", "seed": "0"}
    drive.actions[do.NEXT_TRACK]()
    assert shown(drive, 1) == [(0, 0)]
    assert dict(drive.moment.status.labels) == {"theme": "1", "seed": "1"}


def test_a_theme_does_not_interrupt_the_policys_memory(drive: Playback, driver) -> None:
    drive.actions[do.NEXT_THEME]()
    assert driver.episodes == 1
    drive.actions[do.NEXT_TRACK]()
    assert driver.episodes == 2


def test_policies_go_round_and_are_loaded_once(source, driver) -> None:
    loaded = []
    names = ("a", "b")
    playback = Playback(Drive(source, {name: lambda name=name: loaded.append(name) or driver for name in names}, "a"))
    assert loaded == ["a"]
    for expected in ("b", "a", "b"):
        playback.turn(do.NEXT_POLICY)
        assert playback.settings.policy == expected
    assert loaded == ["a", "b"]
    assert source.now == 0, "the drive goes on where it is"
    playback.close()


def test_the_wheel_is_taken_over_and_given_back_while_the_policy_looks_on(drive: Playback, source, driver) -> None:
    shown(drive, 6)
    drive.turn(do.WHEEL)
    assert shown(drive, 4, held=("left", "throttle"))[-1] == (30, 3), "the red is still the policy's"
    assert source.applied[2] > 0.02 + 0.9 * 0.05 - 1e-6, "one control step further to the left than where it was"
    drive.turn(do.WHEEL)
    shown(drive, 3)
    assert source.applied[-1] == pytest.approx(0.04 if len(source.applied) == 5 else 0.03)


def test_blinding_shows_at_once_and_goes_again(drive: Playback) -> None:
    shown(drive, 2)
    drive.turn(do.BLIND_READ)
    assert not drive.between_decisions
    assert drive.moment.hidden is not None
    assert np.flatnonzero(drive.moment.hidden).tolist() == [1]
    assert now(drive).overwritten is not None
    drive.turn(do.BLIND_UNREAD)
    assert np.flatnonzero(~drive.moment.hidden).tolist() == [1]
    drive.turn(do.BLIND_UNREAD)
    assert drive.moment.hidden is None


def test_observers_get_the_exact_pairs_that_were_applied(source, driver) -> None:
    moments: list[Moment] = []
    playback = Playback(Drive(source, {"fake": lambda: driver}, "fake"), [moments.append])
    shown(playback, 6)
    assert [moment.step for moment in moments] == [0, 1]
    for moment in moments:
        number = moment.observation["frame"][0, 0, 0, 0]
        assert moment.decision.action[0, 0] == pytest.approx(number / 100)
        assert moment.status.pose == (number, 0.0, 0.0)
    playback.close()


def test_observers_get_what_a_person_did(source, driver) -> None:
    moments: list[Moment] = []
    playback = Playback(Drive(source, {"fake": lambda: driver}, "fake"), [moments.append])
    playback.turn(do.WHEEL)
    shown(playback, 3, held=("right",))
    assert moments[0].action[0] < 0 == moments[0].decision.action[0, 0]
    assert source.applied == [pytest.approx(moments[0].action[0])]
    playback.close()


def test_trouble_in_the_policys_thread_comes_out(source, driver) -> None:
    playback = Playback(Drive(source, {"fake": lambda: driver}, "fake"))
    driver.decide = lambda *_: 1 / 0
    with pytest.raises(ZeroDivisionError):
        shown(playback, 4)
    playback.close()


# --- without the cause object

CULPRIT = Culprit(4, "pedestrian", 9.0, (12.0, -3.5))
"""Without it the counting source says 4 more, so that the driver steers by 0.04 more."""


def steers(drive: Playback) -> tuple[float, float]:
    with_it, without_it = drive.moment.comparison
    return with_it.decision.action[0, 0], without_it.decision.action[0, 0]


def test_with_and_without_are_decided_on_the_same_instant(drive: Playback, source) -> None:
    source.culprit = CULPRIT
    shown(drive, 6)
    drive.turn(do.WITHOUT)
    assert steers(drive) == pytest.approx((0.02, 0.06))
    assert drive.moment.action[0] == pytest.approx(0.02), "it goes on driving by the world as it is"
    shown(drive, 4)
    assert source.applied[2] == pytest.approx(0.02)
    assert steers(drive) == pytest.approx((0.03, 0.07))
    drive.turn(do.WITHOUT)
    assert drive.moment.comparison is None


def test_hidden_from_it_it_drives_by_the_world_without(drive: Playback, source) -> None:
    source.culprit = CULPRIT
    shown(drive, 3)
    drive.turn(do.UNSEEN)
    assert drive.moment.observation["frame"][0, 0, 0, 0] == 5
    assert drive.moment.comparison is None
    shown(drive, 3)
    assert source.applied[-1] == pytest.approx(0.05)
    drive.turn(do.WITHOUT)
    assert steers(drive) == pytest.approx((0.02, 0.06)), "each stands where it belongs, whichever is carried out"
    assert drive.moment.action[0] == pytest.approx(0.06)


def test_the_red_is_that_of_the_picture_on_show(drive: Playback, source) -> None:
    """Two steps on, the driver keeps cell 2 with the object there and cell 6 without it."""
    source.culprit = CULPRIT
    assert shown(drive, 4)[-1] == (10, 1)
    drive.turn(do.WITHOUT)
    assert red_cell(drive.picture(SIZE)) == 6
    drive.turn(do.UNSEEN)
    assert red_cell(drive.picture(SIZE)) == 6
    drive.turn(do.WITHOUT)
    assert red_cell(drive.picture(SIZE)) == 6, "hidden from it: the red of what it drives by"
    drive.turn(do.UNSEEN)
    assert red_cell(drive.picture(SIZE)) == 2


def test_where_there_is_no_cause_object_nothing_is_left_out(drive: Playback, source) -> None:
    drive.turn(do.WITHOUT)
    drive.turn(do.UNSEEN)
    shown(drive, 3)
    assert drive.moment.comparison is None
    assert source.applied == [0.0]
    source.culprit = CULPRIT
    shown(drive, 4)
    assert steers(drive) == pytest.approx((0.02, 0.06)), "from the first instant at which one does"


@pytest.mark.parametrize("switches", [(do.WITHOUT,), (do.UNSEEN,), (do.WITHOUT, do.UNSEEN), (do.BLIND_READ,)])
def test_imagining_disturbs_no_memory(drive: Playback, source, switches) -> None:
    """Whatever is imagined, and however often an instant is looked at, a control step is one step of the state."""
    source.culprit = CULPRIT
    for name in switches:
        drive.turn(name)
    assert drive.moment.state["decisions"] == 0
    shown(drive, 6)
    assert drive.moment.state["decisions"] == 2


def test_the_mark_is_on_until_it_is_switched_off(drive: Playback) -> None:
    assert (drive.settings.mark, drive.settings.without) == (True, False)
    drive.actions[do.MARK]()
    drive.actions[do.WITHOUT]()
    assert (drive.settings.mark, drive.settings.without) == (False, True)


def test_where_nothing_can_be_left_out_it_is_not_offered(drive: Playback) -> None:
    assert {do.MARK, do.WITHOUT, do.UNSEEN} <= set(drive.actions)
    kept = {name: value for name, value in vars(CountingSource).items() if name not in ("without", "__dict__")}
    playback = Playback(Drive(type("Opaque", (), kept)(), {"fake": FollowingDriver}, "fake"))
    assert not {do.MARK, do.WITHOUT, do.UNSEEN} & set(playback.actions)
    playback.close()


# --- heads of a soft map


class TwoHeads(FollowingDriver):
    """Its heads look at cells 2 and 5 of eight."""

    def decide(self, observation, instants, state):
        heads = np.zeros((1, 2, 1, 8), np.float32)
        heads[0, 0, 0, 2] = heads[0, 1, 0, 5] = 1.0
        attention = Attention(heads.mean(1), CellGrid.tiling(1, 8), "soft attention", heads=heads)
        return Decision(np.zeros((1, 2), np.float32), attention), state


def reds(playback: Playback) -> list[int]:
    middles = playback.picture(SIZE)[SIZE[0] // 2].reshape(8, -1, 3)[:, 8].astype(int)
    return np.flatnonzero(middles[:, 0] - middles[:, 1] > 30).tolist()


def test_heads_go_round_and_the_window_says_which(source) -> None:
    playback = Playback(Drive(source, {"heads": TwoHeads, "other": FollowingDriver}, "heads"))
    assert reds(playback) == [2, 5]
    for cell, number in ((2, 1), (5, 2)):
        playback.turn(do.NEXT_HEAD)
        assert reds(playback) == [cell]
        assert do.told(playback.settings, playback.moment) == [f"head {number} alone"]
    playback.turn(do.NEXT_POLICY)
    assert do.NEXT_HEAD not in playback.actions, "a selection's heads would be painted where nothing was read"
    assert do.told(playback.settings, playback.moment) == []
    assert red_cell(playback.picture(SIZE)) == 0
    playback.turn(do.NEXT_POLICY)
    playback.turn(do.NEXT_HEAD)
    assert reds(playback) == [2, 5]
    playback.close()


# --- pictures before they are due


def test_the_way_is_drawn_ahead_and_each_picture_once(drive: Playback, source, monkeypatch) -> None:
    """Two control steps shown, then a third: whatever is shown was drawn once, and the next ones are on order."""
    drawn: list[float] = []
    near = type(source).near
    monkeypatch.setattr(type(source), "near", lambda self, wanted: drawn.append(wanted.progress) or near(self, wanted))
    shown(drive, 6)
    drive._settle()
    assert sorted(drawn) == pytest.approx(sorted([1.0, 1 / 3, 2 / 3, 1.0, 1 / 3, 2 / 3, 1.0]))


def test_a_switch_on_the_way_shows_at_once(drive: Playback) -> None:
    """Pictures that were drawn with the red on are not shown once it is off."""
    shown(drive, 4)
    drive.turn(do.OVERLAY)
    picture = drive.picture(SIZE)
    assert (picture == picture[0, 0]).all()
    drive.turn(do.OVERLAY)
    assert shown(drive, 3) == [(13, 1), (17, 1), (20, 2)]


@pytest.mark.parametrize("name", ["view", "policy", "blinding"])
def test_names_that_there_are_not_are_refused(drive: Playback, name: str) -> None:
    before = drive.settings
    with pytest.raises(ValueError, match=f"unknown {name} 'no such'"):
        drive.set(**{name: "no such"})
    assert drive.settings is before


def test_a_spotlight_darkens_the_picture_says_what_is_dark_and_needs_no_red(drive) -> None:
    """The fake driver keeps one of eight cells side by side."""
    plain = (drive.set(red=False), drive.picture((80, 160)).copy())[1]
    assert do.told(replace(drive.settings, red=True), drive.moment) == []
    drive.turn(do.SPOTLIGHT)
    assert "dark: what it dropped" in do.told(drive.settings, drive.moment)
    drive.moment.observation["frame"][:] = 0
    spot = drive.picture((80, 160))
    assert np.array_equal(spot[:, :20], plain[:, :20])
    assert spot[:, 20:].mean() <= 0.2 * plain[:, 20:].mean()


def test_without_a_map_there_is_no_spotlight(drive, driver) -> None:
    driver.decide = lambda *_: (Decision(np.zeros((1, 2), np.float32)), None)
    drive.ask_source(do.NEXT_TRACK)
    assert do.SPOTLIGHT not in drive.actions
    assert "no map: nothing goes dark" in do.told(replace(drive.settings, spotlight=True), drive.moment)


def test_of_a_soft_map_a_spotlight_says_what_is_lit(drive, driver) -> None:
    attention = Attention(np.full((1, 1, 8), 1 / 8, np.float32), CellGrid.tiling(1, 8), "soft attention")
    driver.decide = lambda *_: (Decision(np.zeros((1, 2), np.float32), attention), None)
    drive.ask_source(do.NEXT_TRACK)
    drive.turn(do.SPOTLIGHT)
    assert "lit: what holds 90 % of its map" in do.told(drive.settings, drive.moment)
