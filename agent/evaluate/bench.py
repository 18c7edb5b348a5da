"""Ask a policy the same question twice: the frame as it was, and the frame with some pixels overwritten."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agent.evaluate.maps import attention_of, in_place, normalised, pixels_read
from agent.evaluate.pool import Pool
from sim.cells import CellGrid
from sim.perturb import Bytes, Donors, Edited, FrameEdit, Mask, edit_frames
from sim.policy import Attention, Decision, Observation, Policy, PolicySpec, State, act, pick_state

BATCH = 64


@dataclass(frozen=True)
class Response:
    """A policy's answer to every frame of a pool.

    frame: (F, H, W, 3) uint8, what it was shown. action: (F, A). read: (F, H, W) bool, the pixels that it read. kept,
    weights: (F, h, w), the cells that it read and its map, on cells that stay in place. replaced: (F,) the share of
    pixels that were overwritten. opened: the share of the wholly overwritten cells that were kept nevertheless, None
    where there were none. after: the recurrent state after each frame.
    """

    frame: Bytes
    action: NDArray[np.float32]
    read: Mask
    kept: Mask
    weights: NDArray[np.float32]
    replaced: NDArray[np.float64]
    opened: float | None
    after: State

    @property
    def red(self) -> NDArray[np.float64]:
        """(F, h, w): the cells that were read, in equal parts; each map sums to 1, or is all zero."""
        return normalised(self.kept)


@dataclass(frozen=True)
class Example:
    """One frame and the policy's answer to it, for people to look at."""

    name: str
    frame: Bytes
    attention: Attention
    steer: float


class Bench:
    """A policy with a map, a pool of frames, and the policy's clean answers to them.

    cells: where the map's cells lie, the same in each frame. read: (F, H, W) bool, the pixels that the policy read.
    ValueError where it gives no map.
    """

    def __init__(self, policy: Policy, pool: Pool, seed: int = 0) -> None:
        self.policy, self.pool, self.seed = policy, pool, seed
        first = slice(0, 1)
        asked = attention_of(policy.act(pick_state(pool.seen, first), pick_state(pool.state, first))[0])
        cells = in_place(asked, *pool.frame.shape[1:3]).cells
        assert isinstance(cells, CellGrid)
        self.cells, self._boxes = cells, cells is not asked.cells
        self.clean = self.respond()
        self.read = self.clean.read

    @cached_property
    def donor(self) -> NDArray[np.intp]:
        """(F,): for each frame one of another episode. ValueError where the pool holds one episode."""
        return other_episodes(self.pool.seed, np.random.default_rng([self.seed, 0]))

    @property
    def unforced(self) -> str | None:
        """Why the policy cannot be told which cells to keep, or None where it can."""
        if self.policy.spec.kind != "selection":
            return f"{self.policy.spec.kind} cannot be told what to read"
        return "boxes that move cannot be told where to be" if self._boxes else None

    def pixels(self, cells: Mask) -> Mask:
        """(F, H, W): the pixels of some cells (F, h, w) of every frame."""
        return self.cells.covered(cells, *self.pool.frame.shape[1:3])

    def respond(
        self, edit: FrameEdit | None = None, overwrite: Mask | None = None, *, keep: Mask | None = None
    ) -> Response:
        """The answers with `edit` painted over the pixels `overwrite` (F, H, W); the gate decides anew, unless `keep`
        (F, h, w) forces it. The recurrent state is that of the clean frame."""
        rng = np.random.default_rng([self.seed, 1])
        shown, decided = [], []
        for start in range(0, len(self.pool), BATCH):
            index = np.arange(start, min(start + BATCH, len(self.pool)))
            shown.append(self._shown(edit, overwrite, index, rng))
            observation: Observation = {**pick_state(self.pool.seen, index), "frame": shown[-1].frame}
            forced = None if keep is None else keep[index]
            decided.append(act(self.policy, observation, pick_state(self.pool.state, index), forced))
        return self._response(shown, decided)

    def example(self, name: str, response: Response, index: int) -> Example:
        """One frame of a response."""
        one, kind = slice(index, index + 1), self.policy.spec.kind or "soft attention"
        kept = response.kept[one] if kind == "selection" else None
        weights = response.red[one].astype(np.float32) if kind == "selection" else response.weights[one]
        attention = Attention(weights, self.cells, kind, kept)
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

    def _response(self, shown: list[Edited], decided: list[tuple[Decision, State]]) -> Response:
        size = self.pool.frame.shape[1:3]
        maps = [attention_of(decision) for decision, _ in decided]
        placed = [in_place(each, *size) for each in maps]
        kept, replaced = (np.concatenate(each) for each in ([one.read for one in placed], [e.replaced for e in shown]))
        overwritten = self.cells.means(replaced) == 1
        return Response(
            np.concatenate([edited.frame for edited in shown]),
            np.concatenate([decision.action for decision, _ in decided]),
            np.concatenate([pixels_read(each, *size) for each in maps]),
            kept,
            np.concatenate([each.weights for each in placed]),
            replaced.mean((1, 2)),
            float(kept[overwritten].mean()) if overwritten.any() else None,
            _joined([after for _, after in decided]),
        )


class EditedView:
    """A policy that is shown edited frames: a first pass on the clean frame says what it would read, `edit` is painted
    over the pixels that it would not read (or would, with `over_read`), and it decides on that, its gate run anew. Both
    passes start from the same recurrent state; the one that follows is that of the edited frames.

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
        attention = attention_of(self._policy.act(observation, state)[0])
        frame = self._edit_view(observation["frame"], attention)
        return act(self._policy, {**observation, "frame": frame}, state, keep)

    def _edit_view(self, frame: Bytes, attention: Attention) -> Bytes:
        read = pixels_read(attention, *frame.shape[1:3])
        pick = self._rng.integers(0, len(self._bench.pool), len(frame))
        donors = Donors(self._bench.pool.frame[pick], self._bench.read[pick]) if self._edit.needs_donors else None
        pixels = read if self._over_read else ~read
        return edit_frames(self._edit, frame, pixels, self._bench.cells, self._rng, donors).frame


def other_episodes(seed: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.intp]:
    """(F,) for each frame the index of a random frame of another episode; ValueError where there is but one episode."""
    if len(np.unique(seed)) < 2:
        raise ValueError("frames of at least 2 episodes are needed, so that one can be shown another's content")
    others = [np.flatnonzero(seed != each) for each in seed]
    return np.array([rng.choice(candidates) for candidates in others])


def _joined(states: list[State]) -> State:
    """The recurrent states of several batches as one; None without memory."""
    first = states[0]
    return {name: np.concatenate([each[name] for each in states]) for name in first} if first else None
