"""N worlds at once: seeding, stepping, events and infractions. State only, no drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim import vehicle as car
from sim.columns import Columns
from sim.contact import SHORT_TIME, find_contacts, passes_close, time_to_collision
from sim.geometry import wrap_angle
from sim.jit import kernel
from sim.kinds import INFRACTIONS, role_table
from sim.scenario import Furnishing, Scenario
from sim.scenario import scenario as find_scenario
from sim.scenario.actors import ACTOR_COLUMNS, Traffic
from sim.scenario.drawn import draw_actors
from sim.scene import DECAL_COLUMNS, LANE_WIDTH, OBJECT_COLUMNS, Scene
from sim.track import LANE_CENTRE, MAX_POINTS, START_SHARE, Tracks, project, to_world

ENDINGS = ("", "route done", "crash", "road left", "time limit")
"""How an episode ended; a world's `endings` is the index here, 0 while it drives."""

FIGURES = (
    *("s", "d", "heading_error", "acceleration", "distance", "off_road_distance", "cost", "time_limit"),
    *("time_to_collision", "near_misses", "near"),
)
"""Single numbers of a world, see `World`; `near` is 1 during a near miss."""

TIME_ALLOWANCE = 1.5
"""The time limit, in expert's times of that track."""

LEFT_FOR_GOOD = 9.0
"""Metres from the centre line at which the road counts as left for good and the episode ends."""

_DRIVING, _ROUTE_DONE, _CRASH, _ROAD_LEFT, _TIME_OVER = range(len(ENDINGS))
_OFF_ROAD, _WRONG_LANE = map(INFRACTIONS.index, ("off-road", "wrong-lane"))


class Streams(NamedTuple):
    """A world's own sources of chance; none of them disturbs another."""

    track: np.random.Generator
    scene: np.random.Generator
    looks: np.random.Generator
    noise: np.random.Generator


class Outcome(NamedTuple):
    """What one step did to the B worlds that were stepped.

    progress (B,) metres along the route; cost (B,) infractions in this step; terminated and truncated (B,) bool;
    infractions_now (B, I) int32, by `World.infraction_names`.
    """

    progress: NDArray[np.float64]
    cost: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    infractions_now: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class WorldState(Columns):
    """All that changes in R worlds while they drive; the rest is a function of scenario and seed.

    vehicle (R, 7), infractions (R, kinds), ended, ending (R,), actors (R, A, columns): as in `World`. step (R,):
    control steps so far. figures (R, len(FIGURES)).
    """

    vehicle: NDArray[np.float64]
    figures: NDArray[np.float64]
    infractions: NDArray[np.int32]
    step: NDArray[np.int64]
    ended: NDArray[np.bool_]
    ending: NDArray[np.int8]
    actors: NDArray[np.float64]

    def figure(self, name: str) -> NDArray[np.float64]:
        """(R,) one of FIGURES."""
        return self.figures[:, FIGURES.index(name)]


def spawn_streams(seed: np.random.SeedSequence) -> Streams:
    """The streams of one seed: the same ones however often it is asked (SeedSequence.spawn itself keeps count)."""
    fresh = np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key, pool_size=seed.pool_size)
    return Streams(*map(np.random.default_rng, fresh.spawn(len(Streams._fields))))


