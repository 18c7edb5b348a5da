"""Every suite by name; and one run from end to end: measure, print, plot, save."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from agent.evaluate import causes, driving, faithfulness, quick, report
from agent.evaluate.findings import Findings, nothing_to_ask
from agent.evaluate.options import Options, Stage
from agent.evaluate.progress import progress
from agent.evaluate.suite import Policies, Suite
from sim.errors import unknown
from sim.files import check_writable

SUITES = {suite.name: suite for suite in (driving.SUITE, faithfulness.SUITE, causes.SUITE, quick.SUITE)}
"""Everything that can be asked."""


def suite_of(name: str) -> Suite:
    """The suite of that name; ValueError names the nearest one."""
    if name not in SUITES:
        raise unknown("suite", name, SUITES)
    return SUITES[name]


def run(suite: Suite, policies: Policies, options: Options, out: Path, console: Console) -> Path:
    """Put every policy to a suite; the path of report.json. A missed bar is a finding, not an error.

    ValueError where a policy cannot be put to it, OSError where `out` cannot be written.
    """
    suite.check(policies, options)
    report.check_free(out, suite.name, policies)
    check_writable(out)
    report.show_cautions(console, suite, policies)
    with progress(suite, policies, options, console) as stage:
        answers = [findings for some in suite.groups(policies) for findings in ask(suite, some, options, stage)]
    for findings in answers:
        report.save_pictures(findings, out)
        report.save_files(console, findings, out)
    report.save_lines(answers, out)
    report.show_briefly(console, answers)
    found = {name: each for findings in answers for name, each in findings.found.items()}
    told = {name: {**report.identity(policies.get(name), each), **each.to_json()} for name, each in found.items()}
    return report.save({**report.header(suite, options), "policies": told}, out)


def ask(suite: Suite, policies: Policies, options: Options, stage: Stage) -> Iterator[Findings]:
    """What a suite finds of policies that it asks at once: of those to which it does not apply, one line each."""
    why = {name: suite.applies(policy, options) for name, policy in policies.items()}
    asked = {name: policy for name, policy in policies.items() if why[name] is None}
    if asked:
        yield suite.run(asked, options, stage)
    yield from (nothing_to_ask(suite.name, name, reason) for name, reason in why.items() if reason is not None)
