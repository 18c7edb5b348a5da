"""`python -m agent.evaluate POLICY... --suite NAME --out DIR`: measure, print, save."""

from sim.interrupts import interruptible

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from agent import POLICY_WAYS
from agent.evaluate.job import Job, prepared
from agent.evaluate.options import Options
from agent.evaluate.suites import SUITES, suite_of
from sim.command_line import fail, mistakes_in_one_line, parse
from sim.seeds import TEST_FROM, VALIDATION

POLICIES = f"Each of them {POLICY_WAYS}, or `expert` (driving only)."
WHAT = f"What to measure: {', '.join(SUITES)}; docs/evaluation.md says what every figure means."
EPISODES = ", ".join(f"{suite.episodes} for {name}" for name, suite in SUITES.items())
SEEDS = (
    f"First seed; from {TEST_FROM} on they are for reported figures only, {VALIDATION.start} to {VALIDATION.stop - 1} "
    "are for trying."
)


@dataclass(frozen=True)
class CommandLine:
    """Measure how policies drive, whether what they show as red is true, or whether it lies on what decides. Writes
    report.json and plots."""

    policies: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(help=POLICIES)]
    suite: Annotated[str, tyro.conf.arg(help=WHAT)]
    out: Path
    """Folder for report.json and the plots."""
    episodes: Annotated[int | None, tyro.conf.arg(help=f"How many episodes, one seed each; {EPISODES}.")] = None
    seed_start: Annotated[int, tyro.conf.arg(help=SEEDS)] = TEST_FROM
    theme: str = "train"
    """A theme, `train` or `heldout` for all of that split, or FILE.py:object or module:object."""
    scenario: str = "open-road"
    """What lives on the road: open-road, traffic, town, or FILE.py:object or module:object."""
    frames: int = 2000
    """Frames sampled for the faithfulness suite, half of them from turns."""

    def job(self) -> Job:
        """What to do, as data; ValueError for values that cannot be."""
        episodes = suite_of(self.suite).episodes if self.episodes is None else self.episodes
        options = Options(episodes, self.seed_start, self.frames, self.scenario, self.theme)
        return Job(self.policies, self.suite, str(self.out), options)


@interruptible
def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status, 0 also where bars were missed."""
    line = parse(CommandLine, arguments, prog="python -m agent.evaluate")
    with mistakes_in_one_line():
        work = prepared(line.job())
    console = Console()
    try:
        path = work(console)
    except KeyboardInterrupt:
        console.print("stopped; there is no report")
        return 130
    except OSError as error:
        fail(f"{error.filename or line.out}: {error.strerror or error}")
    console.print(f"report and plots: {path.parent}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