def route_completion(distance: NDArray[np.float64], route_length: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the route driven, in [0, 1], by metres."""
    return np.minimum(np.maximum(distance / np.maximum(route_length, 1.0), 0.0), 1.0)


def off_road_share(off_road_distance: NDArray[np.float64], distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the way driven beyond the road's edge, in [0, 1], by metres."""
    return np.minimum(1.0, off_road_distance / np.maximum(distance, 1e-9))


class World:
    """N worlds in arrays that lead with N; reset and step touch the given rows only.

    vehicle (N, 7) see sim.vehicle; acceleration (N,) m/s2; s, d (N,) m and heading_error (N,) rad of the car against
    the road; distance (N,) m driven along the route; route_length (N,) m, one lap; infractions (N, I) int32
    so far, by infraction_names; cost (N,) of the last step; off_road_distance (N,) m driven beyond the road's edge;
    steps (N,); time_limit (N,) s; ended (N,) bool, true before the first reset; endings (N,) into ENDINGS.
    time_to_collision (N,) s and near_misses (N,) so far: see sim.contact. objects (N, M, 9) see sim.scene.
    actors (N, A, columns) see sim.scenario.actors; row a is drawn as row a of objects. line (N, MAX_POINTS) m: the d
    that leaves room for what stands in the way, at each sample of the track. decals and pavement: see sim.scene.
    """

    def __init__(self, n: int, scenario: str | Scenario = "open-road", time_limit: float | None = None) -> None:
        """n worlds of one scenario, by name or made of parts; time_limit in seconds, None for TIME_ALLOWANCE x what a
        careful driver needs."""
        if n < 1:
            raise ValueError(f"n is {n}; expected at least 1 world")
        if time_limit is not None and not time_limit > 0:
            raise ValueError(f"time_limit is {time_limit}; expected seconds > 0, or None")
        self.n = n
        self.scenario = find_scenario(scenario)
        self.tracks = Tracks.empty(n)
        self.objects = np.zeros((n, self.scenario.max_objects, len(OBJECT_COLUMNS)), np.float32)
        self.actors = np.zeros((n, self.scenario.max_actors, len(ACTOR_COLUMNS)))
        self.line = np.full((n, MAX_POINTS), LANE_CENTRE)
        self.decals = np.zeros((n, self.scenario.max_decals, len(DECAL_COLUMNS)), np.float32)
        self.pavement = np.zeros(n, np.float32)
        self._delay = np.zeros(n)
        self.streams = [spawn_streams(np.random.SeedSequence(0))] * n  # until the first reset
        self.vehicle = np.zeros((n, 7))
        self._figures = np.zeros((len(FIGURES), n))
        self._name_figures()
        self.endings = np.zeros(n, np.int8)
        self.infraction_names = self.scenario.infractions
        self.infractions = np.zeros((n, len(self.infraction_names)), np.int32)
        self.steps = np.zeros(n, np.int64)
        self.ended = np.ones(n, np.bool_)
        self._fixed_time_limit = time_limit
        self._length = np.zeros(n, np.float32)
        self._all_rows = np.arange(n)

    def _name_figures(self) -> None:
        """Each single number under its name: views."""
        self.s, self.d, self.heading_error, self.acceleration = self._figures[:4]
        self.distance, self.off_road_distance, self.cost, self.time_limit = self._figures[4:8]
        self.time_to_collision, self.near_misses, self._near = self._figures[8:]

    def __getstate__(self) -> dict[str, Any]:
        """All but those views: copied each by itself, they would no longer be of the figures."""
        return {name: value for name, value in vars(self).items() if name.strip("_") not in FIGURES}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._name_figures()

    @property
    def route_length(self) -> NDArray[np.float64]:
        """Metres (N,): one lap."""
        return self.tracks.length

    @property
    def route_completion(self) -> NDArray[np.float64]:
        """Share (N,) of the route driven, in [0, 1]."""
        return route_completion(self.distance, self.route_length)

    def reset(self, rows: ArrayLike, seeds: Sequence[np.random.SeedSequence]) -> None:
        """Start the worlds `rows` anew, each with the track and scene of its seed."""
        chosen = self._rows(rows)
        if len(chosen) != len(seeds):
            raise ValueError(f"{len(seeds)} seeds for {len(chosen)} rows; expected one seed for each row")
        for row, seed in zip(chosen.tolist(), seeds, strict=True):
            streams = spawn_streams(seed)
            self.streams[row] = streams
            self.tracks.generate(row, streams.track)
            self._delay[row] = self.scenario.place(self.tracks, row, streams.scene, self._tables(row))
        self._put_at_start(chosen)

    def _put_at_start(self, rows: NDArray[np.int64]) -> None:
        """The car at s = 0 in the middle of its lane, at START_SHARE of the profile's speed; every count at zero."""
        x, y, yaw = to_world(self.tracks, rows, 0.0, LANE_CENTRE)
        self.vehicle[rows] = 0.0
        self.vehicle[rows, car.X], self.vehicle[rows, car.Y], self.vehicle[rows, car.YAW] = x, y, wrap_angle(yaw)
        self.vehicle[rows, car.SPEED] = START_SHARE * self.tracks.speed[rows, 0]
        self._figures[:, rows] = 0.0
        self.d[rows] = LANE_CENTRE
        fixed = self._fixed_time_limit
        expected = self.tracks.expert_time[rows] + self._delay[rows]
        self.time_limit[rows] = TIME_ALLOWANCE * expected if fixed is None else fixed
        self._length[rows] = self.tracks.length[rows]
        self.infractions[rows] = 0
        self.steps[rows] = 0
        self.ended[rows], self.endings[rows] = False, 0
        self.time_to_collision[rows] = np.inf
        self._draw_actors(rows)

    def _tables(self, row: int) -> Furnishing:
        """One world's tables, as views."""
        return Furnishing(
            self.actors[row], self.objects[row], self.decals[row], self.line[row], self.pavement[row : row + 1]
        )

    def step(self, actions: ArrayLike, rows: ArrayLike | None = None) -> Outcome:
        """Drive the worlds `rows` (all when None) for one control step under actions (B, 2): (steer, pedal).

        Values beyond [-1, 1] are clipped. Raises ValueError for NaN, infinity, a wrong shape or type, ended worlds.
        """
        chosen = self._all_rows if rows is None else self._rows(rows)
        wanted = self._actions(actions, len(chosen))
        b = len(chosen)
        outcome = Outcome(
            *(np.empty(b), np.empty(b), np.empty(b, np.bool_), np.empty(b, np.bool_)),
            np.empty((b, len(self.infraction_names)), np.int32),
        )
        tracks = self.tracks
        fault = _step_rows(
            *(chosen, wanted, self.vehicle, self._figures, self.steps, self.ended),
            *(tracks.points, tracks.heading, tracks.count, tracks.length, outcome.progress, outcome.infractions_now),
        )
        if fault >= 0:
            raise ValueError(_describe(fault, chosen, wanted))
        if self.scenario.max_actors:
            self._step_actors(chosen)
        _judge_rows(
            *(chosen, self.vehicle, self._figures, self.infractions, self.steps, self.ended, self.endings),
            *(tracks.length, self.actors, self.objects, role_table(self.infraction_names), *outcome),
        )
        return outcome

    def _step_actors(self, rows: NDArray[np.int64]) -> None:
        """Everybody else's control step."""
        ego = np.stack([self.s, self.d, self.vehicle[:, car.SPEED]])
        tracks = self.tracks
        road = tracks.speed, tracks.count, tracks.length
        traffic = Traffic(self.actors, ego, self.line, *road, self.steps, role_table(self.infraction_names))
        for step in self.scenario.steps:
            step(traffic, rows)
        self._draw_actors(rows)

    def _draw_actors(self, rows: NDArray[np.int64]) -> None:
        """Actors into the first rows of their worlds' objects."""
        if self.scenario.max_actors:
            draw_actors(self.tracks, rows, self.actors, self.objects)

    def state(self, rows: ArrayLike) -> WorldState:
        """Copies of all that changes in some worlds: `put` them back, and what follows is the same, bit for bit."""
        chosen = self._rows(rows)
        return WorldState(
            vehicle=self.vehicle[chosen],
            figures=np.ascontiguousarray(self._figures[:, chosen].T),
            infractions=self.infractions[chosen],
            step=self.steps[chosen],
            ended=self.ended[chosen],
            ending=self.endings[chosen],
            actors=self.actors[chosen],
        )

    def put(self, rows: ArrayLike, state: WorldState) -> None:
        """Put worlds into a state of the same seeds' worlds. ValueError for one of other actors."""
        chosen = self._rows(rows)
        if state.actors.shape != (len(chosen), *self.actors.shape[1:]):
            expected = (len(chosen), *self.actors.shape[1:])
            raise ValueError(f"state with actors {state.actors.shape}: expected {expected}, one of the same scenario")
        self._figures[:, chosen] = state.figures.T
        self.vehicle[chosen], self.infractions[chosen], self.steps[chosen] = (
            state.vehicle,
            state.infractions,
            state.step,
        )
        self.ended[chosen], self.endings[chosen], self.actors[chosen] = state.ended, state.ending, state.actors
        self._draw_actors(chosen)

    def scene(self) -> Scene:
        """What a camera needs; views of the state, no copies."""
        return Scene(self.tracks.grid, self.tracks.origin, self._length, self.objects, self.decals, self.pavement)

    def poses(self, rows: ArrayLike | None = None) -> NDArray[np.float64]:
        """(B, 3): x, y, yaw of the cars' centres of gravity."""
        vehicle = self.vehicle if rows is None else self.vehicle[self._rows(rows)]
        poses = np.empty((len(vehicle), 3))
        poses[:, 0], poses[:, 1], poses[:, 2] = vehicle[:, car.X], vehicle[:, car.Y], vehicle[:, car.YAW]
        return poses

    def _rows(self, rows: ArrayLike) -> NDArray[np.int64]:
        """Rows as an index array, checked."""
        chosen = np.atleast_1d(np.asarray(rows))
        if chosen.size == 0:
            return np.empty(0, np.int64)
        if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
            raise ValueError(f"rows have shape {chosen.shape} and type {chosen.dtype}; expected a list of integers")
        if chosen.min() < 0 or chosen.max() >= self.n:
            raise ValueError(f"rows {chosen.min()} to {chosen.max()}; expected 0 to {self.n - 1}")
        return chosen.astype(np.int64, copy=False)

    @staticmethod
    def _actions(actions: ArrayLike, b: int) -> NDArray[np.float32]:
        """Actions as float32 (b, 2); the kernel looks for NaN and infinity."""
        given = np.asarray(actions)
        if given.shape != (b, 2):
            raise ValueError(f"actions have shape {given.shape}; expected ({b}, 2): (steer, pedal) for each world")
        if given.dtype.kind not in "fiu":
            raise ValueError(f"actions have type {given.dtype}; expected float32")
        return np.ascontiguousarray(given, np.float32)


_S, _D, _HEADING_ERROR, _ACCELERATION, _DISTANCE, _OFF_ROAD_DISTANCE, _COST, _TIME_LIMIT = range(8)
_TIME_TO_COLLISION, _NEAR_MISSES, _NEAR = range(8, len(FIGURES))


def _describe(fault: int, rows: NDArray[np.int64], actions: NDArray[np.float32]) -> str:
    if np.isfinite(actions[fault]).all():
        return f"world {rows[fault]} has ended or was never reset; expected a call of reset before the next step"
    return f"action {actions[fault].tolist()} of world {rows[fault]}; expected finite numbers in [-1, 1]"


@kernel
def _step_rows(
    rows, actions, vehicle, figures, steps, ended, points, heading, count, length, progress, infractions_now
):
    """Drive each row's car; -1, or the index of the first faulty action or ended world, with nothing changed.

    rows (B,), actions (B, 2): of the worlds to be stepped. vehicle, figures, steps, ended: of all worlds. points,
    heading, count, length: of their tracks. progress (B,), infractions_now (B, I): filled, as in `Outcome`.
    """
    for b in range(len(rows)):
        if not (np.isfinite(actions[b, 0]) and np.isfinite(actions[b, 1])) or ended[rows[b]]:
            return b
    for b in range(len(rows)):
        row = rows[b]
        n = count[row]
        before = figures[_S, row], figures[_D, row]
        figures[_ACCELERATION, row] = car.advance(vehicle[row], actions[b, 0], actions[b, 1], car.CONTROL_STEP)
        s, d, ahead = project(points[row, :n], heading[row, :n], vehicle[row, car.X], vehicle[row, car.Y], before[0])
        figures[_S, row], figures[_D, row] = s, d
        figures[_HEADING_ERROR, row] = wrap_angle(vehicle[row, car.YAW] - ahead)
        steps[row] += 1
        moved = s - before[0]
        moved -= length[row] * np.rint(moved / length[row])
        progress[b] = moved
        figures[_DISTANCE, row] += moved
        infractions_now[b, :] = 0
        infractions_now[b, _OFF_ROAD] = abs(d) > LANE_WIDTH >= abs(before[1])
        infractions_now[b, _WRONG_LANE] = d > 0.0 >= before[1]
    return -1


@kernel
def _judge_rows(
    rows, vehicle, figures, infractions, steps, ended, endings, length, actors, objects, roles,
    progress, cost, terminated, truncated, infractions_now,
):  # fmt: skip
    """Contacts, costs and endings of each row, after everybody has moved.

    rows (B,): the worlds that were stepped. vehicle, figures, infractions, steps, ended, endings, length (of the lap),
    actors, objects: of all worlds. roles: see `sim.kinds.role_table`. progress, cost, terminated, truncated,
    infractions_now (B, ...): as in `Outcome`; the first is given, of the last what the road counts.
    """
    for b in range(len(rows)):
        row = rows[b]
        s, d = figures[_S, row], figures[_D, row]
        now = infractions_now[b]
        crashed = find_contacts(vehicle[row], s, progress[b], length[row], actors[row], objects[row], roles, now)
        cost[b] = 0.0
        for k in range(len(now)):
            infractions[row, k] += now[k]
            cost[b] += now[k]
        figures[_COST, row] = cost[b]
        if abs(d) > LANE_WIDTH:
            figures[_OFF_ROAD_DISTANCE, row] += vehicle[row, car.SPEED] * car.CONTROL_STEP
        left = time_to_collision(vehicle[row], s, d, figures[_HEADING_ERROR, row], actors[row], roles, length[row])
        near = left < SHORT_TIME or passes_close(vehicle[row], s, actors[row], objects[row], roles, length[row])
        figures[_NEAR_MISSES, row] += near and figures[_NEAR, row] == 0.0
        figures[_TIME_TO_COLLISION, row], figures[_NEAR, row] = left, near
        ending = _DRIVING
        if crashed:
            ending = _CRASH
        elif figures[_DISTANCE, row] >= length[row]:
            ending = _ROUTE_DONE
        elif abs(d) > LEFT_FOR_GOOD:
            ending = _ROAD_LEFT
        elif steps[row] * car.CONTROL_STEP >= figures[_TIME_LIMIT, row]:
            ending = _TIME_OVER
        terminated[b], truncated[b] = ending not in (_DRIVING, _TIME_OVER), ending == _TIME_OVER
        endings[row], ended[row] = ending, ending != _DRIVING
