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

    from agent.evaluate.options import Options
    from agent.evaluate.suites import run, suite_of
    from sim.files import typed_path

    asked = suite_of(suite)
    chosen = Options(**{"episodes": asked.episodes, **options})
    return run(asked, policies, chosen, typed_path(out), Console())
