"""Pictures of the findings, as PNG files, drawn without a display."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from agent.evaluate.bench import Example
from agent.evaluate.drives import Drives
from agent.evaluate.measure import BARS, STEER_TOLERANCE, Measure
from sim.driver import EXPERT
from sim.metrics import driving_score
from sim.rollout import Episode
from sim.scene import LANE_WIDTH
from sim.track import LANE_CENTRE
from sim.view.overlay import paint

INK, QUIET, GOOD, BAD = "#23272e", "#aab2bb", "#3c8d6b", "#c8452f"
STATUS_COLOUR = {"passed": GOOD, "missed": BAD, "reported": QUIET, "not applicable": QUIET}
EXPERT_COLOUR = "#2f5d8c"
POLICY_COLOURS = ("#c8452f", "#3c8d6b", "#b07d2b", "#6d5a9c", "#7a7f87")
EXAMPLE_COLUMNS = 4


def driving(drives: Mapping[str, Drives]) -> Figure:
    """Completion by theme, lateral offset, and each driver's worst lap."""
    figure = _figure(13, 8)
    grid = figure.add_gridspec(2, 2)
    drivers = {name: each for name, each in drives.items() if not each.control}
    colours = _colours(drives)
    _completions(figure.add_subplot(grid[0, 0]), drives, colours)
    _offsets(figure.add_subplot(grid[0, 1]), drivers, colours)
    _worst_laps(figure.add_subplot(grid[1, :]), drivers, colours)
    return figure


def _colours(drives: Mapping[str, Drives]) -> dict[str, str]:
    """Controls quiet, the expert always the same, the policies in turn."""
    policies = (name for name, each in drives.items() if not each.control and name != EXPERT)
    colours = dict(zip(policies, itertools.cycle(POLICY_COLOURS), strict=False))
    return {EXPERT: EXPERT_COLOUR} | {name: colours.get(name, QUIET) for name in drives if name != EXPERT}


def _figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def _plain(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    axes.spines[["top", "right"]].set_visible(False)


def shares(measures: Sequence[Measure]) -> Figure:
    """T1 should reach its bar, T5 should miss it: the same scale, one above the other."""
    rows = {test: [each for each in measures if each.test == test and each.value is not None] for test in ("T1", "T5")}
    figure = _figure(9, 1.6 + 0.32 * sum(map(len, rows.values())))
    heights = [max(1, len(some)) for some in rows.values()]
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=heights)
    _bars(upper, rows["T1"], "T1  junk in every unread cell, gate run anew: the action should stay")
    _bars(lower, rows["T5"], "T5  as many cells, chosen by something else: the action should not survive")
    lower.set_xlabel("frames whose action stays within the tolerance, %")
    return figure


def _bars(axes: Axes, measures: Sequence[Measure], title: str) -> None:
    values = np.array([100 * (each.value or 0.0) for each in measures])
    ends = np.array([each.interval or (np.nan, np.nan) for each in measures]).reshape(-1, 2).T * 100
    places = np.arange(len(measures))
    axes.barh(places, values, color=[STATUS_COLOUR[each.status] for each in measures], height=0.65)
    axes.hlines(places, ends[0], ends[1], color=INK, linewidth=1.2)
    for place, value in enumerate(values.tolist()):
        axes.text(101, place, f"{value:.1f}", va="center", fontsize=9, color=INK)
    axes.axvline(100 * BARS["T1 same action"].threshold, color=INK, linewidth=1, linestyle=":")
    axes.set_yticks(places, [each.name for each in measures])
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    _plain(axes, title)


def hijack(curve: Sequence[Mapping[str, Any]]) -> Figure:
    """T2: how far the action goes, over the share that is hijacked."""
    figure = _figure(7.5, 4.2)
    axes = figure.add_subplot()
    share = [100 * point["share"] for point in curve]
    for key, label, colour in (
        ("p95_steer_change", "95th percentile", QUIET),
        ("median_steer_change_turning", "median, in turns", BAD),
        ("median_steer_change", "median", INK),
    ):
        values = [point[key] for point in curve]
        axes.plot(share, values, marker="o", color=colour, markersize=4, label=label)
    axes.axhline(STEER_TOLERANCE, color=INK, linewidth=1, linestyle=":")
    axes.set_xlabel("unread cells that show another episode's frame, %")
    axes.set_ylabel("|d steer|")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    _plain(axes, "T2  hijack: how far foreign content leads the action astray (dotted: T1's tolerance)")
    return figure


