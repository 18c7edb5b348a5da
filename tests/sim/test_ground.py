"""Crossings, stop lines, kerb and pavement: their places worked out by hand, their area, and a plain reference."""

import math

import numpy as np
import pytest
from test_camera import EGO, LAP, MOUNT, circle, draw, plain_look, project, straight

from sim.camera import Camera
from sim.scene import CLASSES, DECAL_KINDS
from sim.theme import load_theme, sample_look

PAVEMENT = 2.2
ZEBRA_LENGTH = 3.6
ZEBRA, STOP_LINE = range(len(DECAL_KINDS))


@pytest.fixture(scope="module")
def small():
    return Camera(72, 128)


@pytest.fixture(scope="module")
def large():
    return Camera(360, 640)


def with_decals(scene, *decals, pavement=0.0):
    """The scene with these rows (s, length, kind, x, y) and so many metres of pavement."""
    rows = np.array(decals, np.float32).reshape(1, -1, 5)
    return scene._replace(decals=rows, pavement=np.full(1, pavement, np.float32))


def zebra_at(s, x=None, y=0.0, length=ZEBRA_LENGTH):
    return (s, length, ZEBRA, s if x is None else x, y)


def stop_line_at(s):
    return (s, 0.4, STOP_LINE, s, -1.75)


@pytest.mark.parametrize(
    ("point", "name"),
    [  # the crossing lies from 18.2 to 21.8; its bars begin at each whole metre of d and are half a metre wide
        ((20.0, 0.25), "lane marking"),
        ((20.0, 0.75), "road"),
        ((20.0, -0.75), "lane marking"),
        ((20.0, -0.25), "road"),
        ((20.0, -2.75), "lane marking"),
        ((20.0, 3.1), "lane marking"),
        ((20.0, 3.35), "road"),  # the edge line pauses
        ((20.0, -3.35), "road"),
        ((20.0, 3.7), "ground"),
        ((21.6, 1.25), "lane marking"),
        ((22.0, 1.25), "road"),
        ((22.1, -3.35), "road"),
        ((22.8, -3.35), "edge line"),
        ((17.5, 3.35), "edge line"),
        # the stop line lies from 9.8 to 10.2, across the right-hand lane
        ((10.0, -1.75), "lane marking"),
        ((10.0, -3.2), "lane marking"),
        ((10.0, -0.2), "lane marking"),
        ((10.0, 1.75), "road"),
        ((10.0, -3.35), "edge line"),
        ((10.4, -1.75), "road"),
        ((9.6, -1.75), "road"),
    ],
)
def test_points_of_a_crossing_and_a_stop_line_have_the_class_that_is_there(point, name):
    camera = Camera(720, 1280)
    scene = with_decals(straight(), zebra_at(20.0), stop_line_at(10.0))
    segmentation = draw(camera, scene, EGO)[1]
    row, column = project(camera, *point, 0.0)
    assert CLASSES[segmentation[int(row), int(column)]] == name


def test_dashes_pause_under_a_crossing_and_half_a_metre_before_it():
    """A dash lies from 12 to 16 of which a crossing from 13.2 on leaves 0.7 m."""
    camera = Camera(720, 1280)
    segmentation = draw(camera, with_decals(straight(), zebra_at(15.0)), EGO)[1]
    names = [CLASSES[segmentation[tuple(int(v) for v in project(camera, x, -0.03, 0.0))]] for x in (12.3, 12.9, 15.0)]
    assert names == ["lane marking", "road", "road"]


def painted_metres(camera, scene):
    """Square metres of paint in the picture: it is linear in the marking's colour, so two pictures tell it exactly."""
    white, black = (draw(camera, scene, EGO, plain_look(marking=value))[0] for value in (250.0, 10.0))
    share = (white[..., 0].astype(float) - black[..., 0]) / 240
    below = np.arange(camera.lens.height) + 0.5 - 0.42 * camera.lens.height
    near, far = np.maximum(below + 0.5, 1), np.maximum(below - 0.5, 1)
    focal = camera.lens.focal
    area = MOUNT / np.maximum(below, 1) * focal * MOUNT * (1 / far - 1 / near)
    return (share.sum(axis=1) * area)[int(0.44 * camera.lens.height) :].sum()


