"""N worlds with their looks and their camera: what the environments, the rollout and the training share."""

import math
from collections.abc import Sequence
from functools import lru_cache, partial
from threading import local
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import expert
from sim.camera import Camera, Frames
from sim.policy import Observation
from sim.scenario import Scenario
from sim.theme import LOOK_SIZE, resolve, sample_look
from sim.vehicle import SPEED
from sim.world import Outcome, Snapshot, World

FRAME_SIZE = (72, 128)
"""Default policy frame, (height, width) in pixels: 16:9."""

FIELD_OF_VIEW = math.radians(80)
"""Default horizontal field of view in radians."""

KEPT_SIZES = 4
"""Display cameras kept for use again: a window, a recording, and a few that a person who resizes leaves behind."""

Rows = NDArray[np.integer]
"""Indices of worlds."""


class SimulatorSnapshot(NamedTuple):
    """Worlds at one instant, and how they look: what `Simulator.snapshot` gives and `Simulator.restore` takes."""

    world: Snapshot
    looks: NDArray[np.float32]
    theme_names: list[str]
    seeds: NDArray[np.int64]


class Simulator:
    """World, looks and camera for n episodes at once; row i of every array belongs to world i.

    theme: a theme's name, or "train" or "heldout" for any of that split, drawn by each world from its own looks stream.
    frame_size: (height, width) in pixels. field_of_view: horizontal, radians. time_limit: seconds, None for 1.5 x the
    expert's time of the track. Unknown names and impossible sizes raise ValueError.
    """

    def __init__(
        self,
        n: int,
        scenario: str | Scenario = "open-road",
        theme: str = "train",
        frame_size: tuple[int, int] = FRAME_SIZE,
        field_of_view: float = FIELD_OF_VIEW,
        time_limit: float | None = None,
    ) -> None:
        if n < 1:
            raise ValueError(f"number of worlds {n}: expected at least 1")
        self.themes = resolve(theme)
        self.use_camera(frame_size, field_of_view)
        self.world = World(n, scenario, time_limit)
        self.looks = np.zeros((n, LOOK_SIZE), np.float32)
        self.theme_names = [""] * n
        self.seeds = np.zeros(n, np.int64)
        self._everything = np.arange(n)

    @property
    def n(self) -> int:
        """How many worlds."""
        return self.world.n

    def use_camera(self, frame_size: tuple[int, int], field_of_view: float) -> None:
        """From now on observe with this camera; ValueError for impossible sizes."""
        self.frame_size, self.field_of_view = _frame_size(frame_size), field_of_view
        self.camera = Camera(*self.frame_size, field_of_view)
        self._display = _Displays(field_of_view)

    def reset(self, rows: Rows, seeds: Sequence[int]) -> None:
        """Begin new episodes in `rows`, one seed each: track, scene and look are functions of the seed alone."""
        self.world.reset(rows, [_seed_sequence(seed) for seed in seeds])
        for row, seed in zip(rows, seeds, strict=True):
            stream = self.world.streams[row].looks
            theme = self.themes[int(stream.integers(len(self.themes)))]
            self.seeds[row], self.theme_names[row] = seed, theme.name
            self.looks[row] = sample_look(theme, stream)

    def step(self, actions: NDArray[np.float32], rows: Rows | None = None) -> Outcome:
        """One control step of the worlds in `rows` (all by default); see `World.step`."""
        return self.world.step(actions, rows)

    def snapshot(self) -> SimulatorSnapshot:
        """This instant of all worlds, looks included, for `restore`: what follows then is the same, bit for bit."""
        return SimulatorSnapshot(self.world.snapshot(), self.looks.copy(), list(self.theme_names), self.seeds.copy())

    def restore(self, snapshot: SimulatorSnapshot) -> None:
        """Put all worlds back to that instant; ValueError for another scenario or another number of worlds."""
        self.world.restore(snapshot.world)
        self.looks[:], self.seeds[:] = snapshot.looks, snapshot.seeds
        self.theme_names = list(snapshot.theme_names)

    def observe(
        self,
        rows: Rows | None = None,
        *,
        objects: NDArray[np.float32] | None = None,
        without: NDArray[np.integer] | None = None,
    ) -> Observation:
        """What a policy is given, in fresh arrays: frame (B, H, W, 3) uint8 and speed (B, 1) float32 in m/s.

        objects: (B, M, 9), see sim.scene, to be seen instead of the worlds'. without: (B,) the row of an object that is
        not to be seen, -1 for none.
        """
        return self.observation(self._draw(rows, objects=objects, without=without), rows)

    def truth(self, rows: Rows | None = None) -> Frames:
        """The same pictures with each pixel's class, object and depth."""
        return self._draw(rows, truth=True)

    def influence(self, without: NDArray[np.integer], rows: Rows | None = None) -> NDArray[np.bool_]:
        """Where `observe` may change without the objects `without` (B,): (B, H, W); see `Camera.influence`."""
        rows = self.rows(rows)
        return self.camera.influence(self.world.scene(), rows, self.world.poses(rows), self.looks[rows], without)

    def observation(self, frames: Frames, rows: Rows | None = None) -> Observation:
        """`frames` of the worlds in `rows`, as an observation."""
        speed = self.world.vehicle[:, SPEED : SPEED + 1].astype(np.float32)
        return {"frame": frames.rgb, "speed": speed if rows is None else speed[rows]}

    def expert(
        self, rows: Rows | None = None, *, actors: NDArray[np.float64] | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
        """What the privileged driver would do now: actions (B, 2); the causes (B,), indices into `sim.kinds.CAUSES`;
        and the object that is the cause, (B,) a row of `World.objects` or -1. actors: (B, A, columns) to drive among
        instead of the worlds'."""
        rows, world = self.rows(rows), self.world
        among = world.actors[rows] if actors is None else actors
        return expert.decide(world.tracks, world.line, rows, world.vehicle[rows], world.s[rows], among)

    def picture(
        self,
        row: int,
        height: int,
        width: int,
        pose: NDArray[np.float64] | None = None,
        out: NDArray[np.uint8] | None = None,
        *,
        objects: NDArray[np.float32] | None = None,
    ) -> NDArray[np.uint8]:
        """One world for a person: (height, width, 3) uint8, from the policy camera's pose, or from `pose` (3 or 4,).

        out: an array of that shape to draw into. objects: (M, 9), see sim.scene, to be shown instead of the world's.
        """
        rows = np.array([row])
        poses = self.world.poses(rows) if pose is None else np.asarray(pose, np.float64)[None]
        into = None if out is None else out[None]
        shown = None if objects is None else objects[None]
        camera, scene = self._display.camera(height, width), self.world.scene()
        return camera.render(scene, rows, poses, self.looks[rows], out=into, objects=shown).rgb[0]

    def rows(self, rows: Rows | None) -> Rows:
        """`rows`, or all of them for None."""
        return self._everything if rows is None else rows

    def _draw(
        self,
        rows: Rows | None,
        *,
        truth: bool = False,
        objects: NDArray[np.float32] | None = None,
        without: NDArray[np.integer] | None = None,
    ) -> Frames:
        looks = self.looks if rows is None else self.looks[rows]
        scene, poses = self.world.scene(), self.world.poses(rows)
        return self.camera.render(scene, self.rows(rows), poses, looks, truth=truth, objects=objects, without=without)


class _Displays(local):
    """Cameras for people, by height and width, each thread's own: a camera draws one picture at a time."""

    def __init__(self, field_of_view: float) -> None:
        self.camera = lru_cache(maxsize=KEPT_SIZES)(partial(Camera, field_of_view=field_of_view))


def _frame_size(size: object) -> tuple[int, int]:
    """`size` as (height, width); ValueError unless it is a pair."""
    if not isinstance(size, Sequence) or len(size) != 2:
        raise ValueError(f"frame_size {size!r}: expected (height, width) in pixels")
    return size[0], size[1]


def _seed_sequence(seed: int) -> np.random.SeedSequence:
    """The chance of world `seed`; ValueError unless it is a whole number that fits 63 bits."""
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise ValueError(f"seed {seed!r}: expected a whole number from 0 to 2**63 - 1")
    return np.random.SeedSequence(int(seed))
