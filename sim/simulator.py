"""N worlds with their looks and their camera: what the environments, the rollout and the training share."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from threading import local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim import expert
from sim.camera import Camera, Frames
from sim.instant import Instants
from sim.policy import DRIVING, Observation
from sim.scenario import Scenario, name_of
from sim.scenario.actors import NONE, ROLE
from sim.theme import LOOK_SIZE, Theme, resolve, sample_look
from sim.vehicle import CONTROL_STEP, SPEED
from sim.world import ENDINGS, Outcome, World, off_road_share, spawn_streams

FRAME_SIZE = (72, 128)
"""Default policy frame, (height, width) in pixels: 16:9."""

FIELD_OF_VIEW = math.radians(80)
"""Default horizontal field of view in radians."""

KEPT_SIZES = 4
"""Display cameras kept for use again: a window, a recording, and a few that a person who resizes leaves behind."""

Rows = NDArray[np.integer]
"""Indices of worlds."""


class Simulator:
    """World, looks and camera for n episodes at once; row i of every array belongs to world i.

    scenario, theme: by name, as "FILE.py:object" or "module:object" (see `sim.lookup`), or the objects themselves.
    theme: also "train" or "heldout" for any shipped one of that split, drawn by each world from its own looks stream.
    frame_size: (height, width) in pixels. field_of_view: horizontal, radians. time_limit: seconds, None for 1.5 x the
    expert's time of the track. Unknown names and impossible sizes raise ValueError.
    """

    def __init__(
        self,
        n: int,
        scenario: str | Scenario = "open-road",
        theme: str | Theme = "train",
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
        self._begun = np.zeros(n, bool)

    @property
    def n(self) -> int:
        """How many worlds."""
        return self.world.n

    observes = ("frame", "speed")
    actions = DRIVING
    step_seconds = CONTROL_STEP

    def telemetry(self, rows: Rows, instants: Instants) -> dict[str, NDArray[np.float64]]:
        """What `sim.rollout` notes of every control step; see `Instants.telemetry`."""
        return instants.telemetry()

    def outcome(self, row: int) -> dict[str, Any]:
        """What has become of the drive in that row so far.

        ended: one of `sim.world.ENDINGS`. theme; infractions: name -> count; near_misses; route_completion and
        off_road_share, in [0, 1]; route_length and distance, metres; expert_time, seconds.
        """
        world = self.world
        distance = float(world.distance[row])
        return {
            "ended": ENDINGS[world.endings[row]],
            "theme": self.theme_names[row],
            "infractions": dict(zip(world.infraction_names, map(int, world.infractions[row]), strict=True)),
            "near_misses": int(world.near_misses[row]),
            "route_completion": float(world.route_completion[row]),
            "route_length": float(world.route_length[row]),
            "distance": distance,
            "off_road_share": float(off_road_share(world.off_road_distance[row], world.distance[row])),
            "expert_time": float(world.tracks.expert_time[row]),
        }

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
            self._begun[row] = True

    def set_theme(self, rows: Rows, theme: Theme) -> None:
        """Show these worlds, and the episodes that begin from now on, in this theme. What drives there drives on."""
        self.themes = (theme,)
        for row, seed in zip(rows.tolist(), self.seeds[rows].tolist(), strict=True):
            self.theme_names[row] = theme.name
            self.looks[row] = sample_look(theme, spawn_streams(_seed_sequence(seed)).looks)

    def step(self, actions: NDArray[np.float32], rows: Rows | None = None) -> Outcome:
        """One control step of the worlds in `rows` (all by default); see `World.step`."""
        return self.world.step(actions, rows)

    def instants(self, rows: Rows | None = None) -> Instants:
        """This moment of some worlds, as values; what the expert says of it included."""
        rows = self.rows(rows)
        state = self.world.state(rows)
        action, cause, culprit = expert.decide(
            self.world.tracks, self.world.line, rows, state.vehicle, state.figure("s"), state.actors
        )
        return Instants(
            **vars(state),
            row=rows.astype(np.int64),
            seed=self.seeds[rows],
            theme=np.array([self.theme_names[row] for row in rows], np.str_),
            look=self.looks[rows],
            expert_action=action,
            cause=cause,
            culprit=culprit,
            scenario=self.world.scenario,
        )

    def restore(self, instants: Instants) -> None:
        """Put worlds back to these instants, of these or of other worlds of the same scenario: what follows then is the
        same, bit for bit. Rows whose episode is another one begin anew first. ValueError for another scenario, or for
        rows that there are not."""
        if instants.scenario != self.world.scenario:
            theirs, ours = name_of(instants.scenario), name_of(self.world.scenario)
            raise ValueError(f"instants of scenario {theirs}: expected {ours}, as these worlds are")
        other = self.seeds[instants.row] != instants.seed
        fresh = other | ~self._begun[instants.row]
        self.reset(instants.row[fresh], instants.seed[fresh].tolist())
        self.world.put(instants.row, instants)
        self.looks[instants.row] = instants.look
        for row, theme in zip(instants.row.tolist(), instants.theme.tolist(), strict=True):
            self.theme_names[row] = theme

    def without(self, instants: Instants, objects: NDArray[np.integer]) -> Instants:
        """The same instants without one actor each: objects (R,) rows of the table of objects, -1 for nobody.

        The expert is asked anew. ValueError for rows that are no actors.
        """
        self._check(instants)
        most, n = instants.actors.shape[1], len(instants)
        if len(objects) != n or (n and not -1 <= objects.min() <= objects.max() < most):
            raise ValueError(
                f"objects {np.asarray(objects).tolist()}: expected {len(instants)} rows from -1 to {most - 1}"
            )
        actors, gone = instants.actors.copy(), np.flatnonzero(objects >= 0)
        actors[gone, objects[gone], ROLE] = NONE
        world = self.world
        action, cause, culprit = expert.decide(
            world.tracks, world.line, instants.row, instants.vehicle, instants.figure("s"), actors
        )
        return replace(instants, actors=actors, expert_action=action, cause=cause, culprit=culprit)

    def objects(self, instants: Instants) -> NDArray[np.float32]:
        """All that stands and moves there, (R, M, columns), see `sim.scene`. ValueError where the episode is over."""
        self._check(instants)
        world = self.world
        return world.scenario.draw(world.tracks, instants.row, instants.actors, world.objects[instants.row])

    def draw(
        self,
        instants: Instants,
        camera: Camera | None = None,
        *,
        poses: NDArray[np.float64] | None = None,
        objects: NDArray[np.float32] | None = None,
        truth: bool = False,
        out: NDArray[np.uint8] | None = None,
    ) -> Frames:
        """Pictures of any instants of the episodes that these worlds are in, past ones too; bit for bit those that were
        drawn then.

        camera: the policy's by default. poses: (R, 3 or 4) to look from, the cars' by default. objects: (R, M, columns)
        to show in place of the instants' own. ValueError where an instant is of another episode.
        """
        self._check(instants)
        shown = self.objects(instants) if objects is None else objects
        poses = instants.pose if poses is None else poses
        with_camera, scene = camera or self.camera, self.world.scene()
        return with_camera.render(scene, instants.row, poses, instants.look, truth=truth, out=out, objects=shown)

    def observe_at(self, instants: Instants, *, objects: NDArray[np.float32] | None = None) -> Observation:
        """What a policy would be given at these instants; see `observe`. objects: their own, where they are at hand."""
        frame = self.draw(instants, objects=objects).rgb
        return {"frame": frame, "speed": instants.speed[:, None].astype(np.float32)}

    def _check(self, instants: Instants) -> None:
        """ValueError unless the instants are of the episodes that these worlds are in."""
        strangers = np.flatnonzero(self.seeds[instants.row] != instants.seed)
        if instants.scenario != self.world.scenario or len(strangers):
            seeds = instants.seed[strangers[:1]].tolist() or [name_of(instants.scenario)]
            raise ValueError(f"an instant of {seeds[0]}: expected one of the episodes that these worlds are in")

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
        camera, scene = self.display(height, width), self.world.scene()
        return camera.render(scene, rows, poses, self.looks[rows], out=into, objects=shown).rgb[0]

    def display(self, height: int, width: int) -> Camera:
        """This thread's camera for people: the policy's, at another size."""
        return self._display.camera(height, width)

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
        self._field_of_view = field_of_view
        self.camera = lru_cache(maxsize=KEPT_SIZES)(partial(Camera, field_of_view=field_of_view))

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy makes cameras of its own."""
        return _Displays, (self._field_of_view,)


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
