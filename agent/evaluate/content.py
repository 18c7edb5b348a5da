"""T6, content and not place: does the mask differ between frames, and follow the road when the camera is moved?"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agent.evaluate.bench import Bench, Example, Response
from agent.evaluate.measure import BARS, Measure, bootstrap, median, ratio_measure
from agent.evaluate.pool import Pool
from sim.cells import Cells
from sim.instant import Instants
from sim.scene import CLASSES
from sim.simulator import Simulator

TARGETS = {
    "road": ("road", "lane marking", "edge line"),
    "lines": ("lane marking", "edge line"),
    "others": ("vehicle", "pedestrian", "light"),
}
"""Where the red should lie. The bar is on `road`; the rest is reported beside it."""

VIEWS = {
    "yaw +8 deg": (np.radians(8), 0.0),
    "yaw -8 deg": (-np.radians(8), 0.0),
    "1 m left": (0.0, 1.0),
    "1 m right": (0.0, -1.0),
}
"""Camera turned (radians, + left) and moved sideways (metres, + left)."""

EXAMPLES = 6


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
    """Draw a bench's instants again from each of VIEWS, with the truth.

    The worlds are made anew from their seeds; what lives on them stands where it stood.
    """
    pool = bench.pool
    seeds = np.unique(pool.seed)
    frame = {name: np.empty_like(pool.frame) for name in VIEWS}
    classes = {name: np.empty(pool.frame.shape[:3], np.uint8) for name in VIEWS}
    for start in range(0, len(seeds), simulator.n):
        some = seeds[start : start + simulator.n]
        simulator.reset(np.arange(len(some)), some.tolist())
        index = np.flatnonzero(np.isin(pool.seed, some))
        instants = _in_rows(pool, index, np.searchsorted(some, pool.seed[index]))
        for name, (turn, left) in VIEWS.items():
            drawn = simulator.draw(instants, poses=moved(instants.pose, turn, left), truth=True)
            assert drawn.segmentation is not None
            frame[name][index], classes[name][index] = drawn.rgb, drawn.segmentation
    return {name: _view(replace(pool, seen=pool.shown(frame[name])), classes[name], bench.cells) for name in VIEWS}


def _in_rows(pool: Pool, index: NDArray[np.integer], rows: NDArray[np.integer]) -> Instants:
    """Some instants of a pool, in these rows of worlds."""
    assert pool.instants is not None
    return replace(pool.instants.pick(index), row=rows.astype(np.int64))


def moved(pose: NDArray[np.float64], turn: float, left: float) -> NDArray[np.float64]:
    """Poses (F, 3) turned by `turn` radians on the spot, after a sidestep of `left` metres."""
    x, y, yaw = pose.T
    return np.stack([x - left * np.sin(yaw), y + left * np.cos(yaw), yaw + turn], 1)


def _view(pool: Pool, classes: NDArray[np.uint8], cells: Cells) -> View:
    masks = {name: np.isin(classes, [CLASSES.index(each) for each in target]) for name, target in TARGETS.items()}
    return View(
        pool,
        {name: cells.means(mask) for name, mask in masks.items()},
        {name: mask.mean((1, 2)) for name, mask in masks.items()},
    )


def answers(bench: Bench, views: dict[str, View]) -> dict[str, Response]:
    """What the policy answers to every view."""
    return {name: Bench(bench.policy, view.pool).clean for name, view in views.items()}


def mass_ratios(
    bench: Bench, views: dict[str, View], seen: dict[str, Response], mean_map: NDArray[np.float64]
) -> list[Measure]:
    """The red's mass on road pixels over that of the mean map, and of another episode's frame, in every view."""
    everywhere = np.broadcast_to(mean_map, bench.clean.kept.shape)
    references = {"the mean map": everywhere, "another frame": bench.clean.red[bench.donor]}
    return [
        _mass_ratio(f"{name}, over {reference}'s", seen[name].red, other, view)
        for name, view in views.items()
        for reference, other in references.items()
    ]


def _mass_ratio(name: str, red: NDArray[np.float64], other: NDArray[np.float64], view: View) -> Measure:
    """An empty map has no mass to speak of: those frames are left out, and their share is told."""
    told = red.any((1, 2)) & other.any((1, 2))
    own, its = ({target: _mass(maps, share)[told] for target, share in view.targets.items()} for maps in (red, other))
    details = {
        "mass": float(own["road"].mean()) if told.any() else None,
        "lines_ratio": float(own["lines"].sum() / its["lines"].sum()) if its["lines"].any() else None,
        "empty_share": float(1 - red.any((1, 2)).mean()),
    }
    bar, seed = BARS["T6 mass ratio"], view.pool.seed[told]
    return ratio_measure("T6", f"road mass, {name}", own["road"], its["road"], seed, bar, **details)


def _mass(red: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """(F,): the part of each map that lies on a target."""
    return np.asarray((red * share).sum((1, 2)))


def viewed_examples(bench: Bench, seen: dict[str, Response]) -> list[list[Example]]:
    """A few instants, spread over the episodes: as driven, and as answered from every view."""
    rows = np.unique(np.linspace(0, len(bench.pool) - 1, EXAMPLES).round().astype(int)).tolist()
    answered = {"as driven": bench.clean, **seen}
    return [[bench.example(name, response, row) for name, response in answered.items()] for row in rows]


def plausibility(views: dict[str, View], seen: dict[str, Response]) -> list[Measure]:
    """Agreement with the segmentation, as lift: the red's mass on a target over the target's share of the frame.

    Plausible is not faithful: a map may lie on the road and have nothing to do with the action. No bar.
    """
    measures = []
    for name, view in views.items():
        for target, share in view.targets.items():
            mass = _mass(seen[name].red, share)
            measures.append(ratio_measure("lift", f"{target}, {name}", mass, view.area[target], view.pool.seed))
    return measures