def mean_map(mean_map: NDArray[np.floating]) -> Figure:
    """The mean map, in red."""
    figure = _figure(7.5, 4.4)
    axes = figure.add_subplot()
    times = mean_map * mean_map.size
    image = axes.imshow(times, cmap="Reds", vmin=0, aspect=9 / 16 * mean_map.shape[1] / mean_map.shape[0])
    axes.set_xticks([])
    axes.set_yticks([])
    figure.colorbar(image, ax=axes, shrink=0.8, label="times the mean")
    _plain(axes, "Mean of the red over the validation drives: place alone (T5's and T6's control)")
    return figure


def edited(examples: Sequence[Example]) -> Figure:
    """One frame under every edit."""
    rows = [examples[start : start + EXAMPLE_COLUMNS] for start in range(0, len(examples), EXAMPLE_COLUMNS)]
    return _pictures(rows, "One frame, its unread cells overwritten; red: what the gate then passes")


def viewed(rows: Sequence[Sequence[Example]]) -> Figure:
    """Instants, a row each, from every view."""
    return _pictures(rows, "T6  the same instants from a camera turned or moved: does the red follow the road?")


def _pictures(rows: Sequence[Sequence[Example]], title: str) -> Figure:
    columns = len(rows[0])
    figure = _figure(3.1 * columns, 2.1 * len(rows) + 0.5)
    figure.suptitle(title, x=0.01, ha="left", color=INK)
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for axes in grid.ravel():
        axes.axis("off")
    for line, examples in zip(grid, rows, strict=True):
        for axes, example in zip(line, examples, strict=False):
            enlarged = example.frame.repeat(4, 0).repeat(4, 1)
            axes.imshow(paint(enlarged, example.attention), interpolation="nearest")
            axes.set_title(f"{example.name}: steer {example.steer:+.3f}", fontsize=9, loc="left", color=INK)
    return figure


def _completions(axes: Axes, drives: Mapping[str, Drives], colours: Mapping[str, str]) -> None:
    """A dot for each theme, a bar for all of them with its interval."""
    for place, (name, each) in enumerate(drives.items()):
        scores = each.scores()
        whole = scores.pop("all")["route_completion"]
        axes.barh(place, 100 * whole["mean"], color=colours[name], height=0.6)
        axes.hlines(place, 100 * whole["low"], 100 * whole["high"], color=INK, linewidth=1.2)
        themes = [100 * score["route_completion"]["mean"] for score in scores.values()]
        axes.plot(themes, [place] * len(themes), "o", color="white", markeredgecolor=INK, markersize=4, clip_on=False)
        axes.text(102, place, f"{100 * whole['mean']:.1f}", va="center", fontsize=9, color=INK)
    axes.axvline(100 * BARS["completion of a control"].threshold, color=INK, linewidth=1, linestyle=":")
    axes.set_yticks(range(len(drives)), list(drives))
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("route completion, % (dots: themes; dotted: what controls must stay under)")
    _plain(axes, "How far they come")


def _offsets(axes: Axes, drives: Mapping[str, Drives], colours: Mapping[str, str]) -> None:
    edges = np.linspace(-1.75, 1.75, 71)
    for name, each in drives.items():
        offset = np.concatenate([episode["d"] for episode in each.episodes]) - LANE_CENTRE
        near = np.clip(offset, -1.75, 1.75)
        axes.hist(near, edges.tolist(), density=True, histtype="step", color=colours[name], linewidth=1.3, label=name)
    axes.set_xlabel("metres left of the lane's centre (outermost: outside of it)")
    axes.set_yticks([])
    axes.legend(frameon=False)
    _plain(axes, "Where in the lane")


def _badness(episode: Episode) -> tuple[float, float]:
    """How low it scored, and among equals how far it was from the lane's centre."""
    return -driving_score(episode), float(np.abs(episode["d"] - LANE_CENTRE).max())


def _worst_laps(axes: Axes, drives: Mapping[str, Drives], colours: Mapping[str, str]) -> None:
    axes.axhspan(-LANE_WIDTH, LANE_WIDTH, color="#eef0f2", zorder=0)
    axes.axhline(0, color=QUIET, linewidth=1, linestyle="--")
    for name, each in drives.items():
        worst = max(each.episodes, key=_badness)
        along = np.where(np.diff(worst["s"], append=worst["s"][-1:]) < -100, np.nan, worst["s"])
        label = f"{name}: seed {worst.seed}, {worst.ended}"
        axes.plot(along, worst["d"], color=colours[name], linewidth=1.2, label=label)
    axes.set_ylim(-6, 6)
    axes.set_xlabel("metres along the road")
    axes.set_ylabel("metres left of the centre line")
    axes.legend(frameon=False, ncols=2, loc="upper left", fontsize=9)
    _plain(axes, "Each driver's worst lap (grey: the road)")
