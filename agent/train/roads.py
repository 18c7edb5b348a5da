"""The roads of a training run: cars are put on them and driven, and any row met there can be drawn and labelled."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent.train.drives import Rows
from agent.train.restage import signed_way
from sim import expert, track, vehicle
from sim.camera import Frames
from sim.geometry import wrap_angle
from sim.kinds import NO_OUTLINE, OUTLINE, role_table
from sim.policy import Observation, PolicySpec
from sim.scenario.actors import ROLE, D, S
from sim.simulator import FIELD_OF_VIEW, Simulator
from sim.theme import sample_looks, training_look

LOOK_POOL = 4096
"""Looks drawn once and shared by all frames."""

CLEAR = (-10.0, 16.0, 3.0)
"""Metres behind, ahead and to either side of a car's middle in which nobody is when the car is put on a road."""
TOUCHING = (-6.0, 6.0, 1.7)
"""The same when the instant is only looked at."""
TRIES = 30
"""Places that are tried for each car; the last is taken as it is."""


class RoadPool:
    """The roads of one scenario in a training run, with what lives on them, and the camera that looks at them."""

    def __init__(
        self, seeds: Sequence[int], scenario: str, spec: PolicySpec, seed: int, themes_share: float = 0.5
    ) -> None:
        """seeds: the roads'; seed: the run's; themes_share: see `agent.config.Dagger`."""
        angle = spec.view_angle(FIELD_OF_VIEW)
        self._seeds = seeds
        self._simulator = Simulator(
            len(seeds), scenario, frame_size=spec.frame_size, field_of_view=angle, time_limit=math.inf
        )
        self.world, self.camera = self._simulator.world, self._simulator.camera
        self.begin_again()
        rngs = [np.random.default_rng([seed, 0, look]) for look in range(LOOK_POOL)]
        count = round(themes_share * LOOK_POOL)
        looks = [sample_looks("train", rngs[:count])] if count else []
        wild = [training_look(rng)[None] for rng in rngs[count:]]
        self.looks = np.concatenate([*looks, *wild])

    def __len__(self) -> int:
        return self.world.n

    def begin_again(self) -> None:
        """Every world at its start: a drive's data must not depend on the drives before it, which a resumed run does
        not repeat."""
        self._simulator.reset(np.arange(len(self)), self._seeds)

    def no_rows(self) -> Rows:
        """An empty data set."""
        actors = np.zeros((0, *self.world.actors.shape[1:]), np.float32)
        numbers = np.zeros((4, 0), np.int64)
        return Rows(numbers[0], np.zeros((0, 7)), np.zeros(0), actors, *numbers[1:])

    def put(self, road: NDArray[np.integer], rng: np.random.Generator) -> None:
        """Put cars at random places of the given roads, up to 2 m and 0.35 rad off the lane, at any likely speed, and
        out of everybody's way; what else lives there goes on."""
        world = self.world
        s, d = self._places(road, rng)
        for _ in range(TRIES):
            blocked = self.blocked(road, world.actors[road], s, d, CLEAR)
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
        """This instant in every world; situation, drive and step are still to be told."""
        world = self.world
        road, untold = np.arange(len(self)), np.zeros((3, len(self)), np.int64)
        return Rows(road, world.vehicle.copy(), world.s.copy(), world.actors.astype(np.float32), *untold)

    def label(self, rows: Rows) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The expert's actions (R, 2) and its causes (R,)."""
        world, actors = self.world, rows.actors.astype(np.float64)
        action, cause, _ = expert.decide(world.tracks, world.line, rows.road, rows.state, rows.s, actors)
        return action, cause

    def observe(self, rows: Rows, rng: np.random.Generator) -> Observation:
        """Draw the frames, each in a look of its own."""
        return self.observation(rows, self.render(rows, *self.conditions(len(rows), 0.0, rng)))

    def conditions(
        self, n: int, pitch: float, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """n random looks, and how far the camera is pitched, up to `pitch` radians up or down."""
        return self.looks[rng.integers(len(self.looks), size=n)], rng.uniform(-pitch, pitch, n)

    def render(
        self, rows: Rows, looks: NDArray[np.float32], pitch: NDArray[np.float64], *, truth: bool = False
    ) -> Frames:
        """The frames of some rows, in these looks and pitches (R,)."""
        world = self.world
        columns = [rows.state[:, vehicle.X], rows.state[:, vehicle.Y], rows.state[:, vehicle.YAW]]
        poses = np.stack([*columns, pitch], 1)
        objects = world.scenario.draw(world.tracks, rows.road, rows.actors.astype(np.float64), world.objects[rows.road])
        return self.camera.render(world.scene(), rows.road, poses, looks, objects=objects, truth=truth)

    @staticmethod
    def observation(rows: Rows, frames: Frames) -> Observation:
        """What a policy is given there."""
        return {"frame": frames.rgb, "speed": rows.state[:, vehicle.SPEED, None].astype(np.float32)}

    def _places(
        self, road: NDArray[np.integer], rng: np.random.Generator
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """s and d (B,) of random places near the line that the expert drives."""
        s = rng.uniform(0, self.world.tracks.length[road])
        line = self.world.line[road, (s / track.SPACING).astype(np.int64)]
        return s, line + rng.normal(0, 0.8, len(road)).clip(-2, 2)

    def blocked(
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
