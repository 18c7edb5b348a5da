"""Findings to people and to files: tables on the terminal, report.json whole or not at all."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD as SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.evaluate.measure import BARS, Measure
from agent.evaluate.options import Options
from agent.evaluate.pool import TURNING
from sim import WORLD_VERSION, __version__
from sim.driver import Driver
from sim.files import write_text
from sim.policy import Policy, provenance_of
from sim.scenario import name_of
from sim.theme import theme_name

PACKAGES = ("numpy", "numba", "opencv-python-headless", "torch")

STATUS_STYLE = {"passed": "green", "missed": "bold red", "reported": "", "not applicable": "dim"}

FIGURES = {
    "route completion": ("route_completion", "{:.1%}"),
    "driving score": ("driving_score", "{:.3f}"),
    "mean speed, m/s": ("mean_speed", "{:.1f}"),
    "over the expert's": ("speed_to_expert", "{:.1%}"),
    "off the lane's centre, m": ("lateral_offset", "{:.2f}"),
    "way driven off-road": ("off_road_share", "{:.2%}"),
    "time in comfort": ("comfort.all", "{:.1%}"),
    "share read": ("share_read", "{:.1%}"),
}
"""Line of the driving table -> figure of `sim.metrics.score`, and how to write it."""


def header(suite: str, options: Options) -> dict[str, Any]:
    """What made a report: suite, options, versions, and the bars that were held."""
    return {
        "suite": suite,
        "redgaze": __version__,
        "world": WORLD_VERSION,
        "packages": {name: _version(name) for name in PACKAGES},
        "options": {**asdict(options), "scenario": name_of(options.scenario), "theme": theme_name(options.theme)},
        "seeds": [options.seeds.start, options.seeds.stop - 1],
        "bars": {name: asdict(bar) for name, bar in BARS.items()},
    }


def identity(policy: Policy | Driver) -> dict[str, Any]:
    """Which policy this was: its spec, and the provenance that it offers (weights' hash, training)."""
    spec = None if isinstance(policy, Driver) else asdict(policy.spec)
    return {"class": type(policy).__name__, "spec": spec, "provenance": provenance_of(policy)}


def check_writable(folder: Path) -> None:
    """Make the folder and try it, before hours are spent on what could not be saved. OSError where it cannot be."""
    trial = folder / ".trial"
    write_text(trial, "")
    trial.unlink()


def save(report: Mapping[str, Any], folder: Path) -> Path:
    """Write report.json, whole or not at all, and return its path."""
    path = folder / "report.json"
    write_text(path, json.dumps(plain(report), indent=2, allow_nan=False) + "\n")
    return path


def plain(value: Any) -> Any:
    """Numpy values as Python's, tuples as lists; numbers that JSON has no word for (NaN, infinity) as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Path):
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_sample(console: Console, sample: Mapping[str, Any]) -> None:
    """What the frames were, and whether the drives had as many of each kind as were asked for."""
    if sample:
        short = "; fewer of a kind than asked for: the drives had no more" if sample["short"] else ""
        frames, episodes, turning = sample["frames"], sample["episodes"], sample["turning"]
        console.print(
            f"{frames} frames of {episodes} episodes, {turning} of them in turns (|steer| > {TURNING}){short}"
        )


def print_measures(console: Console, title: str, measures: Sequence[Measure]) -> None:
    """What each measure found: value and 95 % interval, bar, and whether it was met."""
    table = Table("", "", "value", "bar", "", title=title, title_justify="left", box=SIMPLE)
    for measure in measures:
        name, value = Text(measure.name), Text("-" if measure.value is None else f"{measure.value:.4g}")
        if aside := measure.note or _aside(measure):
            name.append(f"\n{aside}", "dim")
        if measure.interval is not None:
            value.append("\n{:.4g} to {:.4g}".format(*measure.interval), "dim")
        status = Text(measure.status, STATUS_STYLE[measure.status])
        table.add_row(measure.test, name, value, "" if measure.bar is None else str(measure.bar), status)
    console.print(table)


def print_scores(console: Console, scores: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """The driving tables, one for all episodes and one a theme: figures down, drivers across."""
    themes = [theme for each in scores.values() for theme in each]
    for theme in dict.fromkeys(themes):
        figures = {name: each[theme] for name, each in scores.items()}
        count = next(iter(figures.values()))["episodes"]
        title = f"{'all themes' if theme == 'all' else f'theme {theme}'}, {count} episodes, 95 % intervals by episode"
        table = Table("", *figures, title=title, title_justify="left", box=SIMPLE)
        for label, (path, form) in FIGURES.items():
            table.add_row(label, *(_figure(each, path, form) for each in figures.values()))
        for kind in next(iter(figures.values()))["infractions"]:
            table.add_row(f"{kind} a km (events)", *(_infraction(each, kind) for each in figures.values()))
        if any(each["met"] for figure in figures.values() for each in figure["encounters"].values()):
            _add_encounters(table, list(figures.values()))
        console.print(table)


def _add_encounters(table: Table, figures: Sequence[Mapping[str, Any]]) -> None:
    """Lines for a road with others on it: near misses, and by cause how many were met, heeded, and how soon."""
    table.add_row("near misses a km (events)", *(_near_misses(each) for each in figures))
    table.add_row(
        "time to collision, 5th percentile, s", *(_seconds(each["time_to_collision"]["low"]) for each in figures)
    )
    for cause in figures[0]["encounters"]:
        table.add_row(f"{cause}: infractions of those met", *(_heeded(each["encounters"][cause]) for each in figures))
        table.add_row(f"{cause}: median delay, s (never)", *(_delay(each["reaction"][cause]) for each in figures))


def _near_misses(figures: Mapping[str, Any]) -> str:
    return f"{figures['near_misses_per_km']['mean']:.2f} ({figures['near_misses']})"


def _heeded(met: Mapping[str, float]) -> str:
    return f"{met['infractions']} of {met['met']}"


def _delay(reaction: Mapping[str, float | None]) -> str:
    never = reaction["unanswered"]
    return "-" if never is None else f"{_seconds(reaction['median_delay'])} ({never:.0%})"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _figure(figures: Mapping[str, Any], path: str, form: str) -> str:
    figure: Any = figures
    for key in path.split("."):
        if key not in figure:
            return "-"
        figure = figure[key]
    mean, low, high = (form.format(figure[key]) for key in ("mean", "low", "high"))
    return mean if low == high else f"{mean}\n({low.rstrip('%')} - {high})"


def _infraction(figures: Mapping[str, Any], kind: str) -> str:
    return f"{figures['infractions_per_km'][kind]['mean']:.2f} ({figures['infractions'][kind]})"


def _aside(measure: Measure) -> str:
    """The details that a reader of the table needs, in a few words."""
    details = measure.details
    notes = {
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
    return ", ".join(form.format(details[key]) for key, form in notes.items() if details.get(key) is not None)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
