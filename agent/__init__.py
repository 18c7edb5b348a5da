"""RedGaze's policies: networks, training, evaluation. Torch is loaded only when a policy is asked for."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.policy import Policy


def _check_not_hidden() -> None:
    """ImportError in one line where a file of the user's own called sim.py lies before ours; exit 2 where a command was
    asked for."""
    loaded = sys.modules.get("sim")
    spec = loaded.__spec__ if loaded else find_spec("sim")
    ours = [Path(folder) / "registration.py" for folder in (spec and spec.submodule_search_locations) or ()]
    if any(file.is_file() for file in ours):
        return
    place = spec.origin if spec else None
    told = f"{place} is in the way of RedGaze's own `sim`: rename it" if place else "RedGaze's own `sim` is missing"
    if sys.argv[:1] == ["-m"]:  # python -m agent...., which has got as far as this package
        print(f"error: {told}", file=sys.stderr)
        raise SystemExit(2)
    raise ImportError(told, name="sim", path=place)


_check_not_hidden()

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
