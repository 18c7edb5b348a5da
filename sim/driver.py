"""Whoever drives: a policy, the expert, a control. A driver is told by what it is, never by a method's name."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.instant import Instants
from sim.policy import Decision, Observation, Policy, PolicySpec, State, check_decision, provenance_of

Decided = tuple[Decision, State]
"""A decision, and the state after it."""

EXPERT = "expert"
"""The name by which the expert is asked for, and under which it is reported."""


class Driver(ABC):
    """Decides for N worlds. spec: the frames that it wants; None where it looks at none, so that none are drawn."""

    spec: PolicySpec | None = None

    def initial_state(self, n: int) -> State:
        """The state before the first decision, for n worlds; None for who remembers nothing."""
        return None

    @abstractmethod
    def decide(self, observation: Observation | None, instants: Any, state: State) -> Decided:
        """The decision for as many worlds as it is given, and the state after it.

        observation: None for who looks at no frames. instants: what is true there, for who is privileged to know:
        `sim.instant.Instants` of the simulator's worlds; of others what these give, or None.
        """
        ...


@dataclass(frozen=True)
class PolicyDriver(Driver):
    """A policy at the wheel: it is given frames, and nothing of what is true."""

    policy: Policy

    @property
    def spec(self) -> PolicySpec:  # type: ignore[override]
        """The policy's."""
        return self.policy.spec

    @property
    def provenance(self) -> Mapping[str, Any]:
        """The policy's."""
        return provenance_of(self.policy)

    def initial_state(self, n: int) -> State:
        """The policy's."""
        return self.policy.initial_state(n)

    def decide(self, observation: Observation | None, instants: Any, state: State) -> Decided:
        """The policy's decision."""
        assert observation is not None, "whoever has a spec is given frames"
        decision, after = self.policy.act(observation, state)
        check_decision(decision, self.policy.spec, len(observation["frame"]))
        return decision, after


class Expert(Driver):
    """The privileged driver: pure pursuit of the line along the speed profile; see `sim.expert`."""

    @staticmethod
    def knows(instants: Any) -> bool:
        """Whether it can drive by these: they are the simulator's."""
        return isinstance(instants, Instants)

    def decide(self, observation: Observation | None, instants: Any, state: State) -> Decided:
        """What the instants say that it would do. ValueError where they are not the simulator's."""
        if not self.knows(instants):
            raise ValueError("the expert knows the simulator's own worlds alone: choose a driver that looks at frames")
        return Decision(instants.expert_action), None


class Constant(Driver):
    """The same action for ever: a control that must fail."""

    def __init__(self, *action: float) -> None:
        self.action = np.array(action, np.float32)

    def initial_state(self, n: int) -> State:
        """The action (n, A) of each world."""
        return {"action": np.tile(self.action, (n, 1))}

    def decide(self, observation: Observation | None, instants: Any, state: State) -> Decided:
        """That action, whatever happens."""
        return Decision(state["action"]), state


class Nobody(Constant):
    """Nobody: what a person leaves behind who takes the hands off the wheel. Only a person drives with it."""


def as_driver(wanted: object) -> Driver:
    """A driver as it is, or a policy at the wheel. ValueError for anything else."""
    if isinstance(wanted, Driver):
        return wanted
    if isinstance(wanted, Policy):
        return PolicyDriver(wanted)
    expected = "a policy with spec, initial_state and act (sim.policy.Policy), or a sim.driver.Driver"
    raise ValueError(f"{type(wanted).__name__} cannot drive; expected {expected}")
