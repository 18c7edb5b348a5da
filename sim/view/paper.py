"""A figure for a paper: one moment of a drive, in print's resolution, and how it was made in the file's metadata."""

import json
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.driver import Driver
from sim.errors import unknown
from sim.files import replacing
from sim.policy import Attention, Policy, provenance_of
from sim.provenance import versions
from sim.scenario import Scenario, name_of
from sim.seeds import TEST_FROM
from sim.theme import Theme
from sim.view.drive import Drive
from sim.view.gaze import ground_cells
from sim.view.hud import panels as hud
from sim.view.hud import top_view
from sim.view.moment import Moment, red
from sim.view.notebook import at_the_wheel, check_policy
from sim.view.overlay import PEAK, RED, SATURATION, cell_alpha, share_passed
from sim.view.playback import shot
from sim.view.settings import Settings
from sim.view.world_source import WorldSource

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".pdf", ".png")
ASPECT = 16 / 9
MARGIN = 0.04
"""Inches round everything."""

GAP = 0.06
"""Inches between panels."""

LINE = 0.13
"""Inches of a line of the caption."""

TEXT = 7.0
"""Points of all text."""

PIXELS = 640, 3840
"""The least and the most columns that the picture is drawn in."""

WIDTHS, RESOLUTIONS = (1.0, 40.0), (30, 1200)
"""Inches and dots an inch that make sense on paper."""

Picture = NDArray[np.uint8]


class _Still(NamedTuple):
    """One moment, and who made it where."""

    source: WorldSource
    moment: Moment
    settings: Settings
    name: str

    @property
    def attention(self) -> Attention | None:
        return self.moment.decision.attention

    @property
    def frame(self) -> Picture:
        return np.asarray(self.moment.observation["frame"][0])


def figure(
    policy: Policy | Driver | str,
    *,
    file: str | Path,
    scenario: str | Scenario = "open-road",
    theme: str | Theme = "train",
    seed: int = TEST_FROM,
    at: float = 0.0,
    view: str = "camera",
    panels: Sequence[str] = ("picture", "frame", "map", "rest"),
    width: float = 7.0,
    dpi: int = 300,
    caption: bool = True,
    **settings: Any,
) -> Path:
    """Let a policy drive for `at` seconds, draw that moment for print, and return the file's path: .pdf or .png.

    policy: anything that meets `sim.policy.Policy`, or "expert". scenario, theme, seed: see `sim.simulator.Simulator`.
    view: of the picture, "camera", "driver" or "chase". panels: in this order, of "picture" (in the resolution of
    print, with its red), "frame" (as the policy saw it), "map" (its cells, on the fixed scale), "rest" (what is left
    without the unread) and "above" (the road from above); the picture is the large one. width: inches. dpi: dots an
    inch; text and the map's cells are vectors in a PDF. settings: of `sim.view.settings.Settings`, such as
    `spotlight=True`, `red=False`, `raw=True`, `mark=False`. ValueError in one line for what cannot be meant, and where
    the episode ends before; OSError where the file cannot be written.
    """
    path = Path(file).expanduser()
    _check(path, at, tuple(panels), width, dpi)
    check_policy(policy)
    source = WorldSource(scenario, theme, seed)
    if view not in source.views:
        raise unknown("view", view, source.views)
    name, driver = at_the_wheel(policy)
    chosen = _settings(name, view, settings)
    still = _Still(source, _moment_at(Drive(source, {name: lambda: driver}, name), chosen, at), chosen, name)
    words = caption_of(still, panels, at)
    drawn = _drawn(still, tuple(panels), width, dpi, words if caption else "")
    place = {"scenario": name_of(scenario), "theme": source.simulator.theme_names[0], "seed": seed, "at": at}
    made = {"policy": name, "policy_provenance": provenance_of(policy), "versions": versions(), **place, "view": view}
    _save(drawn, path, dpi, words, made)
    return path


