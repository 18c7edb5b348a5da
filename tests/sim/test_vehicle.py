"""The car against physics worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import vehicle as car


def state(speed: float, angle: float = 0.0, yaw: float = 0.0) -> np.ndarray:
    made = np.zeros((1, 7))
    made[0, car.SPEED], made[0, car.STEERING_ANGLE], made[0, car.YAW] = speed, angle, yaw
    return made


def drive(made: np.ndarray, steer: float, pedal: float, seconds: float) -> np.ndarray:
    """The states (steps + 1, 7) of the first car under a constant action."""
    action = np.full((len(made), 2), (steer, pedal), np.float32)
    path = [made[0].copy()]
    for _ in range(round(seconds / car.CONTROL_STEP)):
        car.step(made, action)
        path.append(made[0].copy())
    return np.array(path)


@pytest.mark.parametrize("yaw", [0.0, 2.0, -3.0])
def test_straight_line(yaw: float) -> None:
    end = drive(state(12.0, yaw=yaw), 0.0, 0.0, 5.0)[-1]
    assert end[[car.X, car.Y]] == pytest.approx([60 * math.cos(yaw), 60 * math.sin(yaw)])
    assert end[[car.YAW_RATE, car.SLIP, car.STEERING_ANGLE]] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("speed", "angle"), [(5.0, 0.1), (5.0, -0.1), (10.0, 0.05), (15.0, 0.03), (15.0, 0.1)])
def test_steady_circle_radius(speed: float, angle: float) -> None:
    """Understeer formula: R = (L + K v^2) / angle with K = m / L (l_r / C_f - l_f / C_r).

    Both axles have the same stiffness per load, so K = 0, whatever the speed, up to the limit of friction.
    """
    end = drive(state(speed, angle), angle / car.MAX_STEERING_ANGLE, 0.0, 8.0)[-1]
    assert speed / end[car.YAW_RATE] == pytest.approx(car.WHEELBASE / angle, rel=1e-3)
    assert end[car.SPEED] == speed


def test_slip_in_a_gentle_steady_circle() -> None:
    """By hand: slip = l_r / R - a_y / (mu g C_S), the rear axle's geometry less its slip angle."""
    speed, angle = 10.0, 0.02
    end = drive(state(speed, angle), angle / car.MAX_STEERING_ANGLE, 0.0, 8.0)[-1]
    radius = car.WHEELBASE / angle
    rear_slip = speed**2 / radius / (car.FRICTION * car.GRAVITY * car.STIFFNESS)
    assert end[car.SLIP] == pytest.approx(car.TO_REAR / radius - rear_slip, rel=1e-2)


def test_the_driven_path_closes_on_itself() -> None:
    """The centre of gravity runs round a circle of radius v / yaw rate, back to where it began."""
    made = state(8.0, 0.1)
    drive(made, 0.2, 0.0, 5.0)
    rate = made[0, car.YAW_RATE]
    start, yaw = made[0, :2].copy(), made[0, car.YAW]
    path = drive(made, 0.2, 0.0, 2 * math.pi / rate)
    course = yaw + path[0, car.SLIP]
    centre = start + 8.0 / rate * np.array([-math.sin(course), math.cos(course)])
    assert np.hypot(*(path[:, :2] - centre).T) == pytest.approx(8.0 / rate, rel=2e-3)


@pytest.mark.parametrize("speed", [10.0, 20.0])
def test_braking_distance(speed: float) -> None:
    """v^2 / (2 a) with a = 8 m/s2, and it stays stopped."""
    path = drive(state(speed), 0.0, -1.0, speed / 8 + 1)
    assert path[-1, car.SPEED] == 0.0
    assert path[-1, car.X] == pytest.approx(speed**2 / 16, abs=0.01)
    assert path[-1, car.X] == path[-2, car.X]


def test_throttle_fades_to_nothing_at_top_speed() -> None:
    made = state(0.0)
    assert car.step(made, np.array([[0.0, 1.0]])) == pytest.approx([4.0], abs=0.01)
    fast = drive(state(24.0), 0.0, 1.0, 60.0)[:, car.SPEED]
    assert (np.diff(fast) >= 0).all()
    assert 24.9 < fast[-1] < car.TOP_SPEED


def test_acceleration_is_the_change_of_speed() -> None:
    made = state(12.0)
    acceleration = car.step(made, np.array([[0.3, -0.5]]))
    assert made[0, car.SPEED] == pytest.approx(12.0 + acceleration[0] * car.CONTROL_STEP)
    assert acceleration == pytest.approx([-4.0])


def test_lateral_acceleration_stays_under_friction() -> None:
    """At 20 m/s with the wheels at 0.3 rad the rolling radius would be 8.6 m, 4.5 times what the tyres can hold."""
    path = drive(state(20.0, 0.3), 0.6, 0.0, 6.0)
    change = path[:, car.YAW] + path[:, car.SLIP]
    lateral = 20.0 * np.diff(np.unwrap(change)) / car.CONTROL_STEP
    limit = car.FRICTION * car.GRAVITY
    assert np.abs(lateral).max() < limit * 1.01  # the step's stiffness is a sub-step old
    assert lateral[-1] > 0.9 * limit


