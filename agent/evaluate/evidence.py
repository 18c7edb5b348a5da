"""`python -m agent.evaluate.evidence FOLDER --out DIR`: the evidence that a shipped checkpoint carries.

Runs the suites on the test seeds, then each theme by itself, and saves each report and the suites' plots below `out`.
Once all parts lie there, made by several processes perhaps, they are written, in short, as eval.json into the
checkpoint's folder.
"""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import torch
import tyro
from rich.console import Console

from agent import load_policy
from agent.evaluate import driving, report
from agent.evaluate.options import DEFAULT_EPISODES, Options
from agent.evaluate.suites import ProgressLine, run
from sim import WORLD_VERSION
from sim.command_line import mistakes_in_one_line, parse
from sim.errors import unknown
from sim.files import write_text
from sim.policy import Policy, provenance_of
from sim.rollout import drive
from sim.scenario import SCENARIOS
from sim.theme import theme_names

SUITES = {
    **{name: ("driving", Options(DEFAULT_EPISODES["driving"], scenario=name)) for name in SCENARIOS},
    "heldout": ("driving", Options(50, theme="heldout")),
    "faithfulness": ("faithfulness", Options(DEFAULT_EPISODES["faithfulness"])),
    "faithfulness-town": ("faithfulness", Options(DEFAULT_EPISODES["faithfulness"], scenario="town")),
    "causes-traffic": ("causes", Options(DEFAULT_EPISODES["causes"], scenario="traffic")),
    "causes-town": ("causes", Options(DEFAULT_EPISODES["causes"], scenario="town")),
}
"""Part of the evidence -> suite and options."""

THEMES = {theme: Options(25, theme=theme) for theme in theme_names()}
"""Theme -> options: the same tracks in each, driven one theme after the other: the part "themes"."""

PARTS = (*SUITES, "themes")

LONG = ("drives",)
"""What the reports hold for every single episode; left out of eval.json."""


@dataclass(frozen=True)
class CommandLine:
    """Measure a checkpoint with every suite and write its eval.json, once every part is there."""

    checkpoint: Annotated[Path, tyro.conf.Positional]
    """A checkpoint folder."""
    out: Path
    """Folder for the full reports and the plots."""
    parts: tuple[str, ...] = PARTS
    """What to measure now; several processes may share the work."""
    episodes: int | None = None
    """Episodes of each part, half as many of each theme, in place of its own number: for weights that will not stay."""


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


def measure(part: str, name: str, policy: Policy, out: Path, console: Console, episodes: int | None = None) -> Path:
    """One part of the evidence, of so many episodes or of its own number; the path of its report."""
    if part == "themes":
        themes = {
            theme: replace(options, episodes=max(1, episodes // 2)) if episodes else options
            for theme, options in THEMES.items()
        }
        return measure_themes(name, policy, themes, out / part, console)
    suite, options = SUITES[part]
    if episodes:
        options = replace(options, episodes=episodes)
    return run(suite, {name: policy}, options, out / part, console)


def joined(name: str, policy: Policy, out: Path) -> dict[str, Any] | None:
    """All parts in short; None while one is missing. ValueError where one was made with other weights or worlds."""
    paths = {part: out / part / "report.json" for part in PARTS}
    if not all(path.is_file() for path in paths.values()):
        return None
    evidence = {part: shortened(json.loads(path.read_text(encoding="utf-8"))) for part, path in paths.items()}
    mine = (WORLD_VERSION, provenance_of(policy).get("weights_sha256"))
    for part, found in evidence.items():
        provenance = found["policies"].get(name, {}).get("provenance") or {}
        if (found["world"], provenance.get("weights_sha256")) != mine:
            raise ValueError(f"{paths[part]} is of other weights or another world: measure --parts {part} again")
    return evidence


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    line = parse(CommandLine, arguments, prog="python -m agent.evaluate.evidence")
    with mistakes_in_one_line():
        for part in line.parts:
            if part not in PARTS:
                raise unknown("part", part, PARTS)
        if line.episodes is not None and line.episodes < 2:
            raise ValueError(f"--episodes is {line.episodes}: expected 2 or more")
        policy = load_policy(line.checkpoint)
        report.check_writable(line.out)
    torch.set_num_threads(1)
    name, console = line.checkpoint.resolve().name, Console()
    for part in line.parts:
        measure(part, name, policy, line.out, console, line.episodes)
    with mistakes_in_one_line():
        evidence = joined(name, policy, line.out)
    if evidence is None:
        missing = [part for part in PARTS if not (line.out / part / "report.json").is_file()]
        console.print(f"no eval.json yet: {', '.join(missing)} still to be measured")
    else:
        write_text(line.checkpoint / "eval.json", compact(evidence))
    return 0


if __name__ == "__main__":
    sys.exit(main())
