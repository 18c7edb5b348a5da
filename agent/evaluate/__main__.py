"""`python -m agent.evaluate POLICY... --suite driving|faithfulness|causes --out DIR`: measure, print, save."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import torch
import tyro
from rich.console import Console

from agent import load_policy, policy_names
from agent.evaluate import driving, report
from agent.evaluate.options import DEFAULT_EPISODES, TEST_SEED, Options
from agent.evaluate.suites import run
from sim.command_line import fail, mistakes_in_one_line, parse
from sim.driver import Driver, Expert
from sim.policy import Policy


@dataclass(frozen=True)
class CommandLine:
    """Measure how policies drive, whether what they show as red is true, or whether it lies on what decides. Writes
    report.json and plots."""

    policies: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Shipped policies by name, checkpoint folders, or `expert` (driving only)."""
    suite: Literal["driving", "faithfulness", "causes"]
    """What to measure; docs/evaluation.md says what every figure means."""
    out: Path
    """Folder for report.json and the plots."""
    episodes: int | None = None
    """How many episodes, one seed each; 100 for driving and causes, 50 for faithfulness."""
    seed_start: int = TEST_SEED
    """First seed; from 20000 on they are for reported figures only, 10000 to 19999 are for trying."""
    theme: str = "train"
    """A theme, `train` or `heldout` for all of that split, or FILE.py:object or module:object."""
    scenario: str = "open-road"
    """What lives on the road: open-road, traffic, town, or FILE.py:object or module:object."""
    frames: int = 2000
    """Frames sampled for the faithfulness suite, half of them from turns."""

    def options(self) -> Options:
        """The options of the suite; ValueError for values that cannot be."""
        episodes = DEFAULT_EPISODES[self.suite] if self.episodes is None else self.episodes
        if self.suite == "faithfulness" and episodes < 2:
            raise ValueError(f"episodes {episodes}: faithfulness needs 2 at least, to show one the other's frames")
        return Options(episodes, self.seed_start, self.frames, self.scenario, self.theme)


def load(names: tuple[str, ...], suite: str) -> dict[str, Policy | Driver]:
    """The policies, by the names that the report gives them. ValueError where one cannot be tested."""
    policies: dict[str, Policy | Driver] = {}
    for name in names:
        short = Path(name).resolve().name
        if short in policies:
            raise ValueError(f"two policies are called {short!r}: evaluate them one after the other, into two folders")
        if name == driving.EXPERT and suite != "driving":
            raise ValueError(
                f"policy {name!r} reads no frames: the {suite} suite needs one that does, driving does not"
            )
        policies[short] = Expert() if name == driving.EXPERT else load_policy(name)
    if not policies:
        raise ValueError(f"no policy given: expected shipped names ({', '.join(policy_names())}), folders or expert")
    return policies


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status, 0 also where bars were missed."""
    line = parse(CommandLine, arguments, prog="python -m agent.evaluate")
    with mistakes_in_one_line():
        options = line.options()
        policies = load(line.policies, line.suite)
        report.check_writable(line.out)
    torch.set_num_threads(1)  # batches are small: a second thread gains little, and loses much on a busy machine
    console = Console()
    try:
        path = run(line.suite, policies, options, line.out, console)
    except KeyboardInterrupt:
        console.print("stopped; there is no report")
        return 130
    except OSError as error:
        fail(f"{error.filename or line.out}: {error.strerror or error}")
    console.print(f"report and plots: {path.parent}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
