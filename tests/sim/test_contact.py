"""Who touches whom, and how near it was: against answers worked out by hand."""

import math

import numpy as np
import pytest

from sim import contact
from sim import vehicle as car
from sim.kinds import INFRACTIONS, role_table
from sim.scenario import SCENARIOS, Scenario, Vehicles
from sim.scenario.actors import ACTOR_COLUMNS, CONE, GREEN, LIGHT, PARKED, PEDESTRIAN, RED, VEHICLE
from sim.track import LANE_CENTRE
from sim.vehicle import EGO_LENGTH, EGO_WIDTH
from sim.world import ENDINGS, World

EMPTY = Scenario((Vehicles(along=2, oncoming=0),))
"""Room for two actors, which the tests put where they want them."""

STILL, AHEAD = np.zeros((1, 2), np.float32), np.array([[0.0, 0.3]], np.float32)


def world_with(speed: float, *actors: dict[str, float]) -> World:
    """One world whose ego drives at s = 0 with `speed`; the actors' s counts from there."""
    world = World(1, EMPTY)
    world.reset([0], [np.random.SeedSequence(5)])
    world.vehicle[0, car.SPEED] = speed
    world.actors[0] = 0.0
    for row, columns in enumerate(actors):
        sizes = {"kind": 6.0, "place": -1.0, "length": 4.4, "width": 1.75, "height": 1.4, "chance": 0.5}
        for name, value in {**sizes, **columns}.items():
            world.actors[0, row, ACTOR_COLUMNS.index(name)] = value
    return world


@pytest.mark.parametrize(
    ("x", "y", "yaw", "touch"),
    [
        *((4.0, 0.0, 0.0, True), (4.6, 0.0, 0.0, False), (0.0, 1.66, 0.0, True), (0.0, 1.85, 0.0, False)),
        # turned by 45 degrees a box of 4 x 2 reaches 3 / sqrt(2) = 2.12 m from its middle along either axis
        *((2.0 + 2.1, 0.0, math.pi / 4, True), (2.0 + 2.15, 0.0, math.pi / 4, False)),
        # its corner points at ours: the gap is along the diagonal, which only its own axes can tell
        *((3.6, 2.4, math.pi / 4, False), (3.2, 1.9, math.pi / 4, True)),
    ],
)
def test_boxes(x: float, y: float, yaw: float, touch: bool) -> None:
    other = (4.4, 1.75) if yaw == 0.0 else (4.0, 2.0)
    mine = (EGO_LENGTH, EGO_WIDTH) if yaw == 0.0 else (4.0, 2.0)
    assert contact.boxes_touch(0.0, 0.0, 0.0, *mine, x, y, yaw, *other) == touch
    assert contact.boxes_touch(x, y, yaw, *other, 0.0, 0.0, 0.0, *mine) == touch


def test_clearance_from_the_outline() -> None:
    half_length, half_width = EGO_LENGTH / 2, EGO_WIDTH / 2
    assert contact.clearance(0.0, 0.0, 0.0, half_length + 3.0, 0.0) == pytest.approx(3.0)
    assert contact.clearance(0.0, 0.0, 0.0, half_length + 3.0, half_width + 4.0) == pytest.approx(5.0)
    assert contact.clearance(0.0, 0.0, 0.0, 1.0, 0.5) == 0.0
    assert contact.clearance(10.0, 0.0, math.pi / 2, 10.0 + half_width + 1.0, 0.0) == pytest.approx(1.0)


CRASHES = {
    "vehicle": {"role": VEHICLE, "s": 4.5, "d": LANE_CENTRE},
    "pedestrian": {"role": PEDESTRIAN, "s": 2.5, "d": LANE_CENTRE, "length": 0.45, "width": 0.6},
    "static-object": {"role": CONE, "s": 2.5, "d": LANE_CENTRE - 0.5, "length": 0.45, "width": 0.45},
}


@pytest.mark.parametrize("name", CRASHES)
def test_a_crash_is_counted_once_and_ends_the_run(name: str) -> None:
    world = world_with(10.0, CRASHES[name])
    outcome = world.step(AHEAD)
    assert outcome.terminated[0]
    assert not outcome.truncated[0]
    assert ENDINGS[world.endings[0]] == "crash"
    assert {kind: int(n) for kind, n in zip(INFRACTIONS, world.infractions[0], strict=True) if n} == {name: 1}
    assert outcome.cost[0] == 1


def test_who_walks_into_a_standing_car_was_not_hit() -> None:
    world = world_with(0.0, {**CRASHES["pedestrian"], "s": 1.0})
    assert not world.step(STILL).terminated[0]