@pytest.mark.parametrize("s", [20.0, 44.0])
def test_a_crossing_keeps_its_area_near_and_far(s):
    """Bars cover 3.2 of 6.4 m across; along 4.6 m neither edge line, 0.18 m each, is there; no dash is at these s."""
    camera = Camera(720, 1280)
    more = painted_metres(camera, with_decals(straight(), zebra_at(s))) - painted_metres(camera, straight())
    assert more == pytest.approx(3.2 * ZEBRA_LENGTH - 2 * 0.18 * (ZEBRA_LENGTH + 1.0), rel=0.04)


def test_a_stop_line_keeps_its_area():
    camera = Camera(720, 1280)
    more = painted_metres(camera, with_decals(straight(), stop_line_at(20.0))) - painted_metres(camera, straight())
    assert more == pytest.approx(3.2 * 0.4, rel=0.04)


def test_a_crossing_on_the_seam_of_the_lap_is_whole(large):
    """s jumps by a lap in the middle of the crossing; as far as anyone can see it does not."""
    whole = draw(large, with_decals(straight(), zebra_at(20.0)), EGO)
    seam = draw(large, with_decals(straight(seam_at=20.0), zebra_at(20.0)), EGO)
    other = draw(large, with_decals(straight(seam_at=20.0), zebra_at(20.0 + LAP, x=20.0)), EGO)
    assert (whole[1] == seam[1]).all()
    assert (whole[1] == other[1]).all()
    assert np.abs(whole[0].astype(int) - seam[0]).max() <= 1


@pytest.mark.parametrize("radius", [14.0, 40.0])
def test_a_crossing_in_a_bend_is_drawn_in_full(large, radius):
    """Pixel by pixel against d and s worked out from the pixel's place on the ground."""
    rng = np.random.default_rng(0)
    v, u = np.mgrid[:360, :640] + 0.5
    with np.errstate(divide="ignore"):
        ahead = large.lens.focal * MOUNT / (v - 0.42 * 360)
    compared = agreeing = 0
    for _ in range(8):
        angle, turn, d = rng.uniform(0.5, 5.0), rng.uniform(-0.4, 0.4), rng.uniform(-2.5, 2.5)
        place = angle + rng.uniform(3, 14) / radius
        zebra = zebra_at(place * radius, radius * math.cos(place), radius * math.sin(place))
        yaw = angle + math.pi / 2 + turn
        pose = ((radius - d) * math.cos(angle), (radius - d) * math.sin(angle), yaw)
        left = -(u - 320) / large.lens.focal * ahead
        x = pose[0] + (0.6 + ahead) * math.cos(yaw) - left * math.sin(yaw)
        y = pose[1] + (0.6 + ahead) * math.sin(yaw) + left * math.cos(yaw)
        across, way = radius - np.hypot(x, y), np.abs(np.arctan2(y, x) % (2 * math.pi) - place) * radius
        on_bars = (way < ZEBRA_LENGTH / 2) & (np.abs(across) < 3.2) & (across % 1 < 0.5)
        near = (ahead > 0) & (ahead < 30) & (way < ZEBRA_LENGTH) & (np.abs(across) < 3.2)
        marked = draw(large, with_decals(circle(radius), zebra), pose)[1] == CLASSES.index("lane marking")
        near &= (way < ZEBRA_LENGTH / 2) | (np.abs(across) > 0.3)  # not the dashes before and past it
        compared, agreeing = compared + near.sum(), agreeing + (marked == on_bars)[near].sum()
    assert compared > 20_000
    assert agreeing / compared > 0.97  # the grid's cells are a metre wide, a pixel may straddle an edge


