"""Run a suite from one end to the other: measure, print, plot, save."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agent.evaluate import causes, driving, faithfulness, plots, report
from agent.evaluate.options import Options
from sim.driver import Driver
from sim.policy import Policy
from sim.rollout import Observer, Step

Policies = Mapping[str, Policy | Driver]


class ProgressLine:
    """One line that says what is being done, and how many worlds are still driving."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self.bar = Progress(*columns, console=console, transient=True)
        self._task = self.bar.add_task("getting ready")

    def stage(self, name: str) -> Observer:
        """Show a stage's name, and give the observer that counts its drives."""
        self.bar.update(self._task, description=name)
        steps = 0

        def count(step: Step) -> None:
            nonlocal steps
            steps += 1
            if steps % 20 == 0:
                self.bar.update(self._task, description=f"{name}: {len(step.rows)} driving, step {steps}")

        return count


def run(suite: str, policies: Policies, options: Options, out: Path, console: Console) -> Path:
    """Put every policy to a suite; the path of report.json. A missed bar is a finding, not an error.

    ValueError where a policy cannot be put to it, OSError where `out` cannot be written.
    """
    report.check_writable(out)
    found = SUITES[suite](policies, options, out, console)
    return report.save({**report.header(suite, options), "policies": found}, out)


def _driving(policies: Policies, options: Options, out: Path, console: Console) -> dict[str, Any]:
    """Drive, print and plot; what the report holds of it."""
    line = ProgressLine(console)
    with line.bar:
        drives = driving.evaluate(policies, options, line.stage)
    scores = {name: each.scores() for name, each in drives.items()}
    measures = {name: driving.measures(name, each, options) for name, each in drives.items()}
    report.print_scores(console, scores)
    report.print_measures(console, "Held to the bars", [each for some in measures.values() for each in some])
    plots.save_driving(drives, out)
    return {
        name: {
            **(report.identity(policies[name]) if name in policies else {"control": each.control}),
            "scores": scores[name],
            "measures": [measure.to_json() for measure in measures[name]],
            "drives": [driving.summary(episode) for episode in each.episodes],
        }
        for name, each in drives.items()
    }


def _faithfulness(policies: Policies, options: Options, out: Path, console: Console) -> dict[str, Any]:
    """Test, print and plot, one policy after the other; what the report holds of it."""
    found = {}
    for name, policy in _with_eyes(policies).items():
        line = ProgressLine(console)
        with line.bar:
            findings = faithfulness.evaluate(policy, options, line.stage)
        report.print_sample(console, findings.sample)
        report.print_measures(console, f"Is the red of {name} true?", findings.measures)
        if findings.edited:
            plots.save_faithfulness(findings, out, name)
        found[name] = {**report.identity(policy), **findings.to_json()}
    return found


def _causes(policies: Policies, options: Options, out: Path, console: Console) -> dict[str, Any]:
    """Drive, look and print, one policy after the other; what the report holds of it."""
    found = {}
    for name, policy in _with_eyes(policies).items():
        line = ProgressLine(console)
        with line.bar:
            measures = causes.evaluate(policy, options, line.stage)
        report.print_measures(console, f"Does {name} keep what decides?", measures)
        found[name] = {**report.identity(policy), "measures": [measure.to_json() for measure in measures]}
    return found


def _with_eyes(policies: Policies) -> dict[str, Policy]:
    """The policies, all of which must be such as look at frames; ValueError where one does not."""
    seeing: dict[str, Policy] = {}
    for name, policy in policies.items():
        if isinstance(policy, Driver):
            raise ValueError(f"{name} decides without frames, so it has no red to test")
        seeing[name] = policy
    return seeing


SUITES = {"driving": _driving, "faithfulness": _faithfulness, "causes": _causes}
"""Suite name -> what the report holds of its policies."""
