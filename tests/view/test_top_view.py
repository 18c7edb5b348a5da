"""The map from above: what is where."""

import numpy as np
import pytest

from sim.view.gaze import GroundCells
from sim.view.hud.text import BRIGHT
from sim.view.hud.top_view import AHEAD, ASPHALT, CAR_PLACE, PATH, draw, ribbon
from sim.view.overlay import RED
from sim.view.road import Road

SIZE = (400, 300)
SCALE = CAR_PLACE * SIZE[0] / AHEAD  # pixels a metre
BARE = {"road": None, "pose": None}


def square(forward: float, left: float, half: float = 2.0, alpha: float = 1.0) -> GroundCells:
    """One cell around a place of the vehicle frame."""
    around = half * np.array([(-1, 1), (-1, -1), (1, -1), (1, 1)])
    return GroundCells((np.array([forward, left]) + around)[None], np.array([alpha], np.float32))


def middle_of(mask: np.ndarray) -> tuple[float, float]:
    """(metres ahead, metres to the left) of the middle of some pixels."""
    rows, columns = np.nonzero(mask)
    return (CAR_PLACE * SIZE[0] - rows.mean() - 0.5) / SCALE, (SIZE[1] / 2 - columns.mean() - 0.5) / SCALE


def is_colour(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return (np.abs(picture.astype(int) - colour) <= 2).all(axis=-1)


def lap(radius: float = 100.0, **built) -> Road:
    """A lap counter-clockwise around the origin, from (radius, 0) on, with a point every metre."""
    angle = np.arange(round(2 * np.pi * radius)) / radius
    route = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    bare = Road(route, np.empty((0, 4, 2)), 0.0, np.empty(0, np.intp), np.empty((0, 2)))
    return bare._replace(**built)


@pytest.mark.parametrize(("forward", "left"), [(20.0, 0.0), (30.0, 10.0), (10.0, -15.0)])
def test_a_cell_lies_where_it_is(forward: float, left: float) -> None:
    picture = draw(SIZE, **BARE, cells=square(forward, left))
    assert middle_of(is_colour(picture, RED)) == pytest.approx((forward, left), abs=0.2)


def test_cells_are_as_red_as_their_alpha() -> None:
    plain, red = draw(SIZE, **BARE), draw(SIZE, **BARE, cells=square(25.0, 5.0, alpha=0.5))
    row, column = round(CAR_PLACE * SIZE[0] - 25 * SCALE), round(SIZE[1] / 2 - 5 * SCALE)
    half_way = (plain[row, column].astype(float) + RED) / 2
    np.testing.assert_allclose(red[row, column], half_way, atol=1.5)


def test_a_cell_beyond_the_map_is_not_drawn() -> None:
    np.testing.assert_array_equal(draw(SIZE, **BARE, cells=square(20.0, 200.0)), draw(SIZE, **BARE))


def test_cells_that_touch_leave_no_seam() -> None:
    both = GroundCells(*(np.concatenate(pair) for pair in zip(square(25.0, 2.03), square(25.0, -1.97), strict=True)))
    row = draw(SIZE, **BARE, cells=both)[round(CAR_PLACE * SIZE[0] - 25 * SCALE)]
    red = np.flatnonzero(is_colour(row, RED))
    np.testing.assert_array_equal(np.diff(red), 1)


def test_the_car_stands_at_its_place() -> None:
    forward, left = middle_of(is_colour(draw(SIZE, **BARE), BRIGHT))
    assert abs(forward) < 1.0
    assert left == pytest.approx(0.0, abs=0.1)


def test_a_path_is_drawn_ahead_of_the_car() -> None:
    path = np.stack([np.arange(0.0, 31.0), np.full(31, -4.0)], axis=1)
    there = is_colour(draw(SIZE, **BARE, path=path), PATH)
    forward, left = middle_of(there)
    assert left == pytest.approx(-4.0, abs=0.2)
    assert 14 < forward < 18


def test_heading_up_the_road_runs_on_to_its_own_side() -> None:
    # on a left-hand circle the road ahead bends to the left, whatever way the car heads in the world
    for turn in (0.0, 2.0, 4.0):
        pose = np.array([100 * np.cos(turn), 100 * np.sin(turn), turn + np.pi / 2])
        picture = draw(SIZE, road=lap(), pose=pose)
        ahead = round(CAR_PLACE * SIZE[0] - 40 * SCALE)
        columns = np.flatnonzero(is_colour(picture[ahead], ASPHALT))
        left = (SIZE[1] / 2 - columns.mean() - 0.5) / SCALE
        assert left == pytest.approx(100 - np.sqrt(100**2 - 40**2), abs=0.6)


def test_the_lap_shows_how_far_the_car_is() -> None:
    road, pose = lap(), np.array([0.0, -100.0, 0.0])
    corner = np.s_[: SIZE[0] // 3, SIZE[1] // 2 :]
    shares = [is_colour(draw(SIZE, road=road, pose=pose, completion=c)[corner], BRIGHT).sum() for c in (0, 0.25, 0.5)]
    assert shares[0] == 0
    assert 0 < shares[1] < shares[2]


def test_the_lap_is_north_up_with_the_car_on_it() -> None:
    corner = np.s_[: SIZE[0] // 3, SIZE[1] // 2 :]
    north, south, east = (
        np.argwhere(is_colour(draw(SIZE, road=lap(), pose=np.array(pose))[corner], PATH)).mean(axis=0)
        for pose in ([0.0, 100.0, 1.0], [0.0, -100.0, 1.0], [100.0, 0.0, 1.0])
    )
    assert north[0] < east[0] < south[0]
    assert north[1] == pytest.approx(south[1], abs=1.0)
    assert east[1] > north[1]


def test_a_track_that_is_overwritten_in_place_is_drawn_anew() -> None:
    road, pose = lap(), np.array([500.0, 500.0, 0.0])
    before = draw(SIZE, road=road, pose=pose)
    road.route[:, 1] *= 0.3
    assert (draw(SIZE, road=road, pose=pose) != before).any()


@pytest.mark.parametrize("size", [(150, 150), (1000, 1000), (200, 500), (333, 151)])
def test_any_size(size: tuple[int, int]) -> None:
    road, pose = lap(), np.array([100.0, 0.0, 1.5])
    path = np.stack([np.arange(20.0), np.zeros(20)], axis=1)
    picture = draw(size, road=road, pose=pose, cells=square(20.0, 3.0), path=path, completion=0.7)
    assert picture.shape == (*size, 3)
    assert picture.dtype == np.uint8
    assert is_colour(picture, RED).any()


def test_a_drawing_leaves_no_trace_on_the_next() -> None:
    plain = draw(SIZE, **BARE)
    draw(SIZE, road=lap(), pose=np.array([100.0, 0.0, 1.5]), cells=square(20.0, 0.0), completion=0.5)
    np.testing.assert_array_equal(draw(SIZE, **BARE), plain)


def test_a_ribbon_by_hand() -> None:
    outline = ribbon(np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]), 0.5)
    np.testing.assert_allclose(outline, [[0, 0.5], [1, 0.5], [2, 0.5], [2, -0.5], [1, -0.5], [0, -0.5]])
