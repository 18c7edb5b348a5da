"""Angles, frames and closed curves against answers known by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import geometry

finite = st.floats(-1e3, 1e3)


def circle(radius: float, n: int) -> np.ndarray:
    angle = np.arange(n) * 2 * math.pi / n
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


SQUARE = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]])


@pytest.mark.parametrize(
    ("angle", "wrapped"),
    [(0.0, 0.0), (math.pi, -math.pi), (-math.pi, -math.pi), (3.5 * math.pi, -0.5 * math.pi), (7.0, 7.0 - 2 * math.pi)],
)
def test_wrap_angle_known(angle: float, wrapped: float) -> None:
    assert geometry.wrap_angle(angle) == pytest.approx(wrapped, abs=1e-12)


@given(finite)
def test_wrap_angle_stays_in_range_and_points_the_same_way(angle: float) -> None:
    wrapped = geometry.wrap_angle(angle)
    assert -math.pi <= wrapped < math.pi
    assert math.cos(wrapped - angle) == pytest.approx(1.0)


def test_wrap_angle_takes_arrays_and_never_gives_pi() -> None:
    below = np.nextafter(-math.pi, -4.0)
    wrapped = geometry.wrap_angle(np.array([below, math.pi, 0.5]))
    assert (wrapped < math.pi).all()
    assert wrapped[2] == 0.5


def test_a_vehicle_facing_north_has_the_east_on_its_right() -> None:
    assert geometry.world_to_vehicle(3.0, 5.0, 1.0, 1.0, math.pi / 2) == pytest.approx((4.0, -2.0))
    assert geometry.vehicle_to_world(4.0, -2.0, 1.0, 1.0, math.pi / 2) == pytest.approx((3.0, 5.0))


@given(finite, finite, finite, finite, st.floats(-math.pi, math.pi))
def test_frames_undo_each_other(x: float, y: float, vehicle_x: float, vehicle_y: float, yaw: float) -> None:
    seen = geometry.world_to_vehicle(x, y, vehicle_x, vehicle_y, yaw)
    assert geometry.vehicle_to_world(*seen, vehicle_x, vehicle_y, yaw) == pytest.approx((x, y), abs=1e-9)


def test_length_of_a_square_includes_the_closing_side() -> None:
    assert geometry.closed_length(SQUARE) == 40.0


def test_resampling_a_square_steps_evenly_around_its_corners() -> None:
    even = geometry.resample_closed(SQUARE, 16)
    assert even[:5] == pytest.approx(np.array([[0, 0], [2.5, 0], [5, 0], [7.5, 0], [10, 0]]))
    assert even[15] == pytest.approx(np.array([0, 2.5]))


@given(st.integers(3, 400))
def test_resampling_fills_every_point(count: int) -> None:
    even = geometry.resample_closed(circle(50.0, 90), count)
    assert np.hypot(*even.T) == pytest.approx(50.0, abs=0.05)


def test_smoothing_shrinks_a_circle_by_the_mean_cosine() -> None:
    n, reach = 100, 5
    shrink = np.cos(np.arange(-reach, reach + 1) * 2 * math.pi / n).mean()
    assert geometry.smooth_closed(circle(20.0, n), reach) == pytest.approx(shrink * circle(20.0, n))


@pytest.mark.parametrize(("turn", "sign"), [(1, 1.0), (-1, -1.0)])
def test_curvature_of_a_circle_is_one_over_its_radius_and_left_is_positive(turn: int, sign: float) -> None:
    n = 200
    spacing = 1.0
    points = circle(n * spacing / (2 * math.pi), n)[::turn].copy()
    heading = geometry.tangent_angles(points)
    assert geometry.turn_rates(heading, spacing) == pytest.approx(np.full(n, sign * 2 * math.pi / n))
    assert heading[0] == pytest.approx(sign * math.pi / 2, abs=1e-9 if turn == 1 else 0.1)


def test_smoothing_turns_a_jump_of_curvature_into_a_ramp() -> None:
    """Two straights and two half circles (a stadium): before, curvature jumps within 3 m; after, over 11 m."""
    arc = np.linspace(-math.pi / 2, math.pi / 2, 200)
    right = np.stack([50 + 20 * np.cos(arc), 20 * np.sin(arc)], axis=1)
    stadium = geometry.resample_closed(np.concatenate([right, -right]), round(200 + 40 * math.pi))
    spacing = geometry.closed_length(stadium) / len(stadium)

    def steepest(points: np.ndarray) -> float:
        curvature = geometry.turn_rates(geometry.tangent_angles(points), spacing)
        return np.abs(np.diff(curvature)).max() / spacing

    assert steepest(stadium) > 0.05 / 4
    assert steepest(geometry.smooth_closed(stadium, 5)) < 0.05 / 9
