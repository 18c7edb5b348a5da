"""Ask a policy the same question twice: the frame as it was, and the frame with some pixels overwritten."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.evaluate.pool import Pool
from sim.perturb import Bytes, Donors, Edited, FrameEdit, Mask, edit_frames
from sim.policy import Attention, Decision, Observation, Policy, PolicySpec, State, act

BATCH = 64


@dataclass(frozen=True)
class Response:
    """A policy's answer to every frame of a pool.

    frame: (F, H, W, 3) uint8, what it was shown. action: (F, A). kept: (F, h, w) bool. replaced: (F,) the share of
    pixels that were overwritten. opened: the share of the wholly overwritten cells that were kept nevertheless, None
    where there were none.
    """

    frame: Bytes
    action: NDArray[np.float32]
    kept: Mask
    replaced: NDArray[np.float64]
    opened: float | None

    @property
    def red(self) -> NDArray[np.float64]:
        """(F, h, w): what the screen paints, the kept cells in equal parts; each map sums to 1, or is all zero."""
        return normalised(self.kept)


@dataclass(frozen=True)
class Example:
    """One frame and the policy's answer to it, for people to look at."""

    name: str
    frame: Bytes
    attention: Attention
    steer: float


class Bench:
    """A selection policy, a pool of frames, and the policy's clean answers to them.

    donor: (F,) for each frame one of another episode. read: (F, H, W) bool, the pixels that the policy read. ValueError
    where the policy keeps no cells, or the pool holds one episode only.
    """

    def __init__(self, policy: Policy, pool: Pool, seed: int = 0) -> None:
        self.policy, self.pool, self.seed = policy, pool, seed
        first = np.arange(1)
        self.cells = _attention(policy.act(pool.observation(first), pool.states(first))[0]).cells
        self.donor = other_episodes(pool.seed, np.random.default_rng([seed, 0]))
        self.clean = self.respond()
        self.read = self.pixels(self.clean.kept)

    def pixels(self, cells: Mask) -> Mask:
        """(F, H, W): the pixels of some cells (F, h, w) of every frame."""
        return self.cells.covered(cells, *self.pool.frame.shape[1:3])

    def respond(
        self, edit: FrameEdit | None = None, overwrite: Mask | None = None, *, keep: Mask | None = None
    ) -> Response:
        """The answers with `edit` painted over the pixels `overwrite` (F, H, W); the gate decides anew, unless `keep`
        (F, h, w) forces it. The recurrent state is that of the clean frame."""
        rng = np.random.default_rng([self.seed, 1])
        shown, decisions = [], []
        for start in range(0, len(self.pool), BATCH):
            index = np.arange(start, min(start + BATCH, len(self.pool)))
            shown.append(self._shown(edit, overwrite, index, rng))
            observation: Observation = {"frame": shown[-1].frame, "speed": self.pool.speed[index]}
            forced = None if keep is None else keep[index]
            decisions.append(act(self.policy, observation, self.pool.states(index), forced)[0])
        return self._response(shown, decisions)

    def example(self, name: str, response: Response, index: int) -> Example:
        """One frame of a response."""
        one = slice(index, index + 1)
        attention = Attention(response.red[one].astype(np.float32), self.cells, "selection", response.kept[one])
        return Example(name, response.frame[index], attention, float(response.action[index, 0]))

    def _shown(
        self, edit: FrameEdit | None, overwrite: Mask | None, index: NDArray[np.intp], rng: np.random.Generator
    ) -> Edited:
        frame = self.pool.frame[index]
        if edit is None or overwrite is None:
            return Edited(frame, np.zeros(frame.shape[:3], bool), None)
        donor = self.donor[index]
        donors = Donors(self.pool.frame[donor], self.read[donor]) if edit.needs_donors else None
        return edit_frames(edit, frame, overwrite[index], self.cells, rng, donors)

    def _response(self, shown: list[Edited], decisions: list[Decision]) -> Response:
        kept = np.concatenate([_kept(_attention(decision)) for decision in decisions])
        replaced = np.concatenate([edited.replaced for edited in shown])
        overwritten = self.cells.means(replaced) == 1
        return Response(
            np.concatenate([edited.frame for edited in shown]),
            np.concatenate([decision.action for decision in decisions]),
            kept,
            replaced.mean((1, 2)),
            float(kept[overwritten].mean()) if overwritten.any() else None,
        )


class EditedView:
    """A policy that is shown edited frames: a first pass on the clean frame says what it would read, `edit` is painted
    over the pixels that it would not read (or would, with `over_read`), and it decides on that, its gate run anew.

    It meets the Policy protocol, so it drives like any other.
    """

    def __init__(self, policy: Policy, edit: FrameEdit, bench: Bench, *, over_read: bool = False) -> None:
        self.spec: PolicySpec = policy.spec
        self._policy, self._edit, self._bench, self._over_read = policy, edit, bench, over_read
        self._rng = np.random.default_rng([bench.seed, 2])

    def initial_state(self, n: int) -> State:
        """That of the policy."""
        return self._policy.initial_state(n)

    def act(self, observation: Observation, state: State, *, keep: Mask | None = None) -> tuple[Decision, State]:
        """Decide on the edited frames; the state that follows is that of the edited frames too."""
        attention = _attention(self._policy.act(observation, state)[0])
        frame = self._edit_view(observation["frame"], attention)
        return act(self._policy, {**observation, "frame": frame}, state, keep)

    def _edit_view(self, frame: Bytes, attention: Attention) -> Bytes:
        read = attention.cells.covered(_kept(attention), *frame.shape[1:3])
        pick = self._rng.integers(0, len(self._bench.pool), len(frame))
        donors = Donors(self._bench.pool.frame[pick], self._bench.read[pick]) if self._edit.needs_donors else None
        pixels = read if self._over_read else ~read
        return edit_frames(self._edit, frame, pixels, attention.cells, self._rng, donors).frame


def normalised(maps: NDArray[np.floating] | Mask) -> NDArray[np.float64]:
    """(..., h, w) maps that sum to 1, or stay all zero."""
    total = maps.sum((-2, -1), keepdims=True, dtype=float)
    return np.divide(maps, total, out=np.zeros(maps.shape), where=total > 0)


def other_episodes(seed: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.intp]:
    """(F,) for each frame the index of a random frame of another episode; ValueError where there is but one episode."""
    if len(np.unique(seed)) < 2:
        raise ValueError("frames of at least 2 episodes are needed, so that one can be shown another's content")
    others = [np.flatnonzero(seed != each) for each in seed]
    return np.array([rng.choice(candidates) for candidates in others])


def _attention(decision: Decision) -> Attention:
    if decision.attention is None:
        raise ValueError("this policy gives no attention, so there is nothing to test")
    return decision.attention


def _kept(attention: Attention) -> Mask:
    if attention.kept is None:
        raise ValueError(f"{attention.kind} keeps no cells: this test is for selections")
    return attention.kept
