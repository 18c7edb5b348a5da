"""`python -m agent.evaluate.evidence FOLDER --out DIR`: the evidence that a shipped checkpoint carries.

Runs the suites on the test seeds, then each theme by itself, saves each report and the suites' plots below `out`, and
writes all of them, in short, as eval.json into the checkpoint's folder.
"""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
import tyro
from rich.console import Console

from agent import load_policy
from agent.evaluate import driving, report
from agent.evaluate.options import DEFAULT_EPISODES, Options
from agent.evaluate.suites import ProgressLine, run
from sim.command_line import mistakes_in_one_line, parse
from sim.files import write_text
from sim.policy import Policy
from sim.rollout import drive
from sim.theme import theme_names

SUITES = {
    "driving": ("driving", Options(DEFAULT_EPISODES["driving"])),
    "heldout": ("driving", Options(50, theme="heldout")),
    "faithfulness": ("faithfulness", Options(DEFAULT_EPISODES["faithfulness"])),
}
"""Part of the evidence -> suite and options."""

THEMES = {theme: Options(25, theme=theme) for theme in theme_names()}
"""Theme -> options: the same tracks in each, driven one theme after the other."""

LONG = ("drives",)
"""What the reports hold for every single episode; left out of eval.json."""


@dataclass(frozen=True)
class CommandLine:
    """Measure a checkpoint with every suite and write its eval.json."""

    checkpoint: Annotated[Path, tyro.conf.Positional]
    """A checkpoint folder."""
    out: Path
    """Folder for the full reports and the plots."""


def measure_themes(name: str, policy: Policy, themes: Mapping[str, Options], out: Path, console: Console) -> Path:
    """Drive each theme's episodes with one policy; the path of a driving report whose scores and measures are by theme.

    Expert and controls are left out: looks change nothing for them, and the suites have driven them already.
    """
    line, drives = ProgressLine(console), {}
    with line.bar:
        for theme, options in themes.items():
            episodes = drive(options.simulator(policy), policy, options.seeds, (line.stage(theme),))
            drives[theme] = driving.Drives(episodes)
    scores = {theme: each.scores()[theme] for theme, each in drives.items()}
    measures = [one for theme, each in drives.items() for one in driving.measures(theme, each, themes[theme])]
    report.print_scores(console, {name: scores})
    report.print_measures(console, "Held to the bars", measures)
    found = {**report.identity(policy), "scores": scores, "measures": [measure.to_json() for measure in measures]}
    header = report.header("driving", next(iter(themes.values())))
    header["options"]["theme"] = list(themes)
    return report.save({**header, "policies": {name: found}}, out)


def shortened(saved: dict[str, Any]) -> dict[str, Any]:
    """A report without what it holds of every single episode, and without bars that nothing was held to."""
    policies = {
        name: {key: value for key, value in found.items() if key not in LONG}
        for name, found in saved["policies"].items()
    }
    held = {measure["bar"] for found in policies.values() for measure in found["measures"]}
    return {**saved, "bars": {name: bar for name, bar in saved["bars"].items() if name in held}, "policies": policies}


def compact(evidence: Mapping[str, Any]) -> str:
    """JSON with a line for each innermost object or list."""
    text = json.dumps(evidence, indent=1)
    return re.sub(r"([\[{])\n\s+([^\[\]{}]*?)\n\s+([\]}])", lambda match: _in_one_line(*match.groups()), text) + "\n"


def _in_one_line(opening: str, inside: str, closing: str) -> str:
    return opening + re.sub(r"\n\s+", " ", inside) + closing


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    line = parse(CommandLine, arguments, prog="python -m agent.evaluate.evidence")
    with mistakes_in_one_line():
        policy = load_policy(line.checkpoint)
        report.check_writable(line.out)
    torch.set_num_threads(1)
    name, console = line.checkpoint.resolve().name, Console()
    paths = {
        part: run(suite, {name: policy}, options, line.out / part, console) for part, (suite, options) in SUITES.items()
    }
    paths["themes"] = measure_themes(name, policy, THEMES, line.out / "themes", console)
    evidence = {part: shortened(json.loads(path.read_text(encoding="utf-8"))) for part, path in paths.items()}
    write_text(line.checkpoint / "eval.json", compact(evidence))
    return 0


if __name__ == "__main__":
    sys.exit(main())
