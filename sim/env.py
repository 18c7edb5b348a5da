"""Gymnasium's two forms of the driving world; thin over `Simulator`. The environment's page is docs/environment.md."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from sim.camera import Frames
from sim.errors import unknown
from sim.kinds import CAUSES
from sim.policy import Observation
from sim.scenario import Scenario
from sim.scene import KIND, X, Y
from sim.seeds import TRAINING
from sim.simulator import FIELD_OF_VIEW, FRAME_SIZE, Rows, Simulator
from sim.theme import Theme
from sim.vehicle import CONTROL_STEP, TOP_SPEED

InfoLevel = Literal["none", "pose", "expert", "truth"]
INFO_LEVELS: tuple[InfoLevel, ...] = get_args(InfoLevel)

REWARD_PER_METRE = 0.1
PICTURE_SIZE = (720, 1280)
"""Height and width of what `render` draws."""


ENV_ID = "RedGaze/Drive-v0"
AUTORESET_MODES = (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP)
FRAMES_PER_SECOND = round(1 / CONTROL_STEP)

Info = dict[str, Any]


def _spaces(frame_size: tuple[int, int]) -> tuple[spaces.Dict, spaces.Box]:
    """Observation and action space of one environment."""
    frame = spaces.Box(0, 255, (*frame_size, 3), np.uint8)
    speed = spaces.Box(0.0, TOP_SPEED, (1,), np.float32)
    return spaces.Dict({"frame": frame, "speed": speed}), spaces.Box(-1.0, 1.0, (2,), np.float32)


def _known(kind: str, name: str | None, choices: Sequence[str]) -> None:
    if name is not None and name not in choices:
        raise unknown(kind, name, choices)


def _observation_at(batch: Observation, i: int) -> Observation:
    return {"frame": batch["frame"][i], "speed": batch["speed"][i]}


def _first(batch: Info) -> Info:
    """The infos of a batch of one: its arrays without their first axis, single values as Python's own."""
    return {name: _first(values) if isinstance(values, dict) else _only(values) for name, values in batch.items()}


def _only(values: NDArray[Any]) -> Any:
    return values.item() if values.ndim == 1 else values[0]


def _spread(batch: Info, rows: Rows, n: int) -> Info:
    """Gymnasium's form of infos of some rows: (n, ...) arrays, zero elsewhere, each beside its mask `_name`."""
    infos: Info = {}
    for name, values in batch.items():
        infos[name] = _spread(values, rows, n) if isinstance(values, dict) else _scatter(values, rows, n)
        infos[f"_{name}"] = _scatter(np.ones(len(rows), bool), rows, n)
    return infos


def _scatter(values: NDArray[Any], rows: Rows, n: int) -> NDArray[Any]:
    whole = np.full(n, None, object) if values.dtype == object else np.zeros((n, *values.shape[1:]), values.dtype)
    whole[rows] = values
    return whole


def _rows_of(values: NDArray[Any], rows: Rows | None) -> NDArray[Any]:
    """A copy of some rows, or of all."""
    return values.copy() if rows is None else values[rows]


def _next_seed(rng: np.random.Generator) -> int:
    return int(rng.integers(len(TRAINING)))


def _pick(batch: Info, rows: Rows) -> Info:
    return {name: _pick(values, rows) if isinstance(values, dict) else values[rows] for name, values in batch.items()}


def _reset_mask(options: Info | None, n: int) -> NDArray[np.bool_]:
    """The worlds that a reset means; ValueError unless they are (n,) bool and at least one."""
    mask = np.asarray((options or {}).get("reset_mask", np.ones(n, bool)))
    if mask.dtype != bool or mask.shape != (n,) or not mask.any():
        raise ValueError(f"reset_mask {mask!r}: expected ({n},) bool with at least one True")
    return mask