def test_what_lies_out_of_view_changes_no_pixel(small):
    decals = zebra_at(-30.0), zebra_at(300.0, x=190.0), (20.0, 3.6, -1.0, 20.0, 0.0)
    for pavement in (0.0, PAVEMENT):
        plain = draw(small, with_decals(straight(), pavement=pavement), EGO)
        more = draw(small, with_decals(straight(), *decals, pavement=pavement), EGO)
        assert all((one == other).all() for one, other in zip(plain, more, strict=True))


@pytest.mark.parametrize(
    ("d", "expected"),
    [(3.0, "asphalt"), (-3.6, "kerb"), (3.6, "kerb"), (-4.2, "slab"), (5.2, "slab"), (-5.9, "grass"), (7.0, "grass")],
)
def test_kerb_and_pavement_lie_between_road_and_grass(d, expected):
    """The kerb is 0.18 m wide and lighter than the slabs, which are lighter than asphalt; none has a hue."""
    camera = Camera(720, 1280)
    look = plain_look(asphalt=70.0, marking=240.0, grass=[60.0, 140.0, 40.0], dry_grass=[60.0, 140.0, 40.0])
    rgb, segmentation, *_ = draw(camera, with_decals(straight(), pavement=PAVEMENT), EGO, look)
    row, column = (int(value) for value in project(camera, 12.0, d, 0.0))
    red, green, blue = rgb[row, column].astype(int)
    levels = {"asphalt": (60, 80), "slab": (110, 140), "kerb": (145, 175)}
    if expected == "grass":
        assert green > red + 40
    else:
        assert red == pytest.approx(green, abs=3)
        assert red == pytest.approx(blue, abs=3)
        assert levels[expected][0] < red < levels[expected][1]
    assert CLASSES[segmentation[row, column]] == ("road" if expected == "asphalt" else "ground")


def test_slabs_are_a_metre_long(small):
    """Joints lie half-way between whole metres of s."""
    camera = Camera(720, 1280)
    rgb = draw(camera, with_decals(straight(), pavement=PAVEMENT), EGO)[0].astype(int)
    for s in (5.0, 6.0, 7.0):
        joint, slab = (
            rgb[tuple(int(value) for value in project(camera, x, -5.2, 0.0))].sum() for x in (s + 0.5, s + 0.25)
        )
        assert joint < slab - 20


def test_worn_paint_and_snow_hide_a_crossing_but_not_the_truth(large):
    """Half the paint is gone, and less of it stands out under snow than in spring."""
    scene = with_decals(straight(), zebra_at(9.0, length=6.0))
    fresh = draw(large, scene, EGO)
    worn = draw(large, scene, EGO, plain_look(marking_wear=0.6))
    bars = fresh[1] == CLASSES.index("lane marking")
    assert worn[0][bars].mean() < fresh[0][bars].mean() - 20
    assert (worn[1] == fresh[1]).all()
    contrast = {}
    for theme in ("spring", "snow"):
        rgb, segmentation, *_ = draw(large, scene, EGO, sample_look(load_theme(theme), np.random.default_rng(2)))
        road = (segmentation == CLASSES.index("road")) & (np.arange(360) > 200)[:, None]
        contrast[theme] = rgb[bars].mean() - rgb[road].mean()
        assert (segmentation == fresh[1]).all()
    assert contrast["snow"] < 0.8 * contrast["spring"]


def test_crossings_do_not_flicker_as_the_car_comes_nearer(small):
    """In steps of 0.1 m a crossing's paint grows smoothly: no bar pops in or out."""
    scene, totals = with_decals(straight(), zebra_at(40.0)), []
    for x in np.arange(0.0, 20.0, 0.1):
        white, black = (draw(small, scene, (x, -1.75, 0.0), plain_look(marking=value))[0] for value in (250.0, 10.0))
        distance = 40.0 - 0.6 - x
        totals.append((white[..., 0].astype(float) - black[..., 0])[31:40].sum() / distance)
    assert np.abs(np.diff(totals)).max() < 0.12 * np.mean(totals)
