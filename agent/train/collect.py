"""Growing the data: cars driven by student and expert in turns, among others who react to them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from agent.dataset import RoadPool, Rows, situations
from sim import vehicle
from sim.scene import LANE_WIDTH
from sim.track import LANE_CENTRE

Student = Callable[[Rows, np.random.Generator], NDArray[np.float32]]
"""What the network does at some instants, seen in random looks: actions (R, 2)."""

LEFT_THE_LANE = 5.0
"""Metres from the lane's centre at which a driven car is put back on a road."""

KEEP_EVERY = 5
"""Control steps between two rows of a drive; those in between look alike."""

WARM_UP = 400
"""Control steps, at most, that the world runs before a drive, so that each begins at another moment of its life."""

TURN_STEPS = 30
"""Mean control steps after which it is decided anew who drives a car: long enough to show where that leads."""

EXPERT_SHARE = (0.15, 0.5)
"""Of the cars that the expert drives: never less than the first, so that a student who waits at a green light is taken
over it; the second to the power of the round on the way there. All of them in round 0."""

NOISE = 0.06
"""Standard deviation of what is added to the actions."""


def collect(roads: RoadPool, student: Student, turn: int, steps: int, rng: np.random.Generator) -> tuple[Rows, float]:
    """The drive of round `turn`, `steps` control steps on every road: its rows, and the share of the cars that crashed
    or left the road."""
    roads.begin_again()
    everywhere = np.arange(len(roads))
    _warm_up(roads, int(rng.integers(WARM_UP)))
    roads.put(everywhere, rng)
    by_expert = _takes_over(turn, len(roads), rng)
    parts, failed = [], np.zeros(len(roads), bool)
    for step in range(steps):
        cars = roads.cars()
        action, cause = roads.label(cars)
        if step % KEEP_EVERY == 0:
            cars.situation[:] = situations(cause, cars.state[:, vehicle.SPEED], action)
            parts.append(cars)
        if not by_expert.all():
            action[~by_expert] = student(cars.pick(~by_expert), rng)
        outcome = roads.world.step((action + rng.normal(0, NOISE, action.shape)).clip(-1, 1))
        d = roads.world.d
        failed |= outcome.terminated | (np.abs(d) > LANE_WIDTH)
        roads.keep_going(everywhere)
        roads.put(np.flatnonzero(outcome.terminated | (np.abs(d - LANE_CENTRE) > LEFT_THE_LANE)), rng)
        anew = rng.random(len(roads)) < 1 / TURN_STEPS
        by_expert[anew] = _takes_over(turn, int(anew.sum()), rng)
    return Rows.joined(parts), float(failed.mean())


def _warm_up(roads: RoadPool, steps: int) -> None:
    """Let the world run, the expert driving."""
    for _ in range(steps):
        roads.world.step(roads.label(roads.cars())[0])
        roads.keep_going(np.arange(len(roads)))


def _takes_over(turn: int, cars: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(cars,) whether the expert drives for a while."""
    least, base = EXPERT_SHARE
    return rng.random(cars) < max(least, base**turn)