class _Views:
    """Observations and infos of some worlds at one info level: what both forms of the environment tell."""

    def __init__(self, simulator: Simulator, level: InfoLevel) -> None:
        _known("info_level", level, INFO_LEVELS)
        self._simulator = simulator
        self._detail = INFO_LEVELS.index(level)

    def __call__(self, rows: Rows | None = None) -> tuple[Observation, Info]:
        """Fresh observations and infos of some worlds, or of all, every array led by the B rows."""
        if self._detail < INFO_LEVELS.index("truth"):
            return self._simulator.observe(rows), self._info(rows)
        frames = self._simulator.truth(rows)
        info = self._info(rows)
        info |= {"segmentation": frames.segmentation, "instance": frames.instance, "depth": frames.depth}
        info |= self._objects(frames, self._simulator.rows(rows))
        return self._simulator.observation(frames, rows), info

    def single(self) -> tuple[Observation, Info]:
        """The same of a batch of one, its infos without the first axis: single values as Python's own."""
        if self._detail > INFO_LEVELS.index("pose"):
            observation, info = self()
            return observation, _first(info)
        return self._simulator.observe(), self._pose_alone() if self._detail else {}

    def _pose_alone(self) -> Info:
        """What `_pose` tells of the only world, without the arrays: a fifth of an environment's step went there."""
        world = self._simulator.world
        return {
            "seed": int(self._simulator.seeds[0]),
            "s": float(world.s[0]),
            "d": float(world.d[0]),
            "heading_error": float(world.heading_error[0]),
            "route_completion": min(max(float(world.distance[0] / max(world.route_length[0], 1.0)), 0.0), 1.0),
            "infractions": dict(zip(world.infraction_names, world.infractions[0].tolist(), strict=True)),
            "cost": float(world.cost[0]),
        }

    def _objects(self, frames: Frames, rows: Rows) -> Info:
        """Every object of every world: its row of the table, its distance from the camera, its visible pixels."""
        objects, poses = self._simulator.world.objects[rows], self._simulator.world.poses(rows)
        eye = poses[:, :2] + self._simulator.camera.lens.mount_forward * np.stack(
            [np.cos(poses[:, 2]), np.sin(poses[:, 2])], axis=1
        )
        distance = np.hypot(objects[..., X] - eye[:, None, 0], objects[..., Y] - eye[:, None, 1])
        distance[objects[..., KIND] < 0] = np.inf
        return {"objects": objects, "object_distance": distance, "object_pixels": frames.pixel_counts(objects.shape[1])}

    def _info(self, rows: Rows | None) -> Info:
        pose = self._pose(rows) if self._detail >= INFO_LEVELS.index("pose") else {}
        return pose | (self._expert(rows) if self._detail >= INFO_LEVELS.index("expert") else {})

    def _pose(self, rows: Rows | None) -> Info:
        world = self._simulator.world
        counts = _rows_of(world.infractions, rows).astype(np.int64)
        return {
            "seed": _rows_of(self._simulator.seeds, rows),
            "s": _rows_of(world.s, rows),
            "d": _rows_of(world.d, rows),
            "heading_error": _rows_of(world.heading_error, rows),
            "route_completion": _rows_of(world.route_completion, rows),
            "infractions": {name: counts[:, column] for column, name in enumerate(world.infraction_names)},
            "cost": _rows_of(world.cost, rows),
        }

    def _expert(self, rows: Rows | None) -> Info:
        action, cause, culprit = self._simulator.expert(rows)
        return {
            "expert_action": action,
            "cause": np.array(CAUSES, object)[cause],
            "cause_id": cause.astype(np.int64),
            "cause_object": culprit,
        }