@pytest.mark.parametrize(("phase", "count"), [(RED, 1), (GREEN, 0)])
def test_a_red_light_is_run_when_the_front_passes_its_line(phase: int, count: int) -> None:
    """From 10 m/s a step takes the front, 2.254 m ahead, half a metre on; the drive goes on."""
    stop = EGO_LENGTH / 2 + 0.75
    light = {"role": LIGHT, "mode": float(phase), "place": stop, "s": stop + 8.0, "d": -4.4, "timer": 99.0}
    world = world_with(10.0, light)
    red = INFRACTIONS.index("red-light")
    assert world.step(STILL).infractions_now[0, red] == 0
    assert world.step(STILL).infractions_now[0, red] == count
    assert world.step(STILL).infractions_now[0, red] == 0
    assert not world.ended[0]


def test_time_to_collision_is_the_gap_over_the_closing_speed() -> None:
    """By hand: 30 m from middle to middle less 2.254 and 2.2 m, closing at 10 - 4 m/s."""
    vehicle = {"role": VEHICLE, "s": 30.0, "d": LANE_CENTRE, "speed": 4.0}
    world = world_with(10.0, vehicle)
    assert time_left(world) == pytest.approx((30.0 - EGO_LENGTH / 2 - 2.2) / 6.0)
    beside = world_with(10.0, {**vehicle, "d": 1.75, "heading": math.pi})
    beside.step(STILL)
    assert beside.time_to_collision[0] == np.inf
    away = world_with(3.0, vehicle)
    away.step(STILL)
    assert away.time_to_collision[0] == np.inf


def time_left(world: World, heading_error: float = 0.0) -> float:
    """Seconds until the ego at s = 0 meets somebody."""
    state, lap = world.vehicle[0], world.route_length[0]
    return contact.time_to_collision(state, 0.0, LANE_CENTRE, heading_error, world.actors[0], role_table(), lap)


@pytest.mark.parametrize(
    ("enters", "meeting"),
    [(1.0, 2.0), (2.2, 2.2), (2.7, np.inf), (1.9 - 2 * 1.055 / 1.4, np.inf)],
    ids=["before the front", "into the side", "behind the rear", "gone in time"],
)
def test_who_crosses_is_met_only_while_in_the_ego_s_way(enters: float, meeting: float) -> None:
    """By hand: at 10 m/s the front is there after 2.0 s, the rear 4.508 m + 0.5 m later at 2.5 s. At 1.4 m/s somebody
    is within 0.805 m + 0.25 m of the ego's middle from `enters` on for 1.5 s."""
    side = LANE_CENTRE - 1.055 - 1.4 * enters
    person = {"role": PEDESTRIAN, "d": side, "heading": math.pi / 2, "speed": 1.4, "length": 0.45, "width": 0.6}
    assert time_left(world_with(10.0, {**person, "s": EGO_LENGTH / 2 + 20.25})) == pytest.approx(meeting)


def test_who_steers_round_a_parked_car_in_time_is_on_no_collision_course() -> None:
    """By hand: 1 m to the side of the ego's middle, 25.5 m ahead, it is in the way of 0.805 m + 0.875 m; the ego at
    10 m/s and 0.1 rad to the left moves 2.5 m aside on the way there, at 0.02 rad only 0.5 m."""
    world = world_with(10.0, {"role": PARKED, "s": 30.0, "d": LANE_CENTRE - 1.0})
    ahead = (30.0 - EGO_LENGTH / 2 - 2.2) / 10.0
    assert time_left(world) == pytest.approx(ahead)
    assert time_left(world, heading_error=0.02) == pytest.approx(ahead)
    assert time_left(world, heading_error=0.1) == np.inf


def test_a_near_miss_is_counted_when_it_begins() -> None:
    """A person 0.6 m beside the outline, passed at 10 m/s: near for about half a second, once."""
    person = {"role": PEDESTRIAN, "s": 8.0, "d": LANE_CENTRE - EGO_WIDTH / 2 - 0.85, "length": 0.45, "width": 0.6}
    world = world_with(10.0, person)
    near = 0
    for _ in range(30):
        world.step(STILL)
        near += contact.passes_close(
            world.vehicle[0], world.s[0], world.actors[0], world.objects[0], role_table(), world.route_length[0]
        )
    assert 8 <= near <= 16
    assert world.near_misses[0] == 1
    assert world.infractions[0].sum() == 0


def test_an_empty_road_has_neither() -> None:
    world = World(1)
    world.reset([0], [np.random.SeedSequence(5)])
    world.step(AHEAD)
    assert world.time_to_collision[0] == np.inf
    assert world.near_misses[0] == 0
    assert SCENARIOS["open-road"].max_actors == 0
