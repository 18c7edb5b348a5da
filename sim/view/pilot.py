"""Who is at the wheel: a policy, the expert, or a person's keys."""

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.policy import Decision, Observation, Policy, PolicySpec, State
from sim.vehicle import MAX_STEERING_ANGLE, WHEELBASE
from sim.view.blinding import Blinding
from sim.view.source import WorldSource


@dataclass(frozen=True)
class Sight:
    """What was decided, and on what. hidden: (h, w) bool, cells of the map that were overwritten; None for none."""

    observation: Observation
    decision: Decision
    hidden: NDArray[np.bool_] | None = None


class Pilot(Protocol):
    """Who decides, for a batch of one. spec: the frames it wants, None where it looks at none."""

    spec: PolicySpec | None

    def begin(self) -> None:
        """A new episode begins."""
        ...

    def decide(self, observation: Observation, blinding: Blinding | None, without: int | None = None) -> Sight:
        """One decision. Asked again before `go_on`, it answers for the same instant.

        without: the row of an object that is missing from the observation, for drivers who know the world itself.
        """
        ...

    def go_on(self) -> None:
        """The last decision was carried out."""
        ...


class PolicyPilot:
    """A policy with its recurrent state."""

    def __init__(self, policy: Policy) -> None:
        self.spec: PolicySpec | None = policy.spec
        self._policy = policy
        self.begin()

    def begin(self) -> None:
        """Forget the last episode."""
        self._state: State = self._policy.initial_state(1)
        self._next = self._state
        self._step = 0

    def decide(self, observation: Observation, blinding: Blinding | None, without: int | None = None) -> Sight:
        """The policy's decision; blinded, that on the overwritten frame, its gate run anew."""
        decision, self._next = self._policy.act(observation, self._state)
        if blinding is None or decision.attention is None:
            return Sight(observation, decision)
        hidden = blinding.hides(decision.attention)
        if hidden is None:
            return Sight(observation, decision)
        chance = np.random.default_rng(self._step)  # asked again for this instant, the same noise
        edited = blinding.apply(observation, decision.attention, hidden, chance)
        decision, self._next = self._policy.act(edited, self._state)
        return Sight(edited, decision, hidden)

    def go_on(self) -> None:
        """Remember what the last decision left behind."""
        self._state = self._next
        self._step += 1


class ExpertPilot:
    """The privileged driver of a world: it looks at no frame and has no map."""

    spec: PolicySpec | None = None

    def __init__(self, source: WorldSource) -> None:
        self._source = source

    def begin(self) -> None:
        """Nothing to forget."""

    def decide(self, observation: Observation, blinding: Blinding | None, without: int | None = None) -> Sight:
        """What the expert would do in the world as it is, or without that object."""
        return Sight(observation, Decision(self._source.expert(without)))

    def go_on(self) -> None:
        """Nothing to remember."""


class IdlePilot:
    """Nobody: the wheels straight, the feet off the pedals. A person's keys do the rest."""

    spec: PolicySpec | None = None

    def begin(self) -> None:
        """Nothing to forget."""

    def decide(self, observation: Observation, blinding: Blinding | None, without: int | None = None) -> Sight:
        """Nothing."""
        return Sight(observation, Decision(np.zeros((1, 2), np.float32)))

    def go_on(self) -> None:
        """Nothing to remember."""


LATERAL_ACCELERATION = 5.0
"""m/s2 that a held key asks for at most: at speed, full lock would only skid."""

TURN_IN, TURN_BACK = 0.9, 2.2
"""Steering actions a second: how fast a held key turns the wheel, and how fast a released one lets it run back."""

PEDAL_RATE = 2.5
THROTTLE, BRAKE = 0.7, -0.8
"""Pedal actions a second, and what held keys come to."""


@dataclass
class KeyboardWheel:
    """Held keys as a wheel and a pedal that take time to move, and that turn less the faster the car goes.

    steer, pedal: where they are now, in the action's units.
    """

    steer: float = 0.0
    pedal: float = field(default=0.0)

    def move(self, held: Collection[str], speed: float, seconds: float) -> NDArray[np.float32]:
        """Move wheel and pedal for so many seconds under the keys held (names of `actions.DRIVING_KEYS`' values).

        speed: m/s. Returns the action (1, 2).
        """
        side = ("left" in held) - ("right" in held)
        target = side * steering_limit(speed)
        outwards = side * self.steer >= 0 and abs(target) > abs(self.steer)
        self.steer = _towards(self.steer, target, (TURN_IN if outwards else TURN_BACK) * seconds)
        wanted = BRAKE if "brake" in held else THROTTLE if "throttle" in held else 0.0
        self.pedal = _towards(self.pedal, wanted, PEDAL_RATE * seconds)
        return np.array([[self.steer, self.pedal]], np.float32)

    def take(self, action: NDArray[np.float32]) -> None:
        """Take over from where the last driver (A,) left wheel and pedal, so that nothing jerks."""
        self.steer, self.pedal = float(action[0]), float(action[1])


def steering_limit(speed: float) -> float:
    """The steering action at which a car at `speed` m/s turns with LATERAL_ACCELERATION; 1 where that needs more."""
    curvature = LATERAL_ACCELERATION / max(speed, 0.1) ** 2
    return min(1.0, math.atan(WHEELBASE * curvature) / MAX_STEERING_ANGLE)


def _towards(value: float, target: float, most: float) -> float:
    """`value` moved towards `target` by at most `most`."""
    return value + min(max(target - value, -most), most)
