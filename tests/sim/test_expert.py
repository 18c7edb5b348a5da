"""The expert: laps without infractions near its profile, smooth labels, sensible ones off the lane too."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import centre_line, expert, track
from sim import vehicle as car
from sim.expert import CURVE, NONE
from sim.kinds import CAUSES
from sim.scenario import Crossings, Scenario
from sim.scenario.actors import (
    ACTOR_COLUMNS,
    AMBER,
    CONE,
    CROSSING,
    GREEN,
    HEADING,
    LIGHT,
    MODE,
    PARKED,
    PEDESTRIAN,
    RED,
    STROLLING,
    VEHICLE,
    WAITING,
    D,
    S,
)  # fmt: skip
from sim.scenario.people import ZEBRA_LENGTH
from sim.track import LANE_CENTRE, Tracks, to_world
from sim.world import World

N = 32


@pytest.fixture(scope="module")
def world() -> World:
    made = World(N)
    made.reset(np.arange(N), [np.random.SeedSequence(10_000 + i) for i in range(N)])
    return made


def straight_then_bend() -> Tracks:
    """A stadium: 200 m straights, half circles of 30 m, ramps of 11 m; s = 0 is the middle of a straight."""
    arc = np.linspace(-math.pi / 2, math.pi / 2, 200)
    right = np.stack([100 + 30 * np.cos(arc), 30 * np.sin(arc)], axis=1)
    points = centre_line._smoothed(np.concatenate([[[0.0, -30.0]], right, -right]) * 1.4)
    n = len(points)
    made = Tracks.empty(1)
    made.points[0, :n], made.heading[0, :n] = points, track.tangent_angles(points)
    made.curvature[0, :n] = track.turn_rates(made.heading[0, :n], 1.0)
    made.speed[0, :n] = track.speed_profile(made.curvature[0, :n])
    made.count[0], made.length[0] = n, n
    return made


STADIUM = straight_then_bend()


def pose(s: float, d: float, speed: float, heading_error: float = 0.0, angle: float = 0.0) -> np.ndarray:
    x, y, heading = to_world(STADIUM, 0, s, d)[:, 0]
    state = np.zeros((1, 7))
    state[0, [car.X, car.Y, car.YAW]] = x, y, heading + heading_error
    state[0, car.SPEED], state[0, car.STEERING_ANGLE] = speed, angle
    return state


LINE = np.full((1, track.MAX_POINTS), LANE_CENTRE)
NOBODY = np.zeros((1, 0, len(ACTOR_COLUMNS)))


def ask(state: np.ndarray, s: np.ndarray, actors: np.ndarray = NOBODY, line: np.ndarray = LINE) -> tuple:
    """The expert's answer to B instants on the stadium."""
    rows = np.zeros(len(state), int)
    return expert.decide(STADIUM, line, rows, state, s, np.repeat(actors, len(state), axis=0))


def decide(s: float, d: float = LANE_CENTRE, speed: float = 12.0, error: float = 0.0) -> tuple[float, float, str]:
    action, cause, culprit = ask(pose(s, d, speed, error), np.array([s]))
    assert culprit[0] == -1, "there is nobody"
    return float(action[0, 0]), float(action[0, 1]), CAUSES[cause[0]]


def decide_in(world: World, rows: np.ndarray, s: np.ndarray | None = None) -> tuple:
    """The expert's answer in the worlds `rows`."""
    s = world.s[rows] if s is None else s
    return expert.decide(world.tracks, world.line, rows, world.vehicle[rows], s, world.actors[rows])


def somebody(**columns: float) -> np.ndarray:
    """One actor, (1, 1, columns)."""
    table = np.zeros((1, 1, len(ACTOR_COLUMNS)))
    for name, value in {"place": -1.0, "length": 4.4, "width": 1.75, **columns}.items():
        table[0, 0, ACTOR_COLUMNS.index(name)] = value
    return table


def among(actors: np.ndarray, speed: float, s: float = 0.0) -> tuple[float, str, int]:
    """Pedal, cause and culprit of a car in its lane at s."""
    action, cause, culprit = ask(pose(s, LANE_CENTRE, speed), np.array([s]), actors)
    return float(action[0, 1]), CAUSES[cause[0]], int(culprit[0])


def drive(world: World) -> dict[str, np.ndarray]:
    """The expert's laps as arrays (T, N), NaN where a world has ended."""
    figures: dict[str, list[np.ndarray]] = {"d": [], "speed": [], "lateral": [], "acceleration": [], "steer": []}
    while not world.ended.all():
        rows = np.flatnonzero(~world.ended)
        action, _, _ = decide_in(world, rows)
        world.step(action, rows)
        speed, rate = world.vehicle[:, car.SPEED], world.vehicle[:, car.YAW_RATE]
        steer = np.zeros(world.n)
        steer[rows] = action[:, 0]
        now = (world.d, speed, speed * rate, world.acceleration, steer)
        for name, value in zip(figures, now, strict=True):
            figures[name].append(np.where(np.isin(np.arange(world.n), rows), value, np.nan))
    return {name: np.array(values) for name, values in figures.items()}


