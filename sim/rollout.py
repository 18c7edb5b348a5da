"""The one loop: worlds, a policy, and observers that look on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sim.policy import Decision, Observation, Policy, State, pick_state
from sim.simulator import Rows, Simulator
from sim.vehicle import CONTROL_STEP, SPEED, YAW_RATE
from sim.world import ENDINGS

TELEMETRY = (
    *("s", "d", "heading_error", "speed", "yaw_rate", "acceleration", "steer", "pedal", "share_read"),
    *("time_to_collision", "cause", "culprit", "expert_pedal"),
)
"""What the loop notes of every control step, at the moment of the decision."""


@runtime_checkable
class Driver(Protocol):
    """Decides from the simulator itself, not from frames; so none are drawn for it."""

    def decide(self, simulator: Simulator, rows: Rows) -> Decision:
        """Actions for the worlds in `rows`."""
        ...


class ExpertDriver:
    """The privileged driver."""

    def decide(self, simulator: Simulator, rows: Rows) -> Decision:
        """Pure pursuit of the lane's centre along the speed profile; see `sim.expert`."""
        return Decision(simulator.expert(rows)[0])


@dataclass(frozen=True)
class ConstantDriver:
    """The same action for ever: a control that must fail."""

    action: tuple[float, float]

    def decide(self, simulator: Simulator, rows: Rows) -> Decision:
        """`action`, whatever happens."""
        return Decision(np.tile(np.asarray(self.action, np.float32), (len(rows), 1)))


@dataclass(frozen=True)
class Step:
    """What an observer gets at each control step, after the decision and before the worlds move.

    rows: (B,) the worlds still driving. observation: what was decided on; None for a Driver, who sees no frame.
    state: the policy's recurrent state before the decision. Row i of each belongs to world rows[i] of `simulator`.
    """

    simulator: Simulator
    rows: Rows
    observation: Observation | None
    decision: Decision
    state: State


@dataclass(frozen=True)
class Episode:
    """One drive and what became of it.

    The arrays hold one value a control step, noted when the decision was made: s, d, heading_error, speed, yaw_rate,
    acceleration (T,), action (T, 2) and share_read (T,), the share of the cells that the policy kept, NaN without a
    selection. time_to_collision (T,) s, infinite for nobody ahead; cause (T,) and culprit (T,), why the expert would
    have acted there and the object's row or -1, and expert_pedal (T,), how. Metres, seconds, radians. ended: one of
    `sim.world.ENDINGS`, or "cut short" by `max_steps`.
    """

    seed: int
    theme: str
    s: NDArray[np.float64]
    d: NDArray[np.float64]
    heading_error: NDArray[np.float64]
    speed: NDArray[np.float64]
    yaw_rate: NDArray[np.float64]
    acceleration: NDArray[np.float64]
    action: NDArray[np.float64]
    share_read: NDArray[np.float64]
    time_to_collision: NDArray[np.float64]
    cause: NDArray[np.float64]
    culprit: NDArray[np.float64]
    expert_pedal: NDArray[np.float64]
    infractions: dict[str, int]
    near_misses: int
    route_completion: float
    route_length: float
    distance: float
    off_road_share: float
    expert_time: float
    duration: float
    ended: str


Observer = Callable[[Step], None]
FrameEditor = Callable[[Observation, Rows], Observation]


def drive(
    simulator: Simulator,
    policy: Policy | Driver,
    seeds: Sequence[int],
    observers: Sequence[Observer] = (),
    *,
    frame_edit: FrameEditor | None = None,
    max_steps: int | None = None,
) -> list[Episode]:
    """Drive one episode for each seed, as many at once as the simulator has worlds; episodes come in the seeds' order.

    Only worlds that are still driving are drawn and decided. `frame_edit` changes what the policy is given.
    `max_steps` cuts every episode after so many control steps.
    """
    episodes: list[Episode] = []
    for start in range(0, len(seeds), simulator.n):
        chunk = seeds[start : start + simulator.n]
        episodes += _drive_together(simulator, policy, chunk, observers, frame_edit, max_steps)
    return episodes


