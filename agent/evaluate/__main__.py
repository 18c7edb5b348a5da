"""`python -m agent.evaluate POLICY... --suite driving|faithfulness --out DIR`: measure, print, save."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import tyro
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agent import load_policy, policy_names
from agent.evaluate import driving, faithfulness, plots, report
from agent.evaluate.options import TEST_SEED, Options
from sim.command_line import fail, mistakes_in_one_line, parse
from sim.policy import Policy
from sim.rollout import Driver, ExpertDriver, Observer, Step

DEFAULT_EPISODES = {"driving": 100, "faithfulness": 50}


@dataclass(frozen=True)
class CommandLine:
    """Measure how policies drive, or whether what they show as red is true. Writes report.json and plots."""

    policies: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Shipped policies by name, checkpoint folders, or `expert` (driving only)."""
    suite: Literal["driving", "faithfulness"]
    """What to measure; docs/evaluation.md says what every figure means."""
    out: Path
    """Folder for report.json and the plots."""
    episodes: int | None = None
    """How many episodes, one seed each; 100 for driving, 50 for faithfulness."""
    seed_start: int = TEST_SEED
    """First seed; from 20000 on they are for reported figures only, 10000 to 19999 are for trying."""
    theme: str = "train"
    """A theme, or `train` or `heldout` for all of that split."""
    scenario: str = "open-road"
    """What lives on the road."""
    frames: int = 2000
    """Frames sampled for the faithfulness suite, half of them from turns."""

    def options(self) -> Options:
        """The options of the suite; ValueError for values that cannot be."""
        episodes = DEFAULT_EPISODES[self.suite] if self.episodes is None else self.episodes
        return Options(episodes, self.seed_start, self.frames, self.scenario, self.theme)


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
        policies[short] = ExpertDriver() if name == driving.EXPERT else load_policy(name)
    if not policies:
        raise ValueError(f"no policy given: expected shipped names ({', '.join(policy_names())}), folders or expert")
    return policies


def run_driving(policies: dict[str, Policy | Driver], options: Options, out: Path, console: Console) -> dict[str, Any]:
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


def run_faithfulness(
    policies: dict[str, Policy | Driver], options: Options, out: Path, console: Console
) -> dict[str, Any]:
    """Test, print and plot, one policy after the other; what the report holds of it."""
    found = {}
    for name, policy in policies.items():
        line = ProgressLine(console)
        with line.bar:
            findings = faithfulness.evaluate(cast(Policy, policy), options, line.stage)
        report.print_measures(console, f"Is the red of {name} true?", findings.measures)
        if findings.examples:
            plots.save_faithfulness(findings, out, name)
        found[name] = {**report.identity(policy), **findings.to_json()}
    return found


SUITES = {"driving": run_driving, "faithfulness": run_faithfulness}


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status. A missed bar is a finding, not an error."""
    line = parse(CommandLine, arguments, prog="python -m agent.evaluate")
    with mistakes_in_one_line():
        options = line.options()
        policies = load(line.policies, line.suite)
        report.check_writable(line.out)
    console = Console()
    try:
        found = SUITES[line.suite](policies, options, line.out, console)
        path = report.save({**report.header(line.suite, options), "policies": found}, line.out)
    except KeyboardInterrupt:
        console.print("stopped; there is no report")
        return 130
    except OSError as error:
        fail(f"{error.filename or line.out}: {error.strerror or error}")
    console.print(f"report and plots: {path.parent}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
