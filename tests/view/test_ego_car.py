"""The ego car: its mesh is a car, and the rasteriser fills what it should."""

import math

import numpy as np
import pytest

from sim.theme import LOOK_FIELDS, load_theme, sample_look
from sim.vehicle import TO_FRONT, TO_REAR
from sim.view.ego_car import (
    Viewpoint,
    blend,
    cast_shadow,
    colours,
    draw,
    facing,
    light_of,
    rasterise,
)
from sim.view.ego_model import ALBEDO, TAIL_LAMP, car

LOOK = sample_look(load_theme("meadow"), np.random.default_rng(0))
VIEW = Viewpoint(*map(np.float32, (0.0, 8.0, 3.0, 200.0, 160.0, 50.0)))
"""200 px a metre at one metre; 8 m behind the car, 3 m up; the car stands at column 160, row 50 + 200 * 3 / 8 = 125."""
EYE = np.array([-8.0, 0.0, 3.0])
FAR = np.full((240, 320), np.inf, np.float32)


def test_a_car_stands_on_the_ground_and_has_a_cars_size() -> None:
    points = car(0.0).points.reshape(-1, 3)
    low, high = points.min(axis=0), points.max(axis=0)
    assert low[2] == pytest.approx(0.0, abs=0.01)
    assert 1.35 < high[2] < 1.5
    assert 4.2 < high[0] - low[0] < 4.8
    assert low[1] == pytest.approx(-high[1])
    assert 1.7 < high[1] - low[1] < 2.0


def test_the_front_wheels_turn_about_their_axle() -> None:
    straight, left = car(0.0).points, car(math.pi / 2).points
    moved = (straight != left).any(axis=(1, 2))
    assert abs(straight[moved][..., 0] - TO_FRONT).max() < 0.4
    right_wheel = straight[moved][straight[moved][..., 1].mean(axis=1) < 0]
    assert np.ptp(right_wheel[..., 0]) > 0.6  # lengthwise
    right_wheel = left[moved][left[moved][..., 1].mean(axis=1) < 0]
    assert np.ptp(right_wheel[..., 0]) < 0.3  # crosswise
    assert np.ptp(right_wheel[..., 1]) > 0.6


@pytest.mark.parametrize("eye", [(-8, 0, 3), (8, 0, 3), (0, 8, 2), (0, -8, 2), (0, 0, 9)])
def test_from_everywhere_the_outside_is_seen(eye: tuple[float, float, float]) -> None:
    """Normals of the triangles that show their front point to the eye's side, but for a smoothed edge."""
    seen = facing(car(0.0), np.array(eye, float))
    view = np.array(eye) - seen.points
    assert np.mean((view * seen.normals).sum(axis=-1) > 0) > 0.85


def test_brake_lamps_shine_when_braking_and_nothing_else_does() -> None:
    mesh = facing(car(0.0), EYE)
    light = light_of(LOOK, 0.0)
    off, on = (colours(mesh, EYE, light, brake) for brake in (0.0, 1.0))
    lamps = mesh.material == TAIL_LAMP
    assert lamps.sum() >= 8
    assert (on[lamps, :, 0] > off[lamps, :, 0] + 80).all()
    np.testing.assert_array_equal(on[~lamps], off[~lamps])


def test_the_car_is_as_dark_as_the_look() -> None:
    mesh, light = facing(car(0.0), EYE), light_of(LOOK, 0.0)
    night = light._replace(exposure=0.2 * light.exposure, contrast=1.0)
    day = light._replace(contrast=1.0)
    unlit = mesh.material != TAIL_LAMP
    np.testing.assert_allclose(
        colours(mesh, EYE, night, 0.0)[unlit].mean() / colours(mesh, EYE, day, 0.0)[unlit].mean(), 0.2, atol=0.02
    )


def test_the_side_towards_the_sun_is_the_bright_one() -> None:
    mesh, light = car(0.0), light_of(LOOK, 0.0)._replace(sun=np.array([0.0, 0.8, 0.6]))
    shades = colours(mesh, EYE, light, 0.0).mean(axis=(1, 2))
    body = ALBEDO[mesh.material, 2] == ALBEDO[0, 2]
    aside = mesh.normals[..., 1].mean(axis=1)
    assert shades[body & (aside > 0.8)].mean() > 1.3 * shades[body & (aside < -0.8)].mean()


def test_the_car_is_drawn_about_its_place() -> None:
    picture = np.zeros((240, 320, 3), np.uint8)
    draw(picture, FAR, VIEW, LOOK, 0.0, 0.0, 0.0)
    rows, columns = np.nonzero(picture.any(axis=-1))
    assert (columns.min() + columns.max() + 1) / 2 == pytest.approx(160, abs=1)
    assert rows.min() < 125 < rows.max()
    # the lowest are the rear tyres, on the ground below their axle
    assert rows.max() == pytest.approx(50 + 200 * 3 / (8 - TO_REAR), abs=2)


def test_wheels_are_seen_from_behind() -> None:
    """Dark and low on both sides of the body."""
    picture = np.full((240, 320, 3), 255, np.uint8)
    draw(picture, FAR, VIEW, LOOK, 0.0, 0.0, 0.0)
    low = picture[132:140].max(axis=-1) < 60
    assert min(low[:, :160].sum(), low[:, 160:].sum()) > 20


