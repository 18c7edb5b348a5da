"""An environment of one's own, in one file outside of the package: driven by the rollout, watched in the window."""

import sys
from pathlib import Path

import numpy as np
import pytest

from agent import load_policy
from sim.driver import Constant, Expert, PolicyDriver
from sim.gym_worlds import GymWorlds
from sim.lookup import named
from sim.policy import Policy
from sim.rollout import Worlds, drive
from sim.view import actions as do
from sim.view import watch
from sim.view.demo import NoDisplay
from sim.view.drive import Drive
from sim.view.gym_source import GymSource
from sim.view.hud.layout import DESIGN_SIZE, layout
from sim.view.hud.screen import NO_MAP, Extras, Screen
from sim.view.ink import RED
from sim.view.playback import Playback

FILE = Path(__file__).parent.parent / "docs" / "examples" / "river.py"


@pytest.fixture(scope="module")
def rower() -> Policy:
    return named("policy", f"{FILE}:Rower", {}, Policy)  # type: ignore[type-abstract]


@pytest.fixture(scope="module")
def river(rower):
    """Its module, which `rower` has loaded."""
    return sys.modules[type(rower).__module__]


@pytest.fixture
def playback(river, rower):
    playback = Playback(
        Drive(GymSource(river.River, actions=river.OARS), {"rower": lambda: PolicyDriver(rower)}, "rower")
    )
    yield playback
    playback.close()


def worlds(river, n: int = 3) -> Worlds:
    return GymWorlds(river.River, n, actions=river.OARS)


def test_the_rollout_drives_it(river, rower) -> None:
    """Five seeds in three environments: each stays afloat for all 400 steps, which nobody does who only drifts."""
    episodes = drive(worlds(river), rower, range(5))
    assert [(episode.seed, episode.ended, episode["return"]) for episode in episodes] == [
        (seed, "truncated", 400.0) for seed in range(5)
    ]
    assert episodes[0].action.shape == (400, 3)
    assert 0 < np.nanmean(episodes[0].share_read) < 0.2
    assert episodes[0]["return_so_far"][-1] == 399
    drifting = drive(worlds(river), Constant(0.0, 0.0, 0.0), range(5))
    assert {episode.ended for episode in drifting} == {"terminated"}


def test_a_seed_is_the_same_river_in_any_of_them(river, rower) -> None:
    together, alone = drive(worlds(river), rower, [7, 8, 9]), drive(worlds(river, 1), rower, [9])
    np.testing.assert_array_equal(together[2].action, alone[0].action)


def test_who_needs_more_than_pictures_is_refused_in_a_line(river) -> None:
    with pytest.raises(ValueError, match="the expert knows the simulator's own worlds alone"):
        drive(worlds(river), Expert(), [0])
    with pytest.raises(ValueError, match="the policy reads 'speed'; expected one of frame"):
        drive(worlds(river), load_policy("topk-patches"), [0])


def test_the_window_shows_it_with_smooth_red_and_says_what_it_cannot_know(playback: Playback, spoken) -> None:
    for _ in range(30):
        playback.advance()
    picture = Screen().draw(playback, DESIGN_SIZE, Extras())
    view = picture[layout(DESIGN_SIZE).places["view"].slices].astype(int)
    reds = np.unique((view[..., 0] - view[..., 1])[(view[..., 0] - view[..., 1]) > 60])
    assert len(reds) > 30, "a soft map is smooth"
    assert reds.max() < RED[0]
    said = " ".join(text for text, _ in spoken)
    for words in (NO_MAP, "soft attention", "left oar", "anchor", "return", "this kind of map removes nothing"):
        assert words in said, words
    assert "expert" not in {text for text, _ in spoken}, "no causes"


def test_only_what_means_something_there_is_offered(playback: Playback) -> None:
    offered = set(playback.actions)
    assert {do.PAUSE, do.STEP, do.OVERLAY, do.BLIND_READ, do.NEXT_TRACK} <= offered
    assert not {do.WHEEL, do.MARK, do.WITHOUT, do.UNSEEN, do.NEXT_THEME} & offered


def test_blinded_where_it_looks_it_runs_aground(playback: Playback) -> None:
    playback.turn(do.BLIND_READ)
    for _ in range(400):
        playback.advance()
        if playback.ending:
            break
    assert playback.ending == "terminated"


def test_what_is_no_source_is_told(rower) -> None:
    with pytest.raises(ValueError, match="source is of type str; expected a WorldSource"):
        watch(rower, "town")  # type: ignore[arg-type]


def test_one_call_opens_the_window(river, rower) -> None:
    class Audience(NoDisplay):
        shown = 0

        def show(self, picture) -> None:
            self.shown += 1

    audience = Audience()
    watch(rower, GymSource(river.River, actions=river.OARS), seconds=0.5, display=audience)
    assert audience.shown == 10