def test_laps(world: World) -> None:
    figures = drive(world)
    assert (world.route_completion == 1.0).all()
    assert world.infractions.sum() == 0
    seconds = world.steps * car.CONTROL_STEP
    assert seconds / world.tracks.expert_time == pytest.approx(1.0, abs=0.02)
    offset = np.abs(figures["d"] - LANE_CENTRE)
    assert np.nanmax(offset) < 0.8
    assert np.nanpercentile(offset, 99) < 0.5
    assert np.nanmax(np.abs(figures["lateral"])) < 4.89, "nuPlan's comfort bound"
    assert np.nanmin(figures["acceleration"]) > -4.05
    assert np.nanmax(figures["acceleration"]) < 2.4
    jerk = np.diff(figures["acceleration"], axis=0) / car.CONTROL_STEP
    assert np.nanmax(np.abs(jerk)) < 8.37
    assert np.nanmax(np.abs(np.diff(figures["steer"], axis=0))) < 0.05, "no twitching"


def test_on_a_straight_it_holds_still() -> None:
    steer, pedal, cause = decide(s=0.0, speed=15.0)
    assert steer == pytest.approx(0.0, abs=1e-3)
    assert pedal == pytest.approx(0.0, abs=1e-2)
    assert cause == "none"


@pytest.mark.parametrize(("d", "error", "side"), [(0.0, 0.0, -1), (-3.5, 0.0, 1), (-1.75, 0.2, -1), (-1.75, -0.2, 1)])
def test_it_steers_back_to_its_lane(d: float, error: float, side: int) -> None:
    assert decide(0.0, d, error=error)[0] * side > 0.01


def test_pedal_follows_the_profile() -> None:
    assert decide(0.0, speed=5.0)[1] > 0.4
    assert decide(0.0, speed=20.0)[1] < -0.2
    stopped = decide(0.0, speed=0.0)[1]
    assert stopped == pytest.approx(2.0 / car.MAX_THROTTLE, rel=1e-2)


