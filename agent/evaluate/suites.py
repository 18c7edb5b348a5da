"""Every suite by name; and one run from end to end: measure, print, plot, save."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agent.evaluate import causes, driving, faithfulness, report
from agent.evaluate.findings import Findings, Found, nothing_to_ask
from agent.evaluate.options import Options, Stage
from agent.evaluate.suite import Policies, Suite
from sim.errors import unknown
from sim.files import check_writable
from sim.rollout import Observer, Step

SUITES = {suite.name: suite for suite in (driving.SUITE, faithfulness.SUITE, causes.SUITE)}
"""Everything that can be asked."""


def suite_of(name: str) -> Suite:
    """The suite of that name; ValueError names the nearest one."""
    if name not in SUITES:
        raise unknown("suite", name, SUITES)
    return SUITES[name]


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


def run(suite: Suite, policies: Policies, options: Options, out: Path, console: Console) -> Path:
    """Put every policy to a suite; the path of report.json. A missed bar is a finding, not an error.

    ValueError where a policy cannot be put to it, OSError where `out` cannot be written.
    """
    suite.check(policies, options)
    report.check_free(out, suite.name, policies)
    check_writable(out)
    found: dict[str, Found] = {}
    for some in suite.groups(policies):
        line = ProgressLine(console)
        with line.bar:
            answers = list(ask(suite, some, options, line.stage))
        for findings in answers:
            report.show(console, findings)
            report.save_pictures(findings, out)
            report.save_files(console, findings, out)
            found |= findings.found
    told = {name: {**report.identity(policies.get(name), each), **each.to_json()} for name, each in found.items()}
    return report.save({**report.header(suite.name, options), "policies": told}, out)


def ask(suite: Suite, policies: Policies, options: Options, stage: Stage) -> Iterator[Findings]:
    """What a suite finds of policies that it asks at once: of those to which it does not apply, one line each."""
    why = {name: suite.applies(policy, options) for name, policy in policies.items()}
    asked = {name: policy for name, policy in policies.items() if why[name] is None}
    if asked:
        yield suite.run(asked, options, stage)
    yield from (nothing_to_ask(suite.name, name, reason) for name, reason in why.items() if reason is not None)
