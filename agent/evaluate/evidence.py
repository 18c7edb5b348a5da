"""`python -m agent.evaluate.evidence FOLDER --out DIR`: the evidence that a shipped checkpoint carries.

Runs the suites on the test seeds, saves each report and its plots below `out`, and writes all of them, in short, as
eval.json into the checkpoint's folder.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
import tyro
from rich.console import Console

from agent import load_policy
from agent.evaluate.options import DEFAULT_EPISODES, Options
from agent.evaluate.report import check_writable
from agent.evaluate.suites import run
from sim.command_line import mistakes_in_one_line, parse
from sim.files import write_text

SUITES = {
    "driving": ("driving", Options(DEFAULT_EPISODES["driving"])),
    "heldout": ("driving", Options(50, theme="heldout")),
    "faithfulness": ("faithfulness", Options(DEFAULT_EPISODES["faithfulness"])),
}
"""Part of the evidence -> suite and options."""

LONG = ("drives",)
"""What the reports hold for every single episode; left out of eval.json."""


@dataclass(frozen=True)
class CommandLine:
    """Measure a checkpoint with every suite and write its eval.json."""

    checkpoint: Annotated[Path, tyro.conf.Positional]
    """A checkpoint folder."""
    out: Path
    """Folder for the full reports and the plots."""


def shortened(report: dict[str, Any]) -> dict[str, Any]:
    """The report without what it holds of every single episode."""
    policies = {
        name: {key: value for key, value in found.items() if key not in LONG}
        for name, found in report["policies"].items()
    }
    return {**report, "policies": policies}


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    line = parse(CommandLine, arguments, prog="python -m agent.evaluate.evidence")
    with mistakes_in_one_line():
        policy = load_policy(line.checkpoint)
        check_writable(line.out)
    torch.set_num_threads(1)
    evidence, name = {}, line.checkpoint.resolve().name
    for part, (suite, options) in SUITES.items():
        path = run(suite, {name: policy}, options, line.out / part, Console())
        evidence[part] = shortened(json.loads(path.read_text(encoding="utf-8")))
    write_text(line.checkpoint / "eval.json", json.dumps(evidence, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
