"""Roadside things: where they may stand, and how many."""

import numpy as np
import pytest

from sim.scenario import SCENARIOS, open_road, scenario
from sim.scene import OBJECT_KINDS
from sim.track import locate
from sim.world import World

N = 24
KIND = {name: i for i, name in enumerate(OBJECT_KINDS)}


@pytest.fixture(scope="module")
def world() -> World:
    made = World(N)
    made.reset(np.arange(N), [np.random.SeedSequence(seed) for seed in range(N)])
    return made


def distance(world: World, row: int, objects: np.ndarray) -> np.ndarray:
    """Metres from objects to the nearest point of the centre line."""
    points = world.tracks.points[row, : world.tracks.count[row]]
    return np.hypot(*(objects[:, None, :2] - points).transpose(2, 0, 1)).min(axis=1)


def of(world: World, row: int, *kinds: str) -> np.ndarray:
    objects = world.objects[row]
    return objects[np.isin(objects[:, 4], [KIND[kind] for kind in kinds])]


def test_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="'open-road'"):
        scenario("open-raod")
    assert scenario("open-road") is SCENARIOS["open-road"]


@pytest.mark.parametrize("row", range(N))
def test_growth_keeps_off_the_road(world: World, row: int) -> None:
    growth = of(world, row, *open_road._GROWTH)
    assert distance(world, row, growth).min() >= open_road.CLEAR_ROAD
    assert set(growth[:, 4]) == {KIND[kind] for kind in open_road._GROWTH}, "some of every kind"
    assert (growth[:, 2:4] > 0.5).all()
    assert np.abs(growth[:, 5]).max() <= 1


@pytest.mark.parametrize("row", range(N))
def test_posts_line_both_sides(world: World, row: int) -> None:
    posts = of(world, row, "delineator")
    assert distance(world, row, posts) == pytest.approx(open_road.POST_OFFSET, abs=0.05)
    half = len(posts) // 2
    s = 24.0 * np.round(nearest_s(world, row, posts) / 24.0)
    assert (np.sort(s[:half]) == np.sort(s[half:])).all()
    gaps = np.diff(np.sort(s[:half]))
    assert set(gaps) <= {24.0, 48.0}


def nearest_s(world: World, row: int, objects: np.ndarray) -> np.ndarray:
    points = world.tracks.points[row, : world.tracks.count[row]]
    return np.hypot(*(objects[:, None, :2] - points).transpose(2, 0, 1)).argmin(axis=1).astype(float)


def test_curve_signs_stand_outside_tight_bends(world: World) -> None:
    seen = 0
    for row in range(N):
        signs = of(world, row, "curve sign")
        s, d, _ = locate(world.tracks, row, signs[:, 0], signs[:, 1], nearest_s(world, row, signs))
        bend = world.tracks.curvature[row, np.rint(s).astype(int) % world.tracks.count[row]]
        assert (np.abs(bend) > 1 / 33).all()
        assert (np.sign(d) == -np.sign(bend)).all()
        seen += len(signs)
    assert seen > N


def test_empty_rows_say_so(world: World) -> None:
    kinds = world.objects[..., 4]
    assert ((kinds >= -1) & (kinds < len(OBJECT_KINDS))).all()
    assert (kinds == np.rint(kinds)).all()
    objects = np.full_like(world.objects[0], 7.0)
    few = np.random.default_rng(0)
    open_road.place(world.tracks, 0, few, objects)
    used = objects[:, 4] >= 0
    assert (objects[~used] == [0, 0, 0, 0, -1, 0]).all()


def test_same_seed_same_scenery(world: World) -> None:
    again = World(1)
    again.reset([0], [np.random.SeedSequence(5)])
    assert (again.objects[0] == world.objects[5]).all()
    assert not (world.objects[5] == world.objects[6]).all()
