"""`python -m agent.evaluate.evidence FOLDER --out DIR`: the evidence that a shipped checkpoint carries.

Runs the suites on the test seeds, then each theme by itself, and saves each report and the suites' plots below `out`.
Once all parts lie there, made by several processes perhaps, they are written, in short, as eval.json into the
checkpoint's folder.
"""

from sim.interrupts import interruptible

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

from agent import load_policy
from agent.evaluate import causes, driving, faithfulness
from agent.evaluate.job import Job, run_job
from agent.evaluate.options import Options
from agent.shipped import checkpoints_folder
from sim import WORLD_VERSION
from sim.command_line import mistakes_in_one_line, parse
from sim.errors import unknown
from sim.files import check_writable, write_text
from sim.policy import Policy, provenance_of
from sim.scenario import SCENARIOS
from sim.theme import SHIPPED_THEMES

PARTS = {
    **{name: ("driving", Options(driving.SUITE.episodes, scenario=name)) for name in SCENARIOS},
    "heldout": ("driving", Options(50, theme="heldout")),
    "faithfulness": ("faithfulness", Options(faithfulness.SUITE.episodes)),
    "faithfulness-town": ("faithfulness", Options(faithfulness.SUITE.episodes, scenario="town")),
    "causes-traffic": ("causes", Options(causes.SUITE.episodes, scenario="traffic")),
    "causes-town": ("causes", Options(causes.SUITE.episodes, scenario="town")),
    "themes": ("driving", Options(25, theme=SHIPPED_THEMES)),
}
"""Part of the evidence -> suite and options; in "themes" the same tracks are driven in one theme after the other."""

EVIDENCED = ("topk-patches",)
"""The shipped policies that claim to carry evidence; of the others it is said that they have none."""

EVIDENCE = "eval.json"

LONG = ("drives",)
"""What the reports hold for every single episode; left out of eval.json."""


@dataclass(frozen=True)
class CommandLine:
    """Measure a checkpoint with every suite and write its eval.json, once every part is there."""

    checkpoint: Annotated[Path, tyro.conf.Positional]
    """A checkpoint folder."""
    out: Path
    """Folder for the full reports and the plots."""
    parts: tuple[str, ...] = tuple(PARTS)
    """What to measure now; several processes may share the work."""
    episodes: int | None = None
    """Episodes of each part, half as many of each theme, in place of its own number: for weights that will not stay."""


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


def job(part: str, checkpoint: Path, out: Path, episodes: int | None = None) -> Job:
    """One part of the evidence, of so many episodes (of each theme half as many) or of its own number."""
    suite, options = PARTS[part]
    if episodes:
        fewer = max(1, episodes // 2) if isinstance(options.theme, tuple) else episodes
        options = replace(options, episodes=fewer)
    return Job((str(checkpoint),), suite, str(out / part), options)


def evidence_of(name: str) -> dict[str, Any] | None:
    """What a shipped policy carries as evidence, by part; None where it has none."""
    path = checkpoints_folder() / name / EVIDENCE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


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


@interruptible
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
        check_writable(line.out)
    name, console = line.checkpoint.resolve().name, Console()
    for part in line.parts:
        run_job(job(part, line.checkpoint, line.out, line.episodes), console)
    with mistakes_in_one_line():
        evidence = joined(name, policy, line.out)
    if evidence is None:
        missing = [part for part in PARTS if not (line.out / part / "report.json").is_file()]
        console.print(f"no {EVIDENCE} yet: {', '.join(missing)} still to be measured")
    else:
        write_text(line.checkpoint / EVIDENCE, compact(evidence))
    return 0


if __name__ == "__main__":
    sys.exit(main())
