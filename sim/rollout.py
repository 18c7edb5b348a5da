"""The one loop: worlds, whoever drives in them, and observers that look on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.driver import Driver, as_driver
from sim.policy import Decision, Observation, Policy, PolicySpec, State, pick_state

Rows = NDArray[np.integer]
"""Indices of worlds."""


class Ended(Protocol):
    """What the loop reads of a step: terminated and truncated, (B,) bool of the worlds that were stepped."""

    @property
    def terminated(self) -> NDArray[np.bool_]: ...

    @property
    def truncated(self) -> NDArray[np.bool_]: ...


class Drivable(Protocol):
    """What a policy has to fit.

    frame_size: (height, width) of its frames in pixels. observes: the parts of an observation that it gives. actions:
    names of an action's components.
    """

    @property
    def frame_size(self) -> tuple[int, int]: ...

    @property
    def observes(self) -> tuple[str, ...]: ...

    @property
    def actions(self) -> tuple[str, ...]: ...


class Worlds(Drivable, Protocol):
    """N worlds to drive in; `sim.simulator.Simulator` is one. step_seconds: how long a control step lasts."""

    @property
    def n(self) -> int: ...

    @property
    def step_seconds(self) -> float: ...

    def reset(self, rows: Rows, seeds: Sequence[int], /) -> None:
        """Begin an episode of its own seed in each of these rows."""
        ...

    def instants(self, rows: Rows, /) -> Any:
        """What is true now in some worlds, as values, for who is privileged to know; None where that is secret."""
        ...

    def observe(self, rows: Rows, /) -> Observation:
        """What a policy is given."""
        ...

    def telemetry(self, rows: Rows, instants: Any, /) -> Mapping[str, NDArray[Any]]:
        """What is to be noted of this step, columns (B,) by name; instants: those of the same rows."""
        ...

    def step(self, actions: NDArray[np.float32], rows: Rows, /) -> Ended:
        """Take a control step under actions (B, A)."""
        ...

    def outcome(self, row: int, /) -> Mapping[str, Any]:
        """What has become of the episode in that row so far; `ended` says how it ended, "" while it goes on."""
        ...


@dataclass(frozen=True)
class Step:
    """What an observer gets at each control step, after the decision and before the worlds move.

    rows: (B,) the worlds still driving, and seeds (B,) their episodes'. observation: what was decided on; None for a
    driver who sees no frame. instants: what the worlds say is true. state: the driver's recurrent state before the
    decision. Row i of each belongs to world rows[i] of `worlds`.
    """

    worlds: Any
    rows: Rows
    seeds: NDArray[np.int64]
    observation: Observation | None
    instants: Any
    decision: Decision
    state: State


@dataclass(frozen=True)
class Episode:
    """One drive and what became of it.

    ended: how, in the worlds' words, or "cut short" by `max_steps`. duration: seconds. action (T, A) and share_read
    (T,), the share of the cells that the driver's map reads (see `Attention.read`), NaN without a map: one value a
    control step, noted when the decision was made. columns: what the worlds noted then, (T,) by name; outcome: what
    they say of the whole episode. Both are had by `episode[name]`.
    """

    seed: int
    ended: str
    duration: float
    action: NDArray[np.float64]
    share_read: NDArray[np.float64]
    columns: Mapping[str, NDArray[np.float64]]
    outcome: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        """A column, or a part of the outcome; KeyError where there is neither."""
        return self.columns[name] if name in self.columns else self.outcome[name]

    def __len__(self) -> int:
        return len(self.action)


Observer = Callable[[Step], None]
FrameEditor = Callable[[Observation, Rows], Observation]


def drive(
    worlds: Worlds,
    driver: Driver | Policy,
    seeds: Sequence[int],
    observers: Sequence[Observer] = (),
    *,
    frame_edit: FrameEditor | None = None,
    max_steps: int | None = None,
) -> list[Episode]:
    """Drive one episode for each seed, as many at once as there are worlds; episodes come in the seeds' order.

    Only worlds that are still driving are drawn and decided. `frame_edit` changes what the driver is given.
    `max_steps` cuts every episode after so many control steps. ValueError where the driver does not fit the worlds.
    """
    chosen = as_driver(driver)
    check_fit(chosen.spec, worlds)
    episodes: list[Episode] = []
    for start in range(0, len(seeds), worlds.n):
        loop = _Loop(worlds, chosen, seeds[start : start + worlds.n], observers, frame_edit)
        episodes += loop.run(max_steps)
    return episodes


def check_fit(spec: PolicySpec | None, worlds: Drivable) -> None:
    """ValueError unless the worlds give what the policy reads and take what it decides; None reads nothing."""
    if spec is None:
        return
    missing = [name for name in spec.observes if name not in worlds.observes]
    if missing:
        raise ValueError(f"the policy reads {missing[0]!r}; expected one of {', '.join(worlds.observes)}")
    check_actions(spec, worlds.actions)
    if tuple(spec.frame_size) != tuple(worlds.frame_size):
        raise ValueError(f"the policy reads frames of {spec.frame_size}; these worlds give {worlds.frame_size}")


def check_actions(spec: PolicySpec, actions: Sequence[str]) -> None:
    """ValueError unless a policy decides as many components as there are; the same names must have the same places."""
    swapped = set(spec.actions) == set(actions) and tuple(spec.actions) != tuple(actions)
    if len(spec.actions) != len(actions) or swapped:
        theirs, ours = ", ".join(spec.actions), ", ".join(actions)
        raise ValueError(f"the policy's action is ({theirs}); expected the {len(actions)} components ({ours})")


class _Loop:
    """One chunk of episodes, a world each, from their reset to their end."""

    def __init__(
        self,
        worlds: Worlds,
        driver: Driver,
        seeds: Sequence[int],
        observers: Sequence[Observer],
        frame_edit: FrameEditor | None,
    ) -> None:
        self._worlds, self._driver, self._seeds = worlds, driver, seeds
        self._observers, self._frame_edit = observers, frame_edit
        self._log: list[tuple[Rows, dict[str, NDArray[Any]]]] = []

    def run(self, max_steps: int | None) -> Iterator[Episode]:
        """Drive, then tell of each episode in the seeds' order."""
        rows: Rows = np.arange(len(self._seeds))
        self._worlds.reset(rows, self._seeds)
        state = self._driver.initial_state(len(rows))
        while len(rows) and len(self._log) != max_steps:
            step, after = self._decide(rows, state)
            for observer in self._observers:
                observer(step)
            self._log.append((rows, self._noted(step)))
            outcome = self._worlds.step(step.decision.action, rows)
            driving = np.flatnonzero(~(outcome.terminated | outcome.truncated))
            rows, state = rows[driving], pick_state(after, driving)
        columns = self._columns()
        return (self._episode(row, columns) for row in range(len(self._seeds)))

    def _decide(self, rows: Rows, state: State) -> tuple[Step, State]:
        instants, observation = self._worlds.instants(rows), None
        if self._driver.spec is not None:
            observation = self._worlds.observe(rows)
            if self._frame_edit is not None:
                observation = self._frame_edit(observation, rows)
        decision, after = self._driver.decide(observation, instants, state)
        seeds = np.asarray(self._seeds, np.int64)[rows]
        return Step(self._worlds, rows, seeds, observation, instants, decision, state), after

    def _noted(self, step: Step) -> dict[str, NDArray[Any]]:
        attention = step.decision.attention
        read = np.full(len(step.rows), np.nan) if attention is None else attention.read.mean(axis=(1, 2))
        told = self._worlds.telemetry(step.rows, step.instants)
        return {"action": step.decision.action, "share_read": read, **told}

    def _columns(self) -> dict[str, NDArray[np.float64]]:
        """All that was noted, (T, n, ...) by name; NaN after a world's end."""
        nobody: Rows = np.arange(0)
        empty = {"action": np.empty((0, len(self._worlds.actions))), "share_read": np.empty(0)}
        shapes = empty | dict(self._worlds.telemetry(nobody, self._worlds.instants(nobody)))
        size = len(self._log), len(self._seeds)
        columns = {name: np.full((*size, *values.shape[1:]), np.nan) for name, values in shapes.items()}
        for step, (rows, noted) in enumerate(self._log):
            for name, values in noted.items():
                columns[name][step, rows] = values
        return columns

    def _episode(self, row: int, columns: Mapping[str, NDArray[np.float64]]) -> Episode:
        steps = sum(row in rows for rows, _ in self._log)
        own = {name: values[:steps, row] for name, values in columns.items()}
        outcome = dict(self._worlds.outcome(row))
        return Episode(
            seed=int(self._seeds[row]),
            ended=outcome.pop("ended") or "cut short",
            duration=steps * self._worlds.step_seconds,
            action=own.pop("action"),
            share_read=own.pop("share_read"),
            columns=own,
            outcome=outcome,
        )
