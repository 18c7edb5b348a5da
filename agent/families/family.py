"""Policy families: a kind of network, how it drives, and how it is trained. One line registers one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from agent.families.objective import Objective, Options
from sim.lookup import named
from sim.policy import Policy, PolicySpec


@dataclass(frozen=True)
class Family:
    """How to build one kind of network, drive with it and train it.

    name: what its checkpoints call it. config: a dataclass of plain values, the shape of the network. network(config):
    one with fresh weights, which keeps its configuration as `config`. policy(network): numpy in, numpy out.
    objective(options): what it is to learn. options: what can be chosen in training. quick: those of a quick run
    (`agent.config.QUICK`), None for the usual ones.
    """

    name: str
    config: type
    network: Callable[[Any], nn.Module]
    policy: Callable[[Any], Policy]
    objective: Callable[[Any], Objective]
    options: type[Options] = Options
    quick: Options | None = None

    def spec(self) -> PolicySpec:
        """What its policies need and give, unless a run's options ask for another shape."""
        return self.policy(self.network(self.options().shape(self.config))).spec


FAMILIES: dict[str, Family] = {}
"""The registered families by name."""


def register(family: Family) -> Family:
    """Make a family known, and give it back. The same one again takes its own place.

    ValueError where another one has the name.
    """
    known = FAMILIES.get(family.name)
    if known is not None and _definition(known) != _definition(family):
        raise ValueError(f"family {family.name!r} is there already and is another one: choose another name")
    FAMILIES[family.name] = family
    return family


def find(reference: str) -> Family:
    """A family by its name, or one of one's own as FILE.py:object or module:object, which is registered by this.

    ValueError in one line for what cannot be found.
    """
    return register(named("policy", reference, FAMILIES, Family))


def _definition(family: Family) -> tuple[str, str]:
    """Where it is defined: a cell that is run again defines the same family."""
    return family.config.__module__, family.config.__qualname__
