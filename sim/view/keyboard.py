"""A person's keys as a wheel and pedals."""

import math
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.vehicle import MAX_STEERING_ANGLE, WHEELBASE

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
        return self.action[None]

    @property
    def action(self) -> NDArray[np.float32]:
        """(2,): where wheel and pedal are."""
        return np.array([self.steer, self.pedal], np.float32)

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
