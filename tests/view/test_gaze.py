"""The gaze on the ground, worked out by hand and there and back."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.camera.lens import HORIZON, Lens
from sim.cells import CellGrid
from sim.policy import Attention
from sim.vehicle import MAX_STEERING_ANGLE, TO_REAR, WHEELBASE
from sim.view.gaze import RANGE, ground_cells, predicted_path, to_picture
from sim.view.overlay import PEAK

# 90 degrees over 100 columns: the focal length is 50 px, the horizon at row 42, and the ground of row v is
# 2 * 50 / (v - 42) = 100 / (v - 42) m from the lens, which sits 1 m ahead of the reference point
LENS = Lens(100, 100, math.radians(90), mount_height=2.0, mount_forward=1.0)


def selection(*cells: tuple[int, int]) -> Attention:
    kept = np.zeros((1, 10, 10), bool)
    for cell in cells:
        kept[(0, *cell)] = True
    weights = (kept / max(1, kept.sum())).astype(np.float32)
    return Attention(weights, CellGrid.tiling(10, 10), "selection", kept)


def test_a_cell_on_the_ground_by_hand() -> None:
    corners, alpha = ground_cells(selection((6, 2)), LENS)  # rows 60-70, columns 20-30
    near, far = 100 / 28, 100 / 18
    left, right = 30 / 50, 20 / 50  # tangents
    expected = [(near + 1, left * near), (near + 1, right * near), (far + 1, right * far), (far + 1, left * far)]
    np.testing.assert_allclose(corners, [expected])
    np.testing.assert_allclose(alpha, [PEAK])


def test_cells_above_the_horizon_are_left_out_and_those_across_end_at_the_range() -> None:
    corners, alpha = ground_cells(selection((3, 5), (4, 5)), LENS)  # rows 30-40 and 40-50
    assert len(alpha) == 1
    assert corners[0, :, 0] == pytest.approx([100 / 8 + 1, 100 / 8 + 1, RANGE + 1, RANGE + 1])


def test_nothing_attended_is_no_cell() -> None:
    corners, alpha = ground_cells(selection(), LENS)
    assert corners.shape == (0, 4, 2)
    assert alpha.shape == (0,)


def test_soft_cells_keep_their_alpha() -> None:
    weights = np.full((1, 10, 10), 0.5 / 99, np.float32)
    weights[0, 8, 8] = 0.5
    _, alpha = ground_cells(Attention(weights, CellGrid.tiling(10, 10), "soft attention"), LENS)
    np.testing.assert_allclose(alpha, [PEAK])


@given(st.integers(0, 9), st.integers(5, 9), st.sampled_from([(90, 160), (540, 960)]))
def test_cells_come_back_to_their_place_in_a_picture_of_any_size(col: int, row: int, size: tuple[int, int]) -> None:
    lens = Lens(90, 160, 1.2, mount_height=1.4, mount_forward=0.6)
    corners, _ = ground_cells(selection((row, col)), lens)
    height, width = size
    bottom, left = (row + 1) * height / 10, col * width / 10
    expected = [(left, bottom), (left + width / 10, bottom), (left + width / 10, bottom - height / 10)]
    np.testing.assert_allclose(to_picture(corners[0], lens, size)[:3], expected, atol=1e-6)


def test_to_picture_by_hand() -> None:
    # 10 m ahead of the lens and 2 m to the left: 2 / 10 * 50 px left of the middle, 2 / 10 * 50 px below the horizon
    point = np.array([[11.0, 2.0]])
    np.testing.assert_allclose(to_picture(point, LENS, (100, 100)), [[50 - 10, 100 * HORIZON + 10]])
    np.testing.assert_allclose(to_picture(point, LENS, (200, 200)), [[100 - 20, 200 * HORIZON + 20]])


def test_what_is_not_ahead_has_no_place_in_the_picture() -> None:
    assert np.isnan(to_picture(np.array([[1.0, 0.0], [-3.0, 1.0]]), LENS, (100, 100))).all()


@pytest.mark.parametrize("angle", [0.2, -0.4])
def test_a_predicted_path_is_an_arc_about_the_rear_axles_centre_of_turn(angle: float) -> None:
    radius = WHEELBASE / math.tan(angle)
    path = predicted_path(angle, 10.0)
    distance = np.hypot(path[:, 0] + TO_REAR, path[:, 1] - radius)
    np.testing.assert_allclose(distance, abs(radius))
    assert np.sign(path[-1, 1]) == np.sign(angle)
    assert np.hypot(*np.diff(path, axis=0).T).sum() == pytest.approx(10.0, rel=0.01)


def test_straight_wheels_predict_a_straight_path() -> None:
    path = predicted_path(0.0, 4.0)
    np.testing.assert_allclose(path, np.stack([np.arange(5.0) - TO_REAR, np.zeros(5)], axis=1))


def test_a_path_is_no_tighter_than_the_car_can_steer() -> None:
    np.testing.assert_array_equal(predicted_path(3.0, 5.0), predicted_path(MAX_STEERING_ANGLE, 5.0))
