"""Growing the data: cars driven by student and expert in turns, among others who react to them."""

import numpy as np
from numpy.typing import NDArray

from agent.train.drives import Rows, situations
from agent.train.roads import RoadPool
from agent.train.student import Student
from sim import vehicle
from sim.scene import LANE_WIDTH
from sim.track import LANE_CENTRE

LEFT_THE_LANE = 5.0
"""Metres from the lane's centre at which a driven car is put back on a road."""

KEEP_EVERY = 5
"""One control step in so many is kept as a row, or one run of them; those in between look alike."""

WARM_UP = 400
"""Control steps, at most, that the world runs before a drive, so that each begins at another moment of its life."""

TURN_STEPS = 30
"""Mean control steps after which it is decided anew who drives a car: long enough to show where that leads."""

EXPERT_SHARE = (0.15, 0.5)
"""Of the cars that the expert drives: never less than the first, so that a student who waits at a green light is taken
over it; the second to the power of the round on the way there. All of them in round 0."""

NOISE = 0.06
"""Standard deviation of what is added to the actions."""


def collect(
    roads: RoadPool, student: Student, turn: int, steps: int, rng: np.random.Generator, length: int = 1
) -> tuple[Rows, float]:
    """The drive of round `turn`, `steps` control steps on every road: its rows, and the share of the cars that crashed
    or left the road. Rows are kept in runs of `length` control steps."""
    roads.begin_again()
    everywhere = np.arange(len(roads))
    _warm_up(roads, int(rng.integers(WARM_UP)))
    begun = _Begun(roads, student, turn * len(roads) * (steps + 1))
    begun.put(everywhere, rng)
    by_expert = _takes_over(turn, len(roads), rng)
    parts, failed = [], np.zeros(len(roads), bool)
    for step in range(steps):
        cars = roads.cars()
        action, cause = roads.label(cars)
        if step % (KEEP_EVERY * length) < length:
            cars.situation[:] = situations(cause, cars.state[:, vehicle.SPEED], action)
            cars.drive[:], cars.step[:] = begun.drive, turn * steps + step
            parts.append(cars)
        if turn:
            action[~by_expert] = student.act(cars, ~by_expert, rng)
        outcome = roads.world.step((action + rng.normal(0, NOISE, action.shape)).clip(-1, 1))
        d = roads.world.d
        failed |= outcome.terminated | (np.abs(d) > LANE_WIDTH)
        roads.keep_going(everywhere)
        begun.put(np.flatnonzero(outcome.terminated | (np.abs(d - LANE_CENTRE) > LEFT_THE_LANE)), rng)
        anew = rng.random(len(roads)) < 1 / TURN_STEPS
        by_expert[anew] = _takes_over(turn, int(anew.sum()), rng)
    return Rows.joined(parts), float(failed.mean())


class _Begun:
    """Counts unbroken drives, from `first` on. drive (n,): the number of each car's."""

    def __init__(self, roads: RoadPool, student: Student, first: int) -> None:
        self._roads, self._student, self._next = roads, student, first
        self.drive = np.zeros(len(roads), np.int64)

    def put(self, road: NDArray[np.integer], rng: np.random.Generator) -> None:
        """Put cars elsewhere: there a new drive begins."""
        self._roads.put(road, rng)
        self._student.begin(road, rng)
        self.drive[road] = self._next + np.arange(len(road))
        self._next += len(road)


def _warm_up(roads: RoadPool, steps: int) -> None:
    """Let the world run, the expert driving."""
    for _ in range(steps):
        roads.world.step(roads.label(roads.cars())[0])
        roads.keep_going(np.arange(len(roads)))


def _takes_over(turn: int, cars: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(cars,) whether the expert drives for a while."""
    least, base = EXPERT_SHARE
    return rng.random(cars) < max(least, base**turn)
