"""An environment of one's own: a boat on a river, seen from above, as a Gymnasium environment without a speed.

    python docs/examples/river.py            drives ten episodes, then opens the window
    python docs/examples/river.py --headless drives them only

Its action has three components: two oars and an anchor. The policy rows towards the water that it sees ahead, and its
map says which rows and columns of the picture that was.
"""

import sys
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from sim.cells import CellGrid
from sim.gym_worlds import GymWorlds
from sim.policy import Attention, Decision, Observation, PolicySpec, State
from sim.rollout import drive
from sim.view import watch
from sim.view.gym_source import GymSource

SIZE, HALF_WIDTH, OARS = 64, 9, ("left oar", "right oar", "anchor")
LAND, WATER, BOAT = (84, 112, 58), (52, 104, 168), (240, 236, 220)


class River(gym.Env[NDArray[np.uint8], NDArray[np.float32]]):
    """Stay on the water: 1 point a step. The river's middle wanders; row 0 of the picture is the farthest ahead."""

    metadata = {"render_fps": 20}  # noqa: RUF012  Gymnasium's own way to say it
    observation_space = gym.spaces.Box(0, 255, (SIZE, SIZE, 3), np.uint8)
    action_space = gym.spaces.Box(0.0, 1.0, (len(OARS),), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """A river of this seed, and the boat in its middle."""
        super().reset(seed=seed)
        self._phases, self._place, self._way = self.np_random.uniform(0, 2 * np.pi, 3), 0.0, 0
        self._place = self._middle(0)
        return self._picture(), {}

    def step(self, action: NDArray[np.float32]) -> Any:
        """The right oar pushes the boat to the left, the left one to the right; the anchor holds it back."""
        left, right, anchor = (float(value) for value in action)
        self._place += 2.0 * (left - right) * (1 - anchor)
        self._way += 1
        aground = abs(self._place - self._middle(0)) > HALF_WIDTH
        return self._picture(), 1.0, aground, self._way >= 400, {}

    def _middle(self, ahead: NDArray[np.int64] | int) -> Any:
        """The column of the river's middle, so many rows ahead of the boat."""
        at = (self._way + np.asarray(ahead)) / 30
        return SIZE / 2 + 6 * np.sin(at + self._phases[0]) + 5 * np.sin(1.7 * at + self._phases[1])

    def _picture(self) -> NDArray[np.uint8]:
        picture = np.full((SIZE, SIZE, 3), LAND, np.uint8)
        ahead = np.arange(SIZE)[::-1]
        picture[np.abs(np.arange(SIZE) - self._middle(ahead)[:, None]) <= HALF_WIDTH] = WATER
        place = int(np.clip(self._place, 2, SIZE - 3))
        picture[-5:, place - 1 : place + 2] = BOAT
        return picture


class Rower:
    """Rows towards the middle of the water in the rows that it looks at."""

    spec = PolicySpec((SIZE, SIZE), None, "soft attention", observes=("frame",), actions=OARS)

    def initial_state(self, n: int) -> State:
        """It remembers nothing."""
        return None

    def act(self, observation: Observation, state: State) -> tuple[Decision, State]:
        """Its map is the water 4 to 12 rows ahead, in 16 x 16 cells."""
        frame = observation["frame"].astype(np.float32)
        water = frame[..., 2] - frame[..., 1] > 20
        water[:, : SIZE - 12] = water[:, SIZE - 4 :] = False
        cells = water.reshape(len(frame), 16, 4, 16, 4).mean((2, 4), dtype=np.float32)
        weights = cells / np.maximum(cells.sum((1, 2), keepdims=True), 1e-6)
        middle = (weights.sum(1) * (4 * np.arange(16) + 1.5)).sum(1)
        boat = (frame[:, -1, :, 0] > 200).astype(np.float32)
        place = (boat * np.arange(SIZE)).sum(1) / np.maximum(boat.sum(1), 1)
        push = np.clip(0.25 * (middle - place), -1, 1)
        action = np.stack([np.maximum(push, 0), np.maximum(-push, 0), np.zeros_like(push)], 1).astype(np.float32)
        return Decision(action, Attention(weights, CellGrid.tiling(16, 16), "soft attention")), state


if __name__ == "__main__":
    episodes = drive(GymWorlds(River, 5, actions=OARS), Rower(), range(10))
    print("points:", ", ".join(f"{episode['return']:.0f}" for episode in episodes))
    if "--headless" not in sys.argv:
        watch(Rower(), GymSource(River, actions=OARS))
