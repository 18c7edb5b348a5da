"""Findings to people and to files: tables on the terminal, report.json whole or not at all."""

import io
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shlex import quote
from typing import Any

from matplotlib.figure import Figure
from rich.box import SIMPLE_HEAD as SIMPLE
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from agent.evaluate.findings import Findings, Found, Table
from agent.evaluate.measure import BARS, Measure
from agent.evaluate.options import Options
from agent.evaluate.suite import Policies, Suite
from agent.evaluate.verdict import verdict
from sim import WORLD_VERSION, __version__
from sim.command_line import say
from sim.driver import Driver
from sim.files import replacing, write_text
from sim.policy import Policy, provenance_of, remark_of
from sim.provenance import plain

LINE_WIDTH = 120
"""Characters in a line of report.txt."""

PACKAGES = ("numpy", "numba", "opencv-python-headless", "torch")

REPORT = "report.json"

STATUS_STYLE = {"passed": "green", "missed": "bold red", "reported": "", "not applicable": "dim"}

ASIDES = {
    "median_steer_change": "median |d steer| {:.4f}",
    "replaced_share": "{:.0%} replaced",
    "opened_share": "{:.2%} of the junk opened",
    "missed_by": "misses T1's bar by {:.1%}",
    "mass": "{:.0%} of the red on the road",
    "lines_ratio": "ratio on markings and edges alone {:.2f}",
    "empty_share": "{:.0%} of the maps empty",
    "p95": "95th percentile {:.3f}",
    "cap": "cap {}",
    "by_mean_map": "{:.1%} by the mean map",
    "by_chance": "{:.1%} by chance",
    "frames": "{} frames",
    "episodes": "of {} episodes",
}
"""Details that a reader of the table needs -> how to write them."""


def header(suite: Suite, options: Options) -> dict[str, Any]:
    """What made a report: suite, options, versions, and the bars that were held."""
    return {
        "suite": suite.name,
        **({"caution": suite.caution} if suite.caution else {}),
        "redgaze": __version__,
        "world": WORLD_VERSION,
        "packages": {name: _version(name) for name in PACKAGES},
        "options": options.to_json(),
        "seeds": [options.seeds.start, options.seeds.stop - 1],
        "bars": {name: asdict(bar) for name, bar in BARS.items()},
    }


def identity(policy: Policy | Driver | None, found: Found) -> dict[str, Any]:
    """Which policy this was: its spec, and the provenance that it offers (weights' hash, training); None: one of the
    suite's own."""
    if policy is None:
        return {"control": found.control}
    spec = None if isinstance(policy, Driver) else asdict(policy.spec)
    return {"class": type(policy).__name__, "spec": spec, "provenance": provenance_of(policy)}


def check_free(folder: Path, suite: str, names: Collection[str]) -> None:
    """ValueError where the folder holds another suite's report, or that of other policies: it would be lost."""
    path = folder / REPORT
    if not path.exists():
        return
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        theirs = sorted(name for name, found in held["policies"].items() if "class" in found)
        if (held["suite"], theirs) == (suite, sorted(names)):
            return
        of = f"the {held['suite']} report of {', '.join(theirs)}"
    except (ValueError, KeyError, TypeError, AttributeError):
        of = "a report that is none of this program's"
    raise ValueError(f"{path} is {of}: choose another --out, or remove it first")


def save(report: Mapping[str, Any], folder: Path) -> Path:
    """Write report.json, whole or not at all, and return its path."""
    path = folder / REPORT
    write_text(path, json.dumps(plain(report), indent=2, allow_nan=False) + "\n")
    return path


def save_pictures(findings: Findings, folder: Path) -> list[Path]:
    """Draw and write every picture; their paths."""
    return [_save_picture(picture(), folder / f"{name}.png") for name, picture in findings.pictures.items()]


def save_files(console: Console, findings: Findings, folder: Path) -> None:
    """Write what else there is, and say how to look at it."""
    for name, data in findings.files.items():
        with replacing(folder / name) as part:
            part.write_bytes(data)
    if findings.files:
        first = folder / next(iter(findings.files))
        again = f"python run_demo.py --replay {quote(str(first))}"
        told = f"{len(findings.files)} failed drives are saved. See one again: {again}"
        say(console, told)


def _save_picture(figure: Figure, path: Path) -> Path:
    with replacing(path) as part:
        figure.savefig(part, dpi=110, format="png")
    return path


def save_lines(answers: Sequence[Findings], folder: Path) -> Path:
    """Write report.txt, everything that was found as text; its path."""
    text = io.StringIO()
    console = Console(file=text, width=LINE_WIDTH)
    for findings in answers:
        show(console, findings)
    write_text(folder / "report.txt", text.getvalue())
    return folder / "report.txt"


def show_cautions(console: Console, suite: Suite, policies: Policies) -> None:
    """What must be known before anything is believed."""
    if suite.caution:
        console.print(suite.caution)
    for name, policy in policies.items():
        if remark := remark_of(policy):
            console.print(f"{name} is {remark}")


def show_briefly(console: Console, answers: Sequence[Findings]) -> None:
    """Print notes, tables, and one verdict on all policies."""
    for findings in answers:
        for note in findings.notes:
            console.print(note)
        for table in findings.tables:
            print_table(console, table)
    print_table(console, verdict({name: each for findings in answers for name, each in findings.found.items()}))


def show(console: Console, findings: Findings) -> None:
    """Print all that was found: notes, tables, measures."""
    for note in findings.notes:
        console.print(note)
    for table in findings.tables:
        print_table(console, table)
    print_measures(console, findings.title, findings.measures)


def print_table(console: Console, table: Table) -> None:
    """One table of text."""
    grid = Grid("", *table.columns, title=table.title, title_justify="left", box=SIMPLE)
    for row in table.rows:
        grid.add_row(*row)
    console.print(grid)


def print_measures(console: Console, title: str, measures: Sequence[Measure]) -> None:
    """What each measure found: value and 95 % interval, bar, and whether it was met."""
    table = Grid("", "", "value", "bar", "", title=title, title_justify="left", box=SIMPLE)
    for measure in measures:
        name, value = Text(measure.name), Text("-" if measure.value is None else f"{measure.value:.4g}")
        if aside := measure.note or _aside(measure):
            name.append(f"\n{aside}", "dim")
        if measure.interval is not None:
            value.append("\n{:.4g} to {:.4g}".format(*measure.interval), "dim")
        status = Text(measure.status, STATUS_STYLE[measure.status])
        table.add_row(measure.test, name, value, "" if measure.bar is None else str(measure.bar), status)
    console.print(table)


def _aside(measure: Measure) -> str:
    """The details that a reader of the table needs, in a few words."""
    told = {key: measure.details.get(key) for key in ASIDES}
    return ", ".join(ASIDES[key].format(value) for key, value in told.items() if value is not None)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
