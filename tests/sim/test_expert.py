"""The expert: laps without infractions near its profile, smooth labels, sensible ones off the lane too."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import expert, track
from sim import vehicle as car
from sim.expert import CAUSES, CURVE, NONE
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
    points = track._smoothed(np.concatenate([[[0.0, -30.0]], right, -right]) * 1.4)
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


def decide(s: float, d: float = LANE_CENTRE, speed: float = 12.0, error: float = 0.0) -> tuple[float, float, str]:
    action, cause = expert.decide(STADIUM, np.zeros(1, int), pose(s, d, speed, error), np.array([s]))
    return float(action[0, 0]), float(action[0, 1]), CAUSES[cause[0]]


def drive(world: World) -> dict[str, np.ndarray]:
    """The expert's laps as arrays (T, N), NaN where a world has ended."""
    figures: dict[str, list[np.ndarray]] = {"d": [], "speed": [], "lateral": [], "acceleration": [], "steer": []}
    while not world.ended.all():
        rows = np.flatnonzero(~world.ended)
        action, _ = expert.decide(world.tracks, rows, world.vehicle[rows], world.s[rows])
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
    action, cause = expert.decide(STADIUM, np.zeros(1, int), state, np.array([middle]))
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
        action, cause = expert.decide(world.tracks, rows, world.vehicle, world.s)
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
        action, _ = expert.decide(world.tracks, rows, world.vehicle, world.s)
        world.step(action)
    assert np.abs(world.d - LANE_CENTRE).max() < 0.7


@settings(deadline=None, max_examples=200)
@given(st.floats(0, 560), st.floats(-3, 3), st.floats(0, 18), st.floats(-0.4, 0.4), st.floats(-0.5, 0.5))
def test_labels_are_bounded_and_smooth(s: float, offset: float, speed: float, error: float, angle: float) -> None:
    """A nudge of 1 cm, 1 mrad and 1 cm/s changes the label by little, anywhere: no branch to learn."""
    rows = np.zeros(2, int)
    states = np.concatenate(
        [
            pose(s, LANE_CENTRE + offset, speed, error, angle),
            pose(s + 0.01, LANE_CENTRE + offset + 0.01, speed + 0.01, error + 0.001, angle),
        ]
    )
    action, _ = expert.decide(STADIUM, rows, states, np.array([s, s]))
    assert (np.abs(action) <= 1).all()
    assert np.abs(action[0] - action[1]).max() < 0.05


def test_the_hint_and_the_batch_make_no_difference(world: World) -> None:
    rows = np.arange(N)
    world.reset(rows, [np.random.SeedSequence(10_000 + i) for i in range(N)])
    together, causes = expert.decide(world.tracks, rows, world.vehicle, world.s)
    shifted, _ = expert.decide(world.tracks, rows, world.vehicle, world.s + 7.0)
    assert (together == shifted).all()
    for row in rows:
        one = slice(row, row + 1)
        alone, cause = expert.decide(world.tracks, rows[one], world.vehicle[one], world.s[one])
        assert (alone[0] == together[row]).all()
        assert cause[0] == causes[row]