def test_friction_circle_leaves_little_braking_in_a_bend() -> None:
    made = state(20.0, 0.06)
    drive(made, 0.12, 0.0, 2.0)
    lateral = made[0, car.SPEED] * made[0, car.YAW_RATE]
    limit = car.FRICTION * car.GRAVITY
    room = math.sqrt(limit**2 - lateral**2)
    assert room < 7.0
    assert car.step(made, np.array([[0.12, -1.0]]))[0] >= -room - 0.6  # the bend eases within the step
    straight = car.step(state(20.0), np.array([[0.0, -1.0]]))
    assert straight == pytest.approx([-8.0])


def test_low_speed_kinematic_circle() -> None:
    """Wheels roll where they point: the rear axle runs a circle of radius L / tan(angle)."""
    made, speed, angle = state(0.4, 0.3), 0.4, 0.3
    rate = speed * math.cos(math.atan(math.tan(angle) * car.TO_REAR / car.WHEELBASE)) * math.tan(angle) / car.WHEELBASE
    path = drive(made, 0.6, 0.0, 2 * math.pi / rate)
    assert path[1:, car.YAW_RATE] == pytest.approx(rate)
    rear = path[1:, :2] - car.TO_REAR * np.stack([np.cos(path[1:, car.YAW]), np.sin(path[1:, car.YAW])], axis=1)
    centre = (rear.max(axis=0) + rear.min(axis=0)) / 2
    assert np.hypot(*(rear - centre).T) == pytest.approx(car.WHEELBASE / math.tan(angle), rel=5e-3)


def test_the_two_models_agree_where_they_meet() -> None:
    slow, fast = (drive(state(speed, 0.1), 0.2, 0.0, 2.0)[-1] for speed in (0.4999, 0.5001))
    assert slow[[car.YAW_RATE, car.SLIP]] == pytest.approx(fast[[car.YAW_RATE, car.SLIP]], rel=0.02)


def test_steering_moves_at_its_rate_and_stops_at_the_target() -> None:
    path = drive(state(5.0), 1.0, 0.0, 2.0)[:, car.STEERING_ANGLE]
    assert path[:5] == pytest.approx([0.0, 0.02, 0.04, 0.06, 0.08])
    assert path[-1] == pytest.approx(car.MAX_STEERING_ANGLE)
    assert drive(state(5.0), -0.01, 0.0, 0.1)[1:, car.STEERING_ANGLE] == pytest.approx(-0.005)


def test_left_is_left() -> None:
    end = drive(state(5.0), 0.5, 0.0, 1.0)[-1]
    assert end[car.Y] > 0
    assert end[car.YAW] > 0
    mirrored = drive(state(5.0), -0.5, 0.0, 1.0)[-1]
    assert mirrored[car.X] == end[car.X]
    assert mirrored[car.Y] == -end[car.Y]


actions = st.tuples(st.floats(-1, 1, width=32), st.floats(-1, 1, width=32))


@settings(deadline=None, max_examples=60)
@given(st.floats(0, car.TOP_SPEED), st.floats(-0.5, 0.5), st.lists(actions, min_size=1, max_size=6), st.integers(5, 40))
def test_nothing_blows_up(speed: float, angle: float, script: list[tuple[float, float]], hold: int) -> None:
    made = state(speed, angle)
    for action in script:
        for _ in range(hold):
            before = made.copy()
            car.step(made, np.array([action], np.float32))
            assert np.isfinite(made).all()
            assert 0.0 <= made[0, car.SPEED] <= car.TOP_SPEED
            assert abs(made[0, car.STEERING_ANGLE]) <= car.MAX_STEERING_ANGLE + 1e-9
            assert abs(made[0, car.YAW_RATE]) < 6.0
            assert -math.pi <= made[0, car.SLIP] < math.pi
            assert -math.pi <= made[0, car.YAW] < math.pi
            moved = np.hypot(*(made[0, :2] - before[0, :2]))
            assert moved <= max(before[0, car.SPEED], made[0, car.SPEED]) * car.CONTROL_STEP + 1e-9


def test_halving_the_step_changes_little() -> None:
    """The error of a 10 ms sub-step over 2 s of hard slalom, against 1 ms: centimetres."""
    coarse, fine = np.zeros(7), np.zeros(7)
    coarse[car.SPEED] = fine[car.SPEED] = 14.0
    for k in range(40):
        steer, pedal = 0.15 * math.sin(0.3 * k), 0.2
        car.advance(coarse, steer, pedal, 0.05)
        for _ in range(50):
            car._advance(fine, steer, pedal, 0.001)
    assert coarse[:2] == pytest.approx(fine[:2], abs=0.1)


def test_out_of_range_actions_are_clipped() -> None:
    one, other = state(10.0), state(10.0)
    car.step(one, np.array([[1.0, -1.0]]))
    car.step(other, np.array([[7.0, -9.0]]))
    assert (one == other).all()


def test_batch_rows_are_bitwise_alone() -> None:
    rng = np.random.default_rng(1)
    batch = np.zeros((64, 7))
    batch[:, car.SPEED], batch[:, car.STEERING_ANGLE] = rng.uniform(0, 20, 64), rng.uniform(-0.3, 0.3, 64)
    action = rng.uniform(-1, 1, (64, 2)).astype(np.float32)
    alone = [batch[i : i + 1].copy() for i in range(64)]
    for _ in range(20):
        car.step(batch, action)
        for i, single in enumerate(alone):
            car.step(single, action[i : i + 1])
    assert (np.concatenate(alone) == batch).all()