def _check(path: Path, at: float, panels: tuple[str, ...], width: float, dpi: int) -> None:
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"cannot save to {str(path)!r}: expected a name ending in {' or '.join(FORMATS)}")
    if not 0 <= at < math.inf:
        raise ValueError(f"at is {at}; expected a finite number of seconds, 0 or more")
    for value, what, (low, high) in ((width, "width", WIDTHS), (dpi, "dpi", RESOLUTIONS)):
        if not low <= value <= high:
            raise ValueError(f"{what} is {value}; expected {low:g} to {high:g}")
    for panel in panels:
        if panel not in PANELS:
            raise unknown("panel", panel, PANELS)
    if not panels:
        raise ValueError(f"panels is empty; choose from: {', '.join(PANELS)}")


def _settings(name: str, view: str, wanted: Mapping[str, Any]) -> Settings:
    known = ("spotlight", "red", "raw", "head", "mark")
    for option in wanted:
        if option not in known:
            raise unknown("setting", option, known)
    return Settings(policy=name, view=view, **wanted)


def _moment_at(drive: Drive, settings: Settings, at: float) -> Moment:
    """The exact pair after so many seconds. ValueError where the episode ends before."""
    rate = float(drive.source.rate)
    while drive.steps < round(at * rate):
        drive.act(drive.look(settings))
        if drive.ending:
            end = f"this episode ends after {drive.steps / rate:g} s ({drive.ending})"
            raise ValueError(f"at is {at:g}; expected less: {end}")
    return drive.look(settings)


def caption_of(still: _Still, panels: Sequence[str], at: float) -> str:
    """What is to be seen, in words."""
    labels, attention = still.moment.status.labels, still.attention
    told = f"{still.name} in {labels['scenario']}, {labels['theme']}, seed {labels['seed']}, at {at:g} s"
    passed = share_passed(attention)
    if passed is not None:
        told += f"; its controller is passed {100 * passed:.0f} % of the picture"
    elif attention is not None:
        told += f"; {attention.kind}, which keeps nothing back"
    named = (f"({chr(97 + index)}) {PANELS[name].words(still)}" for index, name in enumerate(panels))
    return f"{told}. {'; '.join(named)}."


def _drawn(still: _Still, panels: tuple[str, ...], width: float, dpi: int, words: str) -> "Figure":
    """The figure: the large picture on the left, all else in a column beside it."""
    from matplotlib.figure import Figure  # half a second that only those pay who draw one

    small = [name for name in panels if name != "picture"] if "picture" in panels else list(panels[1:])
    large = "picture" if "picture" in panels else panels[0]
    share = 1 / len(small) if small else 0.0
    broad = (width - 2 * MARGIN - (GAP if small else 0) + share * ASPECT * GAP * max(0, len(small) - 1)) / (1 + share)
    lines = _wrapped(words, width)
    high = broad / ASPECT
    foot = MARGIN + (LINE * len(lines) + GAP if lines else 0)
    size = width, high + foot + MARGIN
    found = Figure(figsize=size, dpi=dpi)
    _place(found, still, large, (MARGIN, foot, broad, high), panels.index(large), dpi)
    each = (high - GAP * (len(small) - 1)) / max(1, len(small))
    for row, name in enumerate(small):
        bottom = foot + high - (row + 1) * each - row * GAP
        place = MARGIN + broad + GAP, bottom, each * ASPECT, each
        _place(found, still, name, place, panels.index(name), dpi)
    for row, line in enumerate(lines):
        found.text(MARGIN / width, (foot - GAP - LINE * row) / size[1], line, fontsize=TEXT, va="top")
    return found


def _wrapped(words: str, width: float) -> list[str]:
    return textwrap.wrap(words, max(20, int(width * 72 / (TEXT * 0.5)))) if words else []


