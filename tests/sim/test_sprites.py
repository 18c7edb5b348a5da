"""People, traffic lights, cones and billboards: their size and place worked out by hand, what they show to whom."""

import math

import cv2
import numpy as np
import pytest
from test_camera import EGO, draw, plain_look, project, straight

from sim.camera import Camera
from sim.kinds import KINDS
from sim.scene import CLASSES, LIGHT_PHASES
from sim.theme import load_theme, sample_look, theme_names, training_look

AHEAD = 0.6  # metres from the ego's middle to its camera
TOWARDS_US, AWAY, TO_THE_LEFT, TO_THE_RIGHT = math.pi, 0.0, math.pi / 2, -math.pi / 2
SIZES = {"pedestrian": (0.6, 1.7), "traffic light": (1.25, 5.3), "cone": (0.5, 0.75), "billboard": (4.0, 4.5)}
CLASS_OF = {"pedestrian": "pedestrian", "traffic light": "light", "cone": "obstacle", "billboard": "sign"}


@pytest.fixture(scope="module")
def small():
    return Camera(72, 128)


@pytest.fixture(scope="module")
def large():
    return Camera(360, 640)


def upright(kind, z, y=-1.75, tint=0.3, yaw=TOWARDS_US, state=0.0):
    """A row of objects, z metres ahead of the ego's camera."""
    return (z + AHEAD, y, *SIZES[kind], KINDS.index(kind), tint, yaw, 0.3, state)


def box_of(mask):
    """First row, last row + 1, first column, last column + 1 of what is set."""
    rows, columns = np.nonzero(mask)
    return rows.min(), rows.max() + 1, columns.min(), columns.max() + 1


def is_red(rgb):
    """Pixels that are red by hue (within 12 degrees), strong and not dark."""
    hue, strength, value = np.moveaxis(cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV), -1, 0)
    return ((hue < 6) | (hue > 174)) & (strength > 110) & (value > 90)


@pytest.mark.parametrize("kind", SIZES)
@pytest.mark.parametrize("z", [8.0, 25.0])
def test_a_thing_stands_where_it_was_put_as_large_as_it_is(large, kind, z):
    _, segmentation, instance, depth = draw(large, straight(upright(kind, z)), EGO)
    seen = instance == 1
    top, bottom, left, right = box_of(seen)
    foot, middle = project(large, z + AHEAD, -1.75, 0.0)
    head, _ = project(large, z + AHEAD, -1.75, SIZES[kind][1])
    assert bottom == pytest.approx(foot, abs=1.5)
    assert top == pytest.approx(max(head, 0), abs=1.5 + 0.03 * (foot - head))
    assert (left + right) / 2 == pytest.approx(middle, abs=1.5)
    assert right - left == pytest.approx(SIZES[kind][0] * large.lens.focal / z, rel=0.2, abs=2)
    assert set(segmentation[seen]) == {CLASSES.index(CLASS_OF[kind])}
    assert depth[seen] == pytest.approx(np.full(seen.sum(), z), rel=1e-5)


# --- traffic lights ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", theme_names())
def test_a_red_light_at_25_metres_has_six_red_pixels_in_the_policys_frame(small, theme):
    """Wherever it falls between the pixels. With the same light green, none of them is red."""
    for seed, shift in enumerate(np.linspace(0, 1, 5)):
        look = sample_look(load_theme(theme), np.random.default_rng(seed))
        y = -4.4 + shift * 25 / small.lens.focal
        red, green = (
            draw(small, straight(upright("traffic light", 25.0, y, state=state)), EGO, look) for state in (2, 0)
        )
        shining = is_red(red[0]) & (red[2] == 1)
        assert shining.sum() >= 6
        assert not (is_red(green[0]) & shining).any()


