"""The map from above: what is where."""

import numpy as np
import pytest

from sim.geometry import vehicle_to_world
from sim.kinds import KINDS
from sim.scene import OBJECT_COLUMNS
from sim.view import mark
from sim.view.gaze import GroundCells
from sim.view.hud.text import BRIGHT
from sim.view.hud.top_view import (
    AHEAD,
    ASPHALT,
    BRAKE_LAMP,
    BUILDING,
    CAR_PLACE,
    PAINT,
    PATH,
    PAVEMENT,
    SIGNALS,
    VEHICLE,
    draw,
    ribbon,
)
from sim.view.ink import RED
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


# --- who else is there

AT_ORIGIN = np.zeros(3)
FAR_ROAD = lap()._replace(route=lap().route + 1000.0)


def objects(*rows: dict[str, float | str]) -> np.ndarray:
    """Objects (m, 9) of these columns; 0 where nothing is said."""
    table = np.zeros((len(rows), len(OBJECT_COLUMNS)), np.float32)
    for row, told in zip(table, rows, strict=True):
        for name, value in told.items():
            row[OBJECT_COLUMNS.index(name)] = KINDS.index(value) if isinstance(value, str) else value
    return table


def car(x: float, y: float, **told) -> dict[str, float | str]:
    return {"kind": "car", "x": x, "y": y, "length": 4.4, "width": 1.8, "height": 1.5, **told}


def with_objects(*rows, **options) -> np.ndarray:
    return draw(SIZE, road=FAR_ROAD, pose=options.pop("pose", AT_ORIGIN), objects=objects(*rows), **options)


@pytest.mark.parametrize("pose", [(0.0, 0.0, 0.0), (5.0, -3.0, 1.0), (-40.0, 12.0, -2.5)])
def test_a_car_lies_where_it_is_and_as_it_stands(pose) -> None:
    """20 m ahead and 6 m to the left of the ego, across its way: as broad on the map as it is long."""
    x, y = vehicle_to_world(20.0, 6.0, *pose)
    picture = with_objects(car(x, y, yaw=pose[2] + np.pi / 2), pose=np.array(pose))
    there = is_colour(picture, VEHICLE)
    assert middle_of(there) == pytest.approx((20.0, 6.0), abs=0.3)
    rows, columns = np.nonzero(there)
    assert np.ptp(columns) / SCALE == pytest.approx(4.4, abs=0.4)
    assert np.ptp(rows) / SCALE == pytest.approx(1.8, abs=0.4)


def test_only_a_braking_car_shows_lamps_and_it_shows_them_at_its_rear() -> None:
    assert not is_colour(with_objects(car(20.0, 0.0, length=8.0, width=2.6)), BRAKE_LAMP).any()
    there = is_colour(with_objects(car(20.0, 0.0, length=8.0, width=2.6, state=1.0)), BRAKE_LAMP)
    forward, left = middle_of(there)
    assert forward == pytest.approx(20.0 - 3.7, abs=0.4)
    assert left == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("kind", ["cone", "pedestrian"])
def test_small_things_are_dots_where_they_are(kind: str) -> None:
    colour = KINDS[kind].mark.colour
    there = is_colour(with_objects({"kind": kind, "x": 15.0, "y": -4.0, "width": 0.5}), colour)
    assert middle_of(there) == pytest.approx((15.0, -4.0), abs=0.2)


def test_empty_rows_and_what_is_far_away_are_not_drawn() -> None:
    bare = with_objects()
    far = [car(200.0, 0.0), {"kind": "pedestrian", "x": 20.0, "y": 150.0}]
    assert np.array_equal(with_objects({**car(20.0, 0.0), "kind": -1.0}, *far), bare)


def test_buildings_are_outlines() -> None:
    house = {"kind": "building", "x": 25.0, "y": 14.0, "length": 12.0, "width": 8.0, "height": 9.0}
    picture = with_objects(house)
    rows, columns = np.nonzero((picture != with_objects()).any(axis=-1))
    assert np.ptp(rows) / SCALE == pytest.approx(12.0, abs=0.6)
    assert np.ptp(columns) / SCALE == pytest.approx(8.0, abs=0.6)
    assert is_colour(picture, BUILDING).any()


@pytest.mark.parametrize("phase", range(3))
def test_a_light_shows_its_phase_at_its_stop_line(phase: int) -> None:
    light = {"kind": "traffic light", "x": 28.0, "y": -3.0, "width": 1.25, "state": float(phase)}
    road = FAR_ROAD._replace(signals=np.array([0]), stops=np.array([[20.0, 0.0]]))
    picture = draw(SIZE, road=road, pose=AT_ORIGIN, objects=objects(light), culprit=0)
    found = [bool(is_colour(picture, colour).any()) for colour in SIGNALS]
    assert found == [index == phase for index in range(3)]
    assert middle_of(is_colour(picture, SIGNALS[phase])) == pytest.approx((20.0, 0.0), abs=0.2)
    assert middle_of(is_colour(picture, mark.COLOUR)) == pytest.approx((20.0, 0.0), abs=0.3), "and so does its ring"


def test_the_ring_goes_round_the_cause_object() -> None:
    cars = [car(20.0, 0.0), car(35.0, 8.0)]
    assert not is_colour(with_objects(*cars), mark.COLOUR).any()
    there = is_colour(with_objects(*cars, culprit=1), mark.COLOUR)
    assert middle_of(there) == pytest.approx((35.0, 8.0), abs=0.3)


def test_paint_and_pavement_lie_on_the_road() -> None:
    stripe = np.array([[(24.0, 9.0), (27.0, 9.0), (27.0, 12.0), (24.0, 12.0)]])
    road = FAR_ROAD._replace(paint=stripe)
    assert middle_of(is_colour(draw(SIZE, road=road, pose=AT_ORIGIN), PAINT)) == pytest.approx((25.5, 10.5), abs=0.2)
    pose = np.array([100.0, 0.0, np.pi / 2])
    row = round(CAR_PLACE * SIZE[0] - 5 * SCALE)
    strip = is_colour(draw(SIZE, road=lap(pavement=2.2), pose=pose)[row], PAVEMENT)
    assert not is_colour(draw(SIZE, road=lap(), pose=pose)[row], PAVEMENT).any()
    assert strip.sum() / SCALE == pytest.approx(2 * 2.2, abs=1.0)
