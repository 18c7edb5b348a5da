"""Who is at the wheel: keys as a wheel that takes time, and a policy whose state only moves when the car does."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.cells import CellGrid
from sim.policy import Attention, Decision, PolicySpec
from sim.vehicle import MAX_STEERING_ANGLE, WHEELBASE
from sim.view.actions import BLIND_READ, BLIND_UNREAD, DRIVING_KEYS
from sim.view.blinding import BLINDINGS
from sim.view.pilot import (
    BRAKE,
    LATERAL_ACCELERATION,
    PEDAL_RATE,
    THROTTLE,
    TURN_BACK,
    TURN_IN,
    ExpertPilot,
    IdlePilot,
    KeyboardWheel,
    PolicyPilot,
    steering_limit,
)
from sim.view.source import WorldSource

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


# --- a policy's pilot


class CountingPolicy:
    """Recurrent: its state counts the frames that it has seen. Steers by the count, and pedals by the frame's mean.

    Its map keeps the cells of a 1 x 4 grid whose left upper pixel is bright; a soft one keeps none and says so.
    """

    def __init__(self, kind: str = "selection") -> None:
        self.spec = PolicySpec((4, 16), 1.4, kind)
        self.seen: list[np.ndarray] = []

    def initial_state(self, n: int) -> Any:
        return {"count": np.zeros(n, np.int64)}

    def act(self, observation, state, *, keep=None):
        frame = observation["frame"]
        self.seen.append(frame.copy())
        count = state["count"] + 1
        action = np.stack([count / 100, frame.mean(axis=(1, 2, 3)) / 255], axis=1).astype(np.float32)
        return Decision(action, self.map(frame)), {"count": count}

    def map(self, frame: np.ndarray) -> Attention | None:
        kept = frame[:, None, 0, ::4, 0] > 128
        weights = (kept / np.maximum(1, kept.sum())).astype(np.float32)
        cells = CellGrid.tiling(1, 4)
        if self.spec.kind is None:
            return None
        return Attention(weights, cells, self.spec.kind, kept if self.spec.kind == "selection" else None)


def observation(bright: int = 1):
    """A dark frame whose cell `bright` is white."""
    frame = np.full((1, 4, 16, 3), 20, np.uint8)
    frame[:, :, 4 * bright : 4 * bright + 4] = 255
    return {"frame": frame, "speed": np.full((1, 1), 9.0, np.float32)}


def steer(sight) -> float:
    return float(sight.decision.action[0, 0])


def test_asking_twice_gives_the_same_answer_and_does_not_advance_the_state() -> None:
    pilot = PolicyPilot(CountingPolicy())
    assert [steer(pilot.decide(observation(), None)) for _ in range(4)] == pytest.approx([0.01] * 4)
    pilot.go_on()
    assert [steer(pilot.decide(observation(), None)) for _ in range(2)] == pytest.approx([0.02] * 2)


def test_the_state_goes_on_with_each_decision_that_is_carried_out() -> None:
    pilot, steers = PolicyPilot(CountingPolicy()), []
    for _ in range(3):
        steers.append(steer(pilot.decide(observation(), None)))
        pilot.go_on()
    assert steers == pytest.approx([0.01, 0.02, 0.03])


def test_a_new_episode_forgets() -> None:
    pilot = PolicyPilot(CountingPolicy())
    pilot.decide(observation(), None)
    pilot.go_on()
    pilot.begin()
    assert steer(pilot.decide(observation(), None)) == pytest.approx(0.01)


def test_unblinded_the_policy_gets_the_very_frame() -> None:
    policy = CountingPolicy()
    seen = observation()
    sight = PolicyPilot(policy).decide(seen, None)
    assert sight.observation is seen
    assert sight.hidden is None
    assert len(policy.seen) == 1


@pytest.mark.parametrize("name", BLINDINGS)
def test_blinded_it_decides_on_the_overwritten_frame(name: str) -> None:
    policy, seen = CountingPolicy(), observation()
    before = seen["frame"].copy()
    sight = PolicyPilot(policy).decide(seen, BLINDINGS[name])
    edited = sight.observation["frame"]
    assert np.array_equal(policy.seen[-1], edited)
    assert not np.array_equal(edited, before)
    assert float(sight.decision.action[0, 1]) == pytest.approx(edited.mean() / 255)
    assert np.array_equal(seen["frame"], before), "the source's frame stays as it was"


def test_blinded_its_map_is_that_of_the_overwritten_frame() -> None:
    """Its gate is run anew: grey closes the one bright cell."""
    sight = PolicyPilot(CountingPolicy()).decide(observation(), BLINDINGS[BLIND_READ])
    assert sight.decision.attention.kept.sum() == 0
    assert sight.hidden.tolist() == [[False, True, False, False]]


def test_blinded_or_not_a_frame_is_one_step_of_the_state() -> None:
    pilot = PolicyPilot(CountingPolicy())
    for expected in (0.01, 0.02, 0.03):
        assert steer(pilot.decide(observation(), BLINDINGS[BLIND_READ])) == pytest.approx(expected)
        pilot.go_on()
    assert steer(pilot.decide(observation(), None)) == pytest.approx(0.04)


@pytest.mark.parametrize("name", BLINDINGS)
@pytest.mark.parametrize("kind", ["soft attention", "gradient saliency", None])
def test_blinding_changes_nothing_without_a_selection(kind, name: str) -> None:
    policy, seen = CountingPolicy(kind), observation()
    sight = PolicyPilot(policy).decide(seen, BLINDINGS[name])
    assert sight.observation is seen
    assert sight.hidden is None
    assert len(policy.seen) == 1


@pytest.mark.parametrize("name", BLINDINGS)
def test_blinded_it_answers_the_same_when_asked_again(name: str) -> None:
    pilot = PolicyPilot(CountingPolicy())
    for _ in range(2):
        first, again = (pilot.decide(observation(), BLINDINGS[name]) for _ in range(2))
        assert np.array_equal(first.observation["frame"], again.observation["frame"])
        assert np.array_equal(first.decision.action, again.decision.action)
        pilot.go_on()


def test_the_same_drive_meets_the_same_noise_again() -> None:
    pilot, frames = PolicyPilot(CountingPolicy()), []
    for _ in range(2):
        pilot.begin()
        for _ in range(3):
            frames.append(pilot.decide(observation(), BLINDINGS[BLIND_UNREAD]).observation["frame"])
            pilot.go_on()
    assert np.array_equal(frames[:3], frames[3:])


def test_the_noise_is_another_on_each_step() -> None:
    pilot = PolicyPilot(CountingPolicy())
    frames = []
    for _ in range(2):
        frames.append(pilot.decide(observation(), BLINDINGS[BLIND_UNREAD]).observation["frame"])
        pilot.go_on()
    assert not np.array_equal(*frames)


# --- those that look at nothing


def test_nobody_steers_straight_and_coasts() -> None:
    sight = IdlePilot().decide(observation(), BLINDINGS[BLIND_READ])
    assert sight.decision.action.tolist() == [[0.0, 0.0]]
    assert sight.decision.attention is None
    assert IdlePilot.spec is None


def test_the_expert_decides_what_the_worlds_expert_would() -> None:
    source = WorldSource(theme="meadow", seed=20_000)
    sight = ExpertPilot(source).decide(source.observe(), None)
    assert np.array_equal(sight.decision.action, source.expert())
    assert sight.decision.attention is None