def test_each_phase_lights_its_own_lamp(large):
    """Green 2.5 m, amber 3.6 m and red 4.7 m above the foot, discs 1 m across; nothing else differs but their glow."""
    z, z_focal = 15.0, large.lens.focal / 15.0
    pictures = [draw(large, straight(upright("traffic light", z, state=k)), EGO)[0] for k in range(len(LIGHT_PHASES))]
    for k, (height, brightest) in enumerate(((2.5, 1), (3.6, 0), (4.7, 0))):
        lit = pictures[k].astype(int) - pictures[(k + 1) % 3]
        bright = lit[..., brightest] > 100
        row, column = project(large, z + AHEAD, -1.75, height)
        top, bottom, left, right = box_of(bright)
        assert ((top + bottom) / 2, (left + right) / 2) == pytest.approx((row, column), abs=1)
        assert (bottom - top, right - left) == pytest.approx((z_focal, z_focal), abs=2.5)
        changed = box_of((lit != 0).any(axis=-1) & (np.arange(360) < row + 0.7 * z_focal)[:, None])
        assert changed[1] - changed[0] <= 3.7 * z_focal  # two lamps, 1.1 or 2.2 m apart, and their glow


def test_the_lamp_that_is_on_is_as_bright_by_night_in_fog_and_in_the_sun(large):
    scene = straight(upright("traffic light", 20.0, state=2))
    row, column = (int(value) for value in project(large, 20.0 + AHEAD, -1.75, 4.7))
    hard = {"headlights": 0.95}, {"fog_density": 0.05}, {"exposure": 0.4}
    day, *others = (draw(large, scene, EGO, plain_look(**fields))[0] for fields in ({}, *hard))
    for other in others:
        assert (
            other[row - 3 : row + 4, column - 3 : column + 4] == day[row - 3 : row + 4, column - 3 : column + 4]
        ).all()


def test_dark_lamps_are_dark_and_yet_to_be_told_from_the_housing(large):
    rgb = draw(large, straight(upright("traffic light", 10.0, state=0)), EGO)[0].mean(axis=-1)
    for height in (3.6, 4.7):
        row, column = (int(value) for value in project(large, 10.0 + AHEAD, -1.75, height))
        edge = int(project(large, 10.0 + AHEAD, -1.75 - 0.55, height)[1])
        assert rgb[row, edge] + 5 < rgb[row, column] < 60


@pytest.mark.parametrize("yaw", [AWAY, 0.6, -0.6])
def test_from_behind_a_light_shows_no_phase(large, yaw):
    pictures = [
        draw(large, straight(upright("traffic light", 12.0, yaw=yaw, state=state)), EGO)[0] for state in range(3)
    ]
    assert (pictures[0] == pictures[1]).all()
    assert (pictures[0] == pictures[2]).all()
    assert not is_red(pictures[2]).any()


def test_a_light_may_stand_askew_and_still_be_read(large):
    for turn in (-0.8, 0.8):
        rgb = draw(large, straight(upright("traffic light", 12.0, yaw=math.pi + turn, state=2)), EGO)[0]
        assert is_red(rgb).sum() > 200


# --- people -----------------------------------------------------------------------------------------------------------


def person(camera, yaw, state=-1.0, tint=-0.9, look=None):
    """Picture and mask of somebody 6 m ahead."""
    rgb, _, instance, _ = draw(camera, straight(upright("pedestrian", 6.0, tint=tint, yaw=yaw, state=state)), EGO, look)
    return rgb.astype(int), instance == 1


@pytest.mark.parametrize("state", [-1.0, 0.1, 0.3, 0.6, 0.9])
def test_who_walks_to_the_right_is_the_mirror_image_of_who_walks_to_the_left(large, state):
    """The camera looks along the middle of the picture at them, so that the picture can be turned over."""
    (left, seen), (right, other) = (person(large, yaw, state) for yaw in (TO_THE_LEFT, TO_THE_RIGHT))
    assert (seen == other[:, ::-1]).sum() > 0.999 * seen.size
    both = seen & other[:, ::-1]
    assert np.abs(left - right[:, ::-1])[both].mean() < 4
    assert np.abs(left - right)[seen & other].mean() > 8