def test_steering_in_a_steady_bend_is_the_wheelbase_over_the_radius() -> None:
    """By hand, in the middle of the half circle: R is 1.75 m more than the centre line's for the outer lane."""
    middle = np.flatnonzero(np.abs(STADIUM.curvature[0, : STADIUM.count[0] // 2]) > 0.02).mean()
    curvature = STADIUM.curvature[0, int(middle)]
    assert curvature > 0.02
    lane_radius = 1 / curvature - LANE_CENTRE
    state = pose(middle, LANE_CENTRE, 8.0)
    state[0, car.YAW_RATE] = 8.0 / lane_radius
    state[0, car.SLIP] = car.TO_REAR / lane_radius  # the rear axle rolls along the lane
    state[0, car.YAW] -= state[0, car.SLIP]
    action, cause, _ = ask(state, np.array([middle]))
    assert action[0, 0] * car.MAX_STEERING_ANGLE == pytest.approx(car.WHEELBASE / lane_radius, rel=0.05)
    assert cause[0] == CURVE


def test_cause_is_curve_before_and_in_a_bend_and_none_after() -> None:
    bend = np.flatnonzero(STADIUM.curvature[0, : STADIUM.count[0] // 2] > 0.015)
    start, end = int(bend[0]), int(bend[-1])
    braking = start - int(np.argmax(STADIUM.speed[0, start:0:-1] >= track.CRUISE_SPEED - 1e-6))
    assert decide(braking - 15.0, speed=15.0)[2] == "none"
    assert decide(braking + 1.0, speed=15.0)[2] == "curve"
    assert decide(0.5 * (start + end))[2] == "curve"
    assert decide(end + 12.0, speed=9.0)[2] == "none"


def test_only_curve_and_none_on_an_empty_road(world: World) -> None:
    rows = np.arange(N)
    world.reset(rows, [np.random.SeedSequence(10_000 + i) for i in range(N)])
    seen = set()
    for _ in range(200):
        action, cause, _ = decide_in(world, rows)
        world.step(action)
        seen |= set(cause.tolist())
    assert seen == {NONE, CURVE}


def test_recovery_from_rough_poses(world: World) -> None:
    """Up to 3 m beside the lane, heading off by up to 0.4 rad, wheels turned: back within 0.7 m after 5 s."""
    rng = np.random.default_rng(5)
    rows = np.arange(N)
    world.reset(rows, [np.random.SeedSequence(10_000 + i) for i in range(N)])
    s = rng.uniform(0, world.route_length)
    x, y, heading = to_world(world.tracks, rows, s, LANE_CENTRE + rng.uniform(-3, 3, N))
    world.vehicle[:, [car.X, car.Y]] = np.stack([x, y], axis=1)
    world.vehicle[:, car.YAW] = heading + rng.uniform(-0.4, 0.4, N)
    world.vehicle[:, car.STEERING_ANGLE] = rng.uniform(-0.15, 0.15, N)
    world.vehicle[:, car.SPEED] = rng.uniform(0.3, 1.0, N) * world.tracks.speed[rows, s.astype(int)]
    world.s[:] = s
    for _ in range(100):
        action, _, _ = decide_in(world, rows)
        world.step(action)
    assert np.abs(world.d - LANE_CENTRE).max() < 0.7


@settings(deadline=None, max_examples=200)
@given(st.floats(0, 560), st.floats(-3, 3), st.floats(0, 18), st.floats(-0.4, 0.4), st.floats(-0.5, 0.5))
def test_labels_are_bounded_and_smooth(s: float, offset: float, speed: float, error: float, angle: float) -> None:
    """A nudge of 1 cm, 1 mrad and 1 cm/s changes the label by little, anywhere: no branch to learn."""
    states = np.concatenate(
        [
            pose(s, LANE_CENTRE + offset, speed, error, angle),
            pose(s + 0.01, LANE_CENTRE + offset + 0.01, speed + 0.01, error + 0.001, angle),
        ]
    )
    action, _, _ = ask(states, np.array([s, s]))
    assert (np.abs(action) <= 1).all()
    assert np.abs(action[0] - action[1]).max() < 0.05


def test_the_hint_and_the_batch_make_no_difference(world: World) -> None:
    rows = np.arange(N)
    world.reset(rows, [np.random.SeedSequence(10_000 + i) for i in range(N)])
    together, causes, _ = decide_in(world, rows)
    shifted, _, _ = decide_in(world, rows, world.s + 7.0)
    assert (together == shifted).all()
    for row in rows:
        alone, cause, _ = decide_in(world, rows[row : row + 1])
        assert (alone[0] == together[row]).all()
        assert cause[0] == causes[row]


def light(phase: int, stop: float) -> np.ndarray:
    """A light whose stop line lies at s = stop."""
    return somebody(role=LIGHT, mode=phase, place=stop, s=stop + 8.0, d=-4.4)


FRONT = 0.5 * car.EGO_LENGTH


def test_a_red_light_stops_it_and_a_green_one_does_not() -> None:
    assert among(light(GREEN, 30.0), speed=12.0)[1] == "none"
    pedal, cause, culprit = among(light(RED, 30.0), speed=12.0)
    assert pedal < -0.2
    assert (cause, culprit) == ("red-light", 0)


def test_amber_stops_who_can_and_lets_go_on_who_cannot() -> None:
    """By hand: from 12 m/s at 3 m/s2 it takes 24 m."""
    assert among(light(AMBER, FRONT + 25.0), speed=12.0)[1] == "red-light"
    assert among(light(AMBER, FRONT + 23.0), speed=12.0)[1] == "none"


def test_a_light_that_is_passed_is_forgotten() -> None:
    assert among(light(RED, FRONT - 0.1), speed=5.0)[1] == "none"


@pytest.mark.parametrize(
    "actors", [light(RED, 80.0), somebody(role=PEDESTRIAN, mode=CROSSING, place=80.0, s=80.0, d=-2.0)]
)
def test_it_stands_still_before_what_stops_it(actors: np.ndarray) -> None:
    """Driven on a straight, from 15 m/s: at rest 1 to 3 m before the line, or the zebra's near edge."""
    state = pose(0.0, LANE_CENTRE, 12.0)
    edge = 80.0 - (1.5 if actors[0, 0, 0] == PEDESTRIAN else 0.0)
    s = 0.0
    for _ in range(400):
        action, _, _ = ask(state, np.array([s]), actors)
        car.step(state, action)
        s = float(track.locate(STADIUM, 0, state[:, car.X], state[:, car.Y], s)[0, 0])
    assert state[0, car.SPEED] == 0.0
    assert 1.0 < edge - (s + FRONT) < 3.0
    before = state.copy()
    for _ in range(40):
        car.step(state, ask(state, np.array([s]), actors)[0])
    assert (state[0, :2] == before[0, :2]).all(), "no creeping"


@pytest.mark.parametrize(
    ("mode", "d", "heading", "waits"),
    [
        *((CROSSING, -2.0, math.pi / 2, True), (CROSSING, 3.0, -math.pi / 2, True)),
        *((CROSSING, 2.0, math.pi / 2, True), (CROSSING, -2.0, -math.pi / 2, True)),
        *((CROSSING, 3.7, math.pi / 2, False), (CROSSING, -3.7, -math.pi / 2, False)),
        *((WAITING, -4.15, math.pi / 2, False), (STROLLING, -5.0, 0.0, False)),
    ],
)
def test_it_waits_for_who_is_in_its_way_or_still_to_come(mode: int, d: float, heading: float, waits: bool) -> None:
    person = somebody(role=PEDESTRIAN, mode=mode, d=d, heading=heading, place=35.0, s=35.0, length=0.4, width=0.6)
    assert (among(person, speed=10.0)[1] == "pedestrian") == waits


def test_it_follows_a_vehicle_ahead_and_minds_no_oncoming_one() -> None:
    near = somebody(role=VEHICLE, s=20.0, d=LANE_CENTRE, speed=5.0)
    pedal, cause, culprit = among(near, speed=10.0)
    assert pedal < -0.2
    assert (cause, culprit) == ("lead-vehicle", 0)
    assert among(somebody(role=VEHICLE, s=20.0, d=1.75, heading=math.pi, speed=5.0), speed=10.0)[1] == "none"
    assert among(somebody(role=VEHICLE, s=-10.0 % 560, d=LANE_CENTRE, speed=5.0), speed=10.0)[1] == "none"


def test_the_following_distance_is_idm_s() -> None:
    """At the same speed v the wish of the leader alone is zero at a gap of 2.5 m + 1.4 s v."""
    gap = 2.5 + 1.4 * 8.0
    at = FRONT + gap + 2.2
    assert among(somebody(role=VEHICLE, s=at, d=LANE_CENTRE, speed=8.0), speed=8.0)[0] == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("role", [PARKED, CONE])
def test_it_evades_along_the_line_slowly(role: int) -> None:
    line = LINE.copy()
    line[0, 10:40] = -1.1
    actors = somebody(role=role, s=30.0, d=-3.4)
    action, cause, culprit = ask(pose(8.0, LANE_CENTRE, 8.5), np.array([8.0]), actors, line)
    assert action[0, 0] > 0.02, "to the left, round it"
    assert (CAUSES[cause[0]], culprit[0]) == ("obstacle", 0)
    fast, cause, _ = ask(pose(8.0, LANE_CENTRE, 14.0), np.array([8.0]), actors, line)
    assert fast[0, 1] < -0.1
    assert CAUSES[cause[0]] == "obstacle"


@pytest.mark.parametrize(
    ("beyond", "d"),
    [*((-2.0, d) for d in (-4.0, -2.9, -1.75, 1.5)), *((b, d) for b in (1.4, 2.5) for d in (-4.0, 1.5))],
)
def test_it_gets_clear_of_a_zebra_that_it_stands_on(beyond: float, d: float) -> None:
    """Its front `beyond` metres past the zebra's edge, somebody at d on the way over: neither waits for ever."""
    made = World(1, Scenario((Crossings(count=1, people=1),)))
    made.reset([0], [np.random.SeedSequence(10_003)])
    person = made.actors[0, 0]
    person[[D, HEADING, MODE]] = d, math.pi / 2, CROSSING
    made.s[0] = person[S] - 0.5 * ZEBRA_LENGTH - FRONT + beyond
    x, y, yaw = to_world(made.tracks, 0, made.s[0], LANE_CENTRE)[:, 0]
    made.vehicle[0, [car.X, car.Y, car.YAW, car.SPEED]] = x, y, yaw, 0.0
    for _ in range(300):
        made.step(decide_in(made, np.array([0]))[0])
    assert made.infractions.sum() == 0
    assert made.distance[0] > 20.0


@pytest.mark.parametrize("scenario", ["traffic", "town"])
def test_drives_among_others_without_an_infraction(scenario: str) -> None:
    n = 6
    made = World(n, scenario)
    made.reset(np.arange(n), [np.random.SeedSequence(11_000 + i) for i in range(n)])
    seen: set[str] = set()
    for _ in range(4_000):
        rows = np.flatnonzero(~made.ended)
        if not len(rows):
            break
        action, cause, culprit = decide_in(made, rows)
        assert ((culprit >= 0) == (cause > CURVE)).all(), "a cause object has a name"
        made.step(action, rows)
        seen |= {CAUSES[each] for each in cause}
    assert (made.route_completion == 1.0).all()
    assert made.infractions.sum() == 0
    assert made.near_misses.sum() <= 2, "six careful laps"
    assert {"lead-vehicle", "obstacle", "curve", "none"} <= seen
    assert scenario == "traffic" or {"red-light", "pedestrian"} <= seen
