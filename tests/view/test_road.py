"""What a map is told of a world's ground."""

import numpy as np
import pytest

from sim.scene import LANE_WIDTH
from sim.simulator import Simulator
from sim.track import LANE_CENTRE, locate
from sim.view.road import STRIPE, Road, road_of
from sim.world import World


@pytest.fixture(scope="module")
def world() -> World:
    """A town."""
    simulator = Simulator(1, "town", "meadow")
    simulator.reset(np.array([0]), [20_003])
    return simulator.world


@pytest.fixture(scope="module")
def road(world: World) -> Road:
    return road_of(world, 0)


def lane_coordinates(world: World, points: np.ndarray) -> np.ndarray:
    """(s, d) of points (..., 2)."""
    flat, line = points.reshape(-1, 2), world.tracks.points[0, : world.tracks.count[0]]
    nearest = np.linalg.norm(flat[:, None] - line, axis=-1).argmin(axis=1)
    return locate(world.tracks, 0, *flat.T, nearest)[:2].T.reshape(points.shape)


def test_paint_lies_where_the_decals_are(world: World, road: Road) -> None:
    """Stripes side by side along each crossing, and a bar over the right-hand lane for each stop line."""
    zebras = world.decals[0][world.decals[0, :, 2] == 0]
    lines = world.decals[0][world.decals[0, :, 2] == 1]
    places = lane_coordinates(world, road.paint)
    length, breadth = np.ptp(places[..., 0], axis=1), np.ptp(places[..., 1], axis=1)
    bars = breadth > 1.0
    assert bars.sum() == len(lines)
    assert (~bars).sum() == len(zebras) * LANE_WIDTH / STRIPE
    np.testing.assert_allclose(breadth[~bars], STRIPE, atol=0.02)
    np.testing.assert_allclose(np.unique(length[~bars].round(1)), np.unique(zebras[:, 1]).round(1))
    np.testing.assert_allclose(np.sort(places[bars].mean(axis=1)[:, 0]), np.sort(lines[:, 0]), atol=0.05)
    assert np.abs(places[..., 1]).max() <= LANE_WIDTH + 0.05
    assert places[bars][..., 1].max() <= 0.05, "the oncoming lane has no stop line"


def test_signals_stand_by_their_stop_lines(world: World, road: Road) -> None:
    lines = world.decals[0][world.decals[0, :, 2] == 1]
    places = lane_coordinates(world, road.stops)
    np.testing.assert_allclose(places[:, 1], LANE_CENTRE, atol=0.02)
    assert np.abs(places[:, 0][:, None] - lines[:, 0]).min(axis=1).max() < 1.0
    objects = world.objects[0]
    for row, stop in zip(road.signals, road.stops, strict=True):
        np.testing.assert_array_equal(road.place_of(row, objects), stop)
    other = np.setdiff1d(np.arange(5), road.signals)[0]
    np.testing.assert_allclose(road.place_of(other, objects), objects[other, :2])


def test_an_empty_road_has_neither() -> None:
    simulator = Simulator(1, theme="meadow")
    simulator.reset(np.array([0]), [7])
    road = road_of(simulator.world, 0)
    assert (len(road.paint), len(road.signals), road.pavement) == (0, 0, 0.0)
    assert len(road.route) == simulator.world.tracks.count[0]
