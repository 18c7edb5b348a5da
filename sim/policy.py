"""What a policy is: numpy-only types that window, recorder and evaluator share. Every array leads with N, the batch."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sim.cells import Cells

Kind = Literal["selection", "soft attention", "activation saliency", "gradient saliency"]

Observation = Mapping[str, NDArray[Any]]
"""By name: `frame` uint8 (N, H, W, 3) RGB always; `speed` float32 (N, 1) in m/s where the world has one."""

State = Any
"""Recurrent state as `initial_state` and `act` return it: a mapping of arrays that lead with N, or None."""

MASS_SHARE = 0.9
"""What of a soft map's mass counts as read: a selection says itself what it reads."""


@dataclass(frozen=True, eq=False)
class Attention:
    """One map a frame, from the same forward pass as the action.

    weights: (N, h, w) >= 0, each map sums to 1 or is all zero. kept: (N, h, w) bool, selections only.
    heads: (N, heads, h, w), each sums to 1 or is all zero.
    """

    weights: NDArray[np.float32]
    cells: Cells
    kind: Kind
    kept: NDArray[np.bool_] | None = None
    heads: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.weights)

    def pick(self, index: NDArray[np.integer] | slice) -> "Attention":
        """The maps of some frames."""
        kept = None if self.kept is None else self.kept[index]
        heads = None if self.heads is None else self.heads[index]
        return replace(self, weights=self.weights[index], cells=self.cells.pick(index), kept=kept, heads=heads)

    def head(self, number: int) -> "Attention":
        """The map of one head alone, soft even where its heads share a selection. ValueError where there is none."""
        count = 0 if self.heads is None else self.heads.shape[1]
        if self.heads is None or not 0 <= number < count:
            raise ValueError(f"head {number}: expected 0 to {count - 1}" if count else f"head {number}: there are none")
        kind: Kind = "soft attention" if self.kind == "selection" else self.kind
        return Attention(self.heads[:, number], self.cells, kind)

    def mass(self, share: float = MASS_SHARE) -> NDArray[np.bool_]:
        """(N, h, w): of each map the smallest set of cells that holds `share` of its weight; none of an empty map.

        Of equal cells those come first that are read first. ValueError unless share is in (0, 1].
        """
        if not 0 < share <= 1:
            raise ValueError(f"share of the mass {share:g}: expected above 0 and at most 1")
        flat = self.weights.reshape(len(self), -1).astype(np.float64)
        order = np.argsort(-flat, axis=1, kind="stable")
        sorted_weights = np.take_along_axis(flat, order, 1)
        before = np.cumsum(sorted_weights, 1) - sorted_weights
        needed = before < share * flat.sum(1, keepdims=True) - 1e-9  # rounding must not ask for one cell more
        chosen = np.zeros(flat.shape, bool)
        np.put_along_axis(chosen, order, needed & (sorted_weights > 0), 1)
        return chosen.reshape(self.weights.shape)

    @cached_property
    def read(self) -> NDArray[np.bool_]:
        """(N, h, w): the cells that count as read: the kept ones of a selection, else those of `mass`."""
        return self.mass() if self.kept is None else self.kept


@dataclass(frozen=True)
class Decision:
    """action: (N, A) float32, each component as the world takes it; for driving in [-1, 1]: steer (+ left), pedal
    (+ throttle). attention may be missing."""

    action: NDArray[np.float32]
    attention: Attention | None = None


DRIVING = ("steer", "pedal")
"""The components of a driving action."""


@dataclass(frozen=True)
class PolicySpec:
    """What a policy needs and gives.

    frame_size: (height, width) in pixels. field_of_view: horizontal, radians; None where any camera will do. kind: of
    its map; None for no map. observes: the parts of an observation that it reads. actions: names of the action's
    components. memory: whether its state carries anything from one frame to the next.
    """

    frame_size: tuple[int, int]
    field_of_view: float | None
    kind: Kind | None
    observes: tuple[str, ...] = ("frame", "speed")
    actions: tuple[str, ...] = DRIVING
    memory: bool = False

    def view_angle(self, usual: float) -> float:
        """Field of view of the camera to give it, in radians; the `usual` one where any will do."""
        return usual if self.field_of_view is None else self.field_of_view


