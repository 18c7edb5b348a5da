"""A past instant drawn again, and a drive that goes on twice: bit for bit what was shown live."""

import numpy as np
import pytest

from agent import load_policy
from sim.driver import Expert, PolicyDriver
from sim.view import actions as do
from sim.view.drive import Drive
from sim.view.moment import Moment
from sim.view.playback import Playback, shot
from sim.view.settings import Settings
from sim.view.source import Forkable, Source
from sim.view.world_source import WorldSource

SIZE = (90, 160)
STEPS = 6
SETTINGS = {
    "as it is": (),
    "without the cause": (do.WITHOUT,),
    "hidden from it": (do.UNSEEN,),
    "blinded": (do.BLIND_READ,),
    "noise, raw, no mark": (do.BLIND_UNREAD, do.RAW, do.MARK),
    "without red": (do.OVERLAY,),
}


@pytest.fixture(scope="module")
def policy():
    return load_policy("topk-patches")


def town(policy) -> Drive:
    """Seven seconds into a town, where others move."""
    source = WorldSource("town", "meadow", 20_003)
    for _ in range(140):
        source.apply(source.truth(source.instant()).expert_action)
    return Drive(source, {"topk-patches": lambda: PolicyDriver(policy), "expert": Expert}, "topk-patches")


class Live:
    """Everything that a playback showed: moment, coming instant, progress, settings, and the pictures by view."""

    def __init__(self, playback: Playback, pictures: int) -> None:
        self.shown = []
        for _ in range(pictures):
            views = {view: playback.picture(SIZE, view).copy() for view in playback.source.views}
            self.shown.append((playback.moment, playback.coming, playback.progress, playback.settings, views))
            playback.advance()


@pytest.mark.parametrize("name", SETTINGS)
def test_every_picture_of_the_past_is_drawn_again_as_it_was(policy, name: str) -> None:
    """In every view, on the way between two steps too, after the drive has gone on and another theme was chosen."""
    playback = Playback(town(policy))
    for action in SETTINGS[name]:
        playback.turn(action)
    live = Live(playback, 3 * STEPS)
    playback.actions[do.NEXT_THEME]()
    for _ in range(3 * STEPS):
        playback.advance()
    for moment, coming, progress, settings, views in live.shown:
        for view, picture in views.items():
            again = playback.source.views[view](shot(moment, coming, progress, SIZE, settings))
            np.testing.assert_array_equal(again, picture, err_msg=f"{view} at step {moment.step} + {progress:.2f}")
    playback.close()


def test_what_was_decided_is_decided_again(policy) -> None:
    """Observed and decided anew from a past instant and state."""
    drive, moments = town(policy), []
    for _ in range(STEPS):
        moments.append(drive.look(Settings()))
        drive.act(moments[-1])
    for moment in moments:
        observation = drive.source.observe(moment.instant)
        np.testing.assert_array_equal(observation["frame"], moment.observation["frame"])
        decision, _ = drive.driver.decide(observation, drive.source.truth(moment.instant), moment.state)
        np.testing.assert_array_equal(decision.action, moment.decision.action)
        assert drive.source.status(moment.instant).pose == moment.status.pose


def futures(drive: Drive, steps: int) -> list[Moment]:
    moments = []
    for _ in range(steps):
        moments.append(drive.look(Settings()))
        drive.act(moments[-1])
    return moments


def same(one: Moment, other: Moment) -> None:
    assert one.step == other.step
    np.testing.assert_array_equal(one.observation["frame"], other.observation["frame"])
    np.testing.assert_array_equal(one.action, other.action)
    assert one.status.pose == other.status.pose


@pytest.mark.parametrize("driver", ["topk-patches", "expert"])
def test_a_fork_goes_the_way_of_its_original_side_by_side(policy, driver: str) -> None:
    """From a past moment, step about with the original, which neither waits nor is disturbed."""
    drive = town(policy)
    drive.choose(driver)
    moments = futures(drive, 2 * STEPS)
    fork = drive.fork(moments[STEPS])
    again = []
    for _ in range(STEPS):
        again += futures(fork, 1)
        futures(drive, 1)
    for one, other in zip(moments[STEPS:], again, strict=True):
        same(one, other)
    views = fork.source.views
    wanted = shot(again[-1], again[-1].instant, 1.0, SIZE, Settings())
    for name, view in drive.source.views.items():
        np.testing.assert_array_equal(view(wanted).copy(), views[name](wanted), err_msg=name)


def test_a_fork_under_another_driver_changes_nothing_in_its_original(policy) -> None:
    alone, watched = town(policy), town(policy)
    fork = watched.fork(watched.look(Settings()))
    fork.choose("expert")
    futures(fork, STEPS)
    for one, other in zip(futures(alone, STEPS), futures(watched, STEPS), strict=True):
        same(one, other)


def test_a_source_that_cannot_go_on_twice_is_told(drive: Playback) -> None:
    kept = {name: value for name, value in vars(type(drive.source)).items() if name not in ("fork", "__dict__")}
    source = type("Once", (), kept)()
    assert isinstance(source, Source)
    assert not isinstance(source, Forkable)
    once = Drive(source, {"expert": lambda: drive.drive.driver}, "expert")
    with pytest.raises(ValueError, match="Once cannot go on twice; expected a source with fork"):
        once.fork(once.look(Settings()))
