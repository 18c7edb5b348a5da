"""The network at the wheel while the data grows, with or without a memory."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agent.train.drives import Rows
from agent.train.roads import RoadPool
from sim.policy import Decision, Observation, Policy, State

Decide = Callable[[Observation, State], tuple[Decision, State]]
"""What the objective has the policy do now."""


class Student(Protocol):
    """Drives some of a pool's cars."""

    def begin(self, road: NDArray[np.integer], rng: np.random.Generator) -> None:
        """The cars on these roads have been put elsewhere: what was before has nothing to do with what comes."""
        ...

    def act(self, cars: Rows, wanted: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float32]:
        """Actions (W, 2) of the wanted cars; cars: all of the pool, wanted: (n,) bool."""
        ...


def student_of(policy: Policy, decide: Decide, pool: RoadPool) -> Student:
    """A student as the policy's memory asks for."""
    if policy.spec.memory:
        return RememberingStudent(pool, decide, policy.initial_state)
    return ForgetfulStudent(pool, decide, policy.initial_state)


class ForgetfulStudent:
    """Looks only when it drives, at each instant in another look."""

    def __init__(self, pool: RoadPool, decide: Decide, initial_state: Callable[[int], State]) -> None:
        self._pool, self._decide, self._initial_state = pool, decide, initial_state

    def begin(self, road: NDArray[np.integer], rng: np.random.Generator) -> None:
        """There is nothing to forget."""

    def act(self, cars: Rows, wanted: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float32]:
        """See `Student`."""
        if not wanted.any():
            return np.zeros((0, 2), np.float32)
        observation = self._pool.observe(cars.pick(wanted), rng)
        return self._decide(observation, self._initial_state(int(wanted.sum())))[0].action


class RememberingStudent:
    """Looks on while the expert drives, so that it knows what was before when it takes over; a drive keeps its look."""

    def __init__(self, pool: RoadPool, decide: Decide, initial_state: Callable[[int], State]) -> None:
        self._pool, self._decide, self._initial_state = pool, decide, initial_state
        self._state: dict[str, NDArray[Any]] = {}
        self._looks = np.zeros((len(pool), pool.looks.shape[1]), np.float32)

    def begin(self, road: NDArray[np.integer], rng: np.random.Generator) -> None:
        """Another look, and the memory is as it was before the first frame."""
        self._looks[road], _ = self._pool.conditions(len(road), 0.0, rng)
        for name, fresh in self._initial_state(len(road)).items():
            old = self._state.get(name)
            self._state[name] = (
                np.zeros((len(self._pool), *fresh.shape[1:]), fresh.dtype) if old is None else old.copy()
            )
            self._state[name][road] = fresh

    def act(self, cars: Rows, wanted: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float32]:
        """See `Student`."""
        frames = self._pool.render(cars, self._looks, np.zeros(len(cars)))
        decision, state = self._decide(self._pool.observation(cars, frames), self._state)
        self._state = dict(state)
        return decision.action[wanted]
