"""`python -m sim.benchmark`: every figure of docs/benchmarks.md but the window's."""

from sim.interrupts import interruptible

import json
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import cv2
import tyro
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from sim.benchmark import contenders, costs, growth
from sim.benchmark.contenders import ENVPOOL, FRAME_SIZE, YARDSTICK, Result, ratios
from sim.command_line import mistakes_in_one_line, parse
from sim.errors import unknown
from sim.files import check_writable, write_text
from sim.provenance import versions
from sim.scenario import SCENARIOS

RARELY_OVER = 3
"""Runs of what takes long and hardly varies."""

Figures = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """How fast is it? Steps a second beside CarRacing, and what truth, pictures, resets, starts and growth cost."""

    runs: int = 5
    """Interleaved runs of each contender."""
    parts: tuple[str, ...] = ()
    """What to measure (default: everything): steps, truth, picture, reset, start, growth."""
    out: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Folder for benchmark.json and the plots."""


def measure_steps(runs: int, console: Console) -> Figures:
    """Environment steps a second."""
    entries = [*contenders.others(lambda text: console.print(text, markup=False)), *contenders.ours()]
    with console.status("driving"):
        results = contenders.measure(entries, runs)
    console.print(steps_table(results))
    return {
        "results": [asdict(result) | {"median": result.median} for result in results],
        "median_ratio_to": {name: ratios(results, name) for name in (YARDSTICK, ENVPOOL)},
    }


def steps_table(results: list[Result]) -> Table:
    """steps/s is the median of the runs; the ratios are to others in the same round."""
    columns = ("", "steps/s", "µs/step", "resets/1000", "x CarRacing", "x EnvPool's")
    table = _table(f"Environment steps a second, one core, {FRAME_SIZE[0]} x {FRAME_SIZE[1]}, with resets", columns)
    to = [ratios(results, name) for name in (YARDSTICK, ENVPOOL)]
    for result in results:
        times = [f"{each[result.name]:.1f}" if each else "-" for each in to]
        row = (f"{result.median:,.0f}", f"{1e6 / result.median:,.1f}", f"{result.resets_per_1000:.2f}")
        table.add_row(result.name, *row, *times)
    return table


def measure_truth(runs: int, console: Console) -> Figures:
    """What class, object and depth cost beside the picture alone."""
    table = _table("All truth beside RGB alone", ("", "RGB, µs", "with truth, µs", "more"))
    found: Figures = {}
    for scenario in SCENARIOS:
        pair = costs.truth(scenario, runs)
        worlds = 4 * contenders.BATCH
        plain, dear = (1e6 * median(each) / worlds for each in (pair.plain, pair.dear))
        found[scenario] = {"rgb_us": plain, "truth_us": dear, "extra": pair.extra}
        table.add_row(scenario, f"{plain:.1f}", f"{dear:.1f}", f"{pair.extra:+.1%}")
    console.print(table)
    return found


def measure_picture(runs: int, console: Console) -> Figures:
    """Large pictures a second."""
    found = {scenario: costs.large_pictures(scenario, runs) for scenario in SCENARIOS}
    height, width = costs.PICTURE
    table = _table(f"{width} x {height} pictures a second, one core", ("", "median", "of all runs"))
    for scenario, rates in found.items():
        table.add_row(scenario, *_summary(rates, 0))
    console.print(table)
    return found


def measure_reset(runs: int, console: Console) -> Figures:
    """A reset, and its share of driving with resets."""
    table = _table("Reset of one world", ("", "median, ms", "of all runs", "share of driving"))
    found: Figures = {}
    for scenario in SCENARIOS:
        taken = costs.reset_seconds(scenario, runs)
        share = costs.reset_share(scenario)
        found[scenario] = {"seconds": taken, "share_of_driving": share}
        table.add_row(scenario, *_summary([1e3 * each for each in taken], 1), f"{share:.1%}")
    console.print(table)
    return found


def measure_start(runs: int, console: Console) -> Figures:
    """From nothing to the first picture."""
    with console.status("starting"):
        found = costs.start_seconds(min(runs, RARELY_OVER))
    table = _table("Seconds to a town's first picture, in a fresh process", ("", "median", "of all runs"))
    for name, taken in found.items():
        table.add_row(name, *_summary(taken, 1))
    console.print(table)
    return found


def measure_growth(runs: int, console: Console) -> Figures:
    """How cost grows."""
    with console.status("growing"):
        found: Figures = {
            "worlds": {name: [each._asdict() for each in growth.worlds(name)] for name in ("open-road", "town")},
            "objects": growth.objects(runs),
            "sizes": {name: growth.sizes(name, min(runs, RARELY_OVER)) for name in ("open-road", "town")},
            "processes": {name: growth.processes(name) for name in ("open-road", "town")},
        }
    table = Table("", "at each value", title="How cost grows", box=SIMPLE)
    for scenario, crowds in found["worlds"].items():
        cells = (f"{each['worlds']}: {each['microseconds']:.0f} µs, {each['megabytes']:.0f} MB" for each in crowds)
        table.add_row(f"{scenario}: worlds, µs a step, memory", "   ".join(cells))
    table.add_row("town: objects in view, µs a picture", _joined(found["objects"], "µs"))
    for scenario, points in found["sizes"].items():
        names = [f"{height} x {width}" for height, width in growth.SIZES]
        cells = (f"{name}: {point.y:,.0f} µs" for name, point in zip(names, points, strict=True))
        table.add_row(f"{scenario}: size, µs a picture", "   ".join(cells))
    for scenario, points in found["processes"].items():
        table.add_row(f"{scenario}: processes, steps/s", _joined(points, "/s"))
    console.print(table)
    return found


def _summary(values: list[float], digits: int) -> tuple[str, str]:
    """The median of all runs, and from the least to the greatest."""
    return f"{median(values):.{digits}f}", f"{min(values):.{digits}f}-{max(values):.{digits}f}"


def _joined(points: list[growth.Point], unit: str) -> str:
    return "   ".join(f"{point.x:g}: {point.y:,.0f} {unit}" for point in points)


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title, box=SIMPLE)
    for heading in columns:
        table.add_column(heading, justify="right" if heading else "left", no_wrap=not heading)
    return table


PARTS: Mapping[str, Callable[[int, Console], Figures]] = {
    "steps": measure_steps,
    "truth": measure_truth,
    "picture": measure_picture,
    "reset": measure_reset,
    "start": measure_start,
    "growth": measure_growth,
}


@interruptible
def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    options = parse(Options, arguments, prog="python -m sim.benchmark")
    with mistakes_in_one_line():
        if options.runs < 1:
            raise ValueError(f"--runs {options.runs}: expected at least 1")
        for part in options.parts:
            if part not in PARTS:
                raise unknown("part", part, PARTS)
        if options.out is not None:
            check_writable(options.out)
    console = Console()
    cv2.setNumThreads(1)
    found = {part: PARTS[part](options.runs, console) for part in options.parts or PARTS}
    if options.out is not None:
        with mistakes_in_one_line():
            save(found, options.out)


def save(found: Figures, out: Path) -> None:
    """benchmark.json, with what it was measured on, and the plots of what was measured."""
    from sim.benchmark.plots import plot_growth, plot_rates

    header = {
        "frame_size": FRAME_SIZE,
        "machine": {"processor": platform.processor() or platform.machine(), "system": platform.platform()},
        "versions": versions() | {"python": platform.python_version()},
    }
    write_text(out / "benchmark.json", json.dumps(header | found, indent=1) + "\n")
    if "steps" in found:
        plot_rates({each["name"]: each["rates"] for each in found["steps"]["results"]}, out / "steps.png")
    if "growth" in found:
        plot_growth(found["growth"], out / "growth.png")


if __name__ == "__main__":
    sys.exit(main())
