"""Copies of whatever holds worlds go on as their originals do, bit for bit: tree search, checkpoints, Ray make them."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import cloudpickle
import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.wrappers import RecordEpisodeStatistics, TimeLimit
from gymnasium.wrappers.vector import RecordEpisodeStatistics as RecordStatistics

from sim.env import DriveEnv
from sim.simulator import Simulator
from sim.view.world_source import WorldSource

ID = "sim:RedGaze/Drive-v0"
SMALL: dict[str, Any] = {"frame_size": (36, 64), "scenario": "town", "info_level": "truth", "render_mode": "rgb_array"}
WAYS: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda it: pickle.loads(pickle.dumps(it)),
    "oldest pickle": lambda it: pickle.loads(pickle.dumps(it, 2)),
    "cloudpickle": lambda it: pickle.loads(cloudpickle.dumps(it)),
}
MADE: dict[str, Callable[[], Any]] = {
    "single": lambda: gymnasium.make(ID, **SMALL),
    "wrapped": lambda: TimeLimit(RecordEpisodeStatistics(gymnasium.make(ID, **SMALL)), 9),
    "vector": lambda: gymnasium.make_vec(ID, 2, **SMALL),
    "vector, wrapped": lambda: RecordStatistics(gymnasium.make_vec(ID, 2, time_limit=0.4, **SMALL)),
}


def drive(env: Any, steps: int) -> list[Any]:
    """What an environment tells of so many steps, under actions that are functions of the step's number."""
    told = []
    for step in range(steps):
        action = np.full(env.action_space.shape, 0.02 * step, np.float32)
        told.append(env.step(action))
    for step in told:  # wall clock
        step[4].pop("episode", None)
        step[4].pop("_episode", None)
    return told


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("made", MADE)
def test_a_copy_goes_on_bit_for_bit(made: str, way: str) -> None:
    """In the middle of an episode, after it was looked at. Whole vectors end and begin anew on the way, from their own
    streams of seeds."""
    env = MADE[made]()
    env.reset(seed=11)
    drive(env, 3)
    env.render()
    other = WAYS[way](env)
    assert data_equivalence(drive(env, 6), drive(other, 6), exact=True)
    np.testing.assert_array_equal(env.render(), other.render())
    assert data_equivalence(env.reset(), other.reset(), exact=True)


def test_what_a_copy_does_is_nothing_to_its_original() -> None:
    env, untouched = (gymnasium.make(ID, **SMALL) for _ in range(2))
    env.reset(seed=3)
    untouched.reset(seed=3)
    drive(copy.deepcopy(env), 5)
    assert data_equivalence(drive(env, 2), drive(untouched, 2), exact=True)


@pytest.mark.parametrize("way", WAYS)
def test_a_copy_before_the_first_reset_is_as_good(way: str) -> None:
    env, other = DriveEnv(frame_size=(36, 64)), WAYS[way](DriveEnv(frame_size=(36, 64)))
    assert data_equivalence(env.reset(seed=4), other.reset(seed=4), exact=True)
    assert data_equivalence(drive(env, 2), drive(other, 2), exact=True)


def test_a_copied_simulator_takes_its_originals_instants() -> None:
    simulator = Simulator(2, "traffic")
    simulator.reset(np.arange(2), [5, 6])
    instants = simulator.instants()
    other = copy.deepcopy(simulator)
    other.step(np.ones((2, 2), np.float32))
    other.restore(instants)
    np.testing.assert_array_equal(other.observe()["frame"], simulator.observe()["frame"])
    assert other.world.s.base is not None
    np.testing.assert_array_equal(other.world.state(np.arange(2)).figure("s"), other.world.s)


@pytest.mark.parametrize("way", WAYS)
def test_a_source_is_copied_with_its_views(way: str) -> None:
    from sim.driver import Expert
    from sim.view.drive import Drive
    from sim.view.playback import shot
    from sim.view.settings import Settings

    source = WorldSource("town", "night", 7)
    other = WAYS[way](source)
    settings = Settings(policy="expert", view="chase")
    pictures = []
    for each in (source, other):
        drive = Drive(each, {"expert": Expert}, "expert")
        drive.act(drive.look(settings))
        moment = drive.look(settings)
        order = shot(moment, moment.instant, 1.0, (90, 160), settings)
        pictures.append([view(order).copy() for view in each.views.values()])
    for mine, theirs in zip(*pictures, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_pickled_world_is_small() -> None:
    """0.2 MB a world of a town; the grid of its road, which is laid again, would be 1.2 MB more."""
    sizes = []
    for n in (1, 5):
        envs = gymnasium.make_vec(ID, n, scenario="town")
        envs.reset(seed=0)
        sizes.append(len(pickle.dumps(envs)))
    assert (sizes[1] - sizes[0]) / 4 < 250_000
    assert sizes[0] < 500_000


def test_the_window_stays_the_originals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of an environment that is being watched drives on unseen and at full speed."""
    from sim.view import window

    shown: list[tuple[int, ...]] = []
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setattr(window.FrameWindow, "show", lambda _, picture: shown.append(picture.shape))
    env = DriveEnv(render_mode="human", frame_size=(36, 64))
    env.reset(seed=1)
    other = copy.deepcopy(env)
    drive(other, 2)
    other.close()
    assert len(shown) == 1
    drive(env, 1)
    assert len(shown) == 2
    env.close()
