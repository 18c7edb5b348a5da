"""RedGaze's policies: networks, training, evaluation. Torch is loaded only when a policy is asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.policy import Policy


def load_policy(name_or_folder: "str | Path") -> "Policy":
    """A shipped policy by name, or one from a checkpoint folder. ValueError in one line where neither is one."""
    from agent.checkpoint import load_policy as load

    return load(name_or_folder)


def policy_names() -> tuple[str, ...]:
    """Names of the shipped policies."""
    from agent.shipped import policy_names as names

    return names()
