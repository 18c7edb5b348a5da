"""What is built and painted on the ground of a world, in metres: what a map shows of it. It stays all episode."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kinds import in_manner
from sim.scenario.actors import PLACE, ROLE
from sim.scene import DECAL_KIND, DECAL_LENGTH, DECAL_S, LANE_WIDTH, STOP_LINE, ZEBRA
from sim.track import LANE_CENTRE, to_world
from sim.world import World

STRIPE = 0.5
"""Metres: breadth of a zebra crossing's stripes, and of the gaps between them."""

_STRIPES = np.arange(-LANE_WIDTH + STRIPE / 2, LANE_WIDTH, 2 * STRIPE)


class Road(NamedTuple):
    """route: (n, 2) closed centre line. paint: (P, 4, 2) outlines of stop lines and of crossings' stripes. pavement:
    its breadth on either side, 0 for none. signals: (L,) rows of the objects that are traffic lights, and stops (L, 2)
    where the lane meets their stop lines."""

    route: NDArray[np.float64]
    paint: NDArray[np.float64]
    pavement: float
    signals: NDArray[np.intp]
    stops: NDArray[np.float64]

    def place_of(self, row: int, objects: NDArray[np.float32]) -> NDArray[np.float64]:
        """Where a map shows the object in that row of objects (M, 9): (2,) metres, a traffic light at its stop line."""
        own = self.stops[self.signals == row]
        return own[0] if len(own) else objects[row, :2].astype(float)


def road_of(world: World, row: int) -> Road:
    """The road of one world."""
    decals, actors = world.decals[row].astype(float), world.actors[row]
    zebras, stop_lines = (decals[decals[:, DECAL_KIND] == kind] for kind in (ZEBRA, STOP_LINE))
    stripes = [_quads(world, row, zebras, d, STRIPE) for d in _STRIPES]
    signals = np.flatnonzero(np.isin(actors[:, ROLE], in_manner("stop")))
    x, y, _ = to_world(world.tracks, row, actors[signals, PLACE], LANE_CENTRE)
    return Road(
        route=world.tracks.points[row, : world.tracks.count[row]],
        paint=np.concatenate([*stripes, _quads(world, row, stop_lines, LANE_CENTRE, LANE_WIDTH)]),
        pavement=float(world.pavement[row]),
        signals=signals,
        stops=np.stack([x, y], axis=1),
    )


def _quads(world: World, row: int, decals: NDArray[np.float64], d: float, breadth: float) -> NDArray[np.float64]:
    """Outlines (n, 4, 2) of as many decals (n, columns), so broad and with their middles at d."""
    along, across = np.array([-0.5, 0.5, 0.5, -0.5]), breadth * np.array([-0.5, -0.5, 0.5, 0.5])
    s = decals[:, DECAL_S, None] + decals[:, DECAL_LENGTH, None] * along
    x, y, _ = to_world(world.tracks, row, s.ravel(), np.tile(d + across, len(s)))
    return np.stack([x, y], axis=-1).reshape(-1, 4, 2)
