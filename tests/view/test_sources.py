"""The contract of a source, over each one that there is: worlds of every scenario, footage, an environment."""

from fractions import Fraction
from pathlib import Path

import cv2
import gymnasium as gym
import numpy as np
import pytest

from sim.policy import PolicySpec
from sim.scenario import SCENARIOS
from sim.view.footage.video import VideoSource
from sim.view.gym_source import GymSource
from sim.view.moment import Status
from sim.view.settings import Settings
from sim.view.source import Forkable, Imagining, Shot, Source
from sim.view.world_source import WorldSource

SIZE = (72, 128)


class Blinker(gym.Env):
    """Pictures whose grey is the number of steps; two actions, of which the second may be negative."""

    observation_space = gym.spaces.Box(0, 255, (24, 32, 3), np.uint8)
    action_space = gym.spaces.Box(np.array([0, -1], np.float32), np.array([1, 1], np.float32))

    def reset(self, *, seed=None, options=None):
        self.steps = 0
        return self.picture(), {}

    def step(self, action):
        assert self.action_space.contains(action)
        self.steps += 1
        return self.picture(), 1.0, self.steps == 20, False, {}

    def picture(self):
        return np.full((24, 32, 3), 10 * self.steps, np.uint8)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """Twelve pictures of a road that gets brighter."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 10, (160, 90))
    for number in range(12):
        writer.write(np.full((90, 160, 3), 20 * number, np.uint8))
    writer.release()
    return path


@pytest.fixture(params=[*SCENARIOS, "footage", "gymnasium"])
def made(request, clip):
    """How to make it, always the same."""
    if request.param == "gymnasium":
        return lambda: GymSource(Blinker, seed=3)
    if request.param == "footage":
        return lambda: VideoSource(str(clip), PolicySpec((72, 128), 1.4, None))
    return lambda: WorldSource(request.param, "meadow", 20_001)


@pytest.fixture
def source(made):
    source = made()
    yield source
    getattr(source, "close", lambda: None)()


def action(source: Source) -> np.ndarray:
    return np.full((1, len(source.actions)), 0.1, np.float32)


def pictures(source: Source, before, after, progress: float = 1.0, **settings) -> dict[str, np.ndarray]:
    wanted = Shot(
        *(SIZE, before, after, progress, None, action(source)[0], source.status(before), None, Settings(**settings))
    )
    return {name: view(wanted).copy() for name, view in source.views.items()}


def test_it_is_a_source(source: Source) -> None:
    assert isinstance(source, Source)
    assert isinstance(source.rate, Fraction)
    assert source.pictures_per_step >= 1
    assert next(iter(source.views)) == "camera"


def test_it_gives_what_it_says(source: Source) -> None:
    instant = source.instant()
    observation = source.observe(instant)
    assert set(observation) == set(source.observes)
    assert observation["frame"].shape == (1, *source.frame_size, 3)
    assert observation["frame"].dtype == np.uint8
    assert isinstance(source.status(instant), Status)


def test_it_can_be_asked_to_fit_what_it_is(source: Source) -> None:
    frame_size = source.frame_size
    source.fit(PolicySpec(frame_size, None, None, observes=source.observes, actions=source.actions))
    assert source.frame_size == frame_size


def test_views_are_pictures_of_any_size(source: Source) -> None:
    now = source.instant()
    for name, picture in pictures(source, now, now).items():
        assert picture.shape == (*SIZE, 3), name
        assert picture.dtype == np.uint8, name


def test_a_past_instant_gives_the_same_bits(source: Source) -> None:
    """Observed, told of and drawn, at rest and on the way, after the source has gone on."""
    before = source.instant()
    source.apply(action(source))
    after = source.instant()
    observation, status = source.observe(before), source.status(before)
    still, way = pictures(source, before, before), pictures(source, before, after, 0.5)
    for _ in range(3):
        source.apply(action(source))
    np.testing.assert_equal(source.observe(before), observation)
    assert source.status(before).labels == status.labels
    for name in source.views:
        np.testing.assert_array_equal(pictures(source, before, before)[name], still[name])
        np.testing.assert_array_equal(pictures(source, before, after, 0.5)[name], way[name])


def test_looking_changes_nothing(made) -> None:
    watched, alone = made(), made()
    for _ in range(3):
        now = watched.instant()
        pictures(watched, now, now)
        watched.status(now)
        watched.observe(now)
        watched.truth(now)
        watched.whereabouts(now, now, 1.0)
        for source in (watched, alone):
            source.apply(action(source))
    np.testing.assert_equal(watched.observe(watched.instant()), alone.observe(alone.instant()))


def test_every_capability_leaves_it_able_to_go_on(source: Source) -> None:
    for ability in source.capabilities.values():
        source.apply(action(source))
        ability()
        source.observe(source.instant())
    assert source.apply(action(source)) is None


def test_a_fork_goes_the_same_way(source: Source) -> None:
    if not isinstance(source, Forkable):
        pytest.skip("cannot go on twice")
    source.apply(action(source))
    fork = source.fork(source.instant())
    for each in (source, fork):
        for _ in range(3):
            each.apply(action(source))
    ours, theirs = source.instant(), fork.instant()
    np.testing.assert_equal(fork.observe(theirs), source.observe(ours))
    for name, picture in pictures(source, ours, ours).items():
        np.testing.assert_array_equal(pictures(fork, theirs, theirs)[name], picture)


def test_an_object_can_be_left_out_where_it_says_so(source: Source) -> None:
    if not isinstance(source, Imagining):
        pytest.skip("nothing can be left out")
    now = source.instant()
    objects = source.status(now).objects
    row = int(np.flatnonzero(objects[:, 4] >= 0)[0])
    less = source.without(now, row)
    assert source.status(less).objects[row, 4] == -1
    assert source.status(now).objects[row, 4] >= 0, "the instant itself stays"
