"""Policy families by name: one file and one line each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from agent.families.topk_patches.network import TopKPatches, TopKPatchesConfig
from agent.families.topk_patches.policy import TopKPatchesPolicy
from sim.errors import unknown
from sim.policy import Policy


@dataclass(frozen=True)
class Family:
    """How to build one kind of network from its configuration, and how to drive with it."""

    config: type
    network: Callable[[Any], nn.Module]
    policy: Callable[[Any], Policy]


FAMILIES = {"topk-patches": Family(TopKPatchesConfig, TopKPatches, TopKPatchesPolicy)}


def family(name: str) -> Family:
    """The family of that name. ValueError names the nearest one."""
    if name not in FAMILIES:
        raise unknown("policy", name, FAMILIES)
    return FAMILIES[name]
