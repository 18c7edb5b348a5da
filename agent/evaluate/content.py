"""T6, content and not place: does the mask differ between frames, and follow the road when the camera is moved?"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agent.evaluate.bench import Bench
from agent.evaluate.measure import BARS, Measure, bootstrap, median, ratio_measure
from agent.evaluate.pool import Pool
from sim.perturb import cell_means
from sim.policy import CellGrid
from sim.scene import CLASSES
from sim.simulator import Simulator

TARGETS = {"road": ("road", "lane marking", "edge line"), "lines": ("lane marking", "edge line")}
"""Where the red should lie. The bar is on `road`; `lines` is reported beside it."""

VIEWS = {
    "yaw +8 deg": (np.radians(8), 0.0),
    "yaw -8 deg": (-np.radians(8), 0.0),
    "1 m left": (0.0, 1.0),
    "1 m right": (0.0, -1.0),
}
"""Camera turned (radians, + left) and moved sideways (metres, + left)."""


@dataclass(frozen=True)
class View:
    """A pool's instants as a turned or moved camera sees them. targets: by name, (F, h, w), the share of each cell's
    pixels on that target; area: by name, (F,), the share of the whole frame's."""

    pool: Pool
    targets: dict[str, NDArray[np.float64]]
    area: dict[str, NDArray[np.float64]]


def mask_overlap(bench: Bench) -> Measure:
    """Masks of random pairs of frames from different episodes should overlap little. Two empty masks are the same."""
    kept, other = bench.clean.kept, bench.clean.kept[bench.donor]
    union = (kept | other).sum((1, 2))
    overlap = np.where(union > 0, (kept & other).sum((1, 2)) / np.maximum(union, 1), 1.0)
    spread = bootstrap(lambda index: median(overlap[index]), bench.pool.seed)
    details = {"p95": float(np.percentile(overlap, 95))}
    name = "median IoU of masks from different episodes"
    return Measure("T6", name, median(overlap), spread, BARS["T6 overlap of masks"], details=details)


def render_views(simulator: Simulator, bench: Bench) -> dict[str, View]:
    """Draw a bench's instants again from each of VIEWS, with the truth. The worlds are made anew from their seeds."""
    pool = bench.pool
    seeds = np.unique(pool.seed)
    frame = {name: np.empty_like(pool.frame) for name in VIEWS}
    classes = {name: np.empty(pool.frame.shape[:3], np.uint8) for name in VIEWS}
    for start in range(0, len(seeds), simulator.n):
        some = seeds[start : start + simulator.n]
        simulator.reset(np.arange(len(some)), some.tolist())
        index = np.flatnonzero(np.isin(pool.seed, some))
        rows = np.searchsorted(some, pool.seed[index])
        for name, (turn, left) in VIEWS.items():
            poses = moved(pool.pose[index], turn, left)
            drawn = simulator.camera.render(simulator.world.scene(), rows, poses, pool.look[index], truth=True)
            assert drawn.segmentation is not None
            frame[name][index], classes[name][index] = drawn.rgb, drawn.segmentation
    return {name: _view(replace(pool, frame=frame[name]), classes[name], bench.cells) for name in VIEWS}


def moved(pose: NDArray[np.float64], turn: float, left: float) -> NDArray[np.float64]:
    """Poses (F, 3) turned by `turn` radians on the spot, after a sidestep of `left` metres."""
    x, y, yaw = pose.T
    return np.stack([x - left * np.sin(yaw), y + left * np.cos(yaw), yaw + turn], 1)


def _view(pool: Pool, classes: NDArray[np.uint8], cells: CellGrid) -> View:
    masks = {name: np.isin(classes, [CLASSES.index(each) for each in target]) for name, target in TARGETS.items()}
    return View(
        pool,
        {name: cell_means(cells, mask) for name, mask in masks.items()},
        {name: mask.mean((1, 2)) for name, mask in masks.items()},
    )


def reds(bench: Bench, views: dict[str, View]) -> dict[str, NDArray[np.float64]]:
    """What the policy reads in every view: (F, h, w) by name."""
    return {name: Bench(bench.policy, view.pool).clean.red for name, view in views.items()}


def mass_ratios(
    bench: Bench, views: dict[str, View], red: dict[str, NDArray[np.float64]], mean_map: NDArray[np.float64]
) -> list[Measure]:
    """The red's mass on road pixels over that of the mean map, and of another episode's frame, in every view."""
    measures = []
    for name, view in views.items():
        references = {"the mean map": mean_map[None], "another frame": bench.clean.red[bench.donor]}
        for reference, other in references.items():
            measures.append(_mass_ratio(f"{name}, over {reference}'s", red[name], other, view))
    return measures


def _mass_ratio(name: str, red: NDArray[np.float64], other: NDArray[np.float64], view: View) -> Measure:
    own, its = ({target: (maps * share).sum((1, 2)) for target, share in view.targets.items()} for maps in (red, other))
    lines = float(own["lines"].sum() / max(its["lines"].sum(), 1e-12))
    details = {"mass": float(own["road"].mean()), "lines_mass": float(own["lines"].mean()), "lines_ratio": lines}
    bar = BARS["T6 mass ratio"]
    return ratio_measure("T6", f"road mass, {name}", own["road"], its["road"], view.pool.seed, bar, **details)


def plausibility(views: dict[str, View], red: dict[str, NDArray[np.float64]]) -> list[Measure]:
    """Agreement with the segmentation, as lift: the red's mass on a target over the target's share of the frame.

    Plausible is not faithful: a map may lie on the road and have nothing to do with the action. No bar.
    """
    measures = []
    for name, view in views.items():
        for target, share in view.targets.items():
            mass = (red[name] * share).sum((1, 2))
            measures.append(ratio_measure("lift", f"{target}, {name}", mass, view.area[target], view.pool.seed))
    return measures
