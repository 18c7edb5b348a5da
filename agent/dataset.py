"""Training data as states, not pictures: a row is an instant on a road, drawn afresh in new light each time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from agent.config import Jitter
from agent.restage import approaches, move_along, restage, signed_way
from agent.shown import shown
from sim import expert, track, vehicle
from sim.camera import Camera, Frames
from sim.geometry import wrap_angle
from sim.kinds import NO_OUTLINE, OUTLINE, role_table
from sim.policy import Observation, PolicySpec
from sim.scenario.actors import ROLE, D, S
from sim.simulator import FIELD_OF_VIEW
from sim.theme import sample_looks, training_look
from sim.world import World

LOOK_POOL = 4096
"""Looks drawn once and shared by all frames."""
THEMES_SHARE = 0.5
"""Of the looks that come from the training themes; the rest come from the wider training randomiser."""

CLEAR = (-10.0, 16.0, 3.0)
"""Metres behind, ahead and to either side of a car's middle in which nobody is when the car is put on a road."""
TOUCHING = (-6.0, 6.0, 1.7)
"""The same when the instant is only looked at."""
TRIES = 30
"""Places that are tried for each car; the last is taken as it is."""

PHASES = ("standing", "starting", "braking", "driving")
"""How a car moves when the expert's answer is followed."""


@dataclass(frozen=True)
class Rows:
    """R instants. road (R,) index into the pool; state (R, 7) vehicle states; s (R,) metres along the road; actors
    (R, A, columns) float32, see sim.scenario.actors; situation (R,) cause x phase, see `situations`."""

    road: NDArray[np.int64]
    state: NDArray[np.float64]
    s: NDArray[np.float64]
    actors: NDArray[np.float32]
    situation: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.road)

    def pick(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> "Rows":
        """A copy of some rows."""
        return Rows(*(getattr(self, each.name)[rows] for each in fields(self)))

    @staticmethod
    def joined(parts: list["Rows"]) -> "Rows":
        """All rows of all parts, in order."""
        return Rows(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Rows)))


@dataclass(frozen=True)
class Batch:
    """Frames with the expert's answers: observation of B frames, action (B, 2) float32, and what their pixels show,
    shown (B, H, W) uint8, see `agent.shown`."""

    observation: Observation
    action: NDArray[np.float32]
    shown: NDArray[np.uint8]

    @staticmethod
    def shuffled(parts: list["Batch"], rng: np.random.Generator) -> "Batch":
        """All parts as one, in random order."""
        action, shown = (np.concatenate([getattr(part, name) for part in parts]) for name in ("action", "shown"))
        order = rng.permutation(len(action))
        frame, speed = (np.concatenate([part.observation[name] for part in parts]) for name in ("frame", "speed"))
        return Batch({"frame": frame[order], "speed": speed[order]}, action[order], shown[order])


def situations(cause: NDArray[np.int64], speed: NDArray[np.float64], action: NDArray[np.float32]) -> NDArray[np.int64]:
    """(R,) an id for each pair of the expert's cause and the phase of its driving, from its actions (R, 2)."""
    pedal = action[:, 1]
    chosen = [(speed < 0.5) & (pedal < 0.05), (speed < 3.0) & (pedal >= 0.05), pedal < -0.1]
    return cause * len(PHASES) + np.select(chosen, [0, 1, 2], 3)


