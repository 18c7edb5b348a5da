"""Frames to test on: sampled from a policy's own drives, half of them from turns, with everything that decided them."""

import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.policy import Observation, State
from sim.rollout import Step

TURNING = 0.1
"""|steer| from which on a frame counts as a turn; half of the sample is taken from there."""

SPARE = 1.5
"""How many times the needed frames are kept of each episode, to make up for episodes that have few."""


class _Sample(NamedTuple):
    frame: NDArray[np.uint8]
    speed: NDArray[np.float32]
    state: dict[str, NDArray[Any]] | None
    seed: int
    pose: NDArray[np.float64]
    look: NDArray[np.float32]
    objects: NDArray[np.float32]
    turning: bool


@dataclass(frozen=True)
class Pool:
    """F sampled frames.

    frame: (F, H, W, 3) uint8. speed: (F, 1) m/s. state: the policy's recurrent state before each frame. seed: (F,) the
    episode's. pose: (F, 3) x, y, yaw of the car. look: (F, LOOK_SIZE). objects: (F, M, 9), see sim.scene. turning: (F,)
    bool, |steer| > TURNING.
    """

    frame: NDArray[np.uint8]
    speed: NDArray[np.float32]
    state: State
    seed: NDArray[np.int64]
    pose: NDArray[np.float64]
    look: NDArray[np.float32]
    objects: NDArray[np.float32]
    turning: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.frame)

    def observation(self, index: NDArray[np.intp]) -> Observation:
        """What the policy saw in some frames."""
        return {"frame": self.frame[index], "speed": self.speed[index]}

    def states(self, index: NDArray[np.intp]) -> State:
        """The recurrent state before some frames."""
        return _pick(self.state, index)

    def subset(self, index: NDArray[np.intp]) -> "Pool":
        """Some of the frames, as a pool."""
        return Pool(**{each.name: _pick(getattr(self, each.name), index) for each in fields(self)})


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
        self._heaps: dict[tuple[int, bool], list[tuple[float, int, _Sample]]] = defaultdict(list)
        self._count = itertools.count()

    def __call__(self, step: Step) -> None:
        """Give each frame a random number; the highest of each episode stay."""
        if step.observation is None:
            raise ValueError("this driver reads no frames, so there is nothing to sample")
        for i, seed in enumerate(step.seeds.tolist()):
            turning = bool(abs(step.decision.action[i, 0]) > TURNING)
            self._offer(self._heaps[seed, turning], self._rngs[seed].random(), step, i, turning)

    def _offer(self, heap: list[tuple[float, int, _Sample]], key: float, step: Step, i: int, turning: bool) -> None:
        if len(heap) == self._quota and key <= heap[0][0]:
            return
        entry = (key, next(self._count), _sample(step, i, turning))
        (heapq.heappush if len(heap) < self._quota else heapq.heapreplace)(heap, entry)

    def pool(self) -> Pool:
        """The sample, in the order of the seeds: half turns and half not, fewer where the drives had fewer."""
        rng = np.random.default_rng(0)
        chosen: list[_Sample] = []
        for turning in (True, False):
            samples = list(self._samples(turning))
            picks = rng.permutation(len(samples))[: self.wanted]
            chosen += [samples[pick] for pick in np.sort(picks)]
        chosen.sort(key=lambda sample: sample.seed)
        return _stack(chosen)

    def _samples(self, turning: bool) -> Iterator[_Sample]:
        for (_, kind), heap in sorted(self._heaps.items(), key=lambda item: item[0]):
            if kind == turning:
                yield from (sample for _, _, sample in sorted(heap, key=lambda entry: entry[1]))


def _sample(step: Step, i: int, turning: bool) -> _Sample:
    simulator, row = step.worlds, step.rows[i]
    assert step.observation is not None
    return _Sample(
        step.observation["frame"][i].copy(),
        step.observation["speed"][i].copy(),
        None if step.state is None else {name: np.array(value[i]) for name, value in step.state.items()},
        simulator.seeds[row],
        simulator.world.poses(step.rows[i : i + 1])[0],
        simulator.looks[row].copy(),
        simulator.world.objects[row].copy(),
        turning,
    )


def _stack(samples: Sequence[_Sample]) -> Pool:
    if not samples:
        raise ValueError("the drives gave no frame to sample: every episode ended at once")
    states = [sample.state for sample in samples if sample.state is not None]
    return Pool(
        np.stack([sample.frame for sample in samples]),
        np.stack([sample.speed for sample in samples]),
        {name: np.stack([state[name] for state in states]) for name in states[0]} if states else None,
        np.array([sample.seed for sample in samples]),
        np.stack([sample.pose for sample in samples]),
        np.stack([sample.look for sample in samples]),
        np.stack([sample.objects for sample in samples]),
        np.array([sample.turning for sample in samples]),
    )


def _pick(values: Any, index: NDArray[np.intp]) -> Any:
    """Some rows of an array, of a mapping of arrays, or of nothing."""
    if isinstance(values, Mapping):
        return {name: value[index] for name, value in values.items()}
    return None if values is None else values[index]
