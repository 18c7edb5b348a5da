"""World, looks and camera together: what a seed fixes, what a theme may change, and what is refused."""

import numpy as np
import pytest

from sim.kinds import CAUSES
from sim.simulator import Simulator
from sim.theme import resolve
from sim.vehicle import SPEED

SIZE = (24, 40)


def simulator(n: int = 2, **options: object) -> Simulator:
    return Simulator(n, **{"frame_size": SIZE, **options})


def test_an_observation_holds_a_frame_and_the_speed_of_each_world_asked_for():
    three = simulator(3)
    three.reset(np.arange(3), [1, 2, 3])
    observation = three.observe(np.array([2, 0]))
    assert observation["frame"].shape == (2, *SIZE, 3)
    assert observation["frame"].dtype == np.uint8
    assert observation["speed"].dtype == np.float32
    assert observation["speed"][:, 0] == pytest.approx(three.world.vehicle[[2, 0], SPEED])
    whole = three.observe()
    np.testing.assert_array_equal(observation["frame"], whole["frame"][[2, 0]])


def test_observations_are_fresh_arrays():
    one = simulator(1)
    one.reset(np.array([0]), [5])
    first, second = one.observe(), one.observe()
    assert not any(np.shares_memory(first[name], second[name]) for name in ("frame", "speed"))


def test_the_truth_is_of_the_same_picture():
    one = simulator(1)
    one.reset(np.array([0]), [5])
    frames = one.truth()
    np.testing.assert_array_equal(frames.rgb, one.observe()["frame"])
    assert frames.segmentation.shape == frames.instance.shape == frames.depth.shape == (1, *SIZE)


def test_a_theme_changes_the_look_and_nothing_else():
    themes = [theme.name for theme in resolve("train")]
    drives = []
    for theme in themes[:2]:
        one = simulator(1, theme=theme)
        one.reset(np.array([0]), [7])
        for _ in range(20):
            one.step(one.expert()[0])
        drives.append(one)
    first, second = drives
    np.testing.assert_array_equal(first.world.vehicle, second.world.vehicle)
    np.testing.assert_array_equal(first.world.objects, second.world.objects)
    assert first.theme_names == themes[:1]
    assert not np.array_equal(first.looks, second.looks)
    assert not np.array_equal(first.observe()["frame"], second.observe()["frame"])


def test_a_split_draws_all_its_themes():
    many = simulator(40, frame_size=(8, 8))
    many.reset(np.arange(40), list(range(40)))
    assert set(many.theme_names) == {theme.name for theme in resolve("train")}


def test_drawing_never_changes_an_episode():
    watched, blind = simulator(1), simulator(1)
    for each in (watched, blind):
        each.reset(np.array([0]), [9])
    for _ in range(10):
        watched.observe()
        watched.truth()
        watched.picture(0, 36, 64)
        for each in (watched, blind):
            each.step(np.array([[0.1, 0.5]], np.float32))
    np.testing.assert_array_equal(watched.world.vehicle, blind.world.vehicle)


def test_reset_of_one_row_leaves_the_others_alone():
    pair, single = simulator(2), simulator(1)
    pair.reset(np.arange(2), [1, 2])
    before = pair.observe()["frame"][0]
    pair.reset(np.array([1]), [3])
    single.reset(np.array([0]), [3])
    np.testing.assert_array_equal(pair.observe()["frame"][0], before)
    np.testing.assert_array_equal(pair.observe()["frame"][1], single.observe()["frame"][0])
    assert pair.seeds.tolist() == [1, 3]


def test_the_expert_names_a_known_cause():
    two = simulator(2)
    two.reset(np.arange(2), [1, 2])
    action, cause, culprit = two.expert(np.array([1]))
    assert action.shape == (1, 2)
    assert np.abs(action).max() <= 1
    assert 0 <= cause[0] < len(CAUSES)
    assert culprit[0] == -1, "nobody is there"


def test_a_picture_is_taken_from_the_cars_own_pose_or_from_the_one_given():
    one = simulator(1)
    one.reset(np.array([0]), [4])
    own = one.picture(0, 36, 64)
    assert own.shape == (36, 64, 3)
    pose = one.world.poses()[0]
    np.testing.assert_array_equal(own, one.picture(0, 36, 64, pose))
    assert not np.array_equal(own, one.picture(0, 36, 64, pose + np.array([0, 0, 0.2])))


def test_a_picture_of_the_frames_size_is_the_frame():
    one = simulator(1)
    one.reset(np.array([0]), [4])
    np.testing.assert_array_equal(one.picture(0, *SIZE), one.observe()["frame"][0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "at least 1"),
        ({"scenario": "open-raod"}, "open-road"),
        ({"theme": "traim"}, "train"),
        ({"frame_size": 96}, "height, width"),
        ({"frame_size": (96, 96, 3)}, "height, width"),
        ({"frame_size": (4, 96)}, "4"),
        ({"field_of_view": 80}, "radians"),
        ({"time_limit": -1.0}, "-1.0"),
    ],
)
def test_bad_options_are_refused_in_one_line_with_the_value_and_what_was_expected(options, message):
    with pytest.raises(ValueError, match=message) as error:
        simulator(**options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("action", [[[np.nan, 0.0]], [[0.0, np.inf]], [[0.0, 0.0, 0.0]], [0.0, 0.0]])
def test_bad_actions_are_refused_and_change_nothing(action):
    one = simulator(1)
    one.reset(np.array([0]), [4])
    before = one.world.vehicle.copy()
    with pytest.raises(ValueError, match="action"):
        one.step(np.array(action, np.float32))
    np.testing.assert_array_equal(one.world.vehicle, before)


@pytest.mark.parametrize("seed", [-1, 2**63, 0.5, "7"])
def test_bad_seeds_are_refused(seed):
    with pytest.raises(ValueError, match="seed"):
        simulator(1).reset(np.array([0]), [seed])
