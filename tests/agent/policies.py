"""Small policies of every kind that the suites must answer for; and small worlds that are not the simulator's."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from sim.cells import Boxes, CellGrid
from sim.policy import Attention, Decision, Observation, Policy, PolicySpec, State

SIZE = (36, 64)
ROWS, COLS, CELL = 9, 16, 4
CELLS = CellGrid.tiling(ROWS, COLS)
ACROSS = np.linspace(1, -1, COLS)


def brightness(frame: np.ndarray) -> np.ndarray:
    """(N, h, w): the mean of each cell, from 0 to 1."""
    return frame.reshape(len(frame), ROWS, CELL, COLS, CELL, 3).mean((2, 4, 5)) / 255


def darkest(frame: np.ndarray, count: int = 6) -> np.ndarray:
    """(N, h, w) bool: the cells with the least light, as many in each frame."""
    flat = brightness(frame).reshape(len(frame), -1)
    return (flat.argsort(1).argsort(1) < count).reshape(-1, ROWS, COLS)


def action_of(steer: np.ndarray) -> np.ndarray:
    """(N, 2): that steer, and a steady pedal."""
    return np.stack([steer, np.full(len(steer), 0.3)], 1).astype(np.float32)


def shares(cells: np.ndarray) -> np.ndarray:
    """(N, h, w): each map divided by its sum; an empty one stays so."""
    total = cells.sum((1, 2), keepdims=True)
    return (cells / np.where(total > 0, total, 1)).astype(np.float32)


class NoMap:
    """Steers by the whole frame's brightness, and shows nothing."""

    spec = PolicySpec(SIZE, None, None)

    def initial_state(self, n: int) -> State:
        return None

    def act(self, observation: Observation, state: State) -> tuple[Decision, State]:
        return Decision(action_of(observation["frame"].mean((1, 2, 3)) / 255 - 0.5)), None


class Selection:
    """Keeps the darkest cells, and steers towards them by what they show."""

    spec = PolicySpec(SIZE, None, "selection")

    def initial_state(self, n: int) -> State:
        return None

    def act(self, observation: Observation, state: State, *, keep: np.ndarray | None = None) -> tuple[Decision, State]:
        frame = observation["frame"]
        kept = darkest(frame) if keep is None else keep
        attention = Attention(shares(kept), CELLS, "selection", kept)
        return Decision(action_of((shares(kept) * ACROSS * brightness(frame)).sum((1, 2))), attention), None


class Soft:
    """Weighs every cell by its darkness, most of it on a few; steers by what they show."""

    spec = PolicySpec(SIZE, None, "soft attention")

    def initial_state(self, n: int) -> State:
        return None

    def act(self, observation: Observation, state: State) -> tuple[Decision, State]:
        frame = observation["frame"]
        weights = shares(np.exp(-20 * brightness(frame)))
        heads = np.stack([weights, np.flip(weights, 2)], 1)
        steer = (weights * ACROSS * brightness(frame)).sum((1, 2))
        return Decision(action_of(steer), Attention(weights, CELLS, "soft attention", heads=heads)), None


class Remembers(Selection):
    """A selection whose action is that of the last frame's cells, blended with this one's."""

    spec = PolicySpec(SIZE, None, "selection", memory=True)

    def initial_state(self, n: int) -> State:
        return {"action": np.zeros((n, 2), np.float32), "frames": np.zeros(n, np.int64)}

    def act(self, observation: Observation, state: State, *, keep: np.ndarray | None = None) -> tuple[Decision, State]:
        decision, _ = super().act(observation, None, keep=keep)
        action = 0.5 * decision.action + 0.5 * state["action"]
        return Decision(action, decision.attention), {"action": action, "frames": state["frames"] + 1}


class LeaksIntoMemory(Remembers):
    """Its action is a function of the kept cells; what it remembers is not."""

    def act(self, observation: Observation, state: State, *, keep: np.ndarray | None = None) -> tuple[Decision, State]:
        decision, after = super().act(observation, state, keep=keep)
        return decision, {**after, "action": after["action"] + observation["frame"].mean((1, 2, 3))[:, None] / 1000}


class Glimpses:
    """Looks into two boxes that move with the brightest column, the second of them partly outside of the frame."""

    spec = PolicySpec(SIZE, None, "soft attention")

    def initial_state(self, n: int) -> State:
        return None

    def act(self, observation: Observation, state: State) -> tuple[Decision, State]:
        frame = observation["frame"]
        middle = (brightness(frame).mean(1).argmax(1) + 0.5) / COLS
        edges = np.zeros((len(frame), 1, 2, 4), np.float32)
        edges[:, 0, :, 0], edges[:, 0, :, 2] = 0.4, 0.7
        edges[:, 0, :, 1] = np.stack([middle - 0.1, middle], 1)
        edges[:, 0, :, 3] = np.stack([middle + 0.1, middle + 0.3], 1)
        boxes = Boxes(edges)
        weights = np.full((len(frame), 1, 2), 0.5, np.float32)
        seen = boxes.means(frame.mean(3)).mean((1, 2)) / 255
        return Decision(action_of(seen - 0.5), Attention(weights, boxes, "soft attention")), None


class InCorridors(Soft):
    """The soft map, for worlds that tell no speed."""

    spec = PolicySpec(SIZE, None, "soft attention", ("frame",))


class Breaks(InCorridors):
    """It fails at once."""

    def act(self, observation: Observation, state: State) -> tuple[Decision, State]:
        raise RuntimeError("it broke\nbadly")


KINDS: Mapping[str, type[Policy]] = {
    "no map": NoMap,
    "selection": Selection,
    "soft map": Soft,
    "memory": Remembers,
    "boxes": Glimpses,
}
"""One policy of each kind."""


class Ended(NamedTuple):
    """Who is at the end."""

    terminated: np.ndarray
    truncated: np.ndarray


class Corridor:
    """N corridors of noise with a dark spot to steer to; ten steps each. They know no expert and no driving score."""

    observes = ("frame",)
    actions = ("turn", "push")
    step_seconds = 0.1
    frame_size = SIZE

    def __init__(self, n: int, spec: PolicySpec | None) -> None:
        self.n, self.step_of, self.reached = n, np.zeros(n, int), np.zeros(n)
        self.rngs = [np.random.default_rng(0)] * n

    def reset(self, rows: np.ndarray, seeds: Sequence[int]) -> None:
        self.step_of[rows], self.reached[rows] = 0, 0.0
        for row, seed in zip(rows, seeds, strict=True):
            self.rngs[row] = np.random.default_rng(seed)

    def instants(self, rows: np.ndarray) -> None:
        return None

    def observe(self, rows: np.ndarray) -> Observation:
        frame = np.stack([self.rngs[row].integers(60, 250, (*SIZE, 3), np.uint8) for row in rows])
        for picture, row in zip(frame, rows, strict=True):
            left = int(self.rngs[row].integers(0, SIZE[1] - 8))
            picture[12:20, left : left + 8] //= 8
        return {"frame": frame}

    def telemetry(self, rows: np.ndarray, instants: None) -> Mapping[str, np.ndarray]:
        return {}

    def step(self, actions: np.ndarray, rows: np.ndarray) -> Ended:
        self.step_of[rows] += 1
        self.reached[rows] += actions[:, 1]
        return Ended(self.step_of[rows] >= 10, np.zeros(len(rows), bool))

    def outcome(self, row: int) -> Mapping[str, Any]:
        return {"ended": "end reached", "reached": float(self.reached[row]), "colour": "grey"}