def _place(
    found: "Figure", still: _Still, name: str, place: tuple[float, float, float, float], number: int, dpi: int
) -> None:
    """One panel at (left, bottom, width, height) in inches, with its letter."""
    width, height = found.get_size_inches()
    axes = found.add_axes((place[0] / width, place[1] / height, place[2] / width, place[3] / height))
    columns = int(min(max(place[2] * dpi, PIXELS[0]), PIXELS[1])) // 16 * 16
    PANELS[name].draw(axes, still, (columns * 9 // 16, columns))
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_linewidth(0.4)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
    at = 3 / (72 * place[2]), 1 - 3 / (72 * place[3])
    axes.text(*at, f"({chr(97 + number)})", transform=axes.transAxes, fontsize=TEXT, va="top", ha="left", bbox=box)


def _save(found: "Figure", path: Path, dpi: int, words: str, made: Mapping[str, Any]) -> None:
    import matplotlib

    kind = path.suffix.lower()[1:]
    comment = json.dumps(made)
    metadata = {"Title": words, "Creator" if kind == "pdf" else "Software": "RedGaze"}
    metadata["Subject" if kind == "pdf" else "Comment"] = comment
    with replacing(path) as part, matplotlib.rc_context({"pdf.fonttype": 42}):
        found.savefig(part, format=kind, dpi=dpi, metadata=metadata)


def _show(axes: "Axes", picture: Picture) -> None:
    axes.imshow(picture, interpolation="nearest", aspect="auto")


def _picture(axes: "Axes", still: _Still, size: tuple[int, int]) -> None:
    view = still.source.views[still.settings.view]
    _show(axes, view(shot(still.moment, still.moment.instant, 1.0, size, still.settings)))


def _frame(axes: "Axes", still: _Still, size: tuple[int, int]) -> None:
    _show(axes, still.frame)


def _rest(axes: "Axes", still: _Still, size: tuple[int, int]) -> None:
    _show(axes, hud.remainder(still.frame, still.attention))


def _map(axes: "Axes", still: _Still, size: tuple[int, int]) -> None:
    """Cells as rectangles, on the fixed scale, over the pale frame."""
    from matplotlib.patches import Rectangle

    frame, attention = still.frame, still.attention
    grey = 160 + 0.37 * (frame @ (0.299, 0.587, 0.114))[..., None].repeat(3, axis=-1)
    _show(axes, grey.astype(np.uint8))
    if attention is None:
        return
    alpha, fine = cell_alpha(attention), 64
    for row, col in np.argwhere(alpha > 0).tolist():
        down, across = attention.cells.pixels(row, col, fine * frame.shape[0], fine * frame.shape[1])
        corner = across.start / fine - 0.5, down.start / fine - 0.5
        size_of = (across.stop - across.start) / fine, (down.stop - down.start) / fine
        colour = (*(value / 255 for value in RED), float(alpha[row, col]) / PEAK * 0.8)
        axes.add_patch(Rectangle(corner, *size_of, facecolor=colour, edgecolor=colour[:3], linewidth=0.25))


def _above(axes: "Axes", still: _Still, size: tuple[int, int]) -> None:
    source, status, shown = still.source, still.moment.status, red(still.moment.sight, still.settings)
    cells = None if shown is None else ground_cells(shown, source.lens)
    pose = None if status.pose is None else np.array(status.pose)
    _show(axes, top_view.draw(size, road=source.road, pose=pose, objects=status.objects, cells=cells))


class Panel(NamedTuple):
    """draw: onto axes, of a still, in (height, width) pixels. words: for the caption."""

    draw: Callable[["Axes", _Still, tuple[int, int]], None]
    words: Callable[[_Still], str]


def _of_map(still: _Still) -> str:
    if still.attention is None:
        return "no map"
    if still.attention.kind == "selection":
        return "the cells that it keeps"
    return f"its map, from the mean weight to {SATURATION:g} times it"


def _of_picture(still: _Still) -> str:
    if still.attention is None or not (still.settings.red or still.settings.spotlight):
        return f"the road, {still.settings.view}"
    what = "what it reads" if still.attention.kind == "selection" else "where its map lies"
    how = "lit, all else dark" if still.settings.spotlight else "in red"
    return f"the road, {still.settings.view}, {what} {how}"


PANELS = {
    "picture": Panel(_picture, _of_picture),
    "frame": Panel(_frame, lambda still: f"the frame as it sees it, {still.frame.shape[1]} x {still.frame.shape[0]}"),
    "map": Panel(_map, _of_map),
    "rest": Panel(
        _rest,
        lambda still: (
            "what is left without the unread cells"
            if still.attention is not None and still.attention.kept is not None
            else "nothing is removed"
        ),
    ),
    "above": Panel(_above, lambda still: "the road from above, where it looks on the ground"),
}
"""By name."""
