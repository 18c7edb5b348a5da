"""Instants staged anew: the simulator can say what its expert would do, had the light been red or somebody stepped off.

A drive meets few people, each at few distances. As rows of training data hold everybody's state, an instant of a drive
stands for many: the lamps and the people at crossings are drawn afresh, and the car is moved along its lane.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim import track, vehicle
from sim.kinds import SHIPPED_ROLES, in_manner
from sim.scenario.actors import (
    CROSSING,
    HEADING,
    LIGHT_PHASES,
    MODE,
    PLACE,
    ROLE,
    SPEED,
    STROLLING,
    WAITING,
    WISH,
    D,
    S,
)  # fmt: skip
from sim.scenario.people import CROSSING_EDGE

NEAR = 5.0
"""Metres; on a crossing so near to the middle of the car nobody is put."""

AWAY = (4.0, 45.0)
"""Metres before what it approaches to which a car is moved."""


def signed_way(start: NDArray[np.float64], end: NDArray[np.floating], lap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres along the road from start to end, the shorter way round; negative backwards."""
    return (end - start + lap / 2) % lap - lap / 2


def approaches(
    actors: NDArray[np.floating], s: NDArray[np.float64], lap: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Metres (R,) by which to move cars at s (R,) so that something of their road is AWAY, 0 where there is nothing.

    Lights, people at crossings, parked cars and cones are drawn equally often.
    """
    if actors.shape[1] == 0:
        return np.zeros(len(s))
    role = actors[..., ROLE]
    stays = np.isin(role, in_manner("yield")) & (actors[..., MODE] == STROLLING)
    place = np.where(np.isin(role, in_manner("stop", "yield")), actors[..., PLACE], actors[..., S])
    lots = np.zeros(role.shape)  # weighted by Efraimidis & Spirakis (2006), so that each role has its share
    for index in (*in_manner("stop"), *in_manner("yield"), *in_manner("pass")):
        alike = (role == index) & ~stays
        if index < SHIPPED_ROLES or alike.any():
            lots += alike * rng.random(role.shape) ** alike.sum(1, keepdims=True)
    chosen = lots.argmax(1)
    rows = np.arange(len(s))
    by = signed_way(s, place[rows, chosen] - rng.uniform(*AWAY, len(s)), lap)
    return np.where(lots[rows, chosen] > 0, by, 0.0)


def restage(
    actors: NDArray[np.float32], s: NDArray[np.float64], lap: NDArray[np.float64], rng: np.random.Generator
) -> None:
    """Draw lamps and people at crossings afresh, in actors (R, A, columns); the cars are at s (R,), laps `lap` (R,)."""
    lights = np.isin(actors[..., ROLE], in_manner("stop"))
    actors[lights, MODE] = rng.integers(len(LIGHT_PHASES), size=int(lights.sum()))
    apart = np.abs(signed_way(s[:, None], actors[..., PLACE], lap[:, None])) > NEAR
    people = np.isin(actors[..., ROLE], in_manner("yield")) & (actors[..., MODE] != STROLLING) & apart
    n = int(people.sum())
    side, crossing = rng.choice([-1.0, 1.0], n), rng.random(n) < 0.5
    actors[people, HEADING] = side * np.pi / 2
    actors[people, MODE] = np.where(crossing, CROSSING, WAITING)
    actors[people, SPEED] = np.where(crossing, actors[people, WISH], 0.0)
    actors[people, D] = np.where(crossing, rng.uniform(-CROSSING_EDGE, CROSSING_EDGE, n), -side * CROSSING_EDGE)


def move_along(
    tracks: track.Tracks,
    road: NDArray[np.int64],
    state: NDArray[np.float64],
    s: NDArray[np.float64],
    by: NDArray[np.float64],
    is_free: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]],
) -> None:
    """Move cars, state (R, 7) at s (R,), `by` (R,) metres along their lane, where is_free(s, d) (R,) says that nobody
    is."""
    x, y, heading = track.to_world(tracks, road, s, 0.0)
    d = (state[:, vehicle.Y] - y) * np.cos(heading) - (state[:, vehicle.X] - x) * np.sin(heading)
    there = (s + by) % tracks.length[road]
    free = is_free(there, d)
    x, y, ahead = track.to_world(tracks, road, there, d)
    state[free, vehicle.X], state[free, vehicle.Y] = x[free], y[free]
    state[free, vehicle.YAW] += (ahead - heading)[free]
    s[free] = there[free]