class RoadPool:
    """The roads of one scenario in a training run, with what lives on them, and the camera that looks at them."""

    def __init__(self, seeds: Sequence[int], scenario: str, spec: PolicySpec, seed: int) -> None:
        """seeds: the roads'; seed: the run's."""
        self._seeds = [np.random.SeedSequence(each) for each in seeds]
        self.world = World(len(seeds), scenario, time_limit=math.inf)
        self.begin_again()
        self.camera = Camera(*spec.frame_size, spec.view_angle(FIELD_OF_VIEW))
        rngs = [np.random.default_rng([seed, 0, look]) for look in range(LOOK_POOL)]
        count = round(THEMES_SHARE * LOOK_POOL)
        wild = np.stack([training_look(rng) for rng in rngs[count:]])
        self.looks = np.concatenate([sample_looks("train", rngs[:count]), wild])

    def __len__(self) -> int:
        return self.world.n

    def begin_again(self) -> None:
        """Every world at its start: a drive's data must not depend on the drives before it, which a resumed run does
        not repeat."""
        self.world.reset(np.arange(len(self)), self._seeds)

    def no_rows(self) -> Rows:
        """An empty data set."""
        actors = np.zeros((0, *self.world.actors.shape[1:]), np.float32)
        return Rows(np.zeros(0, np.int64), np.zeros((0, 7)), np.zeros(0), actors, np.zeros(0, np.int64))

    def put(self, road: NDArray[np.integer], rng: np.random.Generator) -> None:
        """Put cars at random places of the given roads, up to 2 m and 0.35 rad off the lane, at any likely speed, and
        out of everybody's way; what else lives there goes on."""
        world = self.world
        s, d = self._places(road, rng)
        for _ in range(TRIES):
            blocked = self._blocked(road, world.actors[road], s, d, CLEAR)
            if not blocked.any():
                break
            s[blocked], d[blocked] = self._places(road[blocked], rng)
        x, y, heading = track.to_world(world.tracks, road, s, d)
        n = len(road)
        state = np.zeros((n, 7))
        state[:, vehicle.X], state[:, vehicle.Y] = x, y
        state[:, vehicle.YAW] = heading + rng.normal(0, 0.12, n).clip(-0.35, 0.35)
        state[:, vehicle.SPEED] = rng.uniform(2, 16, n)
        world.vehicle[road], world.s[road], world.d[road] = state, s, d
        world.heading_error[road] = wrap_angle(state[:, vehicle.YAW] - heading)
        self.keep_going(road)

    def keep_going(self, road: NDArray[np.integer]) -> None:
        """A training drive has no goal, and no end."""
        self.world.distance[road], self.world.ended[road] = 0.0, False

    def cars(self) -> Rows:
        """This instant in every world; the situations are still to be told."""
        world = self.world
        road = np.arange(len(self))
        actors = world.actors.astype(np.float32)
        return Rows(road, world.vehicle.copy(), world.s.copy(), actors, np.zeros(len(self), np.int64))

    def label(self, rows: Rows) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The expert's actions (R, 2) and its causes (R,)."""
        world, actors = self.world, rows.actors.astype(np.float64)
        action, cause, _ = expert.decide(world.tracks, world.line, rows.road, rows.state, rows.s, actors)
        return action, cause

    def observe(self, rows: Rows, rng: np.random.Generator) -> Observation:
        """Draw the frames, each in a look of its own."""
        return self._observation(rows, self._render(rows, rng, 0.0, truth=False))

    def _render(self, rows: Rows, rng: np.random.Generator, pitch: float, *, truth: bool) -> Frames:
        """The frames of some rows, each in a look of its own, up to `pitch` radians up or down."""
        n, world = len(rows), self.world
        looks = self.looks[rng.integers(len(self.looks), size=n)]
        columns = [rows.state[:, vehicle.X], rows.state[:, vehicle.Y], rows.state[:, vehicle.YAW]]
        poses = np.stack([*columns, rng.uniform(-pitch, pitch, n)], 1)
        objects = world.scenario.draw(world.tracks, rows.road, rows.actors.astype(np.float64), world.objects[rows.road])
        return self.camera.render(world.scene(), rows.road, poses, looks, objects=objects, truth=truth)

    @staticmethod
    def _observation(rows: Rows, frames: Frames) -> Observation:
        return {"frame": frames.rgb, "speed": rows.state[:, vehicle.SPEED, None].astype(np.float32)}

    def batch(self, rows: Rows, jitter: Jitter, rng: np.random.Generator) -> Batch:
        """Stage some instants anew, move the cars a little, draw what they see, and ask the expert what to do there.

        `rows` is changed.
        """
        n = len(rows)
        self._restage(rows, jitter, rng)
        moved = rng.random(n) < jitter.share
        shift = rng.uniform(-jitter.shift, jitter.shift, n) * moved
        yaw, speed = rows.state[:, vehicle.YAW], rows.state[:, vehicle.SPEED]
        rows.state[:, vehicle.X] -= np.sin(yaw) * shift
        rows.state[:, vehicle.Y] += np.cos(yaw) * shift
        yaw += rng.uniform(-jitter.yaw, jitter.yaw, n) * moved
        speed += rng.uniform(-jitter.speed, jitter.speed, n) * moved
        np.maximum(speed, 0.0, out=speed)
        frames = self._render(rows, rng, jitter.pitch, truth=True)
        assert frames.instance is not None  # as the truth was asked for
        return Batch(self._observation(rows, frames), self.label(rows)[0], shown(frames.instance, rows.actors))

    def _restage(self, rows: Rows, jitter: Jitter, rng: np.random.Generator) -> None:
        """Other lamps and people, and the cars farther back or ahead, in some of the rows."""
        which = rng.random(len(rows)) < jitter.restaged
        some, tracks = rows.pick(which), self.world.tracks
        lap = tracks.length[some.road]
        by = rng.uniform(-jitter.along, jitter.along, len(some))
        far = rng.random(len(some)) < jitter.approaching
        by[far] = approaches(some.actors[far], some.s[far], lap[far], rng)
        move_along(
            tracks, some.road, some.state, some.s, by,
            lambda s, d: ~self._blocked(some.road, some.actors, s, d, TOUCHING),
        )  # fmt: skip
        restage(some.actors, some.s, lap, rng)
        rows.state[which], rows.s[which], rows.actors[which] = some.state, some.s, some.actors

    def _places(
        self, road: NDArray[np.integer], rng: np.random.Generator
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """s and d (B,) of random places near the line that the expert drives."""
        s = rng.uniform(0, self.world.tracks.length[road])
        line = self.world.line[road, (s / track.SPACING).astype(np.int64)]
        return s, line + rng.normal(0, 0.8, len(road)).clip(-2, 2)

    def _blocked(
        self,
        road: NDArray[np.integer],
        others: NDArray[np.floating],
        s: NDArray[np.float64],
        d: NDArray[np.float64],
        room: tuple[float, float, float],
    ) -> NDArray[np.bool_]:
        """(B,) whether one of `others` (B, A, columns) is within `room` (as CLEAR) of a car at s, d."""
        behind, ahead, beside = room
        gap = signed_way(s[:, None], others[..., S], self.world.tracks.length[road, None])
        near = (gap > behind) & (gap < ahead) & (np.abs(others[..., D] - d[:, None]) < beside)
        solid = role_table()[others[..., ROLE].astype(np.intp), OUTLINE] != NO_OUTLINE
        return np.asarray((near & solid).any(1))


class Sampling:
    """Draws rows so that what is rare is seen often: a situation's share goes with its rows to the power of POWER.

    Standing and cruising are most of the time on the road; what decides a drive is short.
    """

    POWER = 0.25
    LEAST = 100
    """Rows that every situation counts as having at least, so that a handful is not shown over and over."""

    def __init__(self, situation: NDArray[np.int64]) -> None:
        count = np.maximum(np.bincount(situation), self.LEAST)
        self._cumulative = np.cumsum(count[situation] ** (self.POWER - 1))

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[np.intp]:
        """n row numbers, with replacement."""
        return np.searchsorted(self._cumulative, rng.random(n) * self._cumulative[-1], side="right")
