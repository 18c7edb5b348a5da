"""`python -m agent.evaluate POLICY... --suite NAME --out DIR`: measure, print, save."""

from sim.interrupts import interruptible

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import tyro
from rich.console import Console

from agent import POLICY_WAYS
from agent.evaluate import quick
from agent.evaluate.job import Job, prepared
from agent.evaluate.options import Options
from agent.evaluate.suites import SUITES, suite_of
from sim.command_line import fail, mistakes_in_one_line, parse, say
from sim.seeds import TEST_FROM, VALIDATION

POLICIES = f"Each of them {POLICY_WAYS}, or `expert` (driving only)."
WHAT = f"What to measure: {', '.join(SUITES)}; docs/evaluation.md says what every figure means."
EPISODES = ", ".join(f"{suite.episodes} for {name}" for name, suite in SUITES.items())
SEEDS = (
    f"First seed (default: {TEST_FROM}, with --quick {VALIDATION.start}); from {TEST_FROM} on they are for reported "
    f"figures only, {VALIDATION.start} to {VALIDATION.stop - 1} are for trying."
)

NOTHING_KEPT = "nothing is kept: --out DIR keeps the report"


@dataclass(frozen=True)
class CommandLine:
    """Measure how policies drive, whether what they show as red is true, or whether it lies on what decides. Writes
    report.json and plots."""

    policies: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(help=POLICIES)]
    suite: Annotated[str | None, tyro.conf.arg(help=WHAT, constructor=str, metavar="NAME", help_behavior_hint="")] = (
        None
    )
    out: Annotated[Path | None, tyro.conf.arg(constructor=Path, metavar="DIR", help_behavior_hint="")] = None
    """Folder for report.json and the plots; may be left out with --quick, which then keeps nothing."""
    quick: Annotated[bool, tyro.conf.FlagCreatePairsOff, tyro.conf.arg(help_behavior_hint="")] = False
    """The same as --suite quick, on validation seeds: a verdict in under a minute, to try things with. No evidence."""
    episodes: Annotated[int | None, tyro.conf.arg(help=f"How many episodes, one seed each; {EPISODES}.")] = None
    seed_start: Annotated[
        int | None, tyro.conf.arg(help=SEEDS, constructor=int, metavar="INT", help_behavior_hint="")
    ] = None
    theme: str = "train"
    """A theme, `train` or `heldout` for all of that split, or FILE.py:object or module:object."""
    scenario: str = "open-road"
    """What lives on the road: open-road, traffic, town, or FILE.py:object or module:object."""
    frames: int = 2000
    """Frames sampled for the faithfulness suite, half of them from turns."""

    def job(self, out: Path) -> Job:
        """What to do, as data; ValueError for values that cannot be."""
        suite = suite_of(self.asked)
        episodes = suite.episodes if self.episodes is None else self.episodes
        first = VALIDATION.start if suite is quick.SUITE else TEST_FROM
        seed_start = first if self.seed_start is None else self.seed_start
        options = Options(episodes, seed_start, self.frames, self.scenario, self.theme)
        return Job(self.policies, suite.name, str(out), options)

    @property
    def asked(self) -> str:
        """The suite's name. ValueError where there is none, or one beside --quick."""
        if self.quick and self.suite not in (None, quick.SUITE.name):
            raise ValueError(f"--quick beside --suite {self.suite}: expected one of them")
        if self.suite is None and not self.quick:
            raise ValueError(f"no --suite: expected one of {', '.join(SUITES)}, or --quick")
        return self.suite or quick.SUITE.name


@interruptible
def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status, 0 also where bars were missed."""
    line = parse(CommandLine, arguments, prog="python -m agent.evaluate")
    with ExitStack() as stack:
        return measure(line, line.out or folder_for_a_while(line, stack), Console())


def folder_for_a_while(line: CommandLine, stack: ExitStack) -> Path:
    """Where a quick look writes what nobody keeps."""
    with mistakes_in_one_line():
        if line.asked != quick.SUITE.name:
            raise ValueError(f"no --out: expected a folder for the report of the {line.asked} suite")
    return Path(stack.enter_context(TemporaryDirectory()))


def measure(line: CommandLine, out: Path, console: Console) -> int:
    """Run the job, say where the report is; returns the exit status."""
    with mistakes_in_one_line():
        work = prepared(line.job(out))
    try:
        path = work(console)
    except KeyboardInterrupt:
        console.print("stopped; there is no report")
        return 130
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror or error}")
    say(console, f"report, every line and plots: {path.parent}" if line.out else NOTHING_KEPT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
