"""RedGaze's policies: networks, training, evaluation. Torch is loaded only when a policy is asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.policy import Policy

POLICY_WAYS = (
    "a shipped policy's name, a checkpoint folder, FILE.py:family@FOLDER for a checkpoint of a family of your own, "
    "FILE.py:object for a policy of your own"
)
"""How a policy is named, for help texts."""


def load_policy(name: "str | Path | Policy") -> "Policy":
    """A policy: a shipped one by name, a checkpoint folder, FAMILY@FOLDER for a checkpoint of a family of one's own, or
    a policy of one's own as FILE.py:object or module:object, or itself. ValueError in one line where there is none."""
    from agent.checkpoint import load_policy as load

    return load(name)


def policy_names() -> tuple[str, ...]:
    """Names of the shipped policies."""
    from agent.shipped import policy_names as names

    return names()
