"""What was met on the road, as rows in time: states, not pictures. Which of them a batch is drawn from."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

PHASES = ("standing", "starting", "braking", "driving")
"""How a car moves when the expert's answer is followed."""


@dataclass(frozen=True)
class Rows:
    """R instants. road (R,) index into the pool; state (R, 7) vehicle states; s (R,) metres along the road; actors
    (R, A, columns) float32, see sim.scenario.actors; situation (R,) cause x phase, see `situations`.

    drive (R,): a number for each unbroken drive, which a car that is put elsewhere ends. step (R,): control steps of
    its pool since the training began.
    """

    road: NDArray[np.int64]
    state: NDArray[np.float64]
    s: NDArray[np.float64]
    actors: NDArray[np.float32]
    situation: NDArray[np.int64]
    drive: NDArray[np.int64]
    step: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.road)

    def pick(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> "Rows":
        """A copy of some rows."""
        return Rows(*(getattr(self, each.name)[rows] for each in fields(self)))

    @staticmethod
    def joined(parts: list["Rows"]) -> "Rows":
        """All rows of all parts, in order."""
        return Rows(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Rows)))


def situations(cause: NDArray[np.int64], speed: NDArray[np.float64], action: NDArray[np.float32]) -> NDArray[np.int64]:
    """(R,) an id for each pair of the expert's cause and the phase of its driving, from its actions (R, 2)."""
    pedal = action[:, 1]
    chosen = [(speed < 0.5) & (pedal < 0.05), (speed < 3.0) & (pedal >= 0.05), pedal < -0.1]
    return cause * len(PHASES) + np.select(chosen, [0, 1, 2], 3)


class Sampling:
    """Draws rows so that what is rare is seen often: a situation's share goes with its rows to the power of POWER.

    Standing and cruising are most of the time on the road; what decides a drive is short.
    """

    POWER = 0.25
    LEAST = 100
    """Rows that every situation counts as having at least, so that a handful is not shown over and over."""

    def __init__(self, situation: NDArray[np.int64]) -> None:
        count = np.maximum(np.bincount(situation), self.LEAST)
        self._cumulative = np.cumsum(count[situation] ** (self.POWER - 1))

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[np.intp]:
        """n row numbers, with replacement."""
        return np.searchsorted(self._cumulative, rng.random(n) * self._cumulative[-1], side="right")


class SequenceSampling:
    """Draws sequences of `length` control steps of one road, by the situation in which they end."""

    def __init__(self, rows: Rows, length: int) -> None:
        order = np.lexsort((rows.step, rows.road))
        road, step = rows.road[order], rows.step[order]
        last = np.arange(length - 1, len(rows))
        first = last - (length - 1)
        whole = (road[last] == road[first]) & (step[last] - step[first] == length - 1)
        self._sequences = order[first[whole, None] + np.arange(length)]
        self._sampling = Sampling(rows.situation[self._sequences[:, -1]])

    def __len__(self) -> int:
        return len(self._sequences)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[np.intp]:
        """The row numbers of n sequences, with replacement, one sequence after the other: (n * length,)."""
        return self._sequences[self._sampling.draw(n, rng)].ravel()


def began(drive: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(B, T): where a drive begins in sequences of drives (B, T), as it does at each first step."""
    return np.concatenate([np.ones((len(drive), 1), bool), drive[:, 1:] != drive[:, :-1]], 1)