class DriveEnv(gymnasium.Env[Any, Any]):
    """One car on one road, seen from behind its windscreen.

    Arguments, spaces, reward and infos: docs/environment.md. Unknown names and impossible values raise ValueError.
    """

    metadata: dict[str, Any] = {"render_modes": ["human", "rgb_array"], "render_fps": FRAMES_PER_SECOND}  # noqa: RUF012

    def __init__(
        self,
        scenario: str | Scenario = "open-road",
        theme: str | Theme = "train",
        frame_size: tuple[int, int] = FRAME_SIZE,
        field_of_view: float = FIELD_OF_VIEW,
        info_level: InfoLevel = "pose",
        time_limit: float | None = None,
        render_mode: str | None = None,
    ) -> None:
        _known("render_mode", render_mode, self.metadata["render_modes"])
        self.render_mode = render_mode
        self.simulator = Simulator(1, scenario, theme, frame_size, field_of_view, time_limit)
        self.observation_space, self.action_space = _spaces(frame_size)
        self._views = _Views(self.simulator, info_level)
        self._driving = False
        self._window: Any = None
        self._pace: Any = None
        self._unseen = render_mode != "human"

    def reset(self, *, seed: int | None = None, options: Info | None = None) -> tuple[Observation, Info]:
        """Begin the episode of world `seed`; without one the next seed comes from `np_random`. There are no options."""
        super().reset(seed=seed)
        self.simulator.reset(np.array([0]), [_next_seed(self.np_random) if seed is None else seed])
        self._driving = True
        self._show()
        return self._tell()

    def step(self, action: NDArray[np.float32]) -> tuple[Observation, float, bool, bool, Info]:
        """Drive 0.05 s. ValueError for an action that is not two finite numbers, ResetNeeded outside an episode."""
        if not self._driving:
            raise ResetNeeded("step outside an episode: call reset() first, and again when an episode has ended")
        outcome = self.simulator.step(np.asarray(action, np.float32)[None])
        terminated, truncated = bool(outcome.terminated[0]), bool(outcome.truncated[0])
        self._driving = not (terminated or truncated)
        self._show()
        observation, info = self._tell()
        return observation, REWARD_PER_METRE * float(outcome.progress[0]), terminated, truncated, info

    def render(self) -> NDArray[np.uint8] | None:
        """The driver's view as it is now, (720, 1280, 3) uint8; None in mode "human", where the window shows it."""
        return self._picture() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Close the window if there is one."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def __getstate__(self) -> dict[str, Any]:
        """All but the window: where one is open it stays the original's alone."""
        return {**vars(self), "_window": None, "_pace": None, "_unseen": self._unseen or self._window is not None}

    def _tell(self) -> tuple[Observation, Info]:
        observation, info = self._views.single()
        return _observation_at(observation, 0), info

    def _picture(self) -> NDArray[np.uint8]:
        return self.simulator.picture(0, *PICTURE_SIZE)

    def _show(self) -> None:
        """In mode "human", put the picture into the window and hold to the clock."""
        if self._window is None and not self._unseen:
            self._open_window()
        if self._window is not None:
            self._window.show(self._picture())
            self._pace.wait()

    def _open_window(self) -> None:
        """A window; where there is no display a warning, once, as other environments go on there, too."""
        from sim.view.pacing import RateKeeper
        from sim.view.window import DisplayMissing, FrameWindow

        try:
            self._window, self._pace = FrameWindow(ENV_ID, PICTURE_SIZE[::-1]), RateKeeper(FRAMES_PER_SECOND)
        except DisplayMissing as reason:
            gymnasium.logger.warn(f"render_mode 'human': no window ({reason}); nothing is shown")
            self._unseen = True


