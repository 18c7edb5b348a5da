"""What a suite is: the contract of all that can be asked of policies. A new one is a `Suite` and a line in SUITES."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.evaluate.findings import Findings
from agent.evaluate.forecast import Due, Part, due
from agent.evaluate.options import Options, Stage
from sim.driver import Driver
from sim.policy import Policy
from sim.rollout import check_actions
from sim.simulator import Simulator

Policies = Mapping[str, Policy | Driver]
"""By the name that the report gives each."""

EACH_THEME = "each theme in turn is asked of driving alone"


@dataclass(frozen=True)
class Suite:
    """One question to policies.

    episodes: how many by default; least: how few will do. applies: why the question makes no sense for a policy in
    these worlds, or None where it does. run: the answer, for policies to which it applies; it tells `stage` each stage
    that it comes to. together: all policies at once, beside each other; otherwise `run` is given one at a time. work:
    the stages that it will come to, so that it can be told beforehand how long they take. caution: what is to be said
    with all that it finds.
    """

    name: str
    episodes: int
    applies: Callable[[Policy | Driver, Options], str | None]
    run: Callable[[Policies, Options, Stage], Findings]
    least: int = 1
    together: bool = False
    work: Callable[[Policies, Options], Sequence[Part]] | None = None
    caution: str = ""

    def check(self, policies: Policies, options: Options) -> None:
        """ValueError for what nobody can have meant: too few episodes, the red of a driver who looks at nothing."""
        if options.episodes < self.least:
            why = "to show one the other's frames"
            raise ValueError(f"episodes {options.episodes}: {self.name} needs {self.least} at least, {why}")
        for name, policy in policies.items():
            if isinstance(policy, Driver) and policy.spec is None and self.applies(policy, options):
                needs = f"the {self.name} suite needs one that does, driving does not"
                raise ValueError(f"policy {name!r} reads no frames: {needs}")
            if options.simulated and policy.spec is not None:
                check_actions(policy.spec, Simulator.actions)

    def due(self, policies: Policies, options: Options) -> list[Due]:
        """What each stage should take; nothing where the suite does not say which there will be."""
        if self.work is None:
            return []
        asked = {name: policy for name, policy in policies.items() if self.applies(policy, options) is None}
        return due([part for some in self.groups(asked) if some for part in self.work(some, options)], options)

    def groups(self, policies: Policies) -> Iterator[Policies]:
        """The policies that are asked at once."""
        if self.together:
            yield policies
        else:
            yield from ({name: policy} for name, policy in policies.items())


def has_map(policy: Policy | Driver, options: Options) -> str | None:
    """Why there is no red to ask about, or None where there is."""
    if isinstance(options.theme, tuple):
        return EACH_THEME
    if policy.spec is None or isinstance(policy, Driver):
        return "it decides without frames, so it has no red"
    return None if policy.spec.kind else "a policy without attention has no red"