NIGHT = sample_look(load_theme("night"), np.random.default_rng(0))


def test_at_night_the_car_is_dark_and_its_tail_lamps_shine_brightest_when_it_brakes() -> None:
    day, night, braking = (np.zeros((240, 320, 3), np.uint8) for _ in range(3))
    for picture, look, brake in ((day, LOOK, 0.0), (night, NIGHT, 0.0), (braking, NIGHT, 1.0)):
        draw(picture, FAR, VIEW, look, 0.0, 0.0, brake)
    body = np.s_[95:110, 140:180]
    assert night[body].mean() < 0.35 * day[body].mean()
    red = [int(((p[..., 0] > 150) & (p[..., 1] < 80)).sum()) for p in (day, night, braking)]
    assert red[0] < 0.3 * red[1]
    assert braking[..., 0].astype(int).sum() > night[..., 0].astype(int).sum() + 255 * 20


def test_a_low_suns_shadow_has_one_smooth_edge() -> None:
    """Along its long side the edge runs straight: no step is larger than its softness."""
    picture = np.full((480, 640, 3), 200, np.uint8)
    view = VIEW._replace(focal=np.float32(400), centre_column=np.float32(320), centre_row=np.float32(60))
    below = np.arange(480) + 0.5 - 60
    depth = np.full((480, 640), np.inf, np.float32)
    depth[below > 0] = (400 * 3 / below[below > 0])[:, None]
    look = LOOK.copy()
    for name, value in (("sun_azimuth", 2.2), ("sun_elevation", 0.3), ("sun_strength", 1.0)):
        look[LOOK_FIELDS.index(name)] = value
    cast_shadow(picture, depth, view, look, 0.0)
    ends = [int(np.flatnonzero(row < 195).max()) for row in picture[:, :, 0] if (row < 195).sum() > 40]
    assert len(ends) > 60
    assert np.abs(np.diff(ends[8:], 2)).max() <= 6  # beyond its far corner


def test_what_stands_nearer_hides_the_car() -> None:
    picture = np.zeros((240, 320, 3), np.uint8)
    draw(picture, np.full_like(FAR, 2.0), VIEW, LOOK, 0.0, 0.0, 0.0)
    assert not picture.any()


def test_a_car_out_of_view_is_not_drawn() -> None:
    picture = np.zeros((40, 40, 3), np.uint8)
    draw(picture, FAR[:40, :40], VIEW._replace(centre_column=np.float32(900)), LOOK, 0.0, 0.0, 0.0)
    assert not picture.any()


def test_it_is_darkest_under_the_car_and_far_ground_stays() -> None:
    picture = np.full((240, 320, 3), 200, np.uint8)
    depth = np.full((240, 320), np.inf, np.float32)
    below = np.arange(240) + 0.5 - 50
    depth[below > 0] = (200 * 3 / below[below > 0])[:, None]
    cast_shadow(picture, depth, VIEW, LOOK, 0.0)
    assert picture[125, 160].max() < 100
    assert (picture[:70] == 200).all()
    assert (picture[:, :20] == 200).all()


def triangle(corners: list[tuple[float, float]], depth: float, shade: float) -> tuple[np.ndarray, np.ndarray]:
    points = np.array([[*corner, 1 / depth] for corner in corners], np.float32)
    return points, np.full((3, 3), shade, np.float32)


def rasterised(*triangles: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    canvas, nearness = np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.float32)
    corners, shades = (np.stack(arrays) for arrays in zip(*triangles, strict=True))
    rasterise(corners, shades, canvas, nearness)
    return canvas, nearness


def test_a_triangle_covers_the_samples_whose_centres_it_holds() -> None:
    canvas, nearness = rasterised(triangle([(0, 0), (0, 4), (4, 0)], 2.0, 9.0))
    rows, columns = np.indices((8, 8)) + 0.5
    inside = rows + columns < 4
    np.testing.assert_array_equal((nearness > 0)[rows + columns != 4], inside[rows + columns != 4])
    np.testing.assert_allclose(canvas[inside], 9.0)
    np.testing.assert_allclose(nearness[inside], 0.5)


def test_the_nearer_triangle_is_seen_whatever_the_order() -> None:
    near, far = (triangle([(0, 0), (0, 8), (8, 0)], depth, depth) for depth in (2.0, 3.0))
    for order in ((near, far), (far, near)):
        assert rasterised(*order)[0][1, 1, 0] == pytest.approx(2.0)


def test_colours_run_linearly_over_a_triangle() -> None:
    points, shades = triangle([(0, 0), (0, 8), (8, 0)], 2.0, 0.0)
    shades[2] = 80.0  # at column 8
    canvas, _ = rasterised((points, shades))
    np.testing.assert_allclose(canvas[0, :7, 0], (np.arange(7) + 0.5) * 10, rtol=1e-4)


def test_a_pixel_is_as_opaque_as_its_samples_are_covered() -> None:
    nearness = np.zeros((2, 4), np.float32)
    nearness[0, 0], nearness[:, 2:] = 1.0, 1.0  # one of four samples, then all
    picture = np.full((1, 2, 3), 100, np.uint8)
    blend(np.full((2, 4, 3), 200, np.float32), nearness, picture, np.full((1, 2), 10.0, np.float32))
    assert picture[0, :, 0].tolist() == [125, 200]