class DriveVectorEnv(VectorEnv[Any, Any, NDArray[Any]]):
    """`num_envs` roads at once, the same worlds as as many `DriveEnv`s, in one batch.

    Arguments as `DriveEnv`, without the window. autoreset_mode: by default the next episode begins in the step
    that ends one; with "NextStep" in the step after, whose action that world ignores, as Gymnasium's vector wrappers of
    observations want it.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012
        "render_modes": ["rgb_array"],
        "render_fps": FRAMES_PER_SECOND,
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        scenario: str | Scenario = "open-road",
        theme: str | Theme = "train",
        frame_size: tuple[int, int] = FRAME_SIZE,
        field_of_view: float = FIELD_OF_VIEW,
        info_level: InfoLevel = "pose",
        time_limit: float | None = None,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    ) -> None:
        _known("render_mode", render_mode, self.metadata["render_modes"])
        mode = str(autoreset_mode.value if isinstance(autoreset_mode, AutoresetMode) else autoreset_mode)
        _known("autoreset_mode", mode, [each.value for each in AUTORESET_MODES])
        self.metadata = {**self.metadata, "autoreset_mode": AutoresetMode(mode)}
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.simulator = Simulator(num_envs, scenario, theme, frame_size, field_of_view, time_limit)
        self.single_observation_space, self.single_action_space = _spaces(frame_size)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._views = _Views(self.simulator, info_level)
        self._everything = np.arange(num_envs)
        self._seeders = [np.random.default_rng() for _ in range(num_envs)]
        self._driving = np.zeros(num_envs, bool)
        self._over = np.zeros(num_envs, bool)  # ended, and to begin anew in the next step

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: Info | None = None
    ) -> tuple[Observation, Info]:
        """Begin new episodes: worlds seed, seed + 1, ..., or one seed a world, None to draw it.

        `options={"reset_mask": (num_envs,) bool}` begins those only; the others go on, and have no infos.
        """
        rows = np.flatnonzero(_reset_mask(options, self.num_envs))
        seeds = self._world_seeds(seed)
        for row in rows:
            if seeds[row] is not None:
                self._seeders[row] = seeding.np_random(seeds[row])[0]
        self._begin(rows, [seeds[row] for row in rows])
        if not self._driving.all():
            raise ResetNeeded("reset_mask leaves out worlds that were never reset: call reset() for all first")
        return self._tell(rows)

    def step(self, actions: NDArray[np.float32]) -> tuple[Observation, NDArray, NDArray, NDArray, Info]:
        """Drive 0.05 s. Where an episode ends the observation is the next one's first, and `final_obs` and `final_info`
        hold its last; unless it is the next step that resets. ValueError for actions that are not (num_envs, 2) finite
        numbers."""
        if not self._driving.all():
            raise ResetNeeded("step before the first reset of every world: call reset() first")
        if self.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP:
            return self._step_or_begin(np.asarray(actions, np.float32))
        outcome = self.simulator.step(np.asarray(actions, np.float32))
        ended = outcome.terminated | outcome.truncated
        final = self._final(np.flatnonzero(ended))
        observation, infos = self._tell(self._everything)
        return observation, REWARD_PER_METRE * outcome.progress, outcome.terminated, outcome.truncated, infos | final

    def _step_or_begin(self, actions: NDArray[np.float32]) -> tuple[Observation, NDArray, NDArray, NDArray, Info]:
        """A step that begins the next episode where the last one ended, and drives everywhere else."""
        reward = np.zeros(self.num_envs)
        terminated, truncated = np.zeros(self.num_envs, bool), np.zeros(self.num_envs, bool)
        rows, over = np.flatnonzero(~self._over), np.flatnonzero(self._over)
        if len(actions) != self.num_envs:
            raise ValueError(f"actions have shape {actions.shape}; expected ({self.num_envs}, 2)")
        if len(rows):
            outcome = self.simulator.step(actions[rows], rows)
            reward[rows] = REWARD_PER_METRE * outcome.progress
            terminated[rows], truncated[rows] = outcome.terminated, outcome.truncated
        self._begin(over, [None] * len(over))
        self._over = terminated | truncated
        observation, infos = self._tell(self._everything)
        return observation, reward, terminated, truncated, infos

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """Each world's driver's view as it is now, (720, 1280, 3) uint8; None without a render mode."""
        if self.render_mode is None:
            return None
        return tuple(self.simulator.picture(row, *PICTURE_SIZE) for row in range(self.num_envs))

    def _final(self, rows: Rows) -> Info:
        """The last observations and infos of the worlds in `rows`, whose next episodes are then begun."""
        if not len(rows):
            return {}
        observation, info = self._views(rows)
        single = [_observation_at(observation, i) for i in range(len(rows))]
        last = {"final_obs": np.fromiter(single, object, len(rows)), "final_info": info}
        self._begin(rows, [None] * len(rows))
        return _spread(last, rows, self.num_envs)

    def _begin(self, rows: Rows, seeds: Sequence[int | None]) -> None:
        drawn = [
            _next_seed(self._seeders[row]) if seed is None else seed for row, seed in zip(rows, seeds, strict=True)
        ]
        self.simulator.reset(rows, drawn)
        self._driving[rows], self._over[rows] = True, False

    def _tell(self, rows: Rows) -> tuple[Observation, Info]:
        """All observations, and the infos of `rows`."""
        observation, info = self._views()
        if len(rows) < self.num_envs:
            info = _pick(info, rows)
        return observation, _spread(info, rows, self.num_envs)

    def _world_seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, int | np.integer):
            return [int(seed) + row for row in range(self.num_envs)]
        if len(seed) != self.num_envs:
            raise ValueError(f"{len(seed)} seeds for {self.num_envs} worlds: expected one each")
        return list(seed)
