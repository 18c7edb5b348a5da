"""Training data as states, not pictures: a row is a pose on a road, drawn afresh in new light each time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.config import Jitter
from sim import expert, track, vehicle
from sim.camera import Camera
from sim.policy import Observation, PolicySpec
from sim.theme import sample_looks, training_look
from sim.world import World

LOOK_POOL = 4096
"""Looks drawn once and shared by all frames."""
THEMES_SHARE = 0.5
"""Of the looks that come from the training themes; the rest come from the wider training randomiser."""

LANE = -0.5 * 3.5
"""Metres left of the centre line at which the expert drives."""


@dataclass(frozen=True)
class Rows:
    """road (R,) index into the pool; state (R, 7) vehicle states; s (R,) metres along the road."""

    road: NDArray[np.int64]
    state: NDArray[np.float64]
    s: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.road)

    def pick(self, rows: NDArray[np.int64]) -> "Rows":
        """A copy of some rows."""
        return Rows(self.road[rows], self.state[rows].copy(), self.s[rows])

    @staticmethod
    def joined(parts: list["Rows"]) -> "Rows":
        """All rows of all parts, in order."""
        return Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("road", "state", "s")))


@dataclass(frozen=True)
class Batch:
    """Frames with the expert's answers: observation of B frames, action (B, 2) float32."""

    observation: Observation
    action: NDArray[np.float32]


class RoadPool:
    """The roads of a training run, and the camera that looks at them."""

    def __init__(self, roads: int, scenario: str, spec: PolicySpec, seed: int) -> None:
        seeds = [np.random.SeedSequence((seed * roads + road) % 10_000) for road in range(roads)]
        self.world = World(roads, scenario)
        self.world.reset(np.arange(roads), seeds)
        self.camera = Camera(*spec.frame_size, spec.field_of_view)
        rngs = [np.random.default_rng([seed, 0, look]) for look in range(LOOK_POOL)]
        count = round(THEMES_SHARE * LOOK_POOL)
        wild = np.stack([training_look(rng) for rng in rngs[count:]])
        self.looks = np.concatenate([sample_looks("train", rngs[:count]), wild])

    def __len__(self) -> int:
        return self.world.n

    def place(self, road: NDArray[np.int64], rng: np.random.Generator) -> Rows:
        """Cars at random places on the given roads, up to 2 m and 0.35 rad off the lane, at any likely speed."""
        n = len(road)
        s = rng.uniform(0, self.world.tracks.length[road])
        x, y, heading = track.to_world(self.world.tracks, road, s, LANE + rng.normal(0, 0.8, n).clip(-2, 2))
        state = np.zeros((n, 7))
        state[:, vehicle.X], state[:, vehicle.Y] = x, y
        state[:, vehicle.YAW] = heading + rng.normal(0, 0.12, n).clip(-0.35, 0.35)
        state[:, vehicle.SPEED] = rng.uniform(2, 16, n)
        return Rows(road.copy(), state, s)

    def locate(self, rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the cars are now: s and lateral offset d, (R,) each; rows.s is the hint."""
        x, y = rows.state[:, vehicle.X], rows.state[:, vehicle.Y]
        s, d, _ = track.locate(self.world.tracks, rows.road, x, y, rows.s)
        return s, d

    def label(self, rows: Rows) -> NDArray[np.float32]:
        """The expert's actions (R, 2)."""
        world, road = self.world, rows.road
        return expert.decide(world.tracks, world.line, road, rows.state, rows.s, world.actors[road])[0]

    def observe(self, rows: Rows, rng: np.random.Generator, pitch: float = 0.0) -> Observation:
        """Draw the frames, each in a look of its own; `pitch` radians at most up or down."""
        n = len(rows)
        looks = self.looks[rng.integers(len(self.looks), size=n)]
        columns = [rows.state[:, vehicle.X], rows.state[:, vehicle.Y], rows.state[:, vehicle.YAW]]
        poses = np.stack([*columns, rng.uniform(-pitch, pitch, n)], 1)
        frames = self.camera.render(self.world.scene(), rows.road, poses, looks).rgb
        return {"frame": frames, "speed": rows.state[:, vehicle.SPEED, None].astype(np.float32)}

    def batch(self, rows: Rows, jitter: Jitter, rng: np.random.Generator) -> Batch:
        """Move the cars a little, draw what they see, and ask the expert what to do there. `rows` is changed."""
        n = len(rows)
        moved = rng.random(n) < jitter.share
        shift = rng.uniform(-jitter.shift, jitter.shift, n) * moved
        yaw = rows.state[:, vehicle.YAW]
        rows.state[:, vehicle.X] -= np.sin(yaw) * shift
        rows.state[:, vehicle.Y] += np.cos(yaw) * shift
        rows.state[:, vehicle.YAW] += rng.uniform(-jitter.yaw, jitter.yaw, n) * moved
        return Batch(self.observe(rows, rng, jitter.pitch), self.label(rows))
