"""Gymnasium environments as worlds: what fits, and what is said of what doesn't."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from sim.driver import Constant
from sim.gym_worlds import GymWorlds
from sim.rollout import drive


class Echo(gym.Env):
    """Rewards with the action's sum; ends after as many steps as its seed says."""

    observation_space: spaces.Space = spaces.Dict({"frame": spaces.Box(0, 255, (4, 6, 3), np.uint8)})
    action_space: spaces.Space = spaces.Box(-1.0, 1.0, (2,), np.float32)

    def reset(self, *, seed=None, options=None):
        self.left = seed
        return self._seen(), {}

    def step(self, action):
        assert self.action_space.contains(action)
        self.left -= 1
        return self._seen(), float(np.sum(action)), self.left == 0, False, {}

    def _seen(self):
        return {"frame": np.full((4, 6, 3), self.left, np.uint8)}


def test_episodes_end_each_at_its_own_time() -> None:
    episodes = drive(GymWorlds(Echo, 2), Constant(0.5, 0.25), [3, 5, 2])
    assert [(episode["steps"], episode["return"], episode.ended) for episode in episodes] == [
        (3, 2.25, "terminated"),
        (5, 3.75, "terminated"),
        (2, 1.5, "terminated"),
    ]
    assert episodes[1]["return_so_far"].tolist() == [0.0, 0.75, 1.5, 2.25, 3.0]


def test_actions_are_held_to_what_the_environment_takes() -> None:
    (episode,) = drive(GymWorlds(Echo), Constant(7.0, -7.0), [4])
    assert episode["return"] == 0.0


class Chooser(Echo):
    """Rewards with the number of the option."""

    action_space = spaces.Discrete(3, start=5)


def test_of_a_discrete_spaces_options_the_largest_component_is_taken() -> None:
    worlds = GymWorlds(Chooser)
    assert worlds.actions == ("option 0", "option 1", "option 2")
    (episode,) = drive(worlds, Constant(0.1, 0.3, 0.2), [2])
    assert episode["return"] == 12.0


def space(**spaces_) -> type[Echo]:
    return type("Other", (Echo,), spaces_)


@pytest.mark.parametrize(
    ("make", "options", "said"),
    [
        (space(observation_space=spaces.Box(0, 1, (4, 6, 3), np.float32)), {}, r"expected uint8 pictures \(H, W, 3\)"),
        (space(observation_space=spaces.Box(0, 255, (4, 6), np.uint8)), {}, r"expected uint8 pictures \(H, W, 3\)"),
        (space(observation_space=spaces.Dict({"speed": spaces.Discrete(3)})), {}, "or one under 'frame'"),
        (
            space(action_space=spaces.MultiBinary(3)),
            {},
            "expected a Box of one dimension, or a Discrete",
        ),
        (Echo, {"actions": ("steer",)}, "actions steer: expected 2 names"),
        (Echo, {"n": 0}, "number of worlds 0: expected at least 1"),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(make, options, said: str) -> None:
    with pytest.raises(ValueError, match=said) as trouble:
        GymWorlds(make, **options)
    assert "\n" not in str(trouble.value)


class Grey(Echo):
    """Says one thing of its pictures, and gives another."""

    def _seen(self):
        return {"frame": np.full((4, 6, 3), 0.5, np.float32)}


def test_a_picture_that_is_not_what_the_space_says_is_told() -> None:
    with pytest.raises(ValueError, match=r"picture is float32 \(4, 6, 3\); expected uint8 \(4, 6, 3\)"):
        drive(GymWorlds(Grey), Constant(0.0, 0.0), [3])


@pytest.mark.parametrize(
    ("make", "said"), [(Echo(), "Echo makes no environments"), (lambda: None, "NoneType was made")]
)
def test_what_makes_no_environments_is_told(make, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        GymWorlds(make)
