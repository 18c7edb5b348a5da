"""Measure policies: how they drive, and whether their red is true. See docs/evaluation.md."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.policy import Policy


def evaluate(policies: "Mapping[str, Policy]", suite: str, out: str | Path, **options: Any) -> Path:
    """Put any policies to a suite ("driving", "faithfulness", "causes") as the command line does; report.json's path.

    options: those of `agent.evaluate.options.Options`, such as episodes, seed_start, scenario, theme. ValueError for a
    mistake.
    """
    from rich.console import Console

    from agent.evaluate.options import DEFAULT_EPISODES, Options
    from agent.evaluate.suites import run
    from sim.errors import unknown

    if suite not in DEFAULT_EPISODES:
        raise unknown("suite", suite, DEFAULT_EPISODES)
    chosen = Options(**{"episodes": DEFAULT_EPISODES[suite], **options})
    return run(suite, policies, chosen, Path(out), Console())