def _drive_together(
    simulator: Simulator,
    policy: Policy | Driver,
    seeds: Sequence[int],
    observers: Sequence[Observer],
    frame_edit: FrameEditor | None,
    max_steps: int | None,
) -> list[Episode]:
    rows: Rows = np.arange(len(seeds))
    simulator.reset(rows, seeds)
    state = None if isinstance(policy, Driver) else policy.initial_state(len(rows))
    log: list[NDArray[np.float64]] = []
    ended = np.full(len(seeds), "cut short", object)
    while len(rows) and len(log) != max_steps:
        observation, decision, next_state = _decide(simulator, policy, rows, state, frame_edit)
        step = Step(simulator, rows, observation, decision, state)
        for observer in observers:
            observer(step)
        log.append(_telemetry(step, len(seeds)))
        outcome = simulator.step(decision.action, rows)
        over = outcome.terminated | outcome.truncated
        ended[rows[over]] = np.array(ENDINGS, object)[simulator.world.endings[rows[over]]]
        driving = np.flatnonzero(~over)
        rows, state = rows[driving], pick_state(next_state, driving)
    return list(_episodes(simulator, seeds, np.stack(log) if log else np.empty((0, len(seeds), len(TELEMETRY))), ended))


def _decide(
    simulator: Simulator, policy: Policy | Driver, rows: Rows, state: State, frame_edit: FrameEditor | None
) -> tuple[Observation | None, Decision, State]:
    if isinstance(policy, Driver):
        return None, policy.decide(simulator, rows), None
    observation = simulator.observe(rows)
    if frame_edit is not None:
        observation = frame_edit(observation, rows)
    return observation, *policy.act(observation, state)


def _telemetry(step: Step, n: int) -> NDArray[np.float64]:
    """One line of the log, (n, len(TELEMETRY)); NaN for worlds that have ended."""
    world, rows, attention = step.simulator.world, step.rows, step.decision.attention
    kept = None if attention is None else attention.kept
    wanted, cause, culprit = step.simulator.expert(rows)
    line = np.full((n, len(TELEMETRY)), np.nan)
    line[rows] = np.column_stack(
        [
            *(world.s[rows], world.d[rows], world.heading_error[rows]),
            *(world.vehicle[rows, SPEED], world.vehicle[rows, YAW_RATE], world.acceleration[rows]),
            step.decision.action,
            np.full(len(rows), np.nan) if kept is None else kept.mean(axis=(1, 2)),
            *(world.time_to_collision[rows], cause, culprit, wanted[:, 1]),
        ]
    )
    return line


def _episodes(
    simulator: Simulator, seeds: Sequence[int], log: NDArray[np.float64], ended: NDArray[np.object_]
) -> Iterator[Episode]:
    world = simulator.world
    for row, seed in enumerate(seeds):
        steps = int(world.steps[row])
        lines = log[:steps, row]
        columns = {name: lines[:, column] for column, name in enumerate(TELEMETRY)}
        columns["action"] = np.column_stack([columns.pop("steer"), columns.pop("pedal")])
        yield Episode(
            seed=seed,
            theme=simulator.theme_names[row],
            infractions=dict(zip(world.infraction_names, map(int, world.infractions[row]), strict=True)),
            near_misses=int(world.near_misses[row]),
            route_completion=float(world.route_completion[row]),
            route_length=float(world.route_length[row]),
            distance=float(world.distance[row]),
            off_road_share=float(min(1.0, world.off_road_distance[row] / max(world.distance[row], 1e-9))),
            expert_time=float(world.tracks.expert_time[row]),
            duration=steps * CONTROL_STEP,
            ended=ended[row],
            **columns,
        )
