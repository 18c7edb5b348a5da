"""Plots of how cost grows."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from sim.files import replacing


def plot_growth(growth: dict[str, Any], path: Path) -> None:
    """Four panels: worlds, objects, pixels, processes. growth: as `sim.benchmark.__main__.measure_growth` gives it."""
    figure, panels = plt.subplots(1, 4, figsize=(14, 3.2), constrained_layout=True)
    for scenario, crowds in growth["worlds"].items():
        panels[0].plot(
            [each["worlds"] for each in crowds], [each["microseconds"] for each in crowds], "o-", label=scenario
        )
        for each in crowds:
            panels[0].annotate(
                f"{each['megabytes']:.0f} MB",
                (each["worlds"], each["microseconds"]),
                (0, 6),
                textcoords="offset points",
                fontsize=7,
            )
    panels[0].set(xscale="log", xlabel="worlds at once", ylabel="µs a step, 96 x 96", ylim=(0, None))
    panels[1].plot(*zip(*growth["objects"], strict=True), "o-", color="tab:orange")
    panels[1].set(xlabel="objects in view", ylabel="µs a picture, 96 x 96", ylim=(0, None))
    for scenario, points in growth["sizes"].items():
        panels[2].plot(*zip(*points, strict=True), "o-", label=scenario)
    panels[2].set(xscale="log", yscale="log", xlabel="pixels", ylabel="µs a picture")
    for scenario, points in growth["processes"].items():
        panels[3].plot(*zip(*points, strict=True), "o-", label=scenario)
    panels[3].set(xlabel="processes", ylabel="steps/s together", ylim=(0, None), xticks=[1, 2])
    for panel in panels[[0, 2, 3]]:
        panel.legend(frameon=False, fontsize=8)
    for panel in panels:
        panel.spines[["top", "right"]].set_visible(False)
    with replacing(path) as part:
        figure.savefig(part, dpi=110, format="png")
    plt.close(figure)


def plot_rates(rates: dict[str, list[float]], path: Path) -> None:
    """Every contender's runs as points beside its median, on one logarithmic scale."""
    figure, panel = plt.subplots(figsize=(8, 0.5 * len(rates) + 1.2), constrained_layout=True)
    for row, (name, values) in enumerate(rates.items()):
        colour = "tab:red" if ":" in name else "tab:gray"
        panel.plot(values, [row] * len(values), "o", color=colour, alpha=0.5)
        panel.annotate(
            f"{sorted(values)[len(values) // 2]:,.0f}", (max(values), row), (8, -3), textcoords="offset points"
        )
    panel.set(xscale="log", xlabel="environment steps a second, one core, 96 x 96 frames, resets included")
    panel.set_yticks(range(len(rates)), list(rates))
    panel.invert_yaxis()
    panel.margins(x=0.15)
    panel.spines[["top", "right"]].set_visible(False)
    with replacing(path) as part:
        figure.savefig(part, dpi=110, format="png")
    plt.close(figure)
