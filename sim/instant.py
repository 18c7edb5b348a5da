"""This moment of some worlds, as values: whatever is drawn, decided, noted or gone back to is a function of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim import vehicle
from sim.scenario import Scenario
from sim.vehicle import SPEED, YAW_RATE
from sim.world import WorldState


@dataclass(frozen=True, eq=False)
class Instants(WorldState):
    """R worlds at one moment each, in `sim.simulator.Simulator`.

    row, seed (R,): which world of the simulator, and its episode's seed; what stands and is painted there, the road
    first of all, is a function of the seed. theme (R,) str and look (R, LOOK_SIZE): see `sim.theme`.
    expert_action (R, 2), cause (R,) and culprit (R,): what the privileged driver would do now, why, as an index into
    `sim.expert.CAUSES`, and the row of the object that is the reason, or -1.
    """

    row: NDArray[np.int64]
    seed: NDArray[np.int64]
    theme: NDArray[np.str_]
    look: NDArray[np.float32]
    expert_action: NDArray[np.float32]
    cause: NDArray[np.int64]
    culprit: NDArray[np.int64]
    scenario: Scenario

    @property
    def pose(self) -> NDArray[np.float64]:
        """(R, 3): x, y (m) and yaw (rad) of the cars."""
        return self.vehicle[:, [vehicle.X, vehicle.Y, vehicle.YAW]]

    @property
    def speed(self) -> NDArray[np.float64]:
        """m/s (R,)."""
        return self.vehicle[:, SPEED]

    def telemetry(self) -> dict[str, NDArray[np.float64]]:
        """What is noted of every control step, columns (R,) by name.

        s, d (m) and heading_error (rad) against the road; speed (m/s), yaw_rate (rad/s), acceleration (m/s2);
        time_to_collision (s), infinite for nobody ahead; cause and culprit of the expert, and expert_pedal.
        """
        figures = {name: self.figure(name) for name in ("s", "d", "heading_error", "acceleration", "time_to_collision")}
        moving = {"speed": self.speed, "yaw_rate": self.vehicle[:, YAW_RATE]}
        expert = {"cause": self.cause, "culprit": self.culprit, "expert_pedal": self.expert_action[:, 1]}
        return {name: np.asarray(values, np.float64) for name, values in (figures | moving | expert).items()}
