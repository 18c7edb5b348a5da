"""The native batch of worlds as stable-baselines3 wants its environments: one object, lists of infos, reset in step.

Needs the extra `train`. How to train with it: docs/environment.md.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvObs, VecEnvStepReturn

from sim.env import DriveVectorEnv
from sim.policy import Observation


class DriveVecEnv(VecEnv):
    """`num_envs` roads at once for stable-baselines3; settings as `sim.env.DriveVectorEnv` has them.

    Observations are {"frame": (n, H, W, 3) uint8, "speed": (n, 1)}: use "MultiInputPolicy". `seed(k)` has the next
    reset begin worlds k, k + 1, ...; what follows is drawn from the training seeds. Infos of an ended world hold its
    "terminal_observation", and "TimeLimit.truncated" where nothing but the clock ended it. Unknown names and impossible
    values raise ValueError.
    """

    metadata: dict[str, Any] = DriveVectorEnv.metadata

    def __init__(self, num_envs: int = 16, *, info_level: str = "none", **settings: Any) -> None:
        self.worlds = DriveVectorEnv(num_envs, info_level=info_level, **settings)  # type: ignore[arg-type]
        self.render_mode = self.worlds.render_mode
        self._actions: NDArray[np.float32] | None = None
        super().__init__(num_envs, self.worlds.single_observation_space, self.worlds.single_action_space)
        self.metadata = self.worlds.metadata  # recorders read the pictures a second there

    def reset(self) -> VecEnvObs:
        """Begin an episode in every world; `reset_infos` has what there is to tell of them."""
        observation, infos = self.worlds.reset(seed=self._seeds)
        self.reset_infos = [_infos_of(infos, row) for row in range(self.num_envs)]
        self._reset_seeds()
        return _arrays(observation)

    def step_async(self, actions: NDArray[np.float32]) -> None:
        """Take note of the actions, (n, 2)."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Drive 0.05 s. RuntimeError without actions."""
        if self._actions is None:
            raise RuntimeError("step_wait without step_async: no actions to carry out")
        observation, reward, terminated, truncated, infos = self.worlds.step(self._actions)
        self._actions = None
        last = infos.pop("final_obs", None)
        told = [_infos_of(infos, row) for row in range(self.num_envs)]
        for row in np.flatnonzero(terminated | truncated):
            told[row]["terminal_observation"] = last[row]
            told[row]["TimeLimit.truncated"] = bool(truncated[row] and not terminated[row])
        return _arrays(observation), reward.astype(np.float32), terminated | truncated, told

    def close(self) -> None:
        """Nothing is left open."""
        self.worlds.close()

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """Each world's driver's view, where `render_mode` is "rgb_array"."""
        return self.worlds.render() or [None] * self.num_envs

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """An attribute of the batch, once for each of the worlds asked for."""
        return [getattr(self.worlds, attr_name)] * len(list(self._get_indices(indices)))

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """NotImplementedError: the worlds are one batch and share their settings."""
        raise NotImplementedError(f"cannot set {attr_name!r}: make a new DriveVecEnv with other settings")

    def env_method(self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any) -> list[Any]:
        """NotImplementedError: there are no single environments to call."""
        raise NotImplementedError(f"cannot call {method_name!r} of single worlds; `worlds` is the whole batch")

    def env_is_wrapped(self, wrapper_class: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        """Never: wrap the whole batch instead."""
        return [False] * len(list(self._get_indices(indices)))


def _arrays(observation: Observation) -> VecEnvObs:
    return {"frame": observation["frame"], "speed": observation["speed"]}


def _infos_of(infos: dict[str, Any], row: int) -> dict[str, Any]:
    """One world's part of Gymnasium's batched infos: an array a key beside its mask `_key`, nested the same way."""
    own = {}
    for name, values in infos.items():
        if not name.startswith("_") and infos[f"_{name}"][row]:
            own[name] = _infos_of(values, row) if isinstance(values, dict) else values[row]
    return own
