"""Frames to test on: sampled from a policy's own drives, half of them from turns, with everything that decided them."""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.columns import Columns
from sim.instant import Instants
from sim.perturb import Bytes
from sim.policy import Observation, State
from sim.rollout import Step

TURNING = 0.1
"""|steer| from which on a frame counts as a turn; half of the sample is taken from there."""

SPARE = 1.5
"""How many times the needed frames are kept of each episode, to make up for episodes that have few."""


@dataclass(frozen=True, eq=False)
class Pool(Columns):
    """F sampled frames.

    seen: what the policy was given, by name: `frame` (F, H, W, 3) uint8 always. state: its recurrent state before each
    frame. seed: (F,) the episode's. turning: (F,) bool, |steer| > TURNING. instants: what was true then, in the
    simulator's worlds; None of others.
    """

    seen: Observation
    state: State
    seed: NDArray[np.int64]
    turning: NDArray[np.bool_]
    instants: Instants | None = None

    @property
    def frame(self) -> Bytes:
        """(F, H, W, 3) uint8."""
        return self.seen["frame"]

    def shown(self, frame: Bytes) -> Observation:
        """What the policy was given, but with other frames."""
        return {**self.seen, "frame": frame}


class _Generators(dict[int, np.random.Generator]):
    """One for each episode, so that its sample does not hang on which others are driven beside it."""

    def __missing__(self, seed: int) -> np.random.Generator:
        self[seed] = np.random.default_rng([seed, 1])
        return self[seed]


class Sampler:
    """An observer of `sim.rollout.drive` that keeps a random few frames of every episode, turns and the rest apart."""

    def __init__(self, frames: int, episodes: int) -> None:
        self.wanted = frames // 2
        self._quota = max(1, round(SPARE * self.wanted / episodes))
        self._rngs = _Generators()
        self._heaps: dict[tuple[int, bool], list[tuple[float, int, Pool]]] = defaultdict(list)
        self._count = itertools.count()

    def __call__(self, step: Step) -> None:
        """Give each frame a random number; the highest of each episode stay."""
        frames = _frames(step)
        for i, (seed, turning) in enumerate(zip(frames.seed.tolist(), frames.turning.tolist(), strict=True)):
            self._offer(self._heaps[seed, turning], self._rngs[seed].random(), frames, i)

    def _offer(self, heap: list[tuple[float, int, Pool]], key: float, frames: Pool, i: int) -> None:
        if len(heap) == self._quota and key <= heap[0][0]:
            return
        entry = (key, next(self._count), frames.pick(np.array([i])))
        (heapq.heappush if len(heap) < self._quota else heapq.heapreplace)(heap, entry)

    def pool(self) -> Pool:
        """The sample, in the order of the seeds: half turns and half not, fewer where the drives had fewer."""
        rng = np.random.default_rng(0)
        chosen: list[Pool] = []
        for turning in (True, False):
            samples = list(self._samples(turning))
            picks = rng.permutation(len(samples))[: self.wanted]
            chosen += [samples[pick] for pick in np.sort(picks)]
        if not chosen:
            raise ValueError("the drives gave no frame to sample: every episode ended at once")
        return Pool.joined(sorted(chosen, key=lambda sample: int(sample.seed[0])))

    def _samples(self, turning: bool) -> Iterator[Pool]:
        for (_, kind), heap in sorted(self._heaps.items(), key=lambda item: item[0]):
            if kind == turning:
                yield from (sample for _, _, sample in sorted(heap, key=lambda entry: entry[1]))


def _frames(step: Step) -> Pool:
    """All frames of a control step."""
    if step.observation is None:
        raise ValueError("this driver reads no frames, so there is nothing to sample")
    turning = np.abs(step.decision.action[:, 0]) > TURNING
    instants = step.instants if isinstance(step.instants, Instants) else None
    state: Any = dict(step.state) if isinstance(step.state, Mapping) else None
    return Pool(dict(step.observation), state, step.seeds, turning, instants)
