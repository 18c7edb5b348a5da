"""The driving suite's tables: figures down, drivers across; one table for all episodes and one a theme."""

from collections.abc import Mapping, Sequence
from typing import Any

from agent.evaluate.drives import WHOLE
from agent.evaluate.findings import Table

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

Figures = Sequence[Mapping[str, Any]]
"""Those of each driver."""

Row = tuple[str, ...]


def score_tables(scores: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[Table]:
    """The tables of some drivers' scores: those of `Drives.scores`, by name."""
    themes = dict.fromkeys(theme for each in scores.values() for theme in each)
    return [_table(theme, {name: each[theme] for name, each in scores.items()}) for theme in themes]


def _table(theme: str, figures: Mapping[str, Mapping[str, Any]]) -> Table:
    some, first = list(figures.values()), next(iter(figures.values()))
    about = "all themes" if theme == WHOLE else f"theme {theme}"
    title = f"{about}, {first['episodes']} episodes, 95 % intervals by episode"
    return Table(title, list(figures), _told(some) if "outcome" in first else _rows(some))


def _told(figures: Figures) -> list[Row]:
    """Of worlds that are not the simulator's: the numbers that they told."""
    names = figures[0]["outcome"]
    return [
        (name.replace("_", " "), *(_figure(each, f"outcome.{name}", "{:.4g}") for each in figures)) for name in names
    ]


def _rows(figures: Figures) -> list[Row]:
    rows = [(label, *(_figure(each, path, form) for each in figures)) for label, (path, form) in FIGURES.items()]
    for kind in figures[0]["infractions"]:
        rows.append((f"{kind} a km (events)", *(_infraction(each, kind) for each in figures)))
    met = any(each["met"] for figure in figures for each in figure["encounters"].values())
    return rows + _encounters(figures) if met else rows


def _encounters(figures: Figures) -> list[Row]:
    """Lines for a road with others on it: near misses, and by cause how many were met, heeded, and how soon."""
    least = (_seconds(each["time_to_collision"]["low"]) for each in figures)
    rows: list[Row] = [
        ("near misses a km (events)", *(_near_misses(each) for each in figures)),
        ("time to collision, 5th percentile, s", *least),
    ]
    for cause in figures[0]["encounters"]:
        rows.append((f"{cause}: infractions of those met", *(_heeded(each["encounters"][cause]) for each in figures)))
        rows.append((f"{cause}: median delay, s (never)", *(_delay(each["reaction"][cause]) for each in figures)))
    return rows


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