@runtime_checkable
class Policy(Protocol):
    """Anything that decides. State is explicit: asking "what if this were masked?" must not disturb the drive."""

    spec: PolicySpec

    def initial_state(self, n: int) -> State:
        """The state before the first frame, for n worlds."""
        ...

    def act(self, observation: Observation, state: State) -> tuple[Decision, State]:
        """Decide for N frames; returns the decision and the state after it. ValueError for frames of another shape."""
        ...


class Selective(Policy, Protocol):
    """A selection, which can be told what to keep. A policy is one by its spec's kind."""

    def act(
        self, observation: Observation, state: State, *, keep: NDArray[np.bool_] | None = None
    ) -> tuple[Decision, State]:
        """As `Policy.act`; `keep` (N, h, w) forces the kept mask. ValueError for one of another shape."""
        ...


@runtime_checkable
class Capped(Protocol):
    """A selection that keeps at most `most_kept` cells of a frame."""

    most_kept: int


@runtime_checkable
class Randomisable(Protocol):
    """A selection whose gate can be drawn afresh, as if it had never learned."""

    def with_randomised_gate(self, seed: int) -> Policy:
        """The same controller behind such a gate."""
        ...


@runtime_checkable
class Provenanced(Protocol):
    """A policy that knows where it comes from: `policy` (its name), `weights_sha256`, and how it was trained;
    `unfinished` where its training did not come to its end: how far it is, and what is lacking."""

    provenance: Mapping[str, Any]


def provenance_of(policy: object) -> Mapping[str, Any]:
    """Where a policy comes from, as far as it knows."""
    return policy.provenance if isinstance(policy, Provenanced) else {}


def remark_of(policy: object) -> str:
    """What is to be said wherever a policy is shown, such as "unfinished: round 2 of 16, its gates are not closed yet";
    "" where there is nothing."""
    lacking = provenance_of(policy).get("unfinished")
    return f"unfinished: {lacking}" if lacking else ""


def act(
    policy: Policy, observation: Observation, state: State, keep: NDArray[np.bool_] | None = None
) -> tuple[Decision, State]:
    """A policy's decision, with the kept mask (N, h, w) forced where one is given.

    ValueError where one is given and the policy is no selection.
    """
    if keep is None:
        return policy.act(observation, state)
    if policy.spec.kind != "selection":
        raise ValueError(
            f"keep was given to {policy.spec.kind or 'a policy without attention'}: only a selection keeps"
        )
    selective: Any = policy  # as its spec says
    return selective.act(observation, state, keep=keep)


def check_decision(decision: Decision, spec: PolicySpec, n: int) -> None:
    """ValueError in one line unless a decision on n frames is what the policy's spec says."""
    action, attention = np.asarray(decision.action), decision.attention
    if action.shape != (n, len(spec.actions)):
        raise ValueError(f"the policy's action has shape {action.shape}; expected {(n, len(spec.actions))}")
    if not np.isfinite(action).all():
        raise ValueError(f"the policy's action is {action.tolist()}; expected finite numbers")
    if (attention is None) != (spec.kind is None):
        told = "gives no map" if attention is None else "gives a map"
        raise ValueError(f"the policy {told}, and its spec says kind {spec.kind!r}; expected both or neither")
    if attention is not None:
        _check_map(attention, spec, n)


def _check_map(attention: Attention, spec: PolicySpec, n: int) -> None:
    if attention.kind != spec.kind or attention.kind not in get_args(Kind):
        kinds = ", ".join(get_args(Kind))
        raise ValueError(f"the map is of kind {attention.kind!r}, the spec says {spec.kind!r}; expected one of {kinds}")
    shape = n, attention.cells.rows, attention.cells.cols
    if attention.weights.shape != shape:
        raise ValueError(f"the map has shape {attention.weights.shape}; expected {shape}, as its cells")
    if spec.kind == "selection" and (attention.kept is None or attention.kept.shape != shape):
        raise ValueError(f"the map is a selection without kept cells of shape {shape}; expected kept (N, h, w) bool")


def pick_state(state: State, index: NDArray[np.integer] | slice) -> State:
    """The recurrent state of some worlds."""
    return {name: values[index] for name, values in state.items()} if isinstance(state, Mapping) else state
