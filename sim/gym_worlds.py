"""Any Gymnasium environment with image observations, as worlds to drive in: see `sim.rollout.Worlds`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from sim.policy import Observation
from sim.rollout import Rows

STEP_SECONDS = 0.05
"""How long a control step is taken to last where the environment doesn't say."""


class GymOutcome(NamedTuple):
    """What a step came to, (B,) each."""

    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    reward: NDArray[np.float64]


class GymWorlds:
    """n environments, stepped one after another. They observe `frame` alone: no speed, and nothing privileged.

    make: makes one environment. Its observations are pictures, uint8 (H, W, 3), or a dictionary that holds one under
    `frame`. Its action space is a Box of one dimension, whose components `actions` names, or a Discrete, of whose
    options the largest component is taken. ValueError in one line for other spaces.
    """

    observes = ("frame",)

    def __init__(self, make: Callable[[], gym.Env], n: int = 1, *, actions: Sequence[str] = ()) -> None:
        if n < 1:
            raise ValueError(f"number of worlds {n}: expected at least 1")
        self.envs = [_made(make) for _ in range(n)]
        env = self.envs[0]
        self.frame_size = _frame_size(env.observation_space)
        self.actions = tuple(actions) or _names(env.action_space)
        if len(self.actions) != len(_names(env.action_space)):
            raise ValueError(f"actions {', '.join(actions)}: expected {len(_names(env.action_space))} names")
        rate = env.metadata.get("render_fps")
        self.step_seconds = 1 / rate if rate else STEP_SECONDS
        self._frames = np.zeros((n, *self.frame_size, 3), np.uint8)
        self._returns, self._steps, self._endings = np.zeros(n), np.zeros(n, np.int64), [""] * n

    @property
    def n(self) -> int:
        """How many environments."""
        return len(self.envs)

    def reset(self, rows: Rows, seeds: Sequence[int]) -> None:
        """Begin an episode of its own seed in each of these rows."""
        for row, seed in zip(rows, seeds, strict=True):
            observation, _ = self.envs[row].reset(seed=int(seed))
            self._frames[row] = _frame(observation, self.frame_size)
            self._returns[row], self._steps[row], self._endings[row] = 0.0, 0, ""

    def instants(self, rows: Rows) -> None:
        """Nothing that a driver could be privileged to know."""
        return None

    def observe(self, rows: Rows) -> Observation:
        """The pictures (B, H, W, 3)."""
        return {"frame": self._frames[rows]}

    def telemetry(self, rows: Rows, instants: None) -> Mapping[str, NDArray[np.float64]]:
        """The return so far."""
        return {"return_so_far": self._returns[rows]}

    def step(self, actions: NDArray[np.float32], rows: Rows) -> GymOutcome:
        """Take a step under actions (B, A), held to what each environment's action space takes."""
        ended, cut, rewards = np.zeros(len(rows), bool), np.zeros(len(rows), bool), np.zeros(len(rows))
        for i, row in enumerate(rows):
            env = self.envs[row]
            observation, reward, ended[i], cut[i], _ = env.step(_fitting(actions[i], env.action_space))
            self._frames[row] = _frame(observation, self.frame_size)
            rewards[i] = float(reward)
            self._steps[row] += 1
            self._endings[row] = "terminated" if ended[i] else "truncated" if cut[i] else ""
        self._returns[rows] += rewards
        return GymOutcome(ended, cut, rewards)

    def outcome(self, row: int) -> Mapping[str, Any]:
        """How the episode ended, its return and its steps."""
        return {
            "ended": self._endings[row],
            "return": float(self._returns[row]),
            "steps": int(self._steps[row]),
        }

    def close(self) -> None:
        """Close the environments."""
        for env in self.envs:
            env.close()


def _made(make: Callable[[], gym.Env]) -> gym.Env:
    """One environment; ValueError where something else is made."""
    if not callable(make) or isinstance(make, gym.Env):
        raise ValueError(
            f"{type(make).__name__} makes no environments; expected a class, or a function that returns one"
        )
    env = make()
    if not isinstance(env, gym.Env):
        raise ValueError(f"{type(env).__name__} was made; expected a gymnasium.Env")
    return env


def _frame(observation: Any, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture; ValueError where it is another than the observation space says."""
    frame = np.asarray(observation["frame"] if isinstance(observation, Mapping) else observation)
    if frame.shape != (*size, 3) or frame.dtype != np.uint8:
        told = f"{frame.dtype} {frame.shape}"
        raise ValueError(
            f"the environment's picture is {told}; expected uint8 {(*size, 3)}, as its observation space says"
        )
    return frame


def _frame_size(space: spaces.Space[Any]) -> tuple[int, int]:
    """(height, width); ValueError unless observations hold a picture."""
    picture = space.spaces.get("frame") if isinstance(space, spaces.Dict) else space
    if not (isinstance(picture, spaces.Box) and picture.dtype == np.uint8 and picture.shape[2:] == (3,)):
        raise ValueError(f"observations of {space}: expected uint8 pictures (H, W, 3), or one under 'frame'")
    return picture.shape[0], picture.shape[1]


def _names(space: spaces.Space[Any]) -> tuple[str, ...]:
    """Names for an action's components; ValueError for a space that has none."""
    if isinstance(space, spaces.Discrete):
        return tuple(f"option {number}" for number in range(int(space.n)))
    if isinstance(space, spaces.Box) and len(space.shape) == 1:
        return tuple(f"action {number}" for number in range(space.shape[0]))
    raise ValueError(f"actions of {space}: expected a Box of one dimension, or a Discrete")


def _fitting(action: NDArray[np.float32], space: spaces.Space[Any]) -> Any:
    """An action (A,) as the environment takes it."""
    if isinstance(space, spaces.Discrete):
        return int(space.start) + int(np.argmax(action))
    assert isinstance(space, spaces.Box)
    return np.clip(action, space.low, space.high).astype(space.dtype)
