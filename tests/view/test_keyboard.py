"""Keys as a wheel that takes time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.vehicle import MAX_STEERING_ANGLE, WHEELBASE
from sim.view.actions import DRIVING_KEYS
from sim.view.keyboard import (
    BRAKE,
    LATERAL_ACCELERATION,
    PEDAL_RATE,
    THROTTLE,
    TURN_BACK,
    TURN_IN,
    KeyboardWheel,
    steering_limit,
)

STEP = 0.05
speeds = st.floats(0.0, 40.0)
keys = st.sets(st.sampled_from(sorted(DRIVING_KEYS.values())))
drives = st.lists(st.tuples(keys, speeds, st.sampled_from([0.01, STEP, 0.2])), max_size=40)
MIRRORED = {"left": "right", "right": "left"}


def after(wheel: KeyboardWheel, held, speed: float = 0.0, seconds: float = 10.0) -> tuple[float, float]:
    """Where wheel and pedal are after so long, in control steps."""
    for _ in range(round(seconds / STEP)):
        wheel.move(held, speed, STEP)
    return wheel.steer, wheel.pedal


# --- the keyboard's wheel


@given(drives)
def test_the_action_is_always_within_its_range(drive) -> None:
    wheel = KeyboardWheel()
    for held, speed, seconds in drive:
        action = wheel.move(held, speed, seconds)
        assert action.shape == (1, 2)
        assert action.dtype == np.float32
        assert np.abs(action).max() <= 1.0
        assert action[0].tolist() == pytest.approx([wheel.steer, wheel.pedal])


@given(drives)
def test_wheel_and_pedal_take_time(drive) -> None:
    wheel = KeyboardWheel()
    for held, speed, seconds in drive:
        before = wheel.steer, wheel.pedal
        wheel.move(held, speed, seconds)
        assert abs(wheel.steer - before[0]) <= max(TURN_IN, TURN_BACK) * seconds + 1e-9
        assert abs(wheel.pedal - before[1]) <= PEDAL_RATE * seconds + 1e-9


@given(drives)
def test_left_and_right_are_mirror_images(drive) -> None:
    wheel, mirror = KeyboardWheel(), KeyboardWheel()
    for held, speed, seconds in drive:
        wheel.move(held, speed, seconds)
        mirror.move({MIRRORED.get(key, key) for key in held}, speed, seconds)
    assert mirror.steer == -wheel.steer
    assert mirror.pedal == wheel.pedal


@given(st.sampled_from(["left", "right"]), speeds)
def test_a_held_key_turns_to_the_limit_of_this_speed_and_no_further(key: str, speed: float) -> None:
    wheel, side = KeyboardWheel(), 1 if key == "left" else -1
    for _ in range(60):
        wheel.move([key], speed, STEP)
        assert 0 <= side * wheel.steer <= steering_limit(speed)
    assert wheel.steer == pytest.approx(side * steering_limit(speed))


@given(st.floats(0.0, 25.0), st.lists(st.floats(-8.0, 4.0), min_size=20, max_size=80))
def test_a_held_key_never_turns_beyond_the_limit_while_the_speed_changes(speed: float, accelerations) -> None:
    """As fast as throttle and brake can change it, in m/s2."""
    wheel = KeyboardWheel()
    for acceleration in accelerations:
        speed = max(0.0, speed + STEP * acceleration)
        wheel.move(["left"], speed, STEP)
        assert wheel.steer <= steering_limit(speed) + 1e-9


def test_a_wheel_beyond_the_limit_comes_back_as_fast_as_a_released_one() -> None:
    wheel = KeyboardWheel(steer=0.9)
    wheel.move(["left"], 20.0, 0.1)
    assert wheel.steer == pytest.approx(0.9 - 0.1 * TURN_BACK)


@given(st.floats(-1, 1), keys, speeds)
def test_the_wheel_never_moves_away_from_what_is_wanted(steer: float, held, speed: float) -> None:
    """Nor beyond it, wherever the last driver left it."""
    wheel = KeyboardWheel(steer)
    wanted = (("left" in held) - ("right" in held)) * steering_limit(speed)
    wheel.move(held, speed, STEP)
    low, high = sorted((steer, wanted))
    assert low - 1e-9 <= wheel.steer <= high + 1e-9


@given(st.floats(-1, 1), st.floats(-1, 1), speeds)
def test_released_keys_let_wheel_and_pedal_return(steer: float, pedal: float, speed: float) -> None:
    assert after(KeyboardWheel(steer, pedal), [], speed, seconds=1.0) == (0.0, 0.0)


def test_both_keys_at_once_are_none() -> None:
    assert after(KeyboardWheel(), ["left", "right"])[0] == 0.0


def test_a_tenth_of_a_second_by_hand() -> None:
    wheel = KeyboardWheel()
    assert wheel.move(["left", "throttle"], 0.0, 0.1)[0].tolist() == pytest.approx([0.09, 0.25])
    assert wheel.move(["left"], 0.0, 0.1)[0].tolist() == pytest.approx([0.18, 0.0])
    assert wheel.move([], 0.0, 0.05)[0].tolist() == pytest.approx([0.07, 0.0])
    assert wheel.move(["brake"], 0.0, 0.1)[0].tolist() == pytest.approx([0.0, -0.25])


def test_turning_to_the_other_side_runs_back_first() -> None:
    wheel = KeyboardWheel(steer=-0.5)
    wheel.move(["left"], 0.0, 0.1)
    assert wheel.steer == pytest.approx(-0.5 + 0.1 * TURN_BACK)


def test_the_pedals_by_hand() -> None:
    assert after(KeyboardWheel(), ["throttle"])[1] == pytest.approx(THROTTLE)
    assert after(KeyboardWheel(), ["brake"])[1] == pytest.approx(BRAKE)
    assert after(KeyboardWheel(), ["brake", "throttle"])[1] == pytest.approx(BRAKE), "the brake wins"


def test_the_last_drivers_wheel_is_taken_over_without_a_jerk() -> None:
    wheel = KeyboardWheel()
    wheel.take(np.array([0.6, -0.4], np.float32))
    steer, pedal = wheel.move([], 10.0, STEP)[0].tolist()
    assert steer == pytest.approx(0.6 - STEP * TURN_BACK)
    assert pedal == pytest.approx(-0.4 + STEP * PEDAL_RATE)


# --- how far the wheel may turn


@pytest.mark.parametrize("speed", [8.0, 10.0, 15.0, 25.0])
def test_at_the_limit_the_car_turns_with_the_lateral_acceleration(speed: float) -> None:
    """v2 tan(angle) / wheelbase, of a single-track car whose wheels roll where they point."""
    angle = steering_limit(speed) * MAX_STEERING_ANGLE
    assert angle < MAX_STEERING_ANGLE
    assert speed**2 * math.tan(angle) / WHEELBASE == pytest.approx(LATERAL_ACCELERATION)


def test_the_limit_by_hand() -> None:
    # 10 m/s: tan(angle) = 5 * 2.579 / 100 = 0.1289, an angle of 0.1282 rad of 0.5
    assert steering_limit(10.0) == pytest.approx(0.2565, abs=0.0005)
    # full lock, tan(0.5) = 0.5463, turns with 5 m/s2 at sqrt(5 * 2.579 / 0.5463) = 4.858 m/s
    assert steering_limit(4.85) == 1.0
    assert steering_limit(4.87) < 1.0


def test_a_car_that_stands_may_turn_its_wheels_to_the_stop() -> None:
    assert steering_limit(0.0) == 1.0


@given(speeds, speeds)
def test_a_faster_car_turns_its_wheels_less(one: float, other: float) -> None:
    slow, fast = sorted((one, other))
    assert 0 < steering_limit(fast) <= steering_limit(slow) <= 1.0


@given(st.floats(6.0, 40.0))
def test_at_speed_the_limit_falls_with_every_bit_more(speed: float) -> None:
    assert steering_limit(1.01 * speed) < steering_limit(speed)