def test_a_face_is_seen_from_the_front_not_from_behind(large):
    head = slice(*(int(project(large, 6.6, -1.75, height)[0]) for height in (1.66, 1.50)))
    bright = [
        ((rgb[head].min(axis=-1) > 90) & seen[head]).sum()
        for rgb, seen in (person(large, yaw) for yaw in (TOWARDS_US, AWAY))
    ]
    assert bright[0] > 5 * max(bright[1], 1)


def test_feet_are_apart_in_a_stride_and_together_when_standing(large):
    low = slice(*(int(project(large, 6.6, -1.75, height)[0]) for height in (0.3, 0.0)))
    spread = {state: np.diff(box_of(person(large, TO_THE_LEFT, state)[1][low])[2:])[0] for state in (-1.0, 0.2, 0.7)}
    metres = {state: pixels * 6.0 / large.lens.focal for state, pixels in spread.items()}
    assert metres[-1.0] < 0.4
    assert 0.6 < metres[0.2] < 1.0
    assert 0.6 < metres[0.7] < 1.0


def test_a_stride_has_eight_moments_of_which_none_stands_still(large):
    """Every eighth shows another picture, and the last leads back to the first."""
    for yaw in (TOWARDS_US, AWAY, TO_THE_LEFT):
        pictures = [person(large, yaw, (k + 0.5) / 8)[0] for k in range(8)]
        for k in range(8):
            assert (pictures[k] != pictures[(k + 1) % 8]).any(axis=-1).sum() > 20
        assert (person(large, yaw, 0.999)[0] == pictures[7]).all()


def test_clothes_follow_the_tint_and_nobody_changes_them_in_walking(large):
    chest = tuple(int(value) for value in project(large, 6.6, -1.75, 1.15))
    standing, walking = (
        np.array([person(large, TO_THE_LEFT, state, tint)[0][chest] for tint in np.linspace(-1, 1, 8)])
        for state in (-1.0, 0.15)
    )
    apart = np.abs(standing[:, None] - standing).sum(axis=-1) + 1000 * np.eye(8, dtype=int)
    assert apart.min() > 20
    shares = [colours / colours.sum(axis=1, keepdims=True) for colours in (standing, walking)]
    assert shares[0] == pytest.approx(shares[1], abs=0.02)  # a fold may lie in another light


def views_from_20_metres(camera, kind, **fields):
    """Five pictures of a thing that falls otherwise between the pixels: what it owns of each, and how it stands out."""
    empty = draw(camera, straight(), EGO)[0].astype(int)
    for shift in np.linspace(0, 0.8, 5):
        thing = upright(kind, 20.0, -1.75 + shift * 20 / camera.lens.focal, **fields)
        rgb, _, instance, _ = draw(camera, straight(thing), EGO)
        yield instance == 1, rgb.astype(int) - empty


@pytest.mark.parametrize("tint", np.linspace(-1, 1, 8))
def test_people_are_seen_from_20_metres_in_the_policys_frame(small, tint):
    """1.7 m at focal 76.3 px: 6.5 rows. Who crosses fills 0.45 m2, 6.5 pixels, apart from the road in colour."""
    views = [*views_from_20_metres(small, "pedestrian", tint=tint, yaw=TO_THE_LEFT, state=0.2)]
    for seen, difference in views:
        assert seen.sum() >= 4
        assert np.abs(difference[seen]).mean() > 12
    assert np.mean([seen.sum() for seen, _ in views]) == pytest.approx(6.5, abs=1.5)


# --- cones and billboards ---------------------------------------------------------------------------------------------


def test_a_cone_is_orange_and_white_and_seen_from_20_metres(small, large):
    rgb, _, instance, _ = draw(large, straight(upright("cone", 5.0)), EGO)
    red, green, blue = np.moveaxis(rgb[instance == 1].astype(int), -1, 0)
    assert 0.3 < ((red > 150) & (red > 1.6 * green) & (green > blue)).mean() < 0.8
    assert 0.1 < (np.minimum(red, blue) > 150).mean() < 0.5
    for seen, difference in views_from_20_metres(small, "cone"):
        assert seen.sum() >= 3
        assert (difference[..., 0] - difference[..., 2]).max() > 60


def test_a_board_narrows_as_it_turns_and_shows_its_back_from_behind(large):
    """At 60 degrees to the line of sight it is half as wide."""
    masks = [
        draw(large, straight(upright("billboard", 15.0, tint=-0.5, yaw=math.pi + turn)), EGO)
        for turn in (0, math.pi / 3)
    ]
    wide, narrow = (np.diff(box_of(view[2] == 1)[2:])[0] for view in masks)
    assert narrow == pytest.approx(wide / 2, abs=2)
    back = draw(large, straight(upright("billboard", 15.0, tint=-0.5, yaw=AWAY)), EGO)
    seen = [view[0][view[2] == 1].min(axis=-1) > 180 for view in (masks[0], back)]
    assert seen[0].mean() > 0.2
    assert not seen[1].any()


def test_boards_show_six_pictures_by_tint(large):
    pictures = [
        draw(large, straight(upright("billboard", 12.0, tint=tint)), EGO)[0].astype(int)
        for tint in np.linspace(-0.85, 0.85, 6)
    ]
    for k in range(6):
        for other in pictures[k + 1 :]:
            assert (np.abs(pictures[k] - other).sum(axis=-1) > 60).sum() > 300


# --- all of them ------------------------------------------------------------------------------------------------------


def test_nothing_is_red_but_a_light_that_says_stop(large):
    """Red is what the overlay paints: whatever people wear, boards show and cones are made of, in any training look."""
    for seed in range(8):
        look = plain_look() if seed == 0 else training_look(np.random.default_rng(seed))
        tint = -1 + 2 * seed / 7
        for kind in SIZES:
            for yaw in (TOWARDS_US, TO_THE_LEFT, AWAY):
                rgb, _, instance, _ = draw(large, straight(upright(kind, 9.0, tint=tint, yaw=yaw)), EGO, look)
                assert is_red(rgb)[instance == 1].mean() < 0.01, (kind, yaw, seed)
    for state, expected in enumerate((False, False, True)):
        assert is_red(draw(large, straight(upright("traffic light", 9.0, state=state)), EGO)[0]).any() == expected


def crowd():
    rng = np.random.default_rng(8)
    kinds = [*SIZES]
    return [
        upright(kinds[k % 4], 6.0 + 1.7 * k, rng.uniform(-9, 6), rng.uniform(-1, 1), rng.uniform(-3, 3), k % 3)
        for k in range(24)
    ]


@pytest.mark.parametrize("omitted", [0, 5, 13, 18])
def test_leaving_one_out_changes_no_other(large, omitted):
    """No variant, mirror or colour of another may shift: elsewhere than about it and its shadow nothing changes."""
    scene, look = straight(*crowd()), plain_look()[None]
    everyone, others = (
        large.render(scene, np.zeros(1, int), np.array([EGO]), look, truth=True, without=np.array([row]))
        for row in (-1, omitted)
    )
    alone = np.array(crowd(), np.float32)
    alone[np.arange(24) != omitted, 4] = -1
    outline = draw(large, straight(*alone), EGO)[2] > 0
    # its shadow comes through the soft edges of others, by less than this
    changed = np.abs(everyone.rgb[0].astype(int) - others.rgb[0]).max(axis=-1) > 30
    about = cv2.dilate(outline.astype(np.uint8), np.ones((5, 5)))
    assert changed.any()
    assert not (changed & (everyone.instance[0] > 0) & (about == 0)).any()
    kept = everyone.instance[0] != omitted + 1
    assert (everyone.instance[0] == others.instance[0])[kept].all()
    assert not (others.instance[0] == omitted + 1).any()
